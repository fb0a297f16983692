"""What the arrows between nodes mean before services are known: who asks whom, who is reached by users, what
answers.

Asked by `read`. A firewall, an address or a cache drawn between two boxes doesn't cut the flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from colonnade.model.design import Position
from colonnade.model.mermaid.ast import Edge
from colonnade.model.reading.senses import Sense, Sketch
from colonnade.model.reading.vocabulary import EXTERNAL, FACT, LOOSE, MEMBER, NET, STAFF, USER
from colonnade.model.reading.words import plain

ANSWER = re.compile(
    r"(?<![a-z])(?:respon[sd]e?[sd]?|responses|responds|results?|data|returns?|returned|repl(?:y|"
    r"ies)|answers?|html|page|content|rendered|output|ack|back|sends? back)(?![a-z])"
)
PEERS = re.compile(
    r"(?<![a-z])(?:heart ?beats?|vrrp|keep ?alived?|fail ?over|sync(?:ed|s|hronization|hronous)?|ha|"
    r"health(?: check)?s?|peers?|standby|mirror\w*|gossip|replicat\w*|sessions?|active|passive|cluster\w*|"
    r"vip|floating ip|virtual ip|backup|redundan\w*)(?![a-z])"
)
HOPS = 12
"""How many things that are no machines an arrow is followed through."""


@dataclass(frozen=True)
class Arrow:
    """An arrow between two nodes, from the one that asks. `drawn` is how the drawing shows it."""

    source: str
    target: str
    label: str
    directed: bool
    position: Position
    through: tuple[str, ...] = ()

    def turned(self) -> Arrow:
        return replace(self, source=self.target, target=self.source)


@dataclass(frozen=True)
class Flows:
    """`asks`: member to member or external. `arrivals`: from people to members. `beside`: fact nodes and the
    members drawn with them.
    """

    asks: tuple[Arrow, ...]
    arrivals: tuple[Arrow, ...]
    beside: tuple[tuple[str, str], ...]


def flows(sketch: Sketch) -> Flows:
    arrows = list(unfold(sketch))
    whole = nearest(sketch, list(dict.fromkeys(straight(sketch, a) for a in through(sketch, arrows))))
    beside = tuple(dict.fromkeys(pair for arrow in (*whole, *arrows) for pair in facts_of(sketch, arrow)))
    sort = {id_: sense.sort for id_, sense in sketch.senses.items()}
    outside = {USER, NET}
    arrivals = tuple(
        a
        for a in whole
        if sort[a.source] in outside and sort[a.target] == MEMBER and not answers(sketch, a, whole)
    )
    asks = [
        a
        for a in whole
        if sort[a.source] == MEMBER and sort[a.target] in {MEMBER, EXTERNAL} and a.source != a.target
    ]
    for arrow in whole:
        explain(sketch, arrow, sort)
    kept = tuple(a for a in asks if not answers(sketch, a, asks))
    for arrow in asks:
        if arrow not in kept:
            sketch.say(arrow.position, shown(sketch, arrow), "an answer, no dependency")
    return Flows(kept, arrivals, beside)


def shown(sketch: Sketch, arrow: Arrow) -> str:
    return f"{sketch.senses[arrow.source].shown} -> {sketch.senses[arrow.target].shown}"


def facts_of(sketch: Sketch, arrow: Arrow) -> Iterator[tuple[str, str]]:
    """The facts this arrow touches or goes through, each with a member at an end of it."""
    for fact in (arrow.source, *arrow.through, arrow.target):
        for member in (arrow.source, arrow.target):
            if sketch.senses[fact].sort == FACT and sketch.senses[member].sort == MEMBER:
                yield fact, member


def nearest(sketch: Sketch, arrows: list[Arrow]) -> list[Arrow]:
    """Of lines without direction that meet in one point, those from each tier to the next; a point joins no
    tier with itself.
    """
    kept = []
    for arrow in arrows:
        if arrow.through and not arrow.directed:
            here, there = sketch.tier(arrow.source), sketch.tier(arrow.target)
            beyond = {
                sketch.tier(a.target)
                for a in arrows
                if a.through == arrow.through and a.source == arrow.source
            }
            if there == here or any(here < t < there for t in beyond):
                continue
        kept.append(arrow)
    return kept


def explain(sketch: Sketch, arrow: Arrow, sort: dict[str, str]) -> None:
    ends = {sort[arrow.source], sort[arrow.target]}
    if MEMBER in ends and (
        STAFF in ends or LOOSE in ends or (EXTERNAL in ends and sort[arrow.source] == EXTERNAL)
    ):
        sketch.say(arrow.position, shown(sketch, arrow), "left out: no traffic between members")
    elif sort[arrow.source] == MEMBER and ends & {USER, NET}:
        sketch.say(arrow.position, shown(sketch, arrow), "left out: an answer or a look-up, no dependency")


def unfold(sketch: Sketch) -> Iterator[Arrow]:
    """The drawn arrows between nodes; a subgraph as an end stands for the members in it."""
    for edge in sketch.drawing.edges:
        if edge.stroke == "invisible":
            continue
        one = edge.forward()
        sources, targets = (
            ends(sketch, one, one.source, one.target),
            ends(sketch, one, one.target, one.source),
        )
        pairs = [(s, t) for s in sources for t in targets if s != t]
        if {one.source, one.target} <= sketch.drawing.groups.keys() and PEERS.search(plain(one.label)):
            pairs = alike(sketch, one) or pairs
        for source, target in pairs:
            yield Arrow(source, target, one.label, one.directed, one.position)


def alike(sketch: Sketch, edge: Edge) -> list[tuple[str, str]]:
    """Between two machines an arrow that says replication joins what is replicated."""

    def replicated(group: str) -> list[Sense]:
        inside = (sketch.senses.get(i) for i in sketch.drawing.inside(group))
        return [s for s in inside if s and s.sort == MEMBER and sketch.kinds[s.value].replicated]

    pairs = product(replicated(edge.source), replicated(edge.target))
    return [(one.node.id, two.node.id) for one, two in pairs if one.value == two.value]


def ends(sketch: Sketch, edge: Edge, end: str, other: str) -> list[str]:
    """Of a subgraph with several kinds the nearest to the other end along the request path: users reach a
    server's door.
    """
    if end not in sketch.drawing.groups:
        return [end] if end in sketch.senses else []
    inside = [i for i in sketch.drawing.inside(end) if i in sketch.senses and i != other]
    members = (
        [i for i in inside if sketch.senses[i].sort == MEMBER]
        or [i for i in inside if sketch.senses[i].sort == EXTERNAL]
        or inside
    )
    if other in sketch.drawing.groups:
        beyond = [
            sketch.tier(i)
            for i in sketch.drawing.inside(other)
            if i in sketch.senses and sketch.senses[i].sort == MEMBER
        ]
    else:
        beyond = [sketch.tier(other)] if other in sketch.senses else []
    if not members or not beyond:
        return members
    tiers = {sketch.tier(m) for m in members}
    if end == edge.target:
        after = {t for t in tiers if t > max(beyond)}
        wanted = min(after or tiers)
    else:
        before = {t for t in tiers if t < min(beyond)}
        wanted = max(before or tiers)
    return [m for m in members if sketch.tier(m) == wanted]


def through(sketch: Sketch, arrows: list[Arrow]) -> Iterator[Arrow]:
    """Arrows from and to things that take part, followed through those that only stand in between."""
    leaving: dict[str, list[Arrow]] = {}
    for arrow in arrows:
        leaving.setdefault(arrow.source, []).append(arrow)
        if not arrow.directed:
            leaving.setdefault(arrow.target, []).append(arrow.turned())
    middle = {id_ for id_, s in sketch.senses.items() if s.through and id_ in leaving}
    for arrow in arrows:
        both = (
            [arrow]
            if arrow.directed or not {arrow.source, arrow.target} & middle
            else [arrow, arrow.turned()]
        )
        for start in both:
            if start.source not in middle or sketch.senses[start.source].sort == NET:
                yield from follow(sketch, start, leaving, middle)


def follow(
    sketch: Sketch, start: Arrow, leaving: dict[str, list[Arrow]], middle: set[str]
) -> Iterator[Arrow]:
    pending = [start]
    seen = {start.source}
    while pending:
        arrow = pending.pop()
        if arrow.target not in middle or sketch.senses[arrow.target].sort == EXTERNAL:
            yield arrow
        if arrow.target not in middle or arrow.target in seen or len(arrow.through) > HOPS:
            continue
        seen.add(arrow.target)
        for onward in leaving[arrow.target]:
            if onward.target != start.source:
                label = "\n".join(filter(None, (arrow.label, onward.label)))
                directed = arrow.directed and onward.directed
                pending.append(
                    Arrow(
                        arrow.source,
                        onward.target,
                        label,
                        directed,
                        arrow.position,
                        (*arrow.through, arrow.target),
                    )
                )


def straight(sketch: Sketch, arrow: Arrow) -> Arrow:
    """An arrow without a direction leads along the request path."""
    if not arrow.directed and sketch.tier(arrow.source) > sketch.tier(arrow.target):
        return arrow.turned()
    return arrow


def answers(sketch: Sketch, arrow: Arrow, others: Iterable[Arrow]) -> bool:
    """Drawn back towards the user, and said to be an answer or drawn beside the question it answers."""
    down = sketch.tier(arrow.source) - sketch.tier(arrow.target)
    if not arrow.directed or down < 0 or sketch.senses[arrow.source].sort in {USER, NET}:
        return False
    asked = any(o.source == arrow.target and o.target == arrow.source for o in others)
    said = bool(ANSWER.search(plain(arrow.label)))
    return (asked or said) if down > 0 else (asked and said)


def peers(arrow: Arrow) -> bool:
    """An arrow between two of a kind that says how they stand together, not that one asks the other."""
    return not arrow.directed or bool(PEERS.search(plain(arrow.label)))
