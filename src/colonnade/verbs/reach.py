"""`ssh` and `logs`: an operator's hands and eyes on the machines of a site."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence

from colonnade.engine import compose
from colonnade.errors import UsageError
from colonnade.hosts.host import Host
from colonnade.kit.resources import Unit
from colonnade.verbs.opening import Opened
from colonnade.verbs.plan import site_of

Show = Callable[[str, str], None]
"""(machine, line)"""


def ssh_command(opened: Opened, machine: str, command: tuple[str, ...]) -> tuple[str, ...]:
    """The local command line that is this terminal on the machine. Raises UsageError for a machine the
    design does not have.
    """
    if machine not in opened.drawn.machines:
        raise UsageError(
            f"there is no machine {machine}", hint=f"this design has {', '.join(opened.drawn.machines)}"
        )
    return opened.ground.host(machine).interactive(command)


def logs(opened: Opened, of: str, *, lines: int, follow: bool, show: Show) -> None:
    """The journal of a machine, or of one service's units on all its machines, or ('') of every machine."""
    streams = [(opened.ground.host(m), _journalctl(units, lines, follow)) for m, units in _places(opened, of)]
    threads = [
        threading.Thread(target=_stream, args=(host, argv, show), daemon=True) for host, argv in streams
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _places(opened: Opened, of: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    design = opened.design
    if not of:
        return [(m, ()) for m in design.machines]
    if of in design.machines:
        return [(of, ())]
    if of not in design.services:
        hint = f"machines: {', '.join(design.machines)}; services: {', '.join(design.services)}"
        raise UsageError(f"{of} is neither a machine nor a service of this design", hint=hint)
    view = site_of(opened).view
    service = design.services[of]
    room = opened.catalog.rooms[service.kind]
    found = []
    for machine in service.members:
        stages: compose.Desired = room.resources(service, machine, view)
        found.append(
            (machine, tuple(r.name for stage in stages.values() for r in stage if isinstance(r, Unit)))
        )
    return found


def _journalctl(units: Sequence[str], lines: int, follow: bool) -> tuple[str, ...]:
    chosen = tuple(f"--unit={unit}" for unit in units)
    return (
        "journalctl",
        "--no-pager",
        "--output=short-iso",
        f"--lines={lines}",
        *chosen,
        *(("--follow",) if follow else ()),
    )


def _stream(host: Host, argv: tuple[str, ...], show: Show) -> None:
    with subprocess.Popen(
        host.interactive(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            show(host.name, line.rstrip("\n"))
