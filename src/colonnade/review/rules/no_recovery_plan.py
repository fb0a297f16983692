"""Nobody has written down how the site comes back."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    at = case.data[0].position if case.data else case.door
    yield Sighting(
        "Nothing says who brings the site back after a disaster, from what, in which order and "
        "within what time.",
        at,
        (Journey.RECOVER,) if Journey.RECOVER in case.cuts else (),
        case.members(case.data),
    )


RULE = Rule(
    id="no-recovery-plan",
    severity=Severity.WARNING,
    title="There is no disaster recovery plan",
    why="On the worst day the people who know are asleep. A plan that was never practised fails at "
    "its first wrong password.",
    fix="Write down, and practise twice a year: how much data may be lost and how long it may take, "
    "where design, secrets and backups are kept, and the commands in order. `colonnade up` on new "
    "machines is the first of them.",
    look=look,
    cure="recovery-plan",
    claim="recovery-plan",
)
