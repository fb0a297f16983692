"""The layer drawing holds: each contract of .importlinter is a test of its own, named by its sentence."""

from __future__ import annotations

from typing import Any

import pytest
from importlinter.api import read_configuration
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.contract.sources import CHECKOUT, SOURCE

CONFIGURATION = str(CHECKOUT / ".importlinter")
CONTRACTS: list[dict[str, Any]] = read_configuration(CONFIGURATION)["contracts_options"]

# Layers that decide and never act. They must be named in the contract as soon as they exist.
THINKING = {"components", "errors", "kit", "model", "review", "shipped"}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_contract(
    contract: dict[str, Any], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SOURCE))
    status = lint_imports(CONFIGURATION, limit_to_contracts=(contract["id"],), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capfd.readouterr().out


def test_every_thinking_layer_is_under_the_contract() -> None:
    (named,) = (set(c["source_modules"]) for c in CONTRACTS if c["id"] == "thinking")
    package = SOURCE / "colonnade"
    existing = {
        n for n in THINKING if (package / n / "__init__.py").exists() or (package / f"{n}.py").exists()
    }
    assert named == {f"colonnade.{name}" for name in existing}
