"""Kills the database when its steward falls silent: a program of its own, which outlives one that hangs.

The steward says until when its database may be open (its lease's end, less what a kill needs). It says so
again with every renewal. If that moment passes without a word, nobody knows any more who leads, and the
guard ends the database by SIGKILL.

    datagram to the guard's socket: 8 bytes, CLOCK_MONOTONIC seconds as a big-endian double; inf: no limit
"""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from colonnade_agent.notify import READY, notify
from colonnade_agent.steward.journal import Priority, tell

WORD = struct.Struct(">d")
FIRST_SECONDS = 10.0
"""After its own start the guard does not know what its predecessor was told: longer than any lease."""


class Guard:
    """How a steward speaks to it. A guard that is not there is started again by systemd, and then hears."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def allow(self, until: float) -> bool:
        """Whether the guard has heard it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            try:
                channel.sendto(WORD.pack(until), str(self._path))
            except OSError:
                return False
        return True


def watch(path: Path, kill: Callable[[], object]) -> None:
    """Never returns."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        path.chmod(0o600)
        notify(READY)
        until = time.monotonic() + FIRST_SECONDS
        while True:
            word = _hear(channel, until)
            if word is not None:
                until = word
                continue
            tell("guard", Priority.WARNING, action="kill", reason="the steward is silent past its deadline")
            kill()
            until = math.inf


def _hear(channel: socket.socket, until: float) -> float | None:
    """The newest word; None once `until` has passed."""
    left = until - time.monotonic()
    if left <= 0:
        channel.setblocking(False)
    else:
        channel.settimeout(None if math.isinf(left) else left)
    try:
        said = channel.recv(WORD.size)
    except (TimeoutError, BlockingIOError):
        return None
    return float(WORD.unpack(said)[0]) if len(said) == WORD.size else until
