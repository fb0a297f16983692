"""Someone writes requests that two programs might read differently, to have one of his own slip in between
those of others. Each is refused or is one request, whoever reads it, and nobody gets another's answer.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest

from tests.lab import h2
from tests.lab.abuse import line, speak
from tests.lab.site import Site, new_id

pytestmark = pytest.mark.lab

END = "0\r\n\r\n"
"""Of a chunked body."""

CODINGS = {
    "unknown": "xchunked",
    "not the last": "chunked, identity",
    "twice": "chunked, chunked",
    "compressed": "gzip, chunked",
    "identity": "identity, chunked",
    "quoted": '"chunked"',
    "with a parameter": "chunked;q=1",
    "with a vertical tab": "chunked\x0b",
    "with a form feed": "\x0cchunked",
    "with a null byte": "chunked\0",
    "with a no-break space": "chunked\xa0",
    "empty": "",
}
SPELLINGS = {
    "space before colon": "Transfer-Encoding : chunked",
    "space before name": " Transfer-Encoding: chunked",
    "tab before colon": "Transfer-Encoding\t: chunked",
    "null byte in name": "Transfer-Encoding\0: chunked",
    "after a bare CR": "X: y\rTransfer-Encoding: chunked",
    "after a bare LF": "X: y\nTransfer-Encoding: chunked",
    "folded": "Transfer-Encoding:\r\n chunked",
    "spaced": "Transfer-Encoding:  chunked",
    "tabbed": "Transfer-Encoding:\tchunked",
    "in mixed case": "tRaNsFeR-eNcOdInG: cHuNkEd",
    "and another": "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "after another": "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
}
LENGTHS = {
    "two that differ": "0\r\nContent-Length: 5",
    "list that differs": "0, 5",
    "plus": "+5",
    "minus": "-1",
    "hexadecimal": "0x5",
    "two words": "5 5",
    "beyond 64 bits": "18446744073709551621",
    "empty": "",
    "letters": "five",
    "letters behind": "5x",
    "null byte behind": "5\0",
    "vertical tab behind": "5\x0b",
}
CHUNKS = {
    "0x": "0x5\r\n12345\r\n",
    "minus": "-1\r\n12345\r\n",
    "plus": "+5\r\n12345\r\n",
    "space before": " 5\r\n12345\r\n",
    "beyond 64 bits": "10000000000000005\r\n12345\r\n",
    "far beyond 64 bits": f"{'f' * 20}5\r\n12345\r\n",
    "letter": "g\r\n12345\r\n",
    "empty": "\r\n12345\r\n",
    "LF for CRLF": "5\n12345\r\n",
    "CR for CRLF": "5\r12345\r\n",
    "LF after the data": "5\r\n12345\n",
    "more data than said": "5\r\n123456\r\n",
    "LF in an extension": "5;a\nb\r\n12345\r\n",
    "extension without end": f"5;{'a' * 20_000}\r\n12345\r\n",
}
HEADS = {
    "space before colon": "GET {path} HTTP/1.1\r\nHost : {site}\r\n\r\n",
    "folded first line": "GET {path} HTTP/1.1\r\n Host: {site}\r\n\r\n",
    "space in a name": "GET {path} HTTP/1.1\r\nHost: {site}\r\nX y: z\r\n\r\n",
    "null byte in a value": "GET {path} HTTP/1.1\r\nHost: {site}\r\nX: a\0b\r\n\r\n",
    "null byte in the path": "GET {path}\0 HTTP/1.1\r\nHost: {site}\r\n\r\n",
    "space in the path": "GET /a {path} HTTP/1.1\r\nHost: {site}\r\n\r\n",
    "bare CR in the head": "GET /a HTTP/1.1\r\nHost: {site}\r\nX: a\rGET {path} HTTP/1.1\r\n\r\n",
    "no version": "GET {path}\r\n\r\n",
    "two hosts": "GET {path} HTTP/1.1\r\nHost: {site}\r\nHost: evil.example\r\n\r\n",
    "the host of another in the path": "GET https://evil.example{path} HTTP/1.1\r\nHost: {site}\r\n\r\n",
    "another's host than in the path": "GET https://{site}{path} HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "another behind @ in the path": "GET https://{site}@evil.example{path} HTTP/1.1\r\nHost: {site}\r\n\r\n",
    "another behind an @": "GET {path} HTTP/1.1\r\nHost: {site}@evil.example\r\n\r\n",
    "two words for a host": "GET {path} HTTP/1.1\r\nHost: {site} evil.example\r\n\r\n",
    "path without a slash": "GET {path[1:]} HTTP/1.1\r\nHost: {site}\r\n\r\n",
    "noise": "\0\1\2\3" * 100 + "\r\n\r\n",
}
TOLERATED = (
    ("Content-Length: 5\r\nContent-Length: 5", "12345"),
    ("Transfer-Encoding: chunked", "5;a=b\r\n12345\r\n" + END),
    ("Transfer-Encoding: chunked", "0" * 30 + "5\r\n12345\r\n" + END),
    (
        "Transfer-Encoding: chunked",
        "5\r\n12345\r\n0\r\nContent-Length: 3\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n",
    ),
    ("Content-Length: 5\r\nX: a\r\n folded", "12345"),
    ("Content-Length: 5\r\nConnection: x-forwarded-for, x-request-id, content-length", "12345"),
    ("Content-Length: 5\r\nExpect: 100-continue", "12345"),
)
"""Headers and bodies that have one meaning, which some programs refuse all the same."""


def smuggled(site: Site, mark: str) -> str:
    return f"GET /api/entries/{mark} HTTP/1.1\r\nHost: {site.design.site}\r\n\r\n"


def posted(site: Site, headers: str, body: str) -> str:
    head = f"POST /api/entries HTTP/1.1\r\nHost: {site.design.site}\r\nContent-Type: application/json\r\n"
    return f"{head}{headers}\r\n\r\n{body}"


def attacks(site: Site, mark: str) -> Iterator[tuple[str, str]]:
    """(name, what is said). Each ends with a request that none of the programs may take for one."""
    inner = smuggled(site, mark)
    chunked = f"{len(inner):x}\r\n{inner}\r\n{END}"
    yield "CL.TE", posted(site, "Content-Length: 6\r\nTransfer-Encoding: chunked", END + inner)
    yield "TE.CL", posted(site, "Content-Length: 4\r\nTransfer-Encoding: chunked", chunked)
    for name, coding in CODINGS.items():
        for length in ("Content-Length: 6\r\n", ""):
            headers = f"{length}Transfer-Encoding: {coding}"
            yield f"coding {name}{' and a length' if length else ''}", posted(site, headers, END + inner)
    for name, spelling in SPELLINGS.items():
        yield f"coding {name}", posted(site, f"Content-Length: 6\r\n{spelling}", END + inner)
    for name, length in LENGTHS.items():
        yield f"length {name}", posted(site, f"Content-Length: {length}", "12345" + inner)
    for name, chunk in CHUNKS.items():
        yield f"chunk {name}", posted(site, "Transfer-Encoding: chunked", chunk + END + inner)
    old = posted(site, "Connection: keep-alive\r\nTransfer-Encoding: chunked", END + inner)
    yield "coding in HTTP/1.0", old.replace("HTTP/1.1", "HTTP/1.0", 1)
    for name, head in HEADS.items():
        yield f"head {name}", _filled(head, site, mark)


def _filled(head: str, site: Site, mark: str) -> str:
    path = f"/api/entries/{mark}"
    return head.replace("{path[1:]}", path[1:]).replace("{path}", path).replace("{site}", site.design.site)


def served(site: Site, text: str) -> list[str]:
    """The paths with `text` in them that app servers were asked for."""
    unit = f"colonnade-{site.service('app').name}.service"
    ask = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--unit={unit}", f"--grep={text}"]
    logs = "".join(site.on(machine, ask).stdout for machine in site.machines("app"))
    return sorted(set(re.findall(rf"/[^\s\"]*{text}[^\s\"]*", logs)))


def test_no_request_slips_in_and_everyone_gets_his_own_answers(site: Site) -> None:
    mark = f"smuggled-{uuid.uuid4().hex[:12]}"
    entries = [new_id() for _ in range(4)]
    assert [site.post(entry).status for entry in entries] == [201] * 4
    ask = "GET /api/entries/{} HTTP/1.1\r\nHost: {}\r\n\r\n"
    victims = [line(entry, (ask.format(entry, site.design.site), 40, 0.1)) for entry in entries]
    evil = [line(name, text) for name, text in attacks(site, mark)]
    heard = {one.name: one for one in speak(site, [*victims, *evil])}

    for entry in entries:
        replies = heard[entry].replies
        assert [status for status, _ in replies] == [200] * 40
        assert all(entry in body for _, body in replies), "an answer to somebody else's request"
    assert {name: h.answer[:300] for name, h in heard.items() if name not in entries and not h.refused} == {}
    assert served(site, mark) == []


def test_the_app_servers_log_would_tell(site: Site) -> None:
    """So that its silence proves something: two requests behind one another, each of which is one."""
    mark = f"both-{uuid.uuid4().hex[:12]}"
    (heard,) = speak(site, [line("both", smuggled(site, f"{mark}-1") + smuggled(site, f"{mark}-2"))])
    assert heard.statuses == [404, 404]
    assert served(site, mark) == [f"/api/entries/{mark}-1", f"/api/entries/{mark}-2"]


def test_what_may_be_said_either_way_is_one_request(site: Site) -> None:
    """The request behind it is one too, for the first has been read to its end and no further."""
    run = uuid.uuid4().hex[:12]
    lines = [
        line(f"next-{run}-{number}", posted(site, headers, body) + smuggled(site, f"next-{run}-{number}"))
        for number, (headers, body) in enumerate(TOLERATED)
    ]
    heard = [one for one in speak(site, lines) if not one.refused]
    # The app finds no JSON in the body of the first, and no entry for the second.
    assert {one.name: one.answer for one in heard if one.statuses != [400, 404]} == {}
    assert served(site, f"next-{run}") == sorted(f"/api/entries/{one.name}" for one in heard)


def test_nothing_that_h2_forbids_becomes_a_request(site: Site) -> None:
    mark = f"smuggled-{uuid.uuid4().hex[:12]}"
    control = f"both-{uuid.uuid4().hex[:12]}"
    path, name = f"/api/entries/{mark}", site.design.site
    evil = dict(h2.forbidden(name, path))
    good = h2.request(name, f"/api/entries/{control}")
    lines = [line(kind, h2.OPENING + said, alpn=["h2"]) for kind, said in (*evil.items(), ("good", good))]
    heard = {one.name: h2.outcome(one.answer) for one in speak(site, lines)}
    assert heard.pop("good") == "404"
    assert {kind: was for kind, was in heard.items() if was not in h2.REFUSALS} == {}
    assert served(site, mark) == []
    assert served(site, control) == [f"/api/entries/{control}"]


def test_no_connection_becomes_a_tunnel(site: Site) -> None:
    """What an upgrade or CONNECT opens is looked at by nobody on the way."""
    mark = f"tunnel-{uuid.uuid4().hex[:12]}"
    name = site.design.site
    head = f"GET /api/whoami HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    h2c = f"{head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    socket = f"{head}Upgrade: websocket\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: x\r\n\r\n"
    connect = f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n{smuggled(site, mark)}"
    heard = speak(site, [line("h2c", h2c), line("websocket", socket), line("connect", connect)])
    assert [one.statuses[0] for one in heard if one.name == "h2c"] == [200]
    assert all(one.statuses[0] >= 400 for one in heard if one.name != "h2c")
    assert not any(101 in one.statuses for one in heard)
