"""Who visits, how often, until when? Users with their browsers, newcomers, and a probe of each address."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial

from colonnade_agent.visitor.browser import Browser, Internet, Wish
from colonnade_agent.visitor.order import ANSWER_SECONDS, CONNECT_SECONDS, NEWCOMER, PIN, READ, WRITE

ENTRIES = "/api/entries"
BEAT, LATE = 0.02, 0.1
"""Seconds: how often it is looked whether this program runs in time, and what is told as a stall."""
REQUESTS_A_CONNECTION = 10
WRITES, API_READS = 0.25, 0.4
"""Shares of a user's requests, where the app answers the contract of drilled writes."""


class Visit:
    """`begin` until `stop`: then no one wants anything more, and what is under way ends."""

    def __init__(self, internet: Internet) -> None:
        self._net = internet
        self._stopped = asyncio.Event()
        self._under_way = set[asyncio.Task[None]]()
        self._writes = False
        self._count = 0
        self._chance = random.SystemRandom()

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        order = self._net.order
        await self._greet()
        pins = [
            self._often(order.pin_every, partial(self._once, PIN, address, self._source(i)))
            for i, address in enumerate(order.addresses)
        ]
        newcomers = self._often(order.newcomer_every, partial(self._once, NEWCOMER))
        users = [self._user(self._source(i)) for i in range(order.users)]
        await asyncio.gather(self._beat(), newcomers, *pins, *users)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ANSWER_SECONDS + 2 * CONNECT_SECONDS)
        self._net.record.write("bye")

    async def _greet(self) -> None:
        """Does the app answer the contract of drilled writes? docs/drills.md has it."""
        browser = Browser(self._net)
        wish = self._write()
        posted = await browser.ask(wish)
        why = (
            ""
            if posted and posted.status in {200, 201}
            else f"POST {ENTRIES} is not answered with 200 or 201"
        )
        if not why:
            got = await browser.ask(Wish(READ, f"{ENTRIES}/{wish.id}"))
            if not got or got.status != 200 or _id_of(got.body) != wish.id:
                why = f"GET {ENTRIES}/ID does not give back what was posted"
        browser.close()
        self._writes = not why
        self._net.record.write("hello", writes=self._writes, why=why)

    async def _often(self, every: float, visit: Callable[[], Coroutine[None, None, None]]) -> None:
        """Begin a visit at each beat; one that is missed, because this program was late, is left out."""
        due = time.monotonic() + self._chance.uniform(0, every)
        while await self._goes_on(due - time.monotonic()):
            task = asyncio.create_task(visit())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            now = time.monotonic()
            due = max(due + every, now)

    def _source(self, number: int) -> str:
        sources = self._net.order.sources
        return sources[number % len(sources)] if sources else ""

    async def _once(self, kind: str, pinned: str = "", source: str = "") -> None:
        """One request of a visitor who knows nothing yet, and asks for the name's addresses anew."""
        own = replace(self._net, names=self._net.names.forgetful())
        browser = Browser(own, pinned, source)
        await browser.ask(Wish(kind, self._net.order.probe))
        browser.close()

    async def _user(self, source: str) -> None:
        browser, pause = Browser(self._net, source=source), self._net.order.pause
        own = ""
        asked = 0
        while await self._goes_on(self._chance.uniform(0.2, 1.8) * pause):
            wish = self._wish(own)
            answer = await browser.ask(wish)
            if wish.kind == WRITE and answer and answer.status in {200, 201}:
                own = wish.id
            asked += 1
            if asked % REQUESTS_A_CONNECTION == 0:
                browser.close()
        browser.close()

    def _wish(self, own: str) -> Wish:
        """`own` is the id of this user's last acknowledged write."""
        chance = self._chance.random()
        if self._writes and chance < WRITES:
            return self._write()
        if own and chance < WRITES + API_READS:
            return Wish(READ, f"{ENTRIES}/{own}")
        return Wish(READ, "/")

    def _write(self) -> Wish:
        self._count += 1
        identifier = f"drill-{self._net.order.run}-{self._count}"
        body = json.dumps({"id": identifier, "text": "written by a drill"}).encode()
        return Wish(WRITE, ENTRIES, identifier, body)

    async def _beat(self) -> None:
        last = time.monotonic()
        while await self._goes_on(BEAT):
            now = time.monotonic()
            if now - last > LATE:
                self._net.record.write("stall", seconds=round(now - last, 4))
            last = now

    async def _goes_on(self, seconds: float) -> bool:
        """Sleep; False as soon as the visit is stopped."""
        try:
            await asyncio.wait_for(self._stopped.wait(), max(seconds, 0))
        except TimeoutError:
            return True
        return False


def _id_of(body: bytes) -> object:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("id") if isinstance(answer, dict) else None
