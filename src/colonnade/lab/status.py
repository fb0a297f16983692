"""What does the lab say about one machine? Asked by `status`, `lab list` and drills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal

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


def memory_of(pids: Iterable[int]) -> int:
    return sum(_proportional_set_size(pid) for pid in pids)


def _proportional_set_size(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
