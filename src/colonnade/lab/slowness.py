"""Which machines hear but slowly? A narrow pipe on their port of the bridge; asked by the lab.

The kernel's queue is the record, as its tables are of cuts: tc-tbf(8), which also kernels without netem have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from colonnade.lab.network import Network

KIND = "tbf"
PIPE = ("rate", "64kbit", "burst", "4kb", "latency", "2s")
"""Eight kilobytes a second; what would wait for longer than two seconds is lost."""


@dataclass(frozen=True)
class Slow:
    machine: str
    network: str

    def __str__(self) -> str:
        return f"slow {self.network}"


@dataclass(frozen=True)
class Slowness:
    """`port` gives the bridge port of (machine, network)."""

    network: Network
    port: Callable[[str, str], str]

    def add(self, machine: str, network: str) -> None:
        """Narrow what `machine` is sent on `network`."""
        port = self.port(machine, network)
        self.network.inside(["tc", "qdisc", "replace", "dev", port, "root", KIND, *PIPE])

    def read(self, machine: str, networks: Iterable[str]) -> tuple[Slow, ...]:
        """On which of `networks` it is slow now."""
        ports = self._ports()
        return tuple(Slow(machine, n) for n in networks if self.port(machine, n) in ports)

    def take_away(self, machine: str, networks: Iterable[str]) -> None:
        for slow in self.read(machine, networks):
            self.network.inside(["tc", "qdisc", "delete", "dev", self.port(machine, slow.network), "root"])

    def _ports(self) -> frozenset[str]:
        if not self.network.exists:
            return frozenset()
        listed = json.loads(self.network.inside(["tc", "-json", "qdisc", "show"]) or "[]")
        return frozenset(queue["dev"] for queue in listed if queue["kind"] == KIND)
