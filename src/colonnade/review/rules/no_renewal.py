"""Certificates that run out one day."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import NOWHERE
from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    drawn = [fact for fact in case.design.facts if fact.kind == "certificate"]
    issued = case.provided & {"tls-door", "tls-inside"}
    if drawn or (issued and "renewal" not in case.provided):
        what = f"'{drawn[0].text}'" if drawn else "the site's certificates"
        position = drawn[0].position if drawn and drawn[0].position != NOWHERE else case.door
        yield Sighting(
            f"Nothing says who renews {what} before it runs out.",
            position,
            case.visits,
            case.members(case.design.doors),
        )


RULE = Rule(
    id="no-renewal",
    severity=Severity.WARNING,
    title="Certificates are not renewed",
    why="A certificate that runs out takes the site down for every browser at once, on a day nobody chose.",
    fix="Renew certificates by themselves well before they run out, and watch how many days are left. "
    "What `up` issues it renews when a third of its time is left: run it at least once a month.",
    look=look,
    cure="renewal",
    claim="renewal",
)
