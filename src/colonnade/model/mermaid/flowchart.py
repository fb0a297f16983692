"""A flowchart's text as a `Drawing`. Asked by `diagram.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from lark import Lark, Token, Tree, UnexpectedInput
from lark.lexer import Lexer

from colonnade.model.design import Position
from colonnade.model.mermaid.ast import Comment, Drawing, Edge, Group, Node
from colonnade.model.mermaid.labels import visible
from colonnade.model.mermaid.tokens import NotMermaid, Scanner

DEPTH_LIMIT = 40
EDGE_LIMIT = 5_000
CYLINDERS = frozenset({"cyl", "cylinder", "database", "db", "disk", "lin-cyl", "lined-cylinder", "h-cyl"})
"""Names of `@{ shape: ... }` that are drawn as a store of data."""


class Made(Lexer):
    """Hands lark the tokens that `Scanner` made."""

    __future_interface__ = 2

    def __init__(self, lexer_conf: Any) -> None:
        del lexer_conf

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        del parser_state
        yield from lexer_state.text


@cache
def parser() -> Lark:
    grammar = files("colonnade.model.mermaid").joinpath("flowchart.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=Made)


def parse(text: str, first_line: int, comments: tuple[Comment, ...] = ()) -> Drawing:
    """`text` begins at `first_line` of the design's file. Raises `NotMermaid`."""
    tokens = list(Scanner(text, first_line).tokens())
    check_nesting(tokens)
    try:
        tree = parser().parse(tokens)
    except UnexpectedInput as error:
        raise refusal(error, tokens) from None
    return Builder().drawing(tree, comments)


