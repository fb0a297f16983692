"""What is still under way to a machine, as `ss` tells it, and for how long that is waited for."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import cast

import pytest

from colonnade import catalog
from colonnade.engine.draining import CONNECTIONS, peers, ports, until_quiet
from colonnade.engine.site import Site
from colonnade.errors import RemoteFailed, Unreachable
from colonnade.hosts.ground import Ground
from colonnade.hosts.host import Completed
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


def test_whoever_asks_a_voter_stays_connected_and_nobody_waits_for_that() -> None:
    rooms = catalog.load()
    text = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1, web2, web3], to: [app]}
  app: {kind: app, machines: [app1], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
    view = view_of(loads(text, "site.yaml", rooms.kinds), rooms.rooms)
    assert "web1" in view.design.services["voters"].members
    assert ports(view, "web1") == {8443}


SITE = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [web1, web2]}
"""
BUSY = b"ESTAB 0 0 10.0.0.1:443 203.0.113.9:40112\n"


@dataclass
class Looks:
    """A ground whose machines answer `ss` with these, one after the other; the last one for ever."""

    answers: list[Completed | Exception]
    asked: int = 0

    def host(self, machine: str) -> Looks:
        return self

    def run(self, argv: tuple[str, ...]) -> Completed:
        assert argv == CONNECTIONS
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def drained(looks: Looks, monkeypatch: pytest.MonkeyPatch, seconds: float = 0) -> list[str]:
    """What is told of the wait. `seconds` pass from one look to the next."""
    clock, told = itertools.count(0, seconds), list[str]()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    rooms = catalog.load()
    view = view_of(loads(SITE, "site.yaml", rooms.kinds), rooms.rooms, maintained={"web1"})
    site = Site(
        view, cast(Ground, looks), desired={}, checks={}, settled={}, leaving={}, returned={}, blobs={}
    )
    until_quiet(site, "web1", (), lambda machine, text, detail="": told.append(text))
    return told


def test_a_machine_is_free_when_three_looks_in_a_row_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, free = Completed(0, BUSY, ""), Completed(0, b"", "")
    looks = Looks([busy, free, free, busy, free])
    assert drained(looks, monkeypatch) == ["waits for 1 connection from 203.0.113.9"] * 2
    assert looks.asked == 7


def test_a_machine_that_is_off_has_nothing_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drained(Looks([Unreachable("is off", where="web1")]), monkeypatch) == []


def test_what_never_ends_is_an_error_that_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteFailed, match="after 150 s there is still: 1 connection from 203"):
        drained(Looks([Completed(0, BUSY, "")]), monkeypatch, seconds=100)


def test_a_machine_that_can_not_say_is_not_taken_for_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteFailed, match="ss ended with 127: no such program"):
        drained(Looks([Completed(127, b"", "no such program")]), monkeypatch)
