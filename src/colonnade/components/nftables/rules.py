"""Flows into one machine as nftables matches: a pure function, each line with the reason it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType

from colonnade.kit.flows import OPERATOR, PUBLIC
from colonnade.kit.view import View

COMMENT_CHARACTERS = 127
"""What nftables takes (NFTNL_UDATA_COMMENT_MAXLEN, with its end)."""
PORTLESS: Mapping[str, str] = MappingProxyType({"vrrp": "ip protocol 112 ip ttl 255"})
"""Transports without ports. RFC 9568, 5.1.1.3: VRRP that came through a router is not VRRP."""


@dataclass(frozen=True)
class Rule:
    """`match` is nftables text without a verdict, `why` its comment."""

    match: str
    why: str


def rules(machine: str, view: View) -> tuple[Rule, ...]:
    """One rule for all sources that have the same reason to reach the same port."""
    sources: dict[tuple[int, str, str, bool], set[str]] = defaultdict(set)
    for flow in view.flows:
        if flow.target == machine:
            sources[(flow.port, flow.transport, flow.why, flow.beside)].add(flow.source)
    return tuple(
        Rule(f"{ends}{PORTLESS.get(transport) or f'{transport} dport {port}'}", why[:COMMENT_CHARACTERS])
        for (port, transport, why, beside), names in sorted(sources.items())
        for ends in (_beside(names, machine, view) if beside else [_ends(names, machine, view)])
    )


def _beside(sources: set[str], machine: str, view: View) -> Iterator[str]:
    """The match of both ends on each uplink, ending with a space. Only by the way an answer would go: nobody
    wears a neighbour's address on another network.
    """
    for line in view.addresses(machine).lines:
        others = [o.own for name in sources for o in view.addresses(name).lines if o.uplink == line.uplink]
        if others:
            yield f"ip saddr {address_set(others)} ip daddr {line.own} fib saddr . iif oif exists "


def _ends(sources: set[str], machine: str, view: View) -> str:
    """The match of both ends, ending with a space, empty where anyone may come by any way."""
    own = view.addresses(machine)
    if PUBLIC in sources:
        return f"ip daddr {address_set(own.listens)} "
    if OPERATOR in sources:
        operator = view.material.operator
        if not operator:
            return ""
        return f"{'ip6' if ip_address(operator).version == 6 else 'ip'} saddr {operator} "
    return f"ip saddr {address_set(view.addresses(name).inside for name in sources)} ip daddr {own.inside} "


def address_set(addresses: Iterable[str]) -> str:
    """Addresses as nftables writes them: in order, in braces when there are several; empty for none."""
    ordered = sorted({ip_address(a) for a in addresses}, key=int)
    if not ordered:
        return ""
    return str(ordered[0]) if len(ordered) == 1 else f"{{ {', '.join(map(str, ordered))} }}"
