"""Something broke, or someone meddled: the site comes back by itself or by the next `up`, with all data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from colonnade.lab.lab import Lab
from tests.lab.site import DONE, EXAMPLES, FAILED, Site, new_id, within
from tests.lab.visitors import Visitors

pytestmark = pytest.mark.lab

NOT_OURS = {"dbus.service", "systemd-networkd.service", "systemd-logind.service", "systemd-udevd.service"}
"""Daemons of a plain Debian that Colonnade neither writes nor configures."""
BACK_SECONDS = 15
SERVES_SECONDS = 30
KINDS = ("haproxy", "nginx", "app", "mariadb")

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def entry(site: Site) -> str:
    """Written before anything broke; whatever happens, it is never lost."""
    kept = new_id()
    assert site.post(kept, "from before").status == 201
    return kept


# Daemons die


@pytest.mark.parametrize("kind", KINDS)
def test_every_daemon_that_is_killed_comes_back(
    site: Site, entry: str, kind: str, record_property: Record
) -> None:
    machines = site.machines(kind) if kind == "mariadb" else site.machines(kind)[:1]
    for machine in machines:
        for unit in sorted(site.units(machine).keys() - NOT_OURS):
            seconds = kill_and_wait(site, machine, unit)
            record_property(f"seconds: kill -9 of {unit} on {machine}", round(seconds, 1))
    assert site.remembers(entry)


def kill_and_wait(site: Site, machine: str, unit: str) -> float:
    """Seconds until the unit runs again and the site serves."""
    pid = site.units(machine)[unit][0]
    site.sh(machine, f"kill -KILL {pid}")
    started = time.monotonic()
    within(BACK_SECONDS, lambda: is_back(site, machine, unit, pid), f"{unit} is away on {machine}")
    within(SERVES_SECONDS, site.serves, f"the site does not serve since {unit} of {machine} was killed")
    return time.monotonic() - started


def is_back(site: Site, machine: str, unit: str, killed: str) -> bool:
    found = site.units(machine).get(unit)
    return found is not None and found[0] not in {"0", killed}


def test_after_all_that_every_member_says_it_is_well(site: Site) -> None:
    """Also the replica, which had to find its place again."""
    within(60, lambda: site.status()["healthy"], "the site does not get healthy by itself")
    assert site.changes() == []


# Power goes


def test_after_a_power_cut_of_all_machines_the_same_data_is_there(
    site: Site, entry: str, record_property: Record
) -> None:
    last = new_id()
    assert site.post(last, "the last words").status == 201
    killed = site.cli("lab", "kill", "all")
    assert killed.returncode == DONE, killed.stderr
    assert site.get("/").status == 0
    status = site.status()
    assert not status["healthy"]
    assert not any(m["reachable"] for m in status["machines"])
    started = time.monotonic()
    site.up()
    record_property("seconds: up after a power cut of every machine", round(time.monotonic() - started, 1))
    for kept in (entry, last):
        found = site.get(f"/api/entries/{kept}")
        assert found.status == 200, f"{kept}: {found}"
    assert site.serves()


def test_after_a_power_cut_of_one_machine_the_others_serve_and_up_brings_it_back(
    site: Site, entry: str
) -> None:
    web = site.machines("nginx")[1]
    assert site.cli("lab", "kill", web).returncode == DONE
    within(SERVES_SECONDS, site.serves, f"the site does not serve without {web}")
    webs = {site.get("/api/whoami").json["web"] for _ in range(6)}
    assert webs == {site.machines("nginx")[0]}
    planned = site.cli("plan")
    assert (planned.returncode, web in planned.stderr) == (1, True), planned.stderr
    site.up()
    within(SERVES_SECONDS, lambda: site.get("/api/whoami").json["web"] == web, f"{web} gets no requests")
    assert site.remembers(entry)


# Someone meddles


def meddle(site: Site) -> dict[str, tuple[str, str]]:
    """What was done by hand on which machine -> the resource that `plan` must name."""
    web1, web2 = site.machines("nginx")
    app1, app2 = site.machines("app")
    primary, replica = site.databases()
    certificate = f"/etc/colonnade/pki/{site.service('app').name}-{app2}/chain.pem"
    deeds = {
        "echo '# by hand' >> /etc/haproxy/haproxy.cfg": (site.door, "file:/etc/haproxy/haproxy.cfg"),
        "systemctl stop nginx": (web1, "unit:nginx.service"),
        "systemctl disable nginx": (web2, "unit:nginx.service"),
        "nft flush ruleset": (web2, "command:the kernel's firewall is that of the file"),
        "nft add rule inet colonnade input tcp dport 9999 accept": (
            app1,
            "command:the kernel's firewall is that of the file",
        ),
        f"rm {certificate}": (app2, f"file:{certificate}"),
        f"mariadb --execute=\"DROP USER 'app'@'{site.inside(app2)}'\"": (primary, "command:mariadb accounts"),
        "echo 127.0.0.2 stranger >> /etc/hosts": (replica, "file:/etc/hosts"),
        "chmod 644 /etc/nftables.conf": (primary, "file:/etc/nftables.conf"),
    }
    for deed, (machine, _) in deeds.items():
        site.sh(machine, deed)
    return deeds


def test_what_was_changed_by_hand_is_found_by_plan_and_mended_by_up(site: Site, entry: str) -> None:
    deeds = meddle(site)
    planned = site.changes()
    for deed, (machine, resource) in deeds.items():
        found = [line for line in planned if line.startswith(f"{machine} ") and line.endswith(f" {resource}")]
        assert found, f"plan does not see: {deed} on {machine}\nit sees: {planned}"
    touched = {machine for machine, _ in deeds.values()}
    assert {line.split()[0] for line in planned} <= touched, "plan sees changes where nobody made any"
    site.up()
    assert site.changes() == []
    assert site.status()["healthy"]
    assert site.remembers(entry)
    assert site.serves()


# Nothing is to do


def invocations(site: Site) -> dict[str, dict[str, tuple[str, str]]]:
    return {machine: site.units(machine) for machine in site.design.machines}


def test_when_nothing_changed_up_restarts_nothing(site: Site, record_property: Record) -> None:
    before = invocations(site)
    started = time.monotonic()
    answer = site.up()
    record_property("seconds: up when nothing changed", round(time.monotonic() - started, 1))
    assert answer["changes"] == []
    assert invocations(site) == before
    assert site.changes() == []


def test_another_balance_is_a_reload_of_the_edge_that_no_visitor_notices(site: Site, tmp_path: Path) -> None:
    design = tmp_path / "site.yaml"
    written = site.as_yaml()
    assert "balance: roundrobin" in written
    design.write_text(written.replace("balance: roundrobin", "balance: leastconn"))
    edge, before = site.door, invocations(site)
    assert site.changes(design) == [
        f"{edge} update file:/etc/haproxy/haproxy.cfg",
        f"{edge} reload unit:haproxy.service",
    ]
    try:
        with Visitors(site) as visitors:
            site.up(design=design)
        assert visitors.tally.failed == ()
        assert visitors.tally.requests > 20
        assert invocations(site) == before
        assert "balance leastconn" in site.sh(edge, "cat /etc/haproxy/haproxy.cfg")
    finally:
        site.up()
    assert site.changes() == []


# `up` itself is killed

MOMENTS = {
    "booting": 0.5,
    "stage ground": 0.0,
    "stage data": 0.7,
    "stage release": 0.0,
    "stage app": 0.3,
    "stage door": 0.0,
    "waiting:": 0.0,
}
"""What a first `up` says -> seconds until it is killed. The last is only said where a member is slow."""


def kill_up_at(site: Site, moments: Mapping[str, float], design: Path | None = None) -> str:
    """SIGKILL for `up` soon after it says one of `moments`: which one; '' when it ended well before that."""
    lines = []
    with site.begin("up", design=design) as process:
        limit = threading.Timer(300, process.kill)
        limit.start()
        try:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line)
                if said := next((moment for moment in moments if moment in line), ""):
                    time.sleep(moments[said])
                    process.kill()
                    return said
        finally:
            limit.cancel()
    assert process.returncode == DONE, "".join(lines)
    return ""


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A lab beside the first; its `up` is what the tests below kill."""
    site = Site(EXAMPLES / "one-server.md", "t-killed", tmp_path_factory.mktemp("killed"))
    site.down()
    try:
        yield site
    finally:
        site.down()


