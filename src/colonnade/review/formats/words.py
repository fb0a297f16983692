"""How findings, journeys and figures are called, in every format alike."""

from __future__ import annotations

from collections import Counter

from colonnade.model.design import Position
from colonnade.review.availability import Availability
from colonnade.review.events import Class, Event
from colonnade.review.journeys import TITLES, Journey
from colonnade.review.review import Review
from colonnade.review.severity import FixedBy, Severity

FIXERS = {
    FixedBy.UP: "`colonnade up` does it",
    FixedBy.HARDEN: "`colonnade harden` does it",
    FixedBy.OPERATOR: "yours to do",
}
KINDS = {
    Class.MACHINE: "machine",
    Class.MEMBER: "program",
    Class.UPLINK: "line",
    Class.LINK: "way",
    Class.EXTERNAL: "external",
}
TOP = 3
"""Contributors shown for each journey."""


def place(review: Review, position: Position) -> str:
    """`site.md:9:45`, as far as it is known."""
    path = review.design.path or "design"
    return f"{path}:{position.line}:{max(position.column, 1)}" if position.line else path


def journeys(found: tuple[Journey, ...]) -> str:
    return ", ".join(TITLES[journey] for journey in found)


def event(what: Event) -> str:
    return f"{KINDS[what.kind]} {what.name}"


def percent(figure: Availability) -> str:
    return f"{100 * figure.value:.4f} %" if figure.value < 0.999999 else "more than 99.9999 %"


def hours(amount: float) -> str:
    """Hours a year as people say them."""
    if amount >= 48:
        return f"{amount / 24:.1f} days"
    if amount >= 1:
        return f"{amount:.1f} hours"
    if amount * 60 >= 1:
        return f"{amount * 60:.0f} minutes"
    return f"{amount * 3600:.0f} seconds" if amount * 3600 >= 1 else "less than a second"


def summary(review: Review) -> str:
    """`3 errors, 2 warnings, 5 notes: up fixes 4, harden 4, you 2`."""
    counts = Counter(f.severity for f in review.findings)
    said = ", ".join(counted(counts[s], s.value) for s in reversed(Severity) if counts[s])
    if not said:
        return "nothing found" + silent(review)
    fixers = Counter(f.fixed_by for f in review.findings)
    names = {FixedBy.UP: "up", FixedBy.HARDEN: "harden", FixedBy.OPERATOR: "you"}
    by = ", ".join(f"{names[who]} {fixers[who]}" for who in FixedBy if fixers[who])
    return f"{said}; fixed by: {by}{silent(review)}"


def silent(review: Review) -> str:
    return f"; {counted(len(review.silenced), 'finding')} silenced" if review.silenced else ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def listed(members: tuple[str, ...], most: int = 6) -> str:
    more = f" and {len(members) - most} more" if len(members) > most else ""
    return ", ".join(members[:most]) + more
