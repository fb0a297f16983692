"""Where on an app machine does what listen? Ports and database routes, asked by every part of this room.

Several app services may share a machine: each has a number (its place among the design's app services), and
the ports of its sidecar are counted up from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.kit.claims import CA_FILE, CertificateFiles
from colonnade.kit.view import Target, View
from colonnade.model.design import Design, Service

SIDECAR_PORT = 9443
DATABASE_PORT = 3307
DATABASES_PER_APP = 10


@dataclass(frozen=True)
class DatabaseRoute:
    """A linked database as the app on one machine reaches it: two loopback ports of its sidecar.

    Reads go to the replicas that are not in maintenance, and to the primary when none of them is up. Which
    member is the primary is asked at `steward_port` of each, where that is not 0; else it is the first.
    """

    name: str
    host: str
    write_port: int
    read_port: int
    primary: Target
    replicas: tuple[Target, ...]
    user: str
    password: str
    database: str
    members: tuple[Target, ...] = ()
    steward_port: int = 0

    def url(self, port: int, client: CertificateFiles) -> str:
        """TLS goes through the sidecar to the database, whose certificate is verified against `host`."""
        tls = f"ssl_ca={CA_FILE}&ssl_cert={client.chain}&ssl_key={client.key}"
        return f"mysql://{self.user}:{self.password}@{self.host}:{port}/{self.database}?{tls}"


def number(service: Service, design: Design) -> int:
    same_kind = [s.name for s in design.services.values() if s.kind == service.kind]
    return same_kind.index(service.name)


def sidecar_port(service: Service, design: Design) -> int:
    return SIDECAR_PORT + number(service, design)


def database_routes(service: Service, machine: str, view: View) -> tuple[DatabaseRoute, ...]:
    """In the order of the service's links; the first is the app's `DATABASE_URL`."""
    base = DATABASE_PORT + 2 * DATABASES_PER_APP * number(service, view.design)
    upstreams = view.upstreams(service, machine)
    linked = [u for u in upstreams if u.offer.protocol == "mysql"]
    stewards = {u.service.name: u.offer.port for u in upstreams if u.offer.protocol == "steward"}
    return tuple(
        DatabaseRoute(
            name=upstream.service.name,
            host=upstream.offer.facts["server_name"],
            write_port=base + 2 * i,
            read_port=base + 2 * i + 1,
            primary=upstream.targets[0],
            replicas=tuple(t for t in upstream.targets[1:] if not t.maintained),
            user=upstream.offer.facts["user"],
            password=view.secret(upstream.offer.facts["secret"]),
            database=upstream.offer.facts["database"],
            members=upstream.targets,
            steward_port=stewards.get(upstream.service.name, 0),
        )
        for i, upstream in enumerate(linked)
    )
