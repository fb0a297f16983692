"""Which ports answer at all? Runs on a machine (`python3 -`), so it knows nothing of this project.

Its argument is JSON: addresses, ports (as [first, last]), seconds, and the name to ask name servers for.
Prints one JSON list of [address, port, transport, how]: `how` is "open" or "refused". A firewall that drops
answers neither way, so a refusal is a hole too.
"""

from __future__ import annotations

import errno
import json
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator

MOST_AT_ONCE = 22_000
REFUSED = (errno.ECONNREFUSED, errno.ECONNRESET)
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"


def tcp(targets: list[tuple[str, int]], seconds: float) -> Iterator[tuple[str, int, str, str]]:
    poll, waiting = select.epoll(), {}
    for address, port in targets:
        link = socket.socket()
        link.setblocking(False)
        code = link.connect_ex((address, port))
        if code in (0, errno.EINPROGRESS):
            waiting[link.fileno()] = (link, address, port)
            poll.register(link.fileno(), select.EPOLLOUT)
        elif code in REFUSED:
            yield address, port, "tcp", "refused"
    deadline = time.monotonic() + seconds
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(0.1):
            link, address, port = waiting.pop(number)
            code = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            poll.unregister(number)
            link.close()
            if code == 0 or code in REFUSED:
                yield address, port, "tcp", "refused" if code else "open"
    for link, _, _ in waiting.values():
        link.close()


def udp(addresses: list[str], name: str, seconds: float) -> Iterator[tuple[str, int, str, str]]:
    """Ask each for `name` as a name server."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    links = {}
    for address in addresses:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            link.connect((address, 53))
            link.send(QUESTION + labels + b"\0\0\1\0\1")
            links[link] = address
        except OSError:  # no way there
            link.close()
    deadline = time.monotonic() + seconds
    while links and time.monotonic() < deadline:
        for link in select.select(list(links), [], [], 0.1)[0]:
            address = links.pop(link)
            try:
                link.recv(4096)
                yield address, 53, "udp", "open"
            except ConnectionRefusedError:
                yield address, 53, "udp", "refused"
            link.close()


def main() -> None:
    asked = json.loads(sys.argv[1])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    batch = min(MOST_AT_ONCE, most - 100)
    ports = [port for first, last in asked["ports"] for port in range(first, last + 1)]
    every = [(address, port) for address in asked["addresses"] for port in ports]
    found: list[tuple[str, int, str, str]] = []
    for start in range(0, len(every), batch):
        found += tcp(every[start : start + batch], asked["seconds"])
    if asked.get("name"):
        found += udp(asked["addresses"], asked["name"], asked["seconds"])
    print(json.dumps(sorted(found)))


if __name__ == "__main__":
    main()
