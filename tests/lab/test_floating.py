"""Two doors on two uplinks, each with a floating address on each: whatever stops one, the other has it all.

The gaps are what a client sees that asks every address on new connections, 50 times a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.site import Site, within
from tests.lab.watching import Seen, probe, visit

pytestmark = pytest.mark.lab

DELAY = 5
HOME_SECONDS = 60
"""How long an address may take to come home: `DELAY`, and what a busy computer adds."""

DESIGN = f"""\
site: www.example.org
uplinks: [a, b]
services:
  edge: {{kind: haproxy, machines: [lb1, lb2], to: [web], trusted: [198.18.0.0/15]}}
  web: {{kind: nginx, machines: [web1]}}
  floating: {{kind: keepalived, machines: [lb1, lb2], preempt_delay: {DELAY}}}
"""
LB1, LB2 = "lb1", "lb2"
DOORS = (LB1, LB2)
TAKEOVER, RESTART = 0.5, 1.0
"""Seconds that a takeover may take: of a machine, and of a process that ends."""

Record = Callable[[str, object], None]


class Doors:
    """The site, and where its floating addresses are."""

    def __init__(self, site: Site) -> None:
        self.site, self.lab = site, site.lab
        of = site.lab.addressing.floating
        uplinks = ("uplink-a", "uplink-b")
        self.homes = {door: tuple(str(of(u)[number]) for u in uplinks) for number, door in enumerate(DOORS)}
        self.all = [address for door in DOORS for address in self.homes[door]]

    def held(self, door: str) -> set[str]:
        listing = json.loads(self.site.sh(door, "ip -json -4 address show"))
        here = {info["local"] for link in listing for info in link.get("addr_info", ())}
        return here & set(self.all)

    def at_home(self) -> bool:
        """Whether each door holds its own addresses, and has been well for a while."""
        standing = [self.site.sh(d, "cat /run/keepalived/door/standing || true") for d in DOORS]
        return standing == ["1", "1"] and all(self.held(d) == set(self.homes[d]) for d in DOORS)

    def settle(self) -> None:
        within(HOME_SECONDS, self.at_home, "addresses do not come home")

    def answers(self) -> list[int]:
        """The status of a page at each address."""
        name = self.site.design.site
        return [self.site.get("/", "--resolve", f"{name}:443:{a}").status for a in self.all]

    def probe(self, act: Callable[[], object], seconds: float = 4) -> dict[str, Seen]:
        return probe(self.site, self.all, act, seconds)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("floating")
    path = folder / "site.yaml"
    path.write_text(DESIGN)
    with Site(path, "t-floating", folder) as site:
        yield Doors(site)


@pytest.fixture
def doors(running: Doors) -> Iterator[Doors]:
    """At home before a test, and mended after it."""
    running.settle()
    yield running
    running.lab.heal()
    for door in DOORS:
        if running.lab.states()[door] == "stopped":
            running.lab.start(door)
        running.site.sh(door, "systemctl unmask --runtime haproxy && systemctl start haproxy keepalived")


def told(seen: dict[str, Seen], addresses: Sequence[str], what: str, record: Record) -> float:
    """The longest gap at these addresses, in the report too."""
    gap = max(seen[address].gap for address in addresses)
    record(f"{what}: longest gap (s)", f"{gap:.2f}")
    return gap


def test_each_address_answers_and_the_name_leads_to_all(doors: Doors) -> None:
    for door in DOORS:
        assert doors.held(door) == set(doors.homes[door])
    assert doors.answers() == [200] * 4
    asked = doors.site.client(["kdig", "+short", doors.site.design.site, "A"]).stdout.split()
    assert sorted(asked) == sorted(doors.all)
    status = doors.site.status()
    assert sorted(status["addresses"]) == sorted(doors.all)
    (floating,) = [s for s in status["services"] if s["name"] == "floating"]
    assert [m["detail"] for m in floating["members"]] == [f"holds {', '.join(doors.homes[d])}" for d in DOORS]


def test_a_machine_that_loses_its_power(doors: Doors, record_property: Record) -> None:
    seen = doors.probe(lambda: doors.lab.kill(LB1))
    assert told(seen, doors.homes[LB1], "power cut", record_property) <= TAKEOVER
    assert told(seen, doors.homes[LB2], "power cut, the other's", record_property) <= TAKEOVER
    assert [seen[a].wrong for a in doors.homes[LB2]] == [[], []]
    assert doors.held(LB2) == set(doors.all)


def test_what_comes_back_waits_before_it_takes_its_addresses_home(
    doors: Doors, record_property: Record
) -> None:
    doors.lab.kill(LB1)
    within(10, lambda: doors.held(LB2) == set(doors.all), "nobody took over")
    doors.lab.start(LB1)
    within(30, lambda: doors.site.sh(LB1, "cat /run/keepalived/door/standing || true") == "0", "not up")
    began = time.monotonic()
    assert doors.held(LB2) == set(doors.all)
    seen = doors.probe(doors.settle, DELAY + 5)
    record_property("back home after (s)", f"{time.monotonic() - began:.0f}")
    assert told(seen, doors.all, "going home", record_property) <= TAKEOVER


def test_a_machine_that_freezes(doors: Doors, record_property: Record) -> None:
    seen = doors.probe(lambda: doors.lab.freeze(LB1))
    assert told(seen, doors.homes[LB1], "freeze", record_property) <= TAKEOVER
    assert [seen[a].wrong for a in doors.homes[LB2]] == [[], []]


def test_haproxy_killed(doors: Doors, record_property: Record) -> None:
    def kill() -> None:
        doors.site.sh(LB1, "systemctl kill --signal=KILL haproxy")

    seen = doors.probe(kill)
    assert told(seen, doors.homes[LB1], "haproxy killed", record_property) <= RESTART
    assert [seen[a].wrong for a in doors.homes[LB2]] == [[], []]


def test_haproxy_that_can_not_start(doors: Doors, record_property: Record) -> None:
    seen = doors.probe(lambda: doors.site.sh(LB1, "systemctl mask --runtime --now haproxy"))
    assert told(seen, doors.homes[LB1], "haproxy stopped for good", record_property) <= RESTART
    assert doors.held(LB1) == set()
    assert doors.held(LB2) == set(doors.all)


def test_haproxy_that_hangs(doors: Doors, record_property: Record) -> None:
    def hang() -> None:
        doors.site.sh(LB1, "systemctl kill --signal=STOP haproxy")

    try:
        seen = doors.probe(hang, 8)
    finally:
        doors.site.sh(LB1, "systemctl kill --signal=CONT haproxy")
    told(seen, doors.homes[LB1], "haproxy hangs", record_property)
    assert doors.held(LB2) == set(doors.all)


def test_keepalived_killed(doors: Doors, record_property: Record) -> None:
    def kill() -> None:
        doors.site.sh(LB1, "systemctl kill --signal=KILL keepalived")

    seen = doors.probe(kill)
    assert told(seen, doors.all, "keepalived killed", record_property) <= TAKEOVER
    within(5, lambda: doors.held(LB1).isdisjoint(doors.held(LB2)), "both hold an address")


def test_a_reload_moves_nothing(doors: Doors, record_property: Record) -> None:
    def reload() -> None:
        doors.site.sh(LB1, "systemctl reload keepalived")

    seen = doors.probe(reload)
    assert [seen[a].wrong for a in doors.all] == [[]] * 4
    told(seen, doors.all, "keepalived reloaded", record_property)
    assert doors.at_home()


def test_one_cable_of_one_door(doors: Doors, record_property: Record) -> None:
    seen = doors.probe(lambda: doors.lab.cut(LB1, "uplink-a"))
    on_a, on_b = doors.homes[LB1]
    assert told(seen, [on_a], "cable cut", record_property) <= TAKEOVER
    assert seen[on_b].wrong == []
    assert on_b in doors.held(LB1)
    doors.lab.heal(LB1)
    within(5, lambda: doors.held(LB1).isdisjoint(doors.held(LB2)), "both hold an address")


def test_without_web_servers_somebody_still_says_so(doors: Doors) -> None:
    doors.site.sh("web1", "systemctl stop nginx")
    try:
        within(20, lambda: doors.answers() == [503] * 4, "not every address says that the site is away")
        assert doors.held(LB1) | doors.held(LB2) == set(doors.all)
    finally:
        doors.site.sh("web1", "systemctl start nginx")


@pytest.mark.parametrize("stopped", ["service", "machine"])
def test_an_orderly_stop_loses_no_request(doors: Doors, stopped: str, record_property: Record) -> None:
    def stop() -> None:
        if stopped == "machine":
            doors.lab.stop(LB1)
        else:
            doors.site.sh(LB1, "systemctl stop keepalived")

    seen = visit(doors.site, doors.all, stop, 8)
    record_property(f"orderly stop of the {stopped}: requests, slowest (s)",
                    f"{len(seen.visits)}, {seen.slowest:.2f}")  # fmt: skip
    assert seen.failed == []
    assert doors.held(LB2) == set(doors.all)


NOT_YET = "read -r now rest </proc/uptime; echo $((${now%.*} + 600)) >/run/keepalived/door/mishap"
"""A mishap that is long to come: the door does not settle before it is over."""


def test_what_a_door_stood_in_for_is_handed_back_without_losing_a_request(
    doors: Doors, record_property: Record
) -> None:
    """As at the end of maintenance, and before the address comes home by itself."""
    give = ["python3", "-I", "/usr/lib/colonnade/floating-handover", "give", "haproxy.service", "USR2"]
    give += [f"/run/keepalived/given-{LB1}", *doors.homes[LB1]]

    def hand_back() -> None:
        done = doors.site.on(LB2, give)
        assert done.returncode == 0, done.stderr

    doors.site.sh(LB1, f"systemctl restart keepalived && {NOT_YET}")
    try:
        assert doors.held(LB2) == set(doors.all)
        seen = visit(doors.site, doors.all, hand_back, 4)
        assert doors.held(LB1) == set(doors.homes[LB1])
        record_property("handed back: requests, slowest (s)", f"{len(seen.visits)}, {seen.slowest:.2f}")
        assert seen.failed == []
        hand_back()  # again, which does nothing
    finally:
        doors.site.sh(LB1, "echo 0 >/run/keepalived/door/mishap")


SHOUT = """\
import socket, struct, sys, time
own, door, address = sys.argv[1:]
line = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
line.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
line.bind((own, 0))
body = struct.pack("!BBBBHH4s", 0x31, 1, 254, 1, 10, 0, socket.inet_aton(address))
words = socket.inet_aton(own) + socket.inet_aton(door) + struct.pack("!BBH", 0, 112, len(body)) + body
total = sum(struct.unpack(f"!{len(words) // 2}H", words))
total = (total & 0xFFFF) + (total >> 16)
body = body[:6] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + body[8:]
for _ in range(40):
    line.sendto(body, (door, 0))
    time.sleep(0.05)
