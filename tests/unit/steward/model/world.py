"""Database machines and etcd, as small as they can be and still lose data: what is, and what can happen.

A world is a value. Numbers that only ever are compared with "is it still that one" are kept out of it:
an action in flight whose guard has become stale is taken away when it becomes so, for it can do nothing.

Time: any wait may be short or long, so a lease may end at any moment, and whoever decides may do so with any
age. Messages: what is sent may be delayed for ever, or arrive after its sender has given up.
"""

from __future__ import annotations

from typing import NamedTuple

from colonnade_agent.steward.actions import Action
from colonnade_agent.steward.store import LeaderKey, Member, Request, Sync, Term

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
    writes: int
    """How many more clients will write; and so many more of each misfortune will happen."""
    crashes: int
    expiries: int
    delays: int
    switchovers: int

    def machine(self, index: int, **changes: object) -> World:
        changed = self.machines[index]._replace(**changes)  # type: ignore[arg-type]
        return self._replace(machines=(*self.machines[:index], changed, *self.machines[index + 1 :]))


class Bounds(NamedTuple):
    machines: int = 2
    writes: int = 2
    crashes: int = 1
    expiries: int = 1
    delays: int = 0
    switchovers: int = 0


def beginning(bounds: Bounds) -> World:
    """The first machine leads and is open, alone; all others follow it and have said so."""
    leader = Machine(open=True)
    follower = Machine(source=0, receiving=True, applying=True, epoch=1)
    machines = (leader, *(follower for _ in range(bounds.machines - 1)))
    return World(
        machines=machines,
        leader=LeaderKey("a", 1, 1, 1),
        sync=Sync(1, "a"),
        members=tuple(record(index, each) for index, each in enumerate(machines)),
        history=(),
        request=None,
        acked=frozenset(),
        writes=bounds.writes,
        crashes=bounds.crashes,
        expiries=bounds.expiries,
        delays=bounds.delays,
        switchovers=bounds.switchovers,
    )


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
