"""A door stands on every uplink of its design, and nothing else does."""

from __future__ import annotations

from colonnade import catalog
from colonnade.engine.site import wanted
from colonnade.hosts.ground import Wanted
from colonnade.lab.addressing import UPLINKS
from colonnade.lab.ground import _spec
from colonnade.model.load import loads
from colonnade.model.names import LAB_UPLINKS

SITE = """\
site: www.example.com
uplinks: [a, b]
services:
  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}
  web: {kind: nginx, machines: [web1, lb2]}
"""


def test_doors_are_wanted_on_all_uplinks() -> None:
    found = wanted(loads(SITE, "site.yaml", catalog.load().kinds))
    assert found == (Wanted("lb1", ("a", "b")), Wanted("lb2", ("a", "b")), Wanted("web1"))
    assert [w.public for w in found] == [True, True, False]


def test_uplinks_are_networks_of_the_lab() -> None:
    assert _spec(Wanted("lb1", ("a", "b"))).networks == ("inside", "uplink-a", "uplink-b")
    assert _spec(Wanted("web1")).networks == ("inside",)
    assert tuple(f"uplink-{name}" for name in LAB_UPLINKS) == UPLINKS
