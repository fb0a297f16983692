"""The store of what is too big for a request: files named by the sha256 of their content, sent only when
missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from colonnade_agent.failure import failed

CHUNK = 1 << 20


def blob_path(state: Path, sha: str) -> Path:
    return state / "blobs" / sha


def receive(state: Path, sha: str, size: int, source: BinaryIO) -> None:
    """Store the next `size` bytes of `source` as blob `sha`; `Failed` when they are not what they are
    called.
    """
    path = blob_path(state, sha)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{sha}.part")
    hasher = hashlib.sha256()
    with part.open("wb") as file:
        while size and (chunk := source.read(min(size, CHUNK))):
            hasher.update(chunk)
            file.write(chunk)
            size -= len(chunk)
    if size or hasher.hexdigest() != sha:
        part.unlink()
        raise failed("receive", "the blob arrived cut short or altered", f"blob:{sha}")
    part.rename(path)


def prune(state: Path, used: Iterable[str]) -> None:
    keep = set(used)
    folder = state / "blobs"
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in keep:
            path.unlink()
