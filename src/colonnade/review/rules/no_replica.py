"""The data is on one machine."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.voters import elects
from colonnade.review.case import Case
from colonnade.review.harden_members import place, with_member
from colonnade.review.points import REPLICA, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, REPLICA):
        service = case.design.services[point.about]
        (machine,) = service.members
        doubled = with_member(case.design, service.name, place(case.design, case.kinds, service))
        more = (
            " A replica keeps the data, and takes over by itself."
            if elects(doubled, case.kinds, service.name)
            else " A replica keeps the data and the reads; writes still wait for somebody to promote it."
        )
        yield Sighting(
            f"'{service.name}' is only on {machine}: when it stops nobody reads or writes, and when "
            f"its disk is "
            f"lost the data is.{more}",
            service.position,
            point.journeys,
            case.members([service]),
            title=f"The database '{service.name}' has no replica",
            points=point.events,
        )


RULE = Rule(
    id=REPLICA,
    severity=Severity.ERROR,
    title="The database has no replica",
    why="One machine holds everything users ever wrote. Its loss stops the site at once, and what was "
    "written since the last backup is gone for good.",
    fix="Draw a second database on a machine of its own, with an arrow from the primary: replication.",
    look=look,
)
