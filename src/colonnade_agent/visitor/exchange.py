"""One request and its answer over an open connection: as much of HTTP/1.1 as a browser of one site needs."""

from __future__ import annotations

from dataclasses import dataclass

from colonnade_agent.visitor.connecting import Connection

LARGEST_HEAD = 64 * 1024
PIECE = 64 * 1024


class Closed(OSError):
    """The connection ended before the answer was whole. `silent`: not one byte of it had come."""

    def __init__(self, why: str, *, silent: bool) -> None:
        super().__init__(why)
        self.silent = silent


class NoHttp(OSError):
    """What came is no answer."""


@dataclass(frozen=True)
class Request:
    """`body` is JSON; a request with one is a POST."""

    host: str
    path: str
    body: bytes = b""

    def encode(self) -> bytes:
        head = f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return head.encode("ascii") + b"Accept: */*\r\nUser-Agent: colonnade-visitor\r\n\r\n" + self.body


@dataclass(frozen=True)
class Response:
    """`keep`: the connection may carry another request."""

    status: int
    body: bytes
    keep: bool


class Incoming:
    """What a connection brings, by line and by size. Knows whether anything came at all."""

    def __init__(self, connection: Connection) -> None:
        self._reader = connection.reader
        self._buffer = b""
        self._silent = True

    async def _more(self) -> None:
        try:
            piece = await self._reader.read(PIECE)
        except OSError as error:
            raise Closed(str(error), silent=self._silent) from error
        if not piece:
            raise Closed("the connection was closed", silent=self._silent)
        self._silent = False
        self._buffer += piece

    async def until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            if len(self._buffer) > LARGEST_HEAD:
                raise NoHttp("a line without end")
            await self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    async def exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._more()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    async def rest(self) -> bytes:
        """To the connection's end."""
        while True:
            try:
                await self._more()
            except Closed:
                return self._buffer


async def exchange(connection: Connection, request: Request) -> Response:
    """Raises Closed or NoHttp, both OSErrors; the caller limits the time."""
    connection.used += 1
    try:
        connection.writer.write(request.encode())
    except OSError as error:
        raise Closed(str(error), silent=True) from error
    incoming = Incoming(connection)
    status, headers = 100, dict[str, str]()
    while 100 <= status < 200:
        status, headers = _read_head(await incoming.until(b"\r\n\r\n"))
    body, delimited = await _body(incoming, status, headers)
    return Response(status, body, delimited and headers.get("connection", "").lower() != "close")


async def _body(incoming: Incoming, status: int, headers: dict[str, str]) -> tuple[bytes, bool]:
    """The body, and whether its end was told other than by closing (RFC 9112, 6.3)."""
    if status in {204, 304}:
        return b"", True
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(incoming), True
    if "content-length" in headers:
        return await incoming.exactly(_number(headers["content-length"], 10)), True
    return await incoming.rest(), False


async def _chunks(incoming: Incoming) -> bytes:
    body = b""
    while size := _number((await incoming.until(b"\r\n")).partition(b";")[0].decode("latin-1"), 16):
        body += await incoming.exactly(size)
        await incoming.exactly(2)
    while await incoming.until(b"\r\n"):  # trailers
        pass
    return body


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
        raise NoHttp(f"no status line: {first[:60]!r}")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _number(text: str, base: int) -> int:
    try:
        return int(text.strip(), base)
    except ValueError as error:
        raise NoHttp(f"no size: {text[:60]!r}") from error
