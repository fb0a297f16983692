"""Which database errors are worth another try, and how long to wait between tries. Pure; asked by `database`.

One policy for the whole app:

=============  ==============================================  ==========================================
fault          what happened                                   what the next try needs
=============  ==============================================  ==========================================
LOST           the server or the way to it is gone             a new connection
DEPOSED        the server answers, but is no longer primary    a new connection (the router knows better)
CONTENDED      lock wait, deadlock, snapshot conflict          the same connection, a moment later
CROWDED        no pooled connection came free in time          a moment
NOT_READY      database or table is not there (yet)            nothing we can do: fails at once
PERMANENT      a wrong statement, wrong rights, wrong data     nothing we can do: fails at once
=============  ==============================================  ==========================================

The numbers are those of MariaDB's and MySQL's error reference (1000-1999 server, 2000-2999 client library).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    LOST = "lost"
    DEPOSED = "deposed"
    CONTENDED = "contended"
    CROWDED = "crowded"
    NOT_READY = "not_ready"
    PERMANENT = "permanent"

    @property
    def retryable(self) -> bool:
        return self not in (Fault.NOT_READY, Fault.PERMANENT)

    @property
    def connection_is_useless(self) -> bool:
        """True when neither this connection nor any pooled before it can be trusted to reach a useful server."""
        return self in (Fault.LOST, Fault.DEPOSED)


LOST = frozenset({
    0,     # PyMySQL's InterfaceError (0, ''): the connection object is already closed
    1040,  # too many connections
    1053,  # server shutdown in progress
    1077, 1078, 1079,  # normal shutdown, got signal, shutdown complete
    1080,  # forcing close of the thread
    1129,  # host blocked because of many connection errors
    1152, 1184,  # aborted connection
    1156, 1157, 1158, 1159, 1160, 1161,  # network packet errors and timeouts, server side
    1203,  # user has more than max_user_connections
    1317,  # query interrupted (the server kills sessions when it steps down or stops)
    1927,  # connection was killed
    2002, 2003,  # cannot connect
    2006,  # server has gone away
    2013,  # connection lost during the query; also PyMySQL's read timeout
    2014, 2045, 2055,  # out of sync, lost during a packet
    2026,  # TLS failure
    4031,  # MySQL: disconnected because of inactivity
})  # fmt: skip
DEPOSED = frozenset({
    1047,  # Galera: node is not prepared for use (MySQL: unknown command, which a pooled session never sends)
    1290,  # --read-only is on
    1792,  # statement in a READ ONLY transaction
    1836,  # server runs in read-only mode
    3100,  # MySQL: group replication refused the commit
    3687,  # MySQL: super-read-only could not be left
})  # fmt: skip
CONTENDED = frozenset({
    1020,  # record has changed since last read (innodb_snapshot_isolation, on by default since MariaDB 11.6)
    1205,  # lock wait timeout
    1213,  # deadlock, we were the victim
    1614,  # XA: deadlock detected
})  # fmt: skip
NOT_READY = frozenset({
    1049,  # unknown database
    1146,  # table does not exist
})  # fmt: skip


def fault_of(code: int) -> Fault:
    if code in LOST:
        return Fault.LOST
    if code in DEPOSED:
        return Fault.DEPOSED
    if code in CONTENDED:
        return Fault.CONTENDED
    return Fault.NOT_READY if code in NOT_READY else Fault.PERMANENT


@dataclass(frozen=True)
class RetryPolicy:
    """All in seconds. `budget`: no new try begins later than this after the first."""

    budget: float
    first_pause: float = 0.05
    longest_pause: float = 0.5

    def pauses(self, chance: random.Random) -> Iterator[float]:
        """Doubling pauses, each shortened by up to half at random, so that clients do not come back in step."""
        pause = self.first_pause
        while True:
            yield pause * chance.uniform(0.5, 1.0)
            pause = min(pause * 2, self.longest_pause)
