"""Addresses that machines share: a lab gives its own, on real machines the operator names them."""

from __future__ import annotations

import pytest

from colonnade.errors import LabError
from colonnade.hosts.direct import Direct
from colonnade.hosts.ground import Wanted
from colonnade.lab.addressing import Addressing
from colonnade.lab.ground import shared
from colonnade.model.addresses import Addresses, FloatingNeed, Line
from colonnade.model.design import Machine

LAB = Addressing(0)
EDGES = FloatingNeed(("lb1", "lb2"), 2)
OTHERS = FloatingNeed(("lb3", "lb4"), 1)


def test_a_lab_gives_each_need_its_own_on_each_uplink() -> None:
    needs = (EDGES, OTHERS)
    assert (
        shared(LAB, "lb1", "a", needs) == shared(LAB, "lb2", "a", needs) == ("198.18.1.200", "198.18.1.201")
    )
    assert shared(LAB, "lb2", "b", needs) == ("198.18.2.200", "198.18.2.201")
    assert shared(LAB, "lb4", "a", needs) == ("198.18.1.202",)
    assert shared(LAB, "web1", "a", needs) == ()


def test_a_lab_has_no_endless_number_of_them() -> None:
    with pytest.raises(LabError, match="has 50 floating addresses"):
        shared(LAB, "lb1", "a", (FloatingNeed(("lb1", "lb2"), 51),))


def test_real_machines_share_what_the_operator_named() -> None:
    ground = Direct({name: Machine(name, f"192.0.2.{i}") for i, name in enumerate(("lb1", "lb2", "web1"), 1)})
    wanted = (Wanted("lb1", ("a",)), Wanted("lb2", ("a",)), Wanted("web1"))
    named = FloatingNeed(("lb1", "lb2"), 1, ("192.0.2.100",))
    found = ground.addresses(wanted, (named,))
    assert found["lb2"] == Addresses("192.0.2.2", (Line("a", "192.0.2.2", ("192.0.2.100",)),))
    assert found["web1"] == Addresses("192.0.2.3")
    assert ground.addresses(wanted)["lb1"].floating == ()


def test_where_a_machine_is_reached() -> None:
    alone = Addresses("10.0.0.1")
    assert alone.own == alone.listens == alone.arrivals == ("10.0.0.1",)
    two = Addresses("10.0.0.1", (Line("a", "192.0.2.1", ("192.0.2.200",)), Line("b", "198.51.100.1")))
    assert two.own == ("192.0.2.1", "198.51.100.1")
    assert two.listens == (*two.own, "192.0.2.200")
    assert two.arrivals == ("192.0.2.200",)
