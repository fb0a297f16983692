"""Database machines and etcd, as small as they can be and still lose data: what is, and what can happen.

A world is a value. Numbers that only ever are compared with "is it still that one" are kept out of it:
an action in flight whose guard has become stale is taken away when it becomes so, for it can do nothing.

Time: any wait may be short or long, so a lease may end at any moment, and whoever decides may do so with any
age. Messages: what is sent may be delayed for ever, or arrive after its sender has given up.
"""

from __future__ import annotations

from typing import NamedTuple

from colonnade_agent.steward.protocol.actions import Action
from colonnade_agent.steward.protocol.store import (
    LeaderKey,
    Member,
    Position,
    Request,
    Standby,
    Sync,
    Term,
)

Log = tuple[int, ...]
NAMES = ("a", "b", "c")
CURRENT, STALE = 2, 1
"""The revision of the sync set that is, and all that have been."""


def origin(transaction: int) -> int:
    """The machine that wrote it."""
    return transaction % 4


class Machine(NamedTuple):
    """`log` is what the database has written; all of it but `base` a recovery may drop. `relay` was received
    and not applied. `waiting`: commits whose clients wait. `owed`: acknowledgements under way to the source.
    """

    up: bool = True
    open: bool = False
    log: Log = ()
    base: int = 0
    requires_acks: bool = False
    waiting: Log = ()
    barred: frozenset[int] = frozenset()
    source: int | None = None
    receiving: bool = False
    applying: bool = False
    relay: Log = ()
    offers: bool = False
    owed: Log = ()
    epoch: int = 0
    diverged: bool = False
    intent: Action | None = None
    """Decided and not yet done."""
    late: Action | None = None
    """Sent to etcd, given up by its sender, and still on its way."""


class World(NamedTuple):
    machines: tuple[Machine, ...]
    leader: LeaderKey | None
    sync: Sync
    members: tuple[Member | None, ...]
    history: tuple[Term, ...]
    request: Request | None
    acked: frozenset[int]
    left: Bounds
    """What can still happen."""

    def machine(self, index: int, **changes: object) -> World:
        changed = self.machines[index]._replace(**changes)  # type: ignore[arg-type]
        return self._replace(machines=(*self.machines[:index], changed, *self.machines[index + 1 :]))


class Bounds(NamedTuple):
    """How often something happens at most.

    `slow`: an action is done some time after it was decided on, and whatever else may happen between. All
    others are done at once. `late`: a transaction arrives after its sender has given up. `expiries`: a lease
    ends, or a machine acts as if its own were about to.
    """

    writes: int = 1
    crashes: int = 0
    expiries: int = 0
    slow: int = 0
    late: int = 0
    switchovers: int = 0

    def less(self, what: str) -> Bounds:
        return self._replace(**{what: getattr(self, what) - 1})


def alone(bounds: Bounds, machines: int = 2) -> World:
    """The first machine leads and is open; all others follow it and have said so."""
    leader = Machine(open=True)
    follower = Machine(source=0, receiving=True, applying=True, epoch=1)
    all_machines = (leader, *(follower for _ in range(machines - 1)))
    return World(
        machines=all_machines,
        leader=LeaderKey("a", 1, 1, 1),
        sync=Sync(1, "a"),
        members=tuple(record(index, each) for index, each in enumerate(all_machines)),
        history=(Term(0, "a", Position(0, "")),),
        request=None,
        acked=frozenset(),
        left=bounds,
    )


def paired(bounds: Bounds, machines: int = 2) -> World:
    """The second machine is the standby, and acknowledges."""
    world = alone(bounds, machines)
    others = frozenset(range(2, machines))
    world = world.machine(0, requires_acks=True, barred=others).machine(1, offers=True)
    members = (world.members[0], record(1, world.machines[1]), *world.members[2:])
    return world._replace(sync=Sync(1, "a", Standby("b", "e1")), members=members)


def record(index: int, machine: Machine) -> Member:
    """What the machine says of itself, having read the sync set of now."""
    epoch = f"e{machine.epoch}" if machine.up and machine.applying else None
    return Member(
        name=NAMES[index],
        lease=index + 1,
        epoch=epoch,
        source=NAMES[machine.source] if machine.source is not None else None,
        connected=machine.up and machine.receiving,
        received=len(machine.log) + len(machine.relay) if epoch else None,
        applied=len(machine.log),
        offers_acks=machine.up and machine.offers,
        sync_seen=CURRENT,
    )


def lost(world: World) -> frozenset[int]:
    """Acknowledged, and not in the data that count. This must be empty in every world."""
    return world.acked.difference(world.machines[NAMES.index(world.sync.leader)].log)
