"""Reads the cluster's common knowledge without ever holding up the loop, and tells it when there is news.

etcd may take its time; a fence may not. So a read is made by a thread of its own, and the loop waits for it
only so long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.etcd.watch import Changes, Watch
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.protocol.store import Store

AGAIN_SECONDS = 0.5


class Reader:
    def __init__(self, client: Client, keys: Keys, heed: Callable[[Store], None]) -> None:
        """`heed` is told of each store that was read, before the one who asked is."""
        self._client, self._keys, self._heed = client, keys, heed
        self._changed = threading.Condition()
        self._asked = self._answered = 0
        self._store: Store | None = None
        self.trouble = ""
        threading.Thread(target=self._run, name="reader", daemon=True).start()

    def read(self, seconds: float) -> Store | None:
        """As of some moment after the call; None if that can't be had within `seconds`."""
        with self._changed:
            self._asked += 1
            wanted = self._asked
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._answered >= wanted, max(seconds, 0.0)):
                self.trouble = f"no answer of etcd within {seconds:.1f} s"
                return None
            return self._store

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked > self._answered)
                wanted = self._asked
            store, trouble = self._try()
            with self._changed:
                self._store, self._answered, self.trouble = store, wanted, trouble
                self._changed.notify_all()

    def _try(self) -> tuple[Store | None, str]:
        try:
            store = self._keys.store(self._client.read(self._keys.prefix))
            self._heed(store)
        except EtcdError as error:
            return None, f"etcd: {error}"
        except (ValueError, KeyError, TypeError) as error:
            return None, f"what lies in etcd under {self._keys.prefix} can't be read: {error!r}"
        return store, ""


def follow(watch: Watch, news: Callable[[frozenset[str]], None]) -> None:
    """Never returns. `news` gets the keys that have changed; none where that is not known."""
    while True:
        try:
            for told in watch:
                changed = frozenset(e.key for e in told.events) if isinstance(told, Changes) else frozenset()
                news(changed)
        except EtcdError:
            news(frozenset())
            time.sleep(AGAIN_SECONDS)
