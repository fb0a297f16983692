"""Kinds to test with: what the rooms bring, in small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from colonnade.model.kinds import Kind, NoSettings, Settings


class BalancerSettings(Settings):
    balance: Literal["roundrobin", "leastconn", "source"] = "roundrobin"
    """How requests are spread."""


class AppSettings(Settings):
    source: str = ""
    """The app's folder."""
    port: int = Field(default=8000, ge=1, le=65535)
    """Where the app listens."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment of the app."""


BALANCES = {"round robin": "roundrobin", "least conn": "leastconn", "ip hash": "source"}


def read_balance(text: str) -> Mapping[str, Any]:
    words = " ".join(text.lower().replace("-", " ").split())
    return next(({"balance": value} for name, value in BALANCES.items() if name in words), {})


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "haproxy",
            "load balancer",
            BalancerSettings,
            ("ha ?proxy", "load ?balanc(?:er|ing)", "lb", "edge"),
            door=True,
            tier=0,
            shape="hexagon",
            read_label=read_balance,
        ),
        Kind(
            "nginx",
            "web server",
            NoSettings,
            ("nginx", "web ?server", "reverse proxy", "web"),
            door=True,
            tier=1,
        ),
        Kind(
            "app",
            "application server",
            AppSettings,
            (
                "app(?:lication)? ?server",
                "app(?:lication)? runtime",
                "application",
                "app",
                "gunicorn",
                "uwsgi",
                "uvicorn",
                "php ?fpm",
                "puma",
                "node ?js",
                "django",
                "flask",
                "tomcat",
                "wsgi",
            ),
            tier=2,
            shape="rounded",
        ),
        Kind(
            "mariadb",
            "database",
            NoSettings,
            ("my ?sql", "maria ?db", "database server", "database", "db"),
            replicated=True,
            tier=3,
            shape="cylinder",
        ),
        Kind("nftables", "packet filter", drawn=False),
    )
}
