"""All copies of the data are in one place."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for service in case.data:
        yield Sighting(
            f"Nothing says that a copy of '{service.name}' is kept somewhere else than the site.",
            service.position,
            (Journey.RECOVER,),
            case.members([service]),
        )


RULE = Rule(
    id="no-offsite-copy",
    severity=Severity.WARNING,
    title="There is no off-site copy",
    why="A fire, a flood, a closed account or a ransom note takes everything that is in one place, "
    "replicas and backups alike.",
    fix="Keep an encrypted copy of the backups in another place, under another account, that the site "
    "itself can't delete.",
    look=look,
    cure="off-site",
    claim="off-site",
)
