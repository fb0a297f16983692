"""The door: haproxy, where users arrive. Asked by the engine through the catalog, as every room is.

It ends the users' TLS, cleans what they send, and spreads requests over the healthy members of the linked web
services, over mutual TLS. README.md is the user's page; the templates are the whole configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from colonnade.errors import DesignError, Problem
from colonnade.kit.checks import Answer, Check, Health, by_exit
from colonnade.kit.claims import CA_FILE, Audience, CertificateNeed, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.generations import one_generation
from colonnade.kit.resources import Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import Upstream, View
from colonnade.model.design import Design, Position, Service
from colonnade.model.kinds import Kind, Settings

PACKAGE = "colonnade.components.haproxy"
CONFIG = "/etc/haproxy/haproxy.cfg"
DROP_INS = "/etc/systemd/system/haproxy.service.d"
STATUS_PATH = "/.colonnade/door"

FACTS = MappingProxyType({"unit": "haproxy.service", "status": STATUS_PATH, "reload": "USR2"})
"""For whoever watches over this door: its unit, where it tells its own machine how many web servers are up,
and the signal at which its workers finish what they are at and new ones take over."""

LABELS = (
    (r"\bleast\b|\bleastconn\b|\bfewest\b", "leastconn"),
    (r"\b(ip|source|client)\b.*\bhash|\bsource\b|\bsticky\b|\bsession affinity\b", "source"),
    (r"\bround ?robin\b|\brr\b", "roundrobin"),
    (r"\brandom\b", "random"),
    (r"\bfirst\b", "first"),
)
"""What people write on the arrow that leaves a load balancer; the first that matches wins."""


class HaproxySettings(Settings):
    balance: Literal["roundrobin", "leastconn", "source", "first", "random"] = "roundrobin"
    """How requests are spread over the web servers. `roundrobin`: in turn. `leastconn`: to the one with the
    fewest open connections. `source`: those of one client's address always to the same one. `first`: to the
    first one, and to the next when that has 128 connections. `random`: by chance."""


def read_label(text: str) -> Mapping[str, str]:
    """`Round Robin`, `least connections`, `IP hash` as settings; empty when the label names no algorithm."""
    words = re.sub(r"[\W_]+", " ", text.lower())
    return next(({"balance": balance} for pattern, balance in LABELS if re.search(pattern, words)), {})


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
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        door = door_certificate(view.design).files.bundle
        client = client_certificate(service, machine).files.bundle
        addresses = view.addresses(machine)
        content = render(
            PACKAGE,
            "haproxy.cfg.j2",
            site=view.design.site,
            addresses=addresses.listens,
            own=addresses.own,
            door=door,
            ca=CA_FILE,
            client=client,
            balance=self.settings(service).balance,
            upstreams=web_upstreams(service, machine, view),
            status_path=STATUS_PATH,
            leaves=machine in view.maintained,
        )
        config = File(CONFIG, content, validate=("haproxy", "-c", "-f", "{staged}"))
        drop_in = File(f"{DROP_INS}/colonnade.conf", render(PACKAGE, "haproxy.service.conf.j2"))
        unit = Unit(
            "haproxy.service",
            reload_on=(config.id, *(f"file:{path}" for path in (door, client, CA_FILE))),
            restart_on=(drop_in.id,),
            ready=ask_door(view.design.site, addresses.own[0]),
        )
        return {Stage.DOOR: [Directory(DROP_INS), config, drop_in, unit]}

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        targets = [t for upstream in web_upstreams(service, machine, view) for t in upstream.targets]
        total = sum(not target.maintained for target in targets)
        return tuple(
            Check(service.name, ask_door(view.design.site, address), servers_up(total))
            for address in view.addresses(machine).own
        )

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        return (Check(service.name, one_generation("haproxy.service"), by_exit()),)


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


def ask_door(site: str, address: str) -> tuple[str, ...]:
    """Through the front: port, certificate and name must be right. The answer is how many web servers are up.

    It is the door's own answer, for a request that went to a web server would take another's turn. The
    request comes from `address` too, by which the door knows its own machine.
    """
    return (
        *("curl", "-sS", "--max-time", "4", "--cacert", CA_FILE),
        *("--interface", address, "--resolve", f"{site}:443:{address}", f"https://{site}{STATUS_PATH}"),
    )


def servers_up(total: int) -> Callable[[Answer], Health]:
    """Reads `ask_door`: the number of web servers that are up, of `total`."""

    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            return Health(False, answer.stderr.strip() or f"curl ended with {answer.exit}")
        text = answer.stdout.strip()
        if not text.isdecimal():
            return Health(False, "something other than this door answers on its address")
        return Health(int(text) > 0, f"{text} of {total} web server{'s' * (total != 1)} up")

    return read


COMPONENT = Haproxy()
