"""What doors have in common, whatever program it is: what an operator may say of one, and which request goes
all the way through it. Asked by the rooms of doors, and by who visits.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator

from colonnade.kit.claims import Audience, Claims
from colonnade.model.kinds import Settings

OWN_PATHS = "/.colonnade/"
"""Refused to visitors."""


class DoorSettings(Settings):
    tls: Literal["1.2", "1.3"] = "1.2"
    """The oldest version of TLS that users may come with. All browsers since 2020 know 1.3."""
    hsts_days: int = Field(default=365, ge=0, le=3650)
    """For so many days after each visit browsers refuse to reach the site by anything but HTTPS; 0 makes them
    forget it."""
    hsts_subdomains: bool = False
    """Whether that holds for all names below the site's too, which then all need HTTPS."""
    client_requests: int = Field(default=100, ge=1, le=100_000)
    """How many requests a second one client address gets served at the door, averaged over ten seconds; the
    rest get the answer 429."""
    trusted: tuple[str, ...] = ()
    """Addresses and networks to which the door sets no limits for each client, such as an office behind one
    address or a CDN: `203.0.113.7`, `198.51.100.0/24`."""

    @field_validator("trusted")
    @classmethod
    def networks(cls, trusted: tuple[str, ...]) -> tuple[str, ...]:
        for text in trusted:
            try:
                ip_network(text)
            except ValueError as error:
                raise ValueError(f"{text!r} is no address or network: {error}") from None
        return trusted

    @property
    def hsts(self) -> str:
        """The value of Strict-Transport-Security."""
        return f"max-age={self.hsts_days * 86400}" + ("; includeSubDomains" if self.hsts_subdomains else "")


def way_through(claims: Claims) -> str:
    """A path that goes the whole way and costs little: the one the app says it is well on."""
    known = (o.facts["health"] for o in claims.offers if o.audience is Audience.LINKS and "health" in o.facts)
    return next((path for path in known if not path.startswith(OWN_PATHS)), "/")
