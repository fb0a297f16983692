"""Who is primary and who follows whom: the one place that decides roles, and the SQL that makes them true.

The design decides: a service's first member is the primary. All SQL goes to the client's standard input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from colonnade.components.mariadb.sql import render_sql
from colonnade.kit.claims import CA_FILE, CertificateFiles
from colonnade.model.design import Service

PORT = 3306
SEMI_SYNC_TIMEOUT_MS = 3000
"""How long a commit waits for a replica; then commits stop waiting until one has caught up. Finite, as
nobody but the operator could end the wait."""
DRAIN_SECONDS = 20
CONNECT_SECONDS = 30


class Role(StrEnum):
    PRIMARY = "primary"
    REPLICA = "replica"


def primary_of(service: Service) -> str:
    return service.members[0]


def role_of(service: Service, machine: str) -> Role:
    return Role.PRIMARY if machine == primary_of(service) else Role.REPLICA


def replicas_of(service: Service) -> tuple[str, ...]:
    return service.members[1:]


def role_variables(service: Service, machine: str) -> Mapping[str, str]:
    """What a role consists of: in the file for the server's next start, and set in the running server."""
    role = role_of(service, machine)
    true = {
        "read_only": role is Role.REPLICA,
        "rpl_semi_sync_master_enabled": role is Role.PRIMARY and bool(replicas_of(service)),
        "rpl_semi_sync_slave_enabled": role is Role.REPLICA,
    }
    return {name: "ON" if value else "OFF" for name, value in true.items()}


@dataclass(frozen=True)
class State:
    """`query` prints `wanted` when all is well; else `mend` makes it so, or fails and says why not."""

    query: str
    wanted: str
    mend: str


def role_state(service: Service, machine: str) -> State:
    """The role's variables in the running server; and a primary follows no one."""
    variables = role_variables(service, machine)
    leads = role_of(service, machine) is Role.PRIMARY
    wanted = " ".join(f"{name}={value}" for name, value in variables.items())
    return State(
        query=render_sql("role-query", variables=variables, leads=leads),
        wanted=wanted + (" follows=no one" if leads else ""),
        mend=render_sql("role-mend", variables=variables, leads=leads, machine=machine),
    )


@dataclass(frozen=True)
class Source:
    """The primary as a replica connects to it: by its machine's name, which its certificate holds."""

    host: str
    user: str
    password: str
    certificate: CertificateFiles

    @property
    def facts(self) -> Mapping[str, str]:
        """Columns of information_schema.SLAVE_STATUS and what they must hold."""
        return {
            "Master_Host": self.host,
            "Master_Port": str(PORT),
            "Master_User": self.user,
            "Connect_Retry": "1",
            "Using_Gtid": "Slave_Pos",
            "Master_SSL_Allowed": "Yes",
            "Master_SSL_Verify_Server_Cert": "Yes",
            "Master_SSL_CA_File": CA_FILE,
            "Master_SSL_Cert": self.certificate.chain,
            "Master_SSL_Key": self.certificate.key,
        }


def following_state(source: Source) -> State:
    """A replica follows `source`, verified and by GTID, and both its threads run."""
    running = {"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes"}
    facts = {**source.facts, **running}
    return State(
        query=render_sql("following-query", columns=list(facts)),
        wanted=" ".join(f"{column}={value}" for column, value in facts.items()),
        mend=render_sql(
            "following-mend",
            source=source,
            port=PORT,
            ca=CA_FILE,
            drain=DRAIN_SECONDS,
            connect=CONNECT_SECONDS,
        ),
    )