def check_nesting(tokens: Iterable[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.type == "SUBGRAPH":
            opened.append(token)
        elif token.type == "END" and not opened:
            raise NotMermaid(
                place(token),
                "this 'end' closes nothing",
                "take the line away, or add the missing 'subgraph' above",
            )
        elif token.type == "END":
            opened.pop()
        if len(opened) > DEPTH_LIMIT:
            raise NotMermaid(place(token), f"subgraphs are nested deeper than {DEPTH_LIMIT}")
    if opened:
        raise NotMermaid(
            place(opened[-1]), "this subgraph is never closed", "write a line 'end' after its last node"
        )


def place(token: Token) -> Position:
    return Position(token.line or 0, token.column or 0)


def refusal(error: UnexpectedInput, tokens: list[Token]) -> NotMermaid:
    token = getattr(error, "token", None) or tokens[-1]
    before = tokens[max(0, next((i for i, t in enumerate(tokens) if t is token), 0) - 1)]
    if token.type in {"SEPARATOR", "$END"} and before.type in {"LINK", "LINK_END", "CLOSE", "AMP"}:
        return NotMermaid(place(before), "the arrow leads nowhere", "write the node it leads to: A --> B")
    if token.type in {"LINK", "LINK_START"}:
        return NotMermaid(
            place(token), "the arrow comes from nowhere", "write the node it comes from: A --> B"
        )
    if token.type in {"TEXT", "STRING", "MARKDOWN", "CLOSE"}:
        return NotMermaid(
            place(token),
            "text in quotes and text without can't be mixed in one label",
            'put all of it in quotes: id["text"]',
        )
    shown = " ".join(str(token).split())
    return NotMermaid(
        place(token),
        f"'{shown}' can't follow '{' '.join(str(before).split())}' here"
        if shown
        else "the line is cut short",
        "a line is a node `id[label]`, an arrow `a --> b`, `subgraph title` or `end`",
    )


@dataclass
class Builder:
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    edge_ids: set[str] = field(default_factory=set)
    groups: dict[str, Group] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)

    def drawing(self, tree: Tree[Token], comments: tuple[Comment, ...]) -> Drawing:
        header = tree.children[0]
        self.statements(tree.children)
        nodes = {
            n.id: n for n in self.nodes.values() if n.id not in self.groups and n.id not in self.edge_ids
        }
        at = place(header) if isinstance(header, Token) else Position()
        return Drawing("flowchart", nodes, tuple(self.edges), self.groups, comments, position=at)

    def statements(self, statements: Iterable[Tree[Token] | Token]) -> list[str]:
        """Reads them and returns the ids of all nodes and subgraphs they mention."""
        mentioned: list[str] = []
        for statement in statements:
            if isinstance(statement, Token):
                continue
            if statement.data == "statement":
                mentioned += self.statements(statement.children)
            elif statement.data == "flow":
                mentioned += self.flow(statement)
            elif statement.data == "subgraph":
                mentioned.append(self.subgraph(statement))
        return mentioned

    def flow(self, tree: Tree[Token]) -> list[str]:
        parts = [part for part in tree.children if isinstance(part, Tree)]
        sides = [[self.node(n) for n in part.children if isinstance(n, Tree)] for part in parts[::2]]
        for link, sources, targets in zip(parts[1::2], sides, sides[1:], strict=False):
            self.link(link, sources, targets)
        return [id_ for side in sides for id_ in side]

    def link(self, tree: Tree[Token], sources: list[str], targets: list[str]) -> None:
        tokens = [t for t in tree.children if isinstance(t, Token)]
        start = next(t for t in tokens if t.type in {"LINK", "LINK_START"})
        end = next((t for t in tokens if t.type == "LINK_END"), start)
        label = "".join(text_of(part) for part in tree.children if isinstance(part, Tree))
        label += "".join(visible(t) for t in tokens if t.type in {"TEXT", "STRING"})
        self.edge_ids.update(t.removesuffix("@") for t in tokens if t.type == "EDGE_ID")
        if len(self.edges) + len(sources) * len(targets) > EDGE_LIMIT:
            raise NotMermaid(place(start), f"the diagram has more than {EDGE_LIMIT} arrows")
        for source in sources:
            for target in targets:
                self.edges.append(Edge(source, target, label, heads(start, end), stroke(end), place(start)))

    def node(self, tree: Tree[Token]) -> str:
        id_token = tree.children[0]
        assert isinstance(id_token, Token)
        id_ = str(id_token)
        old = self.nodes.get(id_)
        label, shape = (old.label, old.shape) if old else (id_, "")
        at = old.position if old else place(id_token)
        for part in tree.children[1:]:
            if isinstance(part, Tree):
                label, shape, at = text_of(part) or id_, shape_of(part), place(id_token)
            elif part.type == "SHAPE_DATA":
                data = shape_data(part)
                label, shape = visible(data.get("label", "")) or label, data.get("shape", "") or shape
        self.nodes[id_] = Node(id_, label, shape, at)
        return id_

    def subgraph(self, tree: Tree[Token]) -> str:
        start = tree.children[0]
        assert isinstance(start, Token)
        heading = next((t for t in tree.children if isinstance(t, Tree) and t.data == "heading"), None)
        mentioned = self.statements(t for t in tree.children if t is not heading)
        written = str(heading.children[0]).strip() if heading else ""
        titled = heading.children[1] if heading and len(heading.children) > 1 else None
        named = bool(written) and (isinstance(titled, Tree) or not any(c.isspace() for c in written))
        id_ = written if named else f"subGraph{len(self.groups)}"
        title = text_of(titled) if isinstance(titled, Tree) else visible(written)
        if id_ in self.groups:
            raise NotMermaid(
                place(start),
                f"a second subgraph has the id '{id_}'",
                "give each subgraph an id of its own: subgraph id [title]",
            )
        members = tuple(dict.fromkeys(m for m in mentioned if m not in self.grouped and m != id_))
        self.grouped.update(members)
        self.groups[id_] = Group(id_, title, members, named, place(start))
        return id_


def text_of(tree: Tree[Token]) -> str:
    """The label inside a `shape`, which is an opening, a `text` and a closing."""
    for part in tree.children:
        if isinstance(part, Tree) and isinstance(part.children[0], Token):
            token = part.children[0]
            return visible(token, markdown=token.type == "MARKDOWN")
    return ""


def shape_of(tree: Tree[Token]) -> str:
    return str(tree.children[-1])


def shape_data(token: Token) -> dict[str, str]:
    source = str(token)
    try:
        data = yaml.safe_load(source if "\n" in source else "{" + source + "}")
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise NotMermaid(
            place(token), "what stands in '@{ }' is no YAML", 'write id@{ shape: cyl, label: "text" }'
        )
    texts = {str(key): str(value) for key, value in data.items()}
    if texts.get("shape") in CYLINDERS:
        texts["shape"] = "cylinder"
    return texts


def heads(start: str, end: str) -> tuple[str, str]:
    left = {"<": ">", "x": "x", "o": "o"}.get(start[0], "")
    right = end[-1] if end[-1] in ">xo" else ""
    return (left, right) if right or left == "" else ("", "")


def stroke(end: str) -> str:
    if "~" in end:
        return "invisible"
    return "dotted" if "." in end else "thick" if "=" in end else "normal"
