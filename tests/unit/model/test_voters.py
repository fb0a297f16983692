"""Which machines vote on who is primary: a rule of the design alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from colonnade import catalog
from colonnade.model.design import Design
from colonnade.model.load import loads
from colonnade.model.voters import NAME, implied, with_voters

KINDS = catalog.load().kinds
DB = "db: {kind: mariadb, machines: [db1, db2]}"
SEED = (
    "edge: {kind: haproxy, machines: [lb1], to: [web]}",
    "web: {kind: nginx, machines: [web1, web2], to: [app]}",
    "app: {kind: app, machines: [app1, app2], to: [db]}",
    DB,
)


def design(*services: str, machines: Sequence[str] = ()) -> Design:
    """Of lines of a site.yaml; `machines` are lines too."""
    lines = ["site: www.example.com", "services:", *(f"  {line}" for line in services)]
    lines += ["machines:", *(f"  {line}" for line in machines)] if machines else []
    return loads("\n".join(lines) + "\n", "site.yaml", KINDS)


def seats(*services: str, machines: Sequence[str] = ()) -> tuple[str, ...]:
    found = implied(design(*services, machines=machines), KINDS)
    return found[0].members if found else ()


def small(*apps: str, doors: str = "lb1", db: str = DB) -> tuple[str, ...]:
    return (
        f"web: {{kind: nginx, machines: [{doors}], to: [app]}}",
        f"app: {{kind: app, machines: [{', '.join(apps)}], to: [db]}}",
        db,
    )


def test_they_stand_on_machines_that_are_neither_doors_nor_databases() -> None:
    (service,) = implied(design(*SEED), KINDS)
    assert (service.name, service.kind, service.members) == (NAME, "etcd", ("web1", "web2", "app1"))


def test_doors_come_next_and_databases_last() -> None:
    assert seats(*small("app1", doors="lb1, lb2")) == ("lb1", "lb2", "app1")
    assert seats(*small("app1")) == ("lb1", "app1", "db1")
    assert seats(*small("db1")) == ("lb1", "db1", "db2")


def test_a_door_that_is_a_database_too_comes_last() -> None:
    assert seats(*small("app1", "app2", "lb2", doors="lb1, db1")) == ("app1", "app2", "lb2")
    assert seats(*small("app1", "app2", doors="db1, lb1")) == ("lb1", "app1", "app2")


def test_two_machines_can_not_decide() -> None:
    assert seats(*small("db1", "db2", doors="db1")) == ()


def test_where_nobody_elects_nobody_votes() -> None:
    assert seats(*SEED[:3], "db: {kind: mariadb, machines: [db1]}") == ()
    assert seats("web: {kind: nginx, machines: [one, two, three]}") == ()


def test_five_if_the_database_asks_for_them() -> None:
    five = "db: {kind: mariadb, machines: [db1, db2], voters: 5}"
    assert seats(*SEED[:3], five) == ("lb1", "web1", "web2", "app1", "app2")
    assert seats(*small("app1", db=five)) == ("lb1", "app1", "db1"), (
        "four machines: an even number is no better"
    )


def test_the_database_that_asks_for_most_is_heard() -> None:
    other = "stock: {kind: mariadb, machines: [s1, s2], voters: 5}"
    assert len(seats(*SEED, other)) == 5


def test_voters_that_are_drawn_are_used_as_they_are() -> None:
    drawn = design(*SEED, "consensus: {kind: etcd, machines: [lb1, db1]}")
    assert implied(drawn, KINDS) == ()
    link = with_voters(drawn, KINDS).services["db"].link_to("consensus")
    assert link is not None
    assert link.consults


def test_only_who_elects_asks_them() -> None:
    site = with_voters(design(*SEED, "notes: {kind: mariadb, machines: [n1]}"), KINDS)
    assert [s.name for s in site.sources(NAME)] == ["db"]


def test_a_name_that_is_taken_is_not_taken_over() -> None:
    site = design(*SEED, "voters: {kind: app, machines: [v1]}")
    assert with_voters(site, KINDS).services["voters"].kind == "app"


@pytest.mark.parametrize(
    "more",
    [
        ("extra: {kind: app, machines: [x1, x2]}",),
        ("stock: {kind: mariadb, machines: [s1, s2]}",),
        ("extra: {kind: nginx, machines: [x1], public: true}",),
    ],
)
def test_a_machine_at_the_end_moves_no_voter(more: tuple[str, ...]) -> None:
    assert seats(*SEED, *more) == seats(*SEED)


def test_a_better_machine_moves_one_voter_and_no_more() -> None:
    for services in (small("db1"), small("app1"), small("app1", doors="lb1, lb2")):
        before, after = set(seats(*services)), set(seats(*services, "extra: {kind: app, machines: [x1]}"))
        assert after - before == {"x1"}
        assert len(before - after) == 1


def at(**addresses: str) -> tuple[str, ...]:
    return tuple(f"{name}: {{{where}}}" for name, where in addresses.items())


ELSEWHERE = {name: f"address: 192.0.2.{i}" for i, name in enumerate(["lb1", "web2", "app2", "db1", "db2"], 1)}


def test_names_of_one_computer_have_one_vote() -> None:
    one = "address: 198.51.100.1"
    machines = at(**ELSEWHERE, web1=one, app1=one)
    assert seats(*SEED, machines=machines) == ("web1", "web2", "app2")


def test_no_place_has_a_majority_if_there_is_another() -> None:
    def behind(port: int) -> str:
        return f"address: 198.51.100.1, port: {port}"

    machines = at(**{**ELSEWHERE, "web2": behind(2), "app2": behind(4)}, web1=behind(1), app1=behind(3))
    assert seats(*SEED, machines=machines) == ("lb1", "web1", "db1")


def test_if_there_is_no_other_they_vote_all_the_same() -> None:
    names = ("lb1", "web1", "web2", "app1", "app2", "db1", "db2")
    behind = {name: f"address: 198.51.100.1, port: {port}" for port, name in enumerate(names, 1)}
    assert seats(*SEED, machines=at(**behind)) == ("web1", "web2", "app1")


def test_fewer_than_three_computers_are_too_few_by_whatever_names() -> None:
    names = ("lb1", "web1", "web2", "app1", "app2", "db1", "db2")
    two = {name: f"address: 198.51.100.{1 + (i % 2)}" for i, name in enumerate(names)}
    assert seats(*SEED, machines=at(**two)) == ()
