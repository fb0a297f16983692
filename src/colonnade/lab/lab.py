"""Which real machines stand on this computer, and what happens to them? The one class its callers use.

A lab knows names and networks of machines, and nothing of designs. Its verbs may be killed at any moment: the
next `ensure` or `destroy` finds what was left and goes on from there. Every call needs root.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab import full_disk, keys, lock
from colonnade.lab.addressing import NETWORKS, UPLINKS, Addressing
from colonnade.lab.booting import boot, silent, together
from colonnade.lab.commands import SYSTEM_PATH, Progress, environment
from colonnade.lab.fault_tables import FaultTables
from colonnade.lab.faults import Direction, Fault
from colonnade.lab.machine import Machine
from colonnade.lab.network import Network
from colonnade.lab.prerequisites import MACHINE_BYTES, allow_watchers, require_root, require_space
from colonnade.lab.records import LabRecord
from colonnade.lab.slowness import Slowness
from colonnade.lab.status import MachineStatus, State, state_of, status_of
from colonnade.lab.store import LOCK_SECONDS, Store, names
from colonnade.lab.supervisor import supervisor

STATE = Path("/var/lib/colonnade")
LAB_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
MACHINE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?")
SWAP_IN = (
    'mkdir -p "$(dirname "$1")" && umask 077 && cat > "$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"'
)
INSIDE = {"PATH": SYSTEM_PATH, "HOME": "/root", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class MachineSpec:
    """`networks` are some of addressing.NETWORKS."""

    name: str
    networks: tuple[str, ...]

    def __post_init__(self) -> None:
        if not MACHINE_NAME.fullmatch(self.name):
            raise LabError(
                f"{self.name!r} can't name a machine",
                hint="take up to 30 lower-case letters, digits and dashes, no dash at the ends",
            )
        unknown = sorted(set(self.networks) - set(NETWORKS))
        if unknown or not self.networks:
            raise LabError(
                f"machine {self.name} is on {', '.join(unknown) or 'no network'}",
                hint=f"a lab has these networks: {', '.join(NETWORKS)}",
            )


class Lab:
    """The lab called `name`; making this object touches nothing."""

    def __init__(self, name: str, state: Path = STATE) -> None:
        if not LAB_NAME.fullmatch(name):
            raise LabError(
                f"{name!r} can't name a lab",
                hint="take up to 32 lower-case letters, digits and dashes, no dash at the ends",
            )
        self.name = name
        self._store = Store(state, name)

    @staticmethod
    def all(state: Path = STATE) -> list[str]:
        """The names of all labs, also of those whose machines are down and whose data are kept."""
        return names(state)

    @property
    def ssh_identity(self) -> Path:
        return self._store.folder / "ssh" / "identity"

    @property
    def known_hosts(self) -> Path:
        """Pins each machine's host key under its name and under each of its addresses."""
        return self._store.folder / "ssh" / "known_hosts"

    @property
    def addressing(self) -> Addressing:
        """The lab's networks, routers, floating addresses, and what the host is called in it."""
        return Addressing(self._store.existing().number)

    def allocate(self, specs: Iterable[MachineSpec]) -> dict[str, dict[str, IPv4Address]]:
        """Machine -> network -> address. Needs no boot; an address once given stays until the machine is
        removed.
        """
        with self._changing():
            record = self._store.with_machines({spec.name: spec.networks for spec in specs})
        return {name: self._addresses(record, name) for name in record.machines}

    def addresses(self, name: str) -> dict[str, IPv4Address]:
        record = self._store.existing()
        self._known(record, name)
        return self._addresses(record, name)

    def ensure(self, specs: Sequence[MachineSpec], image: Path, progress: Progress) -> None:
        """Boot what of `specs` is not running, on `image`, and return when sshd listens on each.

        A machine that has booted before keeps its data and its own image. Faults stay as they are. Machines
        that are not in `specs` are left alone.
        """
        with self._changing():
            record = self._store.with_machines({s.name: s.networks for s in specs}, image)
            self._write_keys(record)
            network = self._network(record)
            network.ensure()
            ports = network.ports()
            machines = [self._machine(record, spec.name) for spec in specs]
            absent = [m for m in machines if not m.cgroup.populated]
            if absent:
                require_space(self._store.folder, MACHINE_BYTES * len(absent))
                allow_watchers(progress)
            operator = keys.public_half(self.ssh_identity).read_text()
            together(machines, lambda m: boot(m, ports, operator, progress))

    def remove(self, names: Iterable[str]) -> None:
        """Take machines away with their data and addresses, at once."""
        with self._changing():
            record = self._store.existing()
            gone = [self._machine(record, name) for name in names if name in record.machines]
            together(gone, lambda m: m.kill())
            removed = {m.name for m in gone}
            self._faults(record).keep(lambda fault: fault.machine not in removed)
            record = record.without(removed)
            self._store.save(record)
            for machine in gone:
                if machine.folder.exists():
                    shutil.rmtree(machine.folder)
            self._write_keys(record)

    def destroy(self, *, keep_data: bool = False) -> None:
        """Leave nothing of the lab here. With `keep_data`, the next `ensure` brings the same machines."""
        with self._changing():
            record = self._store.load() if keep_data else self._store.load_or_salvage()
            if record:
                end: Callable[[Machine], None] = Machine.stop if keep_data else Machine.kill
                together([self._machine(record, name) for name in record.machines], end)
                self._network(record).remove()
            if not keep_data and self._store.folder.exists():
                shutil.rmtree(self._store.folder)

    def start(self, name: str) -> None:
        """Boot one machine that is stopped, and wait for its sshd."""
        with self._changing():
            record = self._store.existing()
            machine = self._known_machine(record, name)
            self._write_keys(record)
            network = self._network(record)
            network.ensure()
            operator = keys.public_half(self.ssh_identity).read_text()
            boot(machine, network.ports(), operator, silent)

    def stop(self, name: str) -> None:
        """Orderly shutdown."""
        with self._changing():
            self._known_machine(self._store.existing(), name).stop()

    def kill(self, name: str) -> None:
        """Power cut: all its processes are killed at once, its addresses go. What it wrote stays."""
        with self._changing():
            self._known_machine(self._store.existing(), name).kill()

    def freeze(self, name: str) -> None:
        """Every process of it stands still, and does not know that it does."""
        with self._changing():
            self._running(name).cgroup.freeze(True)

    def thaw(self, name: str) -> None:
        with self._changing():
            self._running(name).cgroup.freeze(False)

    def cut(self, name: str, network: str | None = None, direction: Direction = "both") -> None:
        """Drop all of its traffic on `network` (or on all); `in` is towards the machine, `out` is from it."""
        self._add_faults(name, network, lambda net: Fault(name, net, direction))

    def loss(self, name: str, percent: int, network: str | None = None) -> None:
        """Drop `percent` of its packets, each way."""
        self._add_faults(name, network, lambda net: Fault(name, net, percent=percent))

    def slow(self, name: str, network: str) -> None:
        """Let it hear but slowly on `network`: eight kilobytes a second."""
        with self._changing():
            record = self._store.existing()
            self._require_on(record, name, network)
            self._slowness(record).add(name, network)

    def fill(self, name: str) -> None:
        """Let there be no space left under its /var. The host's disk is not filled."""
        with self._changing():
            self._do(name, full_disk.FILL)

    def cut_uplink(self, uplink: str, direction: Direction = "both") -> None:
        """The provider behind an uplink network is gone: nothing passes between that network and the world.

        `in` is towards the site. The machines still see one another on it, and its router.
        """
        self._add_provider_fault(Fault("", uplink, direction))

    def loss_uplink(self, uplink: str, percent: int) -> None:
        """The provider drops `percent` of the packets, each way."""
        self._add_provider_fault(Fault("", uplink, percent=percent))

    def heal_uplink(self, uplink: str) -> None:
        """Take away what was done to the provider; faults of machines on this uplink stay."""
        with self._changing():
            known = self._faults(self._store.existing())
            known.keep(lambda fault: (fault.machine, fault.network) != ("", uplink))

    def heal(self, name: str | None = None) -> None:
        """Take away what was done to one machine, or to all and to the uplinks. One that is off stays off."""
        with self._changing():
            record = self._store.existing()
            for each in [name] if name else list(record.machines):
                machine = self._known_machine(record, each)
                if machine.cgroup.populated and machine.cgroup.frozen:
                    machine.cgroup.freeze(False)
                if machine.disk_is_full:
                    self._do(each, full_disk.EMPTY)
                self._slowness(record).take_away(each, machine.addresses)
            self._faults(record).keep(lambda fault: name is not None and fault.machine != name)

    def states(self) -> dict[str, State]:
        """Machine -> state, at once: `status` measures memory, which takes time."""
        record = self._store.load()
        return {name: state_of(self._machine(record, name)) for name in record.machines} if record else {}

    def made(self) -> frozenset[str]:
        """The machines that have a disk; others may have an address already."""
        record = self._store.load()
        return record.booted if record else frozenset()

    def status(self) -> dict[str, MachineStatus]:
        record = self._store.load()
        if record is None:
            return {}
        found = self._faults(record).read()
        slow = self._slowness(record)
        machines = {name: self._machine(record, name) for name in record.machines}
        return {n: status_of(m, [*found, *slow.read(n, m.addresses)]) for n, m in machines.items()}

    def uplinks(self) -> dict[str, tuple[str, ...]]:
        """Each uplink that a machine is on, and what was done to its provider, in words."""
        record = self._store.load()
        if record is None:
            return {}
        used = {network for machine in record.machines.values() for network in machine.networks}
        found = [f for f in self._faults(record).read() if not f.machine]
        return {u: tuple(str(f) for f in found if f.network == u) for u in UPLINKS if u in used}

    def command(self, name: str, argv: Sequence[str]) -> tuple[str, ...]:
        """The host command that runs `argv` inside, for callers that read its output as it comes."""
        machine = self._running(name)
        if machine.cgroup.frozen:
            raise LabError(f"{name} is frozen", hint=f"thaw it: colonnade lab thaw {name}")
        return machine.command(("env", "-i", *(f"{k}={v}" for k, v in INSIDE.items()), *argv))

    def run(
        self, name: str, argv: Sequence[str], stdin: bytes | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside without SSH; its exit code is the caller's to judge. `timeout`: seconds."""
        # The time limit stands inside too: killing nsenter does not kill what it started in the machine.
        limited = ("timeout", "--signal=KILL", f"{timeout}", *argv)
        started = time.monotonic()
        try:
            done = subprocess.run(
                self.command(name, limited),
                input=stdin if stdin is not None else b"",
                capture_output=True,
                timeout=timeout + 1,
                check=False,
                env=environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise _too_long(name, argv, timeout) from error
        if time.monotonic() - started >= timeout:
            raise _too_long(name, argv, timeout)
        texts = (done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        return subprocess.CompletedProcess(list(argv), done.returncode, *texts)

    def put(self, name: str, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file into a running machine; it is swapped in whole."""
        self._do(name, SWAP_IN, path, f"{mode:o}", stdin=content)

    def _do(self, name: str, script: str, *arguments: str, stdin: bytes = b"") -> None:
        done = self.run(name, ["sh", "-c", script, "sh", *arguments], stdin)
        if done.returncode:
            raise LabError(f"{name}: {script.strip()}: {done.stderr.strip()}")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        require_root()
        with lock.hold(self._store.lock_file, f"the lab {self.name}", seconds=LOCK_SECONDS):
            yield

    def _network(self, record: LabRecord) -> Network:
        return Network(self.name, Addressing(record.number))

    def _machine(self, record: LabRecord, name: str) -> Machine:
        known = record.machines[name]
        return Machine(
            lab=self.name,
            name=name,
            folder=self._store.folder / "machines" / name,
            image=Path(known.image),
            host=known.host,
            addresses=self._addresses(record, name),
            network=self._network(record),
            supervisor=supervisor(),
        )

    def _known_machine(self, record: LabRecord, name: str) -> Machine:
        self._known(record, name)
        return self._machine(record, name)

    def _known(self, record: LabRecord, name: str) -> None:
        if name not in record.machines:
            names = ", ".join(sorted(record.machines)) or "none"
            raise LabError(f"the lab {self.name} has no machine {name!r}", hint=f"its machines: {names}")

    def _running(self, name: str) -> Machine:
        machine = self._known_machine(self._store.existing(), name)
        if not machine.cgroup.populated:
            raise LabError(f"{name} is not running", hint=f"start it: colonnade lab start {name}")
        return machine

    @staticmethod
    def _addresses(record: LabRecord, name: str) -> dict[str, IPv4Address]:
        machine = record.machines[name]
        return {
            network: Addressing(record.number).machine(machine.host, network) for network in machine.networks
        }

    def _write_keys(self, record: LabRecord) -> None:
        keys.make_pair(self.ssh_identity, f"operator of the lab {self.name}")
        machines = [self._machine(record, name) for name in record.machines]
        for machine in machines:
            machine.make_host_key()
        text = keys.known_hosts(
            {m.name: keys.public_half(m.host_key).read_text() for m in machines},
            {m.name: [str(a) for a in m.addresses.values()] for m in machines},
        )
        keys.replace(self.known_hosts, text)

    def _faults(self, record: LabRecord) -> FaultTables:
        return FaultTables(
            self._network(record), lambda name, network: self._machine(record, name).port(network)
        )

    def _add_faults(self, name: str, network: str | None, fault: Callable[[str], Fault]) -> None:
        with self._changing():
            record = self._store.existing()
            on = self._require_on(record, name, network)
            self._faults(record).add(fault(each) for each in on)

    def _require_on(self, record: LabRecord, name: str, network: str | None) -> tuple[str, ...]:
        """The networks meant: this one, which the machine must be on, or all that it is on."""
        on = self._known_machine(record, name).addresses
        if network is not None and network not in on:
            raise LabError(f"{name} is not on {network}", hint=f"it is on {', '.join(on)}")
        return (network,) if network else tuple(on)

    def _slowness(self, record: LabRecord) -> Slowness:
        return Slowness(self._network(record), lambda m, network: self._machine(record, m).port(network))

    def _add_provider_fault(self, fault: Fault) -> None:
        if fault.network not in UPLINKS:
            raise LabError(f"{fault.network!r} is no uplink", hint=f"the lab's are {', '.join(UPLINKS)}")
        with self._changing():
            self._faults(self._store.existing()).add([fault])


def _too_long(name: str, argv: Sequence[str], timeout: float) -> LabError:
    return LabError(f"{name}: {' '.join(argv)} did not end within {timeout} s")
