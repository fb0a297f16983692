"""What a door does while it is changed, full, or badly served from behind."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colonnade.components.haproxy.checks import ask_behind
from tests.lab.odd_visitors import journal, meanwhile, settings, visit
from tests.lab.site import Site, within

pytestmark = pytest.mark.lab

RELOADS = int(os.environ.get("COLONNADE_TEST_RELOADS", "50"))
"""How often haproxy is reloaded under load; the figure for "no connection refused" is measured with 1000."""


def test_nobody_notices_reloads(site: Site, record_property: Callable[[str, object], None]) -> None:
    """COLONNADE_TEST_RELOADS says how many, 50 if nothing does."""
    before = reloads(site)
    script = f"for i in $(seq {RELOADS}); do systemctl reload haproxy.service && sleep 0.2 || exit 1; done"
    with meanwhile(lambda: site.sh(site.door, script, timeout=20 + 5 * RELOADS)) as done:
        time.sleep(0.5)
        found: dict[str, int] = {}
        while not done:
            for what, number in visit(site, 10, 12, 0.25).items():
                found[what] = found.get(what, 0) + number
    record_property(f"requests during {RELOADS} reloads", sum(found.values()))
    assert set(found) == {"200"}, found
    assert reloads(site) - before == RELOADS
    assert workers(site) <= 22


def processes(site: Site) -> str:
    """What haproxy's master says of itself and its workers."""
    ask = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/haproxy/master.sock');"
        " s.sendall(b'show proc\\n'); s.shutdown(socket.SHUT_WR);"
        " print(b''.join(iter(lambda: s.recv(65536), b'')).decode())"
    )
    return site.on(site.door, ["python3", "-c", ask]).stdout


def reloads(site: Site) -> int:
    (number,) = re.findall(r"^\d+ +master +(\d+)", processes(site), re.MULTILINE)
    return int(number)


def workers(site: Site) -> int:
    return len(re.findall(r"^\d+ +worker ", processes(site), re.MULTILINE))


def test_in_reserve_a_web_server_serves_only_when_the_first_is_away(site: Site, tmp_path: Path) -> None:
    first, *others = site.machines("nginx")

    def served() -> set[str]:
        return {site.get("/api/whoami").json["web"] for _ in range(4)}

    with settings(site, tmp_path, backup="others"):
        assert served() == {first}
        site.sh(first, "systemctl stop nginx.service")
        try:
            within(10, lambda: served() <= set(others), "those in reserve do not serve")
        finally:
            site.sh(first, "systemctl start nginx.service")
        within(30, lambda: served() == {first}, f"{first} does not serve again")


def test_no_get_fails_when_a_web_server_hangs(site: Site) -> None:
    hung = site.machines("nginx")[-1]
    with meanwhile(lambda: visit(site, 9, 12, 0.25)) as found:
        time.sleep(2)
        site.lab.freeze(hung)
        try:
            time.sleep(4)
        finally:
            site.lab.thaw(hung)
    within(30, lambda: site.status()["healthy"], f"{hung} does not come back")
    assert set(found[0]) == {"200"}, found


def test_health_is_asked_in_vain_by_nobody_when_the_door_is_full(site: Site, tmp_path: Path) -> None:
    """Users hold all connections, and the next one waits. Who gives the door its address gets an answer."""
    client = str(site.lab.addresses("client")["outside"])
    hold = f"""
import socket, sys, time
held = [socket.create_connection(("{site.design.site}", 443)) for _ in range(100)]
time.sleep(4)
"""
    with settings(site, tmp_path, connections=100, trusted=[client]):
        with meanwhile(lambda: site.on("client", ["python3", "-"], stdin=hold)):
            time.sleep(1.5)
            assert site.get("/healthz", "--max-time", "1").status == 0
            answer = site.on(site.door, ask_behind(site.design.site))
        assert answer.returncode == 0, answer.stderr
        assert "=1" in answer.stdout


def test_health_checks_survive_a_busy_app(site: Site) -> None:
    """For three seconds the databases answer nobody and the app's hands are full: nobody is taken out."""
    begun = time.time()
    lock = "SET SESSION lock_wait_timeout=5; LOCK TABLES app.entries WRITE; DO SLEEP(3)"
    databases = site.machines("mariadb")
    threads = [threading.Thread(target=site.sh, args=(m, f'mariadb --execute="{lock}"')) for m in databases]
    for thread in threads:
        thread.start()
    found = visit(site, 6, 30, 0.4, "/api/entries?limit=1")
    for thread in threads:
        thread.join()
    assert set(found) == {"200"}
    for machine, unit in [
        (site.door, "haproxy"),
        *((m, "colonnade-app-sidecar") for m in site.machines("app")),
    ]:
        assert "is DOWN" not in journal(site, machine, unit, begun)
