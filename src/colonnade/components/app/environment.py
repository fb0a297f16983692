"""What does the app's environment hold? The twelve-factor contract, as a systemd environment file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from colonnade.components.app.routes import DatabaseRoute
from colonnade.kit.claims import CertificateFiles

OWN = ("PORT", "DATABASE_URL", "DATABASE_REPLICA_URL", "SITE_URL", "COLONNADE_MACHINE", "COLONNADE_RELEASE")
"""Names that a user's `env` may not set."""


def environment(
    *,
    port: int,
    site: str,
    machine: str,
    release: str,
    databases: Sequence[DatabaseRoute],
    client: CertificateFiles,
) -> dict[str, str]:
    values = {
        "PORT": str(port),
        "SITE_URL": f"https://{site}",
        "COLONNADE_MACHINE": machine,
        "COLONNADE_RELEASE": release,
    }
    for i, database in enumerate(databases):
        name = "DATABASE" if i == 0 else variable(database.name)
        values[f"{name}_URL"] = database.url(database.write_port, client)
        values[f"{name}_REPLICA_URL"] = database.url(database.read_port, client)
    return values


def variable(name: str) -> str:
    """`orders-db` as `ORDERS_DB`."""
    return re.sub(r"\W", "_", name).upper()


def environment_file(values: Mapping[str, str]) -> bytes:
    """Quoted as systemd.exec(5) says of EnvironmentFile=; within the quotes a value may hold line ends."""
    quoted = {name: re.sub(r'([\\"`$])', r"\\\1", value) for name, value in values.items()}
    return "".join(f'{name}="{value}"\n' for name, value in sorted(quoted.items())).encode()
