"""How is a drill run? A procedure that yields what is to be done next, and is told what came of it.

Nothing here acts: whoever drives it does, and heals what is noted when anything goes wrong on the way.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from colonnade.drill.action import Action
from colonnade.drill.drill import Drill

STEADY_SECONDS = 3.0
"""How long visitors must have seen nothing amiss."""
STEADY_LIMIT = 90.0
"""How long the steady state is waited for: machines boot, databases catch up."""


@dataclass(frozen=True)
class Steady:
    """Wait until all members are healthy and visitors have seen nothing amiss for `seconds`. The answer is
    empty, or what was still amiss after `limit`.
    """

    seconds: float = STEADY_SECONDS
    limit: float = STEADY_LIMIT


@dataclass(frozen=True)
class Moment:
    """Note the time as `name`: fault (it begins), struck (it is done) or heal."""

    name: str


@dataclass(frozen=True)
class Note:
    """Keep on disk what heals the faults that come now, for whoever comes after us. Empty: all is healed."""

    heals: tuple[Action, ...]


@dataclass(frozen=True)
class Do:
    action: Action


@dataclass(frozen=True)
class Watch:
    seconds: float


Step = Steady | Moment | Note | Do | Watch
Procedure = Generator[Step, str, "Ran"]


@dataclass(frozen=True)
class Ran:
    """`unsteady` says why nothing was learned, `unhealed` what was amiss after healing."""

    unsteady: str = ""
    unhealed: str = ""


def procedure(drill: Drill) -> Procedure:
    unsteady = yield Steady()
    if unsteady:
        return Ran(unsteady=f"no steady state to begin with: {unsteady}")
    yield Note(drill.heals)
    yield Moment("fault")
    for action in drill.faults:
        yield Do(action)
    yield Moment("struck")
    yield Watch(drill.watch)
    yield Moment("heal")
    for action in drill.heals:
        yield Do(action)
    yield Note(())
    unhealed = yield Steady()
    return Ran(unhealed=unhealed)
