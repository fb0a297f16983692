"""Tells at once when the database's process has ended: a look would notice half a second later."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.2


def watch(pid: Callable[[], int | None], died: Callable[[], None]) -> None:
    """Never returns. `pid` is asked while none is known."""
    while True:
        found = pid()
        if found is not None and _outlived(found):
            died()
        else:
            time.sleep(PAUSE_SECONDS)


def _outlived(pid: int) -> bool:
    """Whether it was there, once it no longer is (pidfd_open(2): readable when the process has ended)."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        select.select([handle], [], [])
    finally:
        os.close(handle)
    return True
