"""What does this machine do next? Asked after every look at etcd and at the database, and after every step.

Pure: the same observation has the same answer, on every machine and in every test. Nothing is remembered
from one decision to the next, so a steward that was killed goes on where it was. The invariants it keeps:

I1  While commits wait for acknowledgements, only the standby (or who is about to be) can give them.
I2  The standby is published only after it has received all that was written when acknowledgements were
    already required of every commit, in one epoch.
I3  Acknowledgements are given up only after the store says that there is no standby.
I4  A database opens only after the store says that its data count, in this term.
I5  After a crash unfinished transactions are kept only by the member whose data count, while it leads.
"""

from __future__ import annotations

from colonnade_agent.steward.protocol import fence, follow, lead, promote, start
from colonnade_agent.steward.protocol.actions import BeginCluster, Decision, ReleaseLeadership, wait
from colonnade_agent.steward.protocol.observation import Observation, Process, Scene
from colonnade_agent.steward.protocol.store import Sync


def decide(seen: Observation) -> Decision:
    if seen.paused:
        return wait("paused by the operator")
    if overdue := fence.overdue(seen):
        return overdue
    if seen.store is None:
        return wait("etcd can't be read, so nothing may be changed")
    if seen.store.sync is None:
        return _begin(seen)
    return _act(Scene(seen, seen.store, seen.store.sync))


def _begin(seen: Observation) -> Decision:
    if seen.database.joined:
        return wait("etcd knows nothing of this cluster, but its data are here: an operator must recover it")
    if not seen.settings.bootstrap:
        return wait("the cluster has not begun")
    return Decision(BeginCluster(Sync(0, seen.me)), "the first member's data are where the cluster begins")


def _act(scene: Scene) -> Decision:
    if deposed := fence.deposed(scene):
        return deposed
    match scene.database.process:
        case Process.HUNG:
            return fence.hung(scene)
        case Process.STARTING:
            return wait("the database is starting")
        case Process.DOWN:
            return _give_up_promotion(scene) or start.start(scene)
        case Process.UP:
            return _run(scene)


def _run(scene: Scene) -> Decision:
    if scene.key and scene.data_are_mine:
        return lead.lead(scene)
    if scene.key:
        return promote.promote(scene)
    if scene.store.leader is None:
        return promote.stand(scene)
    return follow.follow(scene)


def _give_up_promotion(scene: Scene) -> Decision | None:
    if scene.key and not scene.data_are_mine:
        return Decision(ReleaseLeadership(scene.key), "the database died during the promotion")
    return None
