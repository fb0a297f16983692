"""Builds a user's app on the operator's side into one content-addressed tree for the machines' Python.

The same input gives the same bytes, and what was built before is not built again. The tree holds the app's
files at its top and
its Python dependencies under `.deps/`. Only wheels are installed: nothing of a package is run or compiled
here.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from colonnade.engine.packing import Blob, Member, kept, pack
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
        ".ruff_cache",
        ".hypothesis",
        "tests",
    }
)
CACHE_MARK = "CACHEDIR.TAG"
"""Folders with such a file are caches by their own word (bford.info/cachedir): a linter that runs beside us
makes one, and its content is another each time.
"""


def build(what: Build, source: Path, cache: Path) -> Blob:
    """Build the app in `source`, or find it built under `cache`. Raises UsageError for a folder that holds
    no app.
    """
    _check(source)
    return kept(cache, _key(what, source), partial(_packed, what, source, cache))


def _packed(what: Build, source: Path, cache: Path) -> bytes:
    with tempfile.TemporaryDirectory(dir=cache) as work:
        tree = Path(work) / "tree"
        _copy(source, tree)
        _install(what, tree)
        return pack(_members(tree))


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
            if not (entry / CACHE_MARK).exists():
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


def _members(tree: Path) -> Iterator[Member]:
    """All times alike: two builds of one input must not differ by them."""
    for path in sorted(tree.rglob("*")):
        name = str(path.relative_to(tree))
        if path.is_symlink():
            yield Member(name, target=str(path.readlink()))
        elif path.is_dir():
            yield Member(name, folder=True)
        else:
            yield Member(name, path.read_bytes(), runs=bool(path.stat().st_mode & 0o100))
