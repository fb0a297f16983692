"""One round trip with one machine: the agent and the desired state go over, a typed answer comes back."""

from __future__ import annotations

import getpass
import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from colonnade.engine.compose import Desired
from colonnade.errors import RemoteFailed
from colonnade.hosts.host import Host
from colonnade.kit.checks import Answer, Check
from colonnade.kit.stages import Stage
from colonnade_agent import pack
from colonnade_agent.failure import Failure
from colonnade_agent.wire import Check as WireCheck
from colonnade_agent.wire import Request, Response, decode_response

APPLY_SECONDS = 900.0
LOOK_SECONDS = 60.0
LOCK_SECONDS = 60.0
"""How long a machine may be held by another run (one that was killed here still finishes there) before that
is an error.
"""

OnEvent = Callable[[str, str], None]
"""(what the machine is at, the step within that)"""


@dataclass(frozen=True)
class Task:
    """What one machine is asked. `apply` empty: only look; `whole` False: only run the checks."""

    desired: Desired
    checks: Sequence[Check]
    apply: tuple[str, ...] = ()
    whole: bool = True
    blobs: Mapping[str, Path] | None = None


def ask(host: Host, task: Task, on_event: OnEvent) -> Response:
    """Raises Unreachable, or RemoteFailed when the agent itself could not run. A failed step is part of the
    answer.
    """
    argv, stdin = pack.payload(_request(task), task.blobs or {})
    seconds = APPLY_SECONDS if task.apply else LOOK_SECONDS
    completed = host.run(argv, stdin, timeout=seconds, on_line=lambda line: _event(line, on_event))
    lines = completed.stdout.splitlines()
    last = _parse(lines[-1].decode(errors="replace")) if lines else {}
    if last.get("event") == "response":
        return decode_response({k: v for k, v in last.items() if k != "event"})
    said = completed.stderr.strip() or completed.stdout.decode(errors="replace").strip() or "nothing"
    raise RemoteFailed(
        f"the applier ended with {completed.exit} and said: {said[-2000:]}",
        where=host.name,
        hint="a machine needs python3 >= 3.11 and root; `colonnade doctor` looks at this side",
    )


def answers(response: Response) -> tuple[Answer, ...]:
    """The checks' answers in the order they were asked."""
    return tuple(
        Answer(r.exit, r.stdout, r.stderr) for r in sorted(response.checks, key=lambda r: int(r.name))
    )


def error_of(machine: str, failure: Failure, rolled_back: bool) -> RemoteFailed:
    """The machine's failure as people read it: resource, step, command, output, and what became of the
    rest.
    """
    command = f"\n  command: {shlex.join(failure.argv)}" if failure.argv else ""
    code = f" (exit {failure.exit})" if failure.exit is not None else ""
    output = "".join(f"\n  | {line}" for line in failure.output.strip().splitlines())
    kept = "what this stage had changed was put back" if rolled_back else "mend the cause and run `up` again"
    what = f"{failure.resource}: " if failure.resource else ""
    return RemoteFailed(f"{what}{failure.step} failed{code}{command}{output}", where=machine, hint=kept)


def _request(task: Task) -> Request:
    mode = "apply" if task.apply else "observe" if task.whole else "check"
    stages = (
        {Stage(stage).name.lower(): tuple(resources) for stage, resources in task.desired.items()}
        if task.whole
        else {}
    )
    checks = tuple(WireCheck(str(i), c.argv, c.input, c.timeout) for i, c in enumerate(task.checks))
    return Request(mode, stages, task.apply, checks, LOCK_SECONDS, f"{getpass.getuser()} (pid {os.getpid()})")


def _event(line: str, on_event: OnEvent) -> None:
    event = _parse(line)
    match event.get("event"):
        case "stage":
            on_event(f"stage {event.get('stage')}", "")
        case "change":
            on_event(f"stage {event.get('stage')}", f"{event.get('action')} {event.get('resource')}")
        case "waiting":
            on_event(f"waits for {event.get('for')}", "")
        case "rollback":
            on_event(f"stage {event.get('stage')} failed: putting back what it changed", "")


def _parse(line: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
