"""What does all that Colonnade adds cost on the way of a request? The site's path and a raw one, in turn.

Each round measures both, beginning with the one and with the other, and has a ratio of its own: whatever else
the computer does then weighs on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
PROTOCOLS = {"h1": "HTTP/1.1", "h2": "HTTP/2"}
SHARE = 0.5
"""Of what the slower chain bears at most: the rate at which the time to an answer is taken."""

COUNTED = 3000
"""Requests whose CPU time is taken."""

Measure = Callable[[str], float]
"""Of the chain at this address."""


@dataclass(frozen=True)
class Sides:
    """Both chains of one lab, by their addresses."""

    subject: Subject
    lab: Lab
    ours: str
    raw: str

    def compared(self, name: str, unit: str, rounds: int, measure: Measure) -> Iterator[Figure]:
        ours, theirs = [], []
        for turn in range(rounds):
            first, second = (self.ours, self.raw) if turn % 2 else (self.raw, self.ours)
            found = {first: measure(first), second: measure(second)}
            ours.append(found[self.ours])
            theirs.append(found[self.raw])
        yield Figure(f"{name}, Colonnade", unit, tuple(ours))
        yield Figure(f"{name}, raw", unit, tuple(theirs))
        ratios = tuple(mine / other for mine, other in zip(ours, theirs, strict=True))
        yield Figure(f"{name}, ratio", "x", ratios, "Colonnade / raw, of each round")


@contextmanager
def sides(design: Path, folder: Path) -> Iterator[Sides]:
    folder.mkdir(mode=0o700)
    subject = Subject(design, f"bench-{design.stem}", folder)
    try:
        subject.up()
        opened = open_design(design, subject.lab)
        with raw.running(opened.lab, opened.design) as address:
            yield Sides(subject, opened.lab, f"https://{opened.design.site}", address)
    finally:
        subject.down()


def path(
    scratch: Path, rounds: int, seconds: int, apps: Sequence[str] = ("nothing", "guestbook")
) -> Iterator[Figure]:
    """Requests a second, CPU and time to an answer, over each protocol, with each app at the way's end."""
    for app in apps:
        with sides(DESIGNS / f"{app}.yaml", scratch / app) as both:
            for protocol in PROTOCOLS:
                yield from _requests(both, app, protocol, rounds, seconds)


def tls(scratch: Path, rounds: int, seconds: int) -> Iterator[Figure]:
    """Handshakes a second at the door."""
    with sides(DESIGNS / "nothing.yaml", scratch / "tls") as both:
        for version, resumed in handshakes.KINDS:
            kind = f"TLS {version}, {'resumed' if resumed else 'full'}"
            yield from both.compared(
                f"handshakes, {kind}",
                "/s",
                rounds,
                lambda address, v=version, r=resumed: handshakes.rate(both.lab, address, v, r, seconds),
            )


def _requests(both: Sides, app: str, protocol: str, rounds: int, seconds: int) -> Iterator[Figure]:
    name = f"{app}, {PROTOCOLS[protocol]}"

    def most(address: str) -> float:
        return load.as_many_as_possible(both.lab, f"{address}/", protocol, seconds)

    for address in (both.ours, both.raw):
        most(address)  # so that caches are filled and connections open
    figures = tuple(both.compared(f"requests, {name}", "/s", rounds, most))
    yield from figures
    yield from both.compared(
        f"CPU of all machines for a request, {name}",
        "us",
        rounds,
        lambda address: _cpu(both, address, protocol),
    )
    rate = SHARE * min(figure.median for figure in figures[:2])
    yield from both.compared(
        f"p99 at {rate:.0f}/s, {name}",
        "ms",
        rounds,
        lambda address: load.at_a_rate(both.lab, f"{address}/", protocol, seconds, rate),
    )


def _cpu(both: Sides, address: str, protocol: str) -> float:
    """Microseconds for each request, on all machines but the one that asks; other work moves it little."""
    before = both.subject.machine_cpu(without=CLIENT.name)
    load.answer(both.lab, f"{address}/", protocol, COUNTED)
    return (both.subject.machine_cpu(without=CLIENT.name) - before) / COUNTED * 1e6
