"""The DNS zone of a site: a pure function from its name and addresses to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from colonnade.errors import StateError
from colonnade.kit.claims import Name
from colonnade.kit.material import Addresses


@dataclass(frozen=True)
class Record:
    """An A record; `owner` is fully qualified, with the final dot."""

    owner: str
    ttl: int
    address: str


@dataclass(frozen=True)
class Zone:
    """`origin` has no final dot. `servers` are those of its NS records; `records` holds their addresses."""

    origin: str
    servers: tuple[str, ...]
    records: tuple[Record, ...]


SERVER_TTL = 300


def origin_of(site: str) -> str:
    """The zone a site's name lives in: its parent when it has three or more labels, else the name itself.

    `www.foobar.com` lives in `foobar.com`; so does `foobar.com`.
    """
    labels = site.split(".")
    return ".".join(labels[1:]) if len(labels) >= 3 else site


def zone_of(site: str, names: Sequence[Name], machines: Mapping[str, Addresses]) -> Zone:
    """`machines`: the addresses of each that runs a DNS server, ns1 first. A server's record gives its own
    addresses, a name those where users are led.

    Raises StateError for a name that the zone can't hold: left out, it would be silently unknown.
    """
    origin = origin_of(site)
    servers = {f"ns{i}.{origin}.": m.own for i, m in enumerate(machines.values(), 1)}
    glue = [Record(server, SERVER_TTL, a) for server, addresses in servers.items() for a in addresses]
    found: set[Record] = set()
    for name in names:
        if name.fqdn != origin and not name.fqdn.endswith(f".{origin}"):
            raise StateError(f"the name {name.fqdn} is not in the site's zone {origin}", where=site)
        found |= {Record(f"{name.fqdn}.", name.ttl, a) for m in name.machines for a in machines[m].arrivals}
    return Zone(origin, tuple(servers), (*glue, *sorted(found, key=lambda r: (r.owner, r.address))))
