"""HTTP/2 by hand (RFC 9113, RFC 7541), to say what no library would. One character is one byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4
KNOWN = {8: "200", 9: "204", 10: "206", 11: "304", 12: "400", 13: "404", 14: "500"}
"""Statuses of HPACK's static table, by their index."""

REFUSALS = frozenset({"reset", "gone", "400", "404", "405", "421", "501"})
"""404 is of paths that are another one's by then, such as one with an `@`."""

Fields = Sequence[tuple[str, str]]


def frame(kind: int, flags: int, stream: int, payload: str = "") -> str:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head.decode("latin-1") + payload


OPENING = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)


def block(fields: Fields) -> str:
    """Literal fields, never indexed, no Huffman code."""
    return "".join(f"\0{_text(name)}{_text(value)}" for name, value in fields)


def _text(text: str) -> str:
    """Its length is a number with a prefix of seven bits."""
    rest, first = len(text) - 127, chr(min(len(text), 127))
    if rest < 0:
        return first + text
    while rest >= 128:
        first += chr(rest % 128 + 128)
        rest //= 128
    return first + chr(rest) + text


def headers(fields: Fields, stream: int = 1, *, end: bool = True) -> str:
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(fields))


def pseudo(site: str, path: str, method: str = "GET") -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "https"), (":path", path), (":authority", site)]


def request(site: str, path: str, *more: tuple[str, str]) -> str:
    return headers([*pseudo(site, path), *more])


def outcome(answer: str) -> str:
    """The status that stream 1 was answered with, or `reset`, `gone` or `silence`."""
    while len(answer) >= 9:
        size, kind = int.from_bytes(answer[:3].encode("latin-1"), "big"), ord(answer[3])
        payload, answer = answer[9 : 9 + size], answer[9 + size :]
        if kind == HEADERS:
            return _status(payload)
        if kind in (RESET, GOAWAY):
            return "reset" if kind == RESET else "gone"
    return "silence"


def _status(payload: str) -> str:
    """It comes first, and haproxy and nginx send it indexed or as three literal digits."""
    first = ord(payload[0])
    if first & 0x80:
        return KNOWN.get(first & 0x7F, f"indexed {first & 0x7F}")
    return payload[2:5] if payload[1] == "\x03" else f"not understood: {payload[:8]!r}"


def forbidden(site: str, path: str) -> Iterator[tuple[str, str]]:
    """(name, what is said): requests that are malformed (RFC 9113, 8.1.1, 8.2 and 8.3), all to `path`."""
    for name, value in (
        ("connection", "close"),
        ("keep-alive", "5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("X-Upper", "a"),
        ("x y", "a"),
        ("x:y", "a"),
        ("x\r\nz", "a"),
        ("x\0", "a"),
        ("", "a"),
        ("x", "a\r\nx-evil: b"),
        ("x", "a\nb"),
        ("x", "a\rb"),
        ("x", "a\0b"),
        ("content-length", "5"),
        ("content-length", "x"),
        (":path", "/b"),
        (":other", "b"),
        (":status", "200"),
    ):
        yield f"{name!r}: {value!r}", request(site, path, (name, value))
    for name, value in (
        (":path", f"{path} HTTP/1.1\r\nX: y"),
        (":path", f"/a {path}"),
        (":path", f"{path}\0"),
        (":path", f"{path}#b"),
        (":path", path[1:]),
        (":path", f"https://evil.example{path}"),
        (":path", ""),
        (":method", f"GET {path} HTTP/1.1\r\nX:"),
        (":method", f"GET {path}?"),
        (":method", "get"),
        (":method", ""),
        (":scheme", f"https://evil.example{path}?"),
        (":scheme", "https /x"),
        (":authority", f"evil@{site}"),
        (":authority", f"{site}/x"),
        (":authority", f"{site} x"),
        (":authority", f"{site}\r\nx: y"),
        (":authority", "evil.example"),
    ):
        fields = [(n, value if n == name else v) for n, v in pseudo(site, path)]
        yield f"{name} {value!r}", headers(fields)
    yield "path twice", headers([(":path", "/b"), *pseudo(site, path)])
    for missing in (":method", ":scheme", ":path"):
        yield f"no {missing}", headers([f for f in pseudo(site, path) if f[0] != missing])
    for name, length in (("longer", "2"), ("shorter", "100")):
        fields = pseudo(site, path, "POST")
        said = headers([*fields, ("content-length", length)], end=False)
        inner = f"abcGET {path} HTTP/1.1\r\nHost: {site}\r\n\r\n"
        yield (
            f"body {name} than said",
            said + frame(DATA, END_STREAM, 1, inner[: 50 if length == "2" else 10]),
        )
    yield "even stream", headers(pseudo(site, path), stream=2)
    yield "no stream", headers(pseudo(site, path), stream=0)
    yield "data for no stream", frame(DATA, END_STREAM, 1, "x")
    yield "frame too large", request(site, path, ("x", "a" * 20_000))
    opened = frame(HEADERS, 0, 1, block(pseudo(site, path)))
    yield "headers never ended", opened + frame(CONTINUATION, 0, 1, block([("x", "a" * 1000)])) * 100
    yield "frame between headers", opened + frame(PING, 0, 0, "12345678")
