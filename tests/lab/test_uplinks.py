"""Providers die, one way or both, and come back; the name leads users where something answers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest

from tests.lab.site import COMMAND, Site, environment, within

pytestmark = pytest.mark.lab

DESIGN = """\
site: www.foobar.com
uplinks: [a, b]
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web], trusted: [198.18.0.0/15]}
  web: {kind: nginx, machines: [m1], to: [app]}
  app: {kind: app, machines: [m1], to: [db]}
  db: {kind: mariadb, machines: [m1]}
"""
DOORS = ("lb1", "lb2")
A, B, BOTH = {"uplink-a"}, {"uplink-b"}, {"uplink-a", "uplink-b"}
TTL_SECONDS = 20
NOTICED_SECONDS, BACK_SECONDS = 20, 40
CONNECT_SECONDS = 4

# One request after the other, each by name and on a connection of its own: when it began, what came of it,
# and how long it took.
VISITS = f"""\
while [ ! -e /tmp/enough ]; do
    printf '%s ' "$(date +%s.%N)"
    curl --silent --output /dev/null --connect-timeout {CONNECT_SECONDS} --max-time 10 \
        --write-out '%{{http_code}} %{{time_total}}\\n' https://www.foobar.com/ || true
done
"""

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("uplinks")
    design = folder / "site.yaml"
    design.write_text(DESIGN)
    with Site(design, "t-uplinks", folder) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """Everything is given on both doors, and is so again afterwards."""
    everything_is_given(running)
    yield running
    running.lab.heal()
    everything_is_given(running)


@pytest.fixture(scope="class")
def without_a(running: Site) -> Iterator[Site]:
    """The provider of uplink a is dead, and both doors know it."""
    everything_is_given(running)
    withdrawn(running)
    yield running
    running.lab.heal()
    everything_is_given(running)


@dataclass(frozen=True)
class Visit:
    """`began` in epoch seconds, by the clock that all machines of a lab share."""

    began: float
    status: str
    seconds: float


def visited(site: Site) -> list[Visit]:
    """Those that have ended."""
    *ended, _ = site.client(["cat", "/tmp/visits"]).stdout.split("\n")
    return [Visit(float(began), status, float(seconds)) for began, status, seconds in map(str.split, ended)]


def everything_is_given(site: Site) -> None:
    within(BACK_SECONDS, lambda: all(gives(site, door) == BOTH for door in DOORS), "not all is given")


def gives(site: Site, door: str) -> set[str]:
    """The uplinks whose addresses this door's own name server gives."""
    ask = ["kdig", "@127.0.0.1", "+short", "+norecurse", "+timeout=1", "+retry=0", site.design.site, "A"]
    return uplinks_of(site, site.on(door, ask).stdout.split())


def told(site: Site) -> set[str]:
    """The uplinks that a visitor is told of, who asks a resolver."""
    return uplinks_of(site, site.client(["kdig", "+short", site.design.site, "A"]).stdout.split())


def uplinks_of(site: Site, addresses: list[str]) -> set[str]:
    networks = {u: site.lab.addressing.subnet(u) for u in BOTH}
    return {u for a in addresses for u, net in networks.items() if a[:1].isdigit() and ip_address(a) in net}


def until_all_give(site: Site, wanted: set[str], seconds: float, since: float) -> float:
    """Seconds from `since` until every door's name server gives these uplinks."""
    within(seconds, lambda: all(gives(site, door) == wanted for door in DOORS), f"not all give {wanted}")
    return round(time.monotonic() - since, 2)


