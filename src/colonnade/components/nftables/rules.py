"""Flows into one machine as nftables matches: a pure function, each line with the reason it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from colonnade.kit.flows import OPERATOR, PUBLIC
from colonnade.kit.view import View

COMMENT_CHARACTERS = 127
"""What nftables takes (NFTNL_UDATA_COMMENT_MAXLEN, with its end)."""


@dataclass(frozen=True)
class Rule:
    """`match` is nftables text without a verdict, `why` its comment."""

    match: str
    why: str


def rules(machine: str, view: View) -> tuple[Rule, ...]:
    """One rule for all sources that have the same reason to reach the same port."""
    sources: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    for flow in view.flows:
        if flow.target == machine:
            sources[(flow.port, flow.transport, flow.why)].add(flow.source)
    return tuple(
        Rule(f"{_ends(names, machine, view)}{transport} dport {port}", why[:COMMENT_CHARACTERS])
        for (port, transport, why), names in sorted(sources.items())
    )


def _ends(sources: set[str], machine: str, view: View) -> str:
    """The match of both ends, ending with a space, empty where anyone may come by any way."""
    own = view.addresses(machine)
    if PUBLIC in sources:
        return f"ip daddr {address_set(own.arrivals)} "
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
