"""Two machines, and no third to decide with."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.voters import FEWEST, wanted
from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    computers = {machine.computer for machine in case.design.machines.values()}
    if len(computers) >= FEWEST:
        return
    count = "two machines" if len(computers) > 1 else "one computer"
    for service in case.data:
        if wanted(service, case.kinds) and not service.consulted:
            yield Sighting(
                f"The design has {count}. A machine that reaches no other can't tell which of them is cut "
                f"off, so `up` lets nobody take over: {service.members[0]} stays the primary of "
                f"'{service.name}', and when no replica answers it goes on without one.",
                service.position,
                tuple(j for j in case.visits if j is Journey.WRITE),
                case.members([service]),
            )


RULE = Rule(
    id="no-third-machine",
    severity=Severity.WARNING,
    title="Two machines can't decide which of them is the primary",
    why="A replica that takes over while the primary only seems lost makes two primaries, and rows on both "
    "that the other has not. So a majority decides, and the majority of two is both: the loss of "
    "either ends it.",
    fix="Draw a third machine, for whatever it is good for: a second member of any tier will do. One voter "
    "is put on each of the three then, and the replica takes over by itself.",
    look=look,
)
