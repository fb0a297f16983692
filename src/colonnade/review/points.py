"""The single points of failure of a design, as people think of them: the one load balancer, the one line.

The cut sets name events; here those that one fix cures come together under the rule that speaks of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from colonnade.model.design import Service
from colonnade.review.case import Case
from colonnade.review.events import Class, Event
from colonnade.review.journeys import Journey

DOOR = "single-door"
UPLINK = "single-uplink"
TIER = "single-member"
PRIMARY = "database-primary"
REPLICA = "no-replica"
PAIRS = "pairs-only"
EXTERNAL = "single-external"
QUORUM = "no-quorum"
FATE = "shared-fate"


@dataclass(frozen=True)
class Point:
    """`about` names the service, machine, line or external; each of `events` ends some of `journeys`."""

    rule: str
    about: str
    events: tuple[Event, ...]
    journeys: tuple[Journey, ...]

    @property
    def machines(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(m for event in self.events for m in event.machines))


def points(case: Case, rule: str) -> tuple[Point, ...]:
    """Those that this rule speaks of."""
    found: dict[str, dict[Event, dict[Journey, None]]] = {}
    for journey, cuts in case.cuts.items():
        stopped = {e.service for e in cuts.points if e.kind is Class.MEMBER}
        for event in cuts.points:
            for said_by, about in owners(case, event, journey, stopped):
                if said_by == rule:
                    found.setdefault(about, {}).setdefault(event, {})[journey] = None
    return tuple(
        Point(rule, about, tuple(events), tuple(j for j in Journey if any(j in js for js in events.values())))
        for about, events in found.items()
    )


def owners(case: Case, event: Event, journey: Journey, stopped: set[str]) -> Iterator[tuple[str, str]]:
    """Rule and subject of all that this single point is a case of; at least one. `stopped` are the services
    with a member that is a single point itself.
    """
    if event.kind is Class.UPLINK:
        yield UPLINK, event.name
    elif event.kind is Class.EXTERNAL:
        yield EXTERNAL, event.name
    elif event.kind is Class.LINK:
        yield PAIRS, event.service
    elif event.kind is Class.MEMBER:
        service = case.design.services[event.service]
        yield tier_rule(case, service), service.name
    else:
        yield from machine_owners(case, event, journey, stopped)


def machine_owners(
    case: Case, event: Event, journey: Journey, stopped: set[str]
) -> Iterator[tuple[str, str]]:
    lost = case.lost_with(event)
    needed = [s for s in lost if s.name in stopped]
    drawn = [s for s in lost if not case.kind(s).votes]
    if journey is Journey.RECOVER:
        needed = [s for s in lost if case.kind(s).replicated and len(s.members) == 1]
    for service in needed:
        yield tier_rule(case, service), service.name
    if len(drawn) > 1 or not needed:
        yield FATE, event.name


def tier_rule(case: Case, service: Service) -> str:
    """Which rule speaks of a service that one member can stop."""
    kind = case.kind(service)
    several = len(service.members) > 1
    if kind.votes:
        return QUORUM
    if kind.replicated:
        return PRIMARY if several else REPLICA
    if several:
        return PAIRS
    return DOOR if service.public else TIER
