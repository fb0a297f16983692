"""What is installed: the wheel holds what the program needs at run time, and the locks agree."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.contract.sources import CHECKOUT, SOURCE, is_test

PIN = re.compile(r"^([a-z0-9-]+==\S+)(.*?)\\?$", re.MULTILINE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_every_source_but_no_test(installed: Path) -> None:
    there = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    sources = [
        path
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not is_test(path)
    ]
    assert {str(path.relative_to(SOURCE)) for path in sources} <= there
    assert not [name for name in there if "/tests/" in name]


def test_the_wheel_finds_its_example_app(installed: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import colonnade.shipped as shipped; "
    code += "print(shipped.guestbook())"
    # -I and -S: neither the working directory nor PYTHONPATH nor this environment's checkout may help out.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(installed / "colonnade" / "examples" / "guestbook"), done.stderr


def test_the_checkout_finds_its_example_app() -> None:
    from colonnade.shipped import guestbook

    assert guestbook() == CHECKOUT / "examples" / "guestbook"


def test_the_development_lock_pins_what_the_run_time_lock_pins() -> None:
    run_time, development = (
        set(PIN.findall((CHECKOUT / name).read_text(encoding="utf-8")))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert run_time
    assert run_time <= development
