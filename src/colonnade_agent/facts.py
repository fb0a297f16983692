"""What kind of machine this is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from colonnade_agent.wire import Facts


def gather() -> Facts:
    system = os.uname()
    release = os_release(_read("/etc/os-release"))
    return Facts(
        hostname=system.nodename,
        os=release.get("PRETTY_NAME", ""),
        os_id=release.get("ID", ""),
        os_version=release.get("VERSION_ID", ""),
        python=".".join(map(str, sys.version_info[:3])),
        arch=system.machine,
        kernel=system.release,
        machine_id=_read("/etc/machine-id").strip(),
        boot_id=_read("/proc/sys/kernel/random/boot_id").strip(),
        uptime=float((_read("/proc/uptime") or "0").split()[0]),
        processors=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def os_release(text: str) -> dict[str, str]:
    """The fields of os-release(5), without their quotes."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _read(path: str) -> str:
    file = Path(path)
    return file.read_text("utf-8", "replace") if file.exists() else ""
