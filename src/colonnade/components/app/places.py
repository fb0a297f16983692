"""Where are the files, units and users of one app service? Asked by every part of this room."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LONGEST_USER = 31
"""Bytes; useradd(8) takes no longer name."""


@dataclass(frozen=True)
class Places:
    """Where things of one app service are on its machines."""

    service: str

    @property
    def user(self) -> str:
        name = f"colonnade-{self.service}"
        if len(name) <= LONGEST_USER:
            return name
        return f"{name[: LONGEST_USER - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    @property
    def unit(self) -> str:
        return f"colonnade-{self.service}.service"

    @property
    def sidecar_unit(self) -> str:
        return f"colonnade-{self.service}-sidecar.service"

    @property
    def sidecar_config(self) -> str:
        return f"/etc/colonnade/sidecar-{self.service}.cfg"

    @property
    def sidecar_run(self) -> str:
        """Relative to /run."""
        return f"colonnade-{self.service}-sidecar"

    @property
    def environment(self) -> str:
        return f"/etc/colonnade/{self.service}.env"

    @property
    def releases(self) -> str:
        return f"/opt/colonnade/{self.service}/releases"

    @property
    def current(self) -> str:
        return f"/opt/colonnade/{self.service}/current"

    @property
    def state(self) -> str:
        """Root's own: what root writes here, the app must not be able to lead elsewhere."""
        return f"/var/lib/colonnade-app/{self.service}"

    @property
    def app_state(self) -> str:
        """The app's own, relative to /var/lib."""
        return f"colonnade-app/{self.service}/state"

    def release(self, blob: str) -> str:
        return f"{self.releases}/{blob[:12]}"
