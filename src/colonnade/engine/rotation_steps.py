"""How a machine leaves a site's rotation and comes back: the steps, as data, from two states of the site that
differ in nothing but this machine's maintenance. Pure; `maintain` carries them out or prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade.engine.converge import STAGES, Scope, everywhere
from colonnade.engine.site import Site
from colonnade.kit.claims import Name
from colonnade.kit.orders import Order
from colonnade.kit.rotation import members_on, without
from colonnade.kit.stages import Stage

GROUND = Stage.GROUND.name.lower()
RELOAD_SECONDS = 2
"""For name servers to have loaded what they were told to."""
Touched = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Machine -> stage -> ids of the resources that differ."""


@dataclass(frozen=True)
class WriteDown:
    """Write down that `machine` is in maintenance, or (`there` False) no longer."""

    machine: str
    there: bool

    @property
    def words(self) -> str:
        return f"write down that {self.machine} is {'in maintenance' if self.there else 'back'}"


@dataclass(frozen=True)
class SwitchOn:
    """Make sure that the machine runs."""

    machine: str

    @property
    def words(self) -> str:
        return f"{self.machine}: start it, where it is a lab's"


@dataclass(frozen=True)
class Converge:
    """Bring the machines of `scope` to what `site` says. `optional` is the one that may be off."""

    site: Site
    scope: Scope
    purpose: str
    detail: tuple[str, ...] = ()
    optional: str = ""

    @property
    def words(self) -> str:
        return "\n".join(
            (f"{', '.join(self.scope.machines)}: {self.purpose}", *(f"  {d}" for d in self.detail))
        )


@dataclass(frozen=True)
class AwaitNames:
    """Wait until resolvers have forgotten a name's addresses."""

    machine: str
    seconds: int

    @property
    def words(self) -> str:
        return f"wait {self.seconds} s, for as long may resolvers still lead users to {self.machine}"


@dataclass(frozen=True)
class AwaitQuiet:
    """Wait until nothing is under way to `machine`; `told` are those that sent to it."""

    site: Site
    machine: str
    told: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"{self.machine}: wait until the last request to it has ended"


@dataclass(frozen=True)
class Run:
    """Have a room's order run. `optional` is the machine that may be off."""

    site: Site
    order: Order
    optional: str = ""

    @property
    def words(self) -> str:
        return f"{self.order.machine}: {self.order.purpose}"


Step = Run | WriteDown | SwitchOn | Converge | AwaitNames | AwaitQuiet


def touched(serving: Site, resting: Site) -> Touched:
    """What the two sites want differently, in the design's order. Other machines in maintenance are left
    alone: they catch up when they come back.
    """
    found = {}
    for machine in [m for m in serving.design.machines if m not in serving.view.maintained]:
        stages = {
            stage.name.lower(): ids
            for stage in Stage
            if (ids := _differing(serving, resting, machine, stage))
        }
        if stages:
            found[machine] = stages
    return found


def leaving(serving: Site, resting: Site, machine: str) -> tuple[Step, ...]:
    """What only one can hold is handed over; then names, then all that send to it, then the machine itself;
    it is free when the last request has ended.
    """
    differ = touched(serving, resting)
    named = tuple(m for m, stages in differ.items() if GROUND in stages)
    told = tuple(m for m, stages in differ.items() if set(stages) - {GROUND})
    steps: list[Step] = [WriteDown(machine, there=True)]
    steps += [Run(serving, order, optional=machine) for order in serving.leaving[machine]]
    if named:
        steps.append(
            _converge(resting, differ, named, (GROUND,), f"no longer lead users to {machine}", machine)
        )
    if seconds := _ttl(serving, resting):
        steps.append(AwaitNames(machine, seconds))
    later = tuple(stage for stage in STAGES if stage != GROUND)
    if others := tuple(m for m in told if m != machine):
        steps.append(_converge(resting, differ, others, later, f"send nothing new to {machine}", machine))
    if machine in told:
        steps.append(_converge(resting, differ, (machine,), later, "hand over what it holds", machine))
    return (*steps, AwaitQuiet(resting, machine, told))


def returning(resting: Site, serving: Site, machine: str) -> tuple[Step, ...]:
    """The machine is brought up to date and must be healthy before anyone sends to it."""
    differ = touched(serving, resting)
    steps: list[Step] = [SwitchOn(machine), Converge(resting, _alone(resting, machine), "bring up to date")]
    if differ:
        steps.append(_converge(serving, differ, tuple(differ), STAGES, f"send to {machine} again"))
    handed_back = [Run(serving, order) for order in serving.returned[machine]]
    return (*steps, *handed_back, WriteDown(machine, there=False))


def _alone(site: Site, machine: str) -> Scope:
    """All of this one machine. That it is in maintenance excuses none of its members; that others are may."""
    others = members_on(site.design, site.view.maintained - {machine})
    return Scope((machine,), everywhere(site).stages, without(site.design, others))


def _converge(
    site: Site,
    differ: Touched,
    machines: tuple[str, ...],
    stages: tuple[str, ...],
    purpose: str,
    optional: str = "",
) -> Converge:
    due = [(m, stage) for m in machines for stage in differ[m] if stage in stages]
    detail = tuple(f"{m}: {stage} {name}" for m, stage in due for name in differ[m][stage])
    used = tuple(stage for stage in stages if stage in {stage for _, stage in due})
    return Converge(site, Scope(machines, used, site.view.resting), purpose, detail, optional)


def _ttl(serving: Site, resting: Site) -> int:
    """Seconds; 0 when no name changes."""
    names = serving.view.claims.names
    changed = [n.ttl for n in names if _led(n, serving) != _led(n, resting)]
    return max(changed) + RELOAD_SECONDS if changed else 0


def _led(name: Name, site: Site) -> frozenset[str]:
    """Its addresses; those that float stay when one of their machines goes."""
    return frozenset(a for m in site.view.led_to(name) for a in site.view.addresses(m).arrivals)


def _differing(one: Site, other: Site, machine: str, stage: Stage) -> tuple[str, ...]:
    first, second = ({r.id: r for r in site.desired[machine].get(stage, ())} for site in (one, other))
    return tuple(name for name in {**first, **second} if first.get(name) != second.get(name))
