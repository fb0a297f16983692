"""The database room: a member's machine as golden files, who may log in, how a member's answer is read."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from colonnade.components.mariadb.accounts import Account, accounts
from colonnade.components.mariadb.component import COMPONENT
from colonnade.components.mariadb.health import read_health
from colonnade.components.mariadb.replication import Role, role_of, role_variables
from colonnade.components.mariadb.settings import MariadbSettings
from colonnade.components.mariadb.sql import text
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience
from colonnade.kit.resources import Command, File, Resource, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]


def site(*members: str, apps: tuple[str, ...] = ("app1", "app2"), **settings: object) -> View:
    db = Service("db", "mariadb", members, MariadbSettings(**settings))  # type: ignore[arg-type]
    app = Service("app", "app", apps, NoSettings(), (Link("db"),))
    machines = {name: Machine(name) for name in (*apps, *members)}
    return view_of(Design("www.foobar.com", {"app": app, "db": db}, machines), {"mariadb": COMPONENT})


def of(view: View, machine: str) -> list[Resource]:
    return list(COMPONENT.resources(view.design.services["db"], machine, view)[Stage.DATA])


def config(view: View, machine: str) -> str:
    return next(
        r for r in of(view, machine) if isinstance(r, File) and r.path.endswith(".cnf")
    ).content.decode()


def commands(view: View, machine: str) -> dict[str, Command]:
    return {r.name: r for r in of(view, machine) if isinstance(r, Command)}


@pytest.mark.parametrize("machine", ["db1", "db2"])
def test_a_members_machine(golden: Golden, machine: str) -> None:
    view = site("db1", "db2")
    golden(f"{machine}.cnf", config(view, machine))
    for name, command in commands(view, machine).items():
        stem = f"{machine}-{name.split()[-1]}"
        golden(f"{stem}-query.sql", command.check_input)
        golden(f"{stem}-wanted.txt", command.expect + "\n")
        golden(f"{stem}-mend.sql", command.fix_input)


def test_a_database_of_one_on_the_apps_machine(golden: Golden) -> None:
    view = site("www", apps=("www",))
    golden("alone.cnf", config(view, "www"))
    golden("alone-wanted.txt", "\n".join(c.expect for c in commands(view, "www").values()) + "\n")


def test_the_drop_in(golden: Golden) -> None:
    files = [r for r in of(site("db1"), "db1") if isinstance(r, File) and r.path.endswith(".conf")]
    golden("mariadb.service.conf", files[0].content.decode())


def test_the_first_member_is_the_primary_and_the_only_writable_one() -> None:
    service = site("db1", "db2", "db3").design.services["db"]
    assert [role_of(service, m) for m in service.members] == [Role.PRIMARY, Role.REPLICA, Role.REPLICA]
    assert [role_variables(service, m)["read_only"] for m in service.members] == ["OFF", "ON", "ON"]


def test_server_ids_differ_and_survive_a_change_of_order() -> None:
    def ids(view: View) -> dict[str, str]:
        return {
            m: next(li for li in config(view, m).splitlines() if "server_id" in li) for m in ("db1", "db2")
        }

    assert len(set(ids(site("db1", "db2")).values())) == 2
    assert ids(site("db1", "db2")) == ids(site("db1", "db2", buffer_pool="1G"))


def test_no_password_of_an_account_is_in_its_sql() -> None:
    accounts_command = commands(site("db1", "db2"), "db1")["mariadb accounts"]
    for sql in (accounts_command.check_input, accounts_command.fix_input, accounts_command.expect):
        assert "secret-of" not in sql


def test_a_password_is_stored_as_the_server_does() -> None:
    stored = Account("app", "10.0.0.1", "password", "app", ()).stored
    assert stored == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"  # SELECT PASSWORD('password')


def test_nothing_secret_is_in_an_argv() -> None:
    for command in commands(site("db1", "db2"), "db2").values():
        assert "secret-of" not in " ".join((*command.check, *command.fix))


def test_every_client_machine_has_an_account_and_nobody_else() -> None:
    view = site("db1", "db2")
    found = {(a.user, a.address) for a in accounts(view.design.services["db"], "app", view)}
    assert found == {
        ("app", "10.0.0.1"), ("app", "10.0.0.2"), ("replication", "10.0.0.3"), ("replication", "10.0.0.4"),
    }  # fmt: skip


def test_a_grant_takes_an_underscore_by_its_word() -> None:
    command = commands(site("db1", database="my_shop"), "db1")["mariadb accounts"]
    assert r"ON `my\_shop`.*" in command.fix_input
    assert r"my\_shop: ALTER" in command.expect


def test_text_can_not_end_its_literal() -> None:
    assert text(r"a'b\'") == r"'a''b\\'''"


@pytest.mark.parametrize(
    "wrong",
    [{"database": "app`; DROP"}, {"buffer_pool": "much"}, {"connections": 0}, {"keep_binlogs_days": 0}],
)
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MariadbSettings(**wrong)  # type: ignore[arg-type]


def test_claims_of_two_members() -> None:
    claims = site("db1", "db2").claims
    assert [(o.audience, o.port) for o in claims.offers] == [(Audience.LINKS, 3306), (Audience.PEERS, 3306)]
    assert claims.offers[0].facts["secret"] == "db/app"
    assert [c.names for c in claims.certificates] == [("db1", "db.internal"), ("db2", "db.internal")]
    assert {s.name for s in claims.secrets} == {"db/app", "db/replication"}


def test_a_database_of_one_claims_no_replication() -> None:
    claims = site("db1").claims
    assert [o.audience for o in claims.offers] == [Audience.LINKS]
    assert {s.name for s in claims.secrets} == {"db/app"}


def test_a_new_certificate_is_loaded_without_a_restart() -> None:
    unit = next(r for r in of(site("db1", "db2"), "db1") if isinstance(r, Unit))
    assert "file:/etc/colonnade/pki/db-db1/key.pem" in unit.reload_on
    assert not any("pki" in source for source in unit.restart_on)


FOLLOWS = {
    "host": "db1", "io": "Yes", "sql": "Yes", "behind": 0, "gtid": "Slave_Pos", "tls": "Yes",
    "verified": "Yes", "error": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("designed", "facts", "healthy", "detail"),
    [
        (Role.PRIMARY, {"semi_sync": "ON", "clients": "1"}, True, "primary, 1 replica in semi-sync"),
        (
            Role.PRIMARY,
            {"semi_sync": "OFF"},
            True,
            "primary, none of 1 replica in semi-sync: commits do not wait",
        ),
        (Role.PRIMARY, {"read_only": 1}, False, "plays replica, but is primary in the design"),
        (Role.REPLICA, {"follows": FOLLOWS, "read_only": 1}, True, "replica of db1, 0 s behind, GTID, TLS"),
        (Role.REPLICA, {"read_only": 1}, False, "read-only, but follows no one"),
        (Role.REPLICA, {"follows": FOLLOWS}, False, "follows db1, but is writable"),
        (Role.REPLICA, {}, False, "plays primary, but is replica in the design"),
        (
            Role.REPLICA,
            {"read_only": 1, "follows": {**FOLLOWS, "sql": "No", "behind": None, "error": "Duplicate entry"}},
            False,
            "applying from db1 has stopped: Duplicate entry",
        ),
        (
            Role.REPLICA,
            {"read_only": 1, "follows": {**FOLLOWS, "verified": "No"}},
            False,
            "follows db1 without GTID or verified TLS",
        ),
    ],
)
def test_what_a_member_says(designed: Role, facts: dict[str, object], healthy: bool, detail: str) -> None:
    said = {"read_only": 0, "semi_sync": "OFF", "clients": "0", "follows": None, **facts}
    health = read_health(designed, replicas=1)(Answer(0, json.dumps(said), ""))
    assert (health.healthy, health.detail) == (healthy, detail)


def test_a_server_that_is_down() -> None:
    health = read_health(Role.PRIMARY, 1)(Answer(1, "", "ERROR 2002 (HY000): Can't connect\n"))
    assert not health.healthy
    assert health.detail == "ERROR 2002 (HY000): Can't connect"
