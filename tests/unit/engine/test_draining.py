"""What is still under way to a machine, as `ss` tells it."""

from __future__ import annotations

from colonnade import catalog
from colonnade.engine.draining import peers, ports
from colonnade.kit.testing import view_of
from colonnade.model.load import loads

LISTING = """\
ESTAB      0      0             10.0.0.3:8443        10.0.0.1:40112
ESTAB      0      0             10.0.0.3:8443        10.0.0.1:40118
CLOSE-WAIT 1      0             10.0.0.3:8443        10.0.0.2:40114
ESTAB      0      0             10.0.0.3:22          10.0.0.254:50000
ESTAB      0      0             10.0.0.3:40222       10.0.0.5:9443
ESTAB      0      0      [::ffff:10.0.0.3]:8443      [::ffff:10.0.0.3]:40500
"""


def test_connections_from_others_to_what_is_offered_count() -> None:
    assert peers(LISTING, {8443, 443}, {"10.0.0.3"}) == {"10.0.0.1": 2, "10.0.0.2": 1}


def test_nothing_is_left_when_nothing_is_listed() -> None:
    assert peers("", {8443}, ()) == {}


def test_what_other_machines_and_users_reach_is_watched_and_the_operators_way_in_is_not() -> None:
    rooms = catalog.load()
    text = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [one, lb2], to: [web]}
  web: {kind: nginx, machines: [one, web2]}
"""
    view = view_of(loads(text, "site.yaml", rooms.kinds), rooms.rooms)
    assert ports(view, "one") == {53, 80, 443, 8443}
    assert ports(view, "web2") == {8443}
