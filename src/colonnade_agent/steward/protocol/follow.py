"""Another member leads: are we its faithful copy, and do we acknowledge what it sends?"""

from __future__ import annotations

from colonnade_agent.steward.protocol import promote
from colonnade_agent.steward.protocol.actions import (
    Decision,
    Follow,
    OfferAcks,
    Reinit,
    RequireAcks,
    StartReceiving,
    wait,
)
from colonnade_agent.steward.protocol.lineage import belongs
from colonnade_agent.steward.protocol.observation import Replication, Scene


def follow(scene: Scene) -> Decision:
    leader = scene.sync.leader
    if scene.holder != leader:
        return wait(f"{scene.holder} is taking over from {leader}")
    if scene.data_are_mine:
        return wait("the leader key is of an earlier session of ours, and ends with it")
    if scene.database.requires_acks:
        # Only here, closed and with no commit waiting: else it would finish what nobody has acknowledged.
        return Decision(RequireAcks(False), "a copy's commits wait for nobody")
    if lost := promote.depose(scene):
        return lost
    replication = scene.database.replication
    if replication is None or replication.source != leader:
        return _join(scene, leader)
    return _repair(replication) or _acknowledge(scene, replication)


def _join(scene: Scene, leader: str) -> Decision:
    if not belongs(scene.database.written, scene.store.history):
        return Decision(Reinit(leader), "the end of our history is in no term of the cluster")
    # What was received from an earlier leader and not yet applied is given up: the new one has all of it
    # that was acknowledged, and what it has not would stand in our way.
    return Decision(Follow(leader), f"{leader} leads in term {scene.sync.term}")


def _repair(replication: Replication) -> Decision | None:
    if replication.diverged:
        return Decision(Reinit(replication.source), f"{replication.source} does not know what we have")
    if not replication.applying:
        return Decision(Follow(replication.source), "nothing is applied")
    if not replication.receiving:
        return Decision(StartReceiving(), "nothing is received, and what was is still here")
    return None


def _acknowledge(scene: Scene, replication: Replication) -> Decision:
    offer = acknowledges(scene)
    if offer == replication.offers_acks:
        return wait(f"following {scene.sync.leader}")
    return Decision(OfferAcks(offer), "the sync set names us" if offer else "the sync set does not name us")


def acknowledges(scene: Scene) -> bool:
    """I1: only who is named, and in the epoch that is named."""
    epoch, pending = scene.database.epoch, scene.sync.pending
    return scene.is_standby or (
        epoch is not None and pending is not None and (pending.name, pending.epoch) == (scene.me, epoch)
    )
