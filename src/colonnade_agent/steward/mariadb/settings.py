"""Which server is this one, who are the others, and how are they reached? Read from the steward's order file.

The password is not in it: only the path of a file that root alone may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A member as others see it. `host` is the name in its certificate; `address` is where it comes from,
    which its account for replication is bound to.
    """

    host: str
    address: str
    server_id: int
    port: int = 3306

    @property
    def copying_id(self) -> int:
        """Its server_id while it follows.

        Hazard: a server skips what was written under its own id, and says that it has applied it. But a
        leader that was killed and follows has dropped some of what it wrote, and must take it back. (With
        rpl_semi_sync_slave_enabled it would; but then it acknowledges. --replicate-same-server-id is
        refused together with log_slave_updates.)
        """
        return self.server_id ^ 0x8000_0000


@dataclass(frozen=True)
class MariadbSettings:
    """`members`: all, this one too. `certificate` and `key` are what mariadbd shows to its source."""

    cluster: str
    member: str
    members: Mapping[str, Peer]
    user: str
    password_file: Path
    ca: Path
    certificate: Path
    key: Path
    unit: str = "mariadb.service"
    socket: Path = Path("/run/mysqld/mysqld.sock")
    datadir: Path = Path("/var/lib/mysql")
    runtime: Path = Path("/run/colonnade-steward")
    environment_name: str = "mariadbd.env"
    cgroups: Path = Path("/sys/fs/cgroup/system.slice")
    names: Mapping[int, str] = field(init=False, repr=False, compare=False, hash=False)
    hosts: Mapping[str, str] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _names(self.members))
        object.__setattr__(self, "hosts", {each.host: name for name, each in self.members.items()})
        if len(self.names) < 2 * len(self.members) or len(self.hosts) < len(self.members):
            raise ValueError("two members have one server_id or one host")
        if self.member not in self.members:
            raise ValueError(f"{self.member} is not among the members")

    @property
    def environment(self) -> Path:
        """Read by the unit at its start, and there only while a start is under way."""
        return self.runtime / self.environment_name

    @property
    def cgroup(self) -> Path:
        return self.cgroups / self.unit


def _names(members: Mapping[str, Peer]) -> dict[int, str]:
    return {each: name for name, peer in members.items() for each in (peer.server_id, peer.copying_id)}


PATHS = ("password_file", "ca", "certificate", "key", "socket", "datadir", "runtime", "cgroups")


def read(data: Mapping[str, Any]) -> MariadbSettings:
    """From decoded JSON with the fields above; `members` as name -> fields of `Peer`. Raises ValueError,
    KeyError or TypeError where it is not of that shape.
    """
    members = {name: Peer(**peer) for name, peer in data["members"].items()}
    paths = {name: Path(data[name]) for name in PATHS if name in data}
    return MariadbSettings(**{**data, **paths, "members": members})
