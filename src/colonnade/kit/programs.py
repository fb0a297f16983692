"""Programs of our own that rooms install on machines, each as one file for the machine's Python: parts of
`colonnade_agent` that stand alone.
"""

from __future__ import annotations

from importlib import resources

from colonnade_agent import pack


def program(module: str) -> bytes:
    """The source of `colonnade_agent.MODULE`, which imports nothing but the standard library."""
    return resources.files("colonnade_agent").joinpath(f"{module}.py").read_bytes()


def archive(package: str) -> bytes:
    """The package `colonnade_agent.PACKAGE`, one of pack.PROGRAMS, as a file to be run by `python3 -I`."""
    return pack.program(package)
