"""The database does not run: may it be started, and what becomes of transactions it had not finished?

Kept, they may be ones that clients were told of; dropped, they can't stand in the way of another leader's
history. Only the store can say which, so without it nothing is started.
"""

from __future__ import annotations

from colonnade_agent.steward.protocol.actions import (
    Decision,
    Recovery,
    Reinit,
    ReleaseLeadership,
    StartDatabase,
    TakeLeadership,
    wait,
)
from colonnade_agent.steward.protocol.observation import Scene


def start(scene: Scene) -> Decision:
    if scene.database.fresh and not _begins(scene):
        return _fill(scene)
    if scene.data_are_mine:
        return _start_own(scene)
    why = f"{scene.sync.leader}'s data count: what was unfinished here must go"
    return Decision(StartDatabase(recovery(scene)), why)


def _begins(scene: Scene) -> bool:
    """Nobody has ever led: an empty database is where the cluster begins, and not what is left of one."""
    return scene.data_are_mine and not scene.sync.term and not scene.store.history


def recovery(scene: Scene) -> Recovery:
    """I5. What was acknowledged can be among the unfinished."""
    return Recovery.KEEP if scene.data_are_mine and scene.key else Recovery.DROP


def _fill(scene: Scene) -> Decision:
    if scene.data_are_mine:
        return wait("the data that count were here and are gone: an operator must decide")
    if scene.holder != scene.sync.leader:
        return wait("there are no data here, and nobody leads who could give them")
    return Decision(Reinit(scene.sync.leader), "there are no data here yet")


def _start_own(scene: Scene) -> Decision:
    if scene.key:
        # A key of a newer term than the sync set's was taken back, after the standby had not wanted it.
        if scene.standby and scene.key.term == scene.sync.term:
            return Decision(
                ReleaseLeadership(scene.key), f"the database died; {scene.standby.name} has everything"
            )
        return Decision(StartDatabase(recovery(scene)), "our data count, and nobody else will lead")
    if scene.store.leader:
        return wait(f"{scene.holder} is taking over")
    return _take_back(scene)


def _take_back(scene: Scene) -> Decision:
    absent, patience = scene.seen.ages.leader_absent, scene.seen.settings.ttl
    if scene.standby and absent < patience:
        return wait(f"{scene.standby.name} has everything and may take over")
    if scene.seen.lease is None:
        return wait("this machine has no lease yet")
    return Decision(
        TakeLeadership(scene.sync.term + 1, scene.seen.lease.id, scene.store.sync_revision),
        "our data count, and nobody leads",
    )
