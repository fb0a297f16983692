"""One session with the server, as root through its socket: a statement, its answer, and never a long wait.

Each session has a name, and the server knows only one of that name: who opens it ends the one before, be it a
steward's that was killed, or our own that did not answer in time. The name is a lock of `GET_LOCK`, because
that is all of a session that others can see without the performance schema, and that ends with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from colonnade_agent.steward.engine import EngineError

ENDING_SECONDS = 2.0
"""How long a session that was killed may take to end."""

UNKNOWN_THREAD = 1094  # ER_NO_SUCH_THREAD

Row = Mapping[str, Any]


class Session:
    """`seconds`: how long the server may be silent. Opened when first used, and again after a failure."""

    def __init__(self, socket: Path, name: str, seconds: float) -> None:
        self.name, self.mark = name, f"colonnade-steward {name}"
        self._socket = socket
        self._seconds = seconds
        self._lock = threading.Lock()
        self._connection: pymysql.Connection[DictCursor] | None = None

    def ask(self, sql: str, *values: object) -> list[Row]:
        """All rows. Raises EngineError with the statement as it was written, without the values in it."""
        with self._lock:
            try:
                connection = self._opened()
                with connection.cursor() as cursor:
                    cursor.execute(sql, values or None)
                    return list(cursor.fetchall())
            except (pymysql.MySQLError, OSError) as error:
                if _is_broken(error):
                    self._close()
                raise EngineError(f"{self.name}: {sql.strip()}: {_said(error)}") from error

    def one(self, sql: str, *values: object) -> Row:
        return self.ask(sql, *values)[0]

    def open(self) -> None:
        """Ahead of its use, so that it is there when nothing can be opened any more."""
        self.ask("DO 1")

    def close(self) -> None:
        with self._lock:
            self._close()

    def _opened(self) -> pymysql.Connection[DictCursor]:
        if self._connection is None:
            connection = pymysql.connect(
                unix_socket=str(self._socket),
                user="root",
                password="",
                autocommit=True,
                cursorclass=DictCursor,
                connect_timeout=self._seconds,
                read_timeout=self._seconds,
                write_timeout=self._seconds,
                ssl_disabled=True,
                init_command="SET SESSION lock_wait_timeout=1, max_statement_time=0, sql_log_bin=0",
            )
            try:
                self._replace_earlier(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _replace_earlier(self, connection: pymysql.Connection[DictCursor]) -> None:
        deadline = time.monotonic() + ENDING_SECONDS
        with connection.cursor() as cursor:
            while True:
                cursor.execute(
                    "SELECT GET_LOCK(%s, 0) AS ours, IS_USED_LOCK(%s) AS holder", (self.mark, self.mark)
                )
                row = cursor.fetchall()[0]
                if row["ours"]:
                    return
                if time.monotonic() > deadline:
                    raise EngineError(f"{self.name}: session {row['holder']} of an earlier steward won't end")
                if row["holder"]:
                    _kill(cursor, row["holder"])
                time.sleep(0.01)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection.close()


def _kill(cursor: DictCursor, session: int) -> None:
    try:
        cursor.execute("KILL CONNECTION %s", (session,))
    except pymysql.MySQLError as error:
        if error.args[0] != UNKNOWN_THREAD:
            raise


def _is_broken(error: Exception) -> bool:
    """All but an answer of the server in good order."""
    return (
        not isinstance(error, pymysql.MySQLError)
        or isinstance(error, pymysql.InterfaceError)
        or _number(error) in range(2000, 3000)
        or _number(error) in {0, 1927, 1317}
    )


def _number(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _said(error: Exception) -> str:
    return " ".join(str(each) for each in error.args) or type(error).__name__
