"""Which machines has a lab, with which addresses and image, and which number is its own? Asked by the lab.

One JSON file in the lab's folder, replaced whole. It holds what can't be read back from the kernel, and
nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab.addressing import FIRST_HOST, LABS, LAST_HOST, Addressing, lowest_free

FILE = "lab.json"


@dataclass(frozen=True)
class MachineRecord:
    """`host` is the last part of each of its addresses; `image` names the image its data lie upon, once
    booted.
    """

    host: int
    networks: tuple[str, ...]
    image: str = ""


@dataclass(frozen=True)
class LabRecord:
    number: int
    machines: Mapping[str, MachineRecord] = field(default_factory=dict)

    @property
    def booted(self) -> frozenset[str]:
        return frozenset(name for name, machine in self.machines.items() if machine.image)

    def with_machine(self, name: str, networks: tuple[str, ...]) -> LabRecord:
        """`name` keeps its host number if it has one, and gets the lowest free one if not."""
        known = self.machines.get(name)
        if known:
            return self.changed(name, replace(known, networks=networks))
        host = lowest_free({m.host for m in self.machines.values()}, range(FIRST_HOST, LAST_HOST + 1))
        if host is None:
            raise LabError(
                f"a lab holds at most {LAST_HOST - FIRST_HOST + 1} machines; {name} is one too many"
            )
        return self.changed(name, MachineRecord(host, networks))

    def changed(self, name: str, machine: MachineRecord) -> LabRecord:
        return replace(self, machines={**self.machines, name: machine})

    def without(self, names: Iterable[str]) -> LabRecord:
        gone = set(names)
        return replace(self, machines={n: m for n, m in self.machines.items() if n not in gone})


def load(folder: Path) -> LabRecord | None:
    """None when the lab has never been made."""
    path = folder / FILE
    try:
        data = json.loads(path.read_text())
        machines = {
            name: MachineRecord(m["host"], tuple(m["networks"]), m["image"])
            for name, m in data["machines"].items()
        }
        return LabRecord(data["number"], machines)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(
            f"the lab's record is damaged ({error!r})",
            where=str(path),
            hint="destroy this lab and make it again; its data can't be matched to machines any more",
        ) from error


def save(folder: Path, record: LabRecord) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.new"
    with new.open("w") as file:
        json.dump(asdict(record), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)


def numbers_in_use(labs: Path) -> dict[str, int]:
    """Lab name -> number, of every lab whose record can be read."""
    found = {}
    for path in labs.glob(f"*/{FILE}"):
        try:
            record = load(path.parent)
        except LabError:  # a damaged lab must not keep others from being made
            continue
        if record:
            found[path.parent.name] = record.number
    return found


def free_number(taken: Iterable[int], foreign: Iterable[IPv4Network]) -> int:
    """The lowest number not `taken` whose addresses hold no destination the host already routes elsewhere."""
    foreign = tuple(foreign)
    used = set(taken)
    used |= {n for n in range(LABS) if any(net.subnet_of(Addressing(n).block) for net in foreign)}
    number = lowest_free(used, range(LABS))
    if number is None:
        raise LabError(
            f"all {LABS} lab numbers are in use", hint="'colonnade lab list' names the labs; destroy some"
        )
    return number
