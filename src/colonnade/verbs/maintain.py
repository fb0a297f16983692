"""`maintain`: a machine leaves the rotation so that nobody notices, and comes back the same way.

That it is in maintenance is part of what the site should be: written down first, then brought about as any
other change is. Killed anywhere, the same command goes on.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from colonnade.engine.converge import Outcome, converge, examine
from colonnade.engine.draining import until_quiet
from colonnade.engine.leaving import objections
from colonnade.engine.maintenance import Entry
from colonnade.engine.rotation_steps import (
    AwaitNames,
    AwaitQuiet,
    Converge,
    Run,
    Step,
    SwitchOn,
    WriteDown,
    leaving,
    returning,
    touched,
)
from colonnade.engine.site import Site, wanted, with_maintained
from colonnade.errors import ColonnadeError, RemoteFailed, Unhealthy, Unreachable, UsageError
from colonnade.hosts.ground import Progress
from colonnade.verbs.opening import Opened
from colonnade.verbs.plan import site_of


@dataclass(frozen=True)
class Procedure:
    """What is to be done about `machine`; no steps where it is so already."""

    machine: str
    steps: tuple[Step, ...]


def procedure(opened: Opened, machine: str, progress: Progress, *, done: bool) -> Procedure:
    """What there is to do. Reads only. Raises UsageError for a machine that the design does not have,
    ColonnadeError with every reason when the site can't do without it.
    """
    if machine not in opened.drawn.machines:
        raise UsageError(
            f"there is no machine {machine}", hint=f"this design has {', '.join(opened.drawn.machines)}"
        )
    return _come_back(opened, machine) if done else _leave(opened, machine, progress)


def maintain(opened: Opened, machine: str, progress: Progress, *, done: bool) -> Procedure:
    """The same, carried out. Raises when a step fails; what was done stays, and the next run goes on from
    there.
    """
    with opened.folder.lock(f"colonnade maintain (pid {os.getpid()})"):
        found = procedure(opened, machine, progress, done=done)
        for step in found.steps:
            _carry_out(opened, step, progress)
        return found


def _leave(opened: Opened, machine: str, progress: Progress) -> Procedure:
    now = site_of(opened)
    serving, resting = _both(opened, now, machine)
    told = touched(serving, resting)
    progress("", f"can the site do without {machine}?")
    reasons = (
        *objections(resting.view, opened.catalog.rooms, machine, examine(now, progress).health, told),
        *_unready(serving, machine),
    )
    if reasons:
        listing = "".join(f"\n  - {reason}" for reason in reasons)
        raise ColonnadeError(f"the site can't do without it just now:{listing}", where=machine)
    return Procedure(machine, leaving(serving, resting, machine))


def _unready(serving: Site, machine: str) -> Iterable[str]:
    """Why what this machine holds can't be handed over just now."""
    for order in serving.leaving[machine]:
        if order.ready:
            with contextlib.suppress(Unreachable):  # what is off holds nothing
                done = serving.ground.host(order.machine).run(order.ready, timeout=order.timeout)
                if done.exit:
                    yield done.stderr.strip() or f"{order.purpose}: exit {done.exit}"


def _come_back(opened: Opened, machine: str) -> Procedure:
    if machine not in opened.maintained:
        return Procedure(machine, ())
    serving, resting = _both(opened, site_of(opened), machine)
    return Procedure(machine, returning(resting, serving, machine))


def _carry_out(opened: Opened, step: Step, progress: Progress) -> None:
    match step:
        case WriteDown():
            _write_down(opened, step)
        case SwitchOn():
            others = frozenset(opened.design.machines) - {step.machine}
            opened.ground.bring_up(wanted(opened.design, others), progress)
        case Converge():
            progress("", f"{step.purpose}: {', '.join(step.scope.machines)}")
            _judge(converge(step.site, progress, step.scope), step)
        case Run():
            progress(step.order.machine, step.order.purpose)
            _run(step)
        case AwaitNames():
            _await_names(step, progress)
        case AwaitQuiet():
            progress(step.machine, "waits for the last request to it to end")
            until_quiet(step.site, step.machine, step.told, progress)


def _both(opened: Opened, now: Site, machine: str) -> tuple[Site, Site]:
    """The site with the machine serving, and with it in maintenance."""
    others = now.view.maintained - {machine}
    rooms = opened.catalog.rooms
    return with_maintained(now, rooms, others), with_maintained(now, rooms, others | {machine})


def _write_down(opened: Opened, step: WriteDown) -> None:
    if step.there:
        by = f"{getpass.getuser()}@{socket.gethostname()}"
        opened.maintenance.add(step.machine, Entry(datetime.now(UTC), by))
    else:
        opened.maintenance.remove(step.machine)


def _judge(outcome: Outcome, step: Converge) -> None:
    """Raises the first error, or Unhealthy. The one machine that may be off is no error when it is."""
    errors = [
        e for e in outcome.errors if not (e.where == step.optional and outcome.machines[e.where].unreachable)
    ]
    if errors:
        raise errors[0]
    bad = [
        f"{h.service} on {h.machine}: {h.detail}"
        for h in outcome.health
        if not h.well and h.machine != step.optional
    ]
    if bad:
        raise Unhealthy("; ".join(bad), hint="mend it, then run the same command again")


def _run(step: Run) -> None:
    order = step.order
    try:
        done = step.site.ground.host(order.machine).run(order.argv, timeout=order.timeout)
    except Unreachable:
        if order.machine == step.optional:
            return
        raise
    if done.exit:
        said = done.stderr.strip() or done.stdout.decode(errors="replace").strip()
        raise RemoteFailed(
            f"{order.purpose}: exit {done.exit}: {said}",
            where=order.machine,
            hint="run the same command again",
        )


def _await_names(step: AwaitNames, progress: Progress) -> None:
    for left in range(step.seconds, 0, -1):
        progress(step.machine, "waits until resolvers have forgotten its addresses", f"{left} s left")
        time.sleep(1)
