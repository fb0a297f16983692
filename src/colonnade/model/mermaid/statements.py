"""The statements of a flowchart with the places of all their parts, for whoever changes its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lark import Token

from colonnade.model.design import Position
from colonnade.model.mermaid.tokens import Scanner

FLOW, SUBGRAPH, END, OTHER = "flow", "subgraph", "end", "other"
OPENINGS = {"SUBGRAPH": SUBGRAPH, "END": END, "IGNORED": OTHER, "DIRECTION": OTHER}


@dataclass(frozen=True)
class Mention:
    """A node where it is written: `label` is as in the text, empty where none is written here; `shaped` if it
    has more than its id here.
    """

    id: str
    start: Position
    end: Position
    label: str = ""
    shaped: bool = False


@dataclass(frozen=True)
class Statement:
    """`sides` are what stands before, between and after the arrows of a flow, `arrows` where each of these
    begins. `inside` is where the innermost subgraph around begins.
    """

    sort: str
    start: Position
    end: Position
    text: str
    inside: Position | None
    sides: tuple[tuple[Mention, ...], ...] = ()
    arrows: tuple[Position, ...] = ()


def statements(text: str, first_line: int) -> Iterator[Statement]:
    """Of a text that is known to be a flowchart, without comments and front matter (`document.strip`)."""
    groups: list[Position] = []
    for tokens in split(Scanner(text, first_line).tokens()):
        sort = OPENINGS.get(tokens[0].type, FLOW)
        start, end = begins(tokens[0]), ends(tokens[-1])
        if sort == END:
            groups.pop()
        inside = groups[-1] if groups else None
        flow = Flow() if sort == FLOW else None
        for token in tokens if flow else ():
            assert flow
            flow.take(token)
        sides, arrows = flow.done() if flow else ((), ())
        yield Statement(sort, start, end, str(tokens[0]), inside, sides, arrows)
        if sort == SUBGRAPH:
            groups.append(start)


def split(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    found: list[Token] = []
    for token in tokens:
        if token.type == "SEPARATOR":
            if found:
                yield found
            found = []
        elif token.type != "HEADER":
            found.append(token)


def begins(token: Token) -> Position:
    return Position(token.line or 0, token.column or 0)


def ends(token: Token) -> Position:
    return Position(token.end_line or 0, token.end_column or 0)


@dataclass
class Flow:
    """Takes the tokens of one flow, one after the other."""

    sides: list[list[Mention]] = field(default_factory=lambda: [[]])
    arrows: list[Position] = field(default_factory=list)
    node: list[Token] = field(default_factory=list)
    in_arrow: bool = False

    def take(self, token: Token) -> None:
        if token.type in {"LINK", "LINK_START"}:
            self.close()
            self.arrows.append(begins(token))
            self.sides.append([])
            self.in_arrow = True
        elif token.type == "ID":
            self.close()
            self.node = [token]
            self.in_arrow = False
        elif token.type in {"AMP", "EDGE_ID"}:
            self.close()
        elif not self.in_arrow:
            self.node.append(token)

    def close(self) -> None:
        if self.node:
            label = next((str(t) for t in self.node[1:] if t.type in {"TEXT", "STRING", "MARKDOWN"}), "")
            first, last = self.node[0], self.node[-1]
            mention = Mention(str(first), begins(first), ends(last), label, len(self.node) > 1)
            self.sides[-1].append(mention)
        self.node = []

    def done(self) -> tuple[tuple[tuple[Mention, ...], ...], tuple[Position, ...]]:
        self.close()
        return tuple(tuple(side) for side in self.sides), tuple(self.arrows)
