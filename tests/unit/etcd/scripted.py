"""A member of etcd that does what a test tells it: answers, falls silent, hangs up, speaks nonsense."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from colonnade_agent.etcd.connection import Endpoint

Behaviour = Callable[[socket.socket], None]


def plain(endpoint: Endpoint, seconds: float) -> socket.socket:
    return socket.create_connection((endpoint.host, endpoint.port), timeout=seconds)


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def says(answer: dict[str, Any], status: str = "200 OK", headers: str = "") -> Behaviour:
    return lambda peer: peer.sendall(http(json.dumps(answer).encode(), status, headers))


def sends(data: bytes) -> Behaviour:
    return lambda peer: peer.sendall(data)


def hangs_up(peer: socket.socket) -> None:
    peer.shutdown(socket.SHUT_RDWR)


def is_silent(peer: socket.socket) -> None:
    """Until the other side goes."""
    peer.settimeout(10)
    peer.recv(1)


def drips(peer: socket.socket) -> None:
    for byte in http(b'{"header":{"revision":"1"}}'):
        peer.sendall(bytes([byte]))
        time.sleep(0.05)


def streams(*lines: dict[str, Any], then: Behaviour = is_silent) -> Behaviour:
    def behave(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in lines:
            data = json.dumps(line).encode() + b"\n"
            peer.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        then(peer)

    return behave


class Member:
    """Each request, in order, meets the next behaviour; the last one stays."""

    def __init__(self, listener: socket.socket, behaviours: tuple[Behaviour, ...]) -> None:
        self.endpoint = Endpoint(*listener.getsockname()[:2])
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.connections = 0
        self._behaviours = list(behaviours)
        self._listener = listener

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as reader:
            while head := reader.readline():
                length = 0
                while (line := reader.readline()).strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                self.requests.append((head.split()[1].decode(), json.loads(reader.read(length))))
                behave = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
                try:
                    behave(peer)
                except OSError:
                    return


@contextmanager
def member(*behaviours: Behaviour) -> Iterator[Member]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Member(listener, behaviours)
        thread = threading.Thread(target=made.serve, daemon=True)
        thread.start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


@contextmanager
def nobody() -> Iterator[Endpoint]:
    """A port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Endpoint(*taken.getsockname()[:2])
