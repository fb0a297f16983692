"""nginx as the door of a small site: what it tells browsers, and what it does not let anyone do."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.site import Site

pytestmark = pytest.mark.lab

APP = Path(__file__).parent / "probe_app"
DESIGN = """
site: www.example.com
services:
  web: {kind: nginx, machines: [www], to: [app], client_requests: 5, client_connections: 20, body_limit: 20k}
  app: {kind: app, machines: [www], source: app}
"""
BURST = 50
"""Ten seconds' worth of `client_requests` may come at once."""

# Sends a head letter by letter, and says how long the server listened.
DRIP = """
import socket, ssl, sys, time
site = sys.argv[1]
raw = socket.create_connection((site, 443), timeout=30)
connection = ssl.create_default_context().wrap_socket(raw, server_hostname=site)
connection.settimeout(0.5)
began = time.monotonic()
for letter in "GET / HTTP/1.1\\r\\nX: " + 200 * "a":
    try:
        connection.sendall(letter.encode())
        if not connection.recv(1000): break
    except TimeoutError: pass
    except OSError: break
print(time.monotonic() - began)
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("door")
    shutil.copytree(APP, folder / "app")
    (folder / "site.yaml").write_text(DESIGN)
    with Site(folder / "site.yaml", "t-web-door", folder) as site:
        yield site


@pytest.mark.parametrize("path", ["/", "/static/plain.css", "/static/nothing", "/static/.hidden"])
def test_every_answer_has_the_doors_headers(door: Site, path: str) -> None:
    reply = door.get(path)
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert len(reply.headers["x-request-id"]) == 32


def test_it_speaks_http2_and_modern_tls(door: Site) -> None:
    def protocol(*options: str) -> str:
        argv = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_version}", *options, f"{door.url}/"]
        return door.client(argv).stdout

    assert protocol() == "2"
    assert protocol("--tls-max", "1.2") == "2"
    assert protocol("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0") == "0"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_is_resumed_after_a_reload(door: Site, version: str) -> None:
    open_ = f"openssl s_client -connect {door.design.site}:443 -servername {door.design.site} {version}"
    ask = "printf 'HEAD / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1"
    door.sh("client", f"({ask}) | {open_} -sess_out /tmp/session -ign_eof >/dev/null 2>&1")
    door.sh("www", "systemctl reload nginx")
    again = door.sh("client", f"({ask}) | {open_} -sess_in /tmp/session -ign_eof 2>&1")
    assert "Reused, TLS" in again


def test_what_a_visitor_claims_of_himself_is_not_believed(door: Site) -> None:
    forged = ("X-Forwarded-For: 192.0.2.66", "X-Real-IP: 192.0.2.66", "X-Colonnade-Web: x", "X-Request-ID: x")
    reply = door.get("/", *(word for each in forged for word in ("--header", each)))
    seen = reply.json["headers"]
    assert seen["x-forwarded-for"] == str(door.lab.addresses("client")["outside"])
    assert (seen["x-colonnade-web"], seen["x-request-id"]) == ("www", reply.headers["x-request-id"])
    assert "192.0.2.66" not in reply.body


def test_too_much_is_refused(door: Site) -> None:
    door.sh("client", "head -c 30000 /dev/zero > /tmp/large")
    assert door.get("/", "--data-binary", "@/tmp/large").status == 413
    for version in ("--http1.1", "--http2"):
        # HTTP/2 has no answer for that: the connection ends.
        assert door.get("/" + "a" * 20_000, version).status in {0, 400, 414}
        assert door.get("/", version, "--header", "X: " + "a" * 20_000).status in {0, 400}
        assert door.get("/" + "a" * 7_000, version, "--header", "X: " + "a" * 7_000).status == 200
    assert door.get("/", "--header", "Host: www.example.org").status == 421


def test_who_sends_his_head_letter_by_letter_is_cut_off(door: Site) -> None:
    listened = float(door.on("client", ["python3", "-", door.design.site], stdin=DRIP).stdout)
    assert 5 < listened < 20


def test_one_address_gets_its_share_and_then_429(door: Site) -> None:
    ask = f"curl -sS --parallel --parallel-max 10 -o /dev/null -w '%{{http_code}}\\n' '{door.url}/?[1-150]'"
    answers = Counter(door.sh("client", ask).split())
    assert set(answers) == {"200", "429"}
    assert answers["200"] >= BURST
    assert answers["429"] >= 40
    assert all(m["healthy"] for s in door.status()["services"] for m in s["members"])
