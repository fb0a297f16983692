"""Which sites watch their uplinks, what each watcher asks, and how its word is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from colonnade.components.uplinks.component import COMPONENT, lines, order_of
from colonnade.kit.checks import Answer, Health
from colonnade.kit.claims import Claims, FloatingNeed, Name, Zone
from colonnade.kit.material import Addresses
from colonnade.kit.resources import File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Machine, Service
from colonnade.model.kinds import NoSettings
from colonnade_agent.uplinks.decide import Way
from colonnade_agent.uplinks.order import Route, read

Golden = Callable[[str, str], None]
DOORS = ("lb1", "lb2")
WITNESS = "203.0.113.53"


def design(doors: tuple[str, ...] = DOORS, uplinks: tuple[str, ...] = ("a", "b")) -> Design:
    edge = Service("edge", "haproxy", doors, NoSettings(), public=True)
    return Design("www.foobar.com", {"edge": edge}, {m: Machine(m) for m in doors}, uplinks=uplinks)


def view(*floating: FloatingNeed) -> View:
    name, zone = Name("www.foobar.com", DOORS), Zone("foobar.com", DOORS)
    claims = Claims(names=(name,), zones=(zone,), floating=floating)
    seen = view_of(design(), {"uplinks": COMPONENT}, (claims,))
    return replace(seen, material=replace(seen.material, witnesses=(WITNESS,)))


def order(machine: str, seen: View) -> Any:
    return read(json.dumps(order_of(seen.design.services["uplinks"], machine, seen)))


def test_there_is_something_to_watch_with_two_uplinks_and_two_doors() -> None:
    (service,) = COMPONENT.implied(design())
    assert (service.name, service.members) == ("uplinks", DOORS)
    assert not COMPONENT.implied(design(uplinks=("a",)))
    assert not COMPONENT.implied(design(doors=("lb1",)))


def test_each_asks_the_other_across_and_the_witness_by_both() -> None:
    assert order("lb1", view()).ways == {
        Way("a", "lb2", "b"): Route("192.0.2.1", "198.51.100.2"),
        Way("b", "lb2", "a"): Route("198.51.100.1", "192.0.2.2"),
        Way("a", WITNESS): Route("192.0.2.1", WITNESS),
        Way("b", WITNESS): Route("198.51.100.1", WITNESS),
    }


def test_what_may_be_withdrawn_is_where_users_are_led() -> None:
    assert order("lb1", view()).names["www.foobar.com"] == {
        "a": ("192.0.2.1", "192.0.2.2"),
        "b": ("198.51.100.1", "198.51.100.2"),
    }
    floating = order("lb2", view(FloatingNeed(DOORS, 2)))
    assert floating.names["www.foobar.com"] == {
        "a": ("192.0.2.200", "192.0.2.201"),
        "b": ("198.51.100.200", "198.51.100.201"),
    }
    assert Route("192.0.2.2", "198.51.100.1") in floating.ways.values()
    assert floating.zone == "foobar.com"


def test_its_files(golden: Golden) -> None:
    seen = view()
    ground = COMPONENT.resources(seen.design.services["uplinks"], "lb1", seen)[Stage.GROUND]
    files = {r.path: r for r in ground if isinstance(r, File)}
    golden("uplinks.json", files["/etc/colonnade/uplinks.json"].content.decode())
    golden("uplinks.service", files["/etc/systemd/system/colonnade-uplinks.service"].content.decode())
    (unit,) = (r for r in ground if isinstance(r, Unit))
    assert set(unit.restart_on) == {file.id for file in files.values()}


def test_a_machine_with_one_line_that_the_ground_knows_has_no_watcher() -> None:
    seen = view()
    one = {m: Addresses(a.inside, a.lines[:1]) for m, a in seen.material.addresses.items()}
    seen = replace(seen, material=replace(seen.material, addresses=one))
    service = seen.design.services["uplinks"]
    assert not COMPONENT.resources(service, "lb1", seen)
    assert not COMPONENT.checks(service, "lb1", seen)


def state(trouble: str = "", **uplinks: dict[str, Any]) -> Health:
    well = {"given": True, "verdict": "carries", "settled": True, "since": "", "reason": ""}
    said = {"uplinks": {name: {**well, **line} for name, line in uplinks.items()}, "trouble": trouble}
    return lines(Answer(0, json.dumps(said), ""))


def test_uplinks_that_carry_are_well() -> None:
    assert state(a={}, b={}) == Health(True, "a, b carry")
    assert state(a={"verdict": "silent", "settled": False}, b={}).healthy, "one lost round is no fault"


def test_a_withdrawn_uplink_is_a_fault_and_says_since_when_and_why() -> None:
    health = state(a={"given": False, "since": "2030-01-01T00:00:00+00:00", "reason": "silence"}, b={})
    assert health == Health(False, "uplink a is withdrawn since 2030-01-01T00:00:00+00:00: silence")
    assert state(a={"given": False}, b={}).detail == "uplink a is withdrawn: as the watcher found it"


def test_knowing_nothing_is_no_health() -> None:
    health = state(a={"verdict": "unknown"}, b={"verdict": "unknown"})
    assert not health.healthy
    assert "nothing is known of uplink a" in health.detail


def test_a_name_server_that_refuses_and_a_watcher_that_is_not_there_are_faults() -> None:
    assert state("knotc: refused", a={}, b={}) == Health(False, "knotc: refused")
    assert not lines(Answer(1, "", "cat: no such file")).healthy
