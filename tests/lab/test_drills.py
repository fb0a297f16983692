"""Claims are tried on running sites: a good design's hold, a poor one's fail, and all is healed.

What was measured is printed at the end of the run.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.lab.site import COMMAND, DONE, FAILED, USAGE, Site, distributed_design, environment, within

pytestmark = pytest.mark.lab

DRILL_SECONDS = 300
POOR = """\
site: www.poor.test
services:
  edge: {kind: haproxy, machines: [server1], to: [web]}
  web: {kind: nginx, machines: [server2], to: [app]}
  app: {kind: app, machines: [server3], to: [db]}
  db: {kind: mariadb, machines: [server3]}
"""

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One of everything."""
    folder = tmp_path_factory.mktemp("poor")
    (folder / "site.yaml").write_text(POOR)
    with Site(folder / "site.yaml", "t-drilled-poor", folder) as site:
        yield site


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What harden makes of the seed."""
    folder = tmp_path_factory.mktemp("good")
    design = folder / "hardened.md"
    argv = [*COMMAND, "harden", "-f", str(distributed_design()), "-o", str(design)]
    done = subprocess.run(argv, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == DONE, done.stderr
    with Site(design, "t-drilled", folder) as site:
        yield site


def listed(site: Site) -> dict[str, Any]:
    done = site.cli("drill", "list", "--json")
    assert done.returncode == DONE, done.stderr
    return {claim["name"]: claim for claim in json.loads(done.stdout)}


def run(site: Site, name: str) -> Mapping[str, Any]:
    """The record of one drill; once more where the computer was too busy to tell."""
    for _ in range(2):
        done = site.cli("drill", "run", name, "--json", timeout=DRILL_SECONDS)
        assert done.returncode in {DONE, FAILED}, done.stderr
        (record,) = json.loads(done.stdout)
        assert (done.returncode == DONE) == (record["outcome"] == "held")
        if record["outcome"] != "invalid":
            break
    found: Mapping[str, Any] = record
    return found


def note(record_property: Record, record: Mapping[str, Any]) -> None:
    for value in record["hypothesis"]:
        record_property(f"{record['drill']}: {value}", record["values"][value])


def faults(site: Site) -> list[str]:
    """Whatever is not as it should be with the lab's machines and uplinks."""
    status = site.lab.status()
    machines = [
        f"{name}: {m.state} {m.faults}" for name, m in status.items() if m.faults or m.state != "running"
    ]
    return [*machines, *(f"{u}: {done}" for u, done in site.lab.uplinks().items() if done)]


# A good design


@pytest.mark.soak
@pytest.mark.parametrize(
    "kind",
    [
        "edge-machine-killed",
        "haproxy-killed",
        "uplink-cut",
        "web-killed",
        "web-frozen",
        "app-killed",
        "app-frozen",
        "web-disk-full",
        "nginx-config-broken",
        "rolling-reload",
    ],
)
def test_the_claims_of_a_hardened_design_hold(good: Site, kind: str, record_property: Record) -> None:
    name = next(name for name in listed(good) if name.split("/")[0] == kind)
    record = run(good, name)
    note(record_property, record)
    assert record["outcome"] == "held", f"{record['reason']}\n{record['values']['errors']}"
    assert record["values"]["acknowledged"] > 10
    assert listed(good)[name]["state"] == "held"
    assert faults(good) == []


# A poor one


def test_a_claim_that_does_not_hold_is_found_and_healed(poor: Site) -> None:
    record = run(poor, "web-killed/server2")
    assert record["outcome"] == "failed"
    assert record["values"]["failed_reads"] > 0
    assert "failed reads" in record["reason"]
    assert faults(poor) == []
    assert poor.serves()
    claim = listed(poor)["web-killed/server2"]
    assert (claim["state"], claim["evidence"]["outcome"]) == ("failed", "failed")
    assert listed(poor)["web-frozen/server2"]["state"] == "never"


def test_its_evidence_is_stale_when_the_design_is_another(poor: Site) -> None:
    assert listed(poor)["web-killed/server2"]["state"] == "failed"
    written = poor.path.read_text()
    try:
        poor.path.write_text("# a remark\n" + written)
        assert listed(poor)["web-killed/server2"]["state"] == "failed"
        poor.path.write_text(written.replace("to: [web]", "to: [web], balance: leastconn"))
        assert listed(poor)["web-killed/server2"]["state"] == "stale"
    finally:
        poor.path.write_text(written)


def test_the_report_has_every_claim_and_the_course_of_what_was_tried(poor: Site) -> None:
    done = poor.cli("drill", "report", "-o", "pages")
    assert done.returncode == DONE, done.stderr
    page = (poor.folder / "pages" / "drills.html").read_text()
    for name in listed(poor):
        assert name in page
        assert name in (poor.folder / "pages" / "drills.md").read_text()
    assert "<svg" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_an_unknown_drill_is_a_matter_of_usage(poor: Site) -> None:
    done = poor.cli("drill", "run", "web-kiled/server2")
    assert done.returncode == USAGE
    assert "did you mean 'web-killed/server2'?" in done.stderr
    assert poor.cli("drill", "run").returncode == USAGE


def drill_until(site: Site, name: str, said: str) -> subprocess.Popen[str]:
    """A drill that has just said this."""
    process = site.begin("drill", "run", name)
    limit = threading.Timer(DRILL_SECONDS, process.kill)
    limit.start()
    try:
        assert process.stderr is not None
        assert any(said in line for line in process.stderr), f"it never said: {said}"
    finally:
        limit.cancel()
    time.sleep(0.5)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_drill_that_is_interrupted_heals(poor: Site, number: signal.Signals) -> None:
    with drill_until(poor, "web-frozen/server2", "freeze") as process:
        assert faults(poor)
        process.send_signal(number)
        assert process.wait(60) == 130
    assert faults(poor) == []
    assert poor.serves()


def test_what_a_killed_drill_left_is_healed_by_the_next(poor: Site) -> None:
    with drill_until(poor, "web-killed/server2", "kill server2") as process:
        process.kill()
    within(10, lambda: faults(poor), "the machine should be off")
    record = run(poor, "nginx-config-broken/server2")
    assert record["outcome"] == "held", record["reason"]
    assert faults(poor) == []


def test_and_by_lab_heal(poor: Site) -> None:
    with drill_until(poor, "web-frozen/server2", "freeze") as process:
        process.kill()
    assert faults(poor)
    done = poor.cli("lab", "heal", "client")
    assert done.returncode == DONE, done.stderr
    assert faults(poor) == []
    within(30, poor.serves, "the site does not serve after it was healed")


def test_two_drills_at_once_are_refused(poor: Site) -> None:
    with drill_until(poor, "web-frozen/server2", "freeze") as process:
        done = poor.cli("drill", "run", "rolling-reload")
        assert done.returncode == FAILED
        assert "is at work on this site" in done.stderr
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert faults(poor) == []
