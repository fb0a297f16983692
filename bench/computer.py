"""On what kind of computer was it measured, and what else did that do meanwhile?"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path


def describe() -> Mapping[str, object]:
    """Nothing that names the computer: only its kind."""
    return {
        "processor": _field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": list(os.getloadavg()),
    }


def available_memory() -> float:
    """What new programs could have, in MB (proc_meminfo(5), MemAvailable)."""
    return int(_field("/proc/meminfo", "MemAvailable").split()[0]) * 1024 / 1e6


def _field(file: str, name: str) -> str:
    pairs = (line.split(":", 1) for line in Path(file).read_text().splitlines() if ":" in line)
    return next((value.strip() for key, value in pairs if key.strip() == name), "unknown 0")
