"""Who keeps a machine's processes together and outlives the command that started it? Asked by the machines.

Where systemd is PID 1 it owns the cgroup tree and is asked for a delegated unit; elsewhere the lab makes the
cgroup.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from colonnade.errors import LabError
from colonnade.lab.cgroups import Cgroup, named_v1_root, remove_tree, unified_root
from colonnade.lab.commands import environment as host_environment
from colonnade.lab.commands import run, succeeds, wait_until

JOIN_SECONDS = 5.0

# Hazard: without a cgroup of its own for each machine, systemd-nspawn puts all machines into one
# (`/payload`), and killing a unit's cgroup in one machine kills the unit of that name in every other.


class Supervisor(Protocol):
    def start(
        self, lab: str, machine: str, argv: Sequence[str], environment: Mapping[str, str], console: Path
    ) -> None:
        """Run `argv` in its own cgroup, output added to `console`, so that it outlives this process."""

    def cgroup(self, lab: str, machine: str) -> Cgroup: ...

    def forget(self, lab: str, machine: str) -> None:
        """Remove what is left of a machine whose processes are gone."""


@dataclass(frozen=True)
class OwnCgroups:
    """PID 1 is not systemd: the cgroups are ours to make."""

    root: Path
    mirror: Path | None

    def start(
        self, lab: str, machine: str, argv: Sequence[str], environment: Mapping[str, str], console: Path
    ) -> None:
        group = self.cgroup(lab, machine).path
        group.mkdir(parents=True, exist_ok=True)
        join = 'echo $$ > "$1" && shift && exec "$@"'
        # --fork: the machine must be nobody's child here, or it would stay a zombie after its death.
        command = ["setsid", "--fork", "sh", "-c", join, "sh", str(group / "cgroup.procs"), *argv]
        with console.open("ab") as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**host_environment(), **environment},
                cwd="/",
                check=True,
            )
        # It joins a moment later. One that has ended since then will be found dead by the caller.
        wait_until(lambda: self.cgroup(lab, machine).populated, seconds=JOIN_SECONDS)

    def cgroup(self, lab: str, machine: str) -> Cgroup:
        return Cgroup(self.root / f"colonnade-{lab}" / machine)

    def forget(self, lab: str, machine: str) -> None:
        for root in (self.root, self.mirror):
            if root:
                group = root / f"colonnade-{lab}"
                remove_tree(group / machine)
                _remove_if_empty(group)


@dataclass(frozen=True)
class SystemdUnits:
    """PID 1 is systemd: each machine is a transient service whose cgroup is delegated to it."""

    root: Path
    slice: str = "system.slice"

    def start(
        self, lab: str, machine: str, argv: Sequence[str], environment: Mapping[str, str], console: Path
    ) -> None:
        properties = (
            "Type=exec",
            "Delegate=yes",
            "KillMode=mixed",
            "TasksMax=infinity",
            f"StandardOutput=append:{console}",
            f"StandardError=append:{console}",
        )
        run(
            [
                "systemd-run",
                "--quiet",
                "--collect",
                f"--unit={self._unit(lab, machine)}",
                f"--slice={self.slice}",
                *(f"--property={p}" for p in properties),
                *(f"--setenv={key}={value}" for key, value in environment.items()),
                "--",
                *argv,
            ]
        )

    def cgroup(self, lab: str, machine: str) -> Cgroup:
        return Cgroup(self.root / self.slice / self._unit(lab, machine))

    def forget(self, lab: str, machine: str) -> None:
        # --collect lets systemd drop the unit by itself; this makes sure of it before the name is used again.
        succeeds(["systemctl", "stop", self._unit(lab, machine)])
        succeeds(["systemctl", "reset-failed", self._unit(lab, machine)])

    def _unit(self, lab: str, machine: str) -> str:
        return f"colonnade-{lab}_{machine}.service"


def supervisor() -> Supervisor:
    """The one that fits this computer."""
    if Path("/run/systemd/system").is_dir():  # the test of sd_booted(3)
        return SystemdUnits(unified_root())
    return OwnCgroups(unified_root(), named_v1_root())


def _remove_if_empty(group: Path) -> None:
    try:
        if not any(child.is_dir() for child in group.iterdir()):
            group.rmdir()
    except FileNotFoundError:  # another machine of this lab was removed at the same time and was last
        return
    except OSError as error:
        raise LabError(f"can't remove the cgroup {group}: {error}") from error
