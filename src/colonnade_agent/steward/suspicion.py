"""Is the leader gone? A standby asks two witnesses: etcd, when it last renewed its lease, and the leader's
machine itself.

etcd is asked with every read; the machine only once etcd has not heard of it for a while, by a thread of its
own, for it may not answer. Its steward may be starting anew while its database serves: either's answer is a
sign of life.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import Connect, Endpoint
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.steward.protocol.store import Store

DOUBT_SECONDS = 1.0
"""etcd counts whole seconds: a lease renewed twice a second never has lost so many."""
ANSWER_SECONDS = 0.4
AGAIN_SECONDS = 0.2


class Suspicion:
    """`silent` and `deaf` are seconds, for `Ages`. Fed by the thread that reads etcd."""

    def __init__(
        self,
        me: str,
        client: Client,
        peers: Mapping[str, Endpoint],
        connect: Connect,
        ttl: int,
        greets: Callable[[str, float], bool],
    ) -> None:
        """`greets`: whether a member's database says something to who connects, within so many seconds."""
        self._greets = greets
        self.silent = 0.0
        self._me, self._client, self._ttl = me, client, ttl
        self._peers, self._connect = peers, connect
        self._suspect = ""
        self._deaf_since: float | None = None
        self._news = threading.Event()
        threading.Thread(target=self._run, name="suspicion", daemon=True).start()

    @property
    def deaf(self) -> float:
        since = self._deaf_since
        return time.monotonic() - since if since is not None else 0.0

    def heed(self, store: Store) -> None:
        """After each read of the store. Asks etcd for the leader's lease, if we are its standby."""
        key, sync = store.leader, store.sync
        follows = key is not None and sync is not None and sync.standby and sync.standby.name == self._me
        self.silent = 0.0
        if key is not None and follows:
            try:
                self.silent = max(0.0, self._ttl - 1.0 - self._client.left(key.lease))
            except EtcdError:
                return
        self._doubt(key.name if key and self.silent >= DOUBT_SECONDS else "")

    def _doubt(self, suspect: str) -> None:
        if suspect != self._suspect:
            self._deaf_since = None
        self._suspect = suspect
        if suspect:
            self._news.set()

    def _run(self) -> None:
        while True:
            self._news.wait()
            suspect = self._suspect
            if not suspect:
                self._news.clear()
                continue
            asked = time.monotonic()
            if self._greets(suspect, ANSWER_SECONDS) or answers(self._peers[suspect], self._connect):
                self._deaf_since = None
            elif self._deaf_since is None:
                self._deaf_since = asked
            time.sleep(AGAIN_SECONDS)


def answers(peer: Endpoint, connect: Connect) -> bool:
    """Whatever it says."""
    http = HTTPConnection(peer.host, peer.port, timeout=ANSWER_SECONDS)
    http.auto_open = 0
    try:
        http.sock = connect(peer, ANSWER_SECONDS)
        http.request("GET", "/health")
        http.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        http.close()
    return True
