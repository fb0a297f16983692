"""The steps by which machines leave and come back, as `maintain --plan` prints them: golden texts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import cast

import pytest

from colonnade import catalog
from colonnade.engine import compose
from colonnade.engine.rotation_steps import AwaitNames, Converge, leaving, returning
from colonnade.engine.site import Site, with_maintained
from colonnade.hosts.ground import Ground
from colonnade.kit.testing import view_of
from colonnade.model.load import loads

Golden = Callable[[str, str], None]
CATALOG = catalog.load()
TEXT = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, web2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""


MACHINES = ("lb1", "lb2", "web1", "web2", "app1", "db1", "db2")
REAL = (
    TEXT + "machines:\n" + "".join(f"  {m}: {{address: 203.0.113.{i}}}\n" for i, m in enumerate(MACHINES, 1))
)
"""No floating addresses, as none are named."""


def site(maintained: Collection[str] = (), text: str = TEXT) -> Site:
    """One that has no machines to be asked."""
    view = view_of(loads(text, "site.yaml", CATALOG.kinds), CATALOG.rooms)
    nowhere = cast(Ground, None)
    made = Site(
        view,
        nowhere,
        compose.desired(view, CATALOG.rooms),
        compose.checks(view, CATALOG.rooms),
        compose.settled(view, CATALOG.rooms),
        {},
    )
    return with_maintained(made, CATALOG.rooms, frozenset(maintained))


@pytest.mark.parametrize("machine", ["lb1", "web1", "web2", "db2"])
def test_the_steps(golden: Golden, machine: str) -> None:
    there, back = leaving(site(), site([machine]), machine), returning(site([machine]), site(), machine)
    words = [f"{n}. {s.words}" for steps in (there, back) for n, s in enumerate(steps, 1)]
    golden(f"maintain-{machine}.txt", "\n".join(words) + "\n")


def test_only_machines_and_stages_that_speak_of_it_are_touched() -> None:
    (told,) = [s for s in leaving(site(), site(["web1"]), "web1") if isinstance(s, Converge)]
    assert (told.scope.machines, told.scope.stages) == (("lb1", "lb2"), ("door",))


def test_another_machine_in_maintenance_changes_nothing_about_this_one() -> None:
    alone = leaving(site(), site(["web1"]), "web1")
    beside = leaving(site(["db2"]), site(["db2", "web1"]), "web1")
    assert [s.words for s in alone] == [s.words for s in beside]


def test_a_door_in_maintenance_need_not_hear_of_a_web_server() -> None:
    going, coming = (
        leaving(site(["lb2"]), site(["lb2", "web1"]), "web1"),
        returning(site(["lb2", "web1"]), site(["lb2"]), "web1"),
    )
    machines = {m for s in (*going, *coming) if isinstance(s, Converge) for m in s.scope.machines}
    assert machines == {"lb1", "web1"}


def test_names_are_waited_for_where_they_lead_elsewhere_and_not_where_addresses_float() -> None:
    own = leaving(site(text=REAL), site(["lb1"], REAL), "lb1")
    shared = leaving(site(), site(["lb1"]), "lb1")
    assert any(isinstance(s, AwaitNames) for s in own)
    assert not any(isinstance(s, AwaitNames) for s in shared)


def test_a_machine_that_comes_back_must_be_well_itself_before_it_is_sent_to() -> None:
    first, then = [
        s for s in returning(site(["web2", "db2"]), site(["db2"]), "web2") if isinstance(s, Converge)
    ]
    assert first.scope.machines == ("web2",)
    assert not {m for m in first.scope.excused if m[1] == "web2"}
    assert ("db", "db2") in first.scope.excused
    assert "web2" in then.scope.machines
    assert "lb1" in then.scope.machines