"""
"""VRRPv3 with the highest priority there is, twenty times a second: "I hold this address" (RFC 9568, 5.1)."""

COUNT = """\
table inet t_count {
    chain before { type filter hook input priority -5; ip saddr %s ip protocol 112 counter; }
    chain after { type filter hook input priority 5; ip saddr %s ip protocol 112 counter; }
}
"""


def counted(doors: Doors) -> list[int]:
    """Packets of the stranger that came to the firewall, and that came through it."""
    listing = json.loads(doors.site.sh(LB1, "nft --json list table inet t_count"))
    rules = [entry["rule"] for entry in listing["nftables"] if "rule" in entry]
    return [part["counter"]["packets"] for r in rules for part in r["expr"] if "counter" in part]


def test_a_stranger_on_the_same_network_takes_no_address(doors: Doors) -> None:
    """The stranger is the provider's router. The same packets from a neighbour are obeyed, so they are well
    formed.
    """
    (address, _), own = doors.homes[LB1], str(doors.lab.addresses(LB1)["uplink-a"])
    router = str(doors.lab.addressing.router("uplink-a"))
    doors.site.sh(LB1, f"nft '{COUNT % (router, router)}'")
    try:
        seen = doors.probe(lambda: shout_from_outside(doors, router, own, address))
        came, passed = counted(doors)
    finally:
        doors.site.sh(LB1, "nft delete table inet t_count")
    assert (came, passed) == (40, 0)
    assert seen[address].wrong == []
    neighbour = str(doors.lab.addresses(LB2)["uplink-a"])
    shouting = ["python3", "-c", SHOUT, neighbour, own, address]
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(doors.site.on, LB2, shouting)
        within(2, lambda: address not in doors.held(LB1), "the packets mean nothing to anybody")
        assert done.result().returncode == 0, done.result().stderr


def shout_from_outside(doors: Doors, *words: str) -> None:
    place = f"--net=/run/netns/colonnade-{doors.lab.name}"
    subprocess.run(["nsenter", place, sys.executable, "-c", SHOUT, *words], check=True, timeout=20)
