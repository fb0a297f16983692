"""What does not grow by adding machines."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    reasons = [f"every write goes to the one primary of '{s.name}'" for s in case.data]
    doors = [m for s in case.design.doors for m in s.members]
    if len(doors) == 1:
        reasons.append(f"every request goes through {doors[0]}")
    if any(link.pairs for _, link in case.design.links()):
        reasons.append("a new member of a paired tier needs a partner of its own")
    if reasons:
        at = case.data[0].position if case.data else case.door
        yield Sighting(
            f"Adding machines helps only so far: {'; '.join(reasons)}.",
            at,
            case.visits,
            case.members(case.data or case.design.doors),
        )


RULE = Rule(
    id="limited-scale",
    severity=Severity.NOTE,
    title="Horizontal scaling is limited",
    why="Web and app servers grow by adding machines. What every request or every write must pass "
    "grows only by taking a larger machine, and there is a largest one.",
    fix="Measure where the limit is before you need it: read from replicas, cache, open the pairs, "
    "use a second door. When one primary can't take the writes, split the data by what it is "
    "about.",
    look=look,
)
