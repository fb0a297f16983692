"""What does one command cost, from its start to its end? Asked by everything here that measures."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """`seconds` by the clock; `cpu` seconds of the process and its children, not of what runs on machines."""

    seconds: float
    cpu: float
    exit: int
    stdout: str


class CommandFailed(Exception):
    """A measured command did not do its work, so its time means nothing."""


def measure(
    argv: Sequence[str], *, cwd: Path, log: Path, environment: Mapping[str, str], expect: Sequence[int] = (0,)
) -> Run:
    """Run to its end; its standard error is added to `log`. Raises CommandFailed for another exit code than
    `expect`.
    """
    with log.open("a") as errors, (cwd / ".stdout").open("w+") as output:
        errors.write(f"$ {' '.join(argv)}\n")
        errors.flush()
        began = time.monotonic()
        process = subprocess.Popen(
            argv, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        # Hazard: it was reaped behind Popen's back, which would wait for it once more.
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        run = Run(seconds, usage.ru_utime + usage.ru_stime, process.returncode, output.read())
    if run.exit not in expect:
        said = "\n".join([*log.read_text().splitlines()[-15:], *run.stdout.splitlines()[-40:]])
        raise CommandFailed(f"{' '.join(argv)} ended with {run.exit}:\n{said}")
    return run
