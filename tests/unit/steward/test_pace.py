"""When the loop rests, and what ends its rest."""

from __future__ import annotations

from colonnade_agent.steward import pace
from colonnade_agent.steward.protocol.actions import OpenDatabase, Wait
from colonnade_agent.steward.protocol.observation import Database, Observation, Process, Settings
from colonnade_agent.steward.protocol.store import LeaderKey, Request, Standby, Store, Sync

SETTLED = Store(LeaderKey("db1", 5, 3, 40), Sync(3, "db1", Standby("db2", "e1")), 9)


def seen(store: Store | None) -> Observation:
    settings = Settings("db1", frozenset({"db1", "db2"}))
    return Observation(settings, 0.0, store, None, Database(Process.UP))


def test_all_is_well_and_the_loop_is_calm() -> None:
    assert pace.rest(seen(SETTLED), Wait()) == pace.CALM


def test_what_users_wait_for_is_done_at_once() -> None:
    assert pace.rest(seen(SETTLED), OpenDatabase()) == pace.SOON
    asked = Store(SETTLED.leader, SETTLED.sync, 9, request=Request("switchover", "db2", 7))
    assert pace.rest(seen(asked), Wait()) == pace.SOON
    assert pace.rest(seen(Store(None, SETTLED.sync, 9)), Wait()) == pace.SOON


def test_etcd_that_is_away_is_not_hurried() -> None:
    assert pace.rest(seen(None), Wait()) == pace.CALM


def test_in_calm_only_what_changes_roles_is_news() -> None:
    members = "/steward/database/members/"
    assert not pace.matters(frozenset({f"{members}db2"}), calm=True, hearsay=(members,))
    assert pace.matters(frozenset({f"{members}db2"}), calm=False, hearsay=(members,))
    assert pace.matters(frozenset({"/steward/database/leader"}), calm=True, hearsay=(members,))
    assert pace.matters(frozenset(), calm=True, hearsay=(members,))
