"""What does the lab say about one machine? Asked by `status`, `lab list` and drills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal, Protocol

from colonnade.lab.machine import Machine

State = Literal["running", "frozen", "stopped"]


@dataclass(frozen=True)
class MachineStatus:
    """`pid` is the machine's init as the host sees it; `memory` is in bytes, shared pages counted by their
    share.
    """

    state: State
    faults: tuple[str, ...]
    addresses: dict[str, IPv4Address]
    pid: int | None
    memory: int
    image: Path | None


class Harm(Protocol):
    """What was done to a machine; its text says what."""

    @property
    def machine(self) -> str: ...


def state_of(machine: Machine) -> State:
    group = machine.cgroup
    return "stopped" if not group.populated else "frozen" if group.frozen else "running"


def status_of(machine: Machine, harms: Iterable[Harm]) -> MachineStatus:
    """`harms` may be of other machines too."""
    state = state_of(machine)
    running = state != "stopped"
    full = ("disk full",) if running and machine.disk_is_full else ()
    return MachineStatus(
        state=state,
        faults=(*(str(h) for h in harms if h.machine == machine.name), *full),
        addresses=dict(machine.addresses),
        pid=machine.cgroup.leader() if running else None,
        memory=memory_of(machine.cgroup.processes()) if running else 0,
        image=machine.image if machine.image.name else None,
    )


def memory_of(pids: Iterable[int]) -> int:
    return sum(_proportional_set_size(pid) for pid in pids)


def _proportional_set_size(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
