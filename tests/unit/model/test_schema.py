"""The JSON Schema accepts what the loader accepts, and refuses what it refuses by shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from colonnade.errors import DesignError
from colonnade.model.load import loads
from colonnade.model.schema import json_schema
from tests.unit.model.kinds import KINDS

jsonschema = pytest.importorskip("jsonschema")
GOLDEN = Path(__file__).parent / "golden"
BY_SHAPE = ("error-words", "error-shapes", "error-machine", "error-no-mapping", "error-empty", "error-notes")


def valid(data: Any) -> bool:
    """PyYAML makes dates of what editors take for text."""
    plain = json.loads(json.dumps(data, default=str))
    return bool(jsonschema.Draft202012Validator(json_schema(KINDS)).is_valid(plain))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(KINDS))


def test_it_takes_a_design() -> None:
    text = (GOLDEN / "30-everything.yaml.golden").read_text().rpartition("-" * 20 + "\n")[0]
    loads(text, "site.yaml", KINDS)
    assert valid(yaml.safe_load(text))


@pytest.mark.parametrize("name", BY_SHAPE)
def test_it_refuses_what_the_loader_refuses(name: str) -> None:
    text = (GOLDEN / f"{name}.yaml.golden").read_text().rpartition("-" * 20 + "\n")[0]
    with pytest.raises(DesignError):
        loads(text, "site.yaml", KINDS)
    assert not valid(yaml.safe_load(text))


@pytest.mark.parametrize("setting", ["balance: fast", "balanse: source", "port: 1"])
def test_settings_belong_to_their_kind(setting: str) -> None:
    text = f"site: a.example\nservices:\n  edge: {{kind: haproxy, machines: [lb1], {setting}}}\n"
    assert not valid(yaml.safe_load(text))
    with pytest.raises(DesignError):
        loads(text, "site.yaml", KINDS)


def test_the_help_of_a_field_is_in_it() -> None:
    cases = json_schema(KINDS)["properties"]["services"]["additionalProperties"]["allOf"]
    balance = cases[0]["then"]["properties"]["balance"]
    assert balance["description"] == "How requests are spread."
