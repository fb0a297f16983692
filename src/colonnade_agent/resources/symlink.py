"""A symbolic link, replaced atomically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_agent import atomic
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Observed
from colonnade_agent.resources.file import claim_path, staged_path


@dataclass(frozen=True)
class Symlink:
    path: str
    target: str

    @property
    def id(self) -> str:
        return f"symlink:{self.path}"

    @property
    def fingerprint(self) -> str:
        return self.target

    def observe(self, machine: Machine) -> Observed:
        path = Path(self.path)
        if not path.is_symlink():
            there = path.exists()
            return Observed(
                "update" if there else "create", f"{'not a link ' if there else ''}-> {self.target}"
            )
        target, changed_at = str(path.readlink()), path.lstat().st_ctime
        if target == self.target:
            return Observed(fingerprint=target, changed_at=changed_at)
        return Observed("update", f"{target} -> {self.target}", target, changed_at)

    def mend(self, machine: Machine) -> None:
        path = Path(self.path)
        staged = staged_path(path)
        try:
            staged.unlink(missing_ok=True)
            staged.symlink_to(self.target)
            staged.rename(path)
        except OSError as error:
            raise failed("link", f"{error.strerror}: {error.filename}", self.id) from error
        atomic.sync_directory(path.parent)

    def claim(self, machine: Machine) -> dict[str, Any]:
        return claim_path(Path(self.path))
