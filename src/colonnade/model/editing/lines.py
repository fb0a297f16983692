"""The lines of a file while it is changed: whatever is not touched keeps every byte. Asked by the editors."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from colonnade.model.design import Position


class Unusual(Exception):
    """The file says it in a way that the editor can't change piece by piece."""


ENDING = re.compile(r"\r\n|\r|\n")


@dataclass
class Lines:
    """Changes are told by where things stand in the text as it was, and made all at once by `text`."""

    contents: list[str]
    endings: list[str]
    inserted: dict[Position, list[str]] = field(default_factory=lambda: defaultdict(list))
    replaced: dict[Position, tuple[int, str]] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    added: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, text: str) -> Lines:
        return cls(ENDING.split(text), [*ENDING.findall(text), ""])

    @property
    def ending(self) -> str:
        """How lines of this file end."""
        return self.endings[0] or "\n"

    def line(self, number: int) -> str:
        return self.contents[number - 1]

    def indent(self, number: int) -> str:
        """What a line begins with: white space, and the marks of a quotation."""
        found = re.match(r"[\s>]*", self.line(number))
        return found.group() if found else ""

    def slice(self, start: Position, end: Position) -> str:
        """Of one line, or of several joined."""
        if start.line == end.line:
            return self.line(start.line)[start.column - 1 : end.column - 1]
        middle = self.contents[start.line : end.line - 1]
        return "\n".join(
            [self.line(start.line)[start.column - 1 :], *middle, self.line(end.line)[: end.column - 1]]
        )

    def insert(self, at: Position, text: str) -> None:
        self.inserted[at].append(text)

    def replace(self, at: Position, length: int, text: str) -> None:
        """Characters of one line."""
        self.replaced[at] = (length, text)

    def add(self, after: int, *lines: str) -> None:
        """New lines below line `after`, below those added there before."""
        self.added[after] += lines

    def exchange(self, first: int, last: int, lines: list[str]) -> None:
        """Other lines for those from `first` to `last`. No other change may be told beside this."""
        self.contents[first - 1 : last] = lines
        self.endings[first - 1 : last] = [self.ending] * len(lines)

    def text(self) -> str:
        made = []
        for number, (content, ending) in enumerate(zip(self.contents, self.endings, strict=True), 1):
            kept = [] if number in self.removed else [self.changed(number, content)]
            if lines := [*kept, *self.added.get(number, ())]:
                made.append((ending or self.ending).join(lines) + ending)
        return "".join(made)

    def changed(self, number: int, content: str) -> str:
        changes = [(p.column, 0, "".join(t)) for p, t in self.inserted.items() if p.line == number]
        changes += [(p.column, size, text) for p, (size, text) in self.replaced.items() if p.line == number]
        for column, size, text in sorted(changes, reverse=True):
            content = content[: column - 1] + text + content[column - 1 + size :]
        return content
