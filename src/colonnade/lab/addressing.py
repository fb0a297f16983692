"""Which addresses has a lab, and each of its machines? Pure; asked by the network, the machines and the
callers.

Lab number k owns one /22 of 198.18.0.0/15, the range RFC 2544 sets aside for benchmarks, so that it meets no
network in use: inside /24, uplink-a /24, uplink-b /24, outside /25, and a /29 that links the host with the
lab.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

NETWORKS = ("inside", "uplink-a", "uplink-b", "outside")
UPLINKS = ("uplink-a", "uplink-b")
BENCHMARK_RANGE = IPv4Network("198.18.0.0/15")
LABS = 128
FIRST_HOST, LAST_HOST = 10, 119
FIRST_FLOATING, LAST_FLOATING = 200, 249
FIRST_VISITOR, LAST_VISITOR = 120, 126


@dataclass(frozen=True)
class Addressing:
    """The addresses of lab `number` (0 to 127)."""

    number: int

    @property
    def block(self) -> IPv4Network:
        return IPv4Network((int(BENCHMARK_RANGE.network_address) + (self.number << 10), 22))

    def subnet(self, network: str) -> IPv4Network:
        start = int(self.block.network_address) + (NETWORKS.index(network) << 8)
        return IPv4Network((start, 25 if network == "outside" else 24))

    def router(self, network: str) -> IPv4Address:
        return self.subnet(network)[1]

    def machine(self, host: int, network: str) -> IPv4Address:
        """The address of the machine with host number `host` (FIRST_HOST to LAST_HOST)."""
        return self.subnet(network)[host]

    def floating(self, network: str) -> tuple[IPv4Address, ...]:
        """Addresses of an inside or uplink network that no machine gets: for virtual addresses."""
        subnet = self.subnet(network)
        return tuple(subnet[n] for n in range(FIRST_FLOATING, LAST_FLOATING + 1))

    @property
    def visitors(self) -> tuple[IPv4Address, ...]:
        """Outside, and no machine's: for a client that is to look like many."""
        subnet = self.subnet("outside")
        return tuple(subnet[n] for n in range(FIRST_VISITOR, LAST_VISITOR + 1))

    @property
    def link(self) -> IPv4Network:
        """Between host and lab. [1] is the lab's router, [2] the operator, [3] a visitor."""
        return IPv4Network((int(self.block.broadcast_address) - 7, 29))

    @property
    def operator(self) -> IPv4Address:
        """What the host is when it administers machines."""
        return self.link[2]

    @property
    def visitor(self) -> IPv4Address:
        """What the host is when it visits an uplink: one from outside, like any browser."""
        return self.link[3]


def lowest_free(taken: Collection[int], candidates: range) -> int | None:
    return next((n for n in candidates if n not in taken), None)
