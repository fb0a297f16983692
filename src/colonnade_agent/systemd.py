"""What systemd says about units, and the few things it is asked to do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from colonnade_agent.programs import Done, run

PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "NeedDaemonReload",
    "InvocationID",
    "InactiveExitTimestampMonotonic",
    "CanReload",
    "Type",
)
ENABLED = {"": False, "disabled": False, "masked": False, "enabled": True, "linked": True}
JOB_SECONDS = 600  # above any sane TimeoutStartSec=; systemd's own limit is to be the one that strikes


@dataclass(frozen=True)
class UnitState:
    """`started_at` in epoch seconds by today's clock: when the unit last left the inactive state; 0 if it
    never did. `enabled` is None for a unit that can't be (static, generated, an alias).
    """

    loaded: bool
    active: bool
    failed: bool
    starting: bool
    enabled: bool | None
    needs_daemon_reload: bool
    invocation: str
    started_at: float
    can_reload: bool
    type: str
    text: str


def show(names: Sequence[str]) -> dict[str, UnitState]:
    """The state of all units by one call. A unit nobody has heard of is `loaded=False`."""
    if not names:
        return {}
    done = run(("systemctl", "show", f"--property={','.join(('Id', *PROPERTIES))}", "--", *names))
    blocks = done.stdout.strip().split("\n\n")
    boot = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    if done.exit != 0 or len(blocks) != len(names):
        return {name: parse("", boot) for name in names}
    return {name: parse(block, boot) for name, block in zip(names, blocks, strict=True)}


def parse(block: str, boot: float) -> UnitState:
    """One paragraph of `systemctl show`; `boot` is the epoch time at which the monotonic clock was 0."""
    fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    active = fields.get("ActiveState", "inactive")
    left_inactive = int(fields.get("InactiveExitTimestampMonotonic") or 0)
    return UnitState(
        loaded=fields.get("LoadState") == "loaded",
        active=active in {"active", "reloading", "refreshing"},
        failed=active == "failed",
        starting=active == "activating" and fields.get("SubState") != "auto-restart",
        enabled=ENABLED.get(fields.get("UnitFileState", "").removesuffix("-runtime")),
        needs_daemon_reload=fields.get("NeedDaemonReload") == "yes",
        invocation=fields.get("InvocationID", ""),
        started_at=boot + left_inactive / 1e6 if left_inactive else 0.0,
        can_reload=fields.get("CanReload") == "yes",
        type=fields.get("Type", ""),
        text=f"{active} ({fields.get('SubState', 'dead')})",
    )


def systemctl(*words: str) -> Done:
    return run(("systemctl", *words), timeout=JOB_SECONDS)


def last_words(name: str) -> str:
    """The last lines the journal has of the unit since it was last started: its own, and systemd's about it.

    Hazard: not by the id of the invocation. Lines of a program that died at once often come without it.
    """
    started = show([name])[name].started_at
    if not started:
        return ""
    run(("journalctl", "--sync"), timeout=5)
    since = ("--unit", name, f"--since=@{started - 0.01:.6f}")
    done = run(
        ("journalctl", "--no-pager", "--quiet", "--lines=20", "--output=short-iso", *since), timeout=10
    )
    return f"journal of {name}:\n{done.stdout.strip()}" if done.stdout.strip() else ""
