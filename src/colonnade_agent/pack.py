"""What the operator's side sends down one SSH channel so that a machine with nothing but python3 becomes an
applier, or a visitor of the site.

    argv    python3 with a one-line bootstrap
    stdin   8 bytes length, a zip of this package · 8 bytes length, the request as JSON ·
            for each blob: its sha256 (64 hex digits), 8 bytes length, its bytes

All lengths are big-endian. The same package gives the same bytes. Programs that stay on a machine are packed
here too, each into one file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from colonnade_agent.visitor.order import Order, encode
from colonnade_agent.wire import Request, encode_request

# The zip lies in memory only (memfd_create(2)). -I: nothing of the machine's environment or user site is
# looked at; -S: nor are its site-packages, which also saves a few milliseconds; -B: there is nowhere to
# cache byte code.
BOOTSTRAP = (
    "import os,sys;f=open(0,'rb',closefd=False);m=os.memfd_create('colonnade');"
    "z=memoryview(f.read(int.from_bytes(f.read(8),'big')))\n"
    "while z:z=z[os.write(m,z):]\n"
    "sys.path.insert(0,'/proc/self/fd/%d'%m);"
)
PYTHON = ("python3", "-I", "-S", "-B", "-c")
ARGV = (*PYTHON, f"{BOOTSTRAP}from colonnade_agent.main import main;main(f)")
VISITOR = "visitor"
VISITOR_ARGV = (*PYTHON, f"{BOOTSTRAP}from colonnade_agent.visitor.main import main;main(f)")
PACKAGE = "colonnade_agent"
SHARED = ("notify.py", "atomic.py", "programs.py", "failure.py")
"""What programs may use of the applier's own."""
PROGRAMS: Mapping[str, tuple[str, ...]] = {"uplinks": (), "steward": ("etcd",)}
"""Folders of this package that are programs of their own, with the others that each is made of: they stay on
machines, and the applier does not.
"""
DRIVERS: Mapping[str, tuple[str, ...]] = {"steward": ("pymysql",)}
"""Packages of others that go along: pure Python, and pinned by our own lock."""
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold


def payload(
    request: Request, blobs: Mapping[str, Path] | None = None
) -> tuple[tuple[str, ...], Iterator[bytes]]:
    """The command to run on the machine, and the pieces to write to its standard input.

    `blobs` are files by the sha256 of their content: those that the machine said it misses.
    """
    return ARGV, _pieces(request, blobs or {})


def agent_zip() -> bytes:
    """The sources of the applier, without its tests and without the programs that machines keep."""
    return _zip(_sources(resources.files(PACKAGE), PACKAGE, left_out={*_kept(), VISITOR}))


def visitor(order: Order) -> tuple[tuple[str, ...], bytes]:
    """The command to run where visitors come from, and what it reads first. It ends when its input does."""
    blocks = (visitor_zip(), json.dumps(encode(order)).encode())
    return VISITOR_ARGV, b"".join(len(block).to_bytes(8, "big") + block for block in blocks)


def visitor_zip() -> bytes:
    own = _sources(resources.files(PACKAGE) / VISITOR, f"{PACKAGE}/{VISITOR}")
    return _zip(((f"{PACKAGE}/__init__.py", b""), *own))


def program(name: str) -> bytes:
    """One of PROGRAMS as one file that `python3` runs: its `main.main()`. It may import nothing else of this
    package but SHARED. Not compressed: another zlib would make other bytes of it, and `plan` a difference.
    """
    start = f"from {PACKAGE}.{name}.main import main\n\nmain()\n".encode()
    own = resources.files(PACKAGE)
    files = [("__main__.py", start), (f"{PACKAGE}/__init__.py", b"")]
    files += [(f"{PACKAGE}/{name}", (own / name).read_bytes()) for name in SHARED]
    for folder in (name, *PROGRAMS[name]):
        files += _sources(own / folder, f"{PACKAGE}/{folder}")
    for driver in DRIVERS.get(name, ()):
        files += _sources(resources.files(driver), driver)
    return _zip(files, zipfile.ZIP_STORED)


def _kept() -> frozenset[str]:
    """The folders of what stays on machines."""
    return frozenset(PROGRAMS).union(*PROGRAMS.values())


def _zip(files: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = compression
            archive.writestr(entry, content)
    return buffer.getvalue()


def _pieces(request: Request, blobs: Mapping[str, Path]) -> Iterator[bytes]:
    for block in (agent_zip(), json.dumps(encode_request(request)).encode()):
        yield len(block).to_bytes(8, "big") + block
    for sha, path in sorted(blobs.items()):
        yield sha.encode("ascii") + path.stat().st_size.to_bytes(8, "big")
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk


def _sources(folder: Traversable, prefix: str, left_out: Collection[str] = ()) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir() and entry.name not in {"tests", "__pycache__", *left_out}:
            yield from _sources(entry, name)
        elif entry.name.endswith(".py"):
            yield name, entry.read_bytes()
