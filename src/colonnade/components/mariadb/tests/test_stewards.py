"""Members that choose their primary: what a member's machine holds, and how its steward's answer is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

import pytest

from colonnade.components.mariadb import stewards
from colonnade.components.mariadb.component import COMPONENT
from colonnade.components.mariadb.settings import MariadbSettings
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.kit.resources import Command, File, Resource, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings
from colonnade_agent.steward import order
from colonnade_agent.steward.mariadb import settings

Golden = Callable[[str, str], None]
VOTERS = ("v1", "v2", "v3")
ETCD = Offer("voters", "client", 2379, Audience.LINKS, "etcd", facts={"server_name": "voters.internal"})


def site(maintained: Collection[str] = ()) -> View:
    db = Service("db", "mariadb", ("db1", "db2"), MariadbSettings(), (Link("voters", consults=True),))
    app = Service("app", "app", ("app1",), NoSettings(), (Link("db"),))
    voters = Service("voters", "etcd", VOTERS, NoSettings())
    machines = {name: Machine(name) for name in ("app1", "db1", "db2", *VOTERS)}
    services = {"app": app, "db": db, "voters": voters}
    design = Design("www.foobar.com", services, machines)
    return view_of(design, {"mariadb": COMPONENT}, (Claims((ETCD,)),), maintained=maintained)


def of(view: View, machine: str, stage: Stage) -> list[Resource]:
    return list(COMPONENT.resources(view.design.services["db"], machine, view)[stage])


def files(machine: str) -> dict[str, File]:
    return {r.path: r for r in of(site(), machine, Stage.DATA) if isinstance(r, File)}


def test_a_members_files(golden: Golden) -> None:
    for path, file in files("db1").items():
        if path.endswith((".cnf", ".conf", ".service", ".json")):
            golden(f"elected-{path.rpartition('/')[2]}", file.content.decode())


def told(view: View, machine: str) -> order.Order:
    (file,) = [r for r in of(view, machine, Stage.DATA) if r.id == f"file:{stewards.ORDER}"]
    assert isinstance(file, File)
    return order.read(file.content.decode())


def test_who_is_in_maintenance_is_never_to_lead() -> None:
    view = site(maintained=["db2"])
    assert [told(view, m).settings.no_failover for m in ("db1", "db2")] == [False, True]


def test_who_goes_hands_over_first_and_says_before_whether_it_could() -> None:
    view = site()
    service = view.design.services["db"]
    (leave,) = COMPONENT.leaving(service, "db1", view)
    assert (leave.machine, leave.argv[-1], leave.ready[-1]) == ("db1", "stand-down", "may-stand-down")
    (back,) = COMPONENT.returned(service, "db1", view)
    assert back.argv[-2:] == ("caught-up", "60")
    alone = site(maintained=["db2"])
    assert COMPONENT.returned(service, "db1", alone) == (), "there is nobody to be the standby"
    assert COMPONENT.held(service, "db1", "primary", view) == ""


def test_what_up_writes_the_steward_reads() -> None:
    told = order.read(files("db2")[stewards.ORDER].content.decode())
    assert told.settings.members == {"db1", "db2"}
    assert [told.settings.bootstrap, set(told.peers)] == [False, {"db1"}]
    assert len(told.etcd) == len(VOTERS)
    assert told.clients == {"app", "db"}
    assert settings.read(told.database).member == "db2"


def test_the_password_is_in_a_file_of_roots_alone() -> None:
    found = files("db1")
    assert (found[stewards.PASSWORD].mode, found[stewards.PASSWORD].secret) == (0o600, True)
    secret = found[stewards.PASSWORD].content.strip()
    assert [path for path, file in found.items() if secret in file.content] == [stewards.PASSWORD]


def test_nobody_but_the_steward_starts_or_restarts_the_server() -> None:
    (unit,) = (r for r in of(site(), "db1", Stage.ROLES) if isinstance(r, Unit))
    assert (unit.name, unit.enabled, unit.running) == ("mariadb.service", False, None)
    assert unit.restart == (*stewards.ASK, "restart")
    content = files("db1")["/etc/systemd/system/mariadb.service.d/colonnade.conf"].content.decode()
    assert "Restart=no" in content
    assert f"EnvironmentFile={stewards.ENVIRONMENT}" in content


def test_accounts_are_stated_by_every_member_alike() -> None:
    """Whoever leads has them to make, and a copy says that it has nothing to do with them."""
    one, two = (
        next(c for c in of(site(), m, Stage.ROLES) if isinstance(c, Command) and c.name.endswith("accounts"))
        for m in ("db1", "db2")
    )
    assert one == two
    assert "SLAVE_STATUS" in one.check_input
    assert "does not take writes" in one.fix_input


def test_apps_may_ask_and_members_may_ask_one_another() -> None:
    view = site()
    asked = {(o.name, o.port, o.audience) for o in view.claims.offers if o.protocol == "steward"}
    assert asked == {("steward", 8008, Audience.LINKS), ("stewards", 8008, Audience.PEERS)}


SAID = {
    "name": "db1", "primary": True, "leads": True, "leader": "db1", "standby": "db2", "term": 3,
    "paused": False, "behind_seconds": 0.0, "reason": "leading; db2 has everything",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "others", "healthy", "role", "detail"),
    [
        ({}, True, True, "primary", "primary in term 3, db2 has every commit"),
        ({"paused": True}, True, True, "primary", "primary in term 3, db2 has every commit, paused"),
        ({"standby": ""}, True, False, "primary", "primary in term 3, alone: no member could take over"),
        ({"standby": ""}, False, True, "primary", "primary in term 3, alone: no member could take over"),
        (
            {"primary": False, "leads": False, "name": "db2", "behind_seconds": 0.24},
            True, True, "replica", "standby of db1, 0.2 s behind",
        ),
        (
            {"primary": False, "leads": False, "name": "db3", "behind_seconds": 7.0},
            True, True, "replica", "replica of db1, 7.0 s behind",
        ),
        (
            {"primary": False, "leads": False, "behind_seconds": None, "reason": "nobody leads"},
            True, False, "replica", "neither leads nor follows: nobody leads",
        ),
    ],
)  # fmt: skip
def test_what_a_steward_says(
    said: dict[str, object], others: bool, healthy: bool, role: str, detail: str
) -> None:
    health = stewards.read_status(others)(Answer(0, json.dumps({**SAID, **said}), ""))
    assert (health.healthy, health.role, health.detail) == (healthy, role, detail)


def test_a_steward_that_does_not_answer() -> None:
    health = stewards.read_status(True)(Answer(1, "", "the steward on db1 does not answer: refused"))
    assert (health.healthy, health.detail) == (False, "the steward on db1 does not answer: refused")
