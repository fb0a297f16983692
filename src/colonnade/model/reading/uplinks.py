"""Which lines to the Internet a drawing shows, and what they are called. Asked by `read`."""

from __future__ import annotations

import re
from string import ascii_lowercase

from colonnade.model.places import Places
from colonnade.model.reading.senses import Sketch
from colonnade.model.reading.vocabulary import NET, UPLINK
from colonnade.model.reading.words import plain

SAID = re.compile(r"(?:^|\s)(?:([a-z])|(\d))$|(?<=[a-z])(\d)$")
"""The letter or number at the end of a label: `Uplink B`, `ISP 2`, `isp2`."""


def nodes(sketch: Sketch) -> dict[str, str]:
    """The name of each uplink by its node's id: the letter said on it, else the next that is free."""
    found = {i: s for i, s in sketch.senses.items() if s.sort == NET and s.value == UPLINK}
    names: dict[str, str] = {}
    for id_, sense in found.items():
        letter = said(sense.node.label)
        if letter and letter not in names.values():
            names[id_] = letter
    free = [letter for letter in ascii_lowercase if letter not in names.values()]
    unsaid = [id_ for id_ in found if id_ not in names]
    names |= dict(zip(unsaid, free, strict=False))
    return {id_: names[id_] for id_ in found if id_ in names}


def said(label: str) -> str:
    found = SAID.search(plain(label))
    if not found:
        return ""
    number = int(found[2] or found[3] or 0)
    return found[1] or (ascii_lowercase[number - 1] if number else "")


def told(sketch: Sketch, places: Places) -> list[str]:
    names = nodes(sketch)
    for index, (id_, name) in enumerate(names.items()):
        sense = sketch.senses[id_]
        places.put(("uplinks", index), sense.node.position)
        sketch.say(sense.node.position, sense.shown, f"the uplink {name}, a line to the Internet")
    return list(names.values())
