"""Measures Colonnade on this computer and prints a table. Started by `bench/run`; see README.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import against, computer, path, rising
from bench.figures import Figure, table
from bench.process import CommandFailed
from bench.subject import CHECKOUT
from colonnade.errors import ColonnadeError

SEED = CHECKOUT.parent / "shared" / "seed" / "distributed_web_infrastructure.md"
EXAMPLE = CHECKOUT / "examples" / "www.foobar.com.md"
PARTS = ("empty", "cached", "ansible", "path", "tls")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures Colonnade on this computer.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--design", type=Path, default=SEED if SEED.exists() else EXAMPLE)
    parser.add_argument("--fresh", type=int, default=2, help="rounds from a fresh lab (default 2)")
    parser.add_argument("--again", type=int, default=5, help="`up`s with nothing changed (default 5)")
    parser.add_argument("--ansible-again", type=int, default=1, help="the same against Ansible (default 1)")
    parser.add_argument("--rounds", type=int, default=6, help="rounds of the path and of TLS (default 6)")
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement in them (default 4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return chosen


def measured(chosen: argparse.Namespace, scratch: Path) -> Iterator[Figure]:
    design = chosen.design.resolve()
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "empty": lambda: rising.empty_cache(design, scratch),
        "cached": lambda: rising.cached(design, scratch, chosen.fresh, chosen.again),
        "ansible": lambda: against.converge(design, scratch, chosen.fresh, chosen.ansible_again),
        "path": lambda: path.path(scratch, chosen.rounds, chosen.seconds),
        "tls": lambda: path.tls(scratch, chosen.rounds, chosen.seconds),
    }
    for name in chosen.parts or PARTS:
        for figure in parts[name]():
            print(f"{figure.name}: {figure.median:.2f} {figure.unit}", file=sys.stderr, flush=True)
            yield figure


def main() -> int:
    chosen = parse()
    if os.geteuid() != 0:
        print("bench: a lab boots machines and needs root: sudo bench/run", file=sys.stderr)
        return 1
    before = computer.describe()
    with tempfile.TemporaryDirectory(prefix="colonnade-bench-") as scratch:
        try:
            figures = list(measured(chosen, Path(scratch)))
        except (CommandFailed, ColonnadeError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print(table(figures))
    if chosen.json:
        report = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "design": chosen.design.name,
            "computer": before,
            "load_after": list(os.getloadavg()),
            "figures": [figure.as_json() for figure in figures],
        }
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
