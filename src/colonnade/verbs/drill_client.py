"""Where a drill's visitors come from, and what they are told: the lab's client machine, or this computer."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.drill.client import Client
from colonnade.engine.site import Site, ca_of
from colonnade.kit.claims import Audience
from colonnade.lab import furniture
from colonnade.verbs.opening import Opened
from colonnade_agent import pack
from colonnade_agent.visitor.order import Order

OWN_PATHS = "/.colonnade/"
"""Refused to visitors."""


def client(opened: Opened, site: Site, run: str, addresses: tuple[str, ...]) -> Client:
    """Visits from now on. `run` is in the ids of its writes."""
    sources = furniture.visit_from(opened.lab) if opened.drawn.needs_lab else ()
    order = Order(run, site.design.site, ca_of(site), addresses, probe_path(site), sources=sources)
    argv, stdin = pack.visitor(order)
    if opened.drawn.needs_lab:
        argv = opened.lab.command(furniture.CLIENT.name, argv)
    return Client(argv, stdin)


def probe_path(site: Site) -> str:
    """One that goes the whole way and costs little: the one the app says it is well on."""
    return next((path for path in _health_paths(site) if not path.startswith(OWN_PATHS)), "/")


def _health_paths(site: Site) -> Iterator[str]:
    for offer in site.view.claims.offers:
        if offer.audience is Audience.LINKS and "health" in offer.facts:
            yield offer.facts["health"]
