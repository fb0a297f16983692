"""Puts bytes on disk so that after a power cut there is either the old or the new file, never half of one."""

from __future__ import annotations

import os
from pathlib import Path


def sync_directory(path: Path) -> None:
    """A rename is on disk only when its directory is."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes, mode: int, uid: int = 0, gid: int = 0) -> None:
    """Write `path` anew with its final owner and mode and sync it. What lay there before is dropped."""
    path.unlink(missing_ok=True)
    # Hazard: the file must never be readable by more than it will be, not even for a moment.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(content)
        file.flush()
        os.fchown(handle, uid, gid)
        os.fchmod(handle, mode)
        os.fsync(handle)


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write beside `path`, then rename over it. The owner is whoever runs this."""
    beside = path.with_name(f".{path.name}.new")
    write_new(beside, content, mode, os.geteuid(), os.getegid())
    beside.rename(path)
    sync_directory(path.parent)
