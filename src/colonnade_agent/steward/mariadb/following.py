"""Replication on the side that copies: begun, acknowledged or not, stopped and forgotten.

Two threads do it, a receiver (IO) and an applier (SQL). Started while both are stopped, they discard what was
received and not applied, so the receiver alone is only ever started beside an applier that runs.
"""

from __future__ import annotations

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import reading
from colonnade_agent.steward.mariadb.session import Row, Session
from colonnade_agent.steward.mariadb.settings import MariadbSettings

THREADS = """
SELECT Slave_IO_Running AS receiver, Slave_SQL_Running AS applier
FROM information_schema.SLAVE_STATUS WHERE Connection_name = ''
"""
ENDS = "SELECT @@GLOBAL.gtid_binlog_pos AS binlog, @@GLOBAL.gtid_slave_pos AS slave"
OFFER = "SET GLOBAL rpl_semi_sync_slave_enabled = %s"
CHANGE = """
CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s,
  MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 3, MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 1,
  MASTER_SSL_CA = %s, MASTER_SSL_CERT = %s, MASTER_SSL_KEY = %s
"""


def threads(session: Session) -> Row | None:
    rows = session.ask(THREADS)
    return rows[0] if rows else None


def offer_acks(session: Session, on: bool) -> None:
    """Read by the receiver when it connects. In an order in which a steward that is killed between leaves
    nothing that acknowledges and seems not to.
    """
    _require_applier(session, "offer acknowledgements")
    if not on:
        session.ask(OFFER, 0)
    _stop_receiver(session)
    if on:
        session.ask(OFFER, 1)
    start_receiving(session)


def stop_receiving(session: Session) -> None:
    session.ask(OFFER, 0)
    if threads(session):
        _stop_receiver(session)


def start_receiving(session: Session) -> None:
    _require_applier(session, "start the receiver")
    session.ask("START SLAVE IO_THREAD")


def leave(session: Session) -> None:
    session.ask(OFFER, 0)
    if threads(session):
        session.ask("STOP SLAVE")
        session.ask("RESET SLAVE ALL")


def follow(session: Session, settings: MariadbSettings, source: str) -> None:
    """Hazard: what is known of an earlier source is forgotten first. After a kill it may name a relay log
    that is gone, and then CHANGE MASTER is refused (1201), again and again.
    """
    peer = settings.members[source]
    password = settings.password_file.read_text(encoding="utf-8").strip()
    leave(session)
    session.ask("SET GLOBAL server_id = %s", settings.members[settings.member].copying_id)
    _begin_at_own_end(session)
    files = (settings.ca, settings.certificate, settings.key)
    session.ask(CHANGE, peer.host, peer.port, settings.user, password, *map(str, files))
    session.ask("START SLAVE")


def _begin_at_own_end(session: Session) -> None:
    """What we wrote ourselves, or were given as a copy, is not to be sent again."""
    ends = session.one(ENDS)
    binlog, slave = reading.last(ends["binlog"]), reading.last(ends["slave"])
    if binlog and (slave is None or binlog.seq > slave.seq):
        session.ask("SET GLOBAL gtid_slave_pos = %s", f"{reading.DOMAIN}-{binlog.server}-{binlog.seq}")


def _stop_receiver(session: Session) -> None:
    session.ask("STOP SLAVE IO_THREAD")
    found = threads(session)
    if found and found["receiver"] != "No":
        raise EngineError(f"STOP SLAVE IO_THREAD: the receiver is still {found['receiver']}")


def _require_applier(session: Session, what: str) -> None:
    found = threads(session)
    if not found or found["applier"] != "Yes":
        raise EngineError(f"{what}: the applier does not run, and what was received would be discarded")
