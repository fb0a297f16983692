"""The program: `steward ORDER run` beside a database, `steward ORDER guard` beside that.

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
from pathlib import Path
from types import FrameType

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import mutual_tls
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.etcd.values import Compare, Put, Txn
from colonnade_agent.etcd.watch import Watch
from colonnade_agent.notify import ALIVE, READY, notify
from colonnade_agent.steward import api, guard, order, reading
from colonnade_agent.steward.daemon import Steward
from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.failsafe import Failsafe
from colonnade_agent.steward.guard import Guard
from colonnade_agent.steward.journal import Priority, tell
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.mariadb.engine import MariadbEngine, kill_processes
from colonnade_agent.steward.order import Order
from colonnade_agent.steward.reading import Reader
from colonnade_agent.steward.session import Session
from colonnade_agent.steward.standing import Standing

LEAVE_SECONDS = 8.0
"""For handing over when the machine goes down; systemd waits longer for the unit."""


def main() -> None:
    told = order.read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if sys.argv[2] == "guard":
        guard.watch(told.guard, lambda: kill_processes(told.unit))
    run(told)


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
        notify(ALIVE)
        steward.wake.wait(rest)
    leave(steward, goes_down=_goes_down())


def assemble(told: Order) -> Steward:
    connect = mutual_tls(told.files.ca, told.files.certificate, told.files.key, told.etcd_server_name)
    to_peers = mutual_tls(told.files.ca, told.files.certificate, told.files.key, told.server_name)
    keys = Keys(told.cluster, told.settings.name)
    engine = MariadbEngine.from_order(told.database, to_peers, told.peers)
    standing = Standing(
        told.settings.name,
        told.settings.soft_fence,
        told.settings.ttl,
        lambda: session.lease,
    )
    steward = Steward(
        settings=told.settings,
        engine=engine,
        keys=keys,
        client=Client(told.etcd, connect),
        reader=Reader(Client(told.etcd, connect), keys),
        guard=Guard(told.guard),
        standing=standing,
        failsafe=Failsafe(told.settings.name, told.peers, to_peers, told.settings.ttl),
    )
    session = Session(
        Client(told.etcd, connect),
        told.settings.ttl,
        told.runtime / "lease",
        steward.age,
        steward.allow,
    )
    steward.session = session
    watch = Watch(Client(told.etcd, connect), told.etcd, connect, keys.prefix)
    for name, target in {
        "watch": lambda: reading.follow(watch, steward.news),
        "death": lambda: engine.tell_deaths(steward.wake.set),
        "api": lambda: api.serve(
            told.listen, told.files, told.clients, told.cluster, standing, engine.stream_backup
        ),
    }.items():
        threading.Thread(target=target, name=name, daemon=True).start()
    return steward


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
            ask(steward.client, steward.keys, "switchover", known.standby)
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


def ask(client: Client, keys: Keys, kind: str, target: str, sync_revision: int = 0) -> bool:
    """Puts an operator's wish, if there is none yet."""
    wish = {"kind": kind, "target": target, "sync_revision": sync_revision}
    put = Put(keys.request, json.dumps(wish).encode())
    return client.commit(Txn((Compare(keys.request, "CREATE", 0),), (put,))).succeeded


def _goes_down() -> bool:
    """systemctl exits with 1 for every state but `running`."""
    argv = ["systemctl", "is-system-running"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip() == "stopping"


if __name__ == "__main__":
    main()
