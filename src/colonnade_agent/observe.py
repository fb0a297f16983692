"""What differs from the desired state, in every stage, and what applying would do. Reads only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from colonnade_agent import dpkg, undo
from colonnade_agent.blobs import blob_path
from colonnade_agent.machine import Machine, Observed, Resource
from colonnade_agent.parallel import in_parallel
from colonnade_agent.plan import of_kind, phase
from colonnade_agent.removal import stale_changes
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.wire import REMOVAL, Change, Stages


def look_at(machine: Machine, resources: Sequence[Resource]) -> None:
    """Observe all but the commands, as it is now. Units last: they look at what the others were."""
    units = of_kind(resources, Unit)
    machine.read_units([unit.name for unit in units])
    for resource in resources:
        if not isinstance(resource, Unit | Command):
            machine.look(resource)
    for unit in units:
        machine.look(unit)


def look_at_commands(machine: Machine, resources: Iterable[Resource]) -> None:
    """Their checks are programs: run side by side."""
    in_parallel(machine.look, of_kind(resources, Command))


def observe(machine: Machine, stages: Stages) -> list[Change]:
    """The changes that an apply of all stages would make, in its order."""
    resources = [r for stage in stages.values() for r in stage]
    look_at(machine, resources)
    actual = dict(machine.seen)
    for resource in resources:
        _foresee(machine, resource)
    for unit in of_kind(resources, Unit):
        actual[unit.id] = machine.look(unit)
    look_at_commands(machine, resources)
    actual.update({command.id: machine.seen[command.id] for command in of_kind(resources, Command)})
    in_order = [(name, r) for name, stage in stages.items() for r in sorted(stage, key=phase)]
    found = [_change(name, r, actual[r.id]) for name, r in in_order if actual[r.id].action]
    return [*_interrupted(machine, stages), *found, *stale_changes(machine, stages)]


def missing_blobs(machine: Machine, stages: Stages) -> tuple[str, ...]:
    """Blobs that an apply needs and the store has not."""
    trees = of_kind((r for stage in stages.values() for r in stage), Tree)
    folder = machine.records.folder
    due = {t.blob for t in trees if t.observe(machine).action and not blob_path(folder, t.blob).exists()}
    return tuple(sorted(due))


def _foresee(machine: Machine, resource: Resource) -> None:
    """From here on what differs counts as mended, and just now."""
    if machine.seen.get(resource.id, Observed()).action:
        machine.seen[resource.id] = Observed(fingerprint=resource.fingerprint, changed_at=math.inf)


def _change(stage: str, resource: Resource, observed: Observed) -> Change:
    return Change(stage, resource.id, observed.action, observed.diff)


def _interrupted(machine: Machine, stages: Stages) -> list[Change]:
    """What a killed run left even if every resource is as desired: the way back has to be closed."""
    left = undo.leftovers(machine.records.folder)
    text = "an earlier run was interrupted here"
    changes = [Change(s if s in stages else REMOVAL, f"stage:{s}", "update", text) for s in left]
    if dpkg.policy_was_left():
        changes.append(Change(REMOVAL, f"file:{dpkg.POLICY}", "delete", text))
    return changes
