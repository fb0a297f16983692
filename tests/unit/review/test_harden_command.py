"""`colonnade harden` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from colonnade.cli.main import app
from colonnade.errors import UsageError

SITE = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}  # the door
  web: {kind: nginx, machines: [web1, web2]}
"""
DIFF = """\
--- site.yaml
+++ site.yaml
@@ -1,4 +1,5 @@
 site: www.example.com
+uplinks: [a, b]
 services:
-  edge: {kind: haproxy, machines: [lb1], to: [web]}  # the door
+  edge: {kind: haproxy, machines: [lb1, lb2], to: [web]}  # the door
   web: {kind: nginx, machines: [web1, web2]}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLONNADE_FILE", raising=False)
    Path("site.yaml").write_text(SITE)


def harden(*args: str) -> Result:
    return CliRunner().invoke(app, ["harden", *args])


def test_a_diff_is_all_that_is_on_standard_output() -> None:
    done = harden()
    assert done.exit_code == 0
    assert done.stdout == DIFF
    assert done.stderr.endswith("It costs 1 more machine: lb2.\n")


def test_the_budget() -> None:
    done = harden("--max-machines", "0")
    assert "lb2" not in done.stdout
    assert "left out: `edge` has a second HAProxy load balancer, on lb2 (needs a machine" in done.stderr


def test_in_place_and_then_there_is_nothing_to_do() -> None:
    assert harden("--in-place").exit_code == 0
    assert "lb2" in Path("site.yaml").read_text()
    again = harden()
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "There is nothing to change.\n")


def test_a_file_and_standard_output_get_the_same() -> None:
    assert harden("-o", "new.yaml").stdout == ""
    assert harden("-o", "-").stdout == Path("new.yaml").read_text()
    assert Path("site.yaml").read_text() == SITE


def test_json() -> None:
    found = json.loads(harden("--json", "--only", "single-door").stdout)
    assert found["machines_added"] == ["lb2"]
    assert [(c["rule"], c["machines_added"]) for c in found["changes"]] == [("single-door", ["lb2"])]
    assert found["left_out"] == []
    assert found["diff"].startswith("--- site.yaml\n")


@pytest.mark.parametrize(
    "args", [("-o", "site.yaml"), ("-o", "x.yaml", "--in-place"), ("-o", "x.md"), ("--only", "x")]
)
def test_what_is_refused(args: tuple[str, ...]) -> None:
    assert isinstance(harden(*args).exception, UsageError)
    assert Path("site.yaml").read_text() == SITE
    assert [p.name for p in Path().iterdir()] == ["site.yaml"]
