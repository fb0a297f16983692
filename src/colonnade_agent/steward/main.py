"""The program: `steward ORDER run` beside a database, `steward ORDER guard` beside that; all else is a
question (see `asking`).

Stopped in order while the machine goes down, it hands leadership over and closes the database. Stopped for
any other reason it leaves all as it is: the next one adopts the lease, and the database runs on.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import mutual_tls
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.etcd.watch import Watch
from colonnade_agent.notify import ALIVE, READY, notify
from colonnade_agent.steward import api, asking, deaths, guard, order, reading
from colonnade_agent.steward.copies import Copies
from colonnade_agent.steward.daemon import Steward
from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.failsafe import Failsafe
from colonnade_agent.steward.guard import Guard
from colonnade_agent.steward.journal import Priority, tell
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.mariadb import settings
from colonnade_agent.steward.mariadb.engine import MariadbEngine
from colonnade_agent.steward.mariadb.process import Unit
from colonnade_agent.steward.order import Order
from colonnade_agent.steward.protocol.store import Request
from colonnade_agent.steward.reading import Reader
from colonnade_agent.steward.session import Session
from colonnade_agent.steward.standing import Standing
from colonnade_agent.steward.suspicion import Suspicion

HANGS_SECONDS = 10.0
"""Less than the unit's WatchdogSec."""
LEAVE_SECONDS = 8.0
"""For handing over when the machine goes down; systemd waits longer for the unit."""

REFUSED, NOT_HEARD = 1, 3


def main() -> None:
    told = order.read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    match sys.argv[2:]:
        case ["run"]:
            run(told)
        case ["guard"]:
            guard.watch(told.guard, killer(told))
        case question:
            sys.exit(answer(told, question))


def answer(told: Order, question: Sequence[str]) -> int:
    """The exit code. What can't be answered is said on standard error: `REFUSED` would be the same from
    another machine, `NOT_HEARD` need not.
    """
    try:
        print(json.dumps(asking.Asking(told, killer(told)).answer(question), indent=1))
    except (asking.Unanswered, EtcdError) as error:
        print(error, file=sys.stderr)
        return NOT_HEARD if isinstance(error, EtcdError) else REFUSED
    return 0


def killer(told: Order) -> Callable[[], None]:
    return Unit(settings.read(told.database)).kill


def run(told: Order) -> None:
    stop = threading.Event()
    steward = assemble(told)

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        steward.wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked_to_stop)
    assert steward.session is not None
    steward.engine.take_over()
    steward.session.begin()
    notify(READY)
    while not stop.is_set():
        rest = steward.turn()
        steward.wake.wait(rest)
    leave(steward, goes_down=_goes_down())


class Ways:
    """How this program reaches etcd and the other stewards; a client for each thread that asks."""

    def __init__(self, told: Order) -> None:
        files = (told.files.ca, told.files.certificate, told.files.key)
        self.etcd = mutual_tls(*files, told.etcd_server_name)
        self.peers = mutual_tls(*files, told.server_name)
        self._endpoints = told.etcd

    def client(self) -> Client:
        return Client(self._endpoints, self.etcd)

    def watch(self, prefix: str) -> Watch:
        return Watch(self.client(), self._endpoints, self.etcd, prefix)


def assemble(told: Order) -> Steward:
    ways, name, ttl = Ways(told), told.settings.name, told.settings.ttl
    keys = Keys(told.cluster, name)
    engine = MariadbEngine(settings.read(told.database), Copies(told.peers, ways.peers))
    standing = Standing(name, told.settings.soft_fence, ttl, lambda: session.lease)
    reads = ways.client()
    suspicion = Suspicion(name, reads, told.peers, ways.peers, ttl, engine.greets)
    steward = Steward(
        settings=told.settings,
        engine=engine,
        keys=keys,
        client=ways.client(),
        reader=Reader(reads, keys, suspicion.heed),
        suspicion=suspicion,
        guard=Guard(told.guard),
        standing=standing,
        failsafe=Failsafe(name, told.peers, ways.peers, ttl),
        reinit=told.runtime / asking.REINIT,
    )
    session = Session(ways.client(), ttl, told.runtime / "lease", steward.age, steward.allow)
    steward.session = session
    attend(told, steward, ways.watch(keys.prefix), engine.stream_backup)
    return steward


def attend(told: Order, steward: Steward, watch: Watch, backup: api.Backup) -> None:
    """What goes on beside the loop, each in a thread of its own."""
    unit, standing = Unit(settings.read(told.database)), steward.standing
    for name, target in {
        "watch": lambda: reading.follow(watch, steward.news),
        "watchdog": lambda: _live(steward),
        "deaths": lambda: deaths.watch(lambda: _pid(unit), steward.wake.set),
        "api": lambda: api.serve(told.listen, told.files, told.clients, told.cluster, standing, backup),
    }.items():
        threading.Thread(target=target, name=name, daemon=True).start()


def leave(steward: Steward, *, goes_down: bool) -> None:
    if not goes_down:
        assert steward.session is not None
        steward.session.end(revoke=False)
        return
    tell("leaving", Priority.NOTICE, reason="the machine goes down")
    deadline = time.monotonic() + LEAVE_SECONDS
    known = steward.standing.known
    if known.serves and known.standby:
        with contextlib.suppress(EtcdError):  # then others find out by the end of our lease
            steward.client.commit(steward.keys.ask(Request("switchover", known.standby, 0)))
    while steward.standing.known.serves and known.standby and time.monotonic() < deadline:
        steward.wake.wait(min(steward.turn(), 0.1))
    try:
        steward.engine.close()
    except EngineError as error:
        tell("leaving", Priority.WARNING, error=error, action="kill")
        steward.engine.kill()
    assert steward.session is not None
    with contextlib.suppress(EtcdError):
        steward.session.end(revoke=True)


def _live(steward: Steward) -> None:
    """Says to systemd that the loop turns, or that its step is a long one."""
    while True:
        if steward.age() < HANGS_SECONDS:
            notify(ALIVE)
        time.sleep(1.0)


def _pid(unit: Unit) -> int | None:
    life = unit.life()
    return life.pid if life else None


def _goes_down() -> bool:
    """systemctl exits with 1 for every state but `running`."""
    argv = ["systemctl", "is-system-running"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip() == "stopping"


if __name__ == "__main__":
    main()
