"""`doctor`: can this computer run a lab? Every thing a lab needs, looked at one by one."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from colonnade.lab import lab, prerequisites
from colonnade.lab.store import images_in_use, names

GIGABYTE = 1000**3
MACHINE_MEMORY = 60_000_000
"""Bytes one lab machine takes, measured with the seed's seven machines under their programs' idle load."""


@dataclass(frozen=True)
class Found:
    check: str
    ok: bool
    detail: str
    hint: str = ""


def doctor() -> tuple[Found, ...]:
    """One line for each need; reads only."""
    looks: tuple[Callable[[], Found], ...] = (
        _root,
        _system,
        _packages,
        _namespaces,
        _overlay,
        _disk,
        _memory,
        _labs,
    )
    return tuple(look() for look in looks)


def _root() -> Found:
    root = os.geteuid() == 0
    return Found("root", root, "yes" if root else "no", "a lab makes machines and networks: run with sudo")


def _system() -> Found:
    return Found(
        "system",
        True,
        f"{platform.freedesktop_os_release().get('PRETTY_NAME', '?')}, kernel {platform.release()}",
    )


def _packages() -> Found:
    missing = prerequisites.missing()
    detail = "all there" if not missing else f"missing: {' '.join(missing)}"
    return Found(
        "programs",
        not missing,
        detail,
        "`colonnade up` installs them, or: apt-get install " + " ".join(missing),
    )


def _namespaces() -> Found:
    there = Path("/proc/self/ns/net").exists() and Path("/proc/self/ns/cgroup").exists()
    return Found(
        "namespaces", there, "yes" if there else "no", "the kernel has no network or cgroup namespaces"
    )


def _overlay() -> Found:
    there = "overlay" in Path("/proc/filesystems").read_text()
    return Found("overlayfs", there, "yes" if there else "not loaded", "modprobe overlay")


def _disk() -> Found:
    place = next(p for p in (lab.STATE, *lab.STATE.parents) if p.exists())
    free = shutil.disk_usage(place).free
    return Found(
        "disk",
        free > prerequisites.IMAGE_BYTES,
        f"{free / GIGABYTE:.1f} GB free at {place}",
        "free some space there",
    )


def _memory() -> Found:
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    machines = available // MACHINE_MEMORY
    return Found(
        "memory",
        machines > 1,
        f"{available / GIGABYTE:.1f} GB free, room for about {machines} machines",
        "close something",
    )


def _labs() -> Found:
    found = names(lab.STATE)
    images = len(images_in_use(lab.STATE)) if found else 0
    return Found("labs", True, f"{len(found)}: {', '.join(found) or 'none'} ({images} images in use)")
