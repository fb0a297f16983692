"""Where a member's copy of another's data comes from: that one's steward, over mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import BinaryIO, cast

from colonnade_agent.etcd.connection import Connect, Endpoint
from colonnade_agent.steward.engine import EngineError

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""So long the source may take until the next bytes come."""
HTTP_OK = 200


class Copies:
    def __init__(self, peers: Mapping[str, Endpoint], connect: Connect) -> None:
        self._peers, self._connect = peers, connect

    @contextmanager
    def __call__(self, source: str) -> Iterator[BinaryIO]:
        """Raises EngineError if it does not come, or breaks off: its chunks say where it ends."""
        peer = self._peers[source]
        http = HTTPConnection(peer.host, peer.port, timeout=SILENT_SECONDS)
        http.auto_open = 0
        try:
            http.sock = self._connect(peer, CONNECT_SECONDS)
            http.sock.settimeout(SILENT_SECONDS)
            http.request("GET", "/backup")
            answer = http.getresponse()
            if answer.status != HTTP_OK:
                raise EngineError(f"a copy of {source}: it answers {answer.status} {answer.reason}")
            yield cast(BinaryIO, answer)
            if answer.read(1):
                raise EngineError(f"a copy of {source}: more was sent than was taken")
        except (OSError, HTTPException) as error:
            raise EngineError(f"a copy of {source}: {error or type(error).__name__}") from error
        finally:
            http.close()
