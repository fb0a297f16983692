"""Ledgers made by hand, line by line, as a visitor would write them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from colonnade.drill.values import Moments
from colonnade.drill.visits import Visits, read

MOMENTS = Moments(steady=100.0, fault=110.0, struck=110.2, heal=120.0, end=130.0)
A, B = "192.0.2.1", "192.0.2.2"


@dataclass
class Story:
    lines: list[str] = field(default_factory=list)
    _n: int = 0

    def line(self, what: str, at: float, **values: object) -> None:
        self.lines.append(json.dumps({"what": what, "at": at, **values}))

    def ask(
        self,
        kind: str,
        at: float,
        seconds: float | None = 0.01,
        status: int = 200,
        *,
        address: str = A,
        opened: float | None = 0.0,
        id: str = "",
        error: str = "",
    ) -> None:
        """One request. `seconds` None: it never ends; `opened` None: it was never sent."""
        self._n += 1
        known = {"address": address} if kind == "pin" else {}
        self.line("begin", at, n=self._n, kind=kind, path="/", id=id, **known)
        if opened is not None:
            self.line("send", at, n=self._n, address=address, opened=opened or at, reused=bool(opened))
        if seconds is not None:
            told = {"address": address} if status else {"error": error or "no answer in time"}
            self.line("end", round(at + seconds, 4), n=self._n, status=status, **told)

    def probes(self, address: str, *away: tuple[float, float], every: float = 0.05) -> None:
        """From the steady state to the end; those begun in a span of `away` fail after a second."""
        at = MOMENTS.steady
        while at < MOMENTS.end:
            lost = any(since <= at < until for since, until in away)
            self.ask("pin", round(at, 4), 1.0 if lost else 0.01, 0 if lost else 200, address=address)
            at += every

    def hello(self, *, writes: bool = True, why: str = "") -> None:
        self.line("hello", MOMENTS.steady - 1, writes=writes, why=why)

    def bye(self) -> None:
        self.line("bye", MOMENTS.end + 1)

    @property
    def visits(self) -> Visits:
        return read(self.lines)


def quiet() -> Story:
    """Nobody notices anything."""
    story = Story()
    story.hello()
    story.probes(A)
    story.probes(B)
    for second in range(100, 130):
        story.ask("read", second + 0.1, 0.02, opened=99.0)
        story.ask("newcomer", second + 0.3, 0.03)
        story.ask("write", second + 0.5, 0.04, 201, id=f"drill-ab-{second}", opened=99.0)
    story.bye()
    return story


def all_there(visits: Visits) -> dict[str, int]:
    return dict.fromkeys(visits.acknowledged, 1)
