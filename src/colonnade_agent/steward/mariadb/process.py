"""Does mariadbd live, which life is it, and how is it started and killed? Through its systemd unit.

The unit is never enabled and never restarts by itself: it needs a file that is only there while a steward
starts it, and that says in which role it recovers.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from colonnade_agent import atomic
from colonnade_agent.programs import run
from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb.settings import MariadbSettings
from colonnade_agent.steward.protocol.actions import Recovery

PROGRAM = "mariadbd"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
START_SECONDS = 10.0
"""Until the program runs, not until it answers."""
AGAIN_SECONDS = 1.0
STOP_SECONDS = 120.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.02

ROLES = {Recovery.KEEP: "MASTER", Recovery.DROP: "SLAVE"}
"""What mariadbd does with transactions that it finds prepared (--init-rpl-role): as MASTER it commits them,
as SLAVE it rolls them back and cuts them off its binary log (MDEV-21117, MDEV-33465)."""

CLOSED = (
    "--read-only=ON",
    "--skip-slave-start",
    "--event-scheduler=OFF",
    "--rpl-semi-sync-master-enabled=OFF",
    "--rpl-semi-sync-slave-enabled=OFF",
    "--gtid-strict-mode=ON",
)
"""However the configuration has it: what a steward has not decided is not so."""


@dataclass(frozen=True)
class Life:
    """One run of the program. `started` is in clock ticks since boot (proc_pid_stat(5), field 22)."""

    boot: str
    pid: int
    started: int

    def __str__(self) -> str:
        return f"{self.boot}.{self.pid}.{self.started}"

    @property
    def age(self) -> float:
        """Seconds."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.started / os.sysconf("SC_CLK_TCK")


class Unit:
    def __init__(self, settings: MariadbSettings) -> None:
        self._settings = settings

    def life(self) -> Life | None:
        """None when no process of it is there, or only one that prepares or ends its start."""
        for pid in self._pids():
            try:
                stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            name, _, rest = stat.partition("(")[2].rpartition(")")
            state, started = rest.split()[0], rest.split()[19]
            if name == PROGRAM and state != "Z":
                return Life(BOOT_ID.read_text(encoding="ascii")[:8], pid, int(started))
        return None

    def start(self, recovery: Recovery) -> None:
        """Returns when the program runs. Does nothing to one that runs already."""
        if self.life():
            return
        settings = self._settings
        options = " ".join((f"--init-rpl-role={ROLES[recovery]}", *CLOSED))
        settings.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.replace(settings.environment, f"MYSQLD_OPTS={options}\n".encode())
        try:
            self._start()
        finally:
            settings.environment.unlink(missing_ok=True)

    def _start(self) -> None:
        unit, deadline, again = self._settings.unit, time.monotonic() + START_SECONDS, 0.0
        while not self.life():
            if time.monotonic() > deadline:
                raise EngineError(f"start {unit}: {PROGRAM} does not run after {START_SECONDS:g} s")
            if time.monotonic() >= again:
                # Again, as systemd may not have heard yet that the one before was killed.
                again = time.monotonic() + AGAIN_SECONDS
                done = run(("systemctl", "start", "--no-block", unit), timeout=AGAIN_SECONDS * 3)
                if done.exit:
                    raise EngineError(f"systemctl start {unit}: {done.output}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """In order: for a server that was not started by a steward."""
        if self._pids():
            done = run(("systemctl", "stop", self._settings.unit), timeout=STOP_SECONDS)
            if done.exit:
                raise EngineError(f"systemctl stop {self._settings.unit}: {done.output}")

    def kill(self) -> None:
        deadline = time.monotonic() + KILL_SECONDS
        while pids := self._pids():
            if time.monotonic() > deadline:
                raise EngineError(f"kill {self._settings.unit}: {len(pids)} processes are left")
            self._kill(pids)
            time.sleep(POLL_SECONDS)

    def is_ready(self) -> bool:
        """It has said that it answers, in this life."""
        done = run(("systemctl", "show", "--property=ActiveState", self._settings.unit), timeout=3)
        return done.stdout.strip() == "ActiveState=active"

    def _pids(self) -> list[int]:
        try:
            text = (self._settings.cgroup / "cgroup.procs").read_text(encoding="ascii")
        except (FileNotFoundError, OSError):  # the group may go while it is read: ENODEV
            return []
        return [int(line) for line in text.split()]

    def _kill(self, pids: list[int]) -> None:
        try:
            (self._settings.cgroup / "cgroup.kill").write_text("1", encoding="ascii")
        except OSError:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