def test_before_the_first_up_plan_names_the_machines_and_status_says_that_nothing_runs(second: Site) -> None:
    assert second.changes() == [f"{machine} create machine:{machine}" for machine in second.design.machines]
    status = second.cli("status")
    assert (status.returncode, "nothing of" in status.stderr) == (FAILED, True), status.stderr
    assert second.lab.name not in Lab.all()


def test_up_killed_at_many_moments_is_completed_by_the_next(second: Site) -> None:
    killed: list[str] = []
    while moment := kill_up_at(second, {m: s for m, s in MOMENTS.items() if m not in killed}):
        killed.append(moment)
    assert len(killed) >= 5, f"only at {killed} was it killed"
    print("killed at:", killed)
    second.up()
    assert second.changes() == []
    assert second.serves()


def test_up_killed_in_the_middle_of_a_change_is_completed_by_the_next(second: Site, tmp_path: Path) -> None:
    entry = new_id()
    assert second.post(entry).status == 201
    design = tmp_path / "site.yaml"
    written = second.as_yaml()
    moments = (("stage release", 0.0), ("stage release", 0.2), ("stage app", 0.0), ("stage app", 0.4))
    for number, (moment, seconds) in enumerate(moments):
        design.write_text(written.replace("kind: app,", f'kind: app, env: {{ROUND: "{number}"}},'))
        assert kill_up_at(second, {moment: seconds}, design), moment
        assert second.lab.status().keys() >= {"server1", "client"}
    second.up(design=design)
    assert second.changes(design) == []
    assert second.remembers(entry)
    assert second.serves()
    pid = second.units("server1")["colonnade-app.service"][0]
    assert "ROUND=3" in second.sh("server1", f"tr '\\0' '\\n' < /proc/{pid}/environ").splitlines()
