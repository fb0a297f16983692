"""What the database machines know in common: the values that lie in etcd. `keys` says how they lie there.

`Sync` is the durable truth, without a lease: whose data count (`leader`), and who else is sure to have all
that was ever acknowledged (`standby`). `LeaderKey` has a lease, and says who may act. The two differ while a
promotion is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Position:
    """The last transaction of a history: `seq` counts them all, `origin` is the member that wrote it."""

    seq: int
    origin: str


@dataclass(frozen=True)
class Standby:
    """`epoch` is one unbroken life of the member's receiver and applier: what it has received and not yet
    applied is sure to be there only within it.
    """

    name: str
    epoch: str


@dataclass(frozen=True)
class Pending:
    """A member on its way to be the standby. Once it has received `barrier`, it has all that was
    acknowledged before; what is acknowledged since, it has acknowledged.
    """

    name: str
    epoch: str
    barrier: int | None = None


@dataclass(frozen=True)
class Sync:
    """The one standby is the only member that may acknowledge: of several, the database would take the
    first, and the others would be sure of nothing.
    """

    term: int
    leader: str
    standby: Standby | None = None
    pending: Pending | None = None


@dataclass(frozen=True)
class LeaderKey:
    """`revision` is when its holder took it or was given it; all that the holder writes is guarded by it."""

    name: str
    lease: int
    term: int
    revision: int


@dataclass(frozen=True)
class Member:
    """What a member last said of itself; it is gone when its lease is.

    `epoch` is None where nothing is applied. `received` is None where it isn't known. `sync_seen` is the
    revision of the `Sync` on which all that it does from now on is based, at least.
    """

    name: str
    lease: int
    epoch: str | None = None
    source: str | None = None
    connected: bool = False
    received: int | None = None
    applied: int = 0
    offers_acks: bool = False
    sync_seen: int = 0
    no_failover: bool = False


@dataclass(frozen=True)
class Reached:
    """The last transaction that a member has had, as it last said, and when: in seconds since 1970, by its
    own clock. For people; nothing is decided by it.
    """

    applied: int
    at: float


@dataclass(frozen=True)
class Term:
    """`start` is what the leader's history ended with when its term began: all beyond is its own."""

    number: int
    leader: str
    start: Position


@dataclass(frozen=True)
class Request:
    """What an operator wants. `sync_revision` is the state that the operator was shown: a forced failover is
    for that one only.
    """

    kind: Literal["switchover", "failover"]
    target: str
    revision: int
    sync_revision: int = 0


@dataclass(frozen=True)
class Store:
    """All of it, at one revision."""

    leader: LeaderKey | None = None
    sync: Sync | None = None
    sync_revision: int = 0
    members: Mapping[str, Member] = field(default_factory=dict)
    history: tuple[Term, ...] = ()
    request: Request | None = None
    paused: bool = False
