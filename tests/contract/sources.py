"""Which files do the contracts speak of? Asked by the tests beside this one."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCE = CHECKOUT / "src"
_FOREIGN = {"node_modules", "__pycache__", "build", "dist"}


def project_files() -> Iterator[Path]:
    """Every file of the project. Hidden folders hold environments, caches and state, except .ci;
    a worktree's `.git` is a file.
    """
    for folder, subfolders, names in os.walk(CHECKOUT):
        subfolders[:] = sorted(
            name
            for name in subfolders
            if name not in _FOREIGN and (name == ".ci" or not name.startswith("."))
        )
        yield from (Path(folder, name) for name in sorted(names) if name != ".git")


def python_files(*, tests: bool) -> Iterator[Path]:
    """The project's Python files; those of tests only where `tests` says so."""
    for path in project_files():
        if path.suffix == ".py" and (tests or not is_test(path)):
            yield path


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(CHECKOUT).parts


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that `path` imports, wherever in the file the import stands."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
