"""Runs on a database machine of a lab: asks the steward's engine what it reads, and plays the apps.

A line of JSON in, `{"do", "with", "in"}`; a line of JSON out, `{"said"}` or `{"failed"}`. With `in`: `later`
it answers at once with a number, under which `result` gives the answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import pymysql

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import settings
from colonnade_agent.steward.mariadb.engine import MariadbEngine
from colonnade_agent.steward.protocol.actions import Recovery

BACKUP_PORT = 9900


class Program:
    def __init__(self, config: Path) -> None:
        self.settings = settings.read(json.loads(config.read_text()))
        self.engine = MariadbEngine(self.settings, self.fetch)
        self.pool = ThreadPoolExecutor(max_workers=100)
        self.running: list[Future[Any]] = []
        self.held: list[Any] = []

    @contextlib.contextmanager
    def fetch(self, source: str) -> Iterator[BinaryIO]:
        address = self.settings.members[source].address
        with socket.create_connection((address, BACKUP_PORT), timeout=20) as plain:
            yield plain.makefile("rb")

    def serve(self, cut: int = 0) -> None:
        """One backup to who asks first; with `cut`, only so many bytes of it."""
        with socket.create_server(("", BACKUP_PORT)) as server:
            plain, _ = server.accept()
            with plain, plain.makefile("wb") as to:
                self.engine.stream_backup(Cut(to, cut) if cut else to)  # type: ignore[arg-type]

    def verb(self, name: str, *values: Any) -> Any:
        if name == "start":
            return self.engine.start(Recovery(values[0]))
        if name == "bar_followers":
            return self.engine.bar_followers(frozenset(values[0]))
        if name == "look":
            return asdict(self.engine.look())
        return getattr(self.engine, name)(*values)

    def timed(self, name: str, *values: Any) -> dict[str, Any]:
        began, error = time.monotonic(), ""
        try:
            self.verb(name, *values)
        except EngineError as refused:
            error = str(refused)
        return {"seconds": time.monotonic() - began, "error": error}

    def looks(self, number: int) -> dict[str, float]:
        """Seconds: of the processor, and on the clock, for one look."""
        wall, cpu = time.monotonic(), time.process_time()
        for _ in range(number):
            self.engine.look()
        return {
            "wall": (time.monotonic() - wall) / number,
            "cpu": (time.process_time() - cpu) / number,
        }

    def pid(self) -> int:
        return os.getpid()

    def sql(self, *statements: str) -> Any:
        """As root; the rows of the last one."""
        with contextlib.closing(self.connect("root")) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def hold(self, user: str, statement: str) -> int:
        """The id of the session, which stays until `release`."""
        connection = self.connect(user)
        with connection.cursor() as cursor:
            cursor.execute(statement)
        self.held.append(connection)
        return int(connection.thread_id())

    def release(self) -> None:
        while self.held:
            with contextlib.suppress(pymysql.MySQLError):
                self.held.pop().close()

    def connect(self, user: str) -> Any:
        return pymysql.connect(
            unix_socket=str(self.settings.socket),
            user=user,
            password="" if user == "root" else "app",
            database=None if user == "root" else "app",
            autocommit=True,
            ssl_disabled=True,
        )

    def insert(self, first: int, number: int = 1) -> list[int]:
        """Those acknowledged. Ends at the first error."""
        done: list[int] = []
        with contextlib.suppress(pymysql.MySQLError, OSError), self.connect("app").cursor() as cursor:
            for each in range(first, first + number):
                cursor.execute("INSERT INTO t (id) VALUES (%s)", (each,))
                done.append(each)
        return done

    def write(self, writers: int, base: int) -> list[int]:
        """Inserts by many at once, until the server dies; all that was acknowledged."""
        found = [self.pool.submit(self.insert, base + each * 100_000, 100_000) for each in range(writers)]
        return [each for future in found for each in future.result()]

    def later(self, do: str, values: list[Any]) -> int:
        self.running.append(self.pool.submit(getattr(self, do), *values))
        return len(self.running) - 1

    def result(self, number: int, seconds: float) -> Any:
        return self.running[number].result(timeout=seconds)


class Cut:
    def __init__(self, to: BinaryIO, left: int) -> None:
        self._to, self._left = to, left

    def write(self, data: bytes) -> int:
        self._to.write(data[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            raise EngineError("cut on purpose")
        return len(data)


def shown(value: Any) -> Any:
    return (
        value.value
        if isinstance(value, Enum)
        else sorted(value)
        if isinstance(value, frozenset)
        else str(value)
    )


def answer(program: Program, asked: dict[str, Any]) -> dict[str, Any]:
    do: Callable[..., Any] = getattr(program, asked["do"])
    try:
        if asked.get("in") == "later":
            return {"said": program.later(asked["do"], asked["with"])}
        return {"said": do(*asked["with"])}
    except (EngineError, OSError, pymysql.MySQLError, TimeoutError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def main() -> None:
    program = Program(Path(sys.argv[1]))
    lock = threading.Lock()
    for line in sys.stdin:
        said = answer(program, json.loads(line))
        with lock:
            print(json.dumps(said, default=shown), flush=True)


if __name__ == "__main__":
    main()