def for_seconds(seconds: float, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert holds()
        time.sleep(0.2)


def withdrawn(site: Site, uplink: str = "uplink-a") -> None:
    site.lab.cut_uplink(uplink)
    until_all_give(site, BOTH - {uplink}, NOTICED_SECONDS, time.monotonic())


def watching(site: Site, door: str) -> str:
    return site.sh(door, "systemctl show --property=MainPID --value colonnade-uplinks")


def test_questions_between_the_doors_go_through_the_world(site: Site) -> None:
    """There is a shorter way, as all doors are neighbours on each uplink; it is what they must not take."""
    first, second = (site.lab.addresses(door) for door in DOORS)
    ask = ["kdig", f"@{second['uplink-a']}", "-b", str(first["uplink-b"]), "+timeout=1", "+retry=0", "."]
    route = site.sh("lb1", f"ip route get {second['uplink-a']} from {first['uplink-b']}")
    assert f"via {site.lab.addressing.router('uplink-b')}" in route
    assert site.on("lb1", ask).returncode == 0
    site.lab.cut_uplink("uplink-b", "out")
    assert site.on("lb1", ask).returncode != 0


def test_a_dead_provider_is_left_behind_and_no_visitor_waits_longer_than_for_one_connection(
    site: Site, record_property: Record
) -> None:
    site.client(["rm", "-f", "/tmp/enough", "/tmp/visits"])
    site.client(["sh", "-c", f"({VISITS}) >/tmp/visits 2>&1 </dev/null &"])
    try:
        began = time.monotonic()
        site.lab.cut_uplink("uplink-a")
        dead = time.time()
        record_property("seconds until the doors give one uplink only", until_all_give(site, B, 20, began))
        within(TTL_SECONDS + 10, lambda: told(site) == B, "visitors are still told of the dead uplink")
        record_property("seconds until visitors are told so", round(time.monotonic() - began, 2))
        began = time.monotonic()
        site.lab.heal_uplink("uplink-a")
        record_property("seconds until both are given again", until_all_give(site, BOTH, 40, began))
        within(TTL_SECONDS + 10, lambda: told(site) == BOTH, "visitors are not told that it is back")
        record_property("seconds until visitors are told that too", round(time.monotonic() - began, 2))
    finally:
        site.client(["touch", "/tmp/enough"])
    # One that was under way when the line died hangs, whatever the site does: it had its connection.
    visits = [v for v in visited(site) if not v.began < dead < v.began + v.seconds]
    slowest = max(v.seconds for v in visits if v.began > dead)
    record_property("requests by name meanwhile", len(visits))
    record_property("the slowest of them, seconds", round(slowest, 2))
    assert {v.status for v in visits} == {"200"}
    assert slowest < CONNECT_SECONDS + 1


@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_provider_may_die_in_one_direction(site: Site, direction: str) -> None:
    site.lab.cut_uplink("uplink-b", "in" if direction == "in" else "out")
    until_all_give(site, A, NOTICED_SECONDS, time.monotonic())


class TestWhileAProviderIsDead:
    def test_status_says_so_and_up_has_nothing_to_do(self, without_a: Site) -> None:
        said = without_a.status()
        members = {s["name"]: s["members"] for s in said["services"]}
        assert not said["healthy"]
        assert {m["machine"]: m["healthy"] for m in members["uplinks"]} == dict.fromkeys(DOORS, False)
        assert all("uplink a is withdrawn since" in m["detail"] for m in members["uplinks"])
        assert all(m["healthy"] and "none of uplink a" in m["detail"] for m in members["dns"])
        assert without_a.changes() == []
        journal = without_a.sh("lb1", "journalctl --unit=colonnade-uplinks --output=cat --lines=1")
        assert journal.startswith("the addresses of uplink a are withdrawn: for 3 rounds no answer from")

    def test_a_killed_watcher_comes_back_and_changes_nothing(self, without_a: Site) -> None:
        before = watching(without_a, "lb1")
        without_a.sh("lb1", f"kill -9 {before}")
        within(10, lambda: watching(without_a, "lb1") not in {"0", before}, "the watcher does not come back")
        for_seconds(5, lambda: gives(without_a, "lb1") == B)

    def test_a_restarted_name_server_is_told_again(self, without_a: Site, record_property: Record) -> None:
        began = time.monotonic()
        without_a.sh("lb1", "systemctl restart knot")
        seconds = until_all_give(without_a, B, 10, began)
        record_property("seconds until a restarted name server withdraws", seconds)

    def test_a_zone_that_was_read_again_is_mended(self, without_a: Site) -> None:
        without_a.sh("lb1", "knotc --blocking zone-reload")
        until_all_give(without_a, B, 10, time.monotonic())

    def test_a_stopped_watcher_gives_everything_back(self, without_a: Site) -> None:
        without_a.sh("lb1", "systemctl stop colonnade-uplinks")
        try:
            assert [gives(without_a, door) for door in DOORS] == [BOTH, B]
        finally:
            without_a.sh("lb1", "systemctl start colonnade-uplinks")
        until_all_give(without_a, B, NOTICED_SECONDS, time.monotonic())


def test_a_change_that_somebody_left_half_done_does_not_stop_it(site: Site) -> None:
    """As by a watcher that was killed between beginning and committing."""
    site.sh("lb1", "knotc zone-begin foobar.com")
    withdrawn(site)


def test_a_dead_door_is_no_dead_uplink(site: Site) -> None:
    site.lab.kill("lb2")
    try:
        for_seconds(10, lambda: gives(site, "lb1") == BOTH)
        site.lab.cut_uplink("uplink-a")
        within(NOTICED_SECONDS, lambda: gives(site, "lb1") == B, "the door that is left does not notice")
    finally:
        site.lab.start("lb2")


def test_a_cable_of_one_door_is_no_dead_uplink(site: Site) -> None:
    site.lab.cut("lb1", "uplink-a")
    for_seconds(8, lambda: all(gives(site, door) == BOTH for door in DOORS))


def test_a_lossy_provider_is_kept(site: Site) -> None:
    """Three rounds of silence in a row have a probability below one in a million."""
    site.lab.loss_uplink("uplink-a", 10)
    for_seconds(10, lambda: all(gives(site, door) == BOTH for door in DOORS))


def test_when_the_second_dies_too_everything_is_given(site: Site) -> None:
    withdrawn(site)
    site.lab.cut_uplink("uplink-b")
    until_all_give(site, BOTH, BACK_SECONDS, time.monotonic())
    site.lab.heal_uplink("uplink-b")
    until_all_give(site, B, NOTICED_SECONDS, time.monotonic())


def test_the_command_line_cuts_and_heals_an_uplink(site: Site) -> None:
    done = site.cli("lab", "cut", "--uplink", "b")
    assert (done.returncode, done.stdout) == (0, "cut off: uplink b\n"), done.stderr
    until_all_give(site, A, NOTICED_SECONDS, time.monotonic())
    argv = [*COMMAND, "lab", "list", "--json"]
    listed = subprocess.run(argv, env=environment(), capture_output=True, timeout=60, check=True).stdout
    (mine,) = (lab for lab in json.loads(listed) if lab["lab"] == site.lab.name)
    assert mine["uplinks"] == [
        {"name": "uplink-a", "faults": []},
        {"name": "uplink-b", "faults": ["cut uplink-b"]},
    ]
    assert site.cli("lab", "heal", "all").returncode == 0
    until_all_give(site, BOTH, BACK_SECONDS, time.monotonic())
