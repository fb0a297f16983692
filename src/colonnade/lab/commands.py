"""How does the lab run a program of the host, and tell what went on? Asked by every file of the lab that
acts.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence

from colonnade.errors import LabError

Progress = Callable[[str, str], None]
"""Told (subject, what happens to it) as work goes on; called from several threads."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment() -> dict[str, str]:
    """This process's, with a PATH that finds what only root uses: `su` and some shells leave that out."""
    return {**os.environ, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}


def run(argv: Sequence[str], *, stdin: str | None = None) -> str:
    """Standard output of `argv`; LabError with its standard error when it fails or isn't installed."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, check=False, env=environment()
        )
    except FileNotFoundError as error:
        raise LabError(
            f"{argv[0]} is not installed", hint="'colonnade doctor' lists what the lab needs"
        ) from error
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout


def succeeds(argv: Sequence[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False, env=environment()).returncode == 0


def wait_until(condition: Callable[[], bool], *, seconds: float, step: float = 0.01) -> bool:
    """Whether `condition` came true within `seconds`; it is tried at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True
