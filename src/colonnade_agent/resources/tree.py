"""A directory tree unpacked from a gzip tar: a release of the user's app. It appears at once and whole, or
not at all.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colonnade_agent import atomic
from colonnade_agent.blobs import blob_path
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Observed
from colonnade_agent.programs import must, run
from colonnade_agent.resources.directory import missing_parents, remove_folders

# tarfile, shutil and ctypes cost 20 ms to import, and most runs unpack nothing: they are imported where
# they are used.
if TYPE_CHECKING:
    from tarfile import TarInfo

MARKER = ".colonnade-tree"
AT_FDCWD = -100
RENAME_EXCHANGE = 2  # linux/fs.h


@dataclass(frozen=True)
class Tree:
    """`blob` is the sha256 (hex) of the gzip tar. What it holds belongs to root and can be read by
    everyone.

    `previous`, if given, is a path on the same filesystem where the tree that this one replaces is kept,
    until the next one does.
    """

    path: str
    blob: str
    previous: str = ""

    @property
    def id(self) -> str:
        return f"tree:{self.path}"

    @property
    def fingerprint(self) -> str:
        return self.blob

    def observe(self, machine: Machine) -> Observed:
        path = Path(self.path)
        if not path.is_dir():
            return Observed("create", f"unpack {self.blob[:12]}")
        found = marker_of(path)
        if found == self.blob:
            return Observed(fingerprint=found, changed_at=path.stat().st_ctime)
        return Observed(
            "update", f"{found[:12] or 'not ours'} -> {self.blob[:12]}", found, path.stat().st_ctime
        )

    def mend(self, machine: Machine) -> None:
        path, aside = Path(self.path), aside_path(Path(self.path))
        if path.exists() and not marker_of(path):
            raise failed("unpack", "something that we did not unpack is in its place; move it away", self.id)
        blob = blob_path(machine.records.folder, self.blob)
        if not blob.exists():
            raise failed("unpack", f"blob {self.blob} was not sent", self.id)
        drop(aside)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir(mode=0o755)
        self._unpack(blob, aside)
        atomic.write_new(aside / MARKER, self.blob.encode(), 0o644)
        must(run(("sync", "--file-system", str(aside)), timeout=300), self.id, "sync")
        if self.previous and path.exists():
            keep(path, Path(self.previous))
        exchange(aside, path)
        atomic.sync_directory(path.parent)

    def claim(self, machine: Machine) -> dict[str, Any] | None:
        """A tree of somebody else's is never replaced, and so never claimed."""
        path = Path(self.path)
        if path.exists() and not marker_of(path):
            return None
        parents = missing_parents(path)
        if self.previous:
            parents += [each for each in missing_parents(Path(self.previous)) if each not in parents]
        return {"made": [str(parent) for parent in parents], "previous": self.previous}

    def _unpack(self, blob: Path, into: Path) -> None:
        import tarfile  # noqa: PLC0415

        try:
            with tarfile.open(blob, "r:gz") as archive:
                archive.extractall(into, filter=_readable)  # noqa: S202 - _readable starts with the data filter
        except (tarfile.TarError, OSError, EOFError) as error:
            drop(into)
            raise failed("unpack", str(error), self.id) from error


def _readable(member: TarInfo, into: str) -> TarInfo | None:
    """The data filter of PEP 706 refuses escapes, devices and set-id bits; then all may read, nobody but
    root write.
    """
    import tarfile  # noqa: PLC0415

    safe = tarfile.data_filter(member, into)
    runs = safe.isdir() or bool((safe.mode or 0) & stat.S_IXUSR)
    return safe.replace(mode=0o755 if runs else 0o644, uid=0, gid=0, uname="root", gname="root", deep=False)


def marker_of(path: Path) -> str:
    """The blob a tree was unpacked from; empty when there is none or it isn't ours."""
    marker = path / MARKER
    return marker.read_text().strip() if marker.is_file() else ""


def aside_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.colonnade-aside")


def exchange(aside: Path, path: Path) -> None:
    """Put `aside` in the place of `path`. If that is there, it is then at `aside`: no moment without a
    tree.
    """
    if not path.exists():
        aside.rename(path)
        return
    import ctypes  # noqa: PLC0415

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(aside), AT_FDCWD, os.fsencode(path), RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise failed("swap", f"renameat2: {os.strerror(number)}", f"tree:{path}")


def keep(path: Path, previous: Path) -> None:
    """`path` stays, and is at `previous` too, made of links to the same files.

    Killed on the way, it is done again: `path` is still the old tree then.
    """
    import shutil  # noqa: PLC0415

    aside = aside_path(previous)
    drop(aside)
    previous.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(path, aside, symlinks=True, copy_function=os.link)
    exchange(aside, previous)
    drop(aside)


def drop(path: Path) -> None:
    import shutil  # noqa: PLC0415

    if path.exists():
        shutil.rmtree(path)


def remove(path: Path, found: dict[str, Any]) -> None:
    drop(aside_path(path))
    if marker_of(path):
        drop(path)
    # What a version before this field claimed has none.
    if previous := found.get("previous"):
        drop(aside_path(Path(previous)))
        drop(Path(previous))
    remove_folders(found["made"])
