"""Brings machines to what the design says: one look at all, then stage after stage only where something
differs.

A machine that fails or can't be reached drops out with its reason; the others finish. Machines in maintenance
are left alone. Every run may be killed anywhere and run again, since what is done is read from the machines
and from nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from colonnade.engine import applying
from colonnade.engine.applying import Task
from colonnade.engine.health import MemberHealth, excused, members, unknown
from colonnade.engine.site import Site
from colonnade.errors import HostError, RemoteFailed, Unreachable
from colonnade.hosts.ground import Progress
from colonnade.kit.resources import Command
from colonnade.kit.rotation import Member
from colonnade.kit.stages import Stage
from colonnade_agent.wire import REMOVAL, Change, Response

HEALTH_SECONDS = 60.0
"""How long members may take to become healthy after a change before `up` calls the site unhealthy."""

GIVE_UP_SECONDS = 5.0
"""The same when a machine has failed: others may wait for it in vain, but what can come up should show it."""

STAGES = tuple(stage.name.lower() for stage in Stage)
STARTS_RELEASES = Stage.APP.name.lower()


@dataclass(frozen=True)
class Scope:
    """What a run is about: machines, stages by name, and the members whose health does not count."""

    machines: tuple[str, ...]
    stages: tuple[str, ...]
    excused: frozenset[Member]


def everywhere(site: Site) -> Scope:
    """All that is not in maintenance."""
    machines = tuple(m for m in site.design.machines if m not in site.view.maintained)
    return Scope(machines, (*STAGES, REMOVAL), site.view.resting)


@dataclass(frozen=True)
class MachineOutcome:
    """What one machine answered. With `error` it failed or could not be reached; `changes` is what came
    before that. While it is `maintained` that is nothing to be told as an error.
    """

    changes: tuple[Change, ...] = ()
    error: HostError | None = None
    health: tuple[MemberHealth, ...] = ()
    missing: tuple[str, ...] = ()
    maintained: bool = False

    @property
    def unreachable(self) -> bool:
        return isinstance(self.error, Unreachable)


@dataclass(frozen=True)
class Outcome:
    machines: Mapping[str, MachineOutcome] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        return sum(len(m.changes) for m in self.machines.values())

    @property
    def errors(self) -> tuple[HostError, ...]:
        return tuple(m.error for m in self.machines.values() if m.error and not m.maintained)

    @property
    def health(self) -> tuple[MemberHealth, ...]:
        return tuple(h for m in self.machines.values() for h in m.health)

    @property
    def healthy(self) -> bool:
        return not self.errors and all(h.well for h in self.health)


Found = dict[str, MachineOutcome]


def observe(site: Site, progress: Progress, scope: Scope | None = None) -> Outcome:
    """What differs, and how every member is; changes nothing."""
    scope = scope or everywhere(site)
    looked = _each(site, scope.machines, progress, lambda m: Task(site.desired[m], site.checks[m]))
    found = {
        name: replace(outcome, changes=tuple(c for c in outcome.changes if c.stage in scope.stages))
        for name, outcome in looked.machines.items()
    }
    return _excusing(Outcome(found), scope)


def examine(site: Site, progress: Progress) -> Outcome:
    """How every member is, also of machines in maintenance, which need not answer."""
    machines = tuple(site.design.machines)
    looked = _examine(site, machines, progress, replace(everywhere(site), machines=machines))
    maintained = site.view.maintained
    return Outcome({n: replace(m, maintained=n in maintained) for n, m in looked.machines.items()})


def converge(site: Site, progress: Progress, scope: Scope | None = None) -> Outcome:
    """Change what differs, in the order of stages; then wait until all members are healthy or their time is
    over.
    """
    scope = scope or everywhere(site)
    looked = observe(site, progress, scope)
    if not looked.changes and looked.healthy:
        return looked
    found = {name: replace(outcome, changes=()) for name, outcome in looked.machines.items()}
    for stage in scope.stages:
        if stage == STARTS_RELEASES:
            found |= _held_back(site, looked, found)
        due = [m for m in found if not found[m].error and _differs(looked.machines[m], stage)]
        applied = _each(site, due, progress, partial(_apply, site, looked, stage))
        for name, outcome in applied.machines.items():
            changes = (*found[name].changes, *outcome.changes)
            found[name] = replace(found[name], changes=changes, error=outcome.error)
    return _settle(site, Outcome(found), progress, scope)


def _held_back(site: Site, looked: Outcome, found: Found) -> Found:
    """Members of an app whose release step is another machine's to run, when that one has failed: they keep
    the release they have, as the new one may need what the step was to bring.
    """
    held = {}
    for service in (s for s in site.design.services.values() if s.name in site.view.blobs):
        asked = [m for m in service.members if m in found]
        for first in (m for m in asked if found[m].error and _has_release_step(site, m)):
            for machine in asked:
                if not found[machine].error and _differs(looked.machines[machine], STARTS_RELEASES):
                    error = RemoteFailed(
                        f"keeps its release of {service.name}, whose release step {first} runs first",
                        where=machine,
                        hint=f"mend {first}, then run `up` again",
                    )
                    held[machine] = replace(found[machine], error=error)
    return held


def _has_release_step(site: Site, machine: str) -> bool:
    return any(isinstance(resource, Command) for resource in site.desired[machine].get(Stage.RELEASE, ()))


def _differs(looked: MachineOutcome, stage: str) -> bool:
    return any(change.stage == stage for change in looked.changes)


def _apply(site: Site, looked: Outcome, stage: str, machine: str) -> Task:
    missing = looked.machines[machine].missing
    blobs = {sha: site.blobs[sha] for sha in missing if sha in site.blobs}
    return Task(site.desired[machine], (), apply=(stage,), blobs=blobs)


def _settle(site: Site, outcome: Outcome, progress: Progress, scope: Scope) -> Outcome:
    """Ask for health until all have it at one look: a member may have lost it while another was waited for.
    Machines that failed are asked once, so that their members' state is known.
    """
    deadline = time.monotonic() + (GIVE_UP_SECONDS if outcome.errors else HEALTH_SECONDS)
    found = dict(outcome.machines)
    asked = list(found)
    pause = 0.1
    while asked:
        for name, looked in _examine(site, asked, progress, scope).machines.items():
            found[name] = replace(found[name], health=looked.health, error=found[name].error or looked.error)
        working = [m for m in found if not found[m].error]
        unwell = [m for m in working if not all(h.well for h in found[m].health)]
        if time.monotonic() > deadline or (not unwell and set(asked) >= set(working)):
            break
        if unwell:
            _say_waiting(found, unwell, progress)
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        asked = unwell or working
    return Outcome(found)


def _say_waiting(found: Mapping[str, MachineOutcome], waiting: Iterable[str], progress: Progress) -> None:
    for machine in waiting:
        bad = [h for h in found[machine].health if not h.well]
        progress(machine, "waiting: " + "; ".join(f"{h.service}: {h.detail}" for h in bad))


def _examine(site: Site, machines: Iterable[str], progress: Progress, scope: Scope) -> Outcome:
    asked = _each(site, machines, progress, lambda m: Task(site.desired[m], site.checks[m], whole=False))
    return _excusing(asked, scope)


def _excusing(outcome: Outcome, scope: Scope) -> Outcome:
    return Outcome(
        {n: replace(m, health=excused(m.health, scope.excused)) for n, m in outcome.machines.items()}
    )


def _each(site: Site, machines: Iterable[str], progress: Progress, task: Callable[[str], Task]) -> Outcome:
    """Ask all these machines at once."""
    names = list(machines)
    if not names:
        return Outcome()
    with ThreadPoolExecutor(max_workers=min(len(names), 32)) as pool:
        outcomes = pool.map(lambda machine: _one(site, machine, task(machine), progress), names)
        return Outcome(dict(zip(names, outcomes, strict=True)))


def _one(site: Site, machine: str, task: Task, progress: Progress) -> MachineOutcome:
    try:
        response = applying.ask(site.ground.host(machine), task, partial(progress, machine))
    except HostError as error:
        return MachineOutcome(error=error, health=unknown(machine, task.checks, error))
    return _read(machine, task, response)


def _read(machine: str, task: Task, response: Response) -> MachineOutcome:
    failure = response.failure
    error = applying.error_of(machine, failure, response.rolled_back) if failure else None
    health = members(machine, task.checks, applying.answers(response)) if response.checks else ()
    return MachineOutcome(response.changes, error, health, response.missing_blobs)
