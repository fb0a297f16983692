"""What Debian packages are installed, and how missing ones are.

Hazard: Debian starts a service as soon as its package is installed, with the package's own settings. A
policy-rc.d that answers 101 (invoke-rc.d(8): "action forbidden by policy") prevents it for the time of the
install. One that a killed run left behind is known by its text and removed by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from colonnade_agent import atomic
from colonnade_agent.programs import Done, must, run

STATUS = Path("/var/lib/dpkg/status")
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_ASIDE = Path("/usr/sbin/policy-rc.d.before-colonnade")
POLICY_TEXT = b"#!/bin/sh\n# colonnade: no service starts while packages are installed\nexit 101\n"
INSTALL_SECONDS = 1800
OPTIONS = (
    "-y",
    "-q",
    "--no-install-recommends",
    *("-o", "Dpkg::Options::=--force-confdef"),
    *("-o", "Dpkg::Options::=--force-confold"),
    *("-o", "Dpkg::Use-Pty=0"),
    *("-o", "DPkg::Lock::Timeout=120"),
)


def installed(status: str) -> dict[str, str]:
    """Name to version of every fully installed package in the text of dpkg's status file."""
    packages = {}
    for paragraph in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1)
            for line in paragraph.split("\n")
            if line.startswith(("Package: ", "Status: ", "Version: "))
        )
        if fields.get("Status", "").endswith(" ok installed"):
            packages[fields["Package"]] = fields["Version"]
    return packages


def read_installed() -> dict[str, str]:
    return installed(STATUS.read_text("utf-8")) if STATUS.exists() else {}


def installed_at(name: str) -> float:
    """When the package's files were last put here, in epoch seconds; 0 when that isn't known."""
    for listing in (STATUS.parent / "info").glob(f"{name}[.:]*list"):
        return listing.stat().st_ctime
    return 0.0


def install(names: Sequence[str], lock: int | None) -> None:
    """Install all `names` in one call. apt-get inherits the machine's `lock`: should the agent be killed,
    the next one waits.
    """
    keep = () if lock is None else (lock,)
    resource = " ".join(f"package:{name}" for name in names)
    with _services_stay_down():
        # Hazard: a dpkg that was killed refuses all work until this has run. It is silent when there is
        # nothing to do.
        must(
            _apt(("dpkg", "--force-confdef", "--force-confold", "--configure", "-a"), keep),
            resource,
            "install",
        )
        if not _lists_exist():
            must(_apt(("apt-get", "-q", "update"), keep), resource, "update")
        wanted = ("apt-get", *OPTIONS, "install", *names)
        done = _apt(wanted, keep)
        if done.exit != 0 and _lists_are_stale(done):
            must(_apt(("apt-get", "-q", "update"), keep), resource, "update")
            done = _apt(wanted, keep)
        must(done, resource, "install")


def policy_was_left() -> bool:
    return POLICY_ASIDE.exists() or (POLICY.exists() and POLICY.read_bytes() == POLICY_TEXT)


def mend_policy() -> None:
    """Remove the policy a killed run left, and put back the one it had set aside."""
    if POLICY.exists() and POLICY.read_bytes() == POLICY_TEXT:
        POLICY.unlink()
    if POLICY_ASIDE.exists():
        POLICY_ASIDE.rename(POLICY)


@contextmanager
def _services_stay_down() -> Iterator[None]:
    mend_policy()
    if POLICY.exists():
        POLICY.rename(POLICY_ASIDE)
    atomic.replace(POLICY, POLICY_TEXT, 0o755)
    try:
        yield
    finally:
        mend_policy()


def _apt(argv: tuple[str, ...], keep: Sequence[int]) -> Done:
    quiet = {
        "DEBIAN_FRONTEND": "noninteractive",
        "NEEDRESTART_SUSPEND": "1",
        "APT_LISTCHANGES_FRONTEND": "none",
    }
    return run(argv, timeout=INSTALL_SECONDS, environment=quiet, keep_fds=keep)


def _lists_exist() -> bool:
    return any(Path("/var/lib/apt/lists").glob("*_Packages*"))


def _lists_are_stale(done: Done) -> bool:
    return any(text in done.output for text in ("Unable to locate", "404 ", "has no installation candidate"))
