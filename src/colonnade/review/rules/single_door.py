"""All users come through one member."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.points import DOOR, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, DOOR):
        service = case.design.services[point.about]
        title = case.kind(service).title
        (machine,) = service.members
        floats = [
            f for f in case.design.facts if f.kind == "vip" and (not f.about or service.name in f.about)
        ]
        detail = f"When {machine} or its {title} stops, nobody reaches the site."
        if floats:
            detail += f" The floating address '{floats[0].text}' has no second machine to float to."
        yield Sighting(
            detail,
            service.position,
            point.journeys,
            case.members([service]),
            title=f"The {title} '{service.name}' is a single point of failure",
            points=point.events,
        )


RULE = Rule(
    id=DOOR,
    severity=Severity.ERROR,
    title="The load balancer is a single point of failure",
    why="Every request passes this one member. Whatever stops it, a crash, an upgrade, a broken disk, "
    "takes the whole site away, however many servers stand behind it.",
    fix="Draw a second load balancer beside it, with an arrow to the same servers. Each then holds a "
    "floating address, and takes over that of the other when it fails.",
    look=look,
)
