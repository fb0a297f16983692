"""The steward at work: it looks at etcd and at its database, decides, does one step, and looks again.

The order within a turn counts. What we say of ourselves (`announced`) rests on the sync set just read; the
guard hears of a deadline before the database opens; and the loop, not a timer, keeps the lease alive.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.steward import pace
from colonnade_agent.steward.chronicle import Chronicle, Freshness, announced
from colonnade_agent.steward.engine import Engine, EngineError
from colonnade_agent.steward.failsafe import Failsafe
from colonnade_agent.steward.guard import Guard
from colonnade_agent.steward.journal import Priority, tell
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.protocol.actions import (
    Action,
    BarFollowers,
    CloseDatabase,
    DatabaseAction,
    Decision,
    Follow,
    KillDatabase,
    LeaveReplication,
    OfferAcks,
    OpenDatabase,
    Reinit,
    RequireAcks,
    StartDatabase,
    StartReceiving,
    StopReceiving,
    StoreAction,
    TakeLeadership,
    Wait,
)
from colonnade_agent.steward.protocol.decide import decide
from colonnade_agent.steward.protocol.observation import Database, Lease, Observation, Process, Settings
from colonnade_agent.steward.protocol.store import Member, Store
from colonnade_agent.steward.reading import Reader
from colonnade_agent.steward.session import Session
from colonnade_agent.steward.standing import Known, Standing
from colonnade_agent.steward.suspicion import Suspicion

READ_SECONDS = 1.2
"""A frozen etcd member costs a second; then another is asked."""


@dataclass
class Steward:
    """The loop and what it remembers; everything else is asked. One thread runs `turn`."""

    settings: Settings
    engine: Engine
    keys: Keys
    client: Client
    reader: Reader
    guard: Guard
    standing: Standing
    failsafe: Failsafe
    suspicion: Suspicion
    reinit: Path
    """Is there while an operator wants this member's data replaced."""
    session: Session | None = None
    chronicle: Chronicle = field(init=False)
    freshness: Freshness = field(default_factory=Freshness)
    turned: float = field(default_factory=time.monotonic)
    long_step: bool = False
    paused: bool = False
    calm: bool = False
    last: Decision | None = None
    said: Member | None = None
    wake: threading.Event = field(default_factory=threading.Event)
    open: bool = False

    def __post_init__(self) -> None:
        self.chronicle = Chronicle(self.settings.name)

    def turn(self) -> float:
        """One look, one decision, one step. Returns for how long to rest."""
        self.wake.clear()
        seen = self.look()
        decision = decide(seen)
        self._tell(seen, decision)
        self._announce(seen)
        done = self._perform(decision)
        self.turned = time.monotonic()
        rest = pace.rest(seen, decision.action, done)
        self.calm = rest >= pace.CALM
        return rest

    def look(self) -> Observation:
        lease = self._lease()
        left = (lease.deadline - time.monotonic() - self.settings.soft_fence) if lease else 0.0
        # An open database's fence is not to wait for etcd.
        patience = min(READ_SECONDS, max(left, 0.1)) if self.open else READ_SECONDS
        store = self.reader.read(patience)
        database = self._database(store)
        now = time.monotonic()
        if store is not None:
            self.paused = store.paused
            self._settle(store)
        lease = self._lease()
        self._ask_for_promises(store, database)
        ages = replace(
            self.chronicle.ages(now, store, lease, database),
            leader_silent=self.suspicion.silent,
            leader_deaf=self.suspicion.deaf,
        )
        return Observation(
            settings=self.settings,
            now=now,
            store=store,
            lease=lease,
            database=database,
            ages=ages,
            failsafe_until=self.failsafe.until,
            promised_until=self.standing.promised_until,
            paused=self.paused,
        )

    def _database(self, store: Store | None) -> Database:
        """As it is; data that an operator wants replaced count as none, if another's are there."""
        found = self.engine.look()
        leader = store.sync.leader if store and store.sync else self.settings.name
        unwanted = found.process is Process.DOWN and leader != self.settings.name and self.reinit.exists()
        return replace(found, fresh=True) if unwanted else found

    def allow(self) -> None:
        """Tells the guard how long the database may be open; called with each renewal, too."""
        if self.paused or not self.open:
            self.guard.allow(math.inf)
            return
        lease = self._lease()
        until = max(lease.deadline if lease else 0.0, self.failsafe.until)
        self.guard.allow(until - self.settings.hard_fence / 2)

    def age(self) -> float:
        """For how many seconds the loop has not turned; a long step that it has begun does not count."""
        return 0.0 if self.long_step else time.monotonic() - self.turned

    def news(self, keys: frozenset[str]) -> None:
        if pace.matters(keys, self.calm, (self.keys.members, self.keys.positions)):
            self.wake.set()

    def _lease(self) -> Lease | None:
        return self.session.lease if self.session else None

    def _settle(self, store: Store) -> None:
        if store.leader is None or store.leader.name != self.settings.name:
            self.standing.settled()

    def _ask_for_promises(self, store: Store | None, database: Database) -> None:
        leads = database.open and self.standing.known.leads
        self.failsafe.want(self.standing.known.term if store is None and leads else None)
        self.standing.failsafe_until = self.failsafe.until

    def _tell(self, seen: Observation, decision: Decision) -> None:
        """To the journal what is new, to those who ask all of it."""
        self.open = seen.database.open and seen.database.process in (Process.UP, Process.HUNG)
        if decision != self.last:
            facts = {"database": seen.database.process.value, "lease": round(seen.left, 2)}
            tell("decision", Priority.NOTICE, action=_name(decision.action), reason=decision.reason, **facts)
        self.last = decision
        self.standing.known = self._known(seen, decision)
        self.allow()

    def _known(self, seen: Observation, decision: Decision) -> Known:
        store, database, before = seen.store, seen.database, self.standing.known
        sync = store.sync if store else None
        ours = before.leads
        if store is not None:
            key, lease = store.leader, seen.lease
            ours = key is not None and lease is not None and key.lease == lease.id
        leader = sync.leader if sync else before.leader
        standby = (sync.standby.name if sync.standby else "") if sync else before.standby
        replication = database.replication
        up = database.process is Process.UP
        return Known(
            turned=time.monotonic(),
            up=up,
            serves=up and database.open and ours and leader == seen.me,
            leads=ours,
            term=sync.term if sync else before.term,
            leader=leader,
            standby=standby,
            fresh=self.freshness.note(seen.now, replication if up else None),
            paused=seen.paused,
            store_read=store is not None,
            action=_name(decision.action),
            reason=decision.reason,
            figures={
                "written": database.written.seq,
                "waiting_seconds": database.waiting or 0.0,
                "requires_acks": float(database.requires_acks),
                "received": float(replication.received or 0) if replication else 0.0,
                "applied": float(replication.applied) if replication else 0.0,
            },
        )

    def _announce(self, seen: Observation) -> None:
        if seen.lease is None or seen.store is None:
            return
        member = announced(
            seen.me, seen.lease, seen.store, seen.database, no_failover=self.settings.no_failover
        )
        if member != self.said or seen.store.members.get(seen.me) != member:
            self.said = member
            self._commit(lambda: self.client.commit(self.keys.announce(member, time.time())).succeeded)

    def _perform(self, decision: Decision) -> bool:
        """Whether it was done."""
        action = decision.action
        if isinstance(action, Wait):
            return True
        if isinstance(action, TakeLeadership) and not self.standing.stand():
            return False  # a promise was given since we looked
        if isinstance(action, StoreAction):
            return self._commit(lambda: self._transact(action, decision.reason))
        if isinstance(action, OpenDatabase):
            self.open = True
            self.allow()
        self.long_step = isinstance(action, Reinit)
        try:
            act(self.engine, action)
            if isinstance(action, Reinit):
                self.reinit.unlink(missing_ok=True)
        except EngineError as error:
            tell("failed", Priority.WARNING, action=_name(action), error=error)
            return False
        finally:
            self.turned, self.long_step = time.monotonic(), False
        return True

    def _transact(self, action: StoreAction, reason: str) -> bool:
        done = self.client.commit(self.keys.transaction(action, reason)).succeeded
        tell("store", action=_name(action), done=done)
        return done

    def _commit(self, attempt: Callable[[], bool]) -> bool:
        try:
            return attempt()
        except EtcdError as error:
            # Whether it was done or not, the next look shows it.
            tell("store", Priority.WARNING, error=error)
            return False


def act(engine: Engine, action: DatabaseAction) -> None:
    """Raises EngineError."""
    match action:
        case StartDatabase(recovery=recovery):
            engine.start(recovery)
        case KillDatabase():
            engine.kill()
        case CloseDatabase():
            engine.close()
        case OpenDatabase():
            engine.open()
        case RequireAcks(on=on):
            engine.require_acks(on)
        case BarFollowers(names=names):
            engine.bar_followers(names)
        case OfferAcks(on=on):
            engine.offer_acks(on)
        case StopReceiving():
            engine.stop_receiving()
        case StartReceiving():
            engine.start_receiving()
        case LeaveReplication():
            engine.leave_replication()
        case Follow(source=source):
            engine.follow(source)
        case Reinit(source=source):
            engine.reinit(source)


def _name(action: Action) -> str:
    facts = {
        k: v
        for k, v in vars(action).items()
        if isinstance(v, (str, bool, int)) and k not in ("lease", "revision")
    }
    inner = ", ".join(f"{key}={value}" for key, value in facts.items())
    return f"{type(action).__name__}({inner})" if inner else type(action).__name__
