"""What a Mermaid diagram says, before anyone asks what it means: nodes, edges and subgraphs, each with its
position.

A flowchart and an architecture diagram are read into the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from colonnade.model.design import Position


@dataclass(frozen=True)
class Node:
    """`label` is cleaned text (lines end in `\\n`), equal to `id` where none was written; `shape` is
    Mermaid's name of it.
    """

    id: str
    label: str
    shape: str
    position: Position


@dataclass(frozen=True)
class Edge:
    """`heads`: at the source and at the target (`""`, `>`, `x`, `o`). `stroke`: normal, thick, dotted or
    invisible.
    """

    source: str
    target: str
    label: str
    heads: tuple[str, str]
    stroke: str
    position: Position

    @property
    def directed(self) -> bool:
        return bool(self.heads[0]) != bool(self.heads[1])

    def forward(self) -> Edge:
        """The same arrow written from its tail to its head."""
        if self.heads[0] and not self.heads[1]:
            heads = ("", self.heads[0])
            return Edge(self.target, self.source, self.label, heads, self.stroke, self.position)
        return self


@dataclass(frozen=True)
class Group:
    """A subgraph. `members` are the ids drawn in it and in no subgraph before, subgraphs among them; `named`:
    has an own id.
    """

    id: str
    title: str
    members: tuple[str, ...]
    named: bool
    position: Position


@dataclass(frozen=True)
class Comment:
    """A `%%` line: `text` without the signs; `column` of the text."""

    text: str
    position: Position


@dataclass(frozen=True)
class Drawing:
    """`groups` are in the order of their `end`: an inner one comes before the one around it."""

    type: str
    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    groups: dict[str, Group]
    comments: tuple[Comment, ...] = ()
    title: str = ""
    position: Position = field(default=Position(1, 1))

    def around(self, id_: str) -> Iterator[Group]:
        """The groups around a node or a group, from the inside out."""
        seen = {id_}
        while found := next((g for g in self.groups.values() if id_ in g.members and g.id not in seen), None):
            yield found
            id_ = found.id
            seen.add(id_)

    def inside(self, group: str) -> Iterator[str]:
        """The ids of the nodes anywhere inside a group."""
        pending, seen = [group], {group}
        while pending:
            for member in self.groups[pending.pop(0)].members:
                if member in seen:
                    continue
                seen.add(member)
                if member in self.groups:
                    pending.append(member)
                else:
                    yield member
