"""A whole site in a lab of its own, raised by the real command line and asked as its visitors do.

Machines are found by what they are (kind, place in their service), never by name: designs differ in those.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Self, TypeVar

from colonnade import catalog
from colonnade.engine import compose
from colonnade.kit.flows import Flow, flows
from colonnade.lab.furniture import CLIENT
from colonnade.lab.lab import Lab
from colonnade.model.design import Design, Service
from colonnade.model.load import load

CHECKOUT = Path(__file__).resolve().parents[2]
SEED = CHECKOUT.parent / "shared" / "seed" / "distributed_web_infrastructure.md"
EXAMPLES = CHECKOUT / "examples"
COMMAND = (sys.executable, "-P", "-m", "colonnade.cli.main")

DONE, FAILED, USAGE, DIFFERS = 0, 1, 2, 3
"""The exit codes that `--help` documents; DIFFERS is plan's."""

UP_SECONDS = 420
LOOK_SECONDS = 120

T = TypeVar("T")


def distributed_design() -> Path:
    """The document the project began with, where it lies beside the checkout; else our own of that shape."""
    return SEED if SEED.exists() else EXAMPLES / "www.foobar.com.md"


def environment() -> dict[str, str]:
    """A user's, without what this one set for Colonnade."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLONNADE_")}
    return {**kept, "PYTHONPATH": str(CHECKOUT / "src"), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


def within(seconds: float, attempt: Callable[[], T | None], what: str) -> T:
    """The first true answer of `attempt`; fails when there was none after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := attempt()):
        assert time.monotonic() < deadline, f"after {seconds:g} s: {what}"
        time.sleep(0.1)
    return answer


@dataclass(frozen=True)
class Reply:
    """What curl was answered. `status` is 0 when there was no answer; then `error` says why."""

    status: int
    headers: Mapping[str, str]
    body: str
    error: str

    @staticmethod
    def of(done: subprocess.CompletedProcess[str]) -> Reply:
        """Reads `curl --include`. A body's line ends come as they are."""
        if done.returncode:
            return Reply(0, {}, "", f"curl {done.returncode}: {done.stderr.strip()}")
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        return Reply(int(first.split()[1]), {k.lower(): v for k, v in headers.items()}, body, "")

    @property
    def json(self) -> Any:
        assert self.body, f"{self.status} {self.error}"
        return json.loads(self.body)

    @property
    def served_by(self) -> dict[str, str]:
        """`X-Served-By` as {web, app, database}."""
        return dict(part.split("=") for part in self.headers["x-served-by"].split(", "))


