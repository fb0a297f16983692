"""Builds a user's app on the operator's side into one content-addressed tree for the machines' Python.

The same input gives the same bytes, and what was built before is not built again. The tree holds the app's
files at its top and
its Python dependencies under `.deps/`. Only wheels are installed: nothing of a package is run or compiled
here.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colonnade.errors import ColonnadeError, UsageError
from colonnade.kit.builds import Build

LAYOUT = "1"
"""Raise it when the tree's layout changes, so that cached builds of the old one are not taken."""

LEFT_OUT = frozenset(
    {
        ".git",
        ".venv",
        "venv",
        "__pycache__",
        "node_modules",
        ".colonnade",
        ".pytest_cache",
        ".mypy_cache",
        "tests",
    }
)


@dataclass(frozen=True)
class Blob:
    """A gzip tar at `path`, named by the `sha` (hex SHA-256) of its bytes."""

    sha: str
    path: Path


def build(what: Build, source: Path, cache: Path) -> Blob:
    """Build the app in `source`, or find it built under `cache`. Raises UsageError for a folder that holds
    no app.
    """
    _check(source)
    key = _key(what, source)
    index = cache / f"{key}.sha256"
    if index.exists():
        kept = Blob(sha := index.read_text().strip(), cache / f"{sha}.tar.gz")
        if kept.path.exists():
            return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        tree = Path(work) / "tree"
        _copy(source, tree)
        _install(what, tree)
        packed = _pack(tree)
    blob = Blob(sha := hashlib.sha256(packed).hexdigest(), cache / f"{sha}.tar.gz")
    _write(blob.path, packed)
    _write(index, blob.sha.encode())
    return blob


def _check(source: Path) -> None:
    if not source.is_dir():
        raise UsageError(
            f"the app's source {source} is no folder", hint="`source:` names a folder beside the design"
        )
    if not (source / "Procfile").is_file():
        raise UsageError(
            f"{source} has no Procfile",
            hint="write one with a line like `web: python3 -m gunicorn myapp:app`",
        )


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in LEFT_OUT or entry.name.endswith((".pyc", ".egg-info")):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry)
        else:
            yield entry


def _key(what: Build, source: Path) -> str:
    digest = hashlib.sha256(f"{LAYOUT} {what.python} {platform.machine()}".encode())
    for file in _files(source):
        executable = os.access(file, os.X_OK)
        digest.update(f"\0{file.relative_to(source)}\0{executable}\0".encode())
        digest.update(str(file.readlink()).encode() if file.is_symlink() else file.read_bytes())
    return digest.hexdigest()


def _copy(source: Path, tree: Path) -> None:
    for file in _files(source):
        target = tree / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target, follow_symlinks=False)


def _install(what: Build, tree: Path) -> None:
    requirements = tree / "requirements.txt"
    if not requirements.exists():
        return
    target = tree / ".deps"
    command = (
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--target", str(target)),
        *("--python-version", what.python, "--python-platform", f"{platform.machine()}-manylinux_2_40"),
        *("--only-binary", ":all:", "--link-mode", "copy", "-r", str(requirements)),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()
        raise ColonnadeError(
            f"the dependencies of {what.service} can't be installed for Python {what.python}:\n{said}",
            where=what.source or "the shipped app",
            hint="every package needs a wheel for the machines' Python; pin versions in requirements.txt",
        )
    for script in (target / "bin").glob("*"):
        _run_by_the_machine(script)


def _run_by_the_machine(script: Path) -> None:
    """Installed scripts name the Python that installed them; on a machine that is another one."""
    first, _, rest = script.read_bytes().partition(b"\n")
    if first.startswith(b"#!"):
        script.write_bytes(b"#!/usr/bin/python3\n" + rest)


def _pack(tree: Path) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in sorted(tree.rglob("*")):
            tar.add(path, str(path.relative_to(tree)), recursive=False, filter=_plain)
    return packed.getvalue()


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without whatever differs between two builds of one input."""
    info.mtime = 0
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    return info


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.rename(path)
