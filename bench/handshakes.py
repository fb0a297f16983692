"""How many TLS handshakes a second does a door make, in full and resumed? Asked from the client's machine."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from bench.process import CommandFailed
from bench.raw import do
from colonnade.lab.furniture import CLIENT
from colonnade.lab.lab import Lab

PROGRAM = Path(__file__).with_name("handshaker.py").read_bytes()
PLACE = "/run/bench-handshaker.py"
KINDS = (("1.3", False), ("1.3", True), ("1.2", False), ("1.2", True))
"""(version, whether sessions are resumed)"""

ENOUGH = 0.9
"""The share of handshakes that has to be resumed, lest something else was measured."""


def made(lab: Lab, url: str, version: str, resumed: bool, seconds: int) -> int:
    """How many handshakes. CommandFailed when they were not of the kind that was asked for."""
    place = urlsplit(url)
    address = do(lab, CLIENT.name, f"getent ahostsv4 {place.hostname}").split()[0]
    lab.put(CLIENT.name, PLACE, PROGRAM)
    argv = (
        f"python3 {PLACE} {address} {place.port or 443} {place.hostname} {version} {int(resumed)} {seconds}"
    )
    counts = json.loads(do(lab, CLIENT.name, argv, seconds + 30))
    every, again = (sum(numbers) for numbers in zip(*counts, strict=True))
    if resumed != (again >= ENOUGH * every) or (again and not resumed):
        raise CommandFailed(f"{url}: of {every} handshakes with TLS {version} {again} were resumed")
    return int(every)
