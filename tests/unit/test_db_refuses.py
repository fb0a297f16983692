"""What `db` says of a database that does not choose its primary, and of one that it does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lab.site import COMMAND, USAGE, environment

TWO_MACHINES = """\
site: www.example.test
services:
  web: {kind: nginx, machines: [one, two], to: [app]}
  app: {kind: app, machines: [one, two], to: [db]}
  db: {kind: mariadb, machines: [one, two]}
"""
ONE_MEMBER = TWO_MACHINES.replace("mariadb, machines: [one, two]", "mariadb, machines: [one]")
NONE = "site: www.example.test\nservices:\n  web: {kind: nginx, machines: [one]}\n"


@pytest.mark.parametrize(
    ("design", "words", "said"),
    [
        (TWO_MACHINES, ("status",), "db has no automatic failover: there are no voters"),
        (TWO_MACHINES, ("switchover",), "three machines must vote"),
        (ONE_MEMBER, ("failover", "--to", "one"), "db has no automatic failover: it has one member"),
        (NONE, ("history",), "this design has no database"),
        (TWO_MACHINES, ("pause", "--service", "app"), "there is no database app"),
    ],
)
def test_it_says_what_is_missing(tmp_path: Path, design: str, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "site.yaml").write_text(design)
    argv = [*COMMAND, "db", *words]
    done = subprocess.run(
        argv, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == USAGE, done.stderr
    assert said in done.stderr
