"""What does all that Colonnade adds cost on the way of a request? The site's path and a raw one, in turn.

Each round measures both, beginning with the one and with the other, and has a ratio of its own: whatever else
the computer does then weighs on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import handshakes, load, raw
from bench.figures import Figure
from bench.subject import Subject
from colonnade.lab.furniture import CLIENT
from colonnade.lab.lab import Lab
from colonnade.verbs.opening import open_design

DESIGNS = Path(__file__).parent / "designs"
APPS = ("nothing", "guestbook")
PROTOCOLS = {"h1": "HTTP/1.1", "h2": "HTTP/2"}
SHARE = 0.5
"""Of what the slower chain bears at most: the rate at which the time to an answer is taken."""

Measure = Callable[[str], Sequence[float]]
"""Of the chain at this address: a value of each kind."""


@dataclass(frozen=True)
class Sides:
    """Both chains of one lab, by their addresses."""

    subject: Subject
    lab: Lab
    door: str
    ours: str
    raw: str

    def compared(
        self, name: str, kinds: Mapping[str, str], rounds: int, measure: Measure
    ) -> Iterator[Figure]:
        """For each of `kinds` (what -> unit) three figures: ours, the raw chain's, and their ratio."""
        found: dict[str, list[Sequence[float]]] = {self.ours: [], self.raw: []}
        for turn in range(rounds):
            for address in (self.ours, self.raw) if turn % 2 else (self.raw, self.ours):
                found[address].append(measure(address))
        for number, (what, unit) in enumerate(kinds.items()):
            ours, theirs = (tuple(values[number] for values in found[side]) for side in (self.ours, self.raw))
            yield Figure(f"{what}, {name}, Colonnade", unit, ours)
            yield Figure(f"{what}, {name}, raw", unit, theirs)
            ratios = tuple(mine / other for mine, other in zip(ours, theirs, strict=True))
            yield Figure(f"{what}, {name}, ratio", "x", ratios, "Colonnade / raw, of each round")


@contextmanager
def sides(design: Path, folder: Path) -> Iterator[Sides]:
    folder.mkdir(mode=0o700)
    subject = Subject(design, f"bench-{design.stem}", folder)
    try:
        subject.up()
        opened = open_design(design, subject.lab)
        door = opened.design.doors[0].members[0]
        with raw.running(opened.lab, opened.design) as address:
            yield Sides(subject, opened.lab, door, f"https://{opened.design.site}", address)
    finally:
        subject.down()


def path(scratch: Path, rounds: int, seconds: int) -> Iterator[Figure]:
    """Requests a second, CPU and time to an answer, over each protocol, with each app at the way's end."""
    for app in APPS:
        with sides(DESIGNS / f"{app}.yaml", scratch / app) as both:
            for protocol in PROTOCOLS:
                yield from requests(both, app, protocol, rounds, seconds)


def tls(scratch: Path, rounds: int, seconds: int) -> Iterator[Figure]:
    """Handshakes a second at the door, and its CPU for one."""
    kinds = {"handshakes": "/s", "CPU of the door for a handshake": "us"}
    with sides(DESIGNS / "nothing.yaml", scratch / "tls") as both:
        for version, resumed in handshakes.KINDS:

            def shake(address: str, version: str = version, resumed: bool = resumed) -> Sequence[float]:
                before = both.subject.machine_cpu(both.door)
                made = handshakes.made(both.lab, address, version, resumed, seconds)
                used = both.subject.machine_cpu(both.door) - before
                return made / seconds, used / made * 1e6

            name = f"TLS {version}, {'resumed' if resumed else 'full'}"
            yield from both.compared(name, kinds, rounds, shake)


def requests(both: Sides, app: str, protocol: str, rounds: int, seconds: int) -> Iterator[Figure]:
    name = f"{app}, {PROTOCOLS[protocol]}"
    machines = tuple(machine for machine in both.lab.states() if machine != CLIENT.name)

    def most(address: str) -> Sequence[float]:
        before = both.subject.machine_cpu(*machines)
        rate = load.as_many_as_possible(both.lab, f"{address}/", protocol, seconds)
        used = both.subject.machine_cpu(*machines) - before
        return rate, used / (rate * seconds) * 1e6

    def slowest(address: str) -> Sequence[float]:
        return (load.at_a_rate(both.lab, f"{address}/", protocol, seconds, rate),)

    for address in (both.ours, both.raw):
        most(address)  # so that caches are filled and connections open
    kinds = {"requests": "/s", "CPU of all machines for a request": "us"}
    figures = tuple(both.compared(name, kinds, rounds, most))
    yield from figures
    rate = SHARE * min(figure.median for figure in figures[:2])
    yield from both.compared(name, {f"p99 at {rate:.0f}/s": "ms"}, rounds, slowest)
