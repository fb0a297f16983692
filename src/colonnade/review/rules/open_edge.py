"""More than the web is open to the world."""

from __future__ import annotations

import re
from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity

WEB = frozenset({80, 443})
PORT = re.compile(r"(?<![\w.:/-])(?:(?:port|tcp|udp)[ /:]{0,2})?(\d{1,5})(?![\w.%-]|:\d)", re.IGNORECASE)


def look(case: Case) -> Iterator[Sighting]:
    doors = {service.name for service in case.design.doors}
    for fact in case.design.facts:
        ports = sorted(beyond(fact.text)) if fact.kind == "firewall" else []
        if ports and (not fact.about or doors.intersection(fact.about)):
            yield Sighting(
                f"'{fact.text}' lets more through than 80 and 443: {', '.join(map(str, ports))}.",
                fact.position,
                (),
                case.members(case.design.doors),
                cured_by_up="firewall" in case.provided,
            )
    for service in case.design.doors:
        port = getattr(service.settings, "port", None)
        if isinstance(port, int) and port not in WEB:
            yield Sighting(
                f"'{service.name}' takes users in on port {port}.",
                service.position,
                (),
                case.members([service]),
                fix="Let users arrive on 443, and on 80 to be redirected.",
            )


def beyond(text: str) -> set[int]:
    """Ports in a firewall's text other than those of the web. Small numbers count firewalls."""
    ports = {int(found[1]) for found in PORT.finditer(text)}
    return {port for port in ports if 20 < port < 65536 and port not in WEB}


RULE = Rule(
    id="open-edge",
    severity=Severity.WARNING,
    title="The edge is open beyond 80 and 443",
    why="Every open port is a program that strangers can talk to. SSH and databases that face the "
    "Internet are tried all day long.",
    fix="Open 80 and 443 at the door and nothing else; reach machines over a network of your own. "
    "`up` opens what is drawn, whatever a firewall's label says.",
    look=look,
)
