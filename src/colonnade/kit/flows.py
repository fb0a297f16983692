"""Which connections the design allows: a pure function of its arrows and the rooms' offers. Nothing else may
connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.model.design import Design, Service

PUBLIC = "public"
OPERATOR = "operator"


@dataclass(frozen=True, order=True)
class Flow:
    """`source` is a machine, or `public`, or `operator`; `target` a machine; `why` names services and
    protocol. `port` is 0 for a transport without ports. `beside`: between two machines by the uplinks that
    both are on, and not inside.
    """

    source: str
    target: str
    port: int
    transport: str
    why: str
    beside: bool = False


def flows(design: Design, claims: Claims) -> tuple[Flow, ...]:
    """Every allowed connection between two hosts, sorted, each once. Traffic within one machine is not a
    flow.
    """
    found: dict[tuple[str, str, int, str, bool], Flow] = {}
    for offer in claims.offers:
        service = design.services[offer.service]
        beside = offer.audience is Audience.NEIGHBOURS
        for source, target, why in _ends(design, service, offer):
            if source != target:
                found.setdefault(
                    (source, target, offer.port, offer.transport, beside),
                    Flow(source, target, offer.port, offer.transport, why, beside),
                )
    return tuple(sorted(found.values()))


def _ends(design: Design, service: Service, offer: Offer) -> Iterator[tuple[str, str, str]]:
    if offer.audience is Audience.LINKS:
        yield from _linked(design, service, offer)
        return
    for target in service.members:
        if offer.audience is Audience.PUBLIC:
            yield PUBLIC, target, f"anyone -> {service.name} {offer.protocol}"
        elif offer.audience is Audience.OPERATOR:
            yield OPERATOR, target, f"operator -> {service.name} {offer.protocol}"
        elif offer.audience in {Audience.PEERS, Audience.NEIGHBOURS}:
            for source in service.members:
                yield source, target, f"{service.name} -> {service.name} {offer.protocol}"


def _linked(design: Design, service: Service, offer: Offer) -> Iterator[tuple[str, str, str]]:
    for origin in design.sources(service.name):
        link = origin.link_to(service.name)
        assert link is not None
        for source in origin.members:
            for target in link.targets(source, service.members):
                yield source, target, f"{origin.name} -> {service.name} {offer.protocol}"
