"""What is a steward told? Read from its file, which `up` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_agent.etcd.connection import Endpoint
from colonnade_agent.steward.protocol.observation import Settings


@dataclass(frozen=True)
class Files:
    """Of this member's certificate, and of the CA that all of the site's certificates are of."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Order:
    """`peers`: where the other members' stewards listen. `server_name`: what their certificates are of.
    `clients`: the organisational units whose certificates may ask this steward. `database`: what the engine
    reads. `runtime`: a folder that is empty after a boot, and kept when the steward is restarted.
    """

    cluster: str
    settings: Settings
    etcd: tuple[Endpoint, ...]
    etcd_server_name: str
    files: Files
    listen: Endpoint
    peers: Mapping[str, Endpoint]
    server_name: str
    clients: frozenset[str]
    guard: Path
    runtime: Path
    database: Mapping[str, Any]


def read(text: str) -> Order:
    data: dict[str, Any] = json.loads(text)
    settings = {**data["settings"], "members": frozenset(data["settings"]["members"])}
    return Order(
        cluster=data["cluster"],
        settings=Settings(**settings),
        etcd=tuple(Endpoint(*each) for each in data["etcd"]["endpoints"]),
        etcd_server_name=data["etcd"]["server_name"],
        files=Files(**{name: Path(path) for name, path in data["files"].items()}),
        listen=Endpoint(*data["listen"]),
        peers={name: Endpoint(*each) for name, each in data["peers"].items()},
        server_name=data["server_name"],
        clients=frozenset(data["clients"]),
        guard=Path(data["guard"]),
        runtime=Path(data["runtime"]),
        database=data["database"],
    )
