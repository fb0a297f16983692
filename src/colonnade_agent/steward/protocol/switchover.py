"""An operator wants another member to lead, and nobody to notice.

Closed first; then the target applies the last transaction; then it is given the leader key, and promotes
itself as after any loss of a leader, with nothing left to apply. Where it can't be done at once, it is not
done, and the database opens again.
"""

from __future__ import annotations

from colonnade_agent.steward.protocol.actions import AnswerRequest, CloseDatabase, Decision, HandOver, wait
from colonnade_agent.steward.protocol.observation import Scene
from colonnade_agent.steward.protocol.store import Member, Request


def switchover(scene: Scene) -> Decision | None:
    request = scene.store.request
    if request is None:
        return None
    if request.target == scene.me:
        return Decision(AnswerRequest(request.revision, done=True), f"{scene.me} leads")
    if request.kind != "switchover":
        return Decision(
            AnswerRequest(request.revision, done=False), f"{scene.me} leads: nothing is to be forced"
        )
    target = scene.standby
    if target is None or target.name != request.target:
        return _refuse(request, f"{request.target} is not the standby")
    if scene.seen.ages.request > scene.seen.settings.switch_timeout:
        return _refuse(request, f"{request.target} could not take over in time")
    return _hand_over(scene, request, target)


def _hand_over(scene: Scene, request: Request, target: Member) -> Decision:
    database, key = scene.database, scene.key
    assert key is not None
    behind = database.written.seq - target.applied
    if database.open and behind > scene.seen.settings.max_gap:
        return _refuse(request, f"{target.name} is {behind} transactions behind")
    if database.open:
        return Decision(CloseDatabase(), f"{target.name} shall lead")
    if behind > 0:
        return wait(f"{target.name} applies the last {behind} transactions")
    return Decision(
        HandOver(target.name, target.lease, key.term + 1, key, scene.store.sync_revision),
        f"{target.name} has applied all there is",
    )


def _refuse(request: Request, why: str) -> Decision:
    return Decision(AnswerRequest(request.revision, done=False), why)
