"""What a drawing states that is no member: addresses, firewalls, certificates, monitoring, backups. Asked by
`read`.
"""

from __future__ import annotations

from typing import Any

from colonnade.model.places import Places
from colonnade.model.reading.arrows import Flows
from colonnade.model.reading.links import Wiring
from colonnade.model.reading.senses import Sketch
from colonnade.model.reading.vocabulary import FACT, MEMBER
from colonnade.model.reading.words import Lexicon


def told(
    sketch: Sketch, flows: Flows, wiring: Wiring, lexicon: Lexicon, places: Places
) -> list[dict[str, Any]]:
    """The facts as a site.yaml lists them, in the order drawn."""
    found = []
    for id_, sense in sketch.senses.items():
        if sense.sort == FACT:
            about = [wiring.tier(member).name for fact, member in flows.beside if fact == id_] or beside(
                sketch, wiring, id_
            )
            found.append((sense.node.position, sense.value, sense.shown, about))
        elif sense.sort == MEMBER:
            found += [
                (sense.node.position, kind, sense.shown, [wiring.tier(id_).name])
                for kind in dict.fromkeys(lexicon.facts(sense.node.label))
            ]
    written = []
    for index, (at, kind, text, about) in enumerate(found):
        places.put(("facts", index), at)
        written.append({"kind": kind, "text": text, "about": list(dict.fromkeys(about))})
    return written


def beside(sketch: Sketch, wiring: Wiring, id_: str) -> list[str]:
    """Without arrows a fact is about what is drawn in the same subgraph."""
    group = next(sketch.drawing.around(id_), None)
    if group is None:
        return []
    return [
        wiring.tier(i).name
        for i in sketch.drawing.inside(group.id)
        if i in sketch.senses and sketch.senses[i].sort == MEMBER
    ]
