"""Nobody takes over from the primary database."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import Service
from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.points import PRIMARY, Point, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity

BY_HAND = (
    "Nothing promotes a replica of this design by itself. Write down, and practise, how you do it: "
    "stop the old "
    "primary for good, wait until the replica has applied all it received, make it writable, and "
    "point the app "
    "servers at it."
)


def look(case: Case) -> Iterator[Sighting]:
    lost = {point.about: point for point in points(case, PRIMARY)}
    for service in case.data:
        if service.name in lost or service.consulted:
            yield sighting(case, service, lost.get(service.name))


def sighting(case: Case, service: Service, point: Point | None) -> Sighting:
    taken_over = bool(service.consulted)
    primary, *replicas = service.members
    others = "its replica" if len(replicas) == 1 else f"its {len(replicas)} replicas"
    detail = (
        f"Nothing drawn promotes {others} when {primary} is lost; `up` does it, by a majority of "
        f"{', '.join(case.design.services[service.consulted].members)}."
        if taken_over
        else f"When {primary} stops, writes fail until somebody promotes {others}: nothing does it by itself."
    )
    return Sighting(
        detail,
        service.position,
        point.journeys if point else tuple(j for j in case.visits if j is Journey.WRITE),
        (f"{service.name}@{primary}",),
        fix="" if taken_over else BY_HAND,
        points=point.events if point else (),
        cured_by_up=taken_over,
    )


RULE = Rule(
    id=PRIMARY,
    severity=Severity.ERROR,
    title="The primary database is a single point of failure for writes",
    why="A replica holds the data and answers reads, but takes no writes until it is made the "
    "primary. If nobody does that at once and in the right order, users can't write, or two "
    "primaries accept different rows.",
    fix="Let the replica be promoted automatically, by votes of a majority, with the old primary fenced off.",
    look=look,
)
