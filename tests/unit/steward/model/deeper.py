"""The same for minutes or hours: `python -m tests.unit.steward.model.deeper paired --crashes 2`."""

from __future__ import annotations

import argparse
import gc
import sys
import time

from tests.unit.steward.model.explorer import explore
from tests.unit.steward.model.world import Bounds, alone, paired


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", choices=("alone", "paired"), help="does a standby stand at the beginning?")
    parser.add_argument("--machines", type=int, default=2)
    parser.add_argument("--worlds", type=int, default=2_000_000, help="end after so many")
    parser.add_argument("--strict", action="store_true")
    for name, default in Bounds._field_defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    bounds = Bounds(**{name: getattr(asked, name) for name in Bounds._fields})
    first = {"alone": alone, "paired": paired}[asked.first](bounds, asked.machines)
    gc.disable()  # worlds hold no cycles, and there are millions
    started = time.monotonic()
    found = explore(first, strict=asked.strict, limit=asked.worlds)
    print(f"{found.worlds} worlds in {time.monotonic() - started:.0f} s; {', '.join(sorted(found.reached))}")
    print(
        "\n".join(found.violation)
        or ("nothing lost" if found.worlds < asked.worlds else "nothing lost so far")
    )
    return 1 if found.violation else 0


if __name__ == "__main__":
    sys.exit(main())
