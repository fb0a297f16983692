"""What is so on this machine, now? A few short questions to the server, in the order they must be asked in.

None of them waits behind a commit that waits: SHOW MASTER STATUS, SHOW BINARY LOGS and FLUSH would.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import datadir, reading
from colonnade_agent.steward.mariadb.process import Life, Unit
from colonnade_agent.steward.mariadb.session import Row, Session
from colonnade_agent.steward.mariadb.settings import MariadbSettings
from colonnade_agent.steward.protocol.observation import Database, Process, Replication

YEAR_MS = 31_536_000_000
"""Acknowledgements are waited for without an end; there is no other way to say so."""

START_LIMIT = 900.0
"""Seconds after which a start that nothing is heard of counts as hung: what Debian's unit gives it."""

READY_SECONDS = 1.0
"""How often systemd is asked whether a server that does not answer ever did."""

AGAIN_SECONDS = 0.1

FACTS = f"""
SELECT @@GLOBAL.read_only AS closed,
  @@GLOBAL.rpl_semi_sync_master_enabled AND @@GLOBAL.rpl_semi_sync_master_wait_no_slave
    AND @@GLOBAL.rpl_semi_sync_master_wait_point = 'AFTER_SYNC'
    AND @@GLOBAL.rpl_semi_sync_master_timeout >= {YEAR_MS} AS requires_acks,
  @@GLOBAL.rpl_semi_sync_slave_enabled AS offers_acks
"""
FOLLOWED = """
SELECT Master_Host, Slave_IO_Running, Slave_SQL_Running, Slave_SQL_Running_State, Gtid_IO_Pos,
  Last_IO_Errno, Last_SQL_Errno, @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.server_id AS id,
  (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_SLAVE_STATUS') AS acking
FROM information_schema.SLAVE_STATUS WHERE Connection_name = ''
"""
ENDS = "SELECT @@GLOBAL.gtid_binlog_pos AS binlog, @@GLOBAL.gtid_slave_pos AS slave"
APPLIER = "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_SQL'"
"""The coordinator: with parallel replication too there is one, and its connection lasts as long as it."""
WAITERS = """
SELECT ID, QUERY_ID, TIME_MS FROM information_schema.PROCESSLIST
WHERE STATE LIKE 'Waiting for semi-sync ACK%%'
"""
BARRED = """
SELECT Host FROM mysql.global_priv
WHERE User = %s AND JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true')
"""


@dataclass
class Looking:
    """`session` is for nothing else, so that no verb that hangs is in its way."""

    settings: MariadbSettings
    unit: Unit
    session: Session
    _waiters: reading.Waiters = field(default_factory=reading.Waiters)
    _answered: Life | None = None
    _last: Database | None = None
    _asked: float = -READY_SECONDS

    def look(self) -> Database:
        marks = datadir.marks(self.settings)
        life = self.unit.life()
        if life is None:
            self.session.close()
            return Database(Process.DOWN, fresh=marks.fresh, joined=marks.joined)
        try:
            seen = self._ask(life, marks)
        except EngineError:
            return self._silent(life, marks)
        self._answered, self._last = life, seen
        return seen

    def _silent(self, life: Life, marks: datadir.Marks) -> Database:
        if self._answered == life and self._last:
            return replace(self._last, process=Process.HUNG)
        now = time.monotonic()
        if now - self._asked < READY_SECONDS and life.age < START_LIMIT:
            return Database(Process.STARTING, fresh=marks.fresh, joined=marks.joined)
        self._asked = now
        silent = Process.HUNG if life.age >= START_LIMIT or self.unit.is_ready() else Process.STARTING
        # Of one that has answered, but not to us, nothing is known: it may be open.
        return Database(silent, open=silent is Process.HUNG, fresh=marks.fresh, joined=marks.joined)

    def _ask(self, life: Life, marks: datadir.Marks) -> Database:
        session = self.session
        if self._answered != life:
            session.close()
        facts = self._facts()
        before = session.ask(APPLIER)
        rows = session.ask(FOLLOWED)
        after = session.ask(APPLIER)
        waiting = self._waiters.longest(session.ask(WAITERS), time.monotonic())
        ends = session.one(ENDS)
        offers = bool(facts["offers_acks"])
        following = reading.replication(self.settings, rows[0], offers) if rows else None
        steady = before == after and bool(before) and following is not None and following.applying
        return Database(
            Process.UP,
            open=not facts["closed"],
            written=reading.written(self.settings, ends["binlog"], ends["slave"]),
            requires_acks=bool(facts["requires_acks"]),
            waiting=waiting,
            barred=self._barred(),
            epoch=f"{life}.{before[0]['ID']}" if steady else None,
            replication=following if steady or following is None else _unsteady(following),
            fresh=marks.fresh,
            joined=marks.joined,
        )

    def _facts(self) -> Row:
        """Asked again where it failed at once: the session may have been ended since the last look."""
        began = time.monotonic()
        try:
            return self.session.one(FACTS)
        except EngineError:
            if time.monotonic() - began > AGAIN_SECONDS:
                raise
            return self.session.one(FACTS)

    def _barred(self) -> frozenset[str]:
        names = {peer.address: name for name, peer in self.settings.members.items()}
        hosts = [row["Host"] for row in self.session.ask(BARRED, self.settings.user)]
        return frozenset(names[host] for host in hosts if host in names)


def _unsteady(following: Replication) -> Replication:
    """What was received belongs to no epoch that could be named."""
    return replace(following, received=None)