class Site:
    """`with Site(design, lab, folder) as site:` is a running site, and gone at the end whatever happened."""

    def __init__(self, design: Path, lab: str, folder: Path) -> None:
        self.path, self.folder = design, folder
        self.lab = Lab(lab)
        self.up_seconds = 0.0

    def __enter__(self) -> Self:
        self.down()  # what a killed run of these tests left
        try:
            started = time.monotonic()
            self.up()
            self.up_seconds = time.monotonic() - started
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    # What an operator does

    def command(self, *words: str, design: Path | None = None) -> list[str]:
        """`words` with the design and the lab added, as `lab` and its machine names want them: last."""
        return [*COMMAND, *words, "-f", str(design or self.path), "--lab", self.lab.name]

    def cli(
        self, *words: str, design: Path | None = None, timeout: float = LOOK_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words, design=design),
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def begin(self, *words: str, design: Path | None = None) -> subprocess.Popen[str]:
        """Started and left running; what it says on standard error is for the caller to read."""
        return subprocess.Popen(
            self.command(*words, design=design),
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def up(self, *options: str, design: Path | None = None) -> Any:
        """What `up --json` says, once it has ended well."""
        done = self.cli("up", "--json", *options, design=design, timeout=UP_SECONDS)
        assert done.returncode == DONE, f"up: {self._unwell(done)}"
        return json.loads(done.stdout)

    def changes(self, design: Path | None = None) -> list[str]:
        """`machine action resource` of each change that `plan` finds; its exit code must fit."""
        done = self.cli("plan", "--json", design=design)
        assert done.returncode in {DONE, DIFFERS}, f"plan: {self._unwell(done)}"
        changes = json.loads(done.stdout)["changes"]
        assert done.returncode == (DIFFERS if changes else DONE)
        return [f"{c['machine']} {c['action']} {c['resource']}" for c in changes]

    def status(self) -> Any:
        return json.loads(self.cli("status", "--json").stdout)

    def as_yaml(self) -> str:
        """The design as `init` writes it, to be changed a little."""
        argv = [*COMMAND, "init", "--from", str(self.path)]
        done = subprocess.run(
            argv, env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == DONE, done.stderr
        return done.stdout

    def down(self, *options: str) -> None:
        done = self.cli("down", *options)
        assert done.returncode == DONE, f"down: {done.stdout}{done.stderr}"

    @staticmethod
    def _unwell(done: subprocess.CompletedProcess[str]) -> str:
        """The errors and the members that are not well, of an answer in JSON; else all that was said."""
        if not done.stdout.startswith("{"):
            return f"exit {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        answer = json.loads(done.stdout)
        members = [(s["name"], m) for s in answer.get("services", ()) for m in s["members"]]
        bad = [f"{name} on {m['machine']}: {m['detail']}" for name, m in members if m["healthy"] is False]
        return "\n".join([*bad, *(f"{e['machine']}: {e['message']}" for e in answer["errors"]), done.stderr])

    # What the design says

    @cached_property
    def design(self) -> Design:
        """Whole: with the services that come with every site."""
        rooms = catalog.load()
        return compose.whole(load(self.path, rooms.kinds), rooms.rooms)

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        rooms = catalog.load().rooms
        return flows(self.design, compose.claims(self.design, rooms))

    def service(self, kind: str) -> Service:
        """The first one of its kind."""
        return next(s for s in self.design.services.values() if s.kind == kind)

    def machines(self, kind: str) -> tuple[str, ...]:
        return self.service(kind).members

    def databases(self) -> tuple[str, ...]:
        """The machines of the database, the one that is the primary just now first."""
        said = next(s for s in self.status()["services"] if s["kind"] == "mariadb")
        return tuple(m["machine"] for m in sorted(said["members"], key=lambda m: m["role"] != "primary"))

    @property
    def door(self) -> str:
        return self.design.doors[0].members[0]

    @property
    def url(self) -> str:
        return f"https://{self.design.site}"

    def inside(self, machine: str) -> str:
        return str(self.lab.addresses(machine)["inside"])

    def public(self, machine: str) -> tuple[str, ...]:
        addresses: Mapping[str, IPv4Address] = self.lab.addresses(machine)
        return tuple(str(a) for network, a in addresses.items() if network.startswith("uplink"))

    # What happens on machines

    def on(
        self, machine: str, argv: Sequence[str], stdin: str = "", timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run as root on the machine, not by way of its sshd; the exit code is for the caller to judge."""
        return self.lab.run(machine, argv, stdin.encode(), timeout)

    def sh(self, machine: str, script: str, timeout: float = 60) -> str:
        done = self.on(machine, ["sh", "-c", script], timeout=timeout)
        assert done.returncode == 0, (
            f"{machine}: {script}: exit {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done.stdout.strip()

    def access_log(self, machine: str, word: str) -> list[str]:
        """The lines with `word` in them, of every hop on the machine."""
        argv = ["sh", "-c", 'grep -hF -- "$1" /var/log/colonnade/*.log', "sh", word]
        return self.on(machine, argv).stdout.splitlines()

    def units(self, machine: str) -> dict[str, tuple[str, str]]:
        """Name -> (its main process, its invocation) of every service that runs."""
        script = "systemctl show --type=service --state=running --property=Id,MainPID,InvocationID '*'"
        found = {}
        for block in self.sh(machine, script).split("\n\n"):
            facts = dict(line.split("=", 1) for line in block.splitlines())
            found[facts["Id"]] = (facts["MainPID"], facts["InvocationID"])
        return found

    # What visitors do, on the lab's client machine

    def client(self, argv: Sequence[str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return self.on(CLIENT.name, argv, timeout=timeout)

    def curl(self, url: str, *options: str) -> Reply:
        argv = ["curl", "--silent", "--show-error", "--include", "--max-time", "20", *options, url]
        return Reply.of(self.client(argv))

    def get(self, path: str, *options: str) -> Reply:
        return self.curl(f"{self.url}{path}", *options)

    def post(self, entry: str, text: str = "hello") -> Reply:
        body = json.dumps({"id": entry, "text": text})
        return self.get("/api/entries", "--json", body)

    def remembers(self, entry: str) -> bool:
        return self.get(f"/api/entries/{entry}").status == 200

    def serves(self) -> bool:
        """Whether something new can be written and read back just now."""
        entry = new_id()
        return self.post(entry).status == 201 and self.remembers(entry)


def new_id() -> str:
    return f"t-{uuid.uuid4().hex}"
