"""Replicas that would take a write."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for service in case.data:
        if len(service.members) < 2 or not case.design.sources(service.name):
            continue
        replicas = ", ".join(service.members[1:])
        yield Sighting(
            f"Nothing drawn keeps a client from writing to {replicas}.",
            service.position,
            tuple(j for j in case.visits if j is Journey.WRITE),
            case.members([service])[1:],
            cured_by_up="read-only-replicas" in case.kind(service).provides,
        )


RULE = Rule(
    id="writes-reach-replica",
    severity=Severity.WARNING,
    title="Writes may reach a replica",
    why="A row written on a replica is nowhere else: replication breaks at the next conflict, and the "
    "row is lost when the replica is made anew.",
    fix="Make replicas read-only for every account, and route writes to the primary by its role.",
    look=look,
)
