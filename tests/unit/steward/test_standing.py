"""What is answered at a moment does not rest on a loop that may hang, and a promise is kept."""

from __future__ import annotations

import time
from dataclasses import replace

from colonnade_agent.steward.protocol.observation import Lease
from colonnade_agent.steward.standing import TURN_SECONDS, Known, Standing


def standing(left: float = 4.0, **known: object) -> Standing:
    made = Standing("db1", 1.8, 4, lambda: Lease(5, time.monotonic() + left))
    leading = Known(turned=time.monotonic(), up=True, serves=True, leads=True, term=3, leader="db1")
    made.known = replace(leading, **known)  # type: ignore[arg-type]
    return made


def test_writes_are_asked_for_while_it_leads() -> None:
    assert standing().is_primary()
    assert not standing(serves=False).is_primary()


def test_a_lease_that_runs_out_ends_it_without_the_loop() -> None:
    assert not standing(left=1.7).is_primary()
    held = standing(left=1.7)
    held.failsafe_until = time.monotonic() + 4
    assert held.is_primary()


def test_a_loop_that_hangs_ends_it_too() -> None:
    assert not standing(turned=time.monotonic() - TURN_SECONDS - 0.1).is_primary()


def test_a_copy_that_hangs_is_not_fresh() -> None:
    now = time.monotonic()
    copy = {"serves": False, "leads": False}
    assert standing(fresh=now - 1.0, **copy).staleness() is not None
    assert standing(fresh=now, turned=now - TURN_SECONDS - 0.1, **copy).staleness() is None


def test_a_promise_is_given_to_who_leads_and_by_who_does_not_reach_for_it() -> None:
    follower = standing(serves=False, leads=False)
    assert follower.promise("db1", 3)
    assert not follower.promise("db3", 3)
    assert not follower.promise("db1", 2)
    assert not standing().promise("db1", 3)


def test_who_has_promised_does_not_stand_and_who_stands_does_not_promise() -> None:
    follower = standing(serves=False, leads=False)
    assert follower.stand()
    assert not follower.promise("db1", 3)
    follower.settled()
    assert follower.promise("db1", 3)
    assert not follower.stand()
