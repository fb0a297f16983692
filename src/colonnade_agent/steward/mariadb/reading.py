"""What do the server's own words mean? Rows of its tables in, what a steward decides on out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from colonnade_agent.steward.mariadb.session import Row
from colonnade_agent.steward.mariadb.settings import MariadbSettings
from colonnade_agent.steward.protocol.observation import Replication
from colonnade_agent.steward.protocol.store import Position

DOMAIN = 0
"""All is written in the default domain, so sequence numbers count all transactions (gtid_strict_mode)."""

READ_ALL = "Slave has read all relay log"

SOURCE_REFUSES = frozenset({1236})
"""ER_MASTER_FATAL_ERROR_READING_BINLOG: our position is not in the source's history, or its logs do not reach
back to it any more."""

OTHER_DATA = frozenset(
    {
        1007,  # ER_DB_CREATE_EXISTS
        1008,  # ER_DB_DROP_EXISTS
        1032,  # ER_KEY_NOT_FOUND: a row to be changed is not there
        1049,  # ER_BAD_DB_ERROR
        1050,  # ER_TABLE_EXISTS_ERROR
        1051,  # ER_BAD_TABLE_ERROR
        1054,  # ER_BAD_FIELD_ERROR
        1060,  # ER_DUP_FIELDNAME
        1061,  # ER_DUP_KEYNAME
        1062,  # ER_DUP_ENTRY
        1091,  # ER_CANT_DROP_FIELD_OR_KEY
        1146,  # ER_NO_SUCH_TABLE
        1396,  # ER_CANNOT_USER: an account is there already, or is not
        1451,  # ER_ROW_IS_REFERENCED_2
        1452,  # ER_NO_REFERENCED_ROW_2
        1535,  # ER_BINLOG_ROW_WRONG_TABLE_DEF
        1677,  # ER_SLAVE_CONVERSION_FAILED
        1950,  # ER_GTID_STRICT_OUT_OF_ORDER
    }
)
"""Errors of the applier that only other data than the source's explain. Numbers and names: MariaDB's manual,
"MariaDB Error Code Reference"."""


@dataclass(frozen=True)
class Gtid:
    seq: int
    server: int


def last(gtids: str) -> Gtid | None:
    """The one of our domain in a list such as `0-1-42,1-1-7`."""
    for each in gtids.split(","):
        domain, _, rest = each.strip().partition("-")
        if domain == str(DOMAIN):
            server, _, seq = rest.partition("-")
            return Gtid(int(seq), int(server))
    return None


def written(settings: MariadbSettings, binlog: str, slave: str) -> Position:
    """Where the history here ends. A restored copy has applied what its own binary log does not hold."""
    ends = [end for end in (last(binlog), last(slave)) if end]
    if not ends:
        return Position(0, "")
    end = max(ends, key=lambda gtid: gtid.seq)
    return Position(end.seq, settings.names.get(end.server, f"server {end.server}"))


def replication(settings: MariadbSettings, row: Row, offers: bool) -> Replication:
    """`row`: of SLAVE_STATUS, and `applied`, the position of the applier; `id`, the server's.

    An applier under another id than a copy's was started by hand, and may skip what it should apply.
    """
    as_copy = row["id"] == settings.members[settings.member].copying_id
    receiving, applying = row["Slave_IO_Running"] != "No", row["Slave_SQL_Running"] == "Yes" and as_copy
    refused = not receiving and row["Last_IO_Errno"] in SOURCE_REFUSES
    differs = not applying and row["Last_SQL_Errno"] in OTHER_DATA
    applied = last(row["applied"])
    return Replication(
        source=settings.hosts.get(row["Master_Host"], row["Master_Host"]),
        receiving=receiving,
        connected=row["Slave_IO_Running"] == "Yes",
        applying=applying,
        received=received(row, applied) if applying else None,
        applied=applied.seq if applied else 0,
        offers_acks=offers or row["acking"] == "ON",
        diverged=refused or differs,
    )


def received(row: Row, applied: Gtid | None) -> int | None:
    """An empty position is none; it is zero only where nothing was ever applied, nor is left to apply."""
    found = last(row["Gtid_IO_Pos"])
    if found:
        return max(found.seq, applied.seq if applied else 0)
    return 0 if applied is None and row["Slave_SQL_Running_State"].startswith(READ_ALL) else None


class Waiters:
    """For how long has the longest waiting commit waited for an acknowledgement?

    The server's own count runs since the statement began, which may have been long before it waited; so none
    counts as older than our first sight of it.
    """

    def __init__(self) -> None:
        self._seen: Mapping[tuple[int, int], float] = {}

    def longest(self, rows: Iterable[Row], now: float) -> float | None:
        """`rows`: ID, QUERY_ID, TIME_MS of those that wait."""
        found = {(row["ID"], row["QUERY_ID"]): float(row["TIME_MS"]) / 1000 for row in rows}
        self._seen = {who: self._seen.get(who, now) for who in found}
        return max((min(age, now - self._seen[who]) for who, age in found.items()), default=None)
