"""Visitors that curl can't play: slow, odd, or many at once. And a site that is changed while they come."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import yaml

from colonnade.lab.furniture import CLIENT
from tests.lab.site import Site

T = TypeVar("T")

# Says to the door, over TLS, what its arguments say: pairs of seconds to wait and text to send.
# Prints the status of the answer (0 for none), the seconds until it came, and those until the door hung up.
SPEAK = """
import socket, ssl, sys, time
host, *words = sys.argv[1:]
begun = time.monotonic()
said, answered = b"", 0.0
with socket.create_connection((host, 443), 30) as bare:
    with ssl.create_default_context().wrap_socket(bare, server_hostname=host) as door:
        for pause, text in [*zip(words[::2], words[1::2]), ("20", "")]:
            door.settimeout(float(pause) or 0.001)
            try:
                while piece := door.recv(65536):
                    said += piece
                    answered = answered or time.monotonic() - begun
                break
            except TimeoutError:
                door.sendall(text.encode().decode("unicode_escape").encode("latin-1"))
            except OSError:
                break
print(said.split()[1].decode() if said else 0, answered, time.monotonic() - begun)
"""

# Asks for a path again and again for some seconds: half of the visitors keep their connection, half come anew
# each time. Prints what they got as JSON: {"200": 812, "ConnectionResetError(...)": 1}.
VISIT = """
import collections, http.client, json, ssl, sys, threading, time
host, path, seconds, visitors, pause = sys.argv[1:]
context = ssl.create_default_context()
end = time.monotonic() + float(seconds)
found = collections.Counter()

def visit(keeps):
    connection = None
    while time.monotonic() < end:
        try:
            connection = connection or http.client.HTTPSConnection(host, timeout=10, context=context)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            found[str(answer.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            found[repr(error)] += 1
            connection = None
        if connection and not keeps:
            connection.close()
            connection = None
        time.sleep(float(pause))

threads = [threading.Thread(target=visit, args=(i % 2,)) for i in range(int(visitors))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(found))
"""


def speak(site: Site, *words: str) -> tuple[int, float, float]:
    """Status, seconds until the answer, and until the door hung up."""
    done = site.on(CLIENT.name, ["python3", "-", site.design.site, *words], stdin=SPEAK)
    assert done.returncode == 0, done.stderr
    status, answered, gone = done.stdout.split()
    return int(status), float(answered), float(gone)


def head(site: Site, *lines: str, method: str = "GET", path: str = "/healthz") -> str:
    return "\\r\\n".join([f"{method} {path} HTTP/1.1", f"Host: {site.design.site}", *lines, "\\r\\n"])


def visit(
    site: Site, seconds: float, visitors: int, pause: float, path: str = "/api/whoami"
) -> dict[str, int]:
    words = (site.design.site, path, str(seconds), str(visitors), str(pause))
    done = site.on(CLIENT.name, ["python3", "-", *words], stdin=VISIT, timeout=seconds + 60)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def s_client(site: Site, *options: str, address: str = "") -> str:
    """What openssl says of a connection on which one page was asked for."""
    to = address or site.design.site
    argv = [
        "openssl",
        "s_client",
        "-connect",
        f"{to}:443",
        "-servername",
        site.design.site,
        "-ign_eof",
        *options,
    ]
    page = f"GET /healthz HTTP/1.1\r\nHost: {site.design.site}\r\nConnection: close\r\n\r\n"
    return site.on(CLIENT.name, argv, stdin=page, timeout=30).stdout


@contextmanager
def meanwhile(work: Callable[[], T]) -> Iterator[list[T]]:
    """Runs `work` beside what is within; what it returned is in the list afterwards."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    try:
        yield results
    finally:
        thread.join()


@contextmanager
def settings(site: Site, folder: Path, **chosen: object) -> Iterator[None]:
    """The site with these settings of its door, and then as it was."""
    design = yaml.safe_load(site.as_yaml())
    design["services"][site.design.doors[0].name].update(chosen)
    changed = folder / "changed.yaml"
    changed.write_text(yaml.safe_dump(design, sort_keys=False))
    site.up(design=changed)
    try:
        yield
    finally:
        site.up()


def journal(site: Site, machine: str, unit: str, since: float) -> str:
    argv = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--unit={unit}", f"--since=@{since:.3f}"]
    return site.on(machine, argv).stdout
