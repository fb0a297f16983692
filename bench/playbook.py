"""The same desired state in Ansible's words: the resources of our own plan as tasks and host variables.

Pure. The tasks themselves stand in `tasks/`, in the style Ansible's documentation teaches: a task for each
kind, a loop over each host's list, all hosts in parallel, a barrier after each.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from colonnade.engine.compose import Desired
from colonnade.kit.resources import (
    Command,
    Directory,
    File,
    Package,
    Resource,
    Symlink,
    Sysctl,
    Tree,
    Unit,
    User,
)
from colonnade.kit.stages import Stage
from colonnade_agent.resources.file import STAGED
from colonnade_agent.resources.sysctl import PERSISTED
from colonnade_agent.resources.tree import MARKER

Item = dict[str, Any]
Step = tuple[str, list[Item]]
"""A file of `tasks/` without its ending, and what it is to loop over."""

KINDS = ("packages", "users", "directories", "trees", "files", "links", "settings")
"""In the order in which the applier goes through a stage; units and commands follow in their own order."""


class Literal(str):
    """Text that Ansible must not take for a template."""

    __slots__ = ()


def steps(desired: Desired) -> Mapping[str, list[Item]]:
    """One machine's variables: the items of every step, by the step's name (`DATA_3_files`)."""
    return {
        f"{stage.name}_{number:02}_{kind}": items
        for stage in Stage
        for number, (kind, items) in enumerate(_stage(desired.get(stage, ())))
    }


def play(machines: Iterable[Mapping[str, list[Item]]]) -> list[Item]:
    """The playbook for machines with these steps. Steps that no machine has are left out."""
    order = {stage.name: stage for stage in Stage}
    named = {name for machine in machines for name, items in machine.items() if items}
    tasks = [
        {
            "ansible.builtin.import_tasks": f"tasks/{name.rsplit('_', 1)[1]}.yml",
            "vars": {"here": f"{{{{ {name} | default([]) }}}}"},
        }
        for name in sorted(named, key=lambda name: (order[name.split("_")[0]], name))
    ]
    settings = {"gather_facts": False, "any_errors_fatal": True, "vars": {"changed": []}}
    return [{"hosts": "all", **settings, "tasks": tasks}]


def _stage(resources: Sequence[Resource]) -> Iterator[Step]:
    """All of `KINDS`, then turns of units and commands, so that a number means one kind on all machines."""
    found: dict[str, list[Item]] = {kind: [] for kind in KINDS}
    settings = [r for r in resources if isinstance(r, Sysctl)]
    for resource in resources:
        for kind, item in _items(resource):
            found[kind].append({"id": resource.id, **item})
    if settings:
        found["settings"] = [{"script": Literal(sysctl_script(settings))}]
    yield from found.items()
    turns = [r for r in resources if isinstance(r, Unit | Command)]
    if turns and isinstance(turns[0], Command):
        yield "units", []
    for kind, group in groupby(turns, lambda turn: "units" if isinstance(turn, Unit) else "commands"):
        yield kind, [_turn(turn) for turn in group]


def _items(resource: Resource) -> Iterator[tuple[str, Item]]:
    match resource:
        case Package(name):
            yield "packages", {"name": name}
        case User(name, home, shell, groups):
            home = home or "/nonexistent"
            yield "users", {"name": name, "home": home, "shell": shell, "groups": list(groups)}
        case Directory(path, mode, owner, group):
            yield "directories", {"path": path, **_rights(mode, owner, group)}
        case Tree(path, blob):
            marker = f"{path}/{MARKER}"
            yield "directories", {"path": path, **_rights(0o755)}
            yield "trees", {"path": path, "archive": f"{blob}.tar.gz", "marker": marker}
            yield "files", {"path": marker, "source": Literal(blob), **_rights(0o644)}
        case File(path, _, mode, owner, group, validate):
            item = {"path": path, "source": path, **_rights(mode, owner, group)}
            yield "files", {**item, **({"validate": _validate(validate)} if validate else {})}
        case Symlink(path, target):
            yield "links", {"path": path, "target": target}


def _rights(mode: int, owner: str = "root", group: str = "root") -> Item:
    return {"mode": f"{mode:04o}", "owner": owner, "group": group}


def _validate(argv: Sequence[str]) -> Literal:
    """Ansible puts the staged file's path in place of %s, of which there must be just one."""
    assert sum(part.count(STAGED) for part in argv) == 1, argv
    return Literal(shlex.join(argv).replace("%", "%%").replace(STAGED, "%s"))


def _turn(turn: Unit | Command) -> Item:
    if isinstance(turn, Command):
        script = Literal(command_script(turn))
        return {"id": turn.id, "name": turn.name, "after": list(turn.after), "script": script}
    return {
        "id": turn.id,
        "name": turn.name,
        "enabled": turn.enabled,
        "running": turn.running,
        "reload_on": list(turn.reload_on),
        "restart_on": list(turn.restart_on),
        "ready": [Literal(part) for part in turn.ready],
        "tries": int(turn.ready_seconds * 4),
    }


def command_script(command: Command) -> str:
    """Check, mend, check again, in one call: prints `changed` when it had to mend, which `$1` forces."""
    limited = f"timeout {command.timeout:g}"
    expected = shlex.quote(" ".join(command.expect.split()))
    holds = f'&& [ "$(echo $said)" = {expected} ]' if command.expect.strip() else ""
    return f"""set -f
check() {{
said=$({limited} {shlex.join(command.check)} <<'END_OF_INPUT'
{command.check_input}
END_OF_INPUT
) {holds}
}}
[ -z "$1" ] && check && exit 0
{limited} {shlex.join(command.fix)} <<'END_OF_INPUT' || exit 1
{command.fix_input}
END_OF_INPUT
check || {{ echo "the check still does not hold: $said" >&2; exit 1; }}
echo changed
"""


def sysctl_script(settings: Sequence[Sysctl]) -> str:
    """The live values and the file that is read at boot; starts no program unless something differs."""
    values = {s.key: " ".join(s.value.split()) for s in settings}
    wanted = "\n".join(f"{key} = {value}" for key, value in sorted(values.items()))
    calls = "\n".join(
        f"live /proc/sys/{key.replace('.', '/')} {shlex.quote(value)}" for key, value in values.items()
    )
    return f"""set -f
read_live() {{ found=; [ ! -r "$1" ] || read -r found < "$1" || :; set -- $found; found=$*; }}
live() {{
  read_live "$1"; before=$found
  [ "$before" != "$2" ] || return 0
  {{ echo "$2" > "$1"; }} 2>/dev/null || return 0
  read_live "$1"
  [ "$before" = "$found" ] || echo changed
}}
{calls}
wanted={shlex.quote(wanted)}
if [ ! -e {PERSISTED} ] || [ "$(cat {PERSISTED})" != "$wanted" ]; then
  echo "$wanted" > {PERSISTED}; echo changed
fi
"""
