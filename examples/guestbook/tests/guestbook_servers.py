"""Starts, stops, kills and freezes what the tests run against: mariadbd, and the app under gunicorn."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, Self

import pymysql

APP = Path(__file__).parents[1]
PASSWORD = "p:w/d"  # needs quoting in a URL, on purpose


def available() -> bool:
    return os.geteuid() == 0 and all(map(shutil.which, ("mariadbd", "mariadb-install-db", "unshare")))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within} s"
        time.sleep(0.05)


class Process:
    """A child that is told to stop, killed, frozen and thawed by its own pid."""

    process: subprocess.Popen[bytes]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)


class MariaDB(Process):
    """One server with a host name of its own. Needs root: the name takes a UTS namespace."""

    def __init__(self, name: str, template: Path, folder: Path, port: int, *options: str) -> None:
        self.name, self.folder, self.port, self.options = name, folder, port, options
        shutil.copytree(template, folder)

    @staticmethod
    def make_template(folder: Path) -> Path:
        sql = (
            "CREATE DATABASE guestbook;\nFLUSH PRIVILEGES;\n"
            f"CREATE USER guestbook@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON guestbook.* TO guestbook@'127.0.0.1';\n"
            f"CREATE USER boss@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO boss@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        options = ["--no-defaults", "--user=root", f"--datadir={folder}"]
        for command, given in (
            (["mariadb-install-db", "--skip-test-db"], ""),
            (["mariadbd", "--bootstrap"], sql),
        ):
            argv = [command[0], *options, *command[1:]]
            subprocess.run(argv, input=given.encode(), check=True, capture_output=True, timeout=60)
        return folder

    @property
    def url(self) -> str:
        return f"mysql://guestbook:p%3Aw%2Fd@127.0.0.1:{self.port}/guestbook"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.thaw()
        self.kill()

    def start(self) -> None:
        """Also after a kill: the data is still there."""
        name = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        options = ["--no-defaults", "--user=root", f"--datadir={self.folder}", f"--socket={self.folder}/s"]
        network = ["--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve"]
        small = ["--innodb-buffer-pool-size=16M", f"--pid-file={self.folder}/pid"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*name, "mariadbd", *options, *network, *small, *self.options], stdout=log, stderr=log
            )
        wait_until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            self.sql("SELECT 1")
        except pymysql.OperationalError:
            return False
        return True

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as link, link.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def connect(self) -> "pymysql.Connection[Any]":
        """As a user who may do everything."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="boss",
            password=PASSWORD,
            database="guestbook",
            autocommit=True,
        )


class Router:
    """Stands for the site's TCP router: a new connection goes to `target`, an old one stays where it is."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=relay, args=(client, server), daemon=True).start()


def relay(one: socket.socket, other: socket.socket) -> None:
    """Carries bytes both ways until either side ends."""
    with one, other:
        while True:
            for ready in select.select([one, other], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                (other if ready is one else one).sendall(data)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class App(Process):
    """The app as its Procfile runs it: migrated first, then served by gunicorn."""

    def __init__(self, url: str, replica_url: str = "", *, log: Path, migrate: bool = True) -> None:
        self.port, self.log = free_port(), log
        self.environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "DATABASE_URL": url,
            "DATABASE_REPLICA_URL": replica_url,
            "SITE_URL": "https://www.example.test",
            "COLONNADE_MACHINE": "app1",
            "COLONNADE_RELEASE": "r1",
        }
        if migrate:
            assert self.migrate().returncode == 0

    def migrate(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("release"),
            cwd=APP,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    @staticmethod
    def command(name: str) -> list[str]:
        lines = dict(line.split(": ", 1) for line in (APP / "Procfile").read_text().splitlines())
        return [sys.executable, *lines[name].split()[1:]]

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("web"), cwd=APP, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self.listens)
        return self

    def __exit__(self, *_: object) -> None:
        self.signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        method: str | None = None,
    ) -> Reply:
        """Follows no redirect; an error status is a reply like any other."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, headers or {}, method=method
        )
        began = time.monotonic()
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=40) as answer:
                return Reply(answer.status, answer.headers, answer.read(), time.monotonic() - began)
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read(), time.monotonic() - began)

    def post(self, identifier: str, text: str = "hello") -> Reply:
        body = json.dumps({"id": identifier, "text": text}).encode()
        return self.ask("/api/entries", body, {"Content-Type": "application/json"})


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
