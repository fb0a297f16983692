"""For how long has something been so? The only memory between two decisions, made of what was seen before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from colonnade_agent.steward.protocol.observation import Ages, Database, Lease, Process, Replication
from colonnade_agent.steward.protocol.store import Member, Store

MARKS = 64


@dataclass
class Chronicle:
    """Forgets what has ceased to be so. While etcd can't be read, what was seen there goes on being so."""

    me: str
    since: dict[tuple[str, ...], float] = field(default_factory=dict)
    seen: Store | None = None

    def ages(self, now: float, store: Store | None, lease: Lease | None, database: Database) -> Ages:
        self.seen = store or self.seen
        now_so: set[tuple[str, ...]] = {("hung",)} if database.process is Process.HUNG else set()
        now_so |= _known(self.me, self.seen, lease) if self.seen else set()
        self.since = {fact: self.since.get(fact, now) for fact in now_so}
        age = {fact: now - began for fact, began in self.since.items()}
        return Ages(
            leader_absent=age.get(("leader absent",), 0.0),
            promoting=age.get(("promoting",), 0.0),
            hung=age.get(("hung",), 0.0),
            standby_unwell=age.get(("standby unwell",), 0.0),
            request=max((a for fact, a in age.items() if fact[0] == "request"), default=0.0),
            streaming={fact[1]: a for fact, a in age.items() if fact[0] == "streaming"},
        )


def _known(me: str, store: Store, lease: Lease | None) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    key = store.leader
    ours = key is not None and lease is not None and (key.name, key.lease) == (me, lease.id)
    if store.leader is None:
        found.add(("leader absent",))
    if ours and store.sync and store.sync.leader != me:
        found.add(("promoting",))
    if store.request:
        found.add(("request", str(store.request.revision)))
    recorded = store.sync.standby if store.sync else None
    if recorded and not _receives(store.members.get(recorded.name), me):
        found.add(("standby unwell",))
    streaming = (m for m in store.members.values() if _receives(m, me) and m.epoch)
    return found | {("streaming", m.name, m.epoch or "") for m in streaming}


def _receives(member: Member | None, source: str) -> bool:
    return member is not None and member.connected and member.source == source


@dataclass
class Freshness:
    """Up to which moment has this copy all that its source had? What was received at a moment and is applied
    now was all there was at that moment, as far as the receiver knew.
    """

    marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=MARKS))
    until: float | None = None

    def note(self, now: float, replication: Replication | None) -> float | None:
        """A moment on the clock of `now`; None where nothing is known."""
        if replication is None or replication.received is None or not replication.applying:
            self.marks.clear()
            self.until = None
            return None
        if replication.connected:
            self.marks.append((now, replication.received))
        while self.marks and self.marks[0][1] <= replication.applied:
            self.until = self.marks.popleft()[0]
        return self.until


def announced(me: str, lease: Lease, store: Store, database: Database, *, no_failover: bool) -> Member:
    """What we say of ourselves, as the others need it."""
    up = database.process is Process.UP
    replication = database.replication if up else None
    return Member(
        name=me,
        lease=lease.id,
        epoch=database.epoch if up else None,
        source=replication.source if replication else None,
        connected=replication is not None and replication.connected,
        received=replication.received if replication else None,
        applied=replication.applied if replication else database.written.seq,
        offers_acks=replication is not None and replication.offers_acks,
        sync_seen=store.sync_revision,
        no_failover=no_failover,
    )
