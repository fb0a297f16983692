"""Takes what is no longer desired off the machine, as far as we put it there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from colonnade_agent import owned, plan, undo
from colonnade_agent.machine import Machine
from colonnade_agent.plan import key_of, kind_of
from colonnade_agent.programs import must
from colonnade_agent.resources import directory, file, sysctl, tree, unit
from colonnade_agent.systemd import systemctl
from colonnade_agent.wire import REMOVAL, Change, Stages

Tell = Callable[[Change], None]


def stale_changes(machine: Machine, stages: Stages) -> list[Change]:
    """What `remove_stale`, and the stages on its behalf, would do."""
    known = owned.read(machine.records)
    by_stage = {i: stage for stage in stages for i in plan.stale_files(known, stages, stage)}
    return [Change(by_stage.get(i, REMOVAL), i, "delete") for i in plan.stale(known, stages)]


def remove_stale(machine: Machine, stages: Stages, tell: Tell) -> None:
    """Units stop first, and units that ran before we came run again last, with the files they had."""
    known = owned.read(machine.records)
    gone = plan.stale(known, stages)
    for resource_id in gone:
        _remove(machine, resource_id, known[resource_id]["found"])
    if any(kind_of(i) == "unit" or plan.is_unit_file(key_of(i)) for i in gone):
        must(systemctl("daemon-reload"), "systemd", "daemon-reload")
    for resource_id in gone:
        if _ran_before(resource_id, known[resource_id]["found"]):
            unit.run_again(key_of(resource_id))
    for resource_id in gone:
        _forget(machine, resource_id)
        tell(Change(REMOVAL, resource_id, "delete"))
    _clean(machine, stages)


def _remove(machine: Machine, resource_id: str, found: dict[str, Any]) -> None:
    kind, key = kind_of(resource_id), key_of(resource_id)
    if kind == "unit" and not found["active"]:
        unit.stop(key, disable=True)
    elif kind in plan.FILES:
        file.put_back(Path(key), found)
    elif kind == "sysctl":
        sysctl.remove(machine, key, found)
    elif kind == "tree":
        tree.remove(Path(key), found)
    elif kind == "directory":
        directory.remove_folders(found["made"])


def _ran_before(resource_id: str, found: dict[str, Any]) -> bool:
    return kind_of(resource_id) == "unit" and bool(found["active"])


def _forget(machine: Machine, resource_id: str) -> None:
    if kind_of(resource_id) in plan.FILES:
        file.forget(Path(key_of(resource_id)))
    if kind_of(resource_id) == "unit":
        machine.records.forget("units", key_of(resource_id))
    owned.release(machine.records, resource_id)


def _clean(machine: Machine, stages: Stages) -> None:
    """The agent's own memory of what is gone."""
    folder = machine.records.folder
    for stage in undo.leftovers(folder):
        if stage not in stages:
            tree.drop(folder / "undo" / stage)
    if not stages:
        tree.drop(folder)
