"""Several readers at once, on the lab's client machine, who ask again and again; all that happened is kept.

The lower half of this file runs there, as `python3 - SITE SECONDS READERS PATH...`; standard library only.
"""

from __future__ import annotations

import http.client
import json
import select
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.site import Site

THINKING = 0.03


@dataclass(frozen=True)
class Visit:
    """`at` and `took` in seconds, `at` since all began; `status` is 0 where there was no answer."""

    path: str
    at: float
    took: float
    status: int
    error: str


@dataclass(frozen=True)
class Log:
    visits: Sequence[Visit]

    @property
    def failed(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.status != 200]

    @property
    def slowest(self) -> float:
        return max(visit.took for visit in self.visits)

    @property
    def longest_gap(self) -> float:
        """Between two good answers, whoever got them."""
        ends = sorted(visit.at + visit.took for visit in self.visits if visit.status == 200)
        return max(later - earlier for earlier, later in pairwise(ends))


def while_read(
    site: Site, seconds: float, paths: Sequence[str], what: Callable[[], None], readers: int = 8
) -> Log:
    """Do `what` a few seconds after GETs have begun, which go on for `seconds` in all."""
    said: list[str] = []

    def visit() -> None:
        argv = ["python3", "-", site.design.site, str(seconds), str(readers), *paths]
        done = site.on("client", argv, stdin=Path(__file__).read_text(), timeout=seconds + 60)
        said.append(done.stdout or done.stderr)

    background = threading.Thread(target=visit)
    background.start()
    try:
        time.sleep(3)
        what()
    finally:
        background.join()
    return Log([Visit(**each) for each in json.loads(said[0])])


class Reader(threading.Thread):
    """Keeps its connection, and sees before it asks whether the other end has closed it, as browsers do."""

    def __init__(self, site: str, until: float, paths: Sequence[str]) -> None:
        super().__init__()
        self.site, self.until, self.paths = site, until, paths
        self.context = ssl.create_default_context()
        self.connection = self.connect()
        self.visits: list[dict[str, str | float]] = []

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self.site, timeout=30, context=self.context)

    def run(self) -> None:
        while time.monotonic() < self.until:
            for path in self.paths:
                self.visits.append(self.visit(path))
                time.sleep(THINKING)

    def visit(self, path: str) -> dict[str, str | float]:
        if self.connection.sock is not None and select.select([self.connection.sock], [], [], 0)[0]:
            self.connection.close()
        began, status, error = time.monotonic(), 0, ""
        try:
            self.connection.request("GET", path)
            answer = self.connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException) as problem:
            error = repr(problem)
            self.connection.close()
        took = time.monotonic() - began
        return {"path": path, "at": began, "took": took, "status": status, "error": error}


def main(site: str, seconds: str, readers: str, *paths: str) -> None:
    began = time.monotonic()
    every = [Reader(site, began + float(seconds), paths) for _ in range(int(readers))]
    for reader in every:
        reader.start()
    for reader in every:
        reader.join()
    visits = [visit | {"at": float(visit["at"]) - began} for reader in every for visit in reader.visits]
    json.dump(visits, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
