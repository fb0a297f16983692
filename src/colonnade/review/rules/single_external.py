"""The site can't do without a program that Colonnade does not run."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.points import EXTERNAL, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for point in points(case, EXTERNAL):
        external = case.design.externals.get(point.about)
        if external is None:
            continue
        users = [s for s, link in case.design.links() if link.to == external.name]
        yield Sighting(
            f"Every member of {' and '.join(s.name for s in users)} asks '{external.name}' "
            f"({external.what}); when "
            "it does not answer, they may not either.",
            external.position,
            point.journeys,
            case.members(users),
            title=f"'{external.name}' ({external.what}) is a single point of failure outside the site",
            points=point.events,
        )


RULE = Rule(
    id=EXTERNAL,
    severity=Severity.WARNING,
    title="The site depends on one external program",
    why="Colonnade does not run it, so it can't be restarted, doubled or drilled here. If the app "
    "can't answer without it, its outages are yours.",
    fix="Make the app answer without it (a time limit, a fallback), or ask who runs it how it "
    "survives the loss of a machine. Then silence this rule with that reason.",
    look=look,
)
