"""What `drill` refuses before it touches anything, and lists without a lab: by the real command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.lab.site import COMMAND, DONE, USAGE, environment

DESIGN = """\
site: www.own.test
services:
  web: {kind: nginx, machines: [own1], to: [app]}
  app: {kind: app, machines: [own1]}
"""


def test_machines_of_ones_own_are_not_drilled_unless_told_twice(tmp_path: Path) -> None:
    """No machine is touched: the address is of a network that nobody has (RFC 5737)."""
    own = "machines: {own1: {address: 192.0.2.1}}\n"
    (tmp_path / "site.yaml").write_text(DESIGN + own)
    for words in ((), ("--on-real-machines",), ("--on-real-machines", "--yes-really", "www.other.test")):
        done = drill(tmp_path, "run", "nginx-killed/own1", *words)
        assert done.returncode == USAGE, done.stderr
        assert "--yes-really www.own.test" in done.stderr
    done = drill(
        tmp_path, "run", "edge-machine-killed/own1", "--on-real-machines", "--yes-really", "www.own.test"
    )
    assert (done.returncode, "only a lab can do that" in done.stderr) == (USAGE, True)


def drill(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [*COMMAND, "drill", *words]
    return subprocess.run(
        argv, cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def test_claims_are_listed_before_there_is_a_lab(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(DESIGN)
    done = drill(tmp_path, "list", "--json")
    assert done.returncode == DONE, done.stderr
    claims = json.loads(done.stdout)
    assert {"name", "part", "claim", "hypothesis", "state", "evidence"} <= claims[0].keys()
    assert {claim["state"] for claim in claims} == {"never"}
    assert list(tmp_path.iterdir()) == [tmp_path / "site.yaml"], "nothing is made by looking"


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(DESIGN)
    done = drill(tmp_path, "report", "-o", "pages")
    assert done.returncode == DONE, done.stderr
    assert "never tried" in (tmp_path / "pages" / "drills.md").read_text()


def test_a_damaged_ledger_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(DESIGN)
    (tmp_path / "ledger.jsonl").write_text("what?\n")
    done = drill(tmp_path, "list")
    assert done.returncode == 1
    assert "ledger.jsonl:1: this line is no record of a drill" in done.stderr


def test_what_to_drill_must_be_said_once(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(DESIGN)
    for words in ((), ("--all", "rolling-reload"), ("no-such-drill",)):
        assert drill(tmp_path, "run", *words).returncode == USAGE
