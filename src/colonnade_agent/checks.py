"""Runs the checks of a request side by side and reports what they said, without a judgement."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade_agent.parallel import in_parallel
from colonnade_agent.programs import run
from colonnade_agent.wire import Check, CheckResult

LIMIT = 256 * 1024


def run_checks(checks: Sequence[Check]) -> tuple[CheckResult, ...]:
    return tuple(in_parallel(_run, checks))


def _run(check: Check) -> CheckResult:
    done = run(check.argv, stdin=check.input, timeout=check.timeout)
    return CheckResult(check.name, done.exit, done.stdout[:LIMIT], done.stderr[:LIMIT], done.seconds)
