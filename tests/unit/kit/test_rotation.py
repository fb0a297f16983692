"""Who rests when machines are in maintenance, and who is left to be sent to."""

from __future__ import annotations

from collections.abc import Collection

from colonnade import catalog
from colonnade.kit.claims import Claims, FloatingNeed, Name
from colonnade.kit.rotation import members_on, without
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings
from colonnade.model.load import loads

ROOMS = catalog.load()
TIERS = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
PAIRS = TIERS.replace("to: [app]", "to: [{app: {web1: [app1], web2: [app2]}}]")


def seen(maintained: Collection[str], text: str = TIERS, extra: tuple[Claims, ...] = ()) -> View:
    return view_of(loads(text, "site.yaml", ROOMS.kinds), ROOMS.rooms, extra, maintained)


def marked(view: View, service: str, machine: str) -> dict[str, bool]:
    (upstream,) = view.upstreams(view.design.services[service], machine)
    return {target.machine: target.maintained for target in upstream.targets}


def test_a_machine_in_maintenance_is_marked_wherever_it_is_sent_to() -> None:
    view = seen({"web1"})
    assert marked(view, "edge", "lb1") == {"web1": True, "web2": False}
    assert marked(view, "web", "web2") == {"app1": False, "app2": False}


def test_all_members_of_a_machine_rest() -> None:
    view = seen({"app1"}, TIERS.replace("web1", "app1"))
    assert {s for s, m in view.resting if m == "app1"} == {s.name for s in view.design.on("app1")}


def test_who_leads_only_to_what_rests_rests_too() -> None:
    view = seen({"app1"}, PAIRS)
    assert ("web", "web1") in view.resting
    assert ("web", "web2") not in view.resting
    assert marked(view, "edge", "lb2") == {"web1": True, "web2": False}


def test_where_all_rest_none_is_marked_for_there_is_no_one_better() -> None:
    assert marked(seen({"web1", "web2"}), "edge", "lb1") == {"web1": False, "web2": False}
    assert marked(seen({"app1"}, PAIRS), "web", "web1") == {"app1": False}


def test_a_lost_tier_takes_those_with_it_that_need_it_and_no_others() -> None:
    design = seen(()).design
    gone = without(design, members_on(design, ["app1", "app2"]))
    assert {("web", "web1"), ("web", "web2"), ("edge", "lb1"), ("edge", "lb2")} <= gone
    assert ("db", "db1") not in gone


def test_arrows_in_a_circle_are_no_trouble() -> None:
    ring = {n: Service(n, "web", (f"{n}1",), NoSettings(), (Link(to),)) for n, to in (("a", "b"), ("b", "a"))}
    design = Design("www.example.com", ring, {m: Machine(m) for m in ("a1", "b1")})
    assert without(design, []) == frozenset()
    assert without(design, [("a", "a1")]) == {("a", "a1"), ("b", "b1")}


def test_a_name_leads_to_the_doors_that_do_not_rest() -> None:
    (name,) = (n for n in seen(()).claims.names if n.fqdn == "www.example.com")
    assert seen(()).led_to(name) == ("lb1", "lb2")
    assert seen({"lb1"}).led_to(name) == ("lb2",)
    assert seen({"lb1", "lb2"}).led_to(name) == ("lb1", "lb2")


def test_a_name_of_floating_addresses_keeps_them_all() -> None:
    doors = ("lb1", "lb2")
    floating = (Claims(names=(Name("www.example.com", doors),), floating=(FloatingNeed(doors, 2),)),)
    view = seen({"lb1"}, extra=floating)
    led = {a for m in view.led_to(view.claims.names[-1]) for a in view.addresses(m).arrivals}
    assert led == set(view.addresses("lb1").floating)
