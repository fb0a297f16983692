"""The guard kills when its steward is silent past the moment it was given, and only then."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from colonnade_agent.steward import guard
from colonnade_agent.steward.guard import Guard


@pytest.fixture
def kills(tmp_path: Path) -> SimpleQueue[float]:
    killed: SimpleQueue[float] = SimpleQueue()
    path = tmp_path / "guard.sock"
    watching = threading.Thread(
        target=guard.watch, args=(path, lambda: killed.put(time.monotonic())), daemon=True
    )
    watching.start()
    deadline = time.monotonic() + 5
    while not Guard(path).allow(math.inf):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return killed


def test_it_kills_after_the_deadline_and_once(kills: SimpleQueue[float], tmp_path: Path) -> None:
    until = time.monotonic() + 0.2
    assert Guard(tmp_path / "guard.sock").allow(until)
    assert until <= kills.get(timeout=5) < until + 2
    with pytest.raises(Empty):
        kills.get(timeout=0.3)


def test_a_renewal_puts_it_off(kills: SimpleQueue[float], tmp_path: Path) -> None:
    speaker = Guard(tmp_path / "guard.sock")
    for _ in range(5):
        speaker.allow(time.monotonic() + 0.4)
        time.sleep(0.1)
    speaker.allow(math.inf)
    with pytest.raises(Empty):
        kills.get(timeout=0.6)


def test_without_a_guard_the_steward_hears_so(tmp_path: Path) -> None:
    assert not Guard(tmp_path / "nobody.sock").allow(1.0)
