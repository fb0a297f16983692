"""Which uplinks' addresses are users given? Pure: from what a round of questions heard to a decision with its
reason. Asked by the watcher's loop.

Two uplinks that no longer reach each other look the same from either end, whichever of them is dead. What
tells them apart is a third place in the world that still answers over one and not over the other. So an
uplink is dead only while another carries; and where none does, nothing is known and nothing is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

DOWN_AFTER = 3
"""Rounds of silence until an uplink's addresses are withdrawn."""
UP_AFTER = 14
"""Rounds of answers until they are given again: coming back too early costs users more than too late."""


@dataclass(frozen=True, order=True)
class Way:
    """Of one question: out of this machine by the uplink `out`, to `target`, in by its uplink `into`.

    A witness, which stands anywhere in the world, has no `into`.
    """

    out: str
    target: str
    into: str = ""

    @property
    def uplinks(self) -> frozenset[str]:
        return frozenset(filter(None, (self.out, self.into)))

    def __str__(self) -> str:
        return f"{self.target}'s {self.into} by {self.out}" if self.into else f"{self.target} by {self.out}"


class Verdict(StrEnum):
    """What one round says of an uplink."""

    CARRIES = "carries"
    """A question that used it was answered."""
    SILENT = "silent"
    """None was, and another uplink carries."""
    UNKNOWN = "unknown"
    """No question was answered at all."""


@dataclass(frozen=True)
class Line:
    """An uplink: whether users are `given` its addresses, and for how many rounds in a row the verdict has
    been what it is. `reason` is that of the last decision.
    """

    given: bool = True
    verdict: Verdict = Verdict.UNKNOWN
    rounds: int = 0
    reason: str = ""

    @property
    def settled(self) -> bool:
        return self.rounds >= DOWN_AFTER


def decide(lines: Mapping[str, Line], heard: Mapping[Way, bool]) -> dict[str, Line]:
    """The uplinks after a round that asked on the ways of `heard`, each with whether it was answered.

    If one line at least was given, one is given after it; and if any carries, one that carries.
    """
    carrying = {uplink for way, answered in heard.items() if answered for uplink in way.uplinks}
    after = {uplink: _one(line, _verdict(uplink, carrying), uplink, heard) for uplink, line in lines.items()}
    if any(after[uplink].given for uplink in carrying):
        return after
    return after | {u: _turned(after[u], "it carries, and nothing else that is given does") for u in carrying}


def _verdict(uplink: str, carrying: Iterable[str]) -> Verdict:
    if uplink in carrying:
        return Verdict.CARRIES
    return Verdict.SILENT if carrying else Verdict.UNKNOWN


def _one(line: Line, verdict: Verdict, uplink: str, heard: Mapping[Way, bool]) -> Line:
    rounds = line.rounds + 1 if verdict == line.verdict else 1
    now = Line(line.given, verdict, rounds, line.reason)
    if line.given and verdict is Verdict.SILENT and rounds >= DOWN_AFTER:
        return _turned(now, _silence(uplink, heard, rounds))
    if not line.given and verdict is not Verdict.SILENT and rounds >= UP_AFTER:
        what = "it has carried" if verdict is Verdict.CARRIES else "nothing is known of any uplink"
        return _turned(now, f"{what} for {rounds} rounds")
    return now


def _turned(line: Line, reason: str) -> Line:
    return Line(not line.given, line.verdict, line.rounds, reason)


def _silence(uplink: str, heard: Mapping[Way, bool], rounds: int) -> str:
    asked = ", ".join(str(way) for way in sorted(heard) if uplink in way.uplinks)
    answered = ", ".join(str(way) for way, answer in sorted(heard.items()) if answer)
    return f"for {rounds} rounds no answer from {asked}; answers from {answered}"
