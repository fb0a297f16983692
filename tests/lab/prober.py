"""Asks every address again and again, each time anew, as many visitors would. Run on the client machine.

Its argument is JSON: `addresses`, the site's `name`, `seconds`, `pause` between two askings of one address.
It prints, for each address, every asking as [when it began, when it ended, what was wrong, or nothing], on
the monotonic clock, which all machines of a lab share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass

REQUEST = b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
PATIENCE = 4.0
"""Longer than a client that was not heard takes to say it again: after 1 s, and 2 s after that (RFC 6298)."""

Asking = tuple[float, float, str]


@dataclass(frozen=True)
class Wanted:
    addresses: list[str]
    name: str
    seconds: float
    pause: float


async def ask(address: str, name: str) -> Asking:
    """The redirect on port 80: a whole answer of the door, without the price of a handshake."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(address, 80)
            writer.write(REQUEST % name.encode())
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        return began, time.monotonic(), type(error).__name__
    return began, time.monotonic(), "" if b" 308 " in status else f"answered {status!r}"


async def ask_on(address: str, wanted: Wanted) -> list[Asking]:
    """One asking every `pause`, whatever became of those before."""
    end = time.monotonic() + wanted.seconds
    asked = []
    while time.monotonic() < end:
        asked.append(asyncio.create_task(ask(address, wanted.name)))
        await asyncio.sleep(wanted.pause)
    return list(await asyncio.gather(*asked))


async def main(wanted: Wanted) -> None:
    found = await asyncio.gather(*(ask_on(address, wanted) for address in wanted.addresses))
    print(json.dumps(dict(zip(wanted.addresses, found, strict=True))))


if __name__ == "__main__":
    asyncio.run(main(Wanted(**json.loads(sys.argv[1]))))
