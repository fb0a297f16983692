"""Which packets a machine lets in, for the designs people draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from colonnade.components.nftables.component import COMPONENT, RULES
from colonnade.components.nftables.rules import address_set, rules
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, FloatingNeed, Offer
from colonnade.kit.material import Addresses
from colonnade.kit.resources import Command, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]
PAIRS = (("web1", "app1"), ("web2", "app2"))


def service(name: str, *members: str, to: Sequence[Link] = (), public: bool = False) -> Service:
    return Service(name, name, members, NoSettings(), tuple(to), public)


def design(*services: Service) -> Design:
    machines = dict.fromkeys(m for s in services for m in s.members)
    return Design("www.foobar.com", {s.name: s for s in services}, {m: Machine(m) for m in machines})


TIERS = design(
    service("edge", "lb1", to=[Link("web")], public=True),
    service("web", "web1", "web2", to=[Link("app", PAIRS)]),
    service("app", "app1", "app2", to=[Link("db")]),
    service("db", "db1", "db2"),
)
ONE_SERVER = design(
    service("edge", "server1", to=[Link("web")], public=True),
    service("web", "server1", to=[Link("app")]),
    service("app", "server1", to=[Link("db")]),
    service("db", "server1"),
)
OFFERS = Claims(
    offers=(
        Offer("edge", "https", 443, Audience.PUBLIC, "https"),
        Offer("edge", "dns-udp", 53, Audience.PUBLIC, "dns", "udp"),
        Offer("web", "https", 8443, Audience.LINKS, "https"),
        Offer("app", "https", 9443, Audience.LINKS, "https"),
        Offer("db", "mysql", 3306, Audience.LINKS, "mysql"),
        Offer("db", "replication", 3306, Audience.PEERS, "mysql"),
        Offer("firewall", "ssh", 22, Audience.OPERATOR, "ssh"),
    )
)


def view(drawn: Design = TIERS) -> View:
    return view_of(drawn, {"nftables": COMPONENT}, (OFFERS,))


def table(machine: str, seen: View) -> str:
    ground = COMPONENT.resources(seen.design.services["firewall"], machine, seen)[Stage.GROUND]
    (file,) = [r for r in ground if isinstance(r, File) and r.path == RULES]
    return file.content.decode()


@pytest.mark.parametrize("machine", ["lb1", "web1", "app2", "db2"])
def test_tiers(machine: str, golden: Golden) -> None:
    golden(f"{machine}.conf", table(machine, view()))


def test_one_server_with_everything_opens_only_its_door(golden: Golden) -> None:
    golden("one-server.conf", table("server1", view(ONE_SERVER)))


def matches(machine: str, seen: View) -> dict[str, str]:
    return {rule.why: rule.match for rule in rules(machine, seen)}


def test_pairs_stay_pairs() -> None:
    seen = view()
    web1, web2 = (seen.addresses(m).inside for m in ("web1", "web2"))
    assert f"saddr {web1} " in matches("app1", seen)["web -> app https"]
    assert web2 not in table("app1", seen).split("chain forward")[0].split("dport")[1]


TWO_DOORS = replace(
    design(service("edge", "lb1", "lb2", to=[Link("web")], public=True), service("web", "web1")),
    uplinks=("a", "b"),
)
FLOATING = Claims(
    offers=(
        Offer("edge", "https", 443, Audience.PUBLIC, "https"),
        Offer("edge", "vrrp", 0, Audience.NEIGHBOURS, "vrrp", "vrrp"),
    ),
    floating=(FloatingNeed(("lb1", "lb2"), 1),),
)


def test_neighbours_are_heard_by_the_uplink_that_both_are_on() -> None:
    seen = view_of(TWO_DOORS, {"nftables": COMPONENT}, (FLOATING,))
    heard = [rule.match for rule in rules("lb1", seen) if "112" in rule.match]
    end = "fib saddr . iif oif exists ip protocol 112 ip ttl 255"
    assert heard == [
        f"ip saddr 192.0.2.2 ip daddr 192.0.2.1 {end}",
        f"ip saddr 198.51.100.2 ip daddr 198.51.100.1 {end}",
    ]


def test_users_are_admitted_at_floating_addresses_too() -> None:
    seen = view_of(TWO_DOORS, {"nftables": COMPONENT}, (FLOATING,))
    every = "{ 192.0.2.1, 192.0.2.200, 198.51.100.1, 198.51.100.200 }"
    assert matches("lb1", seen)["anyone -> edge https"] == f"ip daddr {every} tcp dport 443"


def test_a_door_without_an_address_of_its_own_is_reached_at_the_inside_one() -> None:
    seen = view()
    material = replace(seen.material, addresses={**seen.material.addresses, "lb1": Addresses("10.0.0.1")})
    inside_only = replace(seen, material=material)
    assert matches("lb1", inside_only)["anyone -> edge https"] == "ip daddr 10.0.0.1 tcp dport 443"


@pytest.mark.parametrize(
    ("operator", "match"),
    [
        ("10.0.0.254", "ip saddr 10.0.0.254 tcp dport 22"),
        ("2001:db8::5", "ip6 saddr 2001:db8::5 tcp dport 22"),
        ("", "tcp dport 22"),
    ],
)
def test_the_operator_is_never_locked_out(operator: str, match: str) -> None:
    seen = view()
    known = replace(seen, material=replace(seen.material, operator=operator))
    assert matches("db1", known)["operator -> firewall ssh"] == match


def test_addresses_are_in_numeric_order() -> None:
    assert address_set(["10.0.0.10", "10.0.0.9", "10.0.0.9"]) == "{ 10.0.0.9, 10.0.0.10 }"
    assert address_set(["10.0.0.9"]) == "10.0.0.9"
    assert address_set([]) == ""


def test_a_long_reason_is_cut_to_what_nftables_takes() -> None:
    long = "a" * 63
    drawn = design(service(long, "m1", to=[Link("b" * 63)]), service("b" * 63, "m2"))
    offer = Claims(offers=(Offer("b" * 63, "https", 1, Audience.LINKS, "https"),))
    (rule,) = rules("m2", view_of(drawn, {"nftables": COMPONENT}, (offer,)))
    assert len(rule.why) == 127


def test_the_file_is_proved_loaded_and_kept_loaded() -> None:
    seen = view()
    ground = COMPONENT.resources(seen.design.services["firewall"], "db1", seen)[Stage.GROUND]
    file = next(r for r in ground if isinstance(r, File) and r.path == RULES)
    unit = next(r for r in ground if isinstance(r, Unit))
    command = next(r for r in ground if isinstance(r, Command))
    assert file.validate == ("nft", "--check", "--file", "{staged}")
    assert unit.reload_on == (file.id,)
    assert ground.index(unit) < ground.index(command)


def test_a_flushed_firewall_is_unhealthy() -> None:
    seen = view()
    (check,) = COMPONENT.checks(seen.design.services["firewall"], "db1", seen)
    assert not check.read(Answer(1, "", "Error: No such file or directory")).healthy
    assert not check.read(Answer(0, "chain input { policy accept; }", "")).healthy
    listing = 'policy drop;\n tcp dport 1 accept comment "a"\n tcp dport 2 accept comment "b"\n'
    assert check.read(Answer(0, listing, "")).detail == "2 flows allowed"
