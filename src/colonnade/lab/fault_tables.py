"""Which faults does a lab have now? Reads and replaces the kernel's tables of them; asked by the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from colonnade.lab import faults
from colonnade.lab.faults import Fault
from colonnade.lab.network import Network


@dataclass(frozen=True)
class FaultTables:
    """`port` gives the bridge port of (machine, network). A lab without a network has no faults."""

    network: Network
    port: Callable[[str, str], str]

    def read(self) -> list[Fault]:
        if not self.network.exists:
            return []
        return faults.read(self.network.inside(["nft", "-j", "list", "ruleset"]))

    def add(self, more: Iterable[Fault]) -> None:
        wanted = self.read()
        for fault in more:
            wanted = faults.with_fault(wanted, fault)
        self._write(wanted)

    def keep(self, stays: Callable[[Fault], bool]) -> None:
        """Take away every fault that does not stay."""
        self._write(f for f in self.read() if stays(f))

    def _write(self, wanted: Iterable[Fault]) -> None:
        if self.network.exists:
            self.network.inside(["nft", "-f", "-"], stdin=faults.rules(wanted, self.port))
