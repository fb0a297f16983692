"""Pass 1: what each room states about its members, as facts. No room tells another what to do with them.

The firewall room reads every offer and derives rules, the pki room every certificate, the dns room every
name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from colonnade.model.addresses import FloatingNeed

__all__ = [
    "CA_FILE",
    "PKI",
    "Alias",
    "Audience",
    "CertificateFiles",
    "CertificateNeed",
    "Claims",
    "FloatingNeed",
    "Name",
    "Offer",
    "SecretNeed",
    "Zone",
]


class Audience(StrEnum):
    """Who may connect to an offered port."""

    PUBLIC = "public"
    """Anyone, on the machine's public addresses."""
    LINKS = "links"
    """The members that the design's arrows lead from."""
    PEERS = "peers"
    """The other members of the same service."""
    NEIGHBOURS = "neighbours"
    """The other members of the same service, by the uplinks that both are on: between their own addresses
    there."""
    OPERATOR = "operator"
    """The machine Colonnade is run from."""


@dataclass(frozen=True)
class Offer:
    """A port that every member of `service` listens on.

    `transport` is `tcp`, `udp`, or `vrrp`, which has no ports: its `port` is 0.
    `name` is unique within the service; `protocol` is what is spoken (`https`, `mysql`, `dns`, `ssh`);
    `facts` are what a client must know to use it (user, database, name of the secret, TLS server name), read
    by rooms that link to the service.
    """

    service: str
    name: str
    port: int
    audience: Audience
    protocol: str
    transport: str = "tcp"
    facts: Mapping[str, str] = field(default_factory=dict)


PKI = "/etc/colonnade/pki"
CA_FILE = f"{PKI}/ca.pem"


@dataclass(frozen=True)
class CertificateFiles:
    """Where the pki room puts a certificate on its machines. `bundle` is chain and key in one file, as
    haproxy wants it.
    """

    folder: str

    @property
    def chain(self) -> str:
        return f"{self.folder}/chain.pem"

    @property
    def key(self) -> str:
        return f"{self.folder}/key.pem"

    @property
    def bundle(self) -> str:
        return f"{self.folder}/bundle.pem"


@dataclass(frozen=True)
class CertificateNeed:
    """A certificate of the site's own CA under `id` (unique in the site).

    Subject: CN=`common_name`, OU=`unit` (the service: peers authorise by it). `names` are DNS names,
    `addresses` machines whose
    inside addresses go in too. Usable as server and client. `machines` get it, its key readable by group
    `reader`; the door's
    certificate is one `id` that all door machines share. `days` it is valid; `up` renews when a third of
    that is left.
    """

    id: str
    common_name: str
    unit: str
    machines: tuple[str, ...]
    names: tuple[str, ...] = ()
    addresses_of: tuple[str, ...] = ()
    reader: str = "root"
    days: int = 90

    @property
    def files(self) -> CertificateFiles:
        return CertificateFiles(f"{PKI}/{self.id}")


@dataclass(frozen=True)
class Name:
    """A DNS name that leads users to these machines: to their floating addresses, else to their own."""

    fqdn: str
    machines: tuple[str, ...]
    ttl: int = 20


@dataclass(frozen=True)
class Zone:
    """A DNS zone that these machines answer for, on their own addresses: a name server stays where it is."""

    name: str
    machines: tuple[str, ...]


@dataclass(frozen=True)
class Alias:
    """A name that stands for `address` in the hosts file of one machine."""

    machine: str
    name: str
    address: str = "127.0.0.1"


@dataclass(frozen=True)
class SecretNeed:
    """A random secret under `name` (unique in the site), made once and kept beside the design. `characters`
    of [A-Za-z0-9].
    """

    name: str
    characters: int = 32


@dataclass(frozen=True)
class Claims:
    offers: tuple[Offer, ...] = ()
    certificates: tuple[CertificateNeed, ...] = ()
    names: tuple[Name, ...] = ()
    zones: tuple[Zone, ...] = ()
    aliases: tuple[Alias, ...] = ()
    secrets: tuple[SecretNeed, ...] = ()
    floating: tuple[FloatingNeed, ...] = ()

    @staticmethod
    def merge(parts: Iterable[Claims]) -> Claims:
        """All facts of all rooms; a certificate or secret stated twice under one id counts once."""
        every = list(parts)
        return Claims(
            offers=tuple(o for c in every for o in c.offers),
            certificates=tuple({n.id: n for c in every for n in c.certificates}.values()),
            names=tuple(n for c in every for n in c.names),
            zones=tuple(z for c in every for z in c.zones),
            aliases=tuple(a for c in every for a in c.aliases),
            secrets=tuple({s.name: s for c in every for s in c.secrets}.values()),
            floating=tuple(f for c in every for f in c.floating),
        )
