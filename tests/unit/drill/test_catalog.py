"""Which drills a design has: by what its parts are, whatever they are called."""

from __future__ import annotations

import pytest

from colonnade import catalog as rooms
from colonnade.drill.action import Action, Deed, Role, from_json, heals
from colonnade.drill.catalog import drills
from colonnade.drill.drill import Drill
from colonnade.drill.verdict import Limit
from colonnade.model.load import loads

KINDS = rooms.load().kinds
TWO_OF_EACH = """
site: www.example.test
uplinks: [a, b]
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
ONE_SERVER = """
site: www.example.test
services:
  front: {kind: nginx, machines: [server1], to: [shop]}
  shop: {kind: app, machines: [server1], to: [data]}
  data: {kind: mariadb, machines: [server1]}
"""


WITHOUT_VOTERS = """
site: www.example.test
services:
  app: {kind: app, machines: [db1], to: [db]}
  web: {kind: nginx, machines: [db1], to: [app]}
  db: {kind: mariadb, machines: [db1, db2]}
"""


def of(text: str) -> dict[str, Drill]:
    design = loads(text, "site.yaml", KINDS)
    return {drill.name: drill for drill in drills(design, KINDS)}


def test_a_whole_site_has_a_drill_for_each_thing_that_may_break() -> None:
    found = of(TWO_OF_EACH)
    for names in (
        ["edge-machine-killed/lb1", "edge-machine-killed/lb2", "haproxy-killed/lb1", "haproxy-killed/lb2"],
        ["uplink-cut/a", "uplink-cut/b"],
        [f"web-{how}/{m}" for how in ("killed", "frozen") for m in ("web1", "web2")],
        [f"app-{how}/{m}" for how in ("killed", "frozen") for m in ("app1", "app2")],
        ["web-slow/web1", "web-lossy/web1", "web-deaf/web1", "web-disk-full/web1", "app-deaf/app1"],
        ["nginx-config-broken/web2", "haproxy-config-broken/lb1", "app-config-broken/app1"],
        ["rolling-reload", "reload-storm"],
        [f"maintenance/{m}" for m in ("lb1", "lb2", "web1", "web2", "app1", "app2", "db2")],
    ):
        assert set(names) <= found.keys()


def test_their_parts_are_those_of_the_site() -> None:
    parts = {name: drill.part for name, drill in of(TWO_OF_EACH).items()}
    assert parts["uplink-cut/a"] == "edge"
    assert parts["web-killed/web1"] == "web"
    assert parts["app-frozen/app2"] == "app"
    assert parts["maintenance/db2"] == "database"
    assert parts["reload-storm"] == "release"


def test_a_primary_that_nobody_stands_in_for_is_not_taken_away() -> None:
    assert "maintenance/db1" not in of(WITHOUT_VOTERS)
    assert not [name for name in of(ONE_SERVER) if name.startswith("maintenance/")]


def test_one_that_chooses_its_primary_is_drilled_in_every_role() -> None:
    found = of(TWO_OF_EACH)
    assert {"maintenance/db1", "maintenance/db2"} <= found.keys()
    limits = {
        name: {limit.value: limit.at_most for limit in found[f"{name}/db"].hypothesis}
        for name in ("primary-killed", "primary-machine-killed", "primary-machine-frozen", "standby-killed")
    }
    assert [each["longest_write"] for each in limits.values()] == [2.0, 5.0, 5.0, 5.0]
    switchover = {limit.value: limit.at_most for limit in found["switchover/db"].hypothesis}
    assert (switchover["longest_write"], switchover["failed_requests"]) == (1.0, 0)
    for name in ("steward-killed/db", "voters-leader-killed/db", "standby-killed/db"):
        assert Limit("new_terms", 0) in found[name].hypothesis
    for name in ("primary-killed", "switchover", "voters-leader-killed"):
        assert {Limit("lost", 0), Limit("duplicated", 0)} <= {*found[f"{name}/db"].hypothesis}
    assert not [name for name in of(WITHOUT_VOTERS) if name.endswith("/db")]


def test_roles_are_of_machines_once_the_site_is_asked() -> None:
    drill = of(TWO_OF_EACH)["primary-machine-killed/db"]
    assert str(drill.faults[0]) == "kill the primary of db"
    placed = drill.on(lambda action: {Role.PRIMARY: "db2"}[Role(action.role)])
    assert placed.faults == (Action(Deed.KILL, "db2", "db"),)
    assert placed.heals == (Action(Deed.START, "db2"),)
    assert placed.name == drill.name


def test_names_are_found_whatever_things_are_called() -> None:
    found = of(ONE_SERVER)
    assert "nginx-killed/server1" in found
    assert "edge-machine-killed/server1" in found
    assert "app-killed/server1" not in found, "the one machine is drilled once"
    assert {drill.holder for drill in found.values() if drill.holder} == {"server1"}


@pytest.mark.parametrize("text", [TWO_OF_EACH, ONE_SERVER])
def test_a_design_that_can_be_hardened_makes_the_same_claims(text: str) -> None:
    """The drills of a bad design are there too; they fail."""
    for drill in of(text).values():
        assert drill.claim.endswith(".")
        assert drill.hypothesis
        assert drill.faults


def test_what_is_done_is_undone_the_last_first() -> None:
    done = (Action(Deed.KILL, "lb1"), Action(Deed.CUT_UPLINK, of="a"), Action(Deed.FILL, "web1"))
    assert heals(done) == (
        Action(Deed.HEAL, "web1"),
        Action(Deed.HEAL_UPLINK, of="a"),
        Action(Deed.START, "lb1"),
    )


def test_every_lasting_fault_of_every_drill_is_healed() -> None:
    passing = {
        *(Deed.KILL_PROCESS, Deed.RELOAD),
        *(Deed.KILL_DATABASE, Deed.KILL_STEWARD, Deed.SWITCHOVER),
    }
    for drill in of(TWO_OF_EACH).values():
        lasting = [action for action in drill.faults if action.deed not in passing]
        assert bool(lasting) == bool(drill.heals), drill.name


def test_real_machines_are_drilled_by_their_own_means_only() -> None:
    found = of(TWO_OF_EACH)
    assert not found["haproxy-killed/lb1"].needs_lab
    assert not found["reload-storm"].needs_lab
    assert found["web-killed/web1"].needs_lab
    assert found["uplink-cut/a"].needs_lab


@pytest.mark.parametrize("action", [a for d in of(TWO_OF_EACH).values() for a in (*d.faults, *d.heals)])
def test_actions_can_be_written_down_and_read_back(action: Action) -> None:
    assert from_json(action.as_json()) == action
