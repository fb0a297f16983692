"""Does a running program run with what is on disk? Asked by units (reload, restart) and commands (`after`).

The hazard answered here: a run that swapped a file and was killed before the reload. The next run finds the
file as desired, and still has to reload. So for each unit a record is kept of what it was last started or
reloaded with:

    {"invocation": systemd's id of that start, "reload": digest of reload_on, "restart": digest of restart_on}

- The unit's present invocation is the recorded one: it is the same process, so it runs with what the record
  says. A digest that differs is due. (Before a reload or restart is tried the record's digest is emptied:
  whatever becomes of the try, the record never claims more than is certain.)
- It is another one (the machine booted, the unit crashed and came back, somebody restarted it, or we never
  met it): the process read its files at some time after it left the inactive state. If none of them has
  changed since a second before that, it runs with them, nothing is due and the record is brought up to
  date. Otherwise nobody can tell, and the unit is restarted or reloaded, once. The change time (ctime) is
  compared, which a rename sets and no program can set back.
- A clock that steps back between a start and a swap could hide a change from the second rule but not from
  the first, and every apply brings the record up to date before it swaps anything; so the rule is only
  leant on for starts that happened while no apply was at work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from colonnade_agent.systemd import UnitState

MARGIN = 1.0  # seconds; file times are as coarse as the kernel's tick, and starting takes a moment


def digest(fingerprints: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(fingerprints, sort_keys=True).encode()).hexdigest()


def due(
    state: UnitState,
    record: Mapping[str, str],
    reload: Mapping[str, str],
    restart: Mapping[str, str],
    reload_changed: float,
    restart_changed: float,
) -> str:
    """`restart`, `reload` or nothing for an active unit whose lists have these fingerprints now."""
    if record.get("invocation") == state.invocation:
        needs_restart = record.get("restart") != digest(restart)
        needs_reload = record.get("reload") != digest(reload)
    else:
        needs_restart = restart_changed + MARGIN > state.started_at
        needs_reload = reload_changed + MARGIN > state.started_at
    if needs_restart or (needs_reload and not state.can_reload):
        return "restart"
    return "reload" if needs_reload else ""


def record_of(state: UnitState, reload: Mapping[str, str], restart: Mapping[str, str]) -> dict[str, str]:
    return {"invocation": state.invocation, "reload": digest(reload), "restart": digest(restart)}
