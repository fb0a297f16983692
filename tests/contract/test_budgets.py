"""Files and functions stay small enough to be read at once. A breach asks for a better cut."""

from __future__ import annotations

import ast

from tests.contract.sources import python_files, shown, tree

FILE_LINES = 400
FUNCTION_LINES = 40


def test_no_file_is_over_its_budget() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(tests=True)}
    over = [f"{shown(path)} has {lines} lines" for path, lines in lengths.items() if lines > FILE_LINES]
    assert not over, f"limit {FILE_LINES}"


def test_no_function_is_over_its_budget() -> None:
    """From `def` to the last line, nested functions included. Tests are free: a story may be long."""
    over = [
        f"{shown(path)}:{node.lineno} {node.name} has {lines} lines"
        for path in python_files(tests=False)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not over, f"limit {FUNCTION_LINES}"


def test_no_program_in_an_init_file() -> None:
    filled = [
        shown(path) for path in python_files(tests=True) if path.name == "__init__.py" and path.stat().st_size
    ]
    assert not filled
