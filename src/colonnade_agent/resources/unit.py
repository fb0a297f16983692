"""A systemd unit: enabled or not, running or not, and running with what is on disk (see
`colonnade_agent.loaded`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from colonnade_agent import loaded, systemd
from colonnade_agent.failure import Failed, Failure
from colonnade_agent.machine import Machine, Observed
from colonnade_agent.programs import Done, must, run
from colonnade_agent.systemd import UnitState, systemctl

PAUSE = 0.1  # seconds between two tries of `ready`


@dataclass(frozen=True)
class Unit:
    """`reload_on` and `restart_on` are ids of resources of this machine, of the same stage or an earlier one.

    `running` None: whether it runs is decided by someone else; while it does, it is reloaded and restarted as
    any other. `restart` is run for a restart, if systemd must not do it.

    After a start, reload or restart the unit must be active, and `ready` must exit 0 within
    `ready_seconds`. Without `ready`, the stage ends with a look whether it still is active a moment later:
    systemd calls a Type=simple or Type=exec unit active before the program has read its configuration.
    """

    name: str
    enabled: bool = True
    running: bool | None = True
    reload_on: tuple[str, ...] = ()
    restart_on: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    ready_seconds: float = 30
    restart: tuple[str, ...] = ()
    restart_seconds: float = 600

    @property
    def id(self) -> str:
        return f"unit:{self.name}"

    @property
    def fingerprint(self) -> str:
        return ""

    def observe(self, machine: Machine) -> Observed:
        state = machine.unit(self.name)
        action = self._due(machine, state)
        if not action and state.enabled not in {None, self.enabled}:
            return Observed("update", "enable" if self.enabled else "disable")
        return Observed(action, self._why(action, state)) if action else Observed()

    def mend(self, machine: Machine) -> None:
        """Act on what is due now, after the files were swapped in, and wait until the unit is ready."""
        state = machine.read_unit(self.name)
        action = self._due(machine, state)
        self._set_enabled(state)
        if action == "stop":
            self._must(systemctl("stop", "--", self.name), "stop")
        elif action:
            self._act(machine, action, state)
            machine.records.write("units", self.name, self._record(machine, machine.read_unit(self.name)))

    def claim(self, machine: Machine) -> dict[str, Any]:
        state = machine.unit(self.name)
        return {"active": state.active, "enabled": bool(state.enabled)}

    def adopt(self, machine: Machine) -> None:
        """Bring the record of a unit that needs nothing up to date, before anything is swapped."""
        state = machine.unit(self.name)
        if state.active and not self._due(machine, state):
            machine.records.write("units", self.name, self._record(machine, state))

    def settles(self, machine: Machine) -> bool:
        """Is a second look needed? A oneshot is done and a notify unit has spoken when systemctl returns."""
        return (
            bool(self.running)
            and not self.ready
            and machine.unit(self.name).type not in {"oneshot", "notify"}
        )

    def must_still_be_up(self, machine: Machine, since: str) -> None:
        """`Failed` unless the unit is active, and in the invocation it was left in."""
        state = machine.unit(self.name)
        if not state.active or state.invocation != since:
            raise self._failure("settle", f"was started and did not stay up: now {state.text}")

    def _due(self, machine: Machine, state: UnitState) -> str:
        if self.running is False:
            return "stop" if state.active or state.starting else ""
        if not state.active:
            return "start" if self.running else ""
        return loaded.due(
            state,
            machine.records.read("units", self.name),
            machine.fingerprints(self.reload_on),
            machine.fingerprints(self.restart_on),
            machine.changed_at(self.reload_on),
            machine.changed_at(self.restart_on),
        )

    def _record(self, machine: Machine, state: UnitState) -> dict[str, str]:
        return loaded.record_of(
            state, machine.fingerprints(self.reload_on), machine.fingerprints(self.restart_on)
        )

    def _why(self, action: str, state: UnitState) -> str:
        if action in {"reload", "restart"}:
            return "does not run with what is on disk"
        return state.text if state.loaded else "there is no such unit yet"

    def _set_enabled(self, state: UnitState) -> None:
        if state.enabled not in {None, self.enabled}:
            verb = "enable" if self.enabled else "disable"
            self._must(systemctl("--no-reload", verb, "--", self.name), verb)

    def _act(self, machine: Machine, action: str, state: UnitState) -> None:
        # Hazard: from here until `mend` ends nobody knows what the unit runs with; a killed run must leave
        # it so written.
        record = machine.records.read("units", self.name)
        if record:
            machine.records.write("units", self.name, {**record, "reload": "", action: ""})
        if action == "start" and state.failed:
            systemctl("reset-failed", "--", self.name)  # otherwise the start limit may refuse it
        if action == "restart" and self.restart:
            must(run(self.restart, timeout=self.restart_seconds), self.id, action)
        else:
            self._must(systemctl(action, "--", self.name), action)
        self._wait(machine)

    def _wait(self, machine: Machine) -> None:
        if not machine.read_unit(self.name).active:
            raise self._failure("start", f"systemd started it, and now it is {machine.unit(self.name).text}")
        deadline = time.monotonic() + self.ready_seconds
        while self.ready:
            done = run(self.ready, timeout=max(1.0, deadline - time.monotonic()))
            if done.exit == 0:
                return
            state = machine.read_unit(self.name)
            if time.monotonic() > deadline or not (state.active or state.starting):
                self._not_ready(done, state)
            time.sleep(PAUSE)

    def _not_ready(self, done: Done, state: UnitState) -> None:
        said = f"not ready after {self.ready_seconds:g} s, the unit is {state.text}"
        must(done, self.id, "ready", more=f"{said}\n{systemd.last_words(self.name)}")

    def _must(self, done: Done, step: str) -> None:
        must(done, self.id, step, more=systemd.last_words(self.name) if done.exit else "")

    def _failure(self, step: str, text: str) -> Failed:
        words = systemd.last_words(self.name)
        return Failed(Failure(step, f"{text}\n{words}".strip(), self.id))


def stop(name: str, *, disable: bool) -> None:
    """Stop a unit that may be gone from disk already."""
    state = systemd.show([name])[name]
    if state.active or state.starting:
        must(systemctl("stop", "--", name), f"unit:{name}", "stop")
    if disable and state.enabled:
        must(systemctl("--no-reload", "disable", "--", name), f"unit:{name}", "disable")
    if state.failed:
        systemctl("reset-failed", "--", name)


def run_again(name: str) -> None:
    """Let a unit that is not ours run with the files it had before us."""
    state = systemd.show([name])[name]
    if not state.loaded:
        return
    verb = "reload-or-restart" if state.active else "start"
    if state.failed:
        systemctl("reset-failed", "--", name)
    must(systemctl(verb, "--", name), f"unit:{name}", verb)
