"""The site's own authoritative name servers, one on every machine that users arrive at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from colonnade.components.knot.zone import origin_of, zone_of
from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import Audience, Claims, Name, Offer, Zone
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings

ROOM = "colonnade.components.knot"

# The server's own check of a zone file wants it named by a configuration: $1 is the zone, $2 the file.
ZONE_TEST = """\
config=$(mktemp) && trap 'rm -f "$config"' EXIT &&
printf 'zone:\\n  - domain: "%s"\\n    file: "%s"\\n' "$1" "$2" >"$config" &&
knotc --config "$config" zone-check "$1"
"""

ASK = ("kdig", "@127.0.0.1", "+short", "+norecurse", "+timeout=2", "+retry=0")


class Knot(Component[NoSettings]):
    kind = Kind("knot", "name server", drawn=False)
    packages = ("knot", "knot-dnsutils")

    def implied(self, design: Design) -> Sequence[Service]:
        doors = tuple(dict.fromkeys(m for service in design.doors for m in service.members))
        return (Service("dns", self.kind.name, doors, NoSettings()),) if doors else ()

    def claims(self, service: Service, design: Design) -> Claims:
        offers = tuple(
            Offer(service.name, f"dns-{transport}", 53, Audience.PUBLIC, "dns", transport)
            for transport in ("udp", "tcp")
        )
        return Claims(offers=offers, zones=(Zone(origin_of(design.site), service.members),))

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        site = view.design.site
        names = [replace(name, machines=view.led_to(name)) for name in view.claims.names]
        zone = zone_of(site, names, {m: view.addresses(m) for m in service.members})
        records = File(
            f"/etc/knot/{zone.origin}.zone",
            render(ROOM, "zone.j2", zone=zone),
            mode=0o640,
            group="knot",
            validate=("sh", "-c", ZONE_TEST, "sh", zone.origin, "{staged}"),
        )
        config = File(
            "/etc/knot/knot.conf",
            render(ROOM, "knot.conf.j2", listen=view.addresses(machine).own, zone=zone, file=records.path),
            mode=0o640,
            group="knot",
            validate=("knotc", "--config", "{staged}", "conf-check"),
        )
        drop_in = Directory("/etc/systemd/system/knot.service.d")
        hardening = File(f"{drop_in.path}/colonnade.conf", render(ROOM, "knot.service.j2"))
        unit = Unit("knot.service", reload_on=(config.id, records.id), restart_on=(hardening.id,))
        return {Stage.GROUND: [records, config, drop_in, hardening, unit]}

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        del machine
        return tuple(
            Check(
                service.name,
                (*ASK, f"{name.fqdn}.", "A"),
                answers(name, _led(name, view), view.led(name.machines)),
            )
            for name in view.claims.names
        )


def _led(name: Name, view: View) -> Sequence[str]:
    return tuple(dict.fromkeys(a for m in view.led_to(name) for a in view.addresses(m).arrivals))


def answers(
    name: Name, expected: Sequence[str], uplinks: Mapping[str, Sequence[str]]
) -> Callable[[Answer], Health]:
    """Reads `kdig +short`: one address a line, comments after `;;`.

    What is `expected` may lack all addresses of some `uplinks`, though not of all: they were withdrawn, and
    this server does what it was told.
    """

    def read(answer: Answer) -> Health:
        lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
        said = [line for line in lines if not line.startswith(";")]
        withdrawn = [uplink for uplink, own in uplinks.items() if not set(own) & set(said)]
        missing = {address for uplink in withdrawn for address in uplinks[uplink]}
        wanted = [address for address in expected if address not in missing] or expected
        if answer.exit != 0 or sorted(said) != sorted(set(wanted)):
            found = ", ".join(said) or next(iter(lines), answer.stderr.strip()) or "nothing"
            return Health(False, f"{name.fqdn} gives {found}, not {', '.join(expected)}")
        without = f", none of uplink {' or '.join(withdrawn)}" if withdrawn else ""
        return Health(True, f"{name.fqdn} gives {', '.join(said)}{without}")

    return read


COMPONENT = Knot()
