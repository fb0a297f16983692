"""How is one machine booted, stopped, killed and looked at? Asked by the lab.

A machine is an overlay over the image, mounted in a mount namespace of its own, so that the host's list of
mounts never holds it and it is gone with the machine's last process.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab import full_disk, keys
from colonnade.lab.cgroups import Cgroup
from colonnade.lab.commands import SYSTEM_PATH, wait_until
from colonnade.lab.network import Network
from colonnade.lab.seed import SeedFile, identity_files, network_files
from colonnade.lab.supervisor import Supervisor

MOUNT_AND_RUN = 'mount -t overlay colonnade -o "$1" "$2" && shift 2 && exec "$@"'
NSPAWN_ENVIRONMENT = {
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    "UNIFIED_CGROUP_HIERARCHY": "1",
    "SYSTEMD_NSPAWN_LOCK": "0",  # a lock file would outlive a power cut; the lab has its own lock
    "PATH": SYSTEM_PATH,
}
PORT_SECONDS = 20.0
BOOT_SECONDS = 90.0
STOP_SECONDS = 90.0


@dataclass(frozen=True)
class Machine:
    lab: str
    name: str
    folder: Path
    image: Path
    host: int
    addresses: Mapping[str, IPv4Address]
    network: Network
    supervisor: Supervisor

    @property
    def cgroup(self) -> Cgroup:
        return self.supervisor.cgroup(self.lab, self.name)

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    @property
    def host_key(self) -> Path:
        return self.folder / "ssh_host_ed25519_key"

    def port(self, network: str) -> str:
        """The machine's port on the bridge of `network`; at most 15 characters, the kernel's limit."""
        return f"m{self.host}-{network}"

    @property
    def ports(self) -> dict[str, str]:
        return {self.port(network): network for network in self.addresses}

    def ports_among(self, ports: Iterable[str]) -> set[str]:
        """Those that are this machine's, also on networks it is no longer to be on."""
        return {port for port in ports if port.startswith(self.port(""))}

    def make_host_key(self) -> None:
        keys.make_pair(self.host_key, f"root@{self.name}")

    def has_leader(self) -> bool:
        """Whether an init runs or comes soon: a run may be killed just after it started the machine."""
        return wait_until(lambda: self.cgroup.leader() is not None, seconds=3)

    def start(self, operator_key: str) -> None:
        """Boot, and attach to the networks. Does not wait for sshd."""
        # Hazard: a cgroup that was killed must not be used again. Linux 6.18 was seen to kill at birth every
        # service that systemd started from within such a one.
        self.supervisor.forget(self.lab, self.name)
        self._prepare(operator_key)
        self.supervisor.start(self.lab, self.name, self._command(), NSPAWN_ENVIRONMENT, self.console)
        self.attach()

    def attach(self) -> None:
        """Put its ports on their bridges as soon as systemd-nspawn has made them."""
        group = self.cgroup
        attached = wait_until(
            lambda: self.network.attach(self.ports) or not group.populated, seconds=PORT_SECONDS, step=0.04
        )
        if not attached or not group.populated:
            raise self._boot_error("its network ports did not appear")

    def wait(self) -> None:
        """Return when every address is set and sshd listens; LabError with the console's end if not."""
        group = self.cgroup
        wait_until(lambda: self.ready() or not group.populated, seconds=BOOT_SECONDS, step=0.05)
        if not group.populated:
            raise self._boot_error("it ended while it booted")
        if not self.ready():
            raise self._boot_error(f"sshd does not listen after {BOOT_SECONDS:.0f} s")

    def ready(self) -> bool:
        """Read from the kernel and not over the network, so that a fault injected there does not matter."""
        leader = self.cgroup.leader()
        if leader is None:
            return False
        boot = _boot_of(leader)
        if boot and self._ready_boot.exists() and self._ready_boot.read_text() == boot:
            return True
        if not self._addressed_and_listening(leader):
            return False
        self._ready_boot.write_text(boot)
        return True

    @property
    def _ready_boot(self) -> Path:
        """Remembers which boot was seen ready: to look at the sockets of a network costs some 10 ms."""
        return self.folder / "ready"

    def _addressed_and_listening(self, leader: int) -> bool:
        net = Path(f"/proc/{leader}/net")
        try:
            trie = (net / "fib_trie").read_text()
            sockets = (net / "tcp").read_text() + (net / "tcp6").read_text()
        except OSError:  # it ended meanwhile
            return False
        return all(f"|-- {a}\n" in trie for a in self.addresses.values()) and _listens(sockets, port=22)

    @property
    def disk_is_full(self) -> bool:
        """On purpose, that is."""
        leader = self.cgroup.leader()
        try:
            return leader is not None and full_disk.in_mounts(Path(f"/proc/{leader}/mounts").read_text())
        except OSError:  # it ended meanwhile
            return False

    def stop(self) -> None:
        """Orderly shutdown: systemd-nspawn passes SIGTERM on to the init; power off if that hangs."""
        group = self.cgroup
        if group.frozen:
            group.freeze(False)
        supervisor = group.supervisor()
        if supervisor is not None:
            os.kill(supervisor, signal.SIGTERM)
            wait_until(lambda: not group.populated, seconds=STOP_SECONDS, step=0.02)
        self.kill()

    def kill(self) -> None:
        """Power cut. Returns when no process and no port is left."""
        self.cgroup.kill()
        if self.network.exists:
            # The kernel takes them some time after the last process is gone: seconds, on a busy computer.
            self.network.detach(self.ports_among(self.network.ports()))
        if self.network.exists and not wait_until(self._has_no_ports, seconds=PORT_SECONDS):
            raise LabError(f"the network ports of {self.name} outlive it")
        self.supervisor.forget(self.lab, self.name)
        # systemd-nspawn removes this folder itself, but not when it is killed.
        _remove_folder(Path("/run/systemd/nspawn/propagate") / self._nspawn_name)
        _remove_folder(Path("/run/systemd/nspawn/unix-export") / self._nspawn_name)

    def _has_no_ports(self) -> bool:
        return not self.ports_among(self.network.ports())

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The host command that runs `argv` inside, as a process of the machine that shares its fate."""
        group = self.cgroup
        leader = group.leader()
        if leader is None:
            raise LabError(f"{self.name} is not running", hint=f"start it: colonnade lab start {self.name}")
        join = 'echo $$ > "$1" && shift && exec "$@"'
        enter = ("nsenter", f"--target={leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        procs = str(group.path / "payload" / "init.scope" / "cgroup.procs")
        return ("sh", "-c", join, "sh", procs, *enter, "--root", "--wd", "--", *argv)

    def _command(self) -> tuple[str, ...]:
        options = f"lowerdir={self.image},upperdir={self.folder}/upper,workdir={self.folder}/work"
        root = str(self.folder / "root")
        # Not `ip netns exec`: it mounts a new /sys, which hides the cgroups from systemd-nspawn.
        place = ("nsenter", f"--net={self.network.namespace}", "unshare", "--mount", "--propagation=slave")
        return (
            *place,
            *("sh", "-c", MOUNT_AND_RUN, "sh", options, root),
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--settings=no",
            f"--directory={root}",
            f"--machine={self._nspawn_name}",
            f"--hostname={self.name}",
            *(f"--network-veth-extra={port}:{network}" for port, network in self.ports.items()),
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--boot",
        )

    @property
    def _nspawn_name(self) -> str:
        return f"{self.lab}-{self.name}"

    def _prepare(self, operator_key: str) -> None:
        if not (self.image / "usr").is_dir():
            raise LabError(
                f"{self.name} has no image to boot from ({self.image})",
                hint="a machine is first booted by 'up'; if its image is gone, make its lab again",
            )
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.make_host_key()
        # Derived, so that a machine keeps its id without a file to remember it.
        machine_id = hashlib.sha256(self.host_key.read_bytes()).hexdigest()[:32]
        public = keys.public_half(self.host_key).read_text()
        files = identity_files(self.name, machine_id, self.host_key.read_text(), public, operator_key)
        files |= network_files(self.network.addressing, self.addresses)
        for path, file in files.items():
            _write(self.folder / "upper", self.image, path, file)

    def _boot_error(self, what: str) -> LabError:
        tail = self.console.read_text(errors="replace")[-2000:] if self.console.exists() else ""
        return LabError(
            f"{self.name} did not boot: {what}\n{tail.strip()}",
            hint=f"its whole console is in {self.console}",
        )


def _write(upper: Path, image: Path, path: str, file: SeedFile) -> None:
    """Write into the upper layer; folders new there look as they do in the image below."""
    folder = upper
    for part in Path(path).parent.parts:
        folder = folder / part
        if not folder.is_dir():
            folder.mkdir()
            below = image / folder.relative_to(upper)
            folder.chmod(below.stat().st_mode & 0o7777 if below.is_dir() else 0o700)
    target = upper / path
    if target.is_file() and target.read_text() == file.content:
        return
    new = target.with_name(f"{target.name}.new")
    new.touch(mode=0o600)
    new.write_text(file.content)
    new.chmod(file.mode)
    new.replace(target)


def _boot_of(leader: int) -> str:
    """The process id and, since ids come again, its start time: field 22 of proc_pid_stat(5)."""
    try:
        after_name = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2]
    except OSError:  # it ended meanwhile
        return ""
    return f"{leader} {after_name.split()[19]}"


def _listens(sockets: str, port: int) -> bool:
    """Whether /proc/net/tcp's text has a listener (state 0A) on `port`."""
    ending = f":{port:04X}"
    rows = (line.split() for line in sockets.splitlines())
    return any(len(row) > 3 and row[1].endswith(ending) and row[3] == "0A" for row in rows)


def _remove_folder(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
