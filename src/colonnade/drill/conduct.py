"""Drives a drill's procedure: does what it yields, and heals whatever goes wrong or is interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from colonnade.drill import procedure as steps
from colonnade.drill.client import Client
from colonnade.drill.drill import Drill
from colonnade.drill.field import Field, Tell
from colonnade.drill.notes import Notes
from colonnade.drill.procedure import Ran, Step, procedure
from colonnade.drill.steadiness import amiss
from colonnade.drill.values import Moments
from colonnade.errors import ColonnadeError

PAUSE = 0.1
ASK_AGAIN_SECONDS = 0.5


@dataclass
class Conductor:
    """`undisturbed` gives a context in which no signal interrupts."""

    site: Field
    client: Client
    notes: Notes
    addresses: tuple[str, ...]
    tell: Tell
    undisturbed: Callable[[], AbstractContextManager[None]]
    _times: dict[str, float] = field(default_factory=dict)

    def run(self, drill: Drill) -> tuple[Ran, Moments]:
        """The faults are healed when this returns and when it raises; a ColonnadeError says which are not."""
        answer = ""
        try:
            course = procedure(drill.on(self.site.machine_of))
            step: Step = next(course)
            while True:
                answer = self._do(step)
                step = course.send(answer)
        except StopIteration as end:
            ran: Ran = end.value
            return ran, self._moments()
        except ColonnadeError as error:  # nobody saw it, or it could not be done: nothing was learned
            self._heal()
            return Ran(unsteady=error.message), self._moments()
        except BaseException:
            self._heal()
            raise

    def _heal(self) -> None:
        with self.undisturbed():
            self.notes.heal(self.site, lambda what: self.tell(f"heal: {what}"))

    def _moments(self) -> Moments:
        now = time.monotonic()
        fault = self._times.get("fault", now)
        steady = fault - steps.STEADY_SECONDS
        struck, heal, end = (self._times.get(name, now) for name in ("struck", "heal", "end"))
        return Moments(steady, fault, struck, heal, end)

    def _do(self, step: Step) -> str:
        match step:
            case steps.Steady(seconds=seconds, limit=limit):
                return self._steady(seconds, limit)
            case steps.Moment(name=name):
                self._times[name] = time.monotonic()
                self._times.pop("end", None)  # it was that of the steady state before
            case steps.Note(heals=heals):
                self.notes.write(heals)
            case steps.Do(action=action):
                self.tell(str(action))
                self.site.do(action)
            case steps.Watch(seconds=seconds):
                self._watch(seconds)
        return ""

    def _watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.client.require()
            time.sleep(min(PAUSE, left))

    def _steady(self, seconds: float, limit: float) -> str:
        """`end` is when visitors had seen nothing amiss for long enough; that the members are healthy too is
        asked after it, so that the asking does not count as part of the drill.
        """
        self._watch(seconds)
        deadline = time.monotonic() + limit
        while True:
            self.client.require()
            now = self._times["end"] = time.monotonic()
            found = amiss(self.client.visits, now, seconds, self.addresses) or self._ailing()
            if not found or now > deadline:
                return found
            self._watch(ASK_AGAIN_SECONDS)

    def _ailing(self) -> str:
        try:
            return self.site.ailing()
        except ColonnadeError as error:  # a machine that boots may refuse to be asked: that is not healthy
            return error.message
