"""One applier on a machine at a time. The lock is the kernel's, so it goes with whoever held it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from colonnade_agent.failure import failed

PATH = Path("/run/colonnade.lock")
PAUSE = 0.05


def take(who: str, seconds: float, waiting: Callable[[str], object], path: Path = PATH) -> int:
    """The locked descriptor. `waiting` is told once who is waited for; `Failed` after `seconds`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + seconds
    told = False
    while not _try(handle):
        if not told:
            waiting(_holder(path))
            told = True
        if time.monotonic() >= deadline:
            os.close(handle)
            raise failed("lock", f"another run is at work on this machine: {_holder(path)}")
        time.sleep(PAUSE)
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps({"who": who, "pid": os.getpid(), "since": time.time()}).encode(), 0)
    return handle


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
    except ValueError:  # it has just taken the lock and not yet said who it is
        return "unknown"
    return (
        f"{holder['who'] or 'unnamed'} (process {holder['pid']}, for {time.time() - holder['since']:.0f} s)"
    )
