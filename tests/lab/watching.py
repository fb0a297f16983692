"""What visitors see while something happens: runs `prober.py` and `visitor.py` on the lab's client."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from colonnade.lab.furniture import CLIENT
from tests.lab.site import Site

HERE = Path(__file__).parent
WARM = 1.5
"""Seconds that a program is given to be at work before anything happens."""


@dataclass(frozen=True)
class Seen:
    """All askings of one address, as [began, ended, what was wrong], and when things began to happen."""

    askings: Sequence[tuple[float, float, str]]
    since: float

    @property
    def gap(self) -> float:
        """The longest time between two good answers."""
        good = sorted(ended for _, ended, wrong in self.askings if not wrong)
        assert len(good) > 10, f"only {len(good)} good answers"
        return max(later - earlier for earlier, later in pairwise(good))

    @property
    def wrong(self) -> list[str]:
        return [f"{began - self.since:+.2f} s: {what}" for began, _, what in self.askings if what]


@dataclass(frozen=True)
class Visits:
    """All visits, as [address, kept connection, began, ended, what was wrong]."""

    visits: Sequence[tuple[str, bool, float, float, str]]
    since: float

    @property
    def failed(self) -> list[str]:
        return [f"{v[0]} kept={v[1]} {v[2] - self.since:+.2f} s: {v[4]}" for v in self.visits if v[4]]

    @property
    def slowest(self) -> float:
        return max(ended - began for _, _, began, ended, _ in self.visits)


def probe(site: Site, addresses: Sequence[str], act: Callable[[], object], seconds: float) -> dict[str, Seen]:
    """Ask each address every 20 ms while `act` is done, and for as many seconds after it began."""
    found, since = _watch(site, "prober.py", addresses, 0.02, act, seconds)
    return {address: Seen(askings, since) for address, askings in found.items()}


def visit(site: Site, addresses: Sequence[str], act: Callable[[], object], seconds: float) -> Visits:
    """Two visitors of each address over HTTPS meanwhile, one of them on kept connections."""
    return Visits(*_watch(site, "visitor.py", addresses, 0.05, act, seconds))


def _watch(
    site: Site,
    program: str,
    addresses: Sequence[str],
    pause: float,
    act: Callable[[], object],
    seconds: float,
) -> tuple[Any, float]:
    name = site.design.site
    asked = {"addresses": addresses, "name": name, "seconds": WARM + seconds, "pause": pause}
    argv = site.lab.command(CLIENT.name, ["python3", "-c", (HERE / program).read_text(), json.dumps(asked)])
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            time.sleep(WARM)
            since = time.monotonic()
            act()
            said, complaint = running.communicate(timeout=seconds + 60)
        except BaseException:
            running.kill()
            raise
    assert running.returncode == 0, complaint
    return json.loads(said), since
