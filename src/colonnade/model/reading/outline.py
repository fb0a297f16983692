"""Which part of a drawing says what, for those who change it: the node of each member, the arrows of each
link. Asked by `editing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade.errors import DesignError
from colonnade.model.design import Position
from colonnade.model.kinds import Kinds
from colonnade.model.mermaid.ast import Drawing, Group
from colonnade.model.mermaid.document import draw, page, strip
from colonnade.model.mermaid.statements import Statement, statements
from colonnade.model.reading import read, uplinks
from colonnade.model.reading.machines import machine_groups
from colonnade.model.reading.senses import Sketch
from colonnade.model.source import Problems


@dataclass(frozen=True)
class Outline:
    """`nodes`: ids by service and machine. `machines`: subgraphs by the machine they are. `links`: the pairs
    of machines that arrows join, by source and target service. `arrivals`: where the arrows begin on which
    users come. `uplinks`: ids by name.
    """

    first: int
    last: int
    drawing: Drawing
    statements: tuple[Statement, ...]
    nodes: Mapping[tuple[str, str], str]
    machines: Mapping[str, Group]
    links: Mapping[tuple[str, str], set[tuple[str, str]]]
    arrivals: frozenset[Position]
    uplinks: Mapping[str, str]

    @property
    def used(self) -> frozenset[str]:
        return frozenset({*self.drawing.nodes, *self.drawing.groups})


def place(text: str, path: str, kinds: Kinds, *, markdown: bool) -> tuple[str, int]:
    """The diagram that is the design, and its first line. Raises `DesignError` where there is none."""
    found = page(text, markdown=markdown)
    failed = None
    for body, line in found.diagrams:
        try:
            read.one(body, line, found, path, kinds)
        except DesignError as error:
            failed = failed or error
        else:
            return body, line
    raise failed or read.nothing(found, path)


def outline(text: str, path: str, kinds: Kinds, *, markdown: bool) -> Outline | None:
    """None for a drawing whose text can't be changed piece by piece."""
    body, line = place(text, path, kinds, markdown=markdown)
    drawing = draw(body, line)
    if drawing.type != "flowchart":
        return None
    sketch = Sketch(drawing, kinds, Problems(path))
    moved, wiring = read.wired(sketch)
    groups = machine_groups(sketch)
    members = {m.node.id: (t.name, wiring.machines[m.node.id]) for t in wiring.tiers for m in t.members}
    links: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for arrow in moved.asks:
        if arrow.target in members:
            (source, machine), (target, other) = members[arrow.source], members[arrow.target]
            links.setdefault((source, target), set()).add((machine, other))
    return Outline(
        first=line,
        last=line + body.count("\n"),
        drawing=drawing,
        statements=tuple(statements(strip(body, line)[0], line)),
        nodes={member: id_ for id_, member in members.items()},
        machines={wiring.machines[id_]: group for id_, group in groups.items()},
        links=links,
        arrivals=frozenset(a.position for a in moved.arrivals),
        uplinks={name: id_ for id_, name in uplinks.nodes(sketch).items()},
    )
