"""Who may change this lab now? Asked by every call that changes something, so that two commands don't
collide.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from colonnade.errors import LabError

STEP = 0.05


@contextmanager
def hold(
    path: Path, what: str, *, seconds: float, waiting: Callable[[str], None] | None = None
) -> Iterator[int]:
    """Hold the lock file `path` of `what` and give its descriptor; LabError naming the holder after
    `seconds`.

    `waiting` is told once who holds it. A process that inherits the descriptor holds the lock too.
    """
    descriptor = _acquire(path, what, seconds, waiting)
    try:
        os.truncate(descriptor, 0)
        since = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(descriptor, f"process {os.getpid()} ({command}) since {since}".encode(), 0)
        yield descriptor
    finally:
        # Unlinked while still held: `_acquire` notices when it got the lock of a file that is gone.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path, what: str, seconds: float, waiting: Callable[[str], None] | None) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    told = waiting is None
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _locked(descriptor) and _same_file(descriptor, path):
            return descriptor
        holder = os.pread(descriptor, 500, 0).decode(errors="replace") or "another process"
        os.close(descriptor)
        if not told and waiting is not None:
            waiting(holder)
            told = True
        if time.monotonic() > deadline:
            raise LabError(
                f"{what} is being changed by {holder}", hint="wait until that is done, then try again"
            )
        time.sleep(STEP)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
