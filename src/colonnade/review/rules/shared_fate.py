"""One machine takes several members with it."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import NOWHERE
from colonnade.review.case import Case
from colonnade.review.points import FATE, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, FATE):
        (event,) = point.events
        lost = case.lost_with(event)
        members = tuple(f"{s.name}@{m}" for s in lost for m in s.members if m in event.machines)
        names = " and ".join(event.machines)
        one = (
            f"{names} are one computer by their address; with it"
            if len(event.machines) > 1
            else f"With {names}"
        )
        written = (event.position, *(s.position for s in lost))
        yield Sighting(
            f"{one} go {', '.join(members)}.",
            next((p for p in written if p != NOWHERE), case.door),
            point.journeys,
            members,
            title=f"Several members share the fate of {names}",
            points=point.events,
            cured_by_harden=any(len(s.members) == 1 and not case.kind(s).votes for s in lost),
        )


RULE = Rule(
    id=FATE,
    severity=Severity.WARNING,
    title="Several members share the fate of one machine",
    why="What runs on one machine fails together: its disk, its power, its kernel, a neighbour that "
    "takes all memory. Two copies of a database on one computer are one copy.",
    fix="Draw them on machines of their own, or give each of them a second member on another machine.",
    look=look,
)
