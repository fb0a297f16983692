"""A folder of the user's app as a tree of its own, for machines that need these files and nothing else.

Asked by the site beside `builder`, whose trees hold the whole app.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from colonnade.engine.packing import Blob, Member, kept, pack
from colonnade.errors import UsageError
from colonnade.kit.builds import Part

LAYOUT = "part 1"
"""Raise it when the tree's layout changes, so that cached trees of the old one are not taken."""

COMPRESSED = re.compile(
    r"\.(css|csv|eot|html?|ico|m?js|json|map|md|otf|svg|ttf|txt|wasm|webmanifest|xml)", re.IGNORECASE
)
"""Other kinds are compressed in themselves, or would gain little."""

LEAST = 1000
"""Bytes. What is smaller goes in one packet anyway."""

FIRST_TIME = 1_000_000_000
TIMES = 600_000_000
"""Seconds: all times fall into the years 2001 to 2020, and so never into a client's future."""


def build_part(part: Part, source: Path, cache: Path) -> Blob | None:
    """The folder in `source`, packed or found packed under `cache`; None when there is none and none need be.

    Raises UsageError for a folder that has to be there and is not, or that lies outside of the source.
    """
    folder = _folder(part, source)
    if folder is None:
        return None
    files = list(_files(folder, PurePosixPath()))
    digest = hashlib.sha256(LAYOUT.encode())
    for name, path in files:
        digest.update(f"\0{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return kept(cache, digest.hexdigest(), partial(_packed, files))


def _folder(part: Part, source: Path) -> Path | None:
    folder = source / part.folder
    if source.resolve() not in folder.resolve().parents:
        raise UsageError(
            f"`{part.name}: {part.folder}` is not within the app's folder {source}",
            hint="name a folder below it: all its files can be read by anyone",
        )
    if folder.is_dir():
        return folder
    if part.required:
        raise UsageError(
            f"{source} has no folder {part.folder}",
            hint=f"`{part.name}:` names a folder of the app, which whatever makes it has to have made before",
        )
    return None


def _files(folder: Path, name: PurePosixPath) -> Iterator[tuple[str, Path]]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _files(entry, name / entry.name)
        elif entry.is_file():
            yield str(name / entry.name), entry


def _packed(files: list[tuple[str, Path]]) -> bytes:
    return pack(_members(files))


def _members(files: list[tuple[str, Path]]) -> Iterator[Member]:
    names = {name for name, _ in files}
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents[:-1]}
    yield from (Member(name, folder=True) for name in sorted(folders))
    for name, path in files:
        content = path.read_bytes()
        yield Member(name, content, time=_time(content))
        if COMPRESSED.fullmatch(path.suffix) and f"{name}.gz" not in names:
            yield from _compressed(f"{name}.gz", content)


def _compressed(name: str, content: bytes) -> Iterator[Member]:
    smaller = gzip.compress(content, compresslevel=9, mtime=0)
    if len(content) >= LEAST and len(smaller) < 0.9 * len(content):
        yield Member(name, smaller, time=_time(smaller))


def _time(content: bytes) -> int:
    """Web servers tell a client that its copy is still good by a file's time and size.

    A time of the build would differ between checkouts, one that is always the same would call a changed
    file of the same size unchanged.
    """
    return FIRST_TIME + int.from_bytes(hashlib.sha256(content).digest()[:8]) % TIMES
