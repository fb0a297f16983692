"""What the command line says, to the letter, to a design it can't run: one clear error, its line and a hint.

Each case is a design as people get it wrong; golden/ holds what they read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from colonnade.cli.main import main

USAGE = 2

DESIGNS = {
    "unclosed-subgraph.md": """\
# A shop

```mermaid
graph TD
    user --> lb[Load balancer]
    subgraph web [Web servers]
        web1[Nginx 1]
        web2[Nginx 2]
    lb --> web1 & web2
```
""",
    "unreadable-node.md": """\
```mermaid
graph TD
    user --> lb[Load balancer]
    lb --> f[Frobnicator]
```
""",
    "user-to-database.md": """\
```mermaid
graph TD
    user --> web[Nginx] --> app[App] --> db[(MySQL)]
    user -->|reads| db
```
""",
    "cycle.yaml": """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1], to: [app]}
  app: {kind: app, machines: [app1], to: [web]}
""",
    "unknown-kind.yaml": """\
site: www.example.com
services:
  edge: {kind: haproxi, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1]}
""",
    "typo.yaml": """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web], balanse: source}
  web: {kind: nginx, machines: [web1], to: [ap]}
  app: {kind: app, machines: [app1]}
""",
    "duplicate.yaml": """\
site: www.example.com
services:
  web: {kind: nginx, machines: [web1]}
  web: {kind: nginx, machines: [web2]}
""",
    "taken-name.yaml": """\
site: www.example.com
services:
  dns: {kind: nginx, machines: [web1]}
""",
    "external.yaml": """\
site: www.example.com
services:
  web: {kind: nginx, machines: [web1], to: [app]}
  app: {kind: app, machines: [app1], to: [cache]}
external:
  cache: {what: Redis}
""",
}


@dataclass(frozen=True)
class Ended:
    code: object
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line's entry point, as in a shell that stands in `tmp_path`."""
    for name in ("COLONNADE_FILE", "COLONNADE_LAB", "COLONNADE_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["colonnade", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(ended.value.code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_that_can_not_be_run(
    name: str, run: Run, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    (tmp_path / name).write_text(DESIGNS[name])
    done = run("up", "-f", name)
    assert (done.code, done.out) == (USAGE, "")
    assert not (tmp_path / ".colonnade").exists(), "it has begun something"
    golden(f"refuses-{name}.txt", done.err)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no-such-file", ("up", "-f", "nothing.yaml")),
        ("no-design-here", ("plan",)),
        ("a-folder", ("up", "-f", ".")),
    ],
)
def test_no_design(
    case: str, words: tuple[str, ...], run: Run, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (USAGE, "")
    golden(f"refuses-{case}.txt", done.err.replace(str(tmp_path), "FOLDER"))


@pytest.mark.parametrize(
    ("name", "content"), [("site.yaml", b"\xff\xfe\x00"), ("site.md", b"\0" * 100), ("site.md", b"")]
)
def test_a_file_that_is_no_text(name: str, content: bytes, run: Run, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("plan")
    assert done.code == USAGE
    assert done.err.startswith(f"error: {name}")


def test_a_machine_the_design_has_not(run: Run, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    (tmp_path / "site.yaml").write_text(
        "site: a.example\nservices:\n  web: {kind: nginx, machines: [web1]}\n"
    )
    done = run("ssh", "web2")
    assert done.code == USAGE
    golden("refuses-no-such-machine.txt", done.err)
