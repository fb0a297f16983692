"""What the site's name servers say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from colonnade.components.knot.component import COMPONENT, answers
from colonnade.components.knot.zone import Record, origin_of, zone_of
from colonnade.errors import StateError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, FloatingNeed, Name
from colonnade.kit.material import Addresses, Line
from colonnade.kit.resources import File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]
LB1 = Addresses("10.0.0.1", (Line("a", "192.0.2.1"),))


def design(*doors: str) -> Design:
    services = {
        "edge": Service("edge", "haproxy", doors, NoSettings(), public=True),
        "db": Service("db", "mariadb", ("db1",), NoSettings()),
    }
    return Design("www.foobar.com", services, {m: Machine(m) for m in (*doors, "db1")})


def view(*doors: str) -> View:
    name = Name("www.foobar.com", doors)
    return view_of(design(*doors), {"knot": COMPONENT}, (Claims(names=(name,)),))


def files(machine: str, seen: View) -> dict[str, File]:
    ground = COMPONENT.resources(seen.design.services["dns"], machine, seen)[Stage.GROUND]
    return {r.path: r for r in ground if isinstance(r, File)}


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("www.foobar.com", "foobar.com"),
        ("foobar.com", "foobar.com"),
        ("a.b.foobar.com", "b.foobar.com"),
        ("localhost", "localhost"),
    ],
)
def test_the_zone_a_site_lives_in(site: str, origin: str) -> None:
    assert origin_of(site) == origin


def test_name_servers_stand_where_users_arrive() -> None:
    (service,) = COMPONENT.implied(design("lb1", "lb2"))
    assert (service.name, service.members, service.public) == ("dns", ("lb1", "lb2"), False)
    offers = COMPONENT.claims(service, design("lb1", "lb2")).offers
    assert {(o.port, o.transport, o.audience) for o in offers} == {
        (53, "udp", Audience.PUBLIC),
        (53, "tcp", Audience.PUBLIC),
    }


def test_a_design_without_a_door_has_no_name_server() -> None:
    assert not COMPONENT.implied(Design("www.foobar.com", {}, {}))


def test_one_door(golden: Golden) -> None:
    found = files("lb1", view("lb1"))
    golden("one-door.zone", found["/etc/knot/foobar.com.zone"].content.decode())
    golden("one-door.conf", found["/etc/knot/knot.conf"].content.decode())
    golden("knot.service.conf", found["/etc/systemd/system/knot.service.d/colonnade.conf"].content.decode())


def test_two_doors_serve_one_zone_each_at_its_own_address(golden: Golden) -> None:
    seen = view("lb1", "lb2")
    first, second = files("lb1", seen), files("lb2", seen)
    golden("two-doors.zone", first["/etc/knot/foobar.com.zone"].content.decode())
    assert first["/etc/knot/foobar.com.zone"] == second["/etc/knot/foobar.com.zone"]
    assert b"192.0.2.2@53" in second["/etc/knot/knot.conf"].content


def test_both_files_are_proved_before_the_swap_and_only_reload_the_server() -> None:
    seen = view("lb1")
    ground = COMPONENT.resources(seen.design.services["dns"], "lb1", seen)[Stage.GROUND]
    proved = [r for r in ground if isinstance(r, File) and r.path.startswith("/etc/knot/")]
    unit = next(r for r in ground if isinstance(r, Unit))
    assert len(proved) == 2
    assert all("{staged}" in f.validate and f.group == "knot" for f in proved)
    assert set(unit.reload_on) == {f.id for f in proved}


def test_a_site_that_is_its_own_zone_has_its_addresses_at_the_top() -> None:
    zone = zone_of("foobar.com", [Name("foobar.com", ("lb1",), 30)], {"lb1": LB1})
    assert Record("foobar.com.", 30, "192.0.2.1") in zone.records
    assert zone.servers == ("ns1.foobar.com.",)


def test_names_lead_to_floating_addresses_and_servers_stay_at_their_own() -> None:
    doors = ("lb1", "lb2")
    claims = Claims(names=(Name("www.foobar.com", doors),), floating=(FloatingNeed(doors, 2),))
    seen = view_of(design(*doors), {"knot": COMPONENT}, (claims,))
    zone = zone_of("www.foobar.com", seen.claims.names, {m: seen.addresses(m) for m in doors})
    found = {(record.owner, record.address) for record in zone.records}
    assert found == {
        ("ns1.foobar.com.", "192.0.2.1"),
        ("ns2.foobar.com.", "192.0.2.2"),
        ("www.foobar.com.", "192.0.2.200"),
        ("www.foobar.com.", "192.0.2.201"),
    }
    assert "192.0.2.20" not in files("lb1", seen)["/etc/knot/knot.conf"].content.decode()


def test_a_name_of_another_zone_is_refused() -> None:
    with pytest.raises(StateError, match=r"www.notfoobar.com is not in the site's zone foobar.com"):
        zone_of("www.foobar.com", [Name("www.notfoobar.com", ("lb1",))], {"lb1": LB1})


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "192.0.2.2\n192.0.2.1\n", ""), True, "www.foobar.com gives 192.0.2.2, 192.0.2.1"),
        (Answer(0, "192.0.2.1\n", ""), False, "www.foobar.com gives 192.0.2.1, not 192.0.2.1, 192.0.2.2"),
        (Answer(0, "", ""), False, "www.foobar.com gives nothing, not 192.0.2.1, 192.0.2.2"),
        (
            Answer(1, ";; ERROR: failed to query server\n", ""),
            False,
            "www.foobar.com gives ;; ERROR: failed to query server, not 192.0.2.1, 192.0.2.2",
        ),
    ],
)
def test_the_server_is_asked_for_every_address(answer: Answer, healthy: bool, detail: str) -> None:
    one = {"a": ("192.0.2.1", "192.0.2.2")}
    health = answers(Name("www.foobar.com", ("lb1", "lb2")), ["192.0.2.1", "192.0.2.2"], one)(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.parametrize(
    ("said", "healthy"),
    [
        ("198.51.100.1\n198.51.100.2\n", True),
        ("192.0.2.1\n192.0.2.2\n", True),
        ("192.0.2.1\n198.51.100.1\n198.51.100.2\n", False),
        ("198.51.100.1\n", False),
        ("", False),
    ],
)
def test_an_uplink_may_be_withdrawn_as_a_whole_and_never_every_one(said: str, healthy: bool) -> None:
    led = {"a": ("192.0.2.1", "192.0.2.2"), "b": ("198.51.100.1", "198.51.100.2")}
    every = [*led["a"], *led["b"]]
    health = answers(Name("www.foobar.com", ("lb1", "lb2")), every, led)(Answer(0, said, ""))
    assert health.healthy is healthy
    assert ("none of uplink" in health.detail) is healthy
