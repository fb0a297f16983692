"""The database: MariaDB, one primary and its replicas. Asked by the catalog like every room."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.components.mariadb import stewards
from colonnade.components.mariadb.accounts import APP, REPLICATION, accounts, accounts_state, secret_name
from colonnade.components.mariadb.health import QUERY, read_health
from colonnade.components.mariadb.replication import (
    CONNECT_SECONDS,
    DRAIN_SECONDS,
    PORT,
    SEMI_SYNC_TIMEOUT_MS,
    Role,
    Source,
    State,
    following_state,
    primary_of,
    replicas_of,
    role_of,
    role_state,
    role_variables,
)
from colonnade.components.mariadb.settings import MariadbSettings, voters
from colonnade.components.mariadb.sql import PACKAGE
from colonnade.kit.checks import Ask, Check
from colonnade.kit.claims import CA_FILE, Audience, CertificateNeed, Claims, Offer, SecretNeed
from colonnade.kit.component import Component, Resources
from colonnade.kit.elections import Elections
from colonnade.kit.orders import Order
from colonnade.kit.resources import Command, Directory, File, Resource, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

CONFIG = "/etc/mysql/mariadb.cnf"
DROP_IN = "/etc/systemd/system/mariadb.service.d"
CLIENT = (
    "mariadb", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--user=root",
    "--skip-print-query-on-error", "--batch", "--raw", "--skip-column-names",
)  # fmt: skip
"""Reads SQL from its standard input, as the account that only root's processes get through the socket.
Hazard: by default the client repeats a failed statement, passwords included, on standard error."""

VALIDATE = ("mariadbd", "--defaults-file={staged}", "--datadir=/nonexistent", "--help", "--verbose")
"""Fails on an unknown setting. Without `--verbose` nothing is read; without `--datadir` the live one is."""


class Mariadb(Component[MariadbSettings]):
    kind = Kind(
        name="mariadb",
        title="MariaDB",
        settings=MariadbSettings,
        words=(
            r"(maria ?db|my ?sql|percona|rds|aurora)( (data ?base|db))?( server)?",
            r"(sql )?data ?base( server)?s?",
            r"(sql )?dbs?( server)?s?",
        ),
        replicated=True,
        voters=voters,
        tier=3,
        shape="cylinder",
        provides=("read-only-replicas",),
    )
    packages = ("mariadb-server", "mariadb-client", "mariadb-backup")

    def claims(self, service: Service, design: Design) -> Claims:
        del design
        facts = {
            "server_name": f"{service.name}.internal",
            "user": APP,
            "secret": secret_name(service, APP),
            "database": self.settings(service).database,
            "replicated": "yes",
        }
        replicated = len(service.members) > 1
        peers = [Offer(service.name, "replication", PORT, Audience.PEERS, "mysql")] if replicated else []
        if stewards.elects(service):
            peers += stewards.offers(service)
        users = (APP, REPLICATION) if replicated else (APP,)
        return Claims(
            offers=(Offer(service.name, "mysql", PORT, Audience.LINKS, "mysql", facts=facts), *peers),
            certificates=tuple(_certificate(service, machine) for machine in service.members),
            secrets=tuple(SecretNeed(secret_name(service, user)) for user in users),
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        server = self._server(service, machine, view)
        if not stewards.elects(service):
            return {
                Stage.DATA: (
                    *server,
                    self._unit(service, machine, server),
                    *self._states(service, machine, view),
                )
            }
        files = _certificate(service, machine).files
        password = view.secret(secret_name(service, REPLICATION))
        steward = stewards.resources(service, machine, view, user=REPLICATION, password=password, files=files)
        read = [each for each in server if isinstance(each, File)]
        return {
            Stage.DATA: (*server, *steward),
            Stage.ROLES: (*stewards.roles(files, read), self._accounts(service, view)),
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        if stewards.elects(service):
            return stewards.checks(service, machine, view)
        read = read_health(role_of(service, machine), len(replicas_of(service)))
        return (Check(service.name, CLIENT, read, input=QUERY),)

    def held(self, service: Service, machine: str, role: str, view: View) -> str:
        """`view` does not count: a replica may always go, and nobody can stand in for a primary by design."""
        del view
        if stewards.elects(service) or (role or role_of(service, machine)) != Role.PRIMARY:
            return ""
        name = service.name
        return f"it is the primary of {name}: nothing could be written until another member is made primary"

    def elections(self, service: Service) -> Elections | None:
        if not stewards.elects(service):
            return None
        return Elections(stewards.ASK, stewards.MARIADB, stewards.STEWARD)

    def leaving(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        return stewards.leaving(machine) if stewards.elects(service) else ()

    def returned(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        return stewards.returned(service, machine, view) if stewards.elects(service) else ()

    def ask(self, service: Service, sql: str) -> Ask:
        return Ask((*CLIENT, f"--database={self.settings(service).database}"), sql)

    def _server(self, service: Service, machine: str, view: View) -> tuple[Resource, ...]:
        config = File(CONFIG, self._config(service, machine, view), validate=VALIDATE)
        words = {"steward": stewards.elects(service), "environment": stewards.ENVIRONMENT}
        drop_in = File(f"{DROP_IN}/colonnade.conf", render(PACKAGE, "mariadb.service.conf.j2", **words))
        return Directory(DROP_IN), config, drop_in

    def _unit(self, service: Service, machine: str, server: Sequence[Resource]) -> Unit:
        files = _certificate(service, machine).files
        return Unit(
            "mariadb.service",
            restart_on=tuple(each.id for each in server if isinstance(each, File)),
            reload_on=tuple(f"file:{path}" for path in (CA_FILE, files.chain, files.key)),
            ready_seconds=60,
        )

    def _config(self, service: Service, machine: str, view: View) -> bytes:
        address = view.addresses(machine).inside
        elects = stewards.elects(service)
        return render(
            PACKAGE,
            "mariadb.cnf.j2",
            service=service.name,
            machine=machine,
            role="a member" if elects else role_of(service, machine),
            elects=elects,
            variables=stewards.variables() if elects else role_variables(service, machine),
            replicated=len(service.members) > 1,
            replicas=len(replicas_of(service)),
            address=address,
            server_id=stewards.server_id(address),
            port=PORT,
            ca=CA_FILE,
            certificate=_certificate(service, machine).files,
            settings=self.settings(service),
            semi_sync_timeout=stewards.SEMI_SYNC_TIMEOUT_MS if elects else SEMI_SYNC_TIMEOUT_MS,
        )

    def _states(self, service: Service, machine: str, view: View) -> tuple[Command, ...]:
        role = _command("mariadb role", role_state(service, machine))
        if role_of(service, machine) is Role.PRIMARY:
            return role, self._accounts(service, view)
        source = Source(
            host=primary_of(service),
            user=REPLICATION,
            password=view.secret(secret_name(service, REPLICATION)),
            certificate=_certificate(service, machine).files,
        )
        return role, _command("mariadb replication", following_state(source))

    def _accounts(self, service: Service, view: View) -> Command:
        database = self.settings(service).database
        elected = stewards.elects(service)
        return _command(
            "mariadb accounts", accounts_state(database, accounts(service, database, view), elected)
        )


def _certificate(service: Service, machine: str) -> CertificateNeed:
    return CertificateNeed(
        id=f"{service.name}-{machine}",
        common_name=machine,
        unit=service.name,
        machines=(machine,),
        names=(machine, f"{service.name}.internal"),
        addresses_of=(machine,),
        reader="mysql",
    )


def _command(name: str, state: State) -> Command:
    return Command(
        name,
        check=CLIENT,
        fix=CLIENT,
        expect=state.wanted,
        check_input=state.query,
        fix_input=state.mend,
        timeout=DRAIN_SECONDS + CONNECT_SECONDS + 15,
    )


COMPONENT = Mariadb()
