#!/usr/bin/python3 -IS
# Written by Colonnade: changes made here are undone by the next `colonnade up`.
"""Which app servers live? Asked all the time, for nginx, which does not ask.

nginx learns that a server is gone from requests that fail. A machine that hangs fails none: its kernel takes
connections and acknowledges what is sent, and no answer ever comes. So the connections to a server that is
silent here are ended (`ss --kill`): nginx sees them break, and sends what may be repeated to another. Who
refuses, or says that he can't work, may still finish what he has begun: he only counts as out.

No request goes this way. If this program stops, nginx works on, as it would without it.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

INTERVAL, SOON, AGAIN = 0.4, 0.1, 0.25
"""Seconds to the next question: after a good answer, after a first bad one, and while a server is out."""
PATIENCE = 0.4
"""Seconds. Any answer comes from what the server knows already, and at once."""
FALL = 2
"""Bad answers in a row, after which a server is out. The first good one brings it back."""


@dataclass(frozen=True)
class Target:
    machine: str
    address: str
    port: int


@dataclass(frozen=True)
class Plan:
    """What to watch. `elsewhere`: whoever asked this machine can ask another one, if all servers are out."""

    site: str
    path: str
    server_name: str
    ca: str
    chain: str
    key: str
    targets: tuple[Target, ...]
    health: str
    elsewhere: bool

    @staticmethod
    def read(text: str) -> Plan:
        values = json.loads(text)
        return Plan(**{**values, "targets": tuple(Target(**each) for each in values["targets"])})


@dataclass(frozen=True)
class Answer:
    """`problem` is empty if all is well; `silent`: there was none in time."""

    problem: str = ""
    silent: bool = False


class Verdicts:
    """Who is up. The file `health` says so, and is there while anybody is."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.bad = dict.fromkeys((t.machine for t in plan.targets), 0)
        self.up: dict[str, bool] = {}
        self.lock = threading.Lock()

    def hear(self, machine: str, problem: str) -> bool:
        """Whether the server is up, now that it has answered well (no `problem`) or not."""
        with self.lock:
            self.bad[machine] = self.bad[machine] + 1 if problem else 0
            known = machine in self.up
            up = not problem or (self.up.get(machine, False) and self.bad[machine] < FALL)
            if not known or self.up[machine] != up:
                self.up[machine] = up
                print(f"{machine} is {'up' if up else 'out'}{problem and ': '}{problem}", flush=True)
                self.tell()
            return up

    def may_end(self, machine: str) -> bool:
        """Where requests have nowhere else to go, they may as well wait."""
        with self.lock:
            others = (up for name, up in self.up.items() if name != machine)
            return self.plan.elsewhere or any(others)

    def tell(self) -> None:
        health = Path(self.plan.health)
        if not any(self.up.values()):
            health.unlink(missing_ok=True)
            return
        aside = health.with_name("health.new")
        aside.write_text(" ".join(f"{name}={up:d}" for name, up in sorted(self.up.items())) + "\n")
        aside.chmod(0o644)
        aside.rename(health)


class Question:
    """The same one, again and again, on one connection as long as that lasts."""

    def __init__(self, plan: Plan, target: Target) -> None:
        self.plan, self.target = plan, target
        self.connection = http.client.HTTPConnection(plan.site)

    def ask(self) -> Answer:
        try:
            status = self.status(time.monotonic() + PATIENCE)
        except TimeoutError:
            self.connection.close()
            return Answer("is silent", silent=True)
        except (OSError, http.client.HTTPException) as problem:
            self.connection.close()
            return Answer(str(problem) or type(problem).__name__)
        return Answer() if status < 400 else Answer(f"answers {status}")

    def status(self, deadline: float) -> int:
        if self.connection.sock is None:
            self.connection.sock = self.connect(deadline)
        self.connection.sock.settimeout(left(deadline))
        self.connection.request("GET", self.plan.path)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def connect(self, deadline: float) -> ssl.SSLSocket:
        """Files are read anew: certificates are renewed while this runs."""
        context = ssl.create_default_context(cafile=self.plan.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.plan.chain, self.plan.key)
        raw = socket.create_connection((self.target.address, self.target.port), timeout=left(deadline))
        try:
            raw.settimeout(left(deadline))
            return context.wrap_socket(raw, server_hostname=self.plan.server_name)
        except BaseException:
            raw.close()
            raise


def left(deadline: float) -> float:
    """Seconds; never 0, by which sockets mean that they should not wait at all."""
    return max(deadline - time.monotonic(), 0.001)


def end_connections(target: Target) -> None:
    """All that this machine has to the server, whatever waits on them."""
    filters = ("dst", target.address, "dport", "=", f":{target.port}")
    argv = ("ss", "--kill", "--tcp", "--numeric", "--no-header", *filters)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    ended = len(done.stdout.splitlines())
    if ended or done.returncode or done.stderr:
        print(f"{target.machine}: {ended} connections ended {done.stderr.strip()}".rstrip(), flush=True)


def watch(verdicts: Verdicts, target: Target) -> None:
    question = Question(verdicts.plan, target)
    while True:
        answer = question.ask()
        up = verdicts.hear(target.machine, answer.problem)
        if not up and answer.silent and verdicts.may_end(target.machine):
            end_connections(target)
        time.sleep(AGAIN if not up else SOON if answer.problem else INTERVAL)


def main(file: str) -> None:
    plan = Plan.read(Path(file).read_text())
    verdicts = Verdicts(plan)
    if not plan.targets:  # all of them are in maintenance
        verdicts.tell()
        threading.Event().wait()
    threads = [threading.Thread(target=watch, args=(verdicts, target)) for target in plan.targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
