"""What a drill needs of the site it is run on. Whoever has a lab or machines hands over one of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from colonnade.drill.action import Action
from colonnade.drill.drill import Drill
from colonnade.drill.values import Contents

Tell = Callable[[str], None]
"""Told what happens, in plain words."""


class Field(Protocol):
    def do(self, action: Action) -> None:
        """Raises a ColonnadeError when it can't be done. What heals may be done twice."""
        ...

    def ailing(self) -> str:
        """Which member is not healthy, and why; empty when all are."""
        ...

    def machine_of(self, action: Action) -> str:
        """The machine that has the action's role now. Raises a ColonnadeError where none has."""
        ...

    def own_addresses(self, drill: Drill) -> tuple[str, ...]:
        """Those of the site's public addresses that the drill is about, as it is now."""
        ...

    def terms(self) -> int | None:
        """How many terms the site's databases have had; None where nobody can say."""
        ...

    def contents(self, run: str) -> Contents | None:
        """How often the database holds each id of that run's writes; None when it can't be asked."""
        ...
