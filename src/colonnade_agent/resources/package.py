"""A Debian package. Missing ones are installed by one call for all of a stage (`dpkg.install`); none is
ever removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade_agent import dpkg
from colonnade_agent.machine import Machine, Observed


@dataclass(frozen=True)
class Package:
    name: str

    @property
    def id(self) -> str:
        return f"package:{self.name}"

    @property
    def fingerprint(self) -> str:
        return "to be installed"

    def observe(self, machine: Machine) -> Observed:
        version = machine.packages.get(self.name)
        if version is None:
            return Observed("install", "not installed")
        return Observed(fingerprint=version, changed_at=dpkg.installed_at(self.name))

    def mend(self, machine: Machine) -> None:
        dpkg.install([self.name], machine.lock)
        machine.forget_packages()

    def claim(self, machine: Machine) -> None:
        """Packages stay: removing one could take along what somebody else needs."""
