"""A running site as drills need it: what they do to it, and what they ask of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from colonnade.drill import contents
from colonnade.drill.action import Action, Deed, Role
from colonnade.drill.drill import Drill
from colonnade.drill.values import Contents
from colonnade.engine.converge import Outcome, examine
from colonnade.engine.site import Site
from colonnade.errors import ColonnadeError, RemoteFailed, Unhealthy
from colonnade.hosts.ground import Progress
from colonnade.kit.elections import Elections
from colonnade.kit.resources import File, Unit
from colonnade.lab.lab import Lab
from colonnade.model.design import Service
from colonnade.verbs import maintain as maintaining
from colonnade.verbs import up as rising
from colonnade.verbs.database import database_of
from colonnade.verbs.opening import Opened

NO_CONFIG = b"this is no configuration: a drill put it here\n"
OVERWRITE = 'cat > "$1"'
AGAIN = (
    'times=$1; shift; while [ "$times" -gt 0 ]; do systemctl reload "$@" || exit; times=$((times - 1)); done'
)
RELOAD_SECONDS = 300
PRIMARY, LEADER = "primary", "leader"


@dataclass(frozen=True)
class SiteField:
    """Implements drill's Field."""

    opened: Opened
    site: Site
    addresses: tuple[str, ...]
    progress: Progress

    @property
    def lab(self) -> Lab:
        return self.opened.lab

    def do(self, action: Action) -> None:
        self._deeds()[action.deed](action)

    def _deeds(self) -> dict[Deed, Callable[[Action], object]]:
        lab = self.lab
        return {
            Deed.KILL: lambda a: lab.kill(a.machine),
            Deed.START: lambda a: lab.start(a.machine),
            Deed.FREEZE: lambda a: lab.freeze(a.machine),
            Deed.THAW: lambda a: lab.thaw(a.machine),
            Deed.CUT: lambda a: lab.cut(a.machine, a.of or None, "in" if a.way == "in" else "both"),
            Deed.LOSS: lambda a: lab.loss(a.machine, a.percent, a.of or None),
            Deed.HEAL: lambda a: lab.heal(a.machine),
            Deed.SLOW: lambda a: lab.slow(a.machine, a.of),
            Deed.FILL: lambda a: lab.fill(a.machine),
            Deed.CUT_UPLINK: lambda a: lab.cut_uplink(f"uplink-{a.of}"),
            Deed.HEAL_UPLINK: lambda a: lab.heal_uplink(f"uplink-{a.of}"),
            Deed.KILL_PROCESS: self._kill_process,
            Deed.KILL_DATABASE: lambda a: self._kill(a.machine, self._elections(a).program),
            Deed.KILL_STEWARD: lambda a: self._kill(a.machine, self._elections(a).steward),
            Deed.SWITCHOVER: lambda a: database_of(self.opened, a.of).switchover(),
            Deed.RELOAD: self._reload,
            Deed.BREAK_CONFIG: self._break_config,
            Deed.MAINTAIN: lambda a: maintaining.maintain(self.opened, a.machine, self.progress, done=False),
            Deed.MAINTAIN_DONE: lambda a: maintaining.maintain(
                self.opened, a.machine, self.progress, done=True
            ),
            Deed.UP: lambda _: rising.up(self.opened, self.progress, without_external=True),
        }

    # What is done on machines

    def _kill_process(self, action: Action) -> None:
        self._kill(action.machine, *(unit.name for unit in self._units(action)))

    def _kill(self, machine: str, *units: str) -> None:
        self._run(machine, ("systemctl", "kill", "--kill-whom=all", "--signal=KILL", *units))

    def _elections(self, action: Action) -> Elections:
        return database_of(self.opened, action.of).elections

    def _reload(self, action: Action) -> None:
        units = tuple(unit.name for unit in self._units(action) if unit.reload_on)
        argv = ("sh", "-c", AGAIN, "sh", str(action.times), *units)
        self._run(action.machine, argv, timeout=RELOAD_SECONDS)

    def _break_config(self, action: Action) -> None:
        for unit in self._units(action):
            configs = [f for f in self._files(action) if f.id in unit.reload_on and f.validate]
            for config in configs:
                self._run(action.machine, ("sh", "-c", OVERWRITE, "sh", config.path), NO_CONFIG)
            if configs:
                # That the reload is refused is what is hoped for; what is asked is whether visitors notice.
                self._ask(action.machine, ("systemctl", "reload", unit.name))

    def _run(self, machine: str, argv: tuple[str, ...], stdin: bytes = b"", timeout: float = 60) -> None:
        done = self._ask(machine, argv, stdin, timeout)
        if done[0]:
            raise RemoteFailed(f"{' '.join(argv)}: {done[2].strip()}", where=machine)

    def _ask(
        self, machine: str, argv: tuple[str, ...], stdin: bytes = b"", timeout: float = 60
    ) -> tuple[int, str, str]:
        done = self.site.ground.host(machine).run(argv, (stdin,), timeout=timeout)
        return done.exit, done.stdout.decode(errors="replace"), done.stderr

    def _resources(self, action: Action) -> Iterator[object]:
        service = self.site.design.services[action.of]
        room = self.opened.catalog.rooms[service.kind]
        for stage in room.resources(service, action.machine, self.site.view).values():
            yield from stage

    def _units(self, action: Action) -> list[Unit]:
        """Its services, and not the timers and sockets around them."""
        found = (r for r in self._resources(action) if isinstance(r, Unit))
        return [unit for unit in found if unit.name.endswith(".service") and unit.running]

    def _files(self, action: Action) -> list[File]:
        return [r for r in self._resources(action) if isinstance(r, File)]

    def _doors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(m for s in self.site.design.doors for m in s.members))

    # What is asked

    def ailing(self) -> str:
        found = self._examine()
        bad = [f"{h.service} on {h.machine}: {h.detail}" for h in found.health if not h.well]
        return "; ".join([*bad, *(str(e.message) for e in found.errors)])

    def _examine(self) -> Outcome:
        return examine(self.site, self.progress)

    def machine_of(self, action: Action) -> str:
        if action.role == Role.VOTERS_LEADER:
            health = self._examine().health
            found = [h.machine for h in health if h.service == action.of and h.role == LEADER]
        else:
            state = database_of(self.opened, action.of).state()
            found = [state.leader if action.role == Role.PRIMARY else state.standby]
        if not any(found):
            raise Unhealthy(f"nobody is {action.role} of {action.of} just now")
        return found[0]

    def terms(self) -> int | None:
        services = self.site.design.services.values()
        elected = [s.name for s in services if self.opened.catalog.rooms[s.kind].elections(s)]
        try:
            return sum(database_of(self.opened, name).state().term for name in elected) if elected else None
        except ColonnadeError:  # then it is not measured, and the drill says so
            return None

    def own_addresses(self, drill: Drill) -> tuple[str, ...]:
        if drill.uplink:
            lines = (line for m in self._doors() for line in self.site.view.addresses(m).lines)
            there = {a for line in lines if line.uplink == drill.uplink for a in (line.own, *line.floating)}
            return tuple(a for a in self.addresses if a in there)
        return self._held_by(drill.holder) if drill.holder else ()

    def _held_by(self, machine: str) -> tuple[str, ...]:
        """Floating addresses move, so the machine is asked which ones it has now."""
        _, said, _ = self._ask(machine, ("ip", "-json", "-4", "address"))
        held = {i["local"] for link in json.loads(said) for i in link.get("addr_info", ())}
        return tuple(a for a in self.addresses if a in held)

    def contents(self, run: str) -> Contents | None:
        """From the primary, by SQL: as far from the way the writes came as can be."""
        for service in self.site.design.services.values():
            ask = self.opened.catalog.rooms[service.kind].ask(service, contents.question(run))
            if ask:
                argv, stdin = ask.argv, ask.input.encode()
                exit_code, said, _ = self._ask(self._primary(service), argv, stdin)
                if exit_code == 0:
                    return contents.answer(said)
        return None

    def _primary(self, service: Service) -> str:
        roles = {h.machine: h.role for h in self._examine().health if h.service == service.name}
        return next((m for m in service.members if roles.get(m) == PRIMARY), service.members[0])
