"""Machines with mariadbd under systemd as a steward has it, and the engine on each of them."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymysql

import colonnade_agent
from colonnade.components.pki import authority
from colonnade.lab import image
from colonnade.lab.lab import STATE, Lab, MachineSpec
from tests.lab.site import within

PACKAGES = ("mariadb-server", "mariadb-client", "mariadb-backup")
PKI = "/etc/steward"
RESTART_SECONDS = 60
HALF_MINUTE = 30

CONFIG = """
[client-server]
socket = /run/mysqld/mysqld.sock
[mariadbd]
user = mysql
datadir = /var/lib/mysql
bind_address = {address}
skip_name_resolve = ON
require_secure_transport = ON
ssl_ca = /etc/steward/ca.pem
ssl_cert = /etc/steward/leaf.pem
ssl_key = /etc/steward/leaf.key
innodb_buffer_pool_size = 64M
innodb_flush_log_at_trx_commit = 1
server_id = {server_id}
log_bin = binlog
log_slave_updates = ON
gtid_strict_mode = ON
binlog_format = ROW
sync_binlog = 1
relay_log = relay
rpl_semi_sync_slave_kill_conn_timeout = 1
slave_net_timeout = 4
slave_parallel_threads = 4
slave_parallel_mode = optimistic
master_retry_count = 0
"""
# After the start the file is gone, so nothing else of the unit may need it.
DROP_IN = """
[Service]
EnvironmentFile=/run/colonnade-steward/mariadbd.env
ExecStartPost=
Restart=no
"""


class Failed(Exception):
    """What the engine refused to do, or an app was told."""


class Member:
    """A database machine. What is asked of it is carried out there, by one program that stays."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name = lab, name
        self._program: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        argv = self.lab.command(self.name, ("python3", "/opt/engine.zip", f"{PKI}/order.json"))
        self._program = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._pid: int = self.do("pid")

    def end(self) -> None:
        """As a steward ends that is killed."""
        if self._program:
            self.lab.run(self.name, ["kill", "-KILL", str(self._pid)])
            self._program.communicate(timeout=10)
            self._program = None

    def do(self, what: str, *values: Any, later: bool = False) -> Any:
        if self._program is None:
            self.begin()
        assert self._program
        assert self._program.stdin
        assert self._program.stdout
        asked = {"do": what, "with": values, "in": "later" if later else ""}
        self._program.stdin.write(json.dumps(asked) + "\n")
        answer = json.loads(self._program.stdout.readline())
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["said"]

    def verb(self, name: str, *values: Any) -> None:
        self.do("verb", name, *values)

    def look(self) -> Any:
        return self.do("verb", "look")

    def sql(self, *statements: str) -> Any:
        return self.do("sql", *statements)

    def value(self, expression: str) -> Any:
        return self.sql(f"SELECT {expression}")[0][0]

    def later(self, what: str, *values: Any) -> Any:
        return self.do(what, *values, later=True)

    def result(self, number: int, seconds: float = 30) -> Any:
        return self.do("result", number, seconds)

    def sh(self, script: str) -> str:
        done = self.lab.run(self.name, ["sh", "-c", script])
        assert done.returncode == 0, f"{self.name}: {script}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def start(self, recovery: str) -> None:
        self.verb("start", recovery)
        within(RESTART_SECONDS, lambda: self.look()["process"] == "up", f"{self.name} answers")

    def rows(self) -> set[int]:
        return {row[0] for row in self.sql("SELECT id FROM app.t")}

    def caught_up(self, with_: Member) -> bool:
        """What is in its log need not be visible yet; what it says it has applied is."""
        return bool(self.look()["replication"]["applied"] == with_.look()["written"]["seq"])


def say(subject: str, what: str) -> None:
    print(f"{subject}: {what}")


