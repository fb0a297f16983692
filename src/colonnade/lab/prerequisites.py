"""What does the lab need of this computer, and is it there? Asked by `up` and `doctor` before the first
machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab.commands import SYSTEM_PATH, Progress, environment

PACKAGE_OF = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "mount": "mount",
}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
KEYRING_PACKAGE = "debian-archive-keyring"
GIGABYTE = 1000**3
IMAGE_BYTES = 3 * GIGABYTE
MACHINE_BYTES = 300 * 1000**2
WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
LEAST_WATCHERS = 4096
"""A machine's systemd and its daemons hold 6 inotify instances, all of them counted as root's. The kernel's
own limit of 128 is met by the third lab, and then systemd can't boot."""


def missing() -> tuple[str, ...]:
    """The Debian packages this computer lacks, sorted."""
    lacking = {
        package for program, package in PACKAGE_OF.items() if not shutil.which(program, path=SYSTEM_PATH)
    }
    if not KEYRING.exists():
        lacking.add(KEYRING_PACKAGE)
    return tuple(sorted(lacking))


def install(packages: Sequence[str], progress: Progress) -> None:
    """Install `packages` with apt-get; the package lists are fetched first only if apt can't do without."""
    require_root()
    if not shutil.which("apt-get", path=SYSTEM_PATH):
        raise LabError(
            f"this computer lacks {', '.join(packages)}, and has no apt-get to install them",
            hint="install these programs with your system's package manager",
        )
    progress("host", f"apt-get install {' '.join(packages)}")
    if _apt("install", *packages).returncode == 0:
        return
    progress("host", "apt-get update")
    update = _apt("update")
    again = _apt("install", *packages)
    if again.returncode:
        said = (update.stderr if update.returncode else "") + again.stderr
        raise LabError(f"apt-get could not install {' '.join(packages)}:\n{said.strip()}")


def require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("a lab makes machines and networks, which only root may do", hint="run it with sudo")


def require_space(folder: Path, needed: int) -> None:
    """LabError when the file system that holds `folder` has fewer than `needed` bytes free."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise LabError(
            f"{existing} has {free / GIGABYTE:.1f} GB free, and {needed / GIGABYTE:.1f} GB are needed",
            hint="free some space there; labs no longer needed can be taken away with 'colonnade down'",
        )


def allow_watchers(progress: Progress) -> None:
    """Raise the computer's limit on inotify instances where it is too low for labs; until its next boot."""
    before = int(WATCHERS.read_text())
    if before < LEAST_WATCHERS:
        progress("host", f"sysctl fs.inotify.max_user_instances={LEAST_WATCHERS} (was {before})")
        WATCHERS.write_text(f"{LEAST_WATCHERS}\n")


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "--quiet", "--yes", "--no-install-recommends", *arguments],
        env={**environment(), "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
