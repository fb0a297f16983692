"""A line of the design as it stands in its file, with a caret under what is meant. Secrets are not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colonnade.model.design import Position
from colonnade.review.secret_words import masked

WIDEST = 100
"""Characters of a line that are shown."""


def frame(lines: Sequence[str], at: Position) -> Iterator[str]:
    """Nothing where the position is not in the text."""
    if not 1 <= at.line <= len(lines):
        return
    line = masked(lines[at.line - 1].replace("\t", " "))
    column = min(max(at.column, 1), len(line) + 1)
    start = max(0, column - WIDEST // 2) if len(line) > WIDEST else 0
    shown = line[start : start + WIDEST]
    margin = " " * len(str(at.line))
    yield f" {margin} |"
    yield f" {at.line} | {shown}".rstrip()
    yield f" {margin} | {' ' * (column - 1 - start)}^"
