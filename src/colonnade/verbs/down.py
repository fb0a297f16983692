"""`down`: the lab gone from this computer, without a trace, or with its data kept for the next `up`."""

from __future__ import annotations

import os

from colonnade.drill.notes import Notes
from colonnade.errors import LabError, UsageError
from colonnade.hosts.ground import Progress
from colonnade.lab.ground import LabGround
from colonnade.verbs import names_here
from colonnade.verbs.opening import Opened


def down(opened: Opened, progress: Progress, *, keep_data: bool) -> bool:
    """Whether there was anything to take down."""
    if not opened.drawn.needs_lab:
        raise UsageError(
            "this design runs on machines of your own, and `down` only takes labs down",
            where=opened.drawn.path,
            hint="stop or reinstall the machines yourself; Colonnade never deletes what is on them",
        )
    if os.geteuid() != 0:
        raise LabError("a lab's machines and networks belong to root", hint="run it with sudo")
    with opened.folder.lock(f"colonnade down (pid {os.getpid()})"):
        names_here.remove(opened.lab.name)
        found = opened.lab.name in opened.lab.all()
        if found:
            progress("", f"taking down lab {opened.lab.name}{' (its data stay)' if keep_data else ''}")
            _hang_up(opened)
            opened.lab.destroy(keep_data=keep_data)
        if not keep_data:
            opened.maintenance.clear()
            # What a drill had broken is gone with it.
            Notes(opened.folder, opened.lab.name).forget()
        return found


def _hang_up(opened: Opened) -> None:
    """The shared SSH connections would live on for half a minute."""
    ground = opened.ground
    assert isinstance(ground, LabGround)
    for machine in ground.machines():
        ground.host(machine).close()
