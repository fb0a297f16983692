"""The door: haproxy, where users arrive. Asked by the engine through the catalog, as every room is.

It ends the users' TLS, cleans what they send, and spreads requests over the healthy members of the linked web
services, over mutual TLS. README.md is the user's page; the templates are the whole configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from colonnade.components.haproxy.checks import (
    STATUS_PATH,
    STATUS_SOCKET,
    ask_door,
    served,
    servers_up,
    visit,
)
from colonnade.components.haproxy.settings import HaproxySettings, read_label
from colonnade.components.haproxy.tickets import KEYS_FILE, SECONDS, SECRET, UNIT, ticket_keys
from colonnade.errors import DesignError, Problem
from colonnade.kit.checks import Check, by_exit
from colonnade.kit.claims import CA_FILE, Audience, CertificateNeed, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.door import way_through
from colonnade.kit.generations import one_generation
from colonnade.kit.resources import Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import Upstream, View
from colonnade.model.design import Design, Position, Service
from colonnade.model.kinds import Kind

PACKAGE = "colonnade.components.haproxy"
CONFIG = "/etc/haproxy/haproxy.cfg"
DROP_INS = "/etc/systemd/system/haproxy.service.d"

FACTS = MappingProxyType(
    {"unit": "haproxy.service", "reload": "USR2", "status": STATUS_PATH, "socket": STATUS_SOCKET}
)
"""For whoever watches over this door: its unit, the signal at which its workers finish what they are at and
new ones take over, and where it tells its own machine which web servers are up (`=1` for each, `=0`)."""


class Haproxy(Component[HaproxySettings]):
    kind = Kind(
        name="haproxy",
        title="HAProxy load balancer",
        settings=HaproxySettings,
        words=(
            r"ha ?proxy( (load ?balancer|lb|server))?",
            r"load ?balancers?( server)?",
            r"lbs?",
            r"edge( (lb|load ?balancer|server|proxy))?",
            r"front ?door",
        ),
        door=True,
        tier=0,
        shape="hexagon",
        provides=("tls-door",),
        read_label=read_label,
    )
    packages = ("haproxy", "curl")

    def claims(self, service: Service, design: Design) -> Claims:
        refuse_inner_door(service, design)
        refuse_no_way_on(service, design, service.links)
        refuse_strange_reserve(service, self.settings(service), design)
        return Claims(
            offers=(
                Offer(service.name, "https", 443, Audience.PUBLIC, "https", facts=FACTS),
                Offer(service.name, "http", 80, Audience.PUBLIC, "http"),
            ),
            certificates=(
                door_certificate(design),
                *(client_certificate(service, m) for m in service.members),
            ),
            names=(Name(design.site, service.members),),
            secrets=(SECRET,),
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        config = File(
            CONFIG, self._config(service, machine, view), validate=("haproxy", "-c", "-f", "{staged}")
        )
        drop_in = File(
            f"{DROP_INS}/colonnade.conf",
            render(PACKAGE, "haproxy.service.conf.j2", ticket_keys_unit=f"{UNIT}.service"),
        )
        used = (*certificate_files(service, machine, view.design), CA_FILE)
        unit = Unit(
            "haproxy.service",
            reload_on=(config.id, *(f"file:{path}" for path in used)),
            restart_on=(drop_in.id,),
            ready=ask_door(view.design.site, view.addresses(machine).own[0]),
        )
        return {
            Stage.GROUND: ticket_keys(PACKAGE, view.secret(SECRET.name)),
            Stage.DOOR: [Directory(DROP_INS), config, drop_in, unit],
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        site, addresses = view.design.site, view.addresses(machine).own
        fronts = (Check(service.name, ask_door(site, address), servers_up) for address in addresses)
        through = visit(site, addresses[0], way_through(view.claims))
        return (*fronts, Check(service.name, through, served))

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        return (Check(service.name, one_generation("haproxy.service"), by_exit()),)

    def _config(self, service: Service, machine: str, view: View) -> bytes:
        door, client = certificate_files(service, machine, view.design)
        addresses = view.addresses(machine)
        upstreams = web_upstreams(service, machine, view)
        own = tuple(dict.fromkeys((*addresses.own, addresses.inside)))
        settings = self.settings(service)
        return render(
            PACKAGE,
            "haproxy.cfg.j2",
            site=view.design.site,
            settings=settings,
            addresses=addresses.listens,
            own_addresses=own,
            unlimited=(*own, *settings.trusted),
            door=door,
            ca=CA_FILE,
            client=client,
            ticket_keys=KEYS_FILE,
            ticket_seconds=SECONDS,
            servers=servers(settings, upstreams),
            health=upstreams[0].offer.facts["health"],
            leaves=machine in view.maintained,
            status_path=STATUS_PATH,
            status_socket=STATUS_SOCKET,
        )


def certificate_files(service: Service, machine: str, design: Design) -> tuple[str, str]:
    """What users see, and what web servers see."""
    return door_certificate(design).files.bundle, client_certificate(service, machine).files.bundle


def door_certificate(design: Design) -> CertificateNeed:
    """The one certificate users see, shared by every machine they may arrive at."""
    machines = tuple(dict.fromkeys(m for s in design.doors for m in s.members))
    return CertificateNeed(
        "door", common_name=design.site, unit="door", machines=machines, names=(design.site,)
    )


def client_certificate(service: Service, machine: str) -> CertificateNeed:
    """What a member shows the web servers it connects to."""
    return CertificateNeed(
        f"{service.name}-{machine}", common_name=machine, unit=service.name, machines=(machine,)
    )


def web_upstreams(service: Service, machine: str, view: View) -> tuple[Upstream, ...]:
    """The linked services that speak HTTPS.

    All their members share one backend, for nothing in a design says which paths are whose. DesignError
    when there is none, or when they are not of one tier (nginx and the app behind it, say).
    """
    found = tuple(u for u in view.upstreams(service, machine) if u.offer.protocol == "https")
    refuse_no_way_on(service, view.design, found)
    if len({u.offer.facts["health"] for u in found}) > 1:
        names = " and ".join(u.service.name for u in found)
        raise refusal(
            view.design,
            service.links[-1].position,
            f"{service.name} leads to {names}, which differ in kind: nothing says which requests go where",
            "lead it to one of them",
        )
    return found


@dataclass(frozen=True)
class Server:
    """A web server as the template reads it; `backup`: it is in reserve, `maintained`: in maintenance."""

    name: str
    address: str
    tls_name: str
    backup: bool
    maintained: bool


def servers(settings: HaproxySettings, upstreams: Sequence[Upstream]) -> tuple[Server, ...]:
    every = [(upstream, target) for upstream in upstreams for target in upstream.targets]
    return tuple(
        Server(
            name=f"{upstream.service.name}:{target.machine}",
            address=f"{target.address}:{target.port}",
            tls_name=upstream.offer.facts["server_name"],
            backup=number > 0 if settings.backup == "others" else target.machine in settings.backup,
            maintained=target.maintained,
        )
        for number, (upstream, target) in enumerate(every)
    )


def refuse_strange_reserve(service: Service, settings: HaproxySettings, design: Design) -> None:
    """Raises DesignError when the reserve is of machines without a web server, or holds all of them."""
    linked = [design.services[link.to] for link in service.links if link.to in design.services]
    machines = {machine for web in linked for machine in web.members}
    named = () if settings.backup == "others" else settings.backup
    strange = [name for name in named if name not in machines]
    if strange:
        message = f"{service.name} has {strange[0]} in reserve, where no web server is that it leads to"
        raise refusal(design, service.position, message, f"name some of {', '.join(sorted(machines))}")
    if named and set(named) == machines:
        message = f"{service.name} has all its web servers in reserve"
        raise refusal(design, service.position, message, "leave one out of `backup`: it serves first")


def refuse_no_way_on(service: Service, design: Design, ways: Sequence[object]) -> None:
    if not ways:
        message = f"{service.name} leads to no web server"
        raise refusal(design, service.position, message, "draw an arrow from it to a web or app server")


def refuse_inner_door(service: Service, design: Design) -> None:
    """Raises DesignError unless users arrive here, and they alone: what others send is not to be cleaned."""
    sources = design.sources(service.name)
    if not service.public and not sources:
        message = f"{service.name} is a door, and no users arrive there"
        raise refusal(design, service.position, message, f"lead users to {service.name}, or take it out")
    if sources:
        raise refusal(
            design,
            sources[0].position,
            f"{sources[0].name} leads to {service.name}, and haproxy is a door: only users arrive there",
            f"lead {sources[0].name} to what is behind {service.name}; each hop spreads its own requests",
        )


def refusal(design: Design, position: Position, message: str, hint: str) -> DesignError:
    return DesignError(design.path, [Problem(position.line, position.column, message, hint)])


COMPONENT = Haproxy()
