"""Brings a site to its desired state with Ansible: writes the playbook and runs it as a whole process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.playbook import Literal, play, steps
from bench.process import Run, measure
from colonnade.engine.site import Site
from colonnade.kit.resources import File, Tree
from colonnade.lab.lab import Lab

PROGRAM = Path(__file__).parent / ".venv" / "bin" / "ansible-playbook"
TASKS = Path(__file__).parent / "tasks"
SETTINGS = """[defaults]
home = {home}
forks = {forks}
nocolor = True
display_skipped_hosts = False
[ssh_connection]
pipelining = True
"""
"""Ansible at its fastest without third parties; it shares its SSH connections by default."""


class _Dumper(yaml.SafeDumper):
    """Writes `Literal` with Ansible's own tag for it."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _literal(dumper: yaml.SafeDumper, text: Literal) -> yaml.ScalarNode:
    return dumper.represent_scalar("!unsafe", str(text))


_Dumper.add_representer(Literal, _literal)


@dataclass(frozen=True)
class Playbook:
    """All that Ansible reads stands in `folder`."""

    folder: Path

    def run(self) -> Run:
        return measure(
            (str(PROGRAM), "--inventory", "inventory.yml", "site.yml"),
            cwd=self.folder,
            log=self.folder / "log",
            environment={
                **os.environ,
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            },
        )


def write(site: Site, lab: Lab, folder: Path) -> Playbook:
    """The playbook, its inventory, variables and files, for the machines of `lab`."""
    shutil.copytree(TASKS, folder / "tasks")
    (folder / "host_vars").mkdir()
    variables = {name: steps(desired) for name, desired in site.desired.items()}
    for name, own in variables.items():
        named = {step: [_placed(name, item) for item in items] for step, items in own.items() if items}
        _write(folder / "host_vars" / f"{name}.yml", named)
    _write(folder / "site.yml", play(variables.values()))
    hosts = {name: _connection(site, lab, name) for name in variables}
    _write(folder / "inventory.yml", {"all": {"hosts": hosts}})
    _write_files(site, folder / "files")
    (folder / "ansible.cfg").write_text(SETTINGS.format(home=folder / "home", forks=len(hosts)))
    return Playbook(folder)


def _placed(machine: str, item: dict[str, Any]) -> dict[str, Any]:
    """Every machine has its own sources: files/MACHINE/PATH."""
    return {**item, "source": f"{machine}{item['path']}"} if "source" in item else item


def _write_files(site: Site, files: Path) -> None:
    for machine, desired in site.desired.items():
        for resource in (r for stage in desired.values() for r in stage):
            if isinstance(resource, File):
                _put(files / f"{machine}{resource.path}", resource.content)
            elif isinstance(resource, Tree):
                marker = Path(f"{files}/{machine}{resource.path}/.colonnade-tree")
                _put(marker, resource.blob.encode())
                shutil.copy(site.blobs[resource.blob], files / f"{resource.blob}.tar.gz")


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _connection(site: Site, lab: Lab, machine: str) -> Mapping[str, str]:
    options = {
        "UserKnownHostsFile": lab.known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": machine,
        "IdentitiesOnly": "yes",
    }
    return {
        "ansible_host": site.ground.host(machine).address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(lab.ssh_identity),
        "ansible_ssh_common_args": " ".join(("-F /dev/null", *(f"-o {k}={v}" for k, v in options.items()))),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=1000))
