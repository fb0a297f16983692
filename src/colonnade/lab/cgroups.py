"""Where are a machine's processes, and how are they stopped all at once? Asked by the supervisors and
machines.

A machine is one cgroup (v2). systemd-nspawn puts itself into its child `supervisor`, the rest into `payload`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab.commands import wait_until


def unified_root() -> Path:
    """Where cgroup v2 is mounted: alone, or beside v1."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(place)
    raise LabError(
        "this computer has no cgroup v2 mounted, which machines need",
        hint="mount it: mount -t cgroup2 none /sys/fs/cgroup/unified",
    )


def named_v1_root() -> Path | None:
    """The v1 hierarchy that systemd-nspawn mirrors its groups to, where the kernel still has both."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options = line.split()[:4]
        if kind == "cgroup" and "name=systemd" in options.split(","):
            return Path(place)
    return None


@dataclass(frozen=True)
class Cgroup:
    path: Path

    @property
    def populated(self) -> bool:
        return "populated 1" in _read(self.path / "cgroup.events")

    @property
    def frozen(self) -> bool:
        return _read(self.path / "cgroup.freeze").strip() == "1"

    def freeze(self, frozen: bool) -> None:
        (self.path / "cgroup.freeze").write_text("1" if frozen else "0")
        wanted = f"frozen {int(frozen)}"
        if not wait_until(lambda: wanted in _read(self.path / "cgroup.events"), seconds=5):
            raise LabError(f"the kernel does not {'freeze' if frozen else 'thaw'} {self.path}")

    def kill(self) -> None:
        """SIGKILL to every process at once, frozen ones too; returns when none is left."""
        if not self.populated:
            return
        (self.path / "cgroup.kill").write_text("1")
        if not wait_until(lambda: not self.populated, seconds=10):
            raise LabError(
                f"processes of {self.path} outlive SIGKILL", hint="they hang in the kernel: see dmesg"
            )

    def processes(self) -> list[int]:
        groups = [self.path, *(path for path in self.path.rglob("*") if path.is_dir())]
        return [pid for group in groups for pid in _pids(group)]

    def supervisor(self) -> int | None:
        return next(iter(_pids(self.path / "supervisor")), None)

    def leader(self) -> int | None:
        """PID 1 of the machine, as the host sees it."""
        payload = self.path / "payload"
        candidates = [*_pids(payload / "init.scope"), *_pids(payload)]
        return next((pid for pid in candidates if _is_first_in_its_namespace(pid)), None)


def remove_tree(path: Path) -> None:
    """Remove an empty cgroup and its empty children. Controllers' files vanish with their folder."""
    if not path.is_dir():
        return
    for child in _children(path):
        remove_tree(child)
    # The kernel may still be letting go of a process that is already gone for us.
    if not wait_until(lambda: _removed(path), seconds=5):
        raise LabError(f"can't remove the cgroup {path}")


def _children(path: Path) -> Iterator[Path]:
    return (child for child in path.iterdir() if child.is_dir())


def _removed(path: Path) -> bool:
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _pids(group: Path) -> list[int]:
    return [int(pid) for pid in _read(group / "cgroup.procs").split()]


def _is_first_in_its_namespace(pid: int) -> bool:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("NSpid:"):
            inner = line.split()[1:]
            return len(inner) > 1 and inner[-1] == "1"
    return False


def _read(path: Path) -> str:
    """Empty when it is gone: a process or group may end between two looks."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
        return ""
    except OSError as error:
        if error.errno == errno.ENODEV:  # a cgroup removed while its file was open
            return ""
        raise
