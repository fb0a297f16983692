"""The data has no copy that a mistake does not reach."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity

BY_HAND = (
    " No room does this yet: run mariadb-backup or your database's own tool from a timer, keep the copies "
    "on another machine, and restore one every month."
)


def look(case: Case) -> Iterator[Sighting]:
    for service in case.data:
        replica = (
            " Its replica is none: it repeats a DELETE within a second." if len(service.members) > 1 else ""
        )
        by_hand = "" if "backup" in case.provided else BY_HAND
        yield Sighting(
            f"Nothing takes a backup of '{service.name}'.{replica}",
            service.position,
            (Journey.RECOVER,),
            case.members([service]),
            fix=RULE.fix + by_hand,
        )


RULE = Rule(
    id="no-backup",
    severity=Severity.ERROR,
    title="There is no backup",
    why="Replication copies mistakes as fast as data: a wrong DELETE, a bad migration, a break-in. "
    "Only a backup goes back to before it happened.",
    fix="Back the data up automatically, and archive the changes in between, so that any moment can "
    "be restored.",
    look=look,
    cure="backup",
    claim="backup",
)
