"""One connection to one etcd member: a request in JSON, an answer in JSON, and never a wait without an end.

`http.client` bounds each read of a socket, not a request; a peer that sends a byte now and then would hold
it for ever. So it is given a socket that knows by when all must be done.
"""

from __future__ import annotations

import io
import json
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, cast

from colonnade_agent.etcd.values import Json


@dataclass(frozen=True)
class Endpoint:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


Connect = Callable[[Endpoint, float], socket.socket]
"""Opens a connection within so many seconds, or raises OSError."""


def mutual_tls(ca: Path, certificate: Path, key: Path, server_name: str) -> Connect:
    """Connections to members whose certificate is of `ca` and names `server_name`."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)

    def connect(endpoint: Endpoint, seconds: float) -> socket.socket:
        deadline = time.monotonic() + seconds
        plain = socket.create_connection((endpoint.host, endpoint.port), timeout=seconds)
        try:
            plain.settimeout(_left(deadline))
            return context.wrap_socket(plain, server_hostname=server_name)
        except BaseException:
            plain.close()
            raise

    return connect


class NotSent(Exception):
    """The member cannot have seen the request."""


class NoAnswer(Exception):
    """The member may have seen the request, and carried it out."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json


class Connection:
    """Opened on the first request, and again after one that failed. For one thread at a time."""

    def __init__(self, endpoint: Endpoint, connect: Connect) -> None:
        self.endpoint = endpoint
        self._connect = connect
        self._http: HTTPConnection | None = None
        self._socket: _TimedSocket | None = None

    def ask(self, path: str, body: Json, seconds: float) -> Answer:
        """Raises NotSent, NoAnswer."""
        response = self._send(path, body, {}, time.monotonic() + seconds)
        try:
            return Answer(response.status, _decode(response.read()))
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise NoAnswer(f"{self.endpoint}: {error or type(error).__name__}") from error

    def stream(self, path: str, body: Json, headers: Mapping[str, str], seconds: float) -> Stream:
        """The answer is read line by line; the connection is of no other use until closed."""
        response = self._send(path, body, headers, time.monotonic() + seconds)
        assert self._socket is not None
        return Stream(response, self._socket)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()  # and the answer that it is reading
        self._http = self._socket = None

    def _send(self, path: str, body: Json, headers: Mapping[str, str], deadline: float) -> HTTPResponse:
        http = self._open(deadline)
        try:
            http.request("POST", path, json.dumps(body).encode(), dict(headers))
            return http.getresponse()
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswer(f"{self.endpoint}: {error or type(error).__name__}") from error

    def _open(self, deadline: float) -> HTTPConnection:
        if self._socket is not None and self._socket.is_done():
            self.close()
        if self._http is None or self._socket is None:
            try:
                self._socket = _TimedSocket(self._connect(self.endpoint, _left(deadline)))
            except OSError as error:
                raise NotSent(f"{self.endpoint}: {error or type(error).__name__}") from error
            self._http = HTTPConnection(self.endpoint.host, self.endpoint.port)
            self._http.auto_open = 0
            self._http.sock = cast(socket.socket, self._socket)
        self._socket.deadline = deadline
        return self._http


class Stream:
    """An answer that goes on."""

    def __init__(self, response: HTTPResponse, timed: _TimedSocket) -> None:
        self.status = response.status
        self._response = response
        self._socket = timed

    def next(self, seconds: float) -> Json | None:
        """The next object; None when the peer has ended the stream. Raises NoAnswer after `seconds`."""
        self._socket.deadline = time.monotonic() + seconds
        try:
            while line := self._response.readline():
                if line.strip():
                    return _decode(line)
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        return None


class _TimedSocket:
    """What http.client uses of a socket, with one deadline for all of it."""

    def __init__(self, plain: socket.socket) -> None:
        self.deadline = 0.0
        self._plain = plain
        self._readers = 0
        self._closing = False
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def is_done(self) -> bool:
        """Something to read between two requests is the other side's goodbye."""
        if self._closing:
            return True
        poll = select.poll()
        poll.register(self._plain, select.POLLIN)
        return bool(poll.poll(0))

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(_left(self.deadline))
        self._plain.sendall(data)

    def receive_into(self, buffer: Any) -> int:
        self._plain.settimeout(_left(self.deadline))
        return self._plain.recv_into(buffer)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_if_unused()

    def close(self) -> None:
        """http.client closes before it has read the last answer, and counts on a file to keep it open."""
        self._closing = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._closing and not self._readers:
            self._plain.close()


class _Reader(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        super().__init__()
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._timed.reader_closed()
        super().close()


def _left(deadline: float) -> float:
    """Raises TimeoutError (an OSError) if nothing is left."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


def _decode(content: bytes) -> Json:
    decoded = json.loads(content)
    if not isinstance(decoded, dict):
        raise ValueError("the answer is no object")  # noqa: TRY004 - malformed input, not a wrong argument
    return decoded
