"""A tier between door and data has one member."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.points import TIER, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, TIER):
        service = case.design.services[point.about]
        (machine,) = service.members
        yield Sighting(
            f"'{service.name}' has one member: when {machine} or its {case.kind(service).title} "
            f"stops, no request "
            "is answered.",
            service.position,
            point.journeys,
            case.members([service]),
            title=f"The tier '{service.name}' has one member",
            points=point.events,
        )


RULE = Rule(
    id=TIER,
    severity=Severity.ERROR,
    title="A tier has one member",
    why="What every request needs and only one member can do stops the site with that member. It can't be "
    "upgraded without an outage either.",
    fix="Draw a second member of the tier, on a machine of its own, with the same arrows.",
    look=look,
)
