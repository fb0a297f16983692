"""Nothing is said to keep strangers from what is not for them."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    names = ", ".join(s.name for s in case.design.services.values() if not s.public and case.kind(s).drawn)
    yield Sighting(
        f"Nothing drawn keeps anyone from connecting to {names or 'any port of the machines'} directly.",
        case.door,
        case.visits,
        case.members(case.design.services.values()),
    )


RULE = Rule(
    id="no-firewall",
    severity=Severity.ERROR,
    title="There is no firewall",
    why="Whatever listens on a machine can be reached by whoever can reach the machine: databases, "
    "admin pages, a daemon that a package started.",
    fix="Drop everything that no arrow of the drawing allows, on every machine.",
    look=look,
    cure="firewall",
    claim="firewall",
)
