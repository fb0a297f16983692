"""We lead and our data count: is the database open, and may it be?"""

from __future__ import annotations

from dataclasses import replace

from colonnade_agent.steward.protocol import syncset
from colonnade_agent.steward.protocol.actions import (
    Decision,
    LeaveReplication,
    OpenDatabase,
    WriteSync,
    wait,
)
from colonnade_agent.steward.protocol.observation import Scene
from colonnade_agent.steward.protocol.store import Term
from colonnade_agent.steward.protocol.switchover import switchover


def lead(scene: Scene) -> Decision:
    key = scene.key
    assert key is not None
    if scene.sync.term != key.term:
        return Decision(
            WriteSync(
                replace(scene.sync, term=key.term),
                key,
                scene.store.sync_revision,
                Term(key.term, scene.me, scene.database.written),
            ),
            f"term {key.term} begins, with the same data",
        )
    if scene.database.replication:
        return Decision(LeaveReplication(), "our data count: there is nobody to follow")
    if requested := switchover(scene):
        return requested
    return syncset.settle(scene) if scene.database.open else _open(scene)


def _open(scene: Scene) -> Decision:
    """What was recovered after a crash must not be seen here before the standby has it: it might lead next,
    without.
    """
    if acks := syncset.require(scene):
        return acks
    if not scene.sync.standby:
        return Decision(OpenDatabase(), "our data count, and nobody else has to have them")
    if lost := syncset.lost(scene):
        return lost
    standby = scene.standby
    if standby and (standby.received or 0) >= scene.database.written.seq:
        return Decision(OpenDatabase(), f"{standby.name} has all that is here")
    return wait(f"{scene.sync.standby.name} has to receive what was recovered here")
