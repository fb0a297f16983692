"""Floating addresses: keepalived, which moves them from a door that fails to one that works. Asked by the
catalog like every room.

It comes with every service of two doors or more. README.md is the user's page, `standing.py` says who should
hold an address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from colonnade.components.keepalived import standing
from colonnade.components.keepalived.settings import KeepalivedSettings
from colonnade.errors import DesignError, Problem
from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import CA_FILE, Audience, Claims, FloatingNeed, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.orders import Order
from colonnade.kit.resources import Directory, File, Resource, Sysctl, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

ROOM = "colonnade.components.keepalived"
CONFIG = "/etc/keepalived/keepalived.conf"
DROP_IN = "/etc/systemd/system/keepalived.service.d"
PROGRAMS = "/usr/lib/colonnade"
HANDOVER = f"{PROGRAMS}/floating-handover"
RUN = "/run/keepalived"
LINES = f"{RUN}/lines.conf"
STATE = f"{RUN}/door"
GIVEN = f"{RUN}/given"
USER = "keepalived_script"
NAME = "floating"

CONFIG_TEST = f"""\
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT &&
{PROGRAMS}/floating-lines >"$folder/lines.conf" && echo 0 >"$folder/standing" &&
sed "s,{STATE},$folder,;s,{RUN},$folder," "$1" >"$folder/keepalived.conf" &&
keepalived --config-test --use-file="$folder/keepalived.conf"
"""
"""$1 is the configuration. What it includes and tracks is made when the service starts, and here for the
test."""

WHO_HOLDS = "systemctl is-active --quiet keepalived.service && ip -json -4 address show"


class Keepalived(Component[KeepalivedSettings]):
    kind = Kind("keepalived", "floating addresses", KeepalivedSettings, tier=0, drawn=False, written=True)
    packages = ("keepalived", "curl", "iproute2", "nftables")

    def implied(self, design: Design) -> Sequence[Service]:
        """One for each service of several doors; but for real machines the operator has to name addresses."""
        written = {s.members for s in design.services.values() if s.kind == self.kind.name}
        doors = [d for d in design.doors if len(d.members) > 1 and d.members not in written]
        if not design.needs_lab:
            return ()
        names = [NAME if len(doors) == 1 else f"{NAME}-{door.name}" for door in doors]
        return tuple(
            Service(name, self.kind.name, door.members, _settings(design, door))
            for name, door in zip(names, doors, strict=True)
        )

    def claims(self, service: Service, design: Design) -> Claims:
        settings = self.settings(service)
        _door(service, design)
        count = len(service.members) if settings.mode == "active-active" else 1
        named = tuple(map(str, settings.addresses))
        _refuse_addresses(service, design, count, len(set(named)))
        return Claims(
            offers=(Offer(service.name, "vrrp", 0, Audience.NEIGHBOURS, "vrrp", "vrrp"),),
            floating=(FloatingNeed(service.members, count, named),),
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        door = _facts(service, view)
        programs = self._programs(service, machine, view, door)
        config = File(
            CONFIG,
            self._config(service, machine, view),
            mode=0o600,
            validate=("sh", "-c", CONFIG_TEST, "sh", "{staged}"),
        )
        floating = view.addresses(machine).floating
        words = _words(door) | {"floating": floating}
        drop_in = File(f"{DROP_IN}/colonnade.conf", render(ROOM, "keepalived.service.j2", **words))
        beside = f"/etc/systemd/system/{door['unit']}.d"
        hook = File(f"{beside}/floating.conf", render(ROOM, "door.service.j2", **_words(door)))
        serves = machine not in view.maintained
        unit = Unit(
            "keepalived.service",
            enabled=serves,
            running=serves,
            reload_on=(config.id, f"file:{PROGRAMS}/floating-lines"),
            restart_on=(drop_in.id,),
        )
        return {
            Stage.GROUND: [
                Sysctl("net.ipv4.ip_nonlocal_bind", "1"),
                User(USER),
                Directory(PROGRAMS),
                *programs,
            ],
            Stage.DOOR: [
                Directory(beside),
                hook,
                Directory("/etc/keepalived"),
                config,
                Directory(DROP_IN),
                drop_in,
                unit,
            ],
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        if machine in view.maintained:
            return ()
        floating = view.addresses(machine).floating
        return (Check(service.name, ("sh", "-c", WHO_HOLDS), held(floating)),)

    def returned(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        """Whoever stood in for a door gives it its addresses back, after the requests that are at them."""
        if self.settings(service).mode == "active-passive":
            return ()
        door = _facts(service, view)
        lines = view.addresses(machine).lines
        seats = [
            s for line in lines for s in standing.seats(machine, service.members, line.floating, homes=True)
        ]
        mine = tuple(seat.address for seat in seats if seat.home == machine)
        how = ("/usr/bin/python3", "-I", HANDOVER, "give", door["unit"], door["reload"], f"{GIVEN}-{machine}")
        others = [m for m in service.members if m != machine]
        return tuple(Order(m, (*how, *mine), f"give {machine} its addresses back") for m in others)

    def _programs(
        self, service: Service, machine: str, view: View, door: Mapping[str, str]
    ) -> Sequence[Resource]:
        addresses, settings = view.addresses(machine), self.settings(service)
        # A door that may be full of users has a place of its own for this question.
        here, site = addresses.own[0], view.design.site
        at = f"--interface {here} --resolve {site}:443:{here}"
        words = {
            **_words(door),
            "way": f"--unix-socket {door['socket']}" if "socket" in door else at,
            "site": site,
            "ca": CA_FILE,
            "own": addresses.own,
            "delay": settings.preempt_delay,
            "settled": standing.SETTLED if settings.mode == "active-active" else 0,
            "gone": standing.GONE,
        }
        sources = {
            "door-standing": "door-standing.j2",
            "floating-lines": "floating-lines.j2",
            "floating-handover": "handover.py",
        }
        return [
            File(f"{PROGRAMS}/{name}", render(ROOM, source, **words), mode=0o755)
            for name, source in sources.items()
        ]

    def _config(self, service: Service, machine: str, view: View) -> bytes:
        homes = self.settings(service).mode == "active-active"
        lines = []
        for line in view.addresses(machine).lines:
            others = [view.addresses(m) for m in service.members if m != machine]
            peers = [other.own for a in others for other in a.lines if other.uplink == line.uplink]
            seats = standing.seats(machine, service.members, line.floating, homes=homes)
            lines.append((line, peers, seats))
        return render(
            ROOM,
            "keepalived.conf.j2",
            machine=machine,
            lines=lines,
            others=[m for m in service.members if homes and m != machine],
            given=GIVEN,
            lines_file=LINES,
            answers=standing.ANSWERS,
            programs=PROGRAMS,
            state=STATE,
            user=USER,
        )


def _settings(design: Design, door: Service) -> KeepalivedSettings:
    """Who draws one floating address before a door means one that is passed on; else all are at work."""
    drawn = [f for f in design.facts if f.kind == "vip" and (not f.about or door.name in f.about)]
    return KeepalivedSettings(mode="active-passive") if len(drawn) == 1 else KeepalivedSettings()


def _door(service: Service, design: Design) -> Service:
    """The door whose addresses these are. Raises DesignError when there is none with these machines."""
    found = [d for d in design.doors if set(d.members) == set(service.members) and len(d.members) > 1]
    if not found:
        raise _refusal(
            service,
            design,
            f"{service.name} is on {', '.join(service.members)}, and these are not the machines of a service "
            "where users arrive, two at least",
            "give it the machines of the doors whose addresses it moves",
        )
    return found[0]


def _refuse_addresses(service: Service, design: Design, count: int, named: int) -> None:
    """Raises DesignError where addresses are named and a lab gives its own, or are not as many as needed."""
    if design.needs_lab and named:
        text, hint = (
            "a lab has floating addresses of its own",
            "take 'addresses' out, or give machines addresses",
        )
    elif not design.needs_lab and named != count:
        text = f"{service.name} needs {count} floating address{'es' * (count != 1)}, and {named} are named"
        hint = "name free addresses of the doors' network: addresses: [192.0.2.10, 192.0.2.11]"
    else:
        return
    raise _refusal(service, design, text, hint)


def _refusal(service: Service, design: Design, message: str, hint: str) -> DesignError:
    at = service.position
    return DesignError(design.path, [Problem(at.line, at.column, message, hint)])


def _facts(service: Service, view: View) -> Mapping[str, str]:
    """What the door's room says of how it is asked, drained and restarted."""
    door = _door(service, view.design)
    return next(o.facts for o in view.offers(door.name, Audience.PUBLIC) if "unit" in o.facts)


def _words(door: Mapping[str, str]) -> dict[str, object]:
    return {"door": door, "programs": PROGRAMS, "state": STATE, "user": USER, "lines_file": LINES}


def held(floating: Sequence[str]) -> Callable[[Answer], Health]:
    """Reads `ip -json -4 address show`: which of these addresses the machine holds."""

    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            return Health(False, answer.stderr.strip() or "keepalived does not run")
        here = {info["local"] for link in json.loads(answer.stdout) for info in link.get("addr_info", ())}
        mine = [address for address in floating if address in here]
        return Health(True, f"holds {', '.join(mine)}" if mine else "holds none, stands by")

    return read


COMPONENT = Keepalived()
