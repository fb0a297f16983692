"""All that a decision is made of: numbers and facts. Others look them up, and hand them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from colonnade_agent.steward.protocol.store import LeaderKey, Member, Position, Standby, Store, Sync


class Process(Enum):
    """`HUNG` lives and does not answer."""

    DOWN = "down"
    STARTING = "starting"
    HUNG = "hung"
    UP = "up"


@dataclass(frozen=True)
class Replication:
    """`receiving`: the receiver runs, be it connected or trying; `connected` says which.

    `received` is the last transaction in this machine's hands in the present epoch, applied or not; None
    where the database can't say. `diverged`: the source has refused our history.
    """

    source: str
    receiving: bool
    connected: bool
    applying: bool
    received: int | None
    applied: int
    offers_acks: bool
    diverged: bool = False

    @property
    def drained(self) -> bool:
        return self.received is not None and self.applied >= self.received


@dataclass(frozen=True)
class Database:
    """This machine's own. `open`: it takes writes. `waiting`: for how many seconds the longest waiting commit
    has waited for an acknowledgement; None when none does. `barred`: members that may not fetch from here.
    `fresh`: it has no data yet. `joined`: its data are those of a cluster that has begun.

    Of one that is hung, what was last seen.
    """

    process: Process
    open: bool = False
    written: Position = field(default_factory=lambda: Position(0, ""))
    requires_acks: bool = False
    waiting: float | None = None
    barred: frozenset[str] = frozenset()
    epoch: str | None = None
    replication: Replication | None = None
    fresh: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Lease:
    """Our session in etcd. `deadline` is reckoned from before the last keepalive was sent."""

    id: int
    deadline: float


@dataclass(frozen=True)
class Ages:
    """For how many seconds something has been so, without a break. `streaming` is by member: it has received
    and applied in one epoch. `leader_silent`: since the leader renewed its lease, as etcd tells, and at
    least; `leader_deaf`: it has answered none of our own questions.
    """

    leader_absent: float = 0.0
    leader_silent: float = 0.0
    leader_deaf: float = 0.0
    promoting: float = 0.0
    hung: float = 0.0
    standby_unwell: float = 0.0
    request: float = 0.0
    streaming: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """Seconds, but for `max_gap`: so many transactions a member may be behind and still be taken as standby.

    `members`: all database machines, this one too. `strict`: rather no writes than writes on one machine.
    `bootstrap`: this member's data are the first.
    """

    name: str
    members: frozenset[str]
    bootstrap: bool = False
    strict: bool = False
    no_failover: bool = False
    ttl: int = 5
    soft_fence: float = 1.8
    hard_fence: float = 0.5
    degrade_after: float = 2.0
    race_backoff: float = 0.5
    silent_after: float = 2.0
    deaf_after: float = 0.8
    promote_timeout: float = 30.0
    hang_after: float = 3.0
    stable: float = 5.0
    switch_timeout: float = 2.0
    max_gap: int = 100

    def __post_init__(self) -> None:
        # Closing takes up to 1.1 s when a table is locked, and the kill must still come in time.
        if not 0 < self.hard_fence <= self.soft_fence - 1.2 <= self.ttl - 3.2:
            raise ValueError("fences: 0 < hard, hard + 1.2 <= soft, soft + 2 <= ttl")


@dataclass(frozen=True)
class Observation:
    """What one machine sees. `store` is None when etcd could not be read. `failsafe_until`: all members have
    promised not to take over until then; `promised_until`: we have promised. All on this machine's
    monotonic clock, as `now` is.
    """

    settings: Settings
    now: float
    store: Store | None
    lease: Lease | None
    database: Database
    ages: Ages = field(default_factory=Ages)
    failsafe_until: float = 0.0
    promised_until: float = 0.0
    paused: bool = False

    @property
    def me(self) -> str:
        return self.settings.name

    @property
    def left(self) -> float:
        """Seconds until somebody else may lead. Negative without a lease."""
        deadline = self.lease.deadline if self.lease else 0.0
        return max(deadline, self.failsafe_until) - self.now


@dataclass(frozen=True)
class Scene:
    """An observation of a cluster that has begun, with etcd read: what most rules ask of it."""

    seen: Observation
    store: Store
    sync: Sync

    @property
    def me(self) -> str:
        return self.seen.me

    @property
    def database(self) -> Database:
        return self.seen.database

    @property
    def key(self) -> LeaderKey | None:
        """The leader key, if it is ours and of this session."""
        key, lease = self.store.leader, self.seen.lease
        return key if key and lease and key.name == self.me and key.lease == lease.id else None

    @property
    def holder(self) -> str | None:
        return self.store.leader.name if self.store.leader else None

    @property
    def data_are_mine(self) -> bool:
        return self.sync.leader == self.me

    @property
    def is_standby(self) -> bool:
        """We have all that was ever acknowledged, and can prove it."""
        epoch = self.database.epoch
        return epoch is not None and self.sync.standby == Standby(self.me, epoch)

    @property
    def standby(self) -> Member | None:
        """The standby's own word, if it still has what the sync set says."""
        recorded = self.sync.standby
        said = self.store.members.get(recorded.name) if recorded else None
        return said if recorded and said and said.epoch == recorded.epoch else None
