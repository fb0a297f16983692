"""The side that is written to: open, closed, waiting for acknowledgements, and fetched from by some only."""

from __future__ import annotations

import time

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb.looking import YEAR_MS
from colonnade_agent.steward.mariadb.session import Session
from colonnade_agent.steward.mariadb.settings import MariadbSettings

DISCONNECT_SECONDS = 2.0

SURE = (
    "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC",
    f"SET GLOBAL rpl_semi_sync_master_timeout = {YEAR_MS}",
    "SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON",
)
"""What makes waiting for acknowledgements worth anything, whatever the configuration says."""

# One round trip: 32 single statements were seen to take 0.1 s.
END_SESSIONS = """
BEGIN NOT ATOMIC
  DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
  FOR app IN (
    SELECT ID FROM information_schema.PROCESSLIST
    WHERE COMMAND NOT IN ('Daemon', 'Slave_IO', 'Slave_SQL', 'Slave_worker', 'Binlog Dump')
      AND USER NOT IN ('system user', 'event_scheduler')
      AND ID NOT IN (CONNECTION_ID(), COALESCE(IS_USED_LOCK(%s), 0), COALESCE(IS_USED_LOCK(%s), 0))
  ) DO
    EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', app.ID);
  END FOR;
END
"""
DUMPS = """
SELECT ID FROM information_schema.PROCESSLIST
WHERE COMMAND = 'Binlog Dump' AND USER = %s AND SUBSTRING_INDEX(HOST, ':', 1) = %s
"""


def close(session: Session, others: tuple[Session, Session]) -> None:
    """`others` are ours too. Hazard: no session may be ended before read_only is on. The end of one that
    waits for an acknowledgement finishes its commit, and its client may be told that all is well.
    """
    session.ask("SET SESSION lock_wait_timeout = 1")
    session.ask("SET GLOBAL read_only = ON")
    if not session.one("SELECT @@GLOBAL.read_only AS closed")["closed"]:
        raise EngineError("SET GLOBAL read_only = ON: it is off")
    _end_apps(session, others)


def open_(session: Session, settings: MariadbSettings, others: tuple[Session, Session]) -> None:
    """A session that began while this was a copy would write under the id of a copy, so it is ended."""
    own = settings.members[settings.member].server_id
    if session.one("SELECT @@GLOBAL.server_id AS id")["id"] != own:
        session.ask("SET GLOBAL server_id = %s", own)
        _end_apps(session, others)
    session.ask("SET GLOBAL read_only = OFF")


def _end_apps(session: Session, others: tuple[Session, Session]) -> None:
    session.ask(END_SESSIONS, *(each.mark for each in others))


def require_acks(session: Session, on: bool) -> None:
    for statement in SURE if on else ():
        session.ask(statement)
    session.ask("SET GLOBAL rpl_semi_sync_master_enabled = %s", int(on))


def bar_followers(session: Session, settings: MariadbSettings, names: frozenset[str]) -> None:
    """The accounts are locked here only: what is decided about followers is no part of the data."""
    for name, peer in settings.members.items():
        lock = "LOCK" if name in names else "UNLOCK"
        session.ask(f"ALTER USER IF EXISTS %s@%s ACCOUNT {lock}", settings.user, peer.address)
    deadline = time.monotonic() + DISCONNECT_SECONDS
    while dumps := _dumps(session, settings, names):
        if time.monotonic() > deadline:
            raise EngineError(f"{', '.join(sorted(names))} still fetch: sessions {dumps} won't end")
        for dump in dumps:
            _end(session, dump)
        time.sleep(0.02)


def _dumps(session: Session, settings: MariadbSettings, names: frozenset[str]) -> list[int]:
    peers = [settings.members[name] for name in sorted(names)]
    return [row["ID"] for peer in peers for row in session.ask(DUMPS, settings.user, peer.address)]


def _end(session: Session, dump: int) -> None:
    session.ask("BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; KILL CONNECTION %s; END", dump)
