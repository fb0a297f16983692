"""The site hangs on one line to the Internet."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.points import UPLINK, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, UPLINK):
        yield Sighting(
            f"The line '{point.about}' is the only one: when it is cut, or its provider is down, "
            f"nobody reaches "
            "the site.",
            case.door,
            point.journeys,
            case.members(case.design.doors),
            points=point.events,
        )


RULE = Rule(
    id=UPLINK,
    severity=Severity.ERROR,
    title="The network connection to the load balancer is a single point of failure",
    why="Lines are cut and providers have outages, more often and for longer than servers fail. With "
    "one line nothing inside the site helps.",
    fix="Give the site a second line, of another provider and by another way into the building: "
    "`uplinks: [a, b]` in the design. With two doors, the site's name then stops leading to a line that is "
    "dead.",
    look=look,
)
