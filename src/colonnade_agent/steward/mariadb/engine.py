"""The steward's database, where it is MariaDB 11.8: every verb of `Engine`.

Three sessions, opened ahead: one looks, one acts, and one is kept for closing, so that neither a look nor the
fence ever stands behind a statement that hangs.
"""

from __future__ import annotations

import socket
from typing import BinaryIO

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import copying, datadir, following, leading
from colonnade_agent.steward.mariadb.looking import Looking
from colonnade_agent.steward.mariadb.process import Unit
from colonnade_agent.steward.mariadb.session import Session
from colonnade_agent.steward.mariadb.settings import MariadbSettings
from colonnade_agent.steward.protocol.actions import Recovery
from colonnade_agent.steward.protocol.observation import Database

LOOK_SECONDS = 1.0
ACT_SECONDS = 5.0
"""Stopping the receiver takes up to 1.2 s against a host that does not answer (kill_conn_timeout=1)."""
FENCE_SECONDS = 1.5
"""Closing gives up after lock_wait_timeout, 1 s."""


class MariadbEngine:
    """`fetch` opens the stream of a member's `stream_backup`. One verb at a time; `look` and `close` may be
    asked beside it, from threads of their own.
    """

    def __init__(self, settings: MariadbSettings, fetch: copying.Fetch) -> None:
        self._settings, self._fetch = settings, fetch
        self._unit = Unit(settings)
        self._look = Session(settings.socket, "look", LOOK_SECONDS)
        self._act = Session(settings.socket, "act", ACT_SECONDS)
        self._fence = Session(settings.socket, "fence", FENCE_SECONDS)
        self._looking = Looking(settings, self._unit, self._look)

    @property
    def _sessions(self) -> tuple[Session, ...]:
        return self._look, self._act, self._fence

    def take_over(self) -> None:
        if not datadir.marks(self._settings).joined:
            self._unit.stop()  # somebody else's: what no steward has started is not part of any cluster
        if self._unit.life() and self._unit.is_ready():
            for session in self._sessions:
                session.close()
                session.open()

    def look(self) -> Database:
        return self._looking.look()

    def start(self, recovery: Recovery) -> None:
        if not datadir.is_database(self._settings):
            raise EngineError(f"start: there is no database in {self._settings.datadir}")
        datadir.mark(self._settings)
        self._forget()
        self._unit.start(recovery)

    def kill(self) -> None:
        self._unit.kill()
        self._forget()

    def close(self) -> None:
        leading.close(self._fence, (self._look, self._act))

    def open(self) -> None:
        leading.open_(self._act, self._settings, (self._look, self._fence))

    def require_acks(self, on: bool) -> None:
        leading.require_acks(self._act, on)

    def bar_followers(self, names: frozenset[str]) -> None:
        leading.bar_followers(self._act, self._settings, names)

    def offer_acks(self, on: bool) -> None:
        following.offer_acks(self._act, on)

    def stop_receiving(self) -> None:
        following.stop_receiving(self._act)

    def start_receiving(self) -> None:
        following.start_receiving(self._act)

    def leave_replication(self) -> None:
        following.leave(self._act)

    def follow(self, source: str) -> None:
        following.follow(self._act, self._settings, source)

    def reinit(self, source: str) -> None:
        """A database as its package made it, that was never used, becomes a copy by following from the first
        transaction on. If the source's logs do not reach back so far, it says so, and is asked for a copy.
        """
        if datadir.marks(self._settings).fresh and datadir.is_database(self._settings):
            datadir.mark(self._settings)
            return
        self.kill()
        try:
            copying.replace_data(self._settings, source, self._fetch)
        except OSError as error:
            raise EngineError(f"copy the data of {source}: {error}") from error

    def greets(self, member: str, seconds: float) -> bool:
        """Whether another member's server says who it is, which it does before it asks who we are."""
        peer = self._settings.members[member]
        try:
            with socket.create_connection((peer.address, peer.port), timeout=seconds) as connection:
                return bool(connection.recv(1))
        except OSError:
            return False

    def stream_backup(self, to: BinaryIO) -> None:
        """What another member's `reinit` reads."""
        copying.stream_backup(self._settings, to)

    def _forget(self) -> None:
        for session in self._sessions:
            session.close()
