"""How long does a page take, asked for so many times a second?

Runs on a machine, so it knows nothing of this project. Standard input is JSON: `site` (address, port, name,
its CA as PEM), `path`, `seconds`, and `rate`: how many pages a second. Every tenth page is a new visitor's,
with a connection of its own; the others are asked for on connections that are open. Each page is asked for
when its time has come, whether or not those before it have been answered, so a site that stands still is
not asked less.

Prints JSON: {"seconds": [how long each page took that came], "failed": [why another did not]}.
"""

from __future__ import annotations

import http.client
import json
import queue
import socket
import ssl
import sys
import threading
import time
from typing import Any

PATIENCE = 10
AT_ONCE = 32


class Reader:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.site, self.path, self.rate = asked["site"], asked["path"], asked["rate"]
        self.pages = int(asked["seconds"] * self.rate)
        self.trust = ssl.create_default_context(cadata=self.site["ca"])
        self.open: queue.SimpleQueue[http.client.HTTPSConnection] = queue.SimpleQueue()
        self.took: list[float] = []
        self.failed: list[str] = []

    def connection(self) -> http.client.HTTPSConnection:
        found = http.client.HTTPSConnection(self.site["name"], timeout=PATIENCE)
        link = socket.create_connection((self.site["address"], self.site["port"]), PATIENCE)
        found.sock = self.trust.wrap_socket(link, server_hostname=self.site["name"])
        return found

    def page(self, number: int) -> None:
        due = time.monotonic()
        try:
            new = number % 10 == 0 or self.open.empty()
            used = self.connection() if new else self.open.get_nowait()
            used.request("GET", self.path)
            answer = used.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException, queue.Empty) as error:
            self.failed.append(repr(error))
            return
        if answer.status != 200:
            self.failed.append(str(answer.status))
            return
        self.took.append(time.monotonic() - due)
        if self.open.qsize() < AT_ONCE and not answer.will_close:
            self.open.put(used)

    def read(self) -> None:
        began, threads = time.monotonic(), []
        for number in range(self.pages):
            time.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            threads.append(threading.Thread(target=self.page, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()


def main() -> None:
    reader = Reader(json.load(sys.stdin))
    reader.read()
    json.dump({"seconds": reader.took, "failed": reader.failed}, sys.stdout)


if __name__ == "__main__":
    main()
