"""Replicas that nobody reads from."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.journeys import Journey
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for service in case.data:
        clients = case.design.sources(service.name)
        if len(service.members) < 2 or not clients:
            continue
        primary, *replicas = service.members
        readers, spare = ", ".join(c.name for c in clients), ", ".join(replicas)
        yield Sighting(
            f"The drawing does not say that {readers} read from {spare}: {primary} alone would answer all.",
            next((link.position for c in clients if (link := c.link_to(service.name))), service.position),
            tuple(j for j in case.visits if j is Journey.READ),
            case.members([service])[1:],
            cured_by_up=all("read-split" in case.kind(client).provides for client in clients),
        )


RULE = Rule(
    id="reads-miss-replica",
    severity=Severity.WARNING,
    title="Reads never use the replica",
    why="A replica that only waits is a machine paid for and not used, and nobody notices when it has "
    "stopped to follow the primary.",
    fix="Send reads that may be a moment old to the replicas, and fall back on the primary when none is up.",
    look=look,
)
