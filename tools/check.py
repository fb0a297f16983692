"""Does everything that can be checked hold? Asked by `./check`, which first makes this one's environment.

Each part runs even where an earlier one failed, so that one run shows everything there is to mend.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Part:
    """One thing to check. `refusal` says why it can't run here ('' if it can); what can't run has failed."""

    name: str
    argv: tuple[str, ...]
    refusal: Callable[[], str] = lambda: ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_pytest(self) -> bool:
        return "pytest" in self.argv


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    ok: bool
    tests: Counter[str] = field(default_factory=Counter)
    note: str = ""


def tool(*argv: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *argv)


def fast_parts() -> Iterator[Part]:
    yield Part("lint", tool("ruff", "check", "."))
    yield Part("format", tool("ruff", "format", "--check", "."))
    yield Part("types", tool("mypy"))
    yield Part("unit and contract", tool("pytest", "-q"))


def lab_part(arguments: Sequence[str] = ()) -> Part:
    return Part("lab", tool("pytest", "-m", "lab and not soak", "tests/lab", *arguments), why_no_lab)


def soak_part(arguments: Sequence[str]) -> Part:
    """`--minutes N`: how long faults are made at random (tests/lab/test_random_faults.py)."""
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--minutes", type=float)
    known, rest = own.parse_known_args(arguments)
    about = {"COLONNADE_SOAK_MINUTES": f"{known.minutes:g}"} if known.minutes else {}
    return Part("soak", tool("pytest", "-m", "soak", "tests/lab", *rest), why_no_lab, about)


def parts(scope: str, arguments: Sequence[str]) -> Iterator[Part]:
    if scope == "lab":
        yield lab_part(arguments)
        return
    if scope == "soak":
        yield soak_part(arguments)
        return
    yield from fast_parts()
    if scope == "all":
        yield Part("mermaid", tool("pytest", "-q", "-m", "npm", "tests/mermaid"), why_no_npm)
        yield lab_part()


def why_no_lab() -> str:
    if os.geteuid() != 0:
        return "the lab boots machines and needs root: run `sudo ./check`, or `./check fast` without it"
    probe = subprocess.run(
        ["unshare", "--mount", "--propagation", "unchanged", "--net", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        return f"this computer allows no new namespaces: {probe.stderr.strip()}"
    return ""


def why_no_npm() -> str:
    if shutil.which("node") and shutil.which("npm"):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "node and npm are missing: sudo apt-get install -y nodejs npm"
    print("check: installing Debian's nodejs and npm", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for argv in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm")):
        done = subprocess.run(
            ["apt-get", *argv], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return f"apt-get {argv[0]} failed: {done.stderr.strip()}"
    return ""


def run(part: Part) -> Result:
    print(f"\n== {part.name}", flush=True)
    start = time.monotonic()
    if refusal := part.refusal():
        print(refusal, flush=True)
        return Result(part.name, time.monotonic() - start, ok=False, note=refusal)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.xml")
        counted = (f"--junitxml={report}",) if part.is_pytest else ()
        environment = {**os.environ, **part.environment}
        done = subprocess.run([*part.argv, *counted], cwd=CHECKOUT, env=environment, check=False)
        tests = count(report) if report.exists() else Counter[str]()
    return Result(part.name, time.monotonic() - start, ok=done.returncode == 0, tests=tests)


def count(report: Path) -> Counter[str]:
    """How many tests passed, failed (errors among them) and were skipped, from pytest's JUnit report."""
    tests: Counter[str] = Counter()
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 (our own pytest wrote it)
        total, failures, errors, skipped = (
            int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        tests.update(passed=total - failed - skipped, failed=failed, skipped=skipped)
    return tests


def spoken(tests: Counter[str]) -> str:
    return ", ".join(
        f"{tests[outcome]} {outcome}" for outcome in OUTCOMES if tests[outcome] or outcome == "passed"
    )


def summary(results: Sequence[Result]) -> str:
    """The closing table; its last line counts all tests in pytest's words."""
    total: Counter[str] = Counter()
    lines = ["", f"{'part':<18} {'seconds':>8}  result"]
    for result in results:
        total.update(result.tests)
        verdict = "ok" if result.ok else "FAILED"
        detail = spoken(result.tests) if result.tests else result.note
        lines.append(f"{result.name:<18} {result.seconds:>8.1f}  {verdict:<7} {detail}".rstrip())
    failed_parts = [result.name for result in results if not result.ok]
    lines.append(f"FAILED: {', '.join(failed_parts)}" if failed_parts else "everything holds")
    seconds = sum(result.seconds for result in results)
    lines.append(
        f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped in {seconds:.1f}s"
    )
    return "\n".join(lines)


def parse(argv: Sequence[str]) -> tuple[str, list[str]]:
    parser = argparse.ArgumentParser(
        prog="check", description="Checks everything; ends non-zero if any part failed."
    )
    parser.add_argument(
        "scope",
        nargs="?",
        choices=("all", "fast", "lab", "soak"),
        default="all",
        help="fast: linters, types, unit and contract tests (no root, seconds); lab: the lab tests alone, "
        "soak: those of them that take long (both hand further arguments to pytest); "
        "all (default): fast, mermaid and lab",
    )
    known, rest = parser.parse_known_args(argv)
    if rest and known.scope not in {"lab", "soak"}:
        parser.error(f"only `./check lab` and `soak` take further arguments: {' '.join(rest)}")
    return known.scope, rest


def main() -> int:
    scope, arguments = parse(sys.argv[1:])
    try:
        results = [run(part) for part in parts(scope, arguments)]
    except KeyboardInterrupt:
        return 130
    print(summary(results), flush=True)
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
