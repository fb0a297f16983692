"""How does a machine come to run, whatever a killed run left of it? And many at once; asked by the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from colonnade.errors import LabError
from colonnade.lab.commands import Progress
from colonnade.lab.machine import Machine


def boot(machine: Machine, ports: Mapping[str, str | None], operator: str, progress: Progress) -> None:
    """Leave it running with its networks and its sshd.

    `ports` are those that exist in the lab, with the bridge each is on; `operator` is the public key that
    may log in.
    """
    group = machine.cgroup
    if group.populated and not machine.has_leader():
        progress(machine.name, "ending what a killed run left")
        machine.kill()
    if group.populated and machine.ports_among(ports) != set(machine.ports):
        progress(machine.name, "shutting down, to boot with other networks")
        machine.stop()
    if not group.populated:
        progress(machine.name, "booting")
        machine.start(operator)
    elif any(ports[port] != network for port, network in machine.ports.items()):
        machine.attach()
    if group.frozen or machine.ready():
        return
    machine.wait()
    progress(machine.name, "up")


def silent(_subject: str, _what: str) -> None:
    pass


def together(machines: Sequence[Machine], act: Callable[[Machine], None]) -> None:
    """Act on all at once; one that fails does not keep the others from finishing."""
    if not machines:
        return
    with ThreadPoolExecutor(max_workers=len(machines)) as pool:
        errors = [future.exception() for future in [pool.submit(act, machine) for machine in machines]]
    raised = [error for error in errors if error]
    if len(raised) == 1 or any(not isinstance(error, LabError) for error in raised):
        raise raised[0]
    if raised:
        raise LabError("\n".join(str(error) for error in raised))
