"""Who may log in, from where, and to do what. Stated on the primary; replicas replicate it.

An account is bound to the inside address of one machine, and needs a certificate of the site's CA and a
password. SQL holds passwords only as the server itself stores them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.components.mariadb.replication import State
from colonnade.components.mariadb.sql import render_sql
from colonnade.kit.view import View
from colonnade.model.design import Service

APP = "app"
REPLICATION = "replication"
LOCAL = ("root", "mysql")
"""The package's accounts for system users of these names: by unix socket, without a password."""

APP_PRIVILEGES = (
    "ALTER", "ALTER ROUTINE", "CREATE", "CREATE ROUTINE", "CREATE TEMPORARY TABLES", "CREATE VIEW",
    "DELETE", "DROP", "EXECUTE", "INDEX", "INSERT", "REFERENCES", "SELECT", "SHOW VIEW", "TRIGGER", "UPDATE",
)  # fmt: skip
"""What an app and its migrations need, on its own database only; nothing that gets around read_only."""


@dataclass(frozen=True)
class Account:
    """`database` is empty for privileges on the whole server. `privileges` are sorted, as the query does."""

    user: str
    address: str
    password: str
    database: str
    privileges: tuple[str, ...]

    @property
    def stored(self) -> str:
        """The password as mysql_native_password stores it: the hexadecimal SHA-1 of its SHA-1."""
        once = hashlib.sha1(self.password.encode(), usedforsecurity=False).digest()
        return "*" + hashlib.sha1(once, usedforsecurity=False).hexdigest().upper()

    @property
    def pattern(self) -> str:
        """The database as grants write it, where an underscore stands for any character."""
        return self.database.replace("_", r"\_")

    @property
    def wanted(self) -> str:
        privileges = ", ".join(self.privileges)
        grants = f"{self.pattern}: {privileges}; server: USAGE" if self.database else f"server: {privileges}"
        return f"{self.user}@{self.address}: our password, X509; {grants}"


def secret_name(service: Service, user: str) -> str:
    return f"{service.name}/{user}"


def accounts(service: Service, database: str, view: View) -> tuple[Account, ...]:
    """One for the app per machine that may reach it; one for replication per member, as roles may move."""
    clients = sorted({m for source in view.design.sources(service.name) for m in source.members})
    password = view.secret(secret_name(service, APP))
    app = [Account(APP, view.addresses(m).inside, password, database, APP_PRIVILEGES) for m in clients]
    if len(service.members) == 1:
        return tuple(app)
    password = view.secret(secret_name(service, REPLICATION))
    stream = ("REPLICATION SLAVE",)
    peers = [Account(REPLICATION, view.addresses(m).inside, password, "", stream) for m in service.members]
    return (*peers, *app)


def accounts_state(database: str, wanted: Sequence[Account], elected: bool = False) -> State:
    """The app's database, these accounts exactly, no other of their names, no distant root. `elected`: only
    who takes writes just now is asked for them, and the others receive them.
    """
    lines = [
        f"database: {database}",
        "leftovers: none",
        *(f"{user}@localhost: unix_socket" for user in LOCAL),
        *(account.wanted for account in wanted),
    ]
    everything = "\n".join(lines)
    values: dict[str, object] = {"database": database, "accounts": wanted, "local": LOCAL}
    values |= {"ours": (APP, REPLICATION), "elected": elected, "everything": everything}
    return State(
        query=render_sql("accounts-query", **values),
        wanted=everything,
        mend=render_sql("accounts-mend", **values),
    )
