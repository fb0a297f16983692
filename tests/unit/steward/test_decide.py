"""Single decisions, by the rows of what can go wrong: what is done, and that it says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from colonnade_agent.steward.protocol.actions import (
    Action,
    AnswerRequest,
    BarFollowers,
    BeginCluster,
    CloseDatabase,
    Follow,
    HandOver,
    KillDatabase,
    OfferAcks,
    OpenDatabase,
    Recovery,
    Reinit,
    ReleaseLeadership,
    RequireAcks,
    StartDatabase,
    StartReceiving,
    StopReceiving,
    TakeLeadership,
    Wait,
    WriteSync,
)
from colonnade_agent.steward.protocol.decide import decide
from colonnade_agent.steward.protocol.observation import (
    Ages,
    Database,
    Lease,
    Observation,
    Process,
    Replication,
    Settings,
)
from colonnade_agent.steward.protocol.store import (
    LeaderKey,
    Member,
    Pending,
    Position,
    Request,
    Standby,
    Store,
    Sync,
    Term,
)

BOTH = frozenset({"db1", "db2"})
KEY = LeaderKey("db1", lease=1, term=7, revision=40)
SYNC = Sync(7, "db1", Standby("db2", "e1"))
HISTORY = (Term(7, "db1", Position(100, "db1")),)
STANDBY = Member(
    "db2", 2, "e1", "db1", connected=True, received=120, applied=120, offers_acks=True, sync_seen=9
)
STORE = Store(KEY, SYNC, 9, {"db2": STANDBY}, HISTORY)
LEADING = Database(Process.UP, open=True, written=Position(120, "db1"), requires_acks=True)
COPYING = Replication("db1", True, True, True, received=120, applied=118, offers_acks=True)
STANDING = Database(Process.UP, written=Position(118, "db1"), epoch="e1", replication=COPYING)
DOWN = Database(Process.DOWN)

PRIMARY = Observation(Settings("db1", BOTH), 1000.0, STORE, Lease(1, 1004.0), LEADING)
REPLICA = Observation(Settings("db2", BOTH), 1000.0, STORE, Lease(2, 1004.0), STANDING)
LEADERLESS = replace(STORE, leader=None)
LONG = Ages(leader_absent=60, promoting=60, hung=60, standby_unwell=60, request=60, streaming={"db2": 60.0})


def does(seen: Observation) -> Action:
    decision = decide(seen)
    assert decision.reason, "each decision says why"
    return decision.action


def test_all_is_well() -> None:
    assert does(PRIMARY) == does(REPLICA) == Wait()


@pytest.mark.parametrize(
    ("left", "waiting", "action"),
    [
        (1.9, None, Wait()),
        (1.8, None, CloseDatabase()),
        (1.8, 0.1, KillDatabase()),  # closing would hang behind the commit
        (0.5, None, KillDatabase()),
        (-1.0, None, KillDatabase()),
    ],
)
def test_the_fence_as_the_lease_runs_out(left: float, waiting: float | None, action: Action) -> None:
    database = replace(LEADING, waiting=waiting)
    seen = replace(PRIMARY, store=None, lease=Lease(1, 1000.0 + left), database=database)
    assert does(seen) == action


def test_while_all_others_have_promised_to_wait_the_lease_may_end() -> None:
    seen = replace(PRIMARY, store=None, lease=Lease(1, 1000.0))
    assert does(replace(seen, failsafe_until=1003.0)) == Wait()
    assert does(replace(seen, failsafe_until=1001.5)) == CloseDatabase()


def test_who_has_promised_does_not_stand() -> None:
    seen = replace(REPLICA, store=LEADERLESS, ages=LONG, promised_until=1001.0)
    assert does(seen) == Wait()
    assert isinstance(does(replace(seen, promised_until=999.0)), TakeLeadership)


def test_without_etcd_nothing_is_started() -> None:
    assert does(replace(PRIMARY, store=None, database=DOWN)) == Wait()


def test_paused_is_paused() -> None:
    assert does(replace(PRIMARY, paused=True, store=None, lease=None)) == Wait()


def test_the_database_died_and_the_standby_has_everything() -> None:
    assert does(replace(PRIMARY, database=DOWN)) == ReleaseLeadership(KEY)


def test_the_database_died_and_nobody_else_has_everything() -> None:
    alone = replace(STORE, sync=Sync(7, "db1"))
    assert does(replace(PRIMARY, store=alone, database=DOWN)) == StartDatabase(Recovery.KEEP)


def test_the_standby_that_does_not_want_it_is_not_asked_twice() -> None:
    waited = replace(PRIMARY, store=LEADERLESS, database=DOWN)
    assert does(waited) == Wait()
    assert does(replace(waited, ages=LONG)) == TakeLeadership(8, 1, 9)
    taken = replace(STORE, leader=replace(KEY, term=8))
    assert does(replace(PRIMARY, store=taken, database=DOWN)) == StartDatabase(Recovery.KEEP)


def test_a_deposed_primary_starts_as_a_copy() -> None:
    deposed = Store(LeaderKey("db2", 2, 8, 50), Sync(8, "db2"), 12, {}, (*HISTORY, _term(8, "db2", 120)))
    assert does(replace(PRIMARY, store=deposed, database=DOWN)) == StartDatabase(Recovery.DROP)
    assert does(replace(PRIMARY, store=deposed, database=replace(LEADING, waiting=1.0))) == KillDatabase()
    assert does(replace(PRIMARY, store=deposed)) == CloseDatabase()
    closed = replace(LEADING, open=False, requires_acks=False)
    assert does(replace(PRIMARY, store=deposed, database=closed)) == Follow("db2")
    errant = replace(closed, written=Position(121, "db1"))
    assert does(replace(PRIMARY, store=deposed, database=errant)) == Reinit("db2")


def test_while_another_takes_over_the_old_primary_waits() -> None:
    taken = replace(STORE, leader=LeaderKey("db2", 2, 8, 50))
    assert does(replace(PRIMARY, store=taken, database=DOWN)) == Wait()
    assert does(replace(PRIMARY, store=taken, database=replace(LEADING, open=False))) == Wait()


def test_cold_start_of_the_standby_alone_leads_to_nothing() -> None:
    alone = Store(None, SYNC, 9, {}, HISTORY)
    assert does(replace(REPLICA, store=alone, database=DOWN, ages=LONG)) == StartDatabase(Recovery.DROP)
    restarted = replace(STANDING, epoch=None, replication=replace(COPYING, received=None, applying=False))
    assert does(replace(REPLICA, store=alone, database=restarted, ages=LONG)) == Wait()


def test_a_hung_database_is_killed_when_it_has_had_its_time() -> None:
    hung = replace(LEADING, process=Process.HUNG)
    assert does(replace(PRIMARY, database=hung)) == Wait()
    assert does(replace(PRIMARY, database=hung, ages=LONG)) == KillDatabase()


def test_a_promotion_step_by_step() -> None:
    taken = replace(STORE, leader=LeaderKey("db2", 2, 8, 50))
    seen = replace(REPLICA, store=taken)
    assert does(seen) == StopReceiving()
    stopped = replace(COPYING, receiving=False, connected=False, offers_acks=False)
    assert does(replace(seen, database=replace(STANDING, replication=stopped))) == Wait()
    late = replace(seen, database=replace(STANDING, replication=stopped), ages=LONG)
    assert isinstance(does(late), ReleaseLeadership)
    drained = replace(STANDING, replication=replace(stopped, applied=120), written=Position(120, "db1"))
    written = does(replace(seen, database=drained))
    assert isinstance(written, WriteSync)
    assert (written.sync, written.term) == (Sync(8, "db2"), _term(8, "db2", 120))


@pytest.mark.parametrize(
    "database",
    [
        replace(STANDING, epoch="e2"),
        replace(STANDING, epoch=None),
        replace(STANDING, replication=replace(COPYING, received=None)),
        replace(STANDING, replication=None),
    ],
    ids=["another epoch", "nothing applied", "received unknown", "no replication"],
)
def test_who_cannot_show_that_it_has_everything_leaves_the_key(database: Database) -> None:
    assert does(replace(REPLICA, store=LEADERLESS, database=database, ages=LONG)) == Wait()
    taken = replace(STORE, leader=LeaderKey("db2", 2, 8, 50))
    assert isinstance(does(replace(REPLICA, store=taken, database=database)), ReleaseLeadership)


def test_an_operator_accepts_the_loss_of_the_state_shown_and_of_no_other() -> None:
    stale = replace(STANDING, epoch="e2")
    forced = replace(LEADERLESS, request=Request("failover", "db2", 60, sync_revision=9))
    assert does(replace(REPLICA, store=forced, database=stale)) == TakeLeadership(8, 2, 9)
    assert does(replace(REPLICA, store=replace(forced, sync_revision=10), database=stale)) == Wait()


def test_a_standby_is_given_up_first_in_the_store_and_then_in_the_database() -> None:
    stalled = replace(LEADING, waiting=2.0)
    given_up = does(replace(PRIMARY, database=stalled))
    assert isinstance(given_up, WriteSync)
    assert given_up.sync == Sync(7, "db1")
    alone = replace(STORE, sync=given_up.sync)
    assert does(replace(PRIMARY, store=alone, database=stalled)) == RequireAcks(False)
    assert does(replace(PRIMARY, store=None, database=stalled)) == Wait()


def test_strict_rather_waits() -> None:
    strict = replace(
        PRIMARY, settings=Settings("db1", BOTH, strict=True), database=replace(LEADING, waiting=9.0)
    )
    assert does(strict) == Wait()


def test_a_standby_is_taken_on_in_order() -> None:
    """Named, offering, required, barrier, reached, published: each step waits for the one before."""
    silent = replace(STANDBY, offers_acks=False)
    quiet = replace(LEADING, requires_acks=False)
    pending = Pending("db2", "e1")

    def step(sync: Sync, said: Member, database: Database) -> Action:
        store = replace(STORE, sync=sync, members={"db2": said})
        return does(replace(PRIMARY, store=store, database=database, ages=Ages(streaming={"db2": 60.0})))

    named = step(Sync(7, "db1"), silent, quiet)
    assert isinstance(named, WriteSync)
    assert named.sync == Sync(7, "db1", pending=pending)
    assert step(named.sync, silent, quiet) == Wait()
    assert step(named.sync, STANDBY, quiet) == RequireAcks(True)
    marked = step(named.sync, STANDBY, LEADING)
    assert isinstance(marked, WriteSync)
    assert marked.sync == Sync(7, "db1", pending=replace(pending, barrier=120))
    assert step(marked.sync, replace(STANDBY, received=119), LEADING) == Wait()
    published = step(marked.sync, STANDBY, LEADING)
    assert isinstance(published, WriteSync)
    assert published.sync == SYNC


def test_a_third_member_that_may_still_acknowledge_is_kept_out() -> None:
    settings = Settings("db1", BOTH | {"db3"})
    pending = replace(STORE, sync=Sync(7, "db1", pending=Pending("db2", "e1")))
    assert does(replace(PRIMARY, settings=settings, store=pending)) == BarFollowers(frozenset({"db3"}))
    harmless = Member("db3", 3, "e5", "db1", sync_seen=9)
    members = {"db2": STANDBY, "db3": harmless}
    assert isinstance(
        does(replace(PRIMARY, settings=settings, store=replace(pending, members=members))), WriteSync
    )


def test_a_copy_acknowledges_only_when_it_is_named() -> None:
    unnamed = replace(STORE, sync=Sync(7, "db1"))
    assert does(replace(REPLICA, store=unnamed)) == OfferAcks(False)
    silent = replace(STANDING, replication=replace(COPYING, offers_acks=False))
    assert does(replace(REPLICA, database=silent)) == OfferAcks(True)
    stopped = replace(STANDING, replication=replace(COPYING, receiving=False, connected=False))
    assert does(replace(REPLICA, database=stopped)) == StartReceiving(), "a new epoch would be no standby"


def test_what_was_recovered_is_not_shown_before_the_standby_has_it() -> None:
    recovered = replace(LEADING, open=False, written=Position(121, "db1"))
    assert does(replace(PRIMARY, database=recovered)) == Wait()
    assert does(replace(PRIMARY, database=replace(recovered, requires_acks=False))) == RequireAcks(True)
    assert does(replace(PRIMARY, database=replace(recovered, written=Position(120, "db1")))) == OpenDatabase()


def test_a_switchover_step_by_step() -> None:
    asked = replace(STORE, request=Request("switchover", "db2", 60))
    assert does(replace(PRIMARY, store=asked)) == CloseDatabase()
    closed = replace(LEADING, open=False)
    assert does(replace(PRIMARY, store=asked, database=closed)) == HandOver("db2", 2, 8, KEY, 9)
    behind = replace(asked, members={"db2": replace(STANDBY, applied=119)})
    assert does(replace(PRIMARY, store=behind, database=closed)) == Wait()
    timeout = replace(PRIMARY, store=behind, database=closed, ages=Ages(request=9))
    assert does(timeout) == AnswerRequest(60, done=False)


@pytest.mark.parametrize("target", ["db1", "db9"])
def test_a_switchover_that_cannot_be_is_answered(target: str) -> None:
    asked = replace(STORE, request=Request("switchover", target, 60))
    assert does(replace(PRIMARY, store=asked)) == AnswerRequest(60, done=target == "db1")


def test_a_cluster_begins_with_the_first_members_data_and_never_twice() -> None:
    fresh = replace(PRIMARY, store=Store(), settings=Settings("db1", BOTH, bootstrap=True))
    begun = replace(fresh, database=replace(LEADING, open=False, joined=False))
    assert does(begun) == BeginCluster(Sync(0, "db1"))
    assert does(replace(begun, settings=Settings("db1", BOTH))) == Wait()
    assert does(replace(fresh, database=replace(LEADING, open=False))) == Wait(), "etcd has lost its data"


def test_a_machine_without_data_is_filled_and_never_leads() -> None:
    empty = replace(DOWN, fresh=True, joined=False)
    assert does(replace(REPLICA, database=empty)) == Reinit("db1")
    assert does(replace(PRIMARY, database=empty)) == Wait()


def test_fences_that_leave_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="fences"):
        Settings("db1", BOTH, soft_fence=1.0)


def _term(number: int, leader: str, seq: int) -> Term:
    return Term(number, leader, Position(seq, "db1"))
