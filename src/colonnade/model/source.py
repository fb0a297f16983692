"""How bytes of a design become text, and how its problems are gathered. Asked by the loaders, before anything
is understood.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field

from colonnade.errors import DesignError, Problem
from colonnade.model.design import NOWHERE, Position

SIZE_LIMIT = 200_000
"""Characters of a design; a drawing that people can read has thousands."""


def decode(data: bytes) -> str:
    """Text with `\\n` ends, whatever the encoding: what can't be decoded becomes U+FFFD, never an error."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return clean(data.decode("utf-16", errors="replace"))
    return clean(data.decode("utf-8-sig", errors="replace"))


def clean(text: str) -> str:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


@dataclass
class Problems:
    """What is wrong so far: loaders go on after a problem, so that all are told at once."""

    path: str
    found: list[Problem] = field(default_factory=list)

    def add(self, position: Position, message: str, hint: str = "") -> None:
        problem = Problem(position.line, position.column, message, hint)
        if problem not in self.found:
            self.found.append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(Position(problem.line, problem.column), problem.message, problem.hint)

    def stop_if_any(self) -> None:
        if self.found:
            raise DesignError(self.path, self.found)

    def stop(self, message: str, hint: str = "", position: Position = NOWHERE) -> DesignError:
        """The error to raise when nothing after this problem can be understood."""
        self.add(position, message, hint)
        return DesignError(self.path, self.found)
