"""How long may the loop rest until it looks again? Pure. News and a database that dies end a rest."""

from __future__ import annotations

from colonnade_agent.steward.protocol.actions import Action, Reinit, Wait
from colonnade_agent.steward.protocol.observation import Observation, Process

CALM, SOON = 0.5, 0.05
WORKING = 0.2
DOUBT = 1.0
"""Seconds of silence of a leader."""
AFRESH = 2.0
"""Whoever can't be copied from is not asked at once again: each time it reads all it has."""


def rest(seen: Observation, action: Action, done: bool = True) -> float:
    """Seconds. Soon where a step was made or is waited for by users; calm where all is as it should be."""
    if isinstance(action, Reinit) and not done:
        return AFRESH
    if not isinstance(action, Wait):
        return SOON if done else WORKING
    store = seen.store
    if store is None or seen.paused or store.sync is None:
        return CALM
    if store.leader is None or store.request or store.leader.name != store.sync.leader:
        return SOON
    if (
        store.sync.pending
        or seen.ages.leader_silent >= DOUBT
        or seen.database.process in (Process.STARTING, Process.HUNG)
    ):
        return WORKING
    return CALM


def matters(keys: frozenset[str], calm: bool, hearsay: tuple[str, ...]) -> bool:
    """Whether news of these keys should end the rest. In calm, what members say of themselves (`hearsay`: how
    those keys begin) can wait.
    """
    return not calm or not keys or any(not key.startswith(hearsay) for key in keys)
