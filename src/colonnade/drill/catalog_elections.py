"""The drills of a database whose members choose their primary themselves: whoever breaks, it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.drill import hypotheses
from colonnade.drill.action import Action, Deed, Role
from colonnade.drill.drill import Drill
from colonnade.drill.verdict import Limit
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kinds

DATABASE = "database"
WATCH, LONG_WATCH = 6.0, 12.0
"""Longer than a lease, and than what is claimed."""
Row = tuple[str, str, Deed, Role, tuple[Limit, ...], float]

ROWS: tuple[Row, ...] = (
    (
        "primary-killed",
        "the primary's database is killed, writes are taken again within two seconds",
        Deed.KILL_DATABASE, Role.PRIMARY, hypotheses.WRITES_BACK, WATCH,
    ),
    (
        "primary-machine-killed",
        "the primary's machine loses its power, writes are taken again within five seconds",
        Deed.KILL, Role.PRIMARY, hypotheses.WRITES_ELSEWHERE, LONG_WATCH,
    ),
    (
        "primary-machine-frozen",
        "the primary's machine hangs, writes are taken again within five seconds",
        Deed.FREEZE, Role.PRIMARY, hypotheses.WRITES_ELSEWHERE, LONG_WATCH,
    ),
    (
        "standby-killed",
        "the standby's machine loses its power, the primary stays, and writes wait for five seconds at most",
        Deed.KILL, Role.STANDBY, hypotheses.STANDBY_GONE, LONG_WATCH,
    ),
    (
        "switchover",
        "another member is made the primary, writes wait for a second at most, and no request fails",
        Deed.SWITCHOVER, Role.PRIMARY, hypotheses.HANDED_OVER, WATCH,
    ),
    (
        "steward-killed",
        "what decides on the primary is killed, the primary stays",
        Deed.KILL_STEWARD, Role.PRIMARY, hypotheses.ROLES_STAY, WATCH,
    ),
)  # fmt: skip


def elections(design: Design, kinds: Kinds) -> Iterator[Drill]:
    """`design` is one with its voters."""
    for service in design.services.values():
        if kinds[service.kind].replicated and any(link.consults for link in service.links):
            yield from (_of(service, row) for row in ROWS)
            yield _voters(service)


def _of(service: Service, row: Row) -> Drill:
    name, when, deed, role, hypothesis, watch = row
    return Drill(
        name=f"{name}/{service.name}",
        part=DATABASE,
        claim=f"When {when}, and no acknowledged write of {service.name} is lost.",
        hypothesis=hypothesis,
        faults=(Action(deed, of=service.name, role=role),),
        watch=watch,
    )


def _voters(service: Service) -> Drill:
    voters = next(link.to for link in service.links if link.consults)
    return Drill(
        name=f"voters-leader-killed/{service.name}",
        part=DATABASE,
        claim=f"When the leader of {voters} is killed, the primary of {service.name} stays.",
        hypothesis=hypotheses.ROLES_STAY,
        faults=(Action(Deed.KILL_PROCESS, of=voters, role=Role.VOTERS_LEADER),),
        watch=WATCH,
    )
