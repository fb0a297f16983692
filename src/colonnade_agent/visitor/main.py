"""The visitor's entry: an order on standard input, lines on standard output until that is closed or told to
stop. Started by `pack.visitor`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
from typing import BinaryIO

from colonnade_agent.visitor import order
from colonnade_agent.visitor.browser import Internet
from colonnade_agent.visitor.connecting import Trust
from colonnade_agent.visitor.names import Names, system_resolvers
from colonnade_agent.visitor.record import Record
from colonnade_agent.visitor.visiting import Visit

PRIORITY = -10


def main(source: BinaryIO) -> None:
    told = order.decode(json.loads(source.read(int.from_bytes(source.read(8), "big"))))
    with contextlib.suppress(
        PermissionError
    ):  # only root may: who measures should not wait for those measured
        os.nice(PRIORITY)
    gc.freeze()  # what is loaded stays: the collector need not look at it while visitors wait
    asyncio.run(_visit(told, source))


async def _visit(told: order.Order, source: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    record = Record(os.dup(1), lambda: loop.call_soon_threadsafe(visit.stop))
    names = Names(told.name, told.resolvers or system_resolvers(), told.dns_port)
    visit = Visit(Internet(told, Trust.of(told.ca), names, record))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, visit.stop)
    # The operator closes its end to stop this, and so does its death.
    loop.add_reader(source.fileno(), visit.stop)
    await visit.run()
    record.close()
