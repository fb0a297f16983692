"""Who holds a floating address, for the designs people draw and the mishaps doors have."""

from __future__ import annotations

import dataclasses
import json
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.components.keepalived.component import COMPONENT, CONFIG, PROGRAMS, held
from colonnade.components.keepalived.settings import KeepalivedSettings
from colonnade.components.keepalived.standing import ANSWERS, BASE, GONE, HOME, SETTLED, seats
from colonnade.errors import DesignError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, FloatingNeed, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Fact, Machine, Service
from colonnade.model.kinds import Kind, NoSettings

Golden = Callable[[str, str], None]
FACTS = {"unit": "door.service", "reload": "USR2", "status": "/.colonnade/door", "socket": "/run/door.sock"}
HANDOVER = Path(__file__).parents[1] / "templates" / "handover.py"


class Door(Component[NoSettings]):
    kind = Kind("door", "a door", door=True)

    def claims(self, service: Service, design: Design) -> Claims:
        del design
        plain = Offer(service.name, "http", 80, Audience.PUBLIC, "http")
        return Claims(
            offers=(plain, Offer(service.name, "https", 443, Audience.PUBLIC, "https", facts=FACTS))
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        return {}


ROOMS: Mapping[str, Component[Any]] = {"keepalived": COMPONENT, "door": Door()}


def door(*machines: str, name: str = "edge") -> Service:
    return Service(name, "door", machines, NoSettings(), public=True)


def written(*machines: str, **settings: object) -> Service:
    return Service("vips", "keepalived", machines, KeepalivedSettings.model_validate(settings))


def site(*services: Service, facts: tuple[Fact, ...] = (), real: bool = False) -> Design:
    names = dict.fromkeys(m for s in services for m in s.members)
    machines = {n: Machine(n, f"203.0.113.{i}" if real else "") for i, n in enumerate(names, 1)}
    return Design("www.example.org", {s.name: s for s in services}, machines, facts=facts, uplinks=("a", "b"))


def files(design: Design, machine: str, service: str = "floating") -> dict[str, File]:
    view = view_of(design, ROOMS)
    stages = COMPONENT.resources(view.design.services[service], machine, view)
    return {r.path: r for stage in stages.values() for r in stage if isinstance(r, File)}


def text(design: Design, machine: str, path: str, service: str = "floating") -> str:
    return files(design, machine, service)[path].content.decode()


# What is written


def test_two_doors_have_each_an_address_on_each_uplink(golden: Golden) -> None:
    design = site(door("lb1", "lb2"))
    golden("lb1.conf", text(design, "lb1", CONFIG))
    for name in ("door-standing", "floating-lines"):
        golden(name, text(design, "lb1", f"{PROGRAMS}/{name}"))
    golden(
        "keepalived.service.conf",
        text(design, "lb1", "/etc/systemd/system/keepalived.service.d/colonnade.conf"),
    )
    golden("door.service.conf", text(design, "lb1", "/etc/systemd/system/door.service.d/floating.conf"))


def test_one_address_that_is_passed_on(golden: Golden) -> None:
    design = site(door("lb1", "lb2"), facts=(Fact("vip", "VIP"),))
    golden("passive-lb2.conf", text(design, "lb2", CONFIG))
    assert "ge 30 ]; then say 0" in text(design, "lb2", f"{PROGRAMS}/door-standing")


def test_every_file_has_its_directory() -> None:
    view = view_of(site(door("lb1", "lb2")), ROOMS)
    stages = COMPONENT.resources(view.design.services["floating"], "lb1", view)
    assert list(stages) == [Stage.GROUND, Stage.DOOR]
    resources = [r for stage in stages.values() for r in stage]
    made = {r.path for r in resources if isinstance(r, Directory)}
    assert {str(Path(r.path).parent) for r in resources if isinstance(r, File)} <= made


def test_a_new_configuration_reloads_and_does_not_restart() -> None:
    view = view_of(site(door("lb1", "lb2")), ROOMS)
    stages = COMPONENT.resources(view.design.services["floating"], "lb1", view)
    (unit,) = [r for r in stages[Stage.DOOR] if isinstance(r, Unit)]
    assert f"file:{CONFIG}" in unit.reload_on
    assert f"file:{CONFIG}" not in unit.restart_on


def test_a_machine_in_maintenance_holds_none() -> None:
    view = view_of(site(door("lb1", "lb2")), ROOMS)
    resting = dataclasses.replace(
        view, material=dataclasses.replace(view.material, maintained=frozenset({"lb1"}))
    )
    for machine, runs in (("lb1", False), ("lb2", True)):
        stages = COMPONENT.resources(view.design.services["floating"], machine, resting)
        (unit,) = [r for r in stages[Stage.DOOR] if isinstance(r, Unit)]
        assert (unit.running, unit.enabled) == (runs, runs)
        assert bool(COMPONENT.checks(view.design.services["floating"], machine, resting)) == runs


def test_who_stood_in_for_a_door_gives_it_back_what_is_its_own() -> None:
    view = view_of(site(door("lb1", "lb2")), ROOMS)
    (order,) = COMPONENT.returned(view.design.services["floating"], "lb1", view)
    assert order.machine == "lb2"
    words = ("give", "door.service", "USR2", "/run/keepalived/given-lb1", "192.0.2.200", "198.51.100.200")
    assert order.argv[-6:] == words
    passive = view_of(site(door("lb1", "lb2"), facts=(vip(),)), ROOMS)
    assert COMPONENT.returned(passive.design.services["floating"], "lb1", passive) == ()


# Who has floating addresses


def test_they_come_with_several_doors_and_with_no_single_one() -> None:
    (service,) = COMPONENT.implied(site(door("lb1", "lb2")))
    assert (service.name, service.members) == ("floating", ("lb1", "lb2"))
    assert COMPONENT.implied(site(door("lb1"))) == ()
    several = COMPONENT.implied(site(door("lb1", "lb2"), door("www1", "www2", name="shop")))
    assert [s.name for s in several] == ["floating-edge", "floating-shop"]


def test_what_is_written_does_not_come_by_itself() -> None:
    assert COMPONENT.implied(site(door("lb1", "lb2"), written("lb1", "lb2"))) == ()


def vip(*about: str) -> Fact:
    return Fact("vip", "VIP", about)


@pytest.mark.parametrize(
    ("facts", "mode"),
    [
        ((), "active-active"),
        ((vip(),), "active-passive"),
        ((vip("edge"),), "active-passive"),
        ((vip("db"),), "active-active"),
        ((vip("edge"), vip("edge")), "active-active"),
        ((Fact("firewall", "UFW"),), "active-active"),
    ],
)
def test_one_drawn_address_is_passed_on(facts: tuple[Fact, ...], mode: str) -> None:
    (service,) = COMPONENT.implied(site(door("lb1", "lb2"), facts=facts))
    assert COMPONENT.settings(service).mode == mode


def claims(design: Design) -> Claims:
    (service,) = [s for s in design.services.values() if s.kind == "keepalived"]
    return COMPONENT.claims(service, design)


def test_neighbours_alone_may_speak_of_them() -> None:
    design = site(door("lb1", "lb2"), written("lb1", "lb2"))
    assert claims(design).offers == (Offer("vips", "vrrp", 0, Audience.NEIGHBOURS, "vrrp", "vrrp"),)
    assert claims(design).floating == (FloatingNeed(("lb1", "lb2"), 2),)


def test_real_machines_have_those_that_are_named() -> None:
    assert COMPONENT.implied(site(door("lb1", "lb2"), real=True)) == ()
    named = ["203.0.113.10", "203.0.113.11"]
    design = site(door("lb1", "lb2"), written("lb1", "lb2", addresses=named), real=True)
    assert claims(design).floating == (FloatingNeed(("lb1", "lb2"), 2, tuple(named)),)


@pytest.mark.parametrize(
    ("service", "real", "message"),
    [
        (written("lb1"), False, "not the machines of a service where users arrive"),
        (written("lb1", "db1"), False, "not the machines of a service where users arrive"),
        (written("lb1", "lb2", addresses=["203.0.113.9"]), False, "a lab has floating addresses of its own"),
        (written("lb1", "lb2"), True, "needs 2 floating addresses, and 0 are named"),
        (written("lb1", "lb2", addresses=["203.0.113.9"] * 2), True, "and 1 are named"),
        (written("lb1", "lb2", mode="active-passive"), True, "needs 1 floating address, and 0"),
    ],
)
def test_what_can_not_float_is_refused(service: Service, real: bool, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        claims(site(door("lb1", "lb2"), service, real=real))


# Who holds them


@dataclasses.dataclass(frozen=True)
class Edge:
    """What one edge's priority for an address is made of."""

    at_home: bool
    answers: bool
    settled: bool

    @property
    def priority(self) -> int:
        (seat,) = seats("lb1", ["lb1"] if self.at_home else ["lb2"], ["192.0.2.200"], homes=True)
        return seat.priority + ANSWERS * self.answers + SETTLED * self.settled


edges = st.builds(Edge, st.booleans(), st.booleans(), st.booleans())


@given(edges, edges)
def test_who_answers_stands_above_who_does_not(one: Edge, other: Edge) -> None:
    if one.answers and not other.answers:
        assert one.priority > other.priority


@given(edges, st.booleans())
def test_nobody_takes_an_address_away_from_its_home(other: Edge, settled: bool) -> None:
    home = Edge(at_home=True, answers=True, settled=settled)
    if not other.at_home:
        assert other.priority <= home.priority


def test_an_edge_takes_its_address_back_when_it_has_been_well_for_a_while() -> None:
    holder = Edge(at_home=False, answers=True, settled=True)
    back = Edge(at_home=True, answers=True, settled=False)
    assert back.priority == holder.priority
    assert dataclasses.replace(back, settled=True).priority > holder.priority


def test_an_address_that_is_given_back_goes_home_at_once_and_to_none_that_fails() -> None:
    less = runpy.run_path(str(HANDOVER))["LESS"]
    holder = Edge(at_home=False, answers=True, settled=True).priority + less
    assert Edge(at_home=True, answers=True, settled=False).priority > holder
    assert Edge(at_home=True, answers=False, settled=True).priority < holder


def test_of_two_that_have_just_come_each_has_its_own() -> None:
    assert Edge(True, True, False).priority > Edge(False, True, False).priority


def test_priorities_are_what_vrrp_has() -> None:
    assert 0 < BASE + HOME + ANSWERS + SETTLED < 255
    assert GONE < -253


def test_addresses_without_a_home_are_the_same_to_all() -> None:
    found = [seats(m, ["lb1", "lb2"], ["192.0.2.200"], homes=False) for m in ("lb1", "lb2")]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(3, "", ""), False, "keepalived does not run"),
        (Answer(0, "[]", ""), True, "holds none, stands by"),
        (
            Answer(
                0, json.dumps([{}, {"addr_info": [{"local": "192.0.2.1"}, {"local": "192.0.2.201"}]}]), ""
            ),
            True,
            "holds 192.0.2.201",
        ),
    ],
)
def test_what_a_member_says_it_holds(answer: Answer, healthy: bool, detail: str) -> None:
    health = held(["192.0.2.200", "192.0.2.201"])(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


# What a door is worth: the script itself, with a curl that says what we want


@dataclasses.dataclass(frozen=True)
class Script:
    """door-standing in a folder of its own, and with a clock that the test sets (`now`)."""

    folder: Path

    def run(self, now: int, says: str, *words: str) -> tuple[int, str]:
        """Its exit code and what it left in `standing`, when curl is `says` (a shell command)."""
        source = text(site(door("lb1", "lb2")), "lb1", f"{PROGRAMS}/door-standing")
        (self.folder / "uptime").write_text(f"{now}.50 100.00\n")
        source = source.replace("/run/keepalived/door", str(self.folder))
        source = source.replace("/proc/uptime", str(self.folder / "uptime"))
        curl = self.folder / "bin" / "curl"
        curl.parent.mkdir(exist_ok=True)
        curl.write_text(f"#!/bin/sh\n{says}\n")
        curl.chmod(0o755)
        argv, path = ["sh", "-c", source, "sh", *words], f"{curl.parent}:{os.environ['PATH']}"
        done = subprocess.run(argv, check=False, capture_output=True, text=True, env={"PATH": path})
        assert not done.stderr
        return done.returncode, (self.folder / "standing").read_text().strip()


WELL, EMPTY = "printf 'web:web1=1\\nweb:web2=0\\n'", "printf 'web:web1=0\\nweb:web2=0\\n'"
SILENT, NOBODY = "exit 28", "exit 7"


def test_a_door_settles_when_it_has_been_well_for_a_while(tmp_path: Path) -> None:
    script = Script(tmp_path)
    assert script.run(100, WELL, "anew") == (1, "0")
    assert script.run(101, WELL) == (0, "0")
    assert script.run(129, WELL) == (0, "0")
    assert script.run(130, WELL) == (0, "1")


@pytest.mark.parametrize(("mishap", "worth"), [(EMPTY, "0"), (SILENT, "0"), (NOBODY, str(GONE))])
def test_after_a_mishap_it_has_to_settle_again(tmp_path: Path, mishap: str, worth: str) -> None:
    script = Script(tmp_path)
    script.run(100, WELL, "anew")
    assert script.run(200, WELL) == (0, "1")
    assert script.run(201, mishap) == (1, worth)
    assert script.run(202, WELL) == (0, "0")
    assert script.run(231, WELL) == (0, "1")


def test_a_door_whose_process_ended_steps_down_at_once(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.run(100, WELL, "anew")
    assert script.run(200, WELL) == (0, "1")
    assert script.run(200, WELL, "gone") == (1, str(GONE))
    assert script.run(201, WELL) == (0, "0")


def test_one_request_may_fail_by_chance(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.run(100, WELL, "anew")
    first = tmp_path / "first"
    once = f"[ -e {first} ] || {{ : >{first}; {SILENT}; }}; {WELL}"
    assert script.run(200, once) == (0, "1")


# What is still under way


def test_connections_that_may_still_carry_something() -> None:
    handover = runpy.run_path(str(HANDOVER))
    ours, other = (handover["as_hexadecimal"](a) for a in ("192.0.2.200", "192.0.2.1"))
    assert socket.inet_ntoa(int(ours, 16).to_bytes(4, sys.byteorder)) == "192.0.2.200"
    lines = ["  sl  local_address rem_address   st", ""]
    lines += [f"   {i}: {ours}:01BB 0100007F:A000 {state} 00000000:00000000" for i, state in
              enumerate(("01", "03", "08", "05", "06", "0A"))]  # fmt: skip
    lines += [f"   9: {other}:01BB 0100007F:A000 01 00000000:00000000"]
    assert handover["busy"](lines, ["192.0.2.200"]) == 3
    assert handover["busy"](lines, ["192.0.2.201"]) == 0
