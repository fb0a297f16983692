"""What all tests share, those inside rooms too: one `--update` flag, one comparison with golden files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# A slow moment of a busy computer is no counterexample.
hypothesis.settings.register_profile("colonnade", deadline=None)
hypothesis.settings.load_profile("colonnade")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write golden files instead of comparing with them"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("web1.conf", text)` compares `text` with golden/web1.conf beside the test's file."""
    folder = Path(request.path).parent / "golden"
    update = bool(request.config.getoption("--update"))

    def compare(name: str, text: str) -> None:
        path = folder / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; run pytest --update and read the diff"
        assert text == path.read_text(encoding="utf-8")

    return compare
