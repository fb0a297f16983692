"""When must this database stop taking writes, and how? The ladder: close it; where that can't work, kill it.

Safety does not hang on this: a deposed leader's commits get no acknowledgement. What fencing ends is stale
reads, and clients that hang.
"""

from __future__ import annotations

from colonnade_agent.steward.protocol.actions import CloseDatabase, Decision, KillDatabase, wait
from colonnade_agent.steward.protocol.observation import Database, Observation, Process, Scene


def overdue(seen: Observation) -> Decision | None:
    """The lease ends soon, and nobody knows who leads then."""
    database, settings = seen.database, seen.settings
    if not database.open or database.process not in (Process.UP, Process.HUNG):
        return None
    if seen.lease is None:
        return _close(database, "the database is open and this machine has no lease")
    if seen.left <= settings.hard_fence:
        return Decision(KillDatabase(), f"the lease ends in {seen.left:.1f} s and the database is still open")
    if seen.left <= settings.soft_fence:
        return _close(database, f"the lease ends in {seen.left:.1f} s")
    return None


def deposed(scene: Scene) -> Decision | None:
    """Another's data count, or another leads already: what is still open here is closed."""
    database = scene.database
    if database.process is not Process.UP or not (database.open or database.waiting is not None):
        return None
    if scene.data_are_mine and (scene.key or scene.store.leader is None):
        return None
    who = scene.holder or scene.sync.leader
    return _close(database, f"{who} leads in term {scene.sync.term}, not this machine")


def hung(scene: Scene) -> Decision:
    age, limit = scene.seen.ages.hung, scene.seen.settings.hang_after
    if age < limit:
        return wait(f"the database has not answered for {age:.1f} s")
    return Decision(KillDatabase(), f"the database has not answered for {age:.1f} s")


def _close(database: Database, why: str) -> Decision:
    # Behind a commit that waits for an acknowledgement, closing waits too; and a kill is all that leaves
    # such a commit unfinished.
    if database.waiting is not None:
        return Decision(KillDatabase(), f"{why}; commits wait, so closing it would hang")
    if database.process is Process.HUNG:
        return Decision(KillDatabase(), f"{why}; it does not answer, so it can't be closed")
    return Decision(CloseDatabase(), why)
