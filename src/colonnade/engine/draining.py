"""Has the last request to a machine ended? Asked by `maintain` once nobody sends it new ones.

Two things are watched. On the machines that were told: whether a process with the configuration before that
still serves (the rooms say how to see that). On the machine itself: the connections to what it offers, as
`ss` lists them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from colonnade.engine import applying
from colonnade.engine.applying import Task
from colonnade.engine.site import Site
from colonnade.errors import RemoteFailed, Unreachable
from colonnade.hosts.ground import Progress
from colonnade.kit.claims import Audience
from colonnade.kit.view import View

DRAIN_SECONDS = 150.0
"""Longer than any room lets an old process live after a reload (haproxy's hard-stop-after is 60 s)."""
PAUSE_SECONDS = 0.5
QUIET_LOOKS = 3
"""How many looks in a row must find nothing: a reload may begin a moment after it was asked for."""

CONNECTIONS = ("ss", "--no-header", "--tcp", "--numeric", "state", "established", "state", "close-wait")


def until_quiet(site: Site, machine: str, told: Collection[str], progress: Progress) -> None:
    """Raises RemoteFailed when something is still under way after DRAIN_SECONDS. A machine that can't be
    reached has no connections to wait for.
    """
    deadline = time.monotonic() + DRAIN_SECONDS
    quiet = 0
    while quiet < QUIET_LOOKS:
        left = [*_unsettled(site, told), *_connected(site, machine)]
        quiet = 0 if left else quiet + 1
        if left:
            progress(machine, f"waits for {'; '.join(left)}")
        if left and time.monotonic() > deadline:
            raise RemoteFailed(
                f"after {DRAIN_SECONDS:.0f} s there is still: {'; '.join(left)}",
                where=machine,
                hint="it gets nothing new and stays in maintenance; run the same command again to wait on",
            )
        time.sleep(PAUSE_SECONDS)


def ports(view: View, machine: str) -> frozenset[int]:
    """The TCP ports on which requests of other machines and users reach it. Voters are only consulted, by
    connections that stay, and no request waits for one of them.
    """
    mine = {s.name for s in view.design.on(machine) if not _only_consulted(view, s.name)}
    reached = (Audience.LINKS, Audience.PUBLIC)
    return frozenset(
        o.port
        for o in view.claims.offers
        if o.service in mine and o.audience in reached and o.transport == "tcp"
    )


def _only_consulted(view: View, service: str) -> bool:
    links = [origin.link_to(service) for origin in view.design.sources(service)]
    return bool(links) and all(link is not None and link.consults for link in links)


def peers(listing: str, ports: Collection[int], own: Collection[str]) -> Mapping[str, int]:
    """Reads `ss`: the address of each peer, other than `own`, and its connections to these ports."""
    ends = [line.split()[-2:] for line in listing.splitlines() if len(line.split()) >= 4]
    found: Counter[str] = Counter()
    for local, peer in ends:
        address = peer.rpartition(":")[0].strip("[]").removeprefix("::ffff:")
        if int(local.rpartition(":")[2]) in ports and address not in own:
            found[address] += 1
    return found


def _connected(site: Site, machine: str) -> Iterable[str]:
    try:
        done = site.ground.host(machine).run(CONNECTIONS)
    except Unreachable:
        return
    if done.exit:
        raise RemoteFailed(f"ss ended with {done.exit}: {done.stderr.strip()}", where=machine)
    here = site.view.addresses(machine)
    names = {site.view.addresses(m).inside: m for m in site.design.machines}
    own = (here.inside, *here.listens, "127.0.0.1", "::1")
    for address, count in peers(done.stdout.decode(), ports(site.view, machine), own).items():
        yield f"{count} connection{'s' * (count != 1)} from {names.get(address, address)}"


def _unsettled(site: Site, told: Collection[str]) -> Iterable[str]:
    """Told machines that can't be reached are an error, but for those in maintenance."""
    asked = [m for m in told if site.settled[m]]
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        return [text for found in pool.map(partial(_old_processes, site), asked) for text in found]


def _old_processes(site: Site, machine: str) -> list[str]:
    checks = site.settled[machine]
    task = Task(site.desired[machine], checks, whole=False)
    try:
        response = applying.ask(site.ground.host(machine), task, lambda *_: None)
    except Unreachable:
        if machine in site.view.maintained:
            return []
        raise
    read = [(c.service, c.read(a)) for c, a in zip(checks, applying.answers(response), strict=True)]
    return [f"{service} on {machine}: {health.detail}" for service, health in read if not health.healthy]
