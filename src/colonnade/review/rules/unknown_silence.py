"""A silence of a rule that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for silence in case.design.silences:
        if silence.rule not in case.rules:
            near = difflib.get_close_matches(silence.rule, sorted(case.rules), 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            yield Sighting(
                f"There is no rule '{silence.rule}' that could be silenced.{meant}", silence.position
            )


RULE = Rule(
    id="unknown-silence",
    severity=Severity.WARNING,
    title="A silence names no rule",
    why="It silences nothing, so what it was meant to keep quiet is reported, or comes back under "
    "another name.",
    fix="Write the id of a rule, as the report shows it in brackets.",
    look=look,
    silenceable=False,
)
