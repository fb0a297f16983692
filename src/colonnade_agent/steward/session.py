"""This machine's lease in etcd: taken, renewed, and adopted by a steward that is started again.

Renewed only while the steward's loop turns. A steward that hangs must lose its lease.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.errors import EtcdError, LeaseGone
from colonnade_agent.steward.journal import Priority, tell
from colonnade_agent.steward.protocol.observation import Lease

EVERY_SECONDS = 0.5
HANGS_AFTER = 2.5
"""A loop that has not turned for so long counts as hung, unless it says that its step is a long one."""


class Session:
    """`lease` may be read by any thread; the rest belongs to one."""

    def __init__(
        self, client: Client, ttl: int, kept: Path, turned: Callable[[], float], renewed: Callable[[], None]
    ) -> None:
        self.lease: Lease | None = None
        self._client, self._ttl, self._kept = client, ttl, kept
        self._turned, self._renewed = turned, renewed
        self._trouble = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def begin(self) -> None:
        """The lease of a steward before us, of the same boot, is ours: the leader key may hang on it."""
        try:
            lease = int(self._kept.read_text())
        except (OSError, ValueError):
            lease = 0
        self.renew(lease)
        self._thread.start()

    def end(self, *, revoke: bool) -> None:
        """`revoke`: all that hangs on the lease goes at once. Else a later steward adopts it."""
        self._stop.set()
        self._thread.join(2 * EVERY_SECONDS + 3)
        if revoke and self.lease:
            self._kept.unlink(missing_ok=True)
            self._client.revoke(self.lease.id)

    def renew(self, lease: int = 0) -> None:
        """The deadline counts from before the request was sent: etcd's own clock starts later."""
        began = time.monotonic()
        lease = lease or (self.lease.id if self.lease else 0)
        try:
            if lease:
                try:
                    self._client.keep_alive(lease)
                except LeaseGone:
                    tell("lease", Priority.WARNING, gone=lease)
                    lease = 0
            if not lease:
                began = time.monotonic()
                lease = self._granted()
        except EtcdError as error:
            if not self._trouble:
                tell("lease", Priority.WARNING, error=error)
            self._trouble = str(error)
            return
        if self._trouble:
            tell("lease", renewed=lease, after=self._trouble)
        self._trouble = ""
        self.lease = Lease(lease, began + self._ttl)
        self._renewed()

    def _granted(self) -> int:
        lease = self._client.grant(self._ttl)
        self._kept.write_text(str(lease))
        tell("lease", granted=lease, ttl=self._ttl)
        return lease

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            if self._turned() < HANGS_AFTER:
                self.renew()
