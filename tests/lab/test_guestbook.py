"""The example app's own tests, on a machine like those it runs on, with the release that they get."""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade import catalog, shipped
from colonnade.engine import builder
from colonnade.kit.builds import Build
from colonnade.lab import image
from colonnade.lab.lab import STATE, Lab, MachineSpec

pytestmark = pytest.mark.lab

MACHINE = "app1"
PYTHON = Build("guestbook").python
TESTERS = ("pytest", "hypothesis")
PATHS = f"/usr/local/lib/python{PYTHON}/dist-packages/guestbook.pth"
"""Not PYTHONPATH: the tests start the app with an environment of their own."""
SECONDS = 480


def say(subject: str, what: str) -> None:
    print(f"{subject}: {what}")


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab("t-guestbook")
    lab.destroy()
    try:
        base = image.ensure(STATE / "images", image.recipe(catalog.load().packages), say)
        lab.ensure([MachineSpec(MACHINE, ("inside",))], base, say)
        yield lab
    finally:
        lab.destroy()


def packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, ".", filter=lambda info: None if "__pycache__" in info.name else info)
    return buffer.getvalue()


def install_tools(target: Path) -> Path:
    """What runs the tests, of the versions that run here, for the machines' Python."""
    from importlib.metadata import version

    pinned = [f"{name}=={version(name)}" for name in TESTERS]
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--target", str(target))
    system = ("--python-version", PYTHON, "--python-platform", f"{platform.machine()}-manylinux_2_40")
    subprocess.run([*uv, *system, "--only-binary", ":all:", *pinned], check=True, timeout=SECONDS)
    return target


def test_it_passes_its_tests_on_a_machine_of_the_site(lab: Lab, tmp_path: Path) -> None:
    source = shipped.guestbook()
    release = builder.build(Build("guestbook"), source, tmp_path / "builds").path.read_bytes()
    parts = {
        "release": release,
        "release/tests": packed(source / "tests"),
        "tools": packed(install_tools(tmp_path / "tools")),
    }
    for folder, content in parts.items():
        unpack = ["sh", "-c", f"mkdir -p /srv/{folder} && tar -xz -C /srv/{folder}"]
        done = lab.run(MACHINE, unpack, stdin=content)
        assert done.returncode == 0, done.stderr
    lab.put(MACHINE, PATHS, b"/srv/release/.deps\n/srv/tools\n")
    # In memory, since every test makes databases of its own; and not in /tmp, which is too small for them.
    room = "mkdir /srv/scratch && mount -t tmpfs -o size=2g scratch /srv/scratch"
    options = "-q -ra --durations=5 --basetemp=/srv/scratch/t -o tmp_path_retention_policy=failed"
    run = f"{room} && cd /srv/release && exec python3 -m pytest {options} -p no:cacheprovider tests"
    done = lab.run(MACHINE, ["sh", "-c", run], timeout=SECONDS)
    print(done.stdout[-6000:], done.stderr[-2000:])
    assert done.returncode == 0
    assert "skipped" not in done.stdout.splitlines()[-1]