def archive() -> bytes:
    """The engine and its client, as one file that Python runs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for module in (colonnade_agent, pymysql):
            assert module.__file__
            top = Path(module.__file__).parent
            for path in top.rglob("*.py"):
                zipped.write(path, f"{top.name}/{path.relative_to(top)}")
        zipped.write(Path(__file__).with_name("engine_program.py"), "__main__.py")
    return buffer.getvalue()


@contextmanager
def machines(lab_name: str, names: tuple[str, ...]) -> Iterator[dict[str, Member]]:
    """With nothing started; each datadir is as the package made it."""
    lab = Lab(lab_name)
    lab.destroy()
    members = {name: Member(lab, name) for name in names}
    try:
        tree = image.ensure(STATE / "images", image.recipe(PACKAGES), say)
        lab.ensure([MachineSpec(name, ("inside",)) for name in names], tree, say)
        furnish(lab, names)
        yield members
    finally:
        for member in members.values():
            member.end()
        lab.destroy()


def furnish(lab: Lab, names: tuple[str, ...]) -> None:
    addresses = {name: str(lab.addresses(name)["inside"]) for name in names}
    hosts = "127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in addresses.items())
    pki = issue(names, addresses)
    program = archive()
    for server_id, name in enumerate(names, start=1):
        peers = {
            each: {"host": each, "address": addresses[each], "server_id": number}
            for number, each in enumerate(names, start=1)
        }
        order = {
            "cluster": "db", "member": name, "members": peers, "user": "replication",
            "password_file": f"{PKI}/password", "ca": f"{PKI}/ca.pem", "certificate": f"{PKI}/leaf.pem",
            "key": f"{PKI}/leaf.key",
        }  # fmt: skip
        config = CONFIG.format(address=addresses[name], server_id=server_id)
        files = {**pki, "password": b"secret\n", "order.json": json.dumps(order).encode()}
        for file, content in files.items():
            lab.put(name, f"{PKI}/{file}", content, 0o644)
        lab.put(name, "/etc/hosts", hosts.encode())
        lab.put(name, "/etc/mysql/mariadb.cnf", config.encode())
        lab.put(name, "/etc/systemd/system/mariadb.service.d/steward.conf", DROP_IN.encode())
        lab.put(name, "/opt/engine.zip", program)
        lab.run(name, ["systemctl", "daemon-reload"])


def issue(names: tuple[str, ...], addresses: dict[str, str]) -> dict[str, bytes]:
    now = datetime.now(UTC)
    ca_key, key = authority.new_key(), authority.new_key()
    ca = authority.self_signed(ca_key, now)
    subject = authority.Subject("db", "db", names, tuple(addresses.values()))
    leaf = authority.sign(ca, ca_key, key, subject, now, 1)
    return {"ca.pem": ca.encode(), "leaf.pem": leaf.encode(), "leaf.key": key.encode()}


def begin_cluster(primary: Member, members: dict[str, Member]) -> None:
    """Accounts and a table, on a primary that is open."""
    order = json.loads(primary.sh(f"cat {PKI}/order.json"))
    for name in members:
        who = f"'replication'@'{order['members'][name]['address']}'"
        primary.sql(
            f"CREATE USER {who} IDENTIFIED BY 'secret' REQUIRE X509",
            f"GRANT REPLICATION SLAVE ON *.* TO {who}",
        )
    primary.sql(
        "CREATE DATABASE app",
        "CREATE TABLE app.t (id BIGINT PRIMARY KEY)",
        "CREATE USER 'app'@'localhost' IDENTIFIED BY 'app'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO 'app'@'localhost'",
    )


def lead_alone(member: Member) -> None:
    if member.look()["process"] != "up":
        member.start("keep")
    member.verb("leave_replication")
    member.verb("require_acks", False)
    member.verb("bar_followers", [])
    member.verb("open")


def stand_by(member: Member, leader: Member) -> None:
    follow(member, leader)
    member.verb("offer_acks", True)
    within(HALF_MINUTE, lambda: clients(leader) == 1, "it acknowledges")


def follow(member: Member, leader: Member) -> None:
    if member.look()["process"] != "up":
        member.start("drop")
    member.verb("follow", leader.name)
    within(HALF_MINUTE, lambda: member.caught_up(leader), f"{member.name} has all: {member.look()}")


def clients(member: Member) -> int:
    return int(
        member.value(
            "VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
            " WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_CLIENTS'"
        )
    )


def rows(member: Member, first: int, number: int) -> int:
    return int(member.value(f"COUNT(*) FROM app.t WHERE id >= {first} AND id < {first + number}"))


def states(member: Member) -> list[str]:
    found = member.sql("SELECT STATE FROM information_schema.PROCESSLIST WHERE USER = 'app' AND STATE <> ''")
    return [row[0] for row in found]


def drained(member: Member) -> bool:
    replication = member.look()["replication"]
    return bool(replication["applied"] >= replication["received"])


def options(member: Member) -> list[str]:
    return member.sh("tr '\\0' '\\n' < /proc/$(pidof mariadbd)/cmdline").splitlines()
