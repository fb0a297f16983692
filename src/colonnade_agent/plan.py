"""What is done in which order, and what is no longer desired: pure answers for `apply` and `removal`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

from colonnade_agent.failure import failed
from colonnade_agent.machine import Resource
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.unit import Unit
from colonnade_agent.wire import MODES, REMOVAL, Request, Stages

STAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
UNITS_FOLDER = PurePosixPath("/etc/systemd/system")
PHASES = ("package", "user", "directory", "tree", "file", "symlink", "sysctl")
FILES = ("file", "symlink")
# Units first: nothing is pulled from under a running program. Directories last, from the inside out.
REMOVAL_ORDER = ("unit", "file", "symlink", "sysctl", "tree", "directory")

Kind = TypeVar("Kind")


def of_kind(resources: Iterable[Resource], kind: type[Kind]) -> list[Kind]:
    return [r for r in resources if isinstance(r, kind)]


def phase(resource: Resource) -> int:
    """The place of its kind in a transaction; units and commands share the last one, and keep their order."""
    kind = kind_of(resource.id)
    return PHASES.index(kind) if kind in PHASES else len(PHASES)


def in_turn(resources: Iterable[Resource]) -> list[Unit | Command]:
    """Those that are dealt with one after another, in the order in which the stage lists them."""
    return [r for r in resources if isinstance(r, Unit | Command)]


def needs_of(resource: Resource) -> tuple[str, ...]:
    """Ids of the resources whose content this one runs with."""
    if isinstance(resource, Unit):
        return (*resource.reload_on, *resource.restart_on)
    return resource.after if isinstance(resource, Command) else ()


def stages_to_apply(request: Request) -> list[str]:
    return [name for name in request.stages if not request.apply_stages or name in request.apply_stages]


def removes(request: Request) -> bool:
    return not request.apply_stages or REMOVAL in request.apply_stages


def check_request(request: Request) -> None:
    """`Failed` for a request that can't be meant: duplicate ids, or ids that are not there (yet) when they
    are needed.
    """
    if request.mode not in MODES:
        raise failed("request", f"unknown mode {request.mode!r}")
    for name in {*request.stages, *request.apply_stages}:
        if not STAGE_NAME.fullmatch(name):
            raise failed("request", f"not a name for a stage: {name!r}")
    if unknown := set(request.apply_stages) - {*request.stages, REMOVAL}:
        raise failed("request", f"no such stage: {', '.join(sorted(unknown))}")
    if REMOVAL in request.stages:
        raise failed("request", f"a stage can't be called {REMOVAL!r}")
    _check_ids(request.stages)


def _check_ids(stages: Stages) -> None:
    met: set[str] = set()
    for name, resources in stages.items():
        for resource in resources:
            if resource.id in met:
                raise failed("request", f"desired twice (the second time in stage {name})", resource.id)
            met.add(resource.id)
        for resource in resources:
            if missing := set(needs_of(resource)) - met:
                named = ", ".join(sorted(missing))
                raise failed(
                    "request", f"names {named}, not in its stage ({name}) or an earlier one", resource.id
                )


def stale(owned: Mapping[str, Any], stages: Stages) -> list[str]:
    """Ids of what was put on the machine and is no longer desired, in the order in which to remove it."""
    desired = {r.id for resources in stages.values() for r in resources}
    return sorted((i for i in owned if i not in desired), key=_removal_key)


def stale_files(owned: Mapping[str, Mapping[str, Any]], stages: Stages, stage: str) -> list[str]:
    """Paths of stale files and links that go with the transaction of `stage`, before its units are reloaded.

    They can't wait for the end: a program that includes `conf.d/*.conf` would be reloaded with them once
    more. The file of a unit that is itself stale does wait, until the unit has been stopped and disabled.
    """
    gone = stale(owned, stages)
    units = {key_of(i) for i in gone if kind_of(i) == "unit"}
    paths = [i for i in gone if kind_of(i) in FILES and owned[i].get("stage") == stage]
    return [i for i in paths if not _is_file_of(key_of(i), units)]


def kind_of(resource_id: str) -> str:
    return resource_id.partition(":")[0]


def key_of(resource_id: str) -> str:
    return resource_id.partition(":")[2]


def is_unit_file(path: str) -> bool:
    return UNITS_FOLDER in PurePosixPath(path).parents


def _is_file_of(path: str, units: set[str]) -> bool:
    file = PurePosixPath(path)
    return is_unit_file(path) and (file.name in units or file.stem in units)


def _removal_key(resource_id: str) -> tuple[int, int, str]:
    kind, key = kind_of(resource_id), key_of(resource_id)
    rank = REMOVAL_ORDER.index(kind) if kind in REMOVAL_ORDER else len(REMOVAL_ORDER)
    return rank, -key.count("/"), key
