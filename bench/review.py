"""How do time and memory of a review grow with the site? Run from the checkout: `python -m bench.review`.

Each size is reviewed in a process of its own, so that its peak memory is its own too. Prints one line per
shape and size; the ratio compares with the size before: 10 is linear growth, 100 would be quadratic.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from colonnade import catalog
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import Kinds
from colonnade.review.review import review

CHECKOUT = Path(__file__).resolve().parents[1]
SIZES = (10, 100, 1_000, 10_000)
SHAPES = ("mesh", "pairs", "ring", "shared")
DAY = date(2026, 1, 1)


def design(shape: str, members: int, kinds: Kinds) -> Design:
    """A door, two databases, and web and app servers: all arrows, pairs, two arrows each, or one machine for
    both.
    """
    half = max(1, (members - 4) // 2)
    webs = tuple(f"web{i}" for i in range(half))
    apps = webs if shape == "shared" else tuple(f"app{i}" for i in range(half))
    steps = {"pairs": (0,), "ring": (0, 1)}.get(shape, ())
    pairs = tuple(
        dict.fromkeys((web, apps[(i + step) % half]) for i, web in enumerate(webs) for step in steps)
    )
    services = (
        service(kinds, "edge", "haproxy", ("lb1", "lb2"), Link("web"), public=True),
        service(kinds, "web", "nginx", webs, Link("app", pairs)),
        service(kinds, "app", "app", apps, Link("db")),
        service(kinds, "db", "mariadb", ("db1", "db2")),
    )
    machines = {m: Machine(m) for s in services for m in s.members}
    return Design("www.example.com", {s.name: s for s in services}, machines)


def service(
    kinds: Kinds, name: str, kind: str, members: tuple[str, ...], *links: Link, public: bool = False
) -> Service:
    return Service(name, kind, members, kinds[kind].settings(), links, public)


def one(shape: str, members: int) -> None:
    """Review one design and print what it took, as JSON."""
    rooms = catalog.load()
    kinds, rules = rooms.kinds, rooms.rules
    drawn = design(shape, members, kinds)
    wall, processor = time.perf_counter(), time.process_time()
    found = review(drawn, kinds, rules, DAY)
    took = {
        "shape": shape,
        "members": members,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - processor,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "exact": all(report.availability.exact for report in found.journeys.values()),
        "findings": len(found.findings),
    }
    print(json.dumps(took))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/review", description="Time and memory of a review by size.")
    parser.add_argument("--one", nargs=2, metavar=("SHAPE", "MEMBERS"), help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    chosen = parser.parse_args()
    if chosen.one:
        one(chosen.one[0], int(chosen.one[1]))
        return 0
    every = []
    print(f"{'shape':<8} {'members':>8} {'wall s':>8} {'cpu s':>8} {'ratio':>6} {'peak MB':>8}  exact")
    for shape in SHAPES:
        before = 0.0
        for members in SIZES:
            argv = [sys.executable, "-m", "bench.review", "--one", shape, str(members)]
            done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=True)
            took = json.loads(done.stdout)
            every.append(took)
            ratio = f"{took['cpu_s'] / before:>6.1f}" if before else f"{'':>6}"
            before = took["cpu_s"]
            figures = f"{took['wall_s']:>8.3f} {took['cpu_s']:>8.3f} {ratio} {took['peak_mb']:>8.0f}"
            print(f"{shape:<8} {members:>8} {figures}  {took['exact']}", flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(every, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
