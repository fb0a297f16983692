"""For how long something has been so, and up to when a copy has everything."""

from __future__ import annotations

from colonnade_agent.steward.chronicle import Chronicle, Freshness, announced
from colonnade_agent.steward.protocol.observation import Database, Lease, Process, Replication
from colonnade_agent.steward.protocol.store import LeaderKey, Member, Position, Request, Standby, Store, Sync

LEASE = Lease(5, 100.0)
UP = Database(Process.UP)
KEY = LeaderKey("db1", 5, 3, 40)
FOLLOWER = Member("db2", 6, "e1", "db1", connected=True)
SYNC = Sync(3, "db1", Standby("db2", "e1"))


def store(**changes: object) -> Store:
    return Store(**{"leader": KEY, "sync": SYNC, "members": {"db2": FOLLOWER}, **changes})  # type: ignore[arg-type]


def test_an_age_counts_from_the_first_look_and_is_forgotten_with_its_reason() -> None:
    chronicle = Chronicle("db1")
    nobody = store(leader=None)
    assert chronicle.ages(10.0, nobody, LEASE, UP).leader_absent == 0.0
    assert chronicle.ages(12.5, nobody, LEASE, UP).leader_absent == 2.5
    assert chronicle.ages(13.0, store(), LEASE, UP).leader_absent == 0.0
    assert chronicle.ages(14.0, nobody, LEASE, UP).leader_absent == 0.0


def test_what_etcd_said_last_goes_on_being_so_while_it_is_silent() -> None:
    chronicle = Chronicle("db1")
    chronicle.ages(10.0, store(members={}), LEASE, UP)
    assert chronicle.ages(12.0, None, LEASE, UP).standby_unwell == 2.0


def test_another_request_begins_anew() -> None:
    chronicle = Chronicle("db1")
    chronicle.ages(0.0, store(request=Request("switchover", "db2", 7)), LEASE, UP)
    assert chronicle.ages(1.0, store(request=Request("switchover", "db2", 7)), LEASE, UP).request == 1.0
    assert chronicle.ages(2.0, store(request=Request("switchover", "db2", 9)), LEASE, UP).request == 0.0


def test_a_follower_that_has_restarted_streams_since_then_only() -> None:
    chronicle = Chronicle("db1")
    chronicle.ages(0.0, store(), LEASE, UP)
    assert chronicle.ages(6.0, store(), LEASE, UP).streaming == {"db2": 6.0}
    restarted = Member("db2", 6, "e2", "db1", connected=True)
    assert chronicle.ages(7.0, store(members={"db2": restarted}), LEASE, UP).streaming == {"db2": 0.0}


def test_we_promote_while_the_key_is_ours_and_the_data_are_not() -> None:
    chronicle = Chronicle("db2")
    taken = store(leader=LeaderKey("db2", 5, 4, 41))
    chronicle.ages(0.0, taken, LEASE, UP)
    assert chronicle.ages(3.0, taken, LEASE, UP).promoting == 3.0
    assert chronicle.ages(4.0, store(), LEASE, UP).promoting == 0.0


def replication(received: int | None, applied: int, *, connected: bool = True) -> Replication:
    return Replication(
        "db1", receiving=True, connected=connected, applying=True, received=received, applied=applied,
        offers_acks=False,
    )  # fmt: skip


def test_a_copy_is_as_fresh_as_the_last_moment_of_which_it_has_applied_all() -> None:
    freshness = Freshness()
    assert freshness.note(0.0, replication(10, 8)) is None
    assert freshness.note(1.0, replication(20, 10)) == 0.0
    assert freshness.note(2.0, replication(30, 25)) == 1.0
    assert freshness.note(3.0, replication(30, 30)) == 3.0


def test_a_copy_without_its_source_grows_old() -> None:
    freshness = Freshness()
    assert freshness.note(0.0, replication(10, 10)) == 0.0
    assert freshness.note(5.0, replication(10, 10, connected=False)) == 0.0


def test_a_copy_that_can_not_say_what_it_received_is_not_called_fresh() -> None:
    freshness = Freshness()
    freshness.note(0.0, replication(10, 10))
    assert freshness.note(1.0, replication(None, 10)) is None


def test_a_database_that_is_down_offers_nothing() -> None:
    down = Database(Process.DOWN, epoch="e1", written=Position(9, "db1"), replication=replication(9, 9))
    said = announced("db2", Lease(6, 1.0), store(), down, no_failover=False)
    assert (said.epoch, said.connected, said.offers_acks, said.received) == (None, False, False, None)
