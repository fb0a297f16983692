"""The machine as one run sees it: what was read once for all resources, and what each was found to be.

Every resource kind gets it as the argument of `observe` and `mend`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from colonnade_agent import dpkg, systemd
from colonnade_agent.records import Records


@dataclass(frozen=True)
class Observed:
    """What a resource was found to be.

    `action` is what mending would do, one of `wire.ACTIONS`; empty when the resource is as desired.
    `fingerprint` changes when the resource's content on the machine does; `changed_at` is when it last did
    (epoch seconds, 0 when that isn't known). Units and commands compare them to know whether they run with
    what is on disk.
    """

    action: str = ""
    diff: str = ""
    fingerprint: str = ""
    changed_at: float = 0.0


class Resource(Protocol):
    """Desired (the frozen fields), observed, fix. `fingerprint` is the one `observe` will find once it is
    as desired.
    """

    @property
    def id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    def observe(self, machine: Machine) -> Observed: ...
    def mend(self, machine: Machine) -> None: ...
    def claim(self, machine: Machine) -> dict[str, Any] | None:
        """What is there before the first change, to be put back on removal. None: there is nothing to take
        back.
        """


@dataclass
class Machine:
    """`seen` holds the latest observation of every resource by id. `lock` is the descriptor of the
    machine's lock.
    """

    records: Records = field(default_factory=Records)
    lock: int | None = None
    blobs: frozenset[str] = frozenset()
    seen: dict[str, Observed] = field(default_factory=dict)
    _packages: dict[str, str] | None = None
    _units: dict[str, systemd.UnitState] = field(default_factory=dict)

    @property
    def packages(self) -> dict[str, str]:
        if self._packages is None:
            self._packages = dpkg.read_installed()
        return self._packages

    def forget_packages(self) -> None:
        self._packages = None

    def read_units(self, names: Sequence[str]) -> None:
        self._units = systemd.show(names)

    def unit(self, name: str) -> systemd.UnitState:
        """The state as last read; `read_unit` asks anew."""
        return self._units[name] if name in self._units else self.read_unit(name)

    def read_unit(self, name: str) -> systemd.UnitState:
        self._units[name] = systemd.show([name])[name]
        return self._units[name]

    def look(self, resource: Resource) -> Observed:
        """Observe and remember."""
        self.seen[resource.id] = resource.observe(self)
        return self.seen[resource.id]

    def fingerprints(self, ids: Iterable[str]) -> dict[str, str]:
        return {i: self.seen[i].fingerprint if i in self.seen else "" for i in ids}

    def changed_at(self, ids: Iterable[str]) -> float:
        return max((self.seen[i].changed_at for i in ids if i in self.seen), default=0.0)
