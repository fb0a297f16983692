"""Tells this machine's name server what not to give.

The zone's file keeps all addresses. What is withdrawn is so in the running server only, and reading the
file again gives everything back.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable

KNOTC = ("knotc", "--socket", "/run/knot/knot.sock", "--blocking", "--timeout", "5")
SECONDS = 10.0


class KnotError(Exception):
    """The server did not do it; says what it said."""


def withdraw(zone: str, records: Iterable[tuple[str, str]]) -> None:
    """Take these (name, address) records out of the zone, all at once.

    A change that somebody began and did not commit, such as a watcher that was killed, is ended: the server
    takes no other while there is one.
    """
    try:
        _knotc("zone-begin", zone)
        for name, address in records:
            _knotc("zone-unset", zone, f"{name.rstrip('.')}.", "A", address)
        _knotc("zone-commit", zone)
    except KnotError:
        with contextlib.suppress(KnotError):  # the first error says more
            _knotc("zone-abort", zone)
        raise


def give_all(zone: str) -> None:
    """Have the zone as its file has it."""
    _knotc("zone-reload", zone)


def _knotc(*words: str) -> None:
    argv = (*KNOTC, *words)
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KnotError(f"{' '.join(argv)}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise KnotError(f"{' '.join(argv)}: exit {done.returncode}: {said}")
