"""What the voters' machines get."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from colonnade.components.etcd.component import COMPONENT, read_status
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience
from colonnade.kit.flows import flows
from colonnade.kit.resources import Command, File, Resource, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]
VOTERS = ("app1", "app2", "db1")


@pytest.fixture
def view() -> View:
    service = Service("consensus", "etcd", VOTERS, NoSettings())
    machines = {name: Machine(name) for name in (*VOTERS, "db2")}
    return view_of(Design("www.foobar.com", {"consensus": service}, machines), {"etcd": COMPONENT})


def state(view: View, machine: str) -> tuple[Resource, ...]:
    return tuple(COMPONENT.resources(view.design.services["consensus"], machine, view)[Stage.DATA])


def test_the_files_of_a_voter(view: View, golden: Golden) -> None:
    for resource in state(view, "app1"):
        if isinstance(resource, File) and resource.path != "/usr/lib/colonnade/voter":
            golden(resource.path.rsplit("/", 1)[-1], resource.content.decode())


def test_only_voters_may_talk_to_voters(view: View) -> None:
    claims = COMPONENT.claims(view.design.services["consensus"], view.design)
    assert {o.audience for o in claims.offers} == {Audience.LINKS, Audience.PEERS}
    found = {(f.source, f.target, f.port) for f in flows(view.design, view.claims)}
    assert found == {(a, b, port) for a in VOTERS for b in VOTERS if a != b for port in (2379, 2380)}


def test_a_change_of_who_votes_restarts_nobody(view: View) -> None:
    for machine in VOTERS:
        (unit,) = (r for r in state(view, machine) if isinstance(r, Unit) and r.name == "etcd.service")
        assert "file:/etc/colonnade/etcd/voter.json" not in unit.restart_on


def test_one_machine_sees_to_it_that_who_left_the_design_leaves_the_cluster(view: View) -> None:
    name = "command:voters are those of the design"
    found = {m: [r for r in state(view, m) if r.id == name] for m in VOTERS}
    assert [len(found[m]) for m in VOTERS] == [1, 0, 0]
    (leave,) = found["app1"]
    assert isinstance(leave, Command)
    assert "app1 app2 db1" in leave.check[2]


def status(**changed: object) -> Answer:
    one = {"header": {"member_id": 7}, "leader": 7, "raftTerm": 3, "dbSize": 20480, **changed}
    return Answer(0, json.dumps([{"Status": one}]), "")


def test_what_a_voter_says_of_itself() -> None:
    read = read_status(3)
    assert (read(status()).healthy, read(status()).detail) == (True, "leads in term 3, 0.0 MB")
    assert read(status(leader=9)).detail == "follows in term 3, 0.0 MB"
    assert read(status(leader=0)).detail == "no leader: fewer than 2 of 3 voters agree"
    assert not read(status(leader=0)).healthy
    assert not read(status(errors=["NOSPACE"])).healthy
    assert read(Answer(1, "", "refused\n")).detail == "refused"
