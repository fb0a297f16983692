"""What is a drill? A claim, the fault that tests it, and the numbers it is tested by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from colonnade.drill.action import PROCESS_DEEDS, Action, heals
from colonnade.drill.verdict import Limit


@dataclass(frozen=True)
class Drill:
    """`name` is stable: evidence is kept by it. `watch`: seconds between the last fault and healing.

    The addresses it is about are those that `holder` holds, or those of `uplink`.
    """

    name: str
    part: str
    claim: str
    hypothesis: tuple[Limit, ...]
    faults: tuple[Action, ...]
    watch: float
    holder: str = ""
    uplink: str = ""

    def on(self, machine: Callable[[Action], str]) -> Drill:
        """The same, with the machines that its roles are of just now."""
        faults = tuple(replace(a, machine=machine(a), role="") if a.role else a for a in self.faults)
        return replace(self, faults=faults)

    @property
    def heals(self) -> tuple[Action, ...]:
        return heals(self.faults)

    @property
    def needs_lab(self) -> bool:
        return any(action.deed not in PROCESS_DEEDS for action in self.faults)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "part": self.part,
            "claim": self.claim,
            "hypothesis": {limit.value: limit.at_most for limit in self.hypothesis},
            "faults": [str(action) for action in self.faults],
            "heals": [str(action) for action in self.heals],
        }
