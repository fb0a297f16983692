"""A member may use one member of the next tier and no other."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import Link, Service
from colonnade.review.case import Case
from colonnade.review.events import Class
from colonnade.review.journeys import ends_of, member_name
from colonnade.review.points import PAIRS, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity

SHOWN = 4
"""Pairs that a detail names; the rest are counted."""


def look(case: Case) -> Iterator[Sighting]:
    stuck = {point.about: point for point in points(case, PAIRS)}
    for service, link in case.design.links():
        target = case.design.services.get(link.to)
        if target is None or case.kind(target).votes:
            continue
        bound, idle = bindings(case, service, target), without_any(service, link, target)
        if bound or idle:
            about = [stuck[name] for name in (service.name, target.name) if name in stuck]
            yield Sighting(
                " ".join([*told_bound(target, bound), *told_idle(target, idle)]),
                link.position,
                case.visits,
                tuple(dict.fromkeys([*(m for pair in bound for m in pair), *idle])),
                title=f"Members of '{service.name}' are bound to single members of '{target.name}'",
                points=tuple(dict.fromkeys(event for point in about for event in point.events)),
            )


def bindings(case: Case, service: Service, target: Service) -> list[tuple[str, str]]:
    """Members of `service` with the one member of `target` that stops them, though `target` has others."""
    if len(target.members) < 2:
        return []
    names = {member_name(target, machine) for machine in target.members}
    found = []
    for machine in service.members:
        member = member_name(service, machine)
        stops = case.direct.get(member, ())
        found += [(member, e.name) for e in stops if e.kind is Class.MEMBER and e.name in names]
    return found


def without_any(service: Service, link: Link, target: Service) -> list[str]:
    """Members of `service` that no pair leads from."""
    paired = ends_of(link, target)
    return [member_name(service, m) for m in service.members if link.pairs and m not in paired]


def told_bound(target: Service, bound: list[tuple[str, str]]) -> Iterator[str]:
    if bound:
        said = [f"{a.split('@')[1]} uses only {b.split('@')[1]}" for a, b in bound[:SHOWN]]
        more = f" and {len(bound) - SHOWN} more like that" if len(bound) > SHOWN else ""
        yield (
            f"{', '.join(said)}{more}: when the one stops the other is lost with it, so failures in "
            f"different pairs add up and stop the site while members of '{target.name}' still work."
        )


def told_idle(target: Service, idle: list[str]) -> Iterator[str]:
    if idle:
        said = ", ".join(name.split("@")[1] for name in idle[:SHOWN])
        more = f" and {len(idle) - SHOWN} more" if len(idle) > SHOWN else ""
        yield f"{said}{more} may use no member of '{target.name}', so it answers nothing."


RULE = Rule(
    id=PAIRS,
    severity=Severity.WARNING,
    title="Members are bound to one another in pairs",
    why="A pair works only while both of its ends do. Two losses in different pairs take the site "
    "down, where with all arrows drawn it would go on with half of each tier.",
    fix="Open the pairs: draw an arrow from every member to every member of the next tier (or from "
    "tier to tier).",
    look=look,
)
