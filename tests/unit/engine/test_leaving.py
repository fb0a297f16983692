"""When may a machine be taken for maintenance, and what is said when it may not?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from colonnade import catalog
from colonnade.engine.health import MemberHealth
from colonnade.engine.leaving import objections
from colonnade.kit.testing import view_of
from colonnade.model.load import loads

CATALOG = catalog.load()
SITE = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2, web3], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
  quorum: {kind: etcd, machines: [v1, v2, v3]}
"""
NO_VOTERS = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [db1, db2], to: [app]}
  app: {kind: app, machines: [db1, db2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
PAIRS = SITE.replace("web1, web2, web3], to: [app]", "web1, web2], to: [{app: {web1: [app1], web2: [app2]}}]")
SMALL = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [web1], to: [app]}
  app: {kind: app, machines: [web1]}
"""


def why(
    machine: str,
    text: str = SITE,
    *,
    maintained: Collection[str] = (),
    sick: Mapping[tuple[str, str], str] | None = None,
    silent: Collection[str] = (),
    told: Sequence[str] = (),
    primary: str = "db1",
) -> str:
    """The objections, one a line. Members are healthy but for `sick` (with why), and those on `silent`
    machines.
    """
    view = view_of(loads(text, "site.yaml", CATALOG.kinds), CATALOG.rooms, maintained=[*maintained, machine])
    unwell = sick or {}
    health = [
        MemberHealth(
            s.name,
            m,
            None if m in silent else (s.name, m) not in unwell,
            unwell.get((s.name, m), "can't be reached" if m in silent else "well"),
            ("primary" if m == primary else "replica") if s.kind == "mariadb" else "",
        )
        for s in view.design.services.values()
        for m in s.members
    ]
    return "\n".join(objections(view, CATALOG.rooms, machine, health, told))


@pytest.mark.parametrize("machine", ["lb1", "lb2", "web1", "app1", "app2", "db2"])
def test_any_machine_may_go_while_others_do_its_work(machine: str) -> None:
    assert why(machine) == ""


def test_several_may_go_while_enough_is_left() -> None:
    assert why("web1", maintained=["web2", "app1", "lb1", "db2"]) == ""


def test_the_last_one_may_not() -> None:
    assert why("web1", maintained=["web2", "web3"]) == (
        "no web would be left: web2 is in maintenance (`colonnade maintain web2 --done` puts it back); "
        "web3 is in maintenance (`colonnade maintain web3 --done` puts it back)"
    )


def test_nor_the_last_that_is_well() -> None:
    said = why("app1", sick={("app", "app2"): "the app does not answer /healthz"})
    assert said == "no app would be left: app2 is not well (the app does not answer /healthz)"
    assert why("app2", sick={("app", "app2"): "the app does not answer /healthz"}) == ""


def test_a_machine_that_can_not_be_reached_does_not_count_as_one_that_serves() -> None:
    assert why("lb1", silent=["lb2"]) == "no edge would be left: lb2 is not well (can't be reached)"


def test_nor_the_only_one_there_is() -> None:
    assert why("web1", SMALL).splitlines() == [
        "it has the only web: give web a second machine (`colonnade harden`)",
        "it has the only app: give app a second machine (`colonnade harden`)",
    ]


def test_pairs_take_each_other_along() -> None:
    assert why("app1", PAIRS) == ""
    said = why("app1", PAIRS, sick={("web", "web2"): "does not serve"})
    assert said == "no web would be left: web1 leads only to what is gone; web2 is not well (does not serve)"


def test_a_site_that_does_not_serve_anyhow_holds_nobody() -> None:
    assert why("web1", sick={("app", "app1"): "down", ("app", "app2"): "down"}) == ""


def test_the_primary_stays_and_is_who_says_so_not_who_was_drawn_first() -> None:
    assert "it is the primary of db" in why("db1", NO_VOTERS)
    assert "it is the primary of db" in why("db2", NO_VOTERS, primary="db2")
    assert why("db1", NO_VOTERS, primary="db2") == ""


def test_a_primary_that_hands_over_may_go() -> None:
    assert why("db1") == ""
    assert why("db2", primary="db2") == ""
    assert "no db would be left" in why("db1", sick={("db", "db2"): "neither leads nor follows"})


def test_voters_go_while_more_than_half_are_left() -> None:
    votes = SITE.replace("v1, v2, v3", "app1, app2, web1")
    assert why("web1", votes) == ""
    assert why("app1", votes, maintained=["web1"]) == (
        "quorum would be left with 1 of 3, and needs more than half; "
        "web1 is in maintenance (`colonnade maintain web1 --done` puts it back)"
    )
    assert "quorum would be left with 1 of 3" in why("app1", votes, sick={("quorum", "web1"): "no leader"})


def test_so_do_voters_that_nobody_drew() -> None:
    votes = SITE[: SITE.index("  quorum")]
    assert why("web1", votes) == ""
    assert "voters would be left with 1 of 3" in why("web1", votes, maintained=["web2"])


def test_a_site_without_voters_serves_and_its_last_machine_stays() -> None:
    silent = dict.fromkeys([("quorum", "v1"), ("quorum", "v2"), ("quorum", "v3")], "no leader")
    assert "no app would be left" in why("app1", sick={("app", "app2"): "down", **silent})


def test_whoever_must_be_told_must_answer() -> None:
    told = ("lb1", "lb2", "web1")
    assert why("web1", silent=["lb2"], told=told) == (
        "lb2 does not answer, and must be told to send nothing more to web1: "
        "start lb2, or put it in maintenance first"
    )
    assert why("web1", silent=["lb2"], maintained=["lb2"], told=told) == ""


def test_a_machine_that_is_off_may_go_itself() -> None:
    assert why("web1", silent=["web1"], told=("lb1", "web1")) == ""
