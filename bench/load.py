"""How many requests does a site answer, and how long does the slowest hundredth take?

Asked from the lab's client machine: by wrk over HTTP/1.1, by h2load over HTTP/2 and at a given rate.
"""

from __future__ import annotations

import re

from bench.process import CommandFailed
from bench.raw import do
from colonnade.lab.furniture import CLIENT
from colonnade.lab.lab import Lab

CONNECTIONS = 32
STREAMS = 4
"""On each of a quarter of the connections with HTTP/2: as many requests at once as with HTTP/1.1."""

LOG = "/run/bench-requests"


def as_many_as_possible(lab: Lab, url: str, protocol: str, seconds: int) -> float:
    """Answers per second."""
    if protocol == "h1":
        said = do(lab, CLIENT.name, f"wrk -t2 -c{CONNECTIONS} -d{seconds}s --timeout 10s {url}", seconds + 30)
        bad = bool(re.search(r"Socket errors: .*|Non-2xx.*", said))
        rate = re.search(r"Requests/sec: +([\d.]+)", said)
    else:
        clients = CONNECTIONS // STREAMS
        said = do(lab, CLIENT.name, f"h2load -t2 -c{clients} -m{STREAMS} -D{seconds} {url}", seconds + 30)
        bad = _bad(said)
        rate = re.search(r", ([\d.]+) req/s", said)
    if bad or not rate:
        raise CommandFailed(f"not all of {url} was answered well:\n{said}")
    return float(rate[1])


def at_a_rate(lab: Lab, url: str, protocol: str, seconds: int, rate: float) -> float:
    """The 99th percentile of the time to an answer, in ms, of `rate` requests a second."""
    kind = "--h1" if protocol == "h1" else f"-m{STREAMS}"
    asked = (
        f"h2load {kind} -t2 -c{CONNECTIONS} --rps={rate / CONNECTIONS:.2f} -D{seconds} --log-file={LOG} {url}"
    )
    said = do(lab, CLIENT.name, f"rm -f {LOG}; {asked}", seconds + 30)
    if _bad(said):
        raise CommandFailed(f"not all of {url} was answered well:\n{said}")
    times = sorted(int(time) for time in do(lab, CLIENT.name, f"cut -f3 {LOG}").split())
    return times[int(len(times) * 0.99)] / 1000


def _bad(said: str) -> bool:
    """Whether h2load saw a request fail, or a status that is not 2xx."""
    counts = re.search(r"status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", said)
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", said)
    return not counts or not failed or any(int(n) for n in (*counts.groups(), *failed.groups()))
