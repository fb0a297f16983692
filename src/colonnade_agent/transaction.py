"""One stage: brought to its desired state as a whole, or put back as it was.

packages, users, directories, trees          what is added; it stays even if the rest fails
all files staged, all validated              nothing is swapped unless every validator agrees
all files swapped, stale ones dropped, links, kernel settings, daemon-reload
units and commands as listed                 each must be up and ready before the next
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from colonnade_agent import atomic, dpkg, owned
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Resource
from colonnade_agent.observe import look_at
from colonnade_agent.plan import in_turn, is_unit_file, key_of, of_kind
from colonnade_agent.programs import must
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File, forget, put_back
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import PERSISTED, Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.resources.user import User
from colonnade_agent.systemd import systemctl
from colonnade_agent.undo import Undo
from colonnade_agent.wire import Change

# Seconds after which a program that can't read its configuration has died of it. Not a wait for readiness:
# that is `ready`.
SETTLE = 0.3

Tell = Callable[[Change], None]


class Transaction:
    """`touched` are the units and commands that were acted on, for the rollback to act on them again."""

    def __init__(
        self, machine: Machine, stage: str, resources: Sequence[Resource], stale: Sequence[str], tell: Tell
    ) -> None:
        self.machine = machine
        self.stage = stage
        self.resources = resources
        self.stale = stale
        self.tell = tell
        self.undo = Undo(machine.records.folder, stage)
        self.touched: list[Unit | Command] = []

    @property
    def is_needed(self) -> bool:
        """As far as the latest look goes."""
        due = any(self._due(resource) for resource in self.resources)
        return due or self.undo.was_left or bool(self.stale)

    def look(self) -> None:
        """Observe all but the commands: their checks may need what this stage is about to start."""
        look_at(self.machine, self.resources)

    def keep_up(self) -> None:
        """Nothing is to do: only what is remembered about the stage is brought up to date."""
        known = owned.read(self.machine.records)
        if any(known[r.id]["stage"] != self.stage for r in self.resources if r.id in known):
            owned.claim(self.machine, self.stage, [r for r in self.resources if r.id in known])
        for command in of_kind(self.resources, Command):
            command.adopt(self.machine)

    def run(self) -> None:
        """Make the stage as desired. Raises `Failed`; the caller then rolls back."""
        self.undo.sweep()
        self._install()
        self.look()
        known = owned.read(self.machine.records)
        self.undo.remember(
            paths=[*self._due_paths(), *map(key_of, self.stale)],
            units=[unit.name for unit in of_kind(self.resources, Unit)],
            sysctls=[r.key for r in of_kind(self.resources, Sysctl) if self._due(r)],
            trees=[r.path for r in of_kind(self.resources, Tree) if self._due(r)],
            claimed=[r.id for r in self.resources if r.id not in known],
            machine=self.machine,
        )
        owned.claim(self.machine, self.stage, self.resources)
        self._add()
        self._swap()
        self._load_units()
        self._take_turns()
        self._settle()
        self._commit()

    def _due(self, resource: Resource) -> bool:
        return bool(self.machine.seen[resource.id].action)

    def _due_paths(self) -> list[str]:
        files = [r for r in self.resources if isinstance(r, File | Symlink) and self._due(r)]
        kernel = [str(PERSISTED)] if any(self._due(r) for r in of_kind(self.resources, Sysctl)) else []
        return [*(r.path for r in files), *kernel]

    def _install(self) -> None:
        missing = [p for p in of_kind(self.resources, Package) if self._due(p)]
        if not missing:
            dpkg.mend_policy()
            return
        began = time.monotonic()
        dpkg.install([p.name for p in missing], self.machine.lock)
        self.machine.forget_packages()
        for package in missing:
            self.tell(Change(self.stage, package.id, "install", seconds=time.monotonic() - began))

    def _add(self) -> None:
        folders = sorted(of_kind(self.resources, Directory), key=lambda d: d.path.count("/"))
        self._mend_all(of_kind(self.resources, User))
        self._mend_all(folders)
        self._mend_all(of_kind(self.resources, Tree))

    def _swap(self) -> None:
        files = [f for f in of_kind(self.resources, File) if self._due(f)]
        for file in files:
            file.stage()
        for file in files:
            file.check()
        self._mend_all(files)
        self._drop_stale()
        for folder in {Path(file.path).parent for file in files}:
            atomic.sync_directory(folder)
        self._mend_all(of_kind(self.resources, Symlink))
        self._mend_all(of_kind(self.resources, Sysctl))

    def _drop_stale(self) -> None:
        known = owned.read(self.machine.records)
        for resource_id in self.stale:
            began = time.monotonic()
            put_back(Path(key_of(resource_id)), known[resource_id]["found"])
            self.tell(Change(self.stage, resource_id, "delete", seconds=time.monotonic() - began))

    def _load_units(self) -> None:
        """See the machine as it is now, and have systemd do the same."""
        self.look()
        units = [self.machine.unit(unit.name) for unit in of_kind(self.resources, Unit)]
        if any(map(is_unit_file, self.undo.paths)) or any(state.needs_daemon_reload for state in units):
            must(systemctl("daemon-reload"), f"stage:{self.stage}", "daemon-reload")
            self.machine.read_units([unit.name for unit in of_kind(self.resources, Unit)])

    def _take_turns(self) -> None:
        for resource in in_turn(self.resources):
            if isinstance(resource, Unit) and self.touched:
                self.machine.read_unit(resource.name)
            if self.machine.look(resource).action:
                self.touched.append(resource)
                self._mend(resource)
            else:
                resource.adopt(self.machine)

    def _settle(self) -> None:
        """Those that were started must still be up a moment later."""
        units = [u for u in of_kind(self.touched, Unit) if u.settles(self.machine)]
        if units:
            invocations = {unit.name: self.machine.unit(unit.name).invocation for unit in units}
            time.sleep(SETTLE)
            self.machine.read_units(list(invocations))
            for unit in units:
                unit.must_still_be_up(self.machine, invocations[unit.name])

    def _commit(self) -> None:
        for resource_id in self.stale:
            forget(Path(key_of(resource_id)))
            owned.release(self.machine.records, resource_id)
        self.undo.discard()

    def _mend_all(self, resources: Sequence[Resource]) -> None:
        for resource in resources:
            self._mend(resource)

    def _mend(self, resource: Resource) -> None:
        observed = self.machine.seen[resource.id]
        if not observed.action:
            return
        began = time.monotonic()
        try:
            resource.mend(self.machine)
        except OSError as error:
            raise failed(observed.action, str(error), resource.id) from error
        seconds = time.monotonic() - began
        self.tell(Change(self.stage, resource.id, observed.action, observed.diff, seconds))
