"""What the operator's side and a machine say to each other. Both import this: the words are in one place.

A request is one JSON object; blobs follow it (`pack`). Back come JSON lines: any number of progress events
(`{"event": "stage" | "change" | "waiting" | "rollback", ...}`), and a last `{"event": "response", ...}`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from colonnade_agent.failure import Failure
from colonnade_agent.machine import Resource
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.resources.user import User

KINDS: dict[str, type[Any]] = {
    "package": Package,
    "user": User,
    "directory": Directory,
    "file": File,
    "symlink": Symlink,
    "sysctl": Sysctl,
    "tree": Tree,
    "unit": Unit,
    "command": Command,
}
ACTIONS = ("create", "update", "delete", "install", "start", "stop", "reload", "restart", "run")
MODES = ("observe", "apply", "check")
REMOVAL = "removal"  # the stage under which it is told what is no longer desired and goes

Stages = Mapping[str, tuple[Resource, ...]]


@dataclass(frozen=True)
class Check:
    """A program whose answer is wanted, whatever it is."""

    name: str
    argv: tuple[str, ...]
    input: str = ""
    timeout: float = 10


@dataclass(frozen=True)
class CheckResult:
    """`exit` is 124 when it was killed after its time, 127 when there is no such program."""

    name: str
    exit: int
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True)
class Request:
    """`stages` is the whole desired state of the machine, in order; what it does not hold is no longer
    desired.

    `apply_stages` names those to apply now; `REMOVAL` among them removes what is no longer desired. Empty:
    all of it. So `Request("apply", {})` takes everything off the machine that was put there. `who` is told
    to whoever has to wait. With `observe`, `checks` run only where nothing differs.
    """

    mode: str
    stages: Stages = field(default_factory=dict)
    apply_stages: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    lock_seconds: float = 60
    who: str = ""


@dataclass(frozen=True)
class Change:
    """Something that differs (observe) or was mended (apply). `diff` never shows a secret."""

    stage: str
    resource: str
    action: str
    diff: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Facts:
    """`memory` in bytes, `uptime` in seconds."""

    hostname: str
    os: str
    os_id: str
    os_version: str
    python: str
    arch: str
    kernel: str
    machine_id: str
    boot_id: str
    uptime: float
    processors: int
    memory: int


@dataclass(frozen=True)
class Response:
    """`rolled_back`: a stage failed and what it had changed was put back. A rollback that itself failed
    says so in `failure.output`, and `rolled_back` is false.
    """

    facts: Facts
    changes: tuple[Change, ...] = ()
    failure: Failure | None = None
    rolled_back: bool = False
    missing_blobs: tuple[str, ...] = ()
    checks: tuple[CheckResult, ...] = ()


def encode(resource: Resource) -> dict[str, Any]:
    """The resource as JSON values; `kind` says which it is."""
    kind = type(resource).__name__.lower()
    values = {f.name: getattr(resource, f.name) for f in fields(KINDS[kind])}
    return {"kind": kind, **{name: _plain(value) for name, value in values.items()}}


def decode(values: Mapping[str, Any]) -> Resource:
    """The inverse of `encode`; ValueError for what it can't have made."""
    kind = KINDS.get(str(values.get("kind")))
    if kind is None:
        raise ValueError(f"unknown kind of resource: {values.get('kind')!r}")
    try:
        resource: Resource = kind(**{name: _rich(value) for name, value in values.items() if name != "kind"})
    except TypeError as error:
        raise ValueError(str(error)) from error
    return resource


def encode_request(request: Request) -> dict[str, Any]:
    return {
        "mode": request.mode,
        "stages": [[name, [encode(r) for r in resources]] for name, resources in request.stages.items()],
        "apply_stages": list(request.apply_stages),
        "checks": [asdict(check) for check in request.checks],
        "lock_seconds": request.lock_seconds,
        "who": request.who,
    }


def decode_request(values: Mapping[str, Any]) -> Request:
    return Request(
        mode=values["mode"],
        stages={name: tuple(decode(r) for r in resources) for name, resources in values["stages"]},
        apply_stages=tuple(values["apply_stages"]),
        checks=tuple(Check(**{**check, "argv": tuple(check["argv"])}) for check in values["checks"]),
        lock_seconds=values["lock_seconds"],
        who=values["who"],
    )


def encode_response(response: Response) -> dict[str, Any]:
    return asdict(response)


def decode_response(values: Mapping[str, Any]) -> Response:
    failure = values["failure"]
    return Response(
        facts=Facts(**values["facts"]),
        changes=tuple(Change(**change) for change in values["changes"]),
        failure=Failure(**{**failure, "argv": tuple(failure["argv"])}) if failure else None,
        rolled_back=values["rolled_back"],
        missing_blobs=tuple(values["missing_blobs"]),
        checks=tuple(CheckResult(**result) for result in values["checks"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode("ascii")}
    return list(value) if isinstance(value, tuple) else value


def _rich(value: Any) -> Any:
    if isinstance(value, dict):
        return b64decode(value["base64"])
    return tuple(value) if isinstance(value, list) else value
