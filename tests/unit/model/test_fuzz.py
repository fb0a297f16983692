"""Whatever a file holds, the loaders answer with a design or with an error of their own, and soon."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from colonnade.errors import DesignError
from colonnade.model.load import load, loads
from tests.unit.model.kinds import KINDS

GOLDEN = Path(__file__).parent / "golden"
CORPUS = [
    (p.stem, p.read_text("utf-8").rpartition("-" * 20 + "\n")[0]) for p in sorted(GOLDEN.glob("*.golden"))
]
PIECES = [
    "-->",
    "---",
    "-.",
    "==",
    "|",
    '"',
    "[",
    "]",
    "(((",
    "{{",
    "@{",
    "}",
    "subgraph ",
    "end\n",
    "&",
    ";",
    "\n",
    "%%",
    "%%{",
    "```",
    "~~~",
    ":::",
    "---\n",
    "<br/>",
    "#quot;",
    "x--",
    "o",
    "\t",
    "\x00",
    "\ufeff",
    "🏗️",
    "ğŸ",
    "*a",
    "&a ",
    "!!",
    ": ",
    "- ",
    "? ",
    "<<: ",
    "{",
    "colonnade: {",
    "User",
    "MySQL",
    "nginx",
    "app",
]
SECONDS = 5.0
"""Of processor time, which a busy machine does not stretch much. A design of this size takes hundredths."""
FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(["a.md", "a.mmd", "a.yaml"])


def answer(text: str, name: str) -> None:
    """Anything but a `DesignError` goes through and fails the test; so does an error that says nothing."""
    begun = time.process_time()
    said = []
    with contextlib.suppress(DesignError):
        try:
            loads(text, name, KINDS)
        except DesignError as error:
            said = [p.message for p in error.problems] or [""]
            raise
    assert all(said)
    assert time.process_time() - begun < SECONDS


@FUZZ
@given(st.text(max_size=300), NAMES)
@example("flowchart TD\n" + "a" * 100, "a.mmd")
def test_any_text(text: str, name: str) -> None:
    answer(text, name)


@FUZZ
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join),
    st.sampled_from(["flowchart TD\n", "architecture-beta\n", "site: a.b\n", ""]),
    NAMES,
)
def test_pieces_of_the_languages(text: str, start: str, name: str) -> None:
    answer(f"```mermaid\n{start}{text}\n```" if name.endswith("md") and start else start + text, name)


@FUZZ
@given(st.data())
def test_broken_designs(data: st.DataObject) -> None:
    name, text = data.draw(st.sampled_from(CORPUS))
    for _ in range(data.draw(st.integers(1, 4))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.one_of(st.just(""), st.sampled_from(PIECES))) + text[at + length :]
    answer(text, name)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200), name=NAMES)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    with contextlib.suppress(DesignError):
        load(path, KINDS)


LONG = [
    "flowchart TD\n" + "a & " * 20_000 + "b --> c",
    "flowchart TD\n" + "a-->" * 20_000 + "b",
    "flowchart TD\n" + "-" * 100_000,
    "flowchart TD\na" + " " * 100_000 + "b",
    "flowchart TD\n" + "\n" * 100_000 + "x",
    "flowchart TD\n" + "%%{" * 30_000,
    "flowchart TD\n" + "%%\n" * 30_000,
    "flowchart TD\n" + "subgraph a\n" * 9_000,
    "flowchart TD\n" + 'a["' * 30_000,
    "flowchart TD\n" + "a@{" * 30_000,
    "flowchart TD\n" + 'style "' * 20_000,
    "flowchart TD\na[" + "<b" * 40_000,
    "flowchart TD\na[" + "www." * 40_000 + "]",
    "flowchart TD\na[" + "1.1." * 40_000 + "]",
    "flowchart TD\na[" + "a:" * 40_000 + "]",
    "flowchart TD\na[" + "ssl monitoring " * 5_000 + "]",
    "flowchart TD\n" + "".join(f"n{i}[Nginx {i}] --> n{i + 1}[Nginx {i + 1}]\n" for i in range(300)),
    "flowchart TD\n" + "".join(f"f{i}[Firewall] --> f{j}[Firewall]\n" for i in range(30) for j in range(30)),
    "flowchart TD\nuser"
    + "".join(f" --> f{i}[Firewall] & g{i}[Firewall]" for i in range(20))
    + " --> w[Nginx]",
    "architecture-beta\n" + "service a" * 10_000,
    "---\n" + "a: [" * 10_000,
    "a: " + "[" * 50_000,
    "a: " + "{a: " * 30_000,
    "- " * 50_000,
    "a: &a " + "*a " * 10,
    "? " * 50_000,
    "x" * 190_000,
    "```mermaid\n" * 9_000,
    "> " * 90_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda t: repr(t[:30]))
@pytest.mark.parametrize("name", ["a.md", "a.mmd", "a.yaml"])
def test_long_and_deep(text: str, name: str) -> None:
    answer(f"```mermaid\n{text}\n```" if name == "a.md" else text, name)
