"""What a steward asks of a database, whichever product it is. The products' names are elsewhere.

Every verb is one step, may be done twice, and ends within seconds of its own bound, done or not. A verb that
did not work raises `EngineError`; what then holds is found by the next `look`.
"""

from __future__ import annotations

from typing import Protocol

from colonnade_agent.steward.protocol.actions import Recovery
from colonnade_agent.steward.protocol.observation import Database


class EngineError(Exception):
    """What was asked, and what the database answered to it."""


class Engine(Protocol):
    def take_over(self) -> None:
        """Asked once, before all else: end what an earlier steward may still have under way in the database.

        A statement of a process that was killed can still be carried out, after decisions that it
        contradicts.
        """

    def look(self) -> Database:
        """The state of now; never raises for a database that is down or hung.

        `epoch` names the life of the present applier (host boot, process, thread): it is another one
        whenever received transactions may have been discarded, and read before and after `received`, so that
        both belong together. `received` counts all that lies here to be applied. `written` is read after
        `requires_acks`.
        """

    def start(self, recovery: Recovery) -> None:
        """Closed, replication not started, no acknowledgements required nor offered."""

    def kill(self) -> None:
        """SIGKILL to all of its processes; returns when none is left."""

    def close(self) -> None:
        """When this returns, no commit is under way and none will be; then the sessions of apps are ended.
        Raises if that can't be had within a second, and never ends a session before it is.
        """

    def open(self) -> None: ...

    def require_acks(self, on: bool) -> None:
        """Never turned off but by a decision: it finishes all commits that wait."""

    def bar_followers(self, names: frozenset[str]) -> None:
        """Exactly these may not fetch. When this returns, they hold no connection."""

    def offer_acks(self, on: bool) -> None:
        """Restarts the receiver, and must leave the applier running: else what was received is lost."""

    def stop_receiving(self) -> None:
        """When this returns, the source gets no further acknowledgement, and none is offered any more: not by
        a receiver that an operator starts either. The applier goes on.
        """

    def start_receiving(self) -> None: ...

    def leave_replication(self) -> None: ...

    def follow(self, source: str) -> None:
        """From where our history ends, whether we wrote it or copied it; acknowledgements not offered."""

    def reinit(self, source: str) -> None:
        """Leaves it closed, following nobody. May take long, and is begun again if it was interrupted."""
