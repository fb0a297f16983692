"""Which machine each member is on: a subgraph that is a machine, or one of its own. Asked by `read`."""

from __future__ import annotations

import re
from collections import Counter

from colonnade.model.mermaid.ast import Group, Node
from colonnade.model.names import slug, telling, unique
from colonnade.model.reading.senses import Sense, Sketch
from colonnade.model.reading.vocabulary import MEMBER
from colonnade.model.reading.words import SEGMENT, bare, forms

NOUN = (
    r"server|vm|virtual machine|host|instance|droplet|ec2(?: instance)?|machine|vps|box|computer|"
    r"linode|raspberry ?pi|hardware"
)
MACHINE = re.compile(rf"(?<![a-z])(?:{NOUN})(?![a-z])")
NUMBERED = re.compile(rf"(?<![a-z])(?:{NOUN}|node)(?: ?(?:n|no|nr)? ?\d+| (?:[a-z]|one|two|three|four))$")
"""Server 1, Node B, VM-2: a machine, whatever is in it."""
HOST = re.compile(r"^[a-z]+ ?\d+$")
"""web01: a machine, if no two of a kind are in it."""
LOCATION = re.compile(
    r"(?<![a-z])(?:zones?|azs?|regions?|data ?cent(?:er|re)s?|dc|racks?|(?:sub)?net(?:work)?s?|vpcs?|"
    r"vnet|lan|wan|dmz|cloud|aws|gcp|azure|"
    r"google|amazon|digital ?ocean|hetzner|ovh|on ?prem(?:ises)?|public|private|internal|external|"
    r"infrastructure|infra|system|"
    r"architecture|environment|production|prod|staging|site|website|internet|hosting|kubernetes|"
    r"docker|secure|trusted|perimeter)(?![a-z])"
)
TIER = re.compile(
    r"(?<![a-z])(?:tiers?|layers?|clusters?|farms?|pools?|groups?|fleets?|servers|hosts|vms|machines|"
    r"instances|nodes|services?|front ?ends?|back ?ends?|"
    r"stack|replication|pair|set|databases|balancers|apps)(?![a-z])"
)


def titles(group: Group) -> list[str]:
    texts = [group.title, *([group.id] if group.named else [])]
    return [form for text in texts for form in forms(bare(text.replace("\n", " ")))]


def is_machine(sketch: Sketch, group: Group) -> bool:
    """Says so in its title, or holds members of several kinds and no word in its title says tier or place."""
    kinds = Counter(
        s.value for n in sketch.drawing.inside(group.id) if (s := sketch.senses.get(n)) and s.sort == MEMBER
    )
    if not kinds or is_numbered(group):
        return bool(kinds)
    texts = titles(group)
    if max(kinds.values()) > 1 or any(LOCATION.search(t) or TIER.search(t) for t in texts):
        return False
    if any(MACHINE.search(t) or HOST.search(t) for t in texts):
        return True
    return len(kinds) > 1 and not any(member in sketch.drawing.groups for member in group.members)


def is_numbered(group: Group) -> bool:
    return any(NUMBERED.search(t) for t in titles(group))


def place(sketch: Sketch) -> dict[str, str]:
    """The name of the machine of each member, by the node's id. Two names are never the same machine."""
    drawn: dict[str, str] = {}
    names: dict[str, str] = {}
    groups = machine_groups(sketch)
    for sense in sketch.members():
        group = groups.get(sense.node.id)
        key = f"group {group.id}" if group else f"node {sense.node.id}"
        if key not in names:
            wanted = group_name(group) if group else node_name(sense)
            names[key] = unique(wanted or numbered(sense.value, names), names.values())
        drawn[sense.node.id] = names[key]
    return drawn


def machine_groups(sketch: Sketch) -> dict[str, Group]:
    """The subgraph that is the machine of a member, by the node's id; missing where the node stands for
    it.
    """
    machines = {g.id for g in sketch.drawing.groups.values() if is_machine(sketch, g)}
    found = {}
    for sense in sketch.members():
        around = [g for g in sketch.drawing.around(sense.node.id) if g.id in machines]
        if around:
            found[sense.node.id] = next((g for g in around if is_numbered(g)), around[0])
    return found


def numbered(kind: str, used: dict[str, str]) -> str:
    number = 1
    while f"{kind}{number}" in used.values():
        number += 1
    return f"{kind}{number}"


def group_name(group: Group) -> str:
    return (telling(group.id) if group.named else "") or short(group.title) or slug(group.id)


def node_name(sense: Sense) -> str:
    """The id if it tells something, else the label; empty if neither does."""
    return telling(sense.node.id) or label_name(sense.node)


def label_name(node: Node) -> str:
    return short(node.label) if node.label != node.id else ""


def short(text: str) -> str:
    """The slug of the first part of a label that has letters, without addresses and site names: `Web: Nginx
    (a)` as `web`.
    """
    parts = (slug(part) for line in text.split("\n") for part in SEGMENT.findall(bare(line)))
    return next((part for part in parts if telling(part)), "")
