"""What an attacker says to a site's door, and what is heard back. Used by the tests of abuse."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from colonnade.lab.addressing import LAST_HOST
from colonnade.lab.furniture import CLIENT, RESOLVER
from tests.lab.site import Site

ATTACKER = RESOLVER.name
"""Not the client's machine: what a door has against an address must not fall on other tests."""

ABUSER = Path(__file__).with_name("abuser.py").read_text()
PAGES = Path(__file__).with_name("pages.py").read_text()
HEAD = re.compile(r"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


@dataclass(frozen=True)
class Heard:
    """Of one line: seconds until the answer began, and until the door ended it; None where it did not."""

    name: str
    answer: str
    sent: int
    answered: float | None
    ended: float | None

    @cached_property
    def replies(self) -> list[tuple[int, str]]:
        """(status, body) of each answer of HTTP/1. Fails when something else is between them."""
        found, rest = [], self.answer
        while rest:
            head = HEAD.match(rest)
            assert head, f"{self.name}: not an answer: {rest[:200]!r}"
            headers = dict(line.lower().split(": ", 1) for line in head[2].split("\r\n") if ": " in line)
            body, rest = _body(headers, rest[head.end() :])
            if head[1] != "100":
                found.append((int(head[1]), body))
        return found

    @property
    def statuses(self) -> list[int]:
        return [status for status, _ in self.replies]

    @property
    def refused(self) -> bool:
        """Ended without an answer, or with one that says that the request was wrong."""
        last = self.statuses[-1] if self.statuses else 400
        return self.ended is not None and len(self.statuses) <= 1 and 400 <= last < 500


def _body(headers: Mapping[str, str], text: str) -> tuple[str, str]:
    """The body, and what follows it."""
    if headers.get("transfer-encoding") != "chunked":
        end = int(headers.get("content-length", 0))
        return text[:end], text[end:]
    body = ""
    while True:
        size, _, text = text.partition("\r\n")
        count = int(size, 16)
        body, text = body + text[:count], text[count + 2 :]
        if not count:
            return body, text


def line(name: str, *said: str | tuple[str, int] | tuple[str, int, float], **more: Any) -> dict[str, Any]:
    """A connection that says these texts; each may be followed by how often, and every how many seconds."""
    steps = [(step,) if isinstance(step, str) else step for step in said]
    return {
        "name": name,
        "steps": [dict(zip(("say", "times", "every"), step, strict=False)) for step in steps],
    } | more


def speak(
    site: Site,
    lines: Sequence[Mapping[str, Any]],
    machine: str = ATTACKER,
    port: int = 443,
    timeout: float = 60,
) -> list[Heard]:
    """On all lines at once; the results in their order."""
    told = _run(site, machine, ABUSER, {"site": whereabouts(site, port), "lines": lines}, timeout)
    return [Heard(**one) for one in told]


@dataclass(frozen=True)
class Visit:
    """What ordinary visitors saw: seconds for each page, and why pages failed."""

    seconds: list[float]
    failed: list[str]

    @property
    def p99(self) -> float:
        """Of all pages; a page that failed took for ever."""
        every = sorted(self.seconds) + [math.inf] * len(self.failed)
        return every[int(len(every) * 0.99)]


def visit(site: Site, seconds: float, rate: float = 40, path: str = "/api/whoami") -> Visit:
    """From the lab's client machine, `rate` pages a second."""
    asked = {"site": whereabouts(site), "path": path, "seconds": seconds, "rate": rate}
    told = _run(site, CLIENT.name, PAGES, asked, seconds + 30)
    return Visit(told["seconds"], told["failed"])


@contextmanager
def crowd(site: Site) -> Iterator[tuple[str, ...]]:
    """Further addresses of the attacker's machine, so that he is many, each with a share of his own."""
    outside = site.lab.addressing.subnet("outside")
    addresses = tuple(f"{outside[host]}/{outside.prefixlen}" for host in range(LAST_HOST + 1, LAST_HOST + 8))
    change = "for a in {}; do ip address {} $a dev outside; done"
    site.sh(ATTACKER, change.format(" ".join(addresses), "replace"))
    try:
        yield tuple(address.split("/")[0] for address in addresses)
    finally:
        site.sh(ATTACKER, change.format(" ".join(addresses), "delete"))


def whereabouts(site: Site, port: int = 443) -> Mapping[str, Any]:
    ca = (site.folder / ".colonnade" / "ca.pem").read_text()
    return {"address": site.public(site.door)[0], "port": port, "name": site.design.site, "ca": ca}


def _run(site: Site, machine: str, script: str, asked: Mapping[str, Any], timeout: float) -> Any:
    argv = ["python3", "-c", script]
    done = site.on(machine, argv, stdin=json.dumps(asked), timeout=timeout)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
