"""A directory with its owner and mode; its content is other resources' business."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_agent.accounts import ids_of, owner_of
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Observed


@dataclass(frozen=True)
class Directory:
    path: str
    mode: int = 0o755
    owner: str = "root"
    group: str = "root"

    @property
    def id(self) -> str:
        return f"directory:{self.path}"

    @property
    def fingerprint(self) -> str:
        return f"{self.mode:04o} {self.owner}:{self.group}"

    def observe(self, machine: Machine) -> Observed:
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            return Observed("create", f"directory {self.fingerprint}")
        if not stat.S_ISDIR(found.st_mode):
            return Observed("update", "is not a directory")
        owner, group = owner_of(found)
        fingerprint = f"{stat.S_IMODE(found.st_mode):04o} {owner}:{group}"
        if fingerprint != self.fingerprint:
            return Observed("update", f"{fingerprint} -> {self.fingerprint}", fingerprint)
        return Observed(fingerprint=fingerprint)

    def mend(self, machine: Machine) -> None:
        uid, gid = ids_of(self.owner, self.group, self.id)
        path = Path(self.path)
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise failed("create", "something that is not a directory is in its place; move it away", self.id)
        for parent in reversed(missing_parents(path)):
            parent.mkdir(mode=0o755, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        os.chown(path, uid, gid)
        path.chmod(self.mode)

    def claim(self, machine: Machine) -> dict[str, Any] | None:
        """A directory that was there is not ours to remove."""
        path = Path(self.path)
        if path.exists():
            return None
        return {"made": [str(path), *map(str, missing_parents(path))]}


def missing_parents(path: Path) -> list[Path]:
    """Nearest first."""
    return [parent for parent in path.parents if not parent.exists()]


def remove_folders(paths: Iterable[str]) -> None:
    """Remove each if it is empty, from the inside out."""
    for made in paths:
        try:
            Path(made).rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # not empty: somebody keeps things there
            return
