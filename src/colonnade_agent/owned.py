"""What the agent put on the machine: /var/lib/colonnade/owned.json. Removal touches nothing else.

It is written before the first of what it names is made, so nothing that a killed run made is ever forgotten:
{id: {"stage": the stage that wants it, "found": what `claim` says was there before}}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from colonnade_agent.machine import Machine, Resource
from colonnade_agent.records import Records

PLACE = (".", "owned")


def read(records: Records) -> dict[str, Any]:
    return records.read(*PLACE)


def claim(machine: Machine, stage: str, resources: Iterable[Resource]) -> None:
    """Make `resources` ours, with what was there before. Those that are ours already only change their
    stage.
    """
    owned = read(machine.records)
    for resource in resources:
        if resource.id in owned:
            owned[resource.id] = {**owned[resource.id], "stage": stage}
        elif (found := resource.claim(machine)) is not None:
            owned[resource.id] = {"stage": stage, "found": found}
    machine.records.write(*PLACE, owned)


def release(records: Records, resource_id: str) -> None:
    owned = read(records)
    owned.pop(resource_id, None)
    if owned:
        records.write(*PLACE, owned)
    else:
        records.forget(*PLACE)
