"""An app that shows what became of a request on its way: what came with it, and how often it came."""

import itertools
import json
import os
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SEEN: Counter[str] = Counter()
FICKLE = itertools.count(1)
AT_WORK: set["Handler"] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    requests = 0
    """On this connection."""

    def do_GET(self) -> None:
        self.requests += 1
        AT_WORK.add(self)
        try:
            self.answer()
        finally:
            AT_WORK.discard(self)

    def answer(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        time.sleep(float(asked.get("wait", 0)))
        if url.path == "/static/own.txt":
            self.say("text/plain", "the app's own", {"Cache-Control": "max-age=60"})
        elif url.path.startswith("/static/"):
            self.say("text/plain", "no such file", status=404)
        elif url.path == "/fickle" and self.requests > 1 and next(FICKLE) % 2:
            self.close_connection = True
        elif url.path == "/long":
            self.say("text/html", "<p>over and over</p>\n" * 500)
        else:
            self.tell()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        SEEN[body.decode(errors="replace")] += 1
        self.do_GET()

    def tell(self) -> None:
        facts = {
            "app": os.environ["COLONNADE_MACHINE"],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "seen": dict(SEEN),
            "requests": self.requests,
            "at_work": len(AT_WORK),
        }
        self.say("application/json", json.dumps(facts))

    def say(self, kind: str, text: str, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        content = text.encode()
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
