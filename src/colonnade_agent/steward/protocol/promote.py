"""Nobody leads, or we do but another's data count still: who may take over, and when is it done?

Only two may: whose data count, and the standby in the epoch that the sync set names. Taking the key is not
the take-over. That is the write of the sync set, after the last received transaction has been applied.
"""

from __future__ import annotations

from colonnade_agent.steward.protocol.actions import (
    Decision,
    DeposeLeader,
    ReleaseLeadership,
    StopReceiving,
    TakeLeadership,
    WriteSync,
    wait,
)
from colonnade_agent.steward.protocol.observation import Scene
from colonnade_agent.steward.protocol.store import LeaderKey, Sync, Term


def stand(scene: Scene) -> Decision:
    """The key is free and the database up: may we take it?"""
    lease = scene.seen.lease
    if lease is None:
        return wait("this machine has no lease yet")
    take = TakeLeadership(scene.sync.term + 1, lease.id, scene.store.sync_revision)
    if scene.data_are_mine:
        return Decision(take, "our data count, and nobody leads")
    if _forced(scene):
        return Decision(take, "an operator has accepted the loss")
    return _hesitate(scene) or Decision(take, "nobody leads, and we have all that was acknowledged")


def depose(scene: Scene) -> Decision | None:
    """Only the standby asks: has the leader gone, by two witnesses? etcd has not heard of it, and neither
    have we. One of them alone may be cut off from it.
    """
    seen, key = scene.seen, scene.store.leader
    ages, settings = seen.ages, seen.settings
    if key is None or ages.leader_silent < settings.silent_after or ages.leader_deaf < settings.deaf_after:
        return None
    if not may_lead(scene) or settings.no_failover or seen.promised_until > seen.now:
        return None
    return Decision(
        DeposeLeader(key), f"{key.name} has not renewed its lease, and does not answer: it is gone"
    )


def promote(scene: Scene) -> Decision:
    """The key is ours, the data that count are another's."""
    key = scene.key
    assert key is not None
    if not (may_lead(scene) or _forced(scene)):
        return Decision(ReleaseLeadership(key), "it can no longer be shown that we have everything")
    replication = scene.database.replication
    if replication and replication.receiving:
        return Decision(StopReceiving(), f"from now on {scene.sync.leader} gets no acknowledgement")
    if replication and not replication.drained and not _forced(scene):
        return _drain(scene, key)
    return _authority(scene, key)


def may_lead(scene: Scene) -> bool:
    replication = scene.database.replication
    known = replication is not None and replication.received is not None and not replication.diverged
    return known and scene.is_standby


def _hesitate(scene: Scene) -> Decision | None:
    """Why we do not stand, if we don't."""
    seen, replication = scene.seen, scene.database.replication
    if not may_lead(scene):
        return wait("nobody leads, and it can't be shown that we have all that was acknowledged")
    if seen.settings.no_failover:
        return wait("nobody leads, and this member is set never to")
    if seen.promised_until > seen.now:
        return wait(f"promised {scene.sync.leader} not to take over while etcd is away")
    heard = replication is not None and replication.connected and not seen.ages.leader_deaf
    if heard and seen.ages.leader_absent < seen.settings.race_backoff:
        return wait(f"nobody leads, but {scene.sync.leader} still sends: it goes first")
    return None


def _forced(scene: Scene) -> bool:
    request = scene.store.request
    return (
        request is not None
        and request.kind == "failover"
        and request.target == scene.me
        and request.sync_revision == scene.store.sync_revision
    )


def _drain(scene: Scene, key: LeaderKey) -> Decision:
    replication = scene.database.replication
    assert replication is not None
    if scene.seen.ages.promoting > scene.seen.settings.promote_timeout:
        return Decision(ReleaseLeadership(key), "what was received could not be applied in time")
    return wait(f"applying what was received: {replication.applied} of {replication.received}")


def _authority(scene: Scene, key: LeaderKey) -> Decision:
    return Decision(
        WriteSync(
            Sync(key.term, scene.me),
            key,
            scene.store.sync_revision,
            Term(key.term, scene.me, scene.database.written),
        ),
        "all that was received is applied: our data count from now on",
    )
