"""Etcd is away and this machine leads: do all other members promise not to take over meanwhile?

As long as each of them has promised, for a lease's length, nobody else can lead, and writes go on. One that
does not answer may be taking over just now: then the fences come as without all this.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from colonnade_agent.etcd.connection import Connect, Endpoint

EVERY_SECONDS = 0.7
ANSWER_SECONDS = 0.7
HTTP_OK = 200


class Failsafe:
    """Asks while it is wanted, in a thread of its own; `until` is what the promises are good for."""

    def __init__(self, me: str, peers: Mapping[str, Endpoint], connect: Connect, ttl: int) -> None:
        self.until = 0.0
        self._me, self._peers, self._connect, self._ttl = me, peers, connect, ttl
        self._wanted: int | None = None
        self._news = threading.Event()
        threading.Thread(target=self._run, name="failsafe", daemon=True).start()

    def want(self, term: int | None) -> None:
        """`term`: the one we lead in while etcd can't be read; None when it can, or when we don't lead."""
        self._wanted = term
        if term is not None:
            self._news.set()

    def _run(self) -> None:
        while True:
            self._news.wait()
            term = self._wanted
            if term is None:
                self._news.clear()
                continue
            began = time.monotonic()
            if all(self._promises(each, term) for each in self._peers.values()):
                self.until = began + self._ttl
            time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))

    def _promises(self, peer: Endpoint, term: int) -> bool:
        try:
            return post(peer, self._connect, "/failsafe", {"leader": self._me, "term": term}) == HTTP_OK
        except (OSError, HTTPException):
            return False


def post(peer: Endpoint, connect: Connect, path: str, body: Mapping[str, object]) -> int:
    """The status. Raises OSError, HTTPException."""
    http = HTTPConnection(peer.host, peer.port, timeout=ANSWER_SECONDS)
    http.auto_open = 0
    http.sock = connect(peer, ANSWER_SECONDS)
    try:
        http.request("POST", path, json.dumps(body).encode())
        return http.getresponse().status
    finally:
        http.close()
