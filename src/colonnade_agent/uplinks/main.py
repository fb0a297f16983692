"""The watcher: asks on every way, decides, and sees to it that the name server gives what was decided.

Runs on every door machine of a site with several uplinks. Its argument is the file of its order. What it
knows stands in state.json of its runtime directory, for `status`; what it decides goes to the journal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from colonnade_agent.notify import ALIVE, READY, notify
from colonnade_agent.uplinks import asking, decide, knot, order
from colonnade_agent.uplinks.decide import Line
from colonnade_agent.uplinks.enforce import due
from colonnade_agent.uplinks.knot import KnotError
from colonnade_agent.uplinks.order import Order

ROUND_SECONDS = 0.75
ANSWER_SECONDS = 0.7
HERE_SECONDS = 0.5
RELOAD_ROUNDS = 8
"""At least so many rounds between two readings of the zone's file: should it lack an address, reading it
again does not help.
"""
INFO, WARNING = "<6>", "<4>"
"""How journald reads a line's priority (sd-daemon(3))."""


def main() -> None:
    watched = order.read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watch(Watcher(watched, Path(os.environ["RUNTIME_DIRECTORY"]) / "state.json"), stop)


def watch(watcher: Watcher, stop: threading.Event) -> None:
    watcher.begin()
    while not stop.is_set():
        started = time.monotonic()
        watcher.round()
        notify(READY, ALIVE)
        stop.wait(ROUND_SECONDS - (time.monotonic() - started))
    watcher.end()


@dataclass
class Watcher:
    """The only thing in this program that changes. `state`: where it says what it knows."""

    order: Order
    state: Path
    lines: dict[str, Line] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)
    rounds: int = 0
    reloaded: int = -RELOAD_ROUNDS
    trouble: str = ""
    told: str = ""

    def begin(self) -> None:
        self.lines = order.found(self.order, self._gives())
        say(INFO, f"watching {', '.join(self.lines)}; given: {', '.join(self._given()) or 'none'}")

    def round(self) -> None:
        self.rounds += 1
        before = self.lines
        self.lines = decide.decide(before, asking.heard(self.order.ways, ANSWER_SECONDS))
        for uplink, line in self.lines.items():
            if line.given != before[uplink].given:
                self.since[uplink] = datetime.now(UTC).isoformat(timespec="milliseconds")
                verb = "given again" if line.given else "withdrawn"
                say(WARNING, f"the addresses of uplink {uplink} are {verb}: {line.reason}")
        self._enforce()
        self._tell()

    def end(self) -> None:
        """Without a watcher nobody would give back what it withdrew."""
        if len(self._given()) < len(self.lines):
            say(WARNING, "stopping: all addresses are given again")
            if trouble := tried(lambda: knot.give_all(self.order.zone)):
                say(WARNING, trouble)

    def _enforce(self) -> None:
        deed = due(self.order, self.lines, self._gives())
        troubles = []
        if deed.give_all and self.rounds - self.reloaded >= RELOAD_ROUNDS:
            self.reloaded = self.rounds
            troubles.append(tried(lambda: knot.give_all(self.order.zone)))
            deed = due(self.order, self.lines, self._gives())
        if deed.withdraw:
            troubles.append(tried(lambda: knot.withdraw(self.order.zone, deed.withdraw)))
        trouble = "; ".join(filter(None, troubles))
        if trouble and trouble != self.trouble:
            say(WARNING, trouble)
        self.trouble = trouble

    def _tell(self) -> None:
        """Written only when it changes, and swapped in whole."""
        text = json.dumps(told(self.lines, self.since, self.trouble))
        if text != self.told:
            new = self.state.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(self.state)
            self.told = text

    def _gives(self) -> dict[str, frozenset[str] | None]:
        return {name: asking.given(name, HERE_SECONDS) for name in self.order.names}

    def _given(self) -> tuple[str, ...]:
        return tuple(uplink for uplink, line in self.lines.items() if line.given)


def told(lines: Mapping[str, Line], since: Mapping[str, str], trouble: str) -> dict[str, Any]:
    """The document of state.json. `since`: when it was last decided, in UTC; empty before the first time."""
    uplinks = {
        uplink: {
            "given": line.given,
            "verdict": str(line.verdict),
            "settled": line.settled,
            "since": since.get(uplink, ""),
            "reason": line.reason,
        }
        for uplink, line in lines.items()
    }
    return {"uplinks": uplinks, "trouble": trouble}


def tried(act: Callable[[], None]) -> str:
    """What went wrong; the next round tries again."""
    try:
        act()
    except KnotError as error:
        return str(error)
    return ""


def say(priority: str, text: str) -> None:
    print(f"{priority}{text}", flush=True)


if __name__ == "__main__":
    main()
