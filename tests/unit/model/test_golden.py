"""Every file in `golden/` is a design, a dashed line, and what is made of it: the model with its readings, or
the error's text.

After a wanted change: COLONNADE_UPDATE_GOLDEN=1 python -m pytest tests/unit/model/test_golden.py, then
read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade.errors import DesignError
from colonnade.model.design import Design
from colonnade.model.load import loads
from tests.unit.model.kinds import KINDS

GOLDEN = Path(__file__).parent / "golden"
LINE = "-" * 20 + "\n"


def answer(text: str, name: str) -> str:
    try:
        return "".join(f"{line}\n" for line in told(loads(text, name, KINDS)))
    except DesignError as error:
        return f"{error}\n"


def told(design: Design) -> Iterator[str]:
    yield f"site {design.site}"
    if design.uplinks != ("a",):
        yield f"uplinks {' '.join(design.uplinks)}"
    if design.witnesses:
        yield f"witnesses {' '.join(design.witnesses)}"
    for service in design.services.values():
        public = " public" if service.public else ""
        yield f"service {service.name}: {service.kind} on {' '.join(service.members)}{public}"
        yield from (
            f"    {key} = {value}" for key, value in service.settings.model_dump(exclude_unset=True).items()
        )
        for link in service.links:
            yield f"    -> {link.to}" + "".join(f" {a}>{b}" for a, b in link.pairs)
    yield from (
        f"machine {m.name}: {m.user}@{m.address}:{m.port}" for m in design.machines.values() if m.address
    )
    yield from (f"external {e.name}: {e.what}" for e in design.externals.values())
    yield from (f"fact {f.kind}: {f.text!r} about {' '.join(f.about) or 'nothing'}" for f in design.facts)
    yield from (f"silence {s.rule} until {s.until}: {s.reason}" for s in design.silences)
    yield from (f"assume {name}: {hours}" for name, hours in design.assumptions.items())
    yield from (
        f"{r.position.line}:{r.position.column} read {r.drawn!r} as {r.read}" for r in design.readings
    )


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.golden")), ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    text, _, expected = path.read_text("utf-8").rpartition(LINE)
    found = answer(text, path.stem)
    if os.environ.get("COLONNADE_UPDATE_GOLDEN"):
        path.write_text(text + LINE + found, "utf-8")
    else:
        assert found == expected
