"""Visitors on the lab's client machine, who read and write through the front door by name for as long as they
are let.

with Visitors(site) as visitors: ...      # what follows happens under load visitors.tally.failed
# and this is what they saw
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from colonnade.lab.furniture import CLIENT
from tests.lab.site import Site

PROGRAM = Path(__file__).with_name("visitor_program.py")
PLACE = "/root/visitor.py"
LONGEST_REQUEST = 30


@dataclass(frozen=True)
class Tally:
    """`failed` has (second, what was asked, what came). `resent`: requests that a kept connection ended
    before, and that were sent once more, as browsers do. `acknowledged` are the ids of entries that were
    answered with 201.
    """

    requests: int
    failed: tuple[tuple[float, str, str], ...]
    resent: int
    slowest: float
    acknowledged: tuple[str, ...]


class Visitors:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._process: subprocess.Popen[str] | None = None
        self.tally = Tally(0, (), 0, 0.0, ())

    def __enter__(self) -> Self:
        self._site.lab.put(CLIENT.name, PLACE, PROGRAM.read_bytes())
        argv = self._site.lab.command(CLIENT.name, ["python3", PLACE, self._site.design.site])
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "began\n", self._process.stderr
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """They stop when their standard input ends, and say what they saw."""
        assert self._process
        try:
            said, errors = self._process.communicate(timeout=LONGEST_REQUEST)
        finally:
            self._process.kill()
        if kind is None:
            assert self._process.returncode == 0, errors
            found = json.loads(said)
            failed = tuple((second, asked, came) for second, asked, came in found["failed"])
            self.tally = Tally(
                found["requests"], failed, found["resent"], found["slowest"], tuple(found["acknowledged"])
            )
