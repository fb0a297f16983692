"""Runs a program: argv in, exit code and output out, never longer than its time.

The agent's own standard input carries the request, so no program ever inherits it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from colonnade_agent.failure import TAIL, Failed, Failure

TIMED_OUT = 124  # what timeout(1) exits with
NOT_FOUND = 127  # what a shell exits with
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
}


@dataclass(frozen=True)
class Done:
    argv: tuple[str, ...]
    exit: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        return "\n".join(text for text in (self.stdout.strip(), self.stderr.strip()) if text)


def run(
    argv: Sequence[str],
    *,
    stdin: str = "",
    timeout: float = 60,
    environment: Mapping[str, str] | None = None,
    keep_fds: Sequence[int] = (),
) -> Done:
    """Run to the end, or kill its whole process group after `timeout` seconds."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, **(environment or {})},
            cwd="/",
            start_new_session=True,
            pass_fds=keep_fds,
        )
    except OSError as error:
        return Done(tuple(argv), NOT_FOUND, "", f"{argv[0]}: {error.strerror}", time.monotonic() - began)
    status, out, err = _communicate(process, stdin.encode(), timeout)
    return Done(tuple(argv), status, _text(out), _text(err), time.monotonic() - began)


def _communicate(process: subprocess.Popen[bytes], stdin: bytes, timeout: float) -> tuple[int, bytes, bytes]:
    try:
        out, err = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return TIMED_OUT, out, err + f"\nkilled: not done after {timeout:g} s".encode()
    return process.returncode, out, err


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def must(done: Done, resource: str, step: str, *, secret: bool = False, more: str = "") -> Done:
    """`done`, or `Failed` when it did not exit 0. What a program says about a secret is not passed on."""
    if done.exit == 0:
        return done
    output = "(hidden: it concerns a secret)" if secret else "\n".join(t for t in (done.output, more) if t)
    raise Failed(Failure(step=step, output=output[-TAIL:], resource=resource, argv=done.argv, exit=done.exit))
