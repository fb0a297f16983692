"""Puts a stage that failed back as it was: files, links, kernel settings, and what runs with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from colonnade_agent import owned
from colonnade_agent.failure import Failed
from colonnade_agent.machine import Machine
from colonnade_agent.plan import FILES, is_unit_file, key_of, kind_of, of_kind
from colonnade_agent.programs import must
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.file import forget
from colonnade_agent.resources.unit import Unit, stop
from colonnade_agent.systemd import systemctl
from colonnade_agent.transaction import Transaction


def roll_back(transaction: Transaction) -> list[str]:
    """What could not be put back, told in a sentence each; empty when all was.

    It goes on past a failure: the more is put back the better. The way back is kept until all of it was gone.
    """
    problems: list[str] = []
    units = _units_to_put_back(transaction)
    before = transaction.undo.units
    for unit in reversed(units):
        if not before[unit.name]["active"]:
            _try(problems, partial(stop, unit.name, disable=not before[unit.name]["enabled"]))
    _try(problems, transaction.undo.restore_disk)
    if any(map(is_unit_file, transaction.undo.paths)):
        _try(problems, lambda: must(systemctl("daemon-reload"), "systemd", "daemon-reload"))
    _try(problems, transaction.look)
    for unit in units:
        if before[unit.name]["active"]:
            enabled = before[unit.name]["enabled"]
            _try(problems, partial(_run_again, transaction.machine, unit, enabled=enabled))
    for command in of_kind(transaction.touched, Command):
        _try(problems, partial(command.load_again, transaction.machine))
    if not problems:
        _disclaim(transaction)
        transaction.undo.discard()
    return problems


def _units_to_put_back(transaction: Transaction) -> list[Unit]:
    """Those that were touched; after an interrupted run nobody knows which, so all."""
    touched = transaction.resources if transaction.undo.was_left else transaction.touched
    return [unit for unit in of_kind(touched, Unit) if unit.name in transaction.undo.units]


def _run_again(machine: Machine, unit: Unit, *, enabled: bool) -> None:
    """It ran before, so it is to run again, with the old files. `ready` may only fit the new ones."""
    running = None if unit.running is None else True  # None: who decides that decides it now, too
    former = replace(unit, running=running, enabled=enabled, ready=())
    former.mend(machine)


def _disclaim(transaction: Transaction) -> None:
    """What this stage was to put here is not here. What was added (folders, trees) is, and stays ours."""
    for resource_id in transaction.undo.claimed:
        if kind_of(resource_id) in FILES:
            forget(Path(key_of(resource_id)))
        if kind_of(resource_id) in {*FILES, "sysctl", "unit"}:
            owned.release(transaction.machine.records, resource_id)


def _try(problems: list[str], step: Callable[[], object]) -> None:
    try:
        step()
    except (Failed, OSError) as error:
        problems.append(f"rollback: {error}")
