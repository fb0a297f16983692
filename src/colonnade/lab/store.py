"""Where are the labs' records kept, and which number and addresses does a new one get? Asked by the lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab import lock, records
from colonnade.lab.addressing import LABS
from colonnade.lab.network import routed_elsewhere
from colonnade.lab.records import LabRecord, MachineRecord

LOCKS = Path("/run/lock")
LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class Store:
    """The record of lab `name`; whoever changes it holds the lab's lock."""

    state: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.state / "labs" / self.name

    @property
    def lock_file(self) -> Path:
        return LOCKS / f"colonnade-{self.name}.lock"

    def load(self) -> LabRecord | None:
        return records.load(self.folder)

    def load_or_salvage(self) -> LabRecord | None:
        """Of a damaged record what it takes to destroy the lab: its machines, by their folders' names."""
        try:
            return self.load()
        except LabError:
            machines = self.folder / "machines"
            found = sorted(p.name for p in machines.iterdir()) if machines.is_dir() else []
            return LabRecord(LABS, {name: MachineRecord(0, ()) for name in found})

    def save(self, record: LabRecord) -> None:
        records.save(self.folder, record)

    def existing(self) -> LabRecord:
        record = self.load()
        if record is None:
            raise LabError(
                f"there is no lab {self.name}", hint="'colonnade lab list' names the labs; 'up' makes one"
            )
        return record

    def with_machines(self, wanted: Mapping[str, tuple[str, ...]], image: Path | None = None) -> LabRecord:
        """The record with these machines (name -> networks), on disk; `image` is for those that have none
        yet.
        """
        old = self.load() or self._numbered()
        record = old
        for name, networks in wanted.items():
            record = record.with_machine(name, networks)
            machine = record.machines[name]
            if image and not machine.image:
                record = record.changed(name, replace(machine, image=str(image)))
        if record != old:
            self.save(record)
        return record

    def _numbered(self) -> LabRecord:
        """A new record; its number is on disk before the next lab may choose one."""
        with lock.hold(LOCKS / "colonnade.lock", "the list of labs", seconds=LOCK_SECONDS):
            taken = records.numbers_in_use(self.state / "labs").values()
            record = LabRecord(records.free_number(taken, routed_elsewhere()))
            self.save(record)
        return record


def names(state: Path) -> list[str]:
    labs = state / "labs"
    return sorted(p.name for p in labs.iterdir() if p.is_dir()) if labs.is_dir() else []


def images_in_use(state: Path) -> set[Path]:
    """The images that some lab's machine lies upon; all others may be pruned."""
    loaded = (records.load(state / "labs" / name) for name in names(state))
    return {Path(m.image) for record in loaded if record for m in record.machines.values() if m.image}
