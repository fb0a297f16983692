"""Where a drill's visitors come from, and what they are told: the lab's client machine, or this computer."""

from __future__ import annotations

from colonnade.drill.client import Client
from colonnade.engine.site import Site, ca_of
from colonnade.kit.door import way_through
from colonnade.lab import furniture
from colonnade.verbs.opening import Opened
from colonnade_agent import pack
from colonnade_agent.visitor.order import Order


def client(opened: Opened, site: Site, run: str, addresses: tuple[str, ...]) -> Client:
    """Visits from now on. `run` is in the ids of its writes."""
    sources = furniture.visit_from(opened.lab) if opened.drawn.needs_lab else ()
    order = Order(
        run, site.design.site, ca_of(site), addresses, way_through(site.view.claims), sources=sources
    )
    argv, stdin = pack.visitor(order)
    if opened.drawn.needs_lab:
        argv = opened.lab.command(furniture.CLIENT.name, argv)
    return Client(argv, stdin)
