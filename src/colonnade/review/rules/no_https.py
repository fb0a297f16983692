"""Users' requests go in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    if not case.design.doors:
        return
    ended = all("tls-door" in case.kind(service).provides for service in case.design.doors)
    yield Sighting(
        "No certificate is drawn: passwords, cookies and pages can be read and changed on their way.",
        case.door,
        case.visits,
        case.members(case.design.doors),
        cured_by_up=ended,
    )


RULE = Rule(
    id="no-https",
    severity=Severity.ERROR,
    title="There is no HTTPS",
    why="Anyone on the way between a user and the site can read what is sent and change what comes back: a "
    "man in the middle.",
    fix="End TLS at the door with a certificate for the site's name, and let port 80 do nothing but "
    "redirect.",
    look=look,
    claim="https",
)
