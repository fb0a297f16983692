"""Programs of our own that rooms install on machines: single files of `colonnade_agent` that stand alone."""

from __future__ import annotations

from importlib import resources


def program(module: str) -> bytes:
    """The source of `colonnade_agent.MODULE`, which imports nothing but the standard library."""
    return resources.files("colonnade_agent").joinpath(f"{module}.py").read_bytes()
