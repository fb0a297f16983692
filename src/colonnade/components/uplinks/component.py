"""Watches a site's lines to the Internet; what leads to a dead one is withdrawn from the name servers.

A line dies where its machines can't see it: behind the switch, at the provider. So each door machine asks
through the world: out by one line, in by the other, at the next door machine. The program is ours and stays
on the machine (colonnade_agent.uplinks).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import Claims
from colonnade.kit.component import Component, Resources
from colonnade.kit.programs import archive
from colonnade.kit.resources import Directory, File, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings

ROOM = "colonnade.components.uplinks"
NAME = "colonnade-uplinks"
"""Of the unit, its user and its runtime directory."""
PROGRAM = "/usr/lib/colonnade/uplinks.pyz"
ORDER = "/etc/colonnade/uplinks.json"
STATE = f"/run/{NAME}/state.json"


class Uplinks(Component[NoSettings]):
    kind = Kind("uplinks", "watcher of the lines to the Internet", drawn=False)

    def implied(self, design: Design) -> Sequence[Service]:
        """With one line there is nothing to withdraw, and with one door nobody to ask by the other line."""
        doors = tuple(dict.fromkeys(m for service in design.doors for m in service.members))
        if len(design.uplinks) < 2 or len(doors) < 2:
            return ()
        return (Service("uplinks", self.kind.name, doors, NoSettings()),)

    def claims(self, service: Service, design: Design) -> Claims:
        del service, design
        return Claims()

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        if not watches(machine, view):
            return {}
        ours = File(PROGRAM, archive("uplinks"))
        order = File(ORDER, json.dumps(order_of(service, machine, view), indent=1).encode() + b"\n")
        text = render(ROOM, "uplinks.service.j2", name=NAME, program=PROGRAM, order=ORDER)
        unit_file = File(f"/etc/systemd/system/{NAME}.service", text)
        unit = Unit(f"{NAME}.service", restart_on=(ours.id, order.id, unit_file.id))
        return {
            Stage.GROUND: [User(NAME), Directory("/usr/lib/colonnade"), ours, order, unit_file, unit],
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        if not watches(machine, view):
            return ()
        return (Check(service.name, ("cat", STATE), lines),)


def watches(machine: str, view: View) -> bool:
    """Whether the ground knows more than one line of the machine: real machines have one address, so far."""
    return len(view.addresses(machine).lines) > 1


def order_of(service: Service, machine: str, view: View) -> Mapping[str, Any]:
    """What colonnade_agent.uplinks.order reads."""
    return {
        "zone": view.claims.zones[0].name,
        "names": {name.fqdn: view.led(name.machines) for name in view.claims.names},
        "ways": [*_between(machine, service.members, view), *_to_witnesses(machine, view)],
    }


def _between(machine: str, members: Sequence[str], view: View) -> Iterator[Mapping[str, str]]:
    """Out by one line, in by another: on the same one both machines are neighbours, and nothing of the
    provider's is in between.
    """
    for own in view.addresses(machine).lines:
        for peer in (m for m in members if m != machine):
            for theirs in view.addresses(peer).lines:
                if theirs.uplink != own.uplink:
                    yield _way(own.uplink, own.own, peer, theirs.uplink, theirs.own)


def _to_witnesses(machine: str, view: View) -> Iterator[Mapping[str, str]]:
    for own in view.addresses(machine).lines:
        for witness in view.material.witnesses:
            yield _way(own.uplink, own.own, witness, "", witness)


def _way(out: str, source: str, target: str, into: str, address: str) -> Mapping[str, str]:
    return {"out": out, "source": source, "target": target, "into": into, "address": address}


def lines(answer: Answer) -> Health:
    """Reads the watcher's state.json. An uplink that does not carry is a fault, though users are kept off it:
    the other one is the last.
    """
    if answer.exit != 0:
        return Health(False, f"the watcher does not run: systemctl status {NAME}")
    said = json.loads(answer.stdout)
    bad = [text for name, line in said["uplinks"].items() if (text := _wrong(name, line))]
    bad += [said["trouble"]] if said["trouble"] else []
    return Health(not bad, "; ".join(bad) or f"{', '.join(said['uplinks'])} carry")


def _wrong(name: str, line: Mapping[str, Any]) -> str:
    if not line["given"]:
        since = f" since {line['since']}" if line["since"] else ""
        return f"uplink {name} is withdrawn{since}: {line['reason'] or 'as the watcher found it'}"
    if line["settled"] and line["verdict"] == "unknown":
        return f"nothing is known of uplink {name}: no question was answered, by any uplink"
    return ""


COMPONENT = Uplinks()
