"""The steps by which machines leave and come back, as `maintain --plan` prints them: golden texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import cast

import pytest

from colonnade import catalog
from colonnade.components.haproxy.component import Haproxy
from colonnade.engine.compose import Rooms
from colonnade.engine.rotation_steps import AwaitNames, Converge, Run, leaving, returning
from colonnade.engine.site import Site, with_maintained
from colonnade.hosts.ground import Ground
from colonnade.kit.orders import Order
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Service
from colonnade.model.load import loads

Golden = Callable[[str, str], None]
CATALOG = catalog.load()
NOTHING_FLOATS = {kind: room for kind, room in CATALOG.rooms.items() if kind != "keepalived"}
TEXT = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, web2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""


class Holder(Haproxy):
    """A door whose peers hold something for it while it is away."""

    def returned(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        return [Order(m, ("give-back", machine), "give it back") for m in service.members if m != machine]


def site(maintained: Collection[str] = (), rooms: Rooms = CATALOG.rooms) -> Site:
    """One that has no machines to be asked."""
    view = view_of(loads(TEXT, "site.yaml", CATALOG.kinds), rooms)
    nowhere = cast(Ground, None)
    made = Site(view, nowhere, desired={}, checks={}, settled={}, leaving={}, returned={}, blobs={})
    return with_maintained(made, rooms, frozenset(maintained))


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


def test_what_others_hold_for_it_is_handed_back_last() -> None:
    rooms = {**NOTHING_FLOATS, "haproxy": Holder()}
    away, there = site(["lb1"], rooms=rooms), site(rooms=rooms)
    *before, written = returning(away, there, "lb1")
    kinds = [type(step) for step in before]
    assert kinds == sorted(kinds, key=lambda kind: kind is Run)
    orders = [(s.order.machine, s.order.argv) for s in before if isinstance(s, Run)]
    assert ("lb2", ("give-back", "lb1")) in orders
    assert written.words == "write down that lb1 is back"


def test_a_machine_in_maintenance_is_asked_to_hand_nothing_back() -> None:
    rooms = {**CATALOG.rooms, "haproxy": Holder()}
    steps = returning(site(["lb1", "lb2"], rooms=rooms), site(["lb2"], rooms=rooms), "lb1")
    assert not [s for s in steps if isinstance(s, Run)]


def test_a_door_in_maintenance_need_not_hear_of_a_web_server() -> None:
    going, coming = (
        leaving(site(["lb2"]), site(["lb2", "web1"]), "web1"),
        returning(site(["lb2", "web1"]), site(["lb2"]), "web1"),
    )
    machines = {m for s in (*going, *coming) if isinstance(s, Converge) for m in s.scope.machines}
    assert machines == {"lb1", "web1"}


def test_names_are_waited_for_where_they_lead_elsewhere_and_not_where_addresses_float() -> None:
    own = leaving(site(rooms=NOTHING_FLOATS), site(["lb1"], rooms=NOTHING_FLOATS), "lb1")
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
