"""A silence whose time is over."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for silence in case.design.silences:
        if silence.until < case.today:
            yield Sighting(
                f"'{silence.rule}' was silenced until {silence.until.isoformat()} "
                f"({silence.reason}). It is heard again.",
                silence.position,
            )


RULE = Rule(
    id="expired-silence",
    severity=Severity.WARNING,
    title="A silence has expired",
    why="A rule was silenced for a time, with a reason. That time is over, and the reason may be too.",
    fix="Fix what the rule finds, or decide again: give the silence a new reason and a new day.",
    look=look,
    silenceable=False,
)
