"""`plan`: what `up` would change, without changing it."""

from __future__ import annotations

from datetime import UTC, datetime

from colonnade.engine.converge import MachineOutcome, Outcome, observe
from colonnade.engine.site import Site, assemble
from colonnade.errors import ColonnadeError
from colonnade.hosts.ground import Progress
from colonnade.verbs.opening import Opened
from colonnade_agent.wire import Change


def plan(opened: Opened, progress: Progress) -> Outcome:
    """Ask every machine what differs. Those that are yet to be made differ in one thing: they are not
    there.
    """
    unmade = {name: MachineOutcome((_creation(name),)) for name in opened.unmade}
    if len(unmade) == len(opened.design.machines):
        return Outcome(unmade)
    looked = observe(site_of(opened), progress)
    return Outcome({**looked.machines, **unmade})


def _creation(machine: str) -> Change:
    return Change("machine", f"machine:{machine}", "create")


def site_of(opened: Opened) -> Site:
    """The assembled site, for commands that only look. Raises ColonnadeError where nothing of it was ever
    up.
    """
    if len(opened.unmade) == len(opened.design.machines):
        raise ColonnadeError(
            f"nothing of {opened.design.site} runs yet in the lab {opened.lab.name}",
            hint="`colonnade up` brings it up; `colonnade lab list` shows other labs",
        )
    return assemble(
        opened.design,
        opened.catalog.rooms,
        opened.ground,
        opened.folder,
        opened.releases(),
        datetime.now(UTC),
        opened.maintained,
    )
