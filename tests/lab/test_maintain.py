"""Machines are taken out of a site under load, rebooted and put back, and no visitor notices."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.site import DONE, FAILED, USAGE, Site, within
from tests.lab.visitors import Visitors

pytestmark = pytest.mark.lab

DESIGN = """\
site: www.pairs.example
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web], trusted: [198.18.0.0/15]}
  web: {kind: nginx, machines: [one, two], to: [app]}
  app: {kind: app, machines: [two, one], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
MAINTAIN_SECONDS = 400


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("maintain")
    design = folder / "site.yaml"
    design.write_text(DESIGN)
    with Site(design, "t-maintain", folder) as site:
        yield site


def maintain(site: Site, *words: str, expect: int = DONE, design: Path | None = None) -> str:
    done = site.cli("maintain", *words, design=design, timeout=MAINTAIN_SECONDS)
    assert done.returncode == expect, f"maintain {words}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def in_maintenance(site: Site) -> list[str]:
    return [m["machine"] for m in json.loads(maintain(site, "--json"))["maintenance"]]


@pytest.fixture
def one_out(pairs: Site) -> Iterator[Site]:
    """`one` is in maintenance, and switched off."""
    maintain(pairs, "one")
    pairs.lab.kill("one")
    yield pairs
    maintain(pairs, "one", "--done")
    assert in_maintenance(pairs) == []


@pytest.mark.parametrize("machine", ["one", "two", "lb1", "lb2", "db2"])
def test_no_request_fails_while_a_machine_is_rebooted(
    pairs: Site, machine: str, record_property: Callable[[str, object], None]
) -> None:
    with Visitors(pairs) as visitors:
        maintain(pairs, machine)
        pairs.lab.kill(machine)
        within(30, pairs.serves, f"nothing serves without {machine}")
        pairs.lab.start(machine)
        maintain(pairs, machine, "--done")
        within(30, pairs.serves, f"nothing serves after {machine} came back")
    tally = visitors.tally
    record_property(f"requests while {machine} was maintained", tally.requests)
    record_property(f"of them sent again, on a new connection ({machine})", tally.resent)
    assert tally.requests > 100
    assert tally.failed == ()
    lost = [entry for entry in tally.acknowledged[-50:] if not pairs.remembers(entry)]
    assert lost == []
    assert pairs.status()["healthy"]
    assert pairs.changes() == []
    if machine in pairs.service("haproxy").members:
        assert home(pairs, machine), f"{machine} has no address of its own back"


def home(site: Site, door: str) -> list[str]:
    """The floating addresses that the door holds."""
    own = [str(address) for address in site.lab.addressing.floating("uplink-a")]
    listing = site.sh(door, "ip -o -4 address show")
    return [address for address in own if f" {address}/" in listing]


def test_a_machine_that_is_off_for_maintenance_is_no_trouble(one_out: Site) -> None:
    status = one_out.status()
    assert status["healthy"]
    assert {m["name"]: (m["maintenance"], m["reachable"]) for m in status["machines"]} == {
        "lb1": (False, True),
        "lb2": (False, True),
        "one": (True, False),
        "two": (False, True),
        "db1": (False, True),
        "db2": (False, True),
    }
    assert one_out.changes() == []
    assert one_out.up()["healthy"]
    assert one_out.lab.states()["one"] == "stopped"
    assert in_maintenance(one_out) == ["one"]


def test_what_is_left_may_not_go_too(one_out: Site) -> None:
    said = maintain(one_out, "two", expect=FAILED)
    assert (
        "no web would be left: one is in maintenance (`colonnade maintain one --done` puts it back)" in said
    )
    assert "no app would be left" in said
    assert in_maintenance(one_out) == ["one"]
    assert one_out.serves()


def test_a_machine_comes_back_as_the_design_has_become(pairs: Site, tmp_path: Path) -> None:
    changed = tmp_path / "site.yaml"
    changed.write_text(DESIGN.replace("kind: nginx,", "kind: nginx, body_limit: 7m,"))
    limit = "grep -c 'client_max_body_size 7m' /etc/nginx/nginx.conf || true"
    maintain(pairs, "one")
    pairs.up(design=changed)
    assert pairs.sh("two", limit) == "1"
    assert pairs.sh("one", limit) == "0"
    maintain(pairs, "one", "--done", design=changed)
    assert pairs.sh("one", limit) == "1"
    pairs.up()


@pytest.mark.parametrize(
    ("words", "until"), [(("one",), "stage web"), (("one", "--done"), "bring up to date")]
)
def test_killed_in_the_middle_the_next_run_goes_on(pairs: Site, words: tuple[str, ...], until: str) -> None:
    if "--done" in words:
        maintain(pairs, "one")
    with Visitors(pairs) as visitors:
        with pairs.begin("maintain", *words) as killed:
            assert killed.stderr
            assert any(until in line for line in killed.stderr), f"it never said {until!r}"
            killed.send_signal(signal.SIGKILL)
        assert in_maintenance(pairs) == ["one"]
        maintain(pairs, *words)
        if "--done" not in words:
            pairs.lab.kill("one")
            maintain(pairs, "one", "--done")
    assert visitors.tally.failed == ()
    assert in_maintenance(pairs) == []
    assert pairs.changes() == []


def test_what_is_not_there_or_not_out_is_refused(pairs: Site) -> None:
    assert "there is no machine db7" in maintain(pairs, "db7", expect=USAGE)
    assert "is not in maintenance" in maintain(pairs, "one", "--done")
    assert in_maintenance(pairs) == []


def test_a_plan_changes_nothing(pairs: Site) -> None:
    before = {m: pairs.units(m) for m in ("lb1", "one", "two")}
    steps = maintain(pairs, "one", "--plan")
    assert "lb1, lb2" in steps
    assert in_maintenance(pairs) == []
    assert {m: pairs.units(m) for m in before} == before
