"""What each room does about machines in maintenance, from one design through the real rooms."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from colonnade import catalog
from colonnade.engine import compose
from colonnade.kit.checks import Answer
from colonnade.kit.resources import Command, File
from colonnade.kit.testing import view_of
from colonnade.model.load import loads

ROOMS = catalog.load()
TEXT = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2, db3]}
"""
MACHINES = ("lb1", "lb2", "web1", "web2", "app1", "app2", "db1", "db2", "db3")
NGINX_DOORS = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [www1, www2], to: [app]}
  app: {kind: app, machines: [app1, app2]}
"""


def file(machine: str, name: str, maintained: Collection[str], text: str = TEXT) -> str:
    view = view_of(loads(text, "site.yaml", ROOMS.kinds), ROOMS.rooms, maintained=maintained)
    resources = [r for stage in compose.desired(view, ROOMS.rooms)[machine].values() for r in stage]
    (found,) = [r for r in resources if isinstance(r, File) and r.path.endswith(name)]
    return found.content.decode()


def lines(text: str, start: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip().startswith(start))


def test_who_sends_sends_elsewhere(golden: Callable[[str, str], None]) -> None:
    gone = {"web1", "app2", "db3"}
    golden("maintained-web.txt", lines(file("lb1", "haproxy.cfg", gone), "server "))
    golden("maintained-app.txt", lines(file("web2", "nginx.conf", gone), "server 10."))
    golden("maintained-db.txt", lines(file("app1", "sidecar-app.cfg", gone), "server "))


def test_users_are_led_elsewhere() -> None:
    """Where doors have addresses of their own: real machines, with no floating ones named."""
    real = (
        TEXT
        + "machines:\n"
        + "".join(f"  {m}: {{address: 203.0.113.{i}}}\n" for i, m in enumerate(MACHINES, 1))
    )
    assert lines(file("lb2", ".zone", {"lb1"}, real), "www.") == "www.example.com. 20 A 192.0.2.2\n"


def test_floating_addresses_lead_elsewhere_by_themselves() -> None:
    assert file("lb2", ".zone", {"lb1"}) == file("lb2", ".zone", ())


@pytest.mark.parametrize(
    ("name", "design", "door", "there"),
    [
        ("haproxy.cfg", TEXT, "lb1", ("option httpclose", "alpn http/1.1\n")),
        ("nginx.conf", NGINX_DOORS, "www1", ("keepalive_timeout 0;",)),
    ],
)
def test_a_door_that_leaves_ends_each_connection_with_its_answer(
    name: str, design: str, door: str, there: tuple[str, ...]
) -> None:
    for words in there:
        assert words in file(door, name, {door}, design)
        assert words not in file(door, name, {door.replace("1", "2")}, design)


def test_servers_in_maintenance_are_not_counted_as_missing() -> None:
    view = view_of(loads(TEXT, "site.yaml", ROOMS.kinds), ROOMS.rooms, maintained={"web1"})
    check = ROOMS.rooms["haproxy"].checks(view.design.services["edge"], "lb1", view)[0]
    assert check.read(Answer(0, "web:web2=1", "")).detail == "1 of 1 web server up"
    assert "web:web1=" not in file("lb1", "haproxy.cfg", {"web1"})


def release_steps(maintained: Collection[str]) -> dict[str, Command]:
    view = view_of(loads(TEXT, "site.yaml", ROOMS.kinds), ROOMS.rooms, maintained=maintained)
    wanted = compose.desired(view, ROOMS.rooms)
    found = {m: [r for s in wanted[m].values() for r in s if r.id == "command:release-app"] for m in wanted}
    return {m: r for m, (r,) in ((m, rs) for m, rs in found.items() if rs) if isinstance(r, Command)}


def test_the_release_step_is_run_by_the_first_that_is_there() -> None:
    assert set(release_steps(())) == {"app1"}
    assert set(release_steps({"app1"})) == {"app2"}
    assert set(release_steps({"app1", "app2"})) == {"app1"}


@pytest.mark.parametrize(
    ("stands_in", "marker", "runs", "done"),
    [
        (False, "new", "new", True),
        (False, "old", "old", False),
        (False, None, "new", False),  # the operator took the marker away, to have the step run again
        (False, "old", "new", True),  # another machine ran it while this one was in maintenance
        (True, None, "new", True),
        (True, None, "old", False),
        (True, "new", "old", True),
        (True, None, None, False),
    ],
)
def test_whether_the_release_step_is_still_to_be_run(
    tmp_path: Path, stands_in: bool, marker: str | None, runs: str | None, done: bool
) -> None:
    command = release_steps({"app1"} if stands_in else ())["app2" if stands_in else "app1"]
    places = {"marker": tmp_path / "released", "current": tmp_path / "current"}
    if marker:
        places["marker"].write_text(marker)
    if runs:
        places["current"].symlink_to(tmp_path / runs)
        (tmp_path / runs).mkdir()
    shell, option, script, name, *_ = command.check
    last = places["current"] if stands_in else places["marker"]
    assert (command.check[-1] == command.check[5]) is stands_in
    argv = (shell, option, script, name, places["marker"], places["current"], tmp_path / "new", "new", last)
    answer = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
    assert (answer == "new") is done
