"""An `architecture-beta` text as a `Drawing`. Asked by `diagram.py`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedInput

from colonnade.model.design import Position
from colonnade.model.mermaid.ast import Comment, Drawing, Edge, Group, Node
from colonnade.model.mermaid.labels import visible
from colonnade.model.mermaid.tokens import NotMermaid

STORES = frozenset({"database"})
"""Icons drawn for a store of data; such a service gets the shape `cylinder`."""


@cache
def parser() -> Lark:
    grammar = files("colonnade.model.mermaid").joinpath("architecture.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual")


def parse(text: str, first_line: int, comments: tuple[Comment, ...] = ()) -> Drawing:
    """`text` begins at `first_line` of the design's file. Raises `NotMermaid`."""
    try:
        tree = parser().parse(text.rstrip())
    except UnexpectedInput as error:
        line, column = getattr(error, "line", 0), getattr(error, "column", 0)
        at = Position(first_line + max(line, 1) - 1, max(column, 1))
        raise NotMermaid(
            at,
            "this line of the architecture diagram can't be read",
            (
                "a line is `group id(icon)[title]`, `service id(icon)[title] in group`, `junction id`, "
                "or `a:R --> L:b`"
            ),
        ) from None
    statements = [s for s in tree.children if isinstance(s, Tree)]
    nodes = {n.id: n for n in (node(s, first_line) for s in statements if s.data in {"service", "junction"})}
    edges = tuple(edge(s, first_line) for s in statements if s.data == "edge")
    groups = gather(statements, first_line)
    check(edges, nodes, groups)
    return Drawing("architecture", nodes, edges, groups, comments, position=Position(first_line, 1))


def place(token: Token, first_line: int) -> Position:
    return Position(first_line + (token.line or 1) - 1, token.column or 1)


def tokens(tree: Tree[Token], kind: str) -> Iterator[Token]:
    return (t for t in tree.children if isinstance(t, Token) and t.type == kind)


def node(tree: Tree[Token], first_line: int) -> Node:
    id_ = next(tokens(tree, "ID"))
    icon = next((t.strip('()" ') for t in tokens(tree, "ICON")), "")
    shape = "junction" if tree.data == "junction" else "cylinder" if icon in STORES else icon
    return Node(str(id_), title(tree) or str(id_), shape, place(id_, first_line))


def title(tree: Tree[Token]) -> str:
    written = next((str(t)[1:-1].strip() for t in tokens(tree, "TITLE_TEXT")), "")
    return visible(written.strip('"'))


def parent(tree: Tree[Token]) -> str:
    inside = next((t for t in tree.children if isinstance(t, Tree) and t.data == "inside"), None)
    return str(inside.children[0]) if inside else ""


def gather(statements: list[Tree[Token]], first_line: int) -> dict[str, Group]:
    """The groups, inner ones before outer ones."""
    members: dict[str, list[str]] = {}
    for statement in statements:
        if statement.data != "edge" and parent(statement):
            members.setdefault(parent(statement), []).append(str(next(tokens(statement, "ID"))))
    groups = {}
    for statement in statements:
        if statement.data == "group":
            id_ = next(tokens(statement, "ID"))
            inside = tuple(members.pop(str(id_), ()))
            groups[str(id_)] = Group(
                str(id_), title(statement) or str(id_), inside, True, place(id_, first_line)
            )
    for missing, lost in members.items():
        at = next(place(next(tokens(s, "ID")), first_line) for s in statements if parent(s) == missing)
        raise NotMermaid(
            at,
            f"'{lost[0]}' is drawn in '{missing}', and no group has that id",
            f"add a line: group {missing}(cloud)[{missing}]",
        )
    return dict(reversed(groups.items()))


def edge(tree: Tree[Token], first_line: int) -> Edge:
    source, target = tokens(tree, "ID")
    arrow = next(t for t in tree.children if isinstance(t, Tree))
    label = next((visible(str(t)[2:-2].strip().strip('"')) for t in tokens(arrow, "TEXT_LINE")), "")
    ends = (">" if any(tokens(arrow, "INTO")) else "", ">" if any(tokens(arrow, "FROM")) else "")
    return Edge(str(source), str(target), label, ends, "normal", place(source, first_line))


def check(edges: tuple[Edge, ...], nodes: dict[str, Node], groups: dict[str, Group]) -> None:
    for one in edges:
        for end in (one.source, one.target):
            if end not in nodes and end not in groups:
                raise NotMermaid(
                    one.position,
                    f"the arrow names '{end}', which is drawn nowhere",
                    f"add a line: service {end}(server)[{end}]",
                )
