"""When one machine is down the others must carry its load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from colonnade.model.design import Service
from colonnade.review.case import Case
from colonnade.review.journeys import member_name
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for service in case.design.services.values():
        kind = case.kind(service)
        if len(service.members) < 2 or kind.replicated or kind.votes:
            continue
        lost = most_lost(case, service)
        left = len(service.members) - lost
        if lost >= left > 0:
            yield Sighting(
                f"One failure takes {lost} of {len(service.members)} members of '{service.name}'; "
                f"what is left then "
                f"carries {len(service.members) / left:.1f} times its load.",
                service.position,
                case.visits,
                case.members([service]),
                title=f"'{service.name}' has no headroom when one member is down",
                fix=f"Keep each member of '{service.name}' below {100 * left // len(service.members)} % of "
                "what it can do at the busiest hour, or draw a third member.",
            )


def most_lost(case: Case, service: Service) -> int:
    """How many members the worst single event stops that does not stop all."""
    names = [member_name(service, machine) for machine in service.members]
    losses = Counter(event for name in names for event in set(case.direct.get(name, ())))
    return max((count for count in losses.values() if count < len(names)), default=0)


RULE = Rule(
    id="no-headroom",
    severity=Severity.NOTE,
    title="There is no headroom when one member is down",
    why="A spare that can't carry the load fails too, and then there is none. Two members at 60 % "
    "each are one member at 120 % on the day that counts.",
    fix="Keep members below half of what they can do where there are two of them, or have three.",
    look=look,
)
