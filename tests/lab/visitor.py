"""Visits a site over HTTPS as programs do, on new connections and on kept ones. Run on the client machine.

Its argument is JSON: `addresses`, the site's `name`, `seconds`, `pause` between two visits of one visitor. It
prints every visit as [address, whether on a kept connection, when it began, when it ended, what was wrong, or
nothing].

A request on a kept connection that the server had closed is sent once more, as browsers do (RFC 9110, 9.2.2).
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass

PATIENCE = 10.0
CA = "/etc/ssl/certs/ca-certificates.crt"

Visit = tuple[str, bool, float, float, str]


@dataclass(frozen=True)
class Wanted:
    addresses: list[str]
    name: str
    seconds: float
    pause: float


class Connection(http.client.HTTPSConnection):
    """To the site's name at one address."""

    def __init__(self, address: str, name: str, trust: ssl.SSLContext) -> None:
        super().__init__(name, timeout=PATIENCE, context=trust)
        self.address, self.trust = address, trust

    def connect(self) -> None:
        plain = socket.create_connection((self.address, 443), PATIENCE)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


class Visitor:
    def __init__(self, address: str, kept: bool, wanted: Wanted, trust: ssl.SSLContext) -> None:
        self.address, self.kept, self.wanted, self.trust = address, kept, wanted, trust
        self.connection: Connection | None = None
        self.visits: list[Visit] = []

    def visit_on(self) -> None:
        end = time.monotonic() + self.wanted.seconds
        while time.monotonic() < end:
            began = time.monotonic()
            wrong = self.visit()
            self.visits.append((self.address, self.kept, began, time.monotonic(), wrong))
            time.sleep(self.wanted.pause)

    def visit(self) -> str:
        old = self.connection is not None
        try:
            return self.ask()
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            if not old:
                return repr(error)
        return self.visit()

    def ask(self) -> str:
        self.connection = self.connection or Connection(self.address, self.wanted.name, self.trust)
        self.connection.request("GET", "/", headers={} if self.kept else {"Connection": "close"})
        answer = self.connection.getresponse()
        answer.read()
        if answer.will_close:
            self.connection.close()
            self.connection = None
        return "" if answer.status == 200 else f"status {answer.status}"


def main(wanted: Wanted) -> None:
    trust = ssl.create_default_context(cafile=CA)
    visitors = [Visitor(a, kept, wanted, trust) for a in wanted.addresses for kept in (True, False)]
    threads = [threading.Thread(target=visitor.visit_on) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([visit for visitor in visitors for visit in visitor.visits]))


if __name__ == "__main__":
    main(Wanted(**json.loads(sys.argv[1])))
