"""How others ask a steward, over mutual TLS: load balancers who is primary, stewards for a promise.

    GET /primary              200 if writes may come here, else 503
    GET /replica?lag=SECONDS  200 if reads may: a copy, at most so far behind, that does not lead
    GET /read?lag=SECONDS     200 if reads may, be it from the primary
    GET /health               200 while the steward itself is well
    GET /status, /metrics     what it knows, as JSON and for Prometheus
    GET /backup               a copy of all data, for a member that begins anew; only to other members
    POST /failsafe            {"leader", "term"}: 200 promises not to take over for a lease's length

OPTIONS and HEAD ask as GET does, which load balancers do. Nothing is looked up when asked but the clock.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlsplit

from colonnade_agent.etcd.connection import Endpoint
from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.journal import Priority, tell
from colonnade_agent.steward.order import Files
from colonnade_agent.steward.standing import Standing

LAG_SECONDS = 5.0
TALK_SECONDS = 3.0
BACKUP_SECONDS = 60.0
"""So long who takes a copy may take until it takes more."""
BODY_BYTES = 4096
THREADS = 64
"""Each is one who asks. Who comes beyond that waits in the listen queue."""

Backup = Callable[[BinaryIO], None]


def serve(
    at: Endpoint, files: Files, clients: frozenset[str], members: str, standing: Standing, backup: Backup
) -> None:
    """Never returns. `members`: the unit in the certificates of the other stewards."""
    handler = type(
        "Handler",
        (_Handler,),
        {"standing": standing, "clients": clients, "members": members, "backup": backup},
    )
    _Server((at.host, at.port), handler, _context(files)).serve_forever(poll_interval=60)


def _context(files: Files) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files.certificate, files.key)
    return context


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, at: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext
    ) -> None:
        self._context = context
        self._room = threading.BoundedSemaphore(THREADS)
        super().__init__(at, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The handshake is made here and not where connections are taken, which must not wait for anyone."""
        try:
            request.settimeout(TALK_SECONDS)
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(request, server_side=True) as secure:
                self.finish_request(secure, client_address)
        except OSError:
            pass  # who asks has gone, or is nobody we know: both are no business of ours
        finally:
            self.shutdown_request(request)
            self._room.release()


class _Handler(BaseHTTPRequestHandler):
    standing: Standing
    clients: frozenset[str]
    members: str
    backup: Backup
    protocol_version = "HTTP/1.1"
    timeout = TALK_SECONDS

    def do_GET(self) -> None:
        if not (units := self._units() & self.clients):
            return self._answer(403, "your certificate is of no service that may ask here\n")
        asked = urlsplit(self.path)
        if asked.path == "/backup":
            return self._backup(units)
        answer = self._answers(asked.path, parse_qs(asked.query))
        return self._answer(*(answer or (404, "no such question\n")))

    do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

    def do_POST(self) -> None:
        if self.members not in self._units() or self.path != "/failsafe":
            return self._answer(403, "this is between members\n")
        try:
            size = int(self.headers.get("Content-Length", 0))
            said = json.loads(self.rfile.read(min(size, BODY_BYTES)))
            promised = self.standing.promise(str(said["leader"]), int(said["term"]))
        except (ValueError, KeyError, TypeError) as error:
            return self._answer(400, f"{error!r}\n")
        return self._answer(200 if promised else 409, f"{promised}\n")

    def _answers(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, str] | None:
        standing = self.standing
        match path:
            case "/primary":
                return _verdict(standing.is_primary(), standing.known.reason)
            case "/replica" | "/read":
                behind = standing.staleness()
                fresh = behind is not None and behind <= _lag(query)
                well = fresh and (path == "/read" or not standing.known.leads)
                return _verdict(well, f"behind by {behind:.1f} s" if behind is not None else "not following")
            case "/health":
                return _verdict(standing.alive(), standing.known.reason)
            case "/status":
                return 200, json.dumps(standing.document(), indent=1) + "\n"
            case "/metrics":
                return 200, _metrics(standing.document())
        return None

    def _backup(self, units: frozenset[str]) -> None:
        if self.members not in units:
            return self._answer(403, "this is between members\n")
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.connection.settimeout(BACKUP_SECONDS)
        tell("backup", to=self.client_address[0])
        try:
            type(self).backup(cast(BinaryIO, _Chunks(self.wfile)))
            self.wfile.write(b"0\r\n\r\n")  # only a whole copy has an end: who reads will miss it
        except (OSError, EngineError) as error:
            tell("backup", Priority.WARNING, to=self.client_address[0], error=error)
        return None

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _units(self) -> frozenset[str]:
        certificate: Any = self.connection.getpeercert()
        subject = certificate.get("subject", ()) if certificate else ()
        return frozenset(value for part in subject for key, value in part if key == "organizationalUnitName")

    def log_message(self, format: str, *args: Any) -> None:
        """Twice a second from each load balancer: nothing to read there."""


class _Chunks:
    """Writes in HTTP's chunked coding (RFC 9112, 7.1)."""

    def __init__(self, to: Any) -> None:
        self._to = to

    def write(self, data: bytes) -> int:
        if data:
            self._to.write(b"%x\r\n" % len(data) + data + b"\r\n")
        return len(data)


def _verdict(well: bool, reason: str) -> tuple[int, str]:
    return (200 if well else 503), f"{reason}\n"


def _lag(query: Mapping[str, list[str]]) -> float:
    try:
        return float(query["lag"][0])
    except (KeyError, ValueError):
        return LAG_SECONDS


def _metrics(document: Mapping[str, Any]) -> str:
    figures = {k: v for k, v in document.items() if isinstance(v, (bool, int, float))}
    return "".join(
        f"# TYPE colonnade_steward_{name} gauge\ncolonnade_steward_{name} {float(value):g}\n"
        for name, value in figures.items()
    )
