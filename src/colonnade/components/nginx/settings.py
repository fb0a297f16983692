"""What an operator may say about a web server. Read by the loaders, and by this room."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator

from colonnade.model.kinds import Settings


class NginxSettings(Settings):
    body_limit: str = Field(default="10m", pattern=r"^[1-9][0-9]*[km]$")
    """The largest request body, such as an upload: `512k`, `10m`. A larger one gets the answer 413."""
    answer_timeout: int = Field(default=60, ge=1, le=3600)
    """Seconds that the app may stay silent before its client gets the answer 504."""
    static_seconds: int = Field(default=300, ge=0, le=31_536_000)
    """How long browsers may keep a static file without asking again. One whose name holds a hash of its
    content, such as `main.3f2a9b1c.css`, is kept for a year."""
    tls: Literal["1.2", "1.3"] = "1.2"
    """As the door: the oldest version of TLS that users may come with. All browsers since 2018 know 1.3."""
    hsts_days: int = Field(default=365, ge=0, le=3650)
    """As the door: for so many days after each visit browsers refuse to reach the site by anything but HTTPS;
    0 makes them forget it."""
    hsts_subdomains: bool = False
    """As the door: whether that holds for all names below the site's too, which then all need HTTPS."""
    client_requests: int = Field(default=100, ge=1, le=100_000)
    """As the door: how many requests a second one client address gets served, averaged over ten seconds; the
    rest get the answer 429."""
    client_connections: int = Field(default=200, ge=1, le=100_000)
    """As the door: how many requests of one client address may be on their way at once; the rest get the
    answer 429."""
    trusted: tuple[str, ...] = ()
    """As the door: addresses and networks without limits for each client, such as an office behind one
    address or a CDN: `203.0.113.7`, `198.51.100.0/24`."""
    connections: int = Field(default=8000, ge=100, le=500_000)
    """How many connections clients may have open at once on each machine. More are refused."""

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
