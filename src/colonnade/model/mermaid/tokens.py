"""The lexer of flowcharts: Mermaid's is modal (a `-` means one thing in an id, another in an arrow, nothing
in a label),
so tokens are made here, with their positions, and `flowchart.lark` says how they may follow one another.

Where Mermaid refuses a text, this refuses it too, and says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token

from colonnade.model.design import Position

SPACE = re.compile(r"[^\S\n]+")
SEPARATOR = re.compile(r"[;\n][;\s]*")
HEADER = re.compile(
    r"(?:flowchart-elk|flowchart|graph)\b(?:[^\S\n]*(?:TB|TD|BT|BR|LR|RL|[<>^v])(?=[\s;]|$))?"
)
DIRECTION = re.compile(r"direction\s+(?:TB|TD|BT|LR|RL)\b[^\n;]*")
IGNORED = re.compile(r"(?:style|classDef|class|linkStyle|click|interpolate)\s(?:\"[^\"\n]*\"|[^\n;\"]|\")*")
DESCRIPTION = re.compile(r"accDescr\s*\{[^}]*\}|acc(?:Title|Descr)\s*:[^\n]*")
RESERVED = frozenset(
    {"end", "graph", "flowchart", "subgraph", "style", "class", "classDef", "linkStyle", "click"}
)
ID = re.compile(r"(?:[A-Za-z0-9!#$%&'*+.?\\_/,]|(?<!:):(?!::)|[^\x00-\x7f\s]|-(?=[^>\-.\s])|=(?!=))+")
ID_STARTS_ARROW = re.compile(r"[-=]*>|→|⇒")
EDGE_ID = re.compile(r"[^\s\"@\[\](){}|;]{1,100}@(?=\s*[xo<~\-=])")
LINK = re.compile(r"~~~+|[xo<]?--+[-xo>]|[xo<]?==+[=xo>]|[xo<]?-?\.+-[xo>]?")
LINK_START = re.compile(r"[xo<]?(?:--|==|-\.)")
LINK_ENDS = {
    "-": re.compile(r"[xo<]?--+[-xo>]"),
    "=": re.compile(r"[xo<]?==+[=xo>]"),
    ".": re.compile(r"[xo<]?-?\.+-[xo>]?"),
}
STRING = re.compile(r'"([^"`][^"]*|)"')
MARKDOWN = re.compile(r'"`([^`"]*)`"')
SHAPES = (
    ("(((", ((")))", "doublecircle"),)),
    ("((", (("))", "circle"),)),
    ("([", (("])", "stadium"),)),
    ("(-", (("-)", "ellipse"),)),
    ("[[", (("]]", "subroutine"),)),
    ("[(", ((")]", "cylinder"),)),
    ("[/", (("\\]", "trapezoid"), ("/]", "lean_right"))),
    ("[\\", (("/]", "inv_trapezoid"), ("\\]", "lean_left"))),
    ("{{", (("}}", "hexagon"),)),
    (">", (("]", "odd"),)),
    ("[", (("]", "square"),)),
    ("(", ((")", "round"),)),
    ("{", (("}", "diamond"),)),
)
PLAIN_TEXT = re.compile(r"[^\[\](){}|\"]*")
SLANTED_TEXT = re.compile(r"(?:[^\[\](){}\"/\\]|[/\\](?!\]))*")
ELLIPSE_TEXT = re.compile(r"(?:[^\[\](){}\"\-]|-(?!\)))*")
SHAPE_DATA = re.compile(r"@\{((?:[^{}\"]|\"[^\"]*\")*)\}")
CLASS = re.compile(r":::[\w.-]+")
HEADING = re.compile(r"[^\[\](){}|\"<>;\n]+")


class NotMermaid(Exception):
    """The text is no flowchart from `position` on."""

    def __init__(self, position: Position, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.position = position
        self.message = message
        self.hint = hint


@dataclass
class Scanner:
    """One pass over `text`; `line` is the number of its first line in the design's file."""

    text: str
    line: int = 1
    offset: int = 0
    line_start: int = 0

    def tokens(self) -> Iterator[Token]:
        self.skip(re.compile(r"[\s;]*"))
        yield self.take("HEADER", HEADER, "a flowchart begins with `flowchart TD` or `graph LR`")
        while self.offset < len(self.text):
            at_start = self.separator()
            if at_start is not None and self.offset < len(self.text):
                yield at_start
                yield from self.statement()
            elif self.offset < len(self.text):
                yield from self.piece()
        yield self.token("SEPARATOR", "\n")

    def separator(self) -> Token | None:
        """White space goes; a line's end before an arrow goes with it, for there Mermaid reads on."""
        space = re.compile(r"\s*").match(self.text, self.offset)
        end = space.end() if space else self.offset
        if "\n" in self.text[self.offset : end] and LINK.match(self.text, end):
            self.advance(end)
            return None
        self.skip(SPACE)
        return self.maybe("SEPARATOR", SEPARATOR)

    def statement(self) -> Iterator[Token]:
        for kind, pattern in (("DIRECTION", DIRECTION), ("IGNORED", IGNORED), ("IGNORED", DESCRIPTION)):
            if token := self.maybe(kind, pattern):
                yield token
                return
        if token := self.maybe("SUBGRAPH", re.compile(r"subgraph(?=[\s;]|$)")):
            yield token
            yield from self.heading()
        elif token := self.maybe("END", re.compile(r"end(?=[\s;]|$)")):
            yield token
        else:
            yield from self.piece()

    def heading(self) -> Iterator[Token]:
        self.skip(SPACE)
        if found := MARKDOWN.match(self.text, self.offset) or STRING.match(self.text, self.offset):
            yield self.token("HEADING", found.group(1), found.end())
        elif found := HEADING.match(self.text, self.offset):
            yield self.token("HEADING", found.group().strip(), found.end())
        self.skip(SPACE)
        if self.text.startswith("[", self.offset):
            yield from self.shape()

    def piece(self) -> Iterator[Token]:
        """What stands inside a statement: a node, an arrow, `&`."""
        if token := self.maybe("EDGE_ID", EDGE_ID):
            yield token
            self.skip(SPACE)
        if token := self.maybe("AMP", re.compile(r"&(?=\s)")):
            yield token
        elif LINK.match(self.text, self.offset) or LINK_START.match(self.text, self.offset):
            yield from self.link()
        elif ID.match(self.text, self.offset):
            yield from self.node()
        else:
            raise self.refuse()

    def link(self) -> Iterator[Token]:
        if token := self.maybe("LINK", LINK):
            yield token
            self.skip(re.compile(r"\s*"))
            if self.text.startswith("|", self.offset):
                yield from self.between("|", (("|", ""),), PLAIN_TEXT, "the text of an arrow")
            return
        start = self.take("LINK_START", LINK_START, "")
        yield start
        self.skip(SPACE)
        if found := MARKDOWN.match(self.text, self.offset) or STRING.match(self.text, self.offset):
            yield self.token("STRING", found.group(1), found.end())
            self.skip(SPACE)
        line_end = self.text.find("\n", self.offset)
        closing = LINK_ENDS[start[-1]].search(
            self.text, self.offset, line_end if line_end >= 0 else len(self.text)
        )
        if closing is None:
            raise NotMermaid(
                self.here(start),
                f"the arrow that starts with '{start}' has no end on its line",
                "write A --> B, or with a text: A -- text --> B, or A -->|text| B",
            )
        if closing.start() > self.offset:
            yield self.token("TEXT", self.text[self.offset : closing.start()].strip(), closing.start())
        yield self.token("LINK_END", closing.group(), closing.end())

    def node(self) -> Iterator[Token]:
        token = self.take("ID", ID, "")
        if token in RESERVED:
            raise NotMermaid(
                self.here(token),
                f"'{token}' is a word of Mermaid's own, so no node can have it as its id",
                f"write {str(token).capitalize()}, or an id and a label: {token}_1[{token}]",
            )
        yield token
        if any(self.text.startswith(opening, self.offset) for opening, _ in SHAPES):
            yield from self.shape()
        if found := SHAPE_DATA.match(self.text, self.offset):
            yield self.token("SHAPE_DATA", found.group(1), found.end())
        elif self.text.startswith("@{", self.offset):
            raise NotMermaid(
                self.position(),
                "the '@{' of this node is never closed",
                'write id@{ shape: cyl, label: "text" }',
            )
        if token_class := self.maybe("CLASS", CLASS):
            yield token_class

    def shape(self) -> Iterator[Token]:
        opening, closings = next((o, c) for o, c in SHAPES if self.text.startswith(o, self.offset))
        body = {"[/": SLANTED_TEXT, "[\\": SLANTED_TEXT, "(-": ELLIPSE_TEXT}.get(opening, PLAIN_TEXT)
        yield from self.between(opening, closings, body, "a label")

    def between(
        self, opening: str, closings: tuple[tuple[str, str], ...], body: re.Pattern[str], what: str
    ) -> Iterator[Token]:
        start = self.position()
        yield self.token("OPEN", opening, self.offset + len(opening))
        self.skip(re.compile(r"\s*(?=\")"))
        if found := MARKDOWN.match(self.text, self.offset):
            yield self.token("MARKDOWN", found.group(1), found.end())
            self.skip(re.compile(r"\s*"))
        elif found := STRING.match(self.text, self.offset):
            more = body.match(self.text, found.end())
            assert more
            yield self.token("STRING", found.group(1) + more.group(), more.end())
        elif (plain := body.match(self.text, self.offset)) and plain.group().strip():
            yield self.token("TEXT", plain.group(), plain.end())
        for closing, shape in closings:
            if self.text.startswith(closing, self.offset):
                yield self.token("CLOSE", shape or closing, self.offset + len(closing))
                return
        if self.offset >= len(self.text):
            raise NotMermaid(
                start, f"{what} opened with '{opening}' is never closed", f"close it with '{closings[0][0]}'"
            )
        raise NotMermaid(
            self.position(),
            f"'{self.text[self.offset]}' can't stand inside {what} that is not in quotes",
            f'put the text in quotes: {opening}"..."{closings[0][0]}',
        )

    def refuse(self) -> NotMermaid:
        shown = self.text[self.offset : self.offset + 12].split("\n")[0].strip()
        if arrow := ID_STARTS_ARROW.match(self.text, self.offset):
            return NotMermaid(
                self.position(),
                f"'{arrow.group()}' is no arrow of Mermaid",
                "write A --> B, A --- B, A -.-> B or A ==> B",
            )
        return NotMermaid(
            self.position(),
            f"'{shown}' can't stand here",
            "a line is a node `id[label]`, an arrow `a --> b`, `subgraph title` or `end`",
        )

    # positions and steps

    def position(self) -> Position:
        return Position(self.line, self.offset - self.line_start + 1)

    @staticmethod
    def here(token: Token) -> Position:
        return Position(token.line or 0, token.column or 0)

    def advance(self, end: int) -> None:
        if ends := self.text.count("\n", self.offset, end):
            self.line += ends
            self.line_start = self.text.rfind("\n", self.offset, end) + 1
        self.offset = end

    def skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.offset):
            self.advance(found.end())

    def token(self, kind: str, value: str, end: int | None = None) -> Token:
        at = self.position()
        self.advance(self.offset if end is None else end)
        after = self.position()
        return Token(
            kind, value, line=at.line, column=at.column, end_line=after.line, end_column=after.column
        )

    def maybe(self, kind: str, pattern: re.Pattern[str]) -> Token | None:
        found = pattern.match(self.text, self.offset)
        return self.token(kind, found.group(), found.end()) if found else None

    def take(self, kind: str, pattern: re.Pattern[str], hint: str) -> Token:
        token = self.maybe(kind, pattern)
        if token is None:
            raise NotMermaid(self.position(), "this is no flowchart", hint)
        return token
