"""What can't be done is refused with one clear error, and what ran before still runs.

Designs that are wrong on paper are in tests/unit/test_refuses.py; here are those that only fail on machines.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade.engine.folder import Folder
from colonnade.lab.lab import STATE, Lab
from tests.lab.site import COMMAND, DONE, FAILED, USAGE, Site, environment

pytestmark = pytest.mark.lab

DESIGN = """\
site: www.broken.test
services:
  web: {kind: nginx, machines: [server1], to: [app]}
  app: {kind: app, machines: [server1, server2], source: ./app, health: /health}
"""
PROGRAM = """\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(HEALTH if self.path == "/health" else 200)
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION)
    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
SERVER_1, SERVER_2 = "server1", "server2"
RIGHT_TO_READ = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


class App:
    """The source folder of an app that says its version, and that can be made to fail in several ways."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def write(self, version: str, *, procfile: str = "web: python3 server.py", health: int = 200) -> None:
        head = f"VERSION = b'{version}'\nHEALTH = {health}\n"
        (self.folder / "server.py").write_text(head + PROGRAM)
        (self.folder / "Procfile").write_text(f"{procfile}\n")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return App(tmp_path_factory.mktemp("broken") / "app")


@pytest.fixture(scope="module")
def broken(app: App) -> Iterator[Site]:
    """A site of two app servers that serve version 1."""
    design = app.folder.parent / "site.yaml"
    design.write_text(DESIGN)
    app.write("version 1")
    with Site(design, "t-broken", design.parent) as site:
        assert version(site) == "version 1"
        yield site


def version(site: Site) -> str:
    reply = site.get("/")
    return reply.body or reply.error


def refused(site: Site, code: int = FAILED) -> str:
    """What `up` said on standard error."""
    done = site.cli("up", timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def still_serves(site: Site, expected: str, before: dict[str, str]) -> None:
    assert version(site) == expected
    assert releases(site) == before
    for machine in site.machines("app"):
        assert site.sh(machine, "curl -s --max-time 5 http://127.0.0.1:8000/") == expected


def releases(site: Site) -> dict[str, str]:
    return {m: site.sh(m, "readlink /opt/colonnade/app/current") for m in site.machines("app")}


# Apps that don't work


@pytest.mark.parametrize(
    ("procfile", "health", "step", "words"),
    [
        ("web: python3 -c 'raise SystemExit(\"no settings found\")'", 200, "", "no settings found"),
        ("web: python3 server.py", 500, "", "500"),
        (
            "release: echo no such table: orders >&2; exit 7\nweb: python3 server.py",
            200,
            "release-app",
            "no such table: orders",
        ),
        ("worker: python3 server.py", 200, "", "web: COMMAND"),
    ],
    ids=["does not start", "is never healthy", "its release step fails", "says not how to start"],
)
def test_an_app_that_does_not_work_does_not_replace_the_one_that_does(
    broken: Site, app: App, procfile: str, health: int, step: str, words: str
) -> None:
    before = releases(broken)
    app.write("version 2", procfile=procfile, health=health)
    try:
        said = refused(broken)
        assert "error: server1: " in said
        assert step in said
        assert words in said
        still_serves(broken, "version 1", before)
    finally:
        app.write("version 1")
        broken.up()
    assert broken.changes() == []
    assert version(broken) == "version 1"


def test_a_folder_without_a_procfile_is_no_app(broken: Site, app: App) -> None:
    before = releases(broken)
    (app.folder / "Procfile").unlink()
    try:
        said = refused(broken, USAGE)
        assert "has no Procfile" in said
        assert "hint: " in said
        still_serves(broken, "version 1", before)
    finally:
        app.write("version 1")


# Machines that don't work


def test_a_machine_that_is_cut_off_is_named_and_the_other_is_brought_up_to_date(
    broken: Site, app: App
) -> None:
    app.write("version 3")
    assert broken.cli("lab", "cut", SERVER_2).returncode == DONE
    try:
        said = refused(broken)
        assert "error: server2: can't be reached" in said
        assert "error: server1" not in said
        status = broken.status()
        assert {m["name"]: m["reachable"] for m in status["machines"]} == {SERVER_1: True, SERVER_2: False}
        assert version(broken) == "version 3"
    finally:
        assert broken.cli("lab", "heal", SERVER_2).returncode == DONE
    broken.up()
    assert len(set(releases(broken).values())) == 1
    assert broken.changes() == []


def test_a_machine_with_a_full_disk_keeps_its_release_and_the_other_gets_the_new_one(
    broken: Site, app: App
) -> None:
    before = releases(broken)
    # The agent's own store: a release is received there before it is unpacked.
    broken.sh(SERVER_2, "mount -t tmpfs -o size=64k full /var/lib/colonnade")
    broken.sh(SERVER_2, "dd if=/dev/zero of=/var/lib/colonnade/filler 2>/dev/null; true")
    app.write("version 4")
    try:
        said = refused(broken)
        assert "server2" in said
        assert "No space left on device" in said
        assert releases(broken)[SERVER_2] == before[SERVER_2]
        assert broken.sh(SERVER_2, "curl -s --max-time 5 http://127.0.0.1:8000/") == "version 3"
        assert broken.sh(SERVER_1, "curl -s --max-time 5 http://127.0.0.1:8000/") == "version 4"
    finally:
        broken.sh(SERVER_2, "umount /var/lib/colonnade")
    broken.up()
    assert len(set(releases(broken).values())) == 1
    assert broken.changes() == []


# This computer


def test_two_at_once_do_not_get_into_each_others_way(broken: Site) -> None:
    with Folder(broken.folder / ".colonnade").lock("colonnade up (pid 4711)"):
        assert "colonnade up (pid 4711) is at work on this site\n  hint: wait until" in refused(broken)
        assert broken.cli("plan").returncode == DONE
    broken.up()


def test_without_root_a_lab_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "site.yaml").write_text(
        "site: a.example\nservices:\n  web: {kind: nginx, machines: [web1]}\n"
    )
    # It may read whatever the tests may: the checkout may lie in a home folder.
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *RIGHT_TO_READ)
    for command in ("up", "down"):
        done = run(tmp_path, *nobody, *COMMAND, command, "--lab", "t-noroot")
        assert done.returncode == FAILED, done.stderr
        assert "root" in done.stderr
        assert "hint: run it with sudo" in done.stderr
        assert "Traceback" not in done.stderr
    assert "t-noroot" not in Lab.all()


def test_a_machine_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # nobody answers there any more once this is closed
    (tmp_path / "site.yaml").write_text(
        "site: a.example\nservices:\n  web: {kind: nginx, machines: [web1]}\n"
        f"machines:\n  web1: {{address: 127.0.0.1, port: {port}}}\n"
    )
    done = run(tmp_path, *COMMAND, "up")
    assert done.returncode == FAILED
    assert "error: web1: can't be reached at 127.0.0.1" in done.stderr
    assert f"hint: is it running? try: ssh -p {port} root@127.0.0.1" in done.stderr
    planned = run(tmp_path, *COMMAND, "plan", "--json")
    assert planned.returncode == FAILED
    assert [e["machine"] for e in json.loads(planned.stdout)["errors"] if e["unreachable"]] == ["web1"]


def test_a_computer_without_space_is_told_before_anything_is_booted(tmp_path: Path) -> None:
    """The lab's folder is a small file system, seen by these commands alone."""
    (tmp_path / "site.yaml").write_text(
        "site: a.example\nservices:\n  web: {kind: nginx, machines: [web1]}\n"
    )
    name = "t-full"
    lab = Lab(name)
    folder = STATE / "labs" / name
    up, down = (" ".join((*COMMAND, command, "--lab", name)) for command in ("up", "down"))
    script = (
        f"cp {folder}/lab.json {tmp_path} && mount -t tmpfs -o size=50m full {folder} &&"
        f" cp {tmp_path}/lab.json {folder} || exit 99; {up}; code=$?;"
        f" find {folder} -name upper; umount {folder};"
        f" {down}; exit $code"
    )
    lab.allocate([])  # its number is on the real disk, so that no other lab takes it meanwhile
    try:
        done = run(tmp_path, "unshare", "--mount", "sh", "-c", script)
    finally:
        lab.destroy()
    assert done.returncode == FAILED, done.stdout + done.stderr
    assert re.search(rf"{folder} has 0\.[01] GB free, and \d\.\d GB are needed", done.stderr)
    assert "hint: free some space there" in done.stderr
    assert "upper" not in done.stdout, "it began to boot"


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=folder,
        env={**environment(), "HOME": str(folder), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
