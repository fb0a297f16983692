"""What a database that elects its primary is given: voters on the site's machines, and a way to them."""

from __future__ import annotations

from colonnade import catalog
from colonnade.engine import compose
from colonnade.kit.flows import Flow
from colonnade.kit.resources import Package, Unit
from colonnade.kit.testing import view_of
from colonnade.kit.view import Target, Upstream, View
from colonnade.model.load import loads

CATALOG = catalog.load()
SEED = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
SMALL = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [one], to: [app]}
  app: {kind: app, machines: [one, two], to: [db]}
  db: {kind: mariadb, machines: [two, three]}
"""


def view(text: str) -> View:
    return view_of(loads(text, "site.yaml", CATALOG.kinds), CATALOG.rooms)


def asked(site: View, machine: str) -> Upstream:
    """How a room finds whom its members ask: its own upstreams, by what is spoken."""
    database = site.design.services["db"]
    (found,) = (u for u in site.upstreams(database, machine) if u.offer.protocol == "etcd")
    return found


def test_the_engine_composes_what_rooms_tests_see() -> None:
    drawn = loads(SEED, "site.yaml", CATALOG.kinds)
    assert set(compose.whole(drawn, CATALOG.rooms).services) == set(view(SEED).design.services)
    assert compose.whole(drawn, CATALOG.rooms).services["db"] == view(SEED).design.services["db"]


def test_a_database_finds_its_voters_among_its_upstreams() -> None:
    found = asked(view(SEED), "db2")
    assert found.service.name == "voters"
    assert found.targets == (
        Target("web1", "10.0.0.2", 2379),
        Target("web2", "10.0.0.3", 2379),
        Target("app1", "10.0.0.4", 2379),
    )
    assert found.offer.facts["server_name"] == "voters.internal"


def test_a_voter_on_the_same_machine_is_asked_like_any_other() -> None:
    assert [t.machine for t in asked(view(SMALL), "two").targets] == ["one", "two", "three"]


def test_the_firewall_lets_databases_to_the_voters_and_nobody_else() -> None:
    reached = [flow for flow in view(SEED).flows if flow.target == "web1" and flow.port == 2379]
    assert reached == [
        Flow("app1", "web1", 2379, "tcp", "voters -> voters etcd"),
        Flow("db1", "web1", 2379, "tcp", "db -> voters etcd"),
        Flow("db2", "web1", 2379, "tcp", "db -> voters etcd"),
        Flow("web2", "web1", 2379, "tcp", "voters -> voters etcd"),
    ]


def test_both_ends_have_a_certificate_that_the_other_accepts() -> None:
    site = view(SEED)
    assert site.clients("voters") == ("db",)
    held = {need.id: need.unit for need in site.claims.certificates}
    assert {f"voters-{m}" for m in ("web1", "web2", "app1")} <= held.keys()
    assert held["db-db1"] == "db"


def test_the_machines_that_vote_run_etcd_and_no_other_does() -> None:
    desired = compose.desired(view(SEED), CATALOG.rooms)
    stated = {m: {r for found in stages.values() for r in found} for m, stages in desired.items()}
    voting = {m for m, found in stated.items() if Package("etcd-server") in found}
    assert voting == {"web1", "web2", "app1"}
    assert {
        m
        for m, found in stated.items()
        if any(u for u in found if isinstance(u, Unit) and u.name == "etcd.service")
    } == voting


def test_all_voters_in_maintenance_take_no_database_from_its_users() -> None:
    machines = ["web1", "web2", "app1"]
    site = view_of(loads(SEED, "site.yaml", CATALOG.kinds), CATALOG.rooms, maintained=machines)
    assert ("db", "db1") not in site.resting
    assert ("app", "app2") not in site.resting
