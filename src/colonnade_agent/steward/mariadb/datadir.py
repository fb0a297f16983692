"""Whose data lie in the data directory? Told by what is in it, as it must be known while the server is down.

A mark says that the data are those of a cluster that has begun. It is written by the first start, which only
a steward makes, and only once the cluster has begun. Without the mark, a directory that has a binary log is
of a server that was in use before there was a steward; one that has none is as the package made it: `fresh`.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade_agent import atomic
from colonnade_agent.steward.mariadb.settings import MariadbSettings

MARK = "colonnade-joined"
SYSTEM_TABLES = "mysql"


@dataclass(frozen=True)
class Marks:
    fresh: bool
    joined: bool


def marks(settings: MariadbSettings) -> Marks:
    joined = (settings.datadir / MARK).exists()
    used = any(settings.datadir.glob("*.index"))
    return Marks(fresh=not is_database(settings) or not (joined or used), joined=joined)


def is_database(settings: MariadbSettings) -> bool:
    return (settings.datadir / SYSTEM_TABLES).is_dir()


def mark(settings: MariadbSettings) -> None:
    path = settings.datadir / MARK
    if not path.exists():
        atomic.replace(path, f"{settings.cluster}\n".encode(), 0o644)
