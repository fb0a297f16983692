"""Runs on the lab's client machine, with nothing but Python: reads and writes at the site whose name is its
argument until standard input ends, then prints what was seen as JSON.

Some visitors take a new connection for each request, others keep theirs. Each connection is to the first
address of the name that answers. A request on a kept connection that ends without a byte of answer is sent
once more on a new one.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
import uuid

PATIENCE = 10
PAUSE = 0.03
BROKEN = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)


class Seen:
    def __init__(self) -> None:
        self.began = time.monotonic()
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.requests = self.resent = 0
        self.slowest = 0.0
        self.failed: list[tuple[float, str, str]] = []
        self.acknowledged: list[str] = []

    def note(self, asked: str, came: str, good: bool, since: float, entry: str = "") -> None:
        now = time.monotonic()
        with self.lock:
            self.requests += 1
            self.slowest = max(self.slowest, now - since)
            if not good:
                self.failed.append((round(now - self.began, 2), asked, came))
            elif entry:
                self.acknowledged.append(entry)


class Visitor(threading.Thread):
    def __init__(self, site: str, seen: Seen, *, writes: bool, keeps: bool) -> None:
        super().__init__()
        self.site, self.seen, self.writes, self.keeps = site, seen, writes, keeps
        self.tls = ssl.create_default_context()
        self.connection: http.client.HTTPSConnection | None = None

    def run(self) -> None:
        while not self.seen.over.is_set():
            self.visit()
            time.sleep(PAUSE)

    def visit(self) -> None:
        entry = f"v-{uuid.uuid4().hex}" if self.writes else ""
        asked, since = ("POST" if entry else "GET"), time.monotonic()
        try:
            status = self.ask(entry)
        except (*BROKEN, OSError, http.client.HTTPException) as error:
            self.leave()
            self.seen.note(asked, repr(error), False, since)
            return
        self.seen.note(asked, str(status), status in ({200, 201} if entry else {200}), since, entry)

    def ask(self, entry: str) -> int:
        """A second time only where the first can't have been begun on: the kept connection was gone."""
        if self.connection:
            try:
                return self.send(self.connection, entry)
            except BROKEN:
                self.leave()
                with self.seen.lock:
                    self.seen.resent += 1
        self.connection = http.client.HTTPSConnection(self.site, timeout=PATIENCE, context=self.tls)
        return self.send(self.connection, entry)

    def send(self, connection: http.client.HTTPSConnection, entry: str) -> int:
        if entry:
            body = json.dumps({"id": entry, "text": "hello"})
            connection.request("POST", "/api/entries", body, {"Content-Type": "application/json"})
        else:
            connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        if answer.will_close or not self.keeps:
            self.leave()
        return answer.status

    def leave(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None


def main() -> None:
    seen = Seen()
    ways = [(writes, keeps) for writes in (False, True) for keeps in (False, True)]
    visitors = [Visitor(sys.argv[1], seen, writes=writes, keeps=keeps) for writes, keeps in ways]
    for visitor in visitors:
        visitor.start()
    print("began", flush=True)
    sys.stdin.read()
    seen.over.set()
    for visitor in visitors:
        visitor.join()
    names = ("requests", "failed", "resent", "slowest", "acknowledged")
    print(json.dumps({name: getattr(seen, name) for name in names}))


if __name__ == "__main__":
    main()
