"""What does a site answer to what no browser sends, or sends so slowly?

Runs on a machine, so it knows nothing of this project.

Standard input is JSON: `site` (address, port, name, and its CA as PEM) and `lines`, connections that are all
open at the same time:

    name        what its result is called
    steps       [{"say": text, "times": 1, "every": 0}]: said `times` over, `every` so many seconds. The text
                is Latin-1, so that it can hold any byte
    patience    seconds it waits for the end when all is said (2)
    alpn        what it offers in TLS (["http/1.1"]), or null to speak without TLS
    deaf        whether it never reads
    source      the address it comes from, of those that this machine has
    copies      how many such lines there are (1)

Prints a JSON list of {name, answer, sent, answered, ended}: the answer's beginning, bytes sent, after how
many seconds the answer began, and after how many the line was ended from the other side; null if it was not.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import ssl
import sys
import time
from dataclasses import dataclass
from typing import Any

KEPT = 64 * 1024
"""Characters of an answer that are told."""

AT_ONCE = 50
"""Connections that are being opened at the same time."""


@dataclass
class Line:
    name: str
    steps: list[dict[str, Any]]
    patience: float = 2
    alpn: list[str] | None = None
    deaf: bool = False
    source: str = ""
    answer: bytes = b""
    sent: int = 0
    began: float = 0
    answered: float | None = None
    ended: float | None = None

    async def live(self, site: dict[str, Any], opening: asyncio.Semaphore) -> dict[str, Any]:
        async with opening:
            try:
                reader, writer = await asyncio.wait_for(self.open(site), 10)
            except OSError:  # refused, or cut in the handshake
                self.ended = 0
                return self.told()
        self.began = time.monotonic()
        speaking = asyncio.create_task(self.speak(writer))
        hearing = asyncio.create_task(self.hear(reader))
        await asyncio.wait({speaking, hearing}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({hearing}, timeout=self.patience)
        for task in (speaking, hearing):
            task.cancel()
        writer.transport.abort()
        return self.told()

    async def open(self, site: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        link = socket.socket()
        link.setblocking(False)
        if self.deaf:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if self.source:
            link.bind((self.source, 0))
        await asyncio.get_running_loop().sock_connect(link, (site["address"], site["port"]))
        if self.alpn is None:
            return await asyncio.open_connection(sock=link)
        trust = ssl.create_default_context(cadata=site["ca"])
        trust.set_alpn_protocols(self.alpn)
        limit = 1 if self.deaf else 2**16
        return await asyncio.open_connection(sock=link, ssl=trust, server_hostname=site["name"], limit=limit)

    async def speak(self, writer: asyncio.StreamWriter) -> None:
        try:
            for step in self.steps:
                text = step["say"].encode("latin-1")
                for _ in range(step.get("times", 1)):
                    writer.write(text)
                    await writer.drain()
                    self.sent += len(text)
                    await asyncio.sleep(step.get("every", 0))
        except OSError:  # ended from the other side, which `hear` notices
            return

    async def hear(self, reader: asyncio.StreamReader) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        try:
            while heard := await reader.read(2**16):
                if self.answered is None:
                    self.answered = time.monotonic() - self.began
                self.answer = (self.answer + heard)[:KEPT]
        except OSError:  # reset
            pass
        self.ended = time.monotonic() - self.began

    def told(self) -> dict[str, Any]:
        names = ("name", "sent", "answered", "ended")
        return {**{name: getattr(self, name) for name in names}, "answer": self.answer.decode("latin-1")}


async def main() -> None:
    asked = json.load(sys.stdin)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    opening = asyncio.Semaphore(AT_ONCE)
    wanted = [(line, line.pop("copies", 1)) for line in asked["lines"]]
    lines = [Line(**{"alpn": ["http/1.1"], **line}) for line, copies in wanted for _ in range(copies)]
    told = await asyncio.gather(*(line.live(asked["site"], opening) for line in lines))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
