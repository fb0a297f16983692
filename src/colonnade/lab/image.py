"""Which root file system do machines boot from, and is it built? Asked by `up` before it makes machines.

One Debian image with all packages, made by mmdebstrap and kept by the hash of its recipe. It is built beside
its place and renamed when it is whole, so an image that exists is a good one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab import lock
from colonnade.lab.commands import Progress, environment, run
from colonnade.lab.image_content import CONTENT_VERSION, customise
from colonnade.lab.prerequisites import IMAGE_BYTES, require_root, require_space

BASE_PACKAGES = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "keepalived",
    "knot-dnsutils",
    "less",
    "nftables",
    "nghttp2-client",
    "openssh-server",
    "procps",
    "python3",
    "systemd",
    "systemd-sysv",
    "unbound",
    "wrk",
)
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*")
KEPT = ("/usr/share/doc/*/copyright",)
UNFINISHED = ".unfinished"
BUILD_SECONDS = 1800


@dataclass(frozen=True)
class Recipe:
    """What an image is made of; the lab's own packages are always among `packages`."""

    packages: tuple[str, ...]
    architecture: str
    suite: str = "trixie"
    content: str = CONTENT_VERSION
    left_out: tuple[str, ...] = LEFT_OUT
    kept: tuple[str, ...] = KEPT

    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def recipe(packages: Iterable[str]) -> Recipe:
    architecture = run(["dpkg", "--print-architecture"]).strip()
    return Recipe(tuple(sorted({*packages, *BASE_PACKAGES})), architecture)


def ensure(images: Path, wanted: Recipe, progress: Progress) -> Path:
    """The image's folder, built if it isn't there. Waits for another process that builds one."""
    place = images / wanted.key()
    if place.is_dir():
        return place
    require_root()
    images.mkdir(parents=True, exist_ok=True)
    # mmdebstrap inherits the lock, so a build whose parent was killed still holds it while it lives.
    with lock.hold(
        images / ".lock",
        "the machine image",
        seconds=BUILD_SECONDS,
        waiting=lambda holder: progress("image", f"waiting for {holder}"),
    ) as held:
        if not place.is_dir():
            require_space(images, IMAGE_BYTES)
            for leftover in images.glob(f"*{UNFINISHED}"):
                _remove(leftover)
            _build(place, wanted, progress, held)
    return place


def prune(images: Path, used: Collection[Path]) -> list[Path]:
    """Remove the images that are not in `used`; their folders."""
    removed = []
    with lock.hold(images / ".lock", "the machine image", seconds=5):
        for place in images.iterdir():
            if place.is_dir() and place not in used:
                _remove(place)
                removed.append(place)
    return removed


def _build(place: Path, wanted: Recipe, progress: Progress, held: int) -> None:
    unfinished = place.with_name(place.name + UNFINISHED)
    progress("image", f"building Debian {wanted.suite} with {len(wanted.packages)} packages")
    _run_mmdebstrap(_command(unfinished, wanted), progress, held)
    progress("image", "customising")
    customise(unfinished)
    unfinished.rename(place)
    progress("image", "built")


def _command(target: Path, wanted: Recipe) -> tuple[str, ...]:
    """No mirror is named: mmdebstrap then takes Debian's default, and its security updates with it."""
    return (
        "mmdebstrap",
        "--mode=root",
        "--format=directory",
        "--variant=minbase",
        f"--architectures={wanted.architecture}",
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in wanted.left_out),
        *(f"--dpkgopt=path-include={pattern}" for pattern in wanted.kept),
        f"--include={','.join(wanted.packages)}",
        wanted.suite,
        str(target),
    )


def _run_mmdebstrap(argv: Sequence[str], progress: Progress, held: int) -> None:
    # In namespaces of its own: its mounts and children end with it, and it ends with us.
    isolated = (
        "setpriv",
        "--pdeathsig=KILL",
        "unshare",
        "--pid",
        "--mount-proc",
        "--kill-child",
        "--",
        *argv,
    )
    said: list[str] = []
    with subprocess.Popen(
        isolated,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(held,),
        env=environment(),
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("I: "):
                progress("image", line[3:].strip())
    if process.returncode:
        raise LabError(
            f"mmdebstrap failed:\n{''.join(said[-20:]).strip()}",
            hint="is the Debian mirror reachable from here? The next run starts over",
        )


def _remove(folder: Path) -> None:
    """Hazard: a build that was killed may have left /dev of the host mounted in it."""
    inside = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((m for m in inside if m.startswith(f"{folder}/")), reverse=True):
        run(["umount", mount])
    shutil.rmtree(folder)
