"""A tree as one file that is named by its content: the same files give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Blob:
    """A gzip tar at `path`, named by the `sha` (hex SHA-256) of its bytes."""

    sha: str
    path: Path


@dataclass(frozen=True)
class Member:
    """A file, or a `folder`, or a link to `target`. `time` is in seconds since 1970."""

    name: str
    content: bytes = b""
    runs: bool = False
    folder: bool = False
    target: str = ""
    time: int = 0


def pack(members: Iterable[Member]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for member in members:
            tar.addfile(_header(member), io.BytesIO(member.content))
    return packed.getvalue()


def _header(member: Member) -> tarfile.TarInfo:
    """Everything belongs to root, may be read by all, and may run if it could before."""
    info = tarfile.TarInfo(member.name)
    info.uname = info.gname = "root"
    info.mode = 0o755 if member.folder or member.runs else 0o644
    info.mtime = member.time
    info.size = len(member.content)
    info.linkname = member.target
    if member.folder or member.target:
        info.type = tarfile.DIRTYPE if member.folder else tarfile.SYMTYPE
    return info


def kept(cache: Path, key: str, make: Callable[[], bytes]) -> Blob:
    """What was made of the same input (`key` is its digest) before, or what `make` packs now."""
    index = cache / f"{key}.sha256"
    if index.exists():
        found = Blob(sha := index.read_text().strip(), cache / f"{sha}.tar.gz")
        if found.path.exists():
            return found
    cache.mkdir(parents=True, exist_ok=True)
    packed = make()
    blob = Blob(sha := hashlib.sha256(packed).hexdigest(), cache / f"{sha}.tar.gz")
    _write(blob.path, packed)
    _write(index, blob.sha.encode())
    return blob


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.rename(path)
