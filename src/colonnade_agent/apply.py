"""Carries out an apply: stage after stage, each whole or not at all, then the removal of what is no longer
desired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from colonnade_agent import dpkg, owned, plan, removal
from colonnade_agent.blobs import prune
from colonnade_agent.failure import Failed, Failure, failed
from colonnade_agent.machine import Machine
from colonnade_agent.observe import look_at, look_at_commands
from colonnade_agent.plan import of_kind
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.rollback import roll_back
from colonnade_agent.transaction import Tell, Transaction
from colonnade_agent.wire import REMOVAL, Change, Request

Emit = Callable[[str, dict[str, object]], bool]


@dataclass
class Applied:
    """How far an apply has come."""

    changes: list[Change] = field(default_factory=list)
    failure: Failure | None = None
    rolled_back: bool = False


def apply(machine: Machine, request: Request, emit: Emit) -> Applied:
    """`emit(event, facts)` answers whether anybody still listens: if not, no further stage is begun."""
    applied = Applied()

    def tell(change: Change) -> None:
        applied.changes.append(change)
        emit("change", {"stage": change.stage, "resource": change.resource, "action": change.action})

    dpkg.mend_policy()
    look_at(machine, [r for stage in request.stages.values() for r in stage])
    _adopt(machine, request)
    for stage in plan.stages_to_apply(request):
        if not emit("stage", {"stage": stage}):
            applied.failure = Failure(
                "interrupted", "nobody listens any more; the other stages were not begun", stage=stage
            )
            return applied
        if not _apply_stage(machine, request, stage, applied, tell, emit):
            return applied
    if plan.removes(request):
        _remove(machine, request, applied, tell)
    prune(machine.records.folder, {t.blob for t in _trees(request)})
    return applied


def _adopt(machine: Machine, request: Request) -> None:
    """Before anything is swapped: write down what every unit runs with (see `loaded`)."""
    for unit in of_kind((r for stage in request.stages.values() for r in stage), Unit):
        if unit.running is not False:
            unit.adopt(machine)


def _apply_stage(
    machine: Machine, request: Request, stage: str, applied: Applied, tell: Tell, emit: Emit
) -> bool:
    resources = request.stages[stage]
    stale = plan.stale_files(owned.read(machine.records), request.stages, stage)
    transaction = Transaction(machine, stage, resources, stale, tell)
    if applied.changes:
        transaction.look()  # an earlier stage may have changed what this one finds
    look_at_commands(machine, resources)
    if not transaction.is_needed:
        transaction.keep_up()
        return True
    try:
        transaction.run()
    except Failed as error:
        failure = error.failure
    except OSError as error:
        failure = failed("write", str(error)).failure
    else:
        return True
    emit("rollback", {"stage": stage, "resource": failure.resource})
    problems = roll_back(transaction)
    applied.rolled_back = not problems
    applied.failure = replace(failure, stage=stage, output="\n".join([failure.output, *problems]))
    return False


def _remove(machine: Machine, request: Request, applied: Applied, tell: Tell) -> None:
    try:
        removal.remove_stale(machine, request.stages, tell)
    except Failed as error:
        applied.failure = replace(error.failure, stage=REMOVAL)
    except OSError as error:
        applied.failure = Failure("remove", str(error), stage=REMOVAL)


def _trees(request: Request) -> list[Tree]:
    return of_kind((r for stage in request.stages.values() for r in stage), Tree)
