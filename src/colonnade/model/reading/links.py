"""What the arrows mean once services are known: who leads to whom, where users arrive, what is set. Asked by
`read`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from colonnade.model.design import Position
from colonnade.model.reading.arrows import Arrow, Flows, peers, shown
from colonnade.model.reading.senses import Sense, Sketch
from colonnade.model.reading.services import Tier
from colonnade.model.reading.vocabulary import EXTERNAL


@dataclass
class Wiring:
    """`links`: by service and target, the machines joined and where that was drawn first; an external has no
    pairs.
    """

    tiers: list[Tier]
    machines: Mapping[str, str]
    externals: Mapping[str, str]
    links: dict[str, dict[str, set[tuple[str, str]]]] = field(default_factory=dict)
    places: dict[tuple[str, str], Position] = field(default_factory=dict)
    public: dict[str, Position] = field(default_factory=dict)
    settings: dict[str, dict[str, tuple[Any, Position]]] = field(default_factory=dict)

    def tier(self, id_: str) -> Tier:
        return next(t for t in self.tiers if id_ in t.ids)

    def members(self, tier: Tier) -> list[str]:
        return [self.machines[m.node.id] for m in tier.members]


def wire(sketch: Sketch, flows: Flows, wiring: Wiring) -> None:
    for arrow in flows.asks:
        join(sketch, arrow, wiring)
    drop_answers(sketch, wiring)
    for arrow in flows.arrivals:
        arrive(sketch, arrow, wiring)
    imply(sketch, wiring)
    for tier in wiring.tiers:
        for member in tier.members:
            read_settings(sketch, tier, member.node.label, member.node.position, wiring)


def join(sketch: Sketch, arrow: Arrow, wiring: Wiring) -> None:
    source = wiring.tier(arrow.source)
    if sketch.senses[arrow.target].sort == EXTERNAL and sketch.kinds[source.kind].replicated:
        sketch.say(
            arrow.position, shown(sketch, arrow), f"left out: {sketch.kinds[source.kind].title} asks nobody"
        )
        return
    read_settings(sketch, source, arrow.label, arrow.position, wiring)
    if sketch.senses[arrow.target].sort == EXTERNAL:
        wiring.links.setdefault(source.name, {}).setdefault(wiring.externals[arrow.target], set())
        wiring.places.setdefault((source.name, wiring.externals[arrow.target]), arrow.position)
        return
    target = wiring.tier(arrow.target)
    if source is target:
        within(sketch, arrow, source)
        return
    pair = (wiring.machines[arrow.source], wiring.machines[arrow.target])
    wiring.links.setdefault(source.name, {}).setdefault(target.name, set()).add(pair)
    wiring.places.setdefault((source.name, target.name), arrow.position)


def within(sketch: Sketch, arrow: Arrow, tier: Tier) -> None:
    if sketch.kinds[tier.kind].replicated:
        sketch.say(arrow.position, shown(sketch, arrow), f"replication inside the service {tier.name}")
    elif peers(arrow):
        sketch.say(
            arrow.position,
            shown(sketch, arrow),
            f"how the members of {tier.name} stand together, no dependency",
        )
    else:
        sketch.problems.add(
            arrow.position,
            f"an arrow leads from '{sketch.senses[arrow.source].shown}' to "
            f"'{sketch.senses[arrow.target].shown}', "
            f"and both are members of the service '{tier.name}'",
            "draw them in two subgraphs if one asks the other, or take the arrow away",
        )


def drop_answers(sketch: Sketch, wiring: Wiring) -> None:
    """Between two services an arrow towards the user, drawn beside one away from the user, is an answer."""
    tiers = {t.name: sketch.kinds[t.kind].tier for t in wiring.tiers}
    for source, links in wiring.links.items():
        for target in list(links):
            if target in tiers and tiers[source] > tiers[target] and source in wiring.links.get(target, {}):
                del links[target]
                sketch.say(wiring.places[source, target], f"{source} -> {target}", "an answer, no dependency")


def imply(sketch: Sketch, wiring: Wiring) -> None:
    """Where nobody asks a service, the one before it on the same machine does, if that one is drawn asking
    nobody.
    """
    tier = {t.name: sketch.kinds[t.kind].tier for t in wiring.tiers}
    for target in sorted(wiring.tiers, key=lambda t: tier[t.name]):
        if target.name in wiring.public or any(target.name in links for links in wiring.links.values()):
            continue
        here = set(wiring.members(target))
        before = [
            t
            for t in wiring.tiers
            if tier[t.name] < tier[target.name] and here & set(wiring.members(t)) and not asks(wiring, t)
        ]
        if before:
            source = max(before, key=lambda t: tier[t.name])
            at = target.members[0].node.position
            wiring.links.setdefault(source.name, {})[target.name] = {
                (m, m) for m in wiring.members(source) if m in here
            }
            wiring.places[source.name, target.name] = at
            sketch.say(
                at,
                f"{source.name}, {target.name}",
                f"an arrow from {source.name} to {target.name}: they share machines, and none is drawn",
            )


def asks(wiring: Wiring, tier: Tier) -> bool:
    names = {t.name for t in wiring.tiers}
    return any(target in names for target in wiring.links.get(tier.name, {}))


def arrive(sketch: Sketch, arrow: Arrow, wiring: Wiring) -> None:
    tier = wiring.tier(arrow.target)
    if sketch.kinds[tier.kind].door:
        wiring.public.setdefault(tier.name, arrow.position)
        return
    able = " or ".join(k.title for k in sketch.kinds.values() if k.door)
    sketch.problems.add(
        arrow.position,
        f"an arrow leads from '{sketch.senses[arrow.source].shown}' straight to "
        f"'{sketch.senses[arrow.target].shown}', where users can't arrive ({sketch.kinds[tier.kind].title})",
        f"users arrive at a {able}: draw the arrow to one, and one from there",
    )


def read_settings(sketch: Sketch, tier: Tier, label: str, at: Position, wiring: Wiring) -> None:
    if not label:
        return
    known = wiring.settings.setdefault(tier.name, {})
    for key, value in sketch.kinds[tier.kind].read_label(label).items():
        before = known.setdefault(key, (value, at))
        if before[0] != value:
            sketch.problems.add(
                at,
                f"'{' '.join(label.split())}' says {key} {value}, and line {before[1].line} says {before[0]}",
                "keep one of them",
            )
        elif before[1] is at:
            sketch.say(at, label, f"{key} {value} of the service {tier.name}")


def complete(pairs: set[tuple[str, str]], sources: list[str], targets: list[str]) -> bool:
    return pairs >= set(product(sources, targets))


def in_order(sketch: Sketch, wiring: Wiring, source: Tier, target: Tier) -> list[tuple[str, str]]:
    """The pairs to keep: none where all are joined, or where the target's roles move."""
    pairs = wiring.links[source.name][target.name]
    sources, targets = wiring.members(source), wiring.members(target)
    if sketch.kinds[target.kind].replicated or complete(pairs, sources, targets):
        return []
    return [p for p in product(sources, targets) if p in pairs]


def describe(sketch: Sketch, wiring: Wiring, tier: Tier, member: Sense) -> str:
    replicated = sketch.kinds[tier.kind].replicated
    role = (
        ("primary " if member is tier.members[0] else "replica ")
        if replicated and len(tier.members) > 1
        else ""
    )
    return f"{tier.kind} {role}on machine {wiring.machines[member.node.id]}, service {tier.name}"
