"""What is changed in a fresh image so that it boots quickly, quietly, and as nobody in particular? Asked by
image.
"""

from __future__ import annotations

from pathlib import Path

from colonnade.lab.commands import run

CONTENT_VERSION = "1"
"""Part of every image's hash: raise it with any change to this file."""

BOOT_UNITS = frozenset(
    {
        "ssh.service",
        "systemd-networkd.service",
        "systemd-networkd.socket",
        "systemd-networkd-wait-online.service",
        "remote-fs.target",
    }
)
"""All that is enabled. A package's own service starts when a design says so, and not because it is installed.
"""

MASKED_UNITS = ("console-getty.service", "systemd-logind.service", "dev-hugepages.mount")
"""Nobody sits at a machine's console, and nobody's session outlives a login."""

FILES = {
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/hostname": "localhost\n",
    "etc/resolv.conf": "",
    "etc/machine-id": "",
}


def customise(root: Path) -> None:
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for path, content in FILES.items():
        target = root / path
        target.unlink(missing_ok=True)
        target.write_text(content)
        target.chmod(0o644)
    _choose_units(root)
    # These say that caches are as new as /usr. Without them each first boot spends seconds in ldconfig.
    for stamp in ("etc/.updated", "var/.updated"):
        (root / stamp).touch()


def _choose_units(root: Path) -> None:
    # The image's own systemctl: the host's may be older, or missing.
    systemctl = ("chroot", str(root), "systemctl")
    run([*systemctl, "enable", "systemd-networkd.service"])
    run([*systemctl, "disable", *sorted(enabled_units(root) - BOOT_UNITS)])
    run([*systemctl, "mask", *MASKED_UNITS])


def enabled_units(root: Path) -> set[str]:
    listing = run(
        ["chroot", str(root), "systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--no-pager"]
    )
    return {line.split()[0] for line in listing.splitlines()}
