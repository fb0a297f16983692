"""Visitors of every sort come to the door: the ordinary, the slow, the greedy and the forgers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from colonnade.lab.furniture import RESOLVER
from tests.lab.odd_visitors import head, journal, meanwhile, s_client, settings, speak
from tests.lab.site import Site, within

pytestmark = pytest.mark.lab

# Tells haproxy the ticket keys of so many periods from now, as time will.
TURN_KEYS = """
import runpy, sys, time
program = runpy.run_path("/usr/lib/colonnade/ticket-keys")
secret = program["SECRET"].read_bytes().strip()
program["tell"](program["keys_at"](secret, time.time() + float(sys.argv[1]) * program["PERIOD"]))
"""


def test_browsers_are_told_to_come_by_https_only(site: Site) -> None:
    for path in ("/", "/no-such-page", "/.colonnade/health"):
        assert site.get(path).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        (["-tls1_3"], "TLSv1.3"),
        (["-tls1_2"], "TLSv1.2"),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ""),
        (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], ""),  # no forward secrecy
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ""),  # CBC
    ],
)
def test_old_tls_and_weak_ciphers_are_refused(site: Site, offered: Sequence[str], taken: str) -> None:
    said = s_client(site, *offered)
    found = re.findall(r"^New, (\S+), Cipher is (?!\(NONE\))", said, re.MULTILINE)
    assert found[:1] == ([taken] if taken else []), said[-2000:]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_is_resumed_when_keys_have_turned_and_haproxy_was_reloaded(
    site: Site, version: str
) -> None:
    ticket = f"/tmp/session{version}"
    assert "New, TLSv" in s_client(site, version, "-sess_out", ticket)

    def resumed() -> bool:
        return "Reused, TLSv" in s_client(site, version, "-sess_in", ticket)

    try:
        assert resumed()
        turn_keys(site, 1)
        assert resumed()
        turn_keys(site, 2)
        assert not resumed()
    finally:
        site.sh(site.door, "systemctl start colonnade-ticket-keys.service")
    assert resumed()
    site.sh(site.door, "systemctl reload haproxy.service")
    assert resumed()


def turn_keys(site: Site, periods: int) -> None:
    done = site.on(site.door, ["python3", "-", str(periods)], stdin=TURN_KEYS)
    assert done.returncode == 0, done.stderr


def test_ticket_keys_are_roots_alone_and_in_no_log(site: Site) -> None:
    keys, secret = "/run/colonnade-ticket-keys/keys", "/etc/haproxy/ticket-secret"
    site.sh(site.door, "systemctl restart colonnade-ticket-keys.service")
    assert site.sh(site.door, f"stat --format=%A:%U {keys} {secret}").split() == ["-rw-------:root"] * 2
    words = [*site.sh(site.door, f"cat {keys}").split(), site.sh(site.door, f"cat {secret}")]
    assert len(words) == 4
    for word in words:
        found = site.on(
            site.door, ["journalctl", "--quiet", "--lines=1", "--fixed-strings", f"--grep={re.escape(word)}"]
        )
        assert found.stdout == ""
        assert word not in site.sh(site.door, "cat /etc/haproxy/haproxy.cfg")


def test_more_than_a_request_needs_is_refused(site: Site) -> None:
    assert site.get(f"/{'x' * 8001}").status == 414
    assert site.get("/healthz", *[f"-HX-Filler-{n}: x" for n in range(110)], "--http1.1").status == 400
    assert (
        site.get("/healthz", *[f"-HX-Filler-{n}: {'x' * 4000}" for n in range(5)], "--http1.1").status == 400
    )
    assert site.get("/api/entries", "--http1.1", "-XPOST", "-HContent-Length: 10485761").status == 413
    assert site.get("/healthz", *[f"-HX-Filler-{n}: {'x' * 900}" for n in range(10)]).status == 200


def test_ambiguous_requests_are_refused_or_read_in_one_way(site: Site) -> None:
    length, chunked = "Content-Length: 5", "Transfer-Encoding: chunked"
    for lines in (
        [length, "Content-Length: 6"],
        [length, "Transfer-Encoding : chunked"],
        ["Transfer-Encoding: chunked, identity"],
        [length, "Transfer-Encoding: xchunked"],
        ["Bad Name: 1"],
    ):
        status, *_ = speak(site, "0", head(site, *lines, method="POST") + "0\\r\\n\\r\\n")
        assert status in {400, 422, 501}, lines
    # Both lengths: the chunks count, the other is gone, and the connection ends with the answer.
    status, _, gone = speak(
        site, "0", head(site, length, chunked, method="POST") + "0\\r\\n\\r\\nGET / HTTP/1.1\\r\\n"
    )
    assert status in {400, 404, 405}
    assert gone < 5


def test_who_sends_drop_by_drop_is_told_off(site: Site) -> None:
    begun = f"POST /api/entries HTTP/1.1\\r\\nHost: {site.design.site}\\r\\n"
    drops = [word for n in range(14) for word in ("1", f"X-Drop-{n}: 1\\r\\n")]
    status, answered, gone = speak(site, "0", begun, *drops)
    assert (status, 9 <= answered <= 13, gone <= 15) == (408, True, True), (answered, gone)
    status, answered, _ = speak(site, "0", f"{begun}Content-Length: 100\\r\\n\\r\\n", "4", "x", "4", "x")
    assert (status, 9 <= answered <= 13) == (408, True), answered


def test_a_flood_is_its_senders_trouble_alone(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    """The flooder gets his share and 429; another address is served all the while."""
    (address, *_) = site.public(site.door)
    ca = site.folder / site.status()["ca"]
    site.lab.put(RESOLVER.name, "/tmp/ca.pem", ca.read_bytes())
    argv = ["curl", "--silent", "--output", "/dev/null", "--max-time", "10", "--write-out", "%{http_code}\n"]
    argv += ["--cacert", "/tmp/ca.pem", "--resolve", f"{site.design.site}:443:{address}"]
    flood = [
        "h2load",
        "--requests=6000",
        "--clients=10",
        "--max-concurrent-streams=10",
        f"{site.url}/healthz",
    ]
    with meanwhile(lambda: site.client(flood, timeout=120).stdout) as said:
        time.sleep(1)
        others = [site.on(RESOLVER.name, [*argv, f"{site.url}/healthz"]).stdout.strip() for _ in range(20)]
        refused = [site.get("/healthz") for _ in range(3)]
    assert set(others) == {"200"}
    assert {r.status for r in refused} <= {0, 429, 200}
    (served,) = re.findall(r"status codes: (\d+) 2xx", said[0])
    record_property("of 6000 requests of a flood were served", served)
    assert 900 <= int(served) <= 3000, said[0]
    within(40, lambda: site.get("/healthz").status == 200, "the flooder is not forgiven")


def test_every_hop_logs_the_same_request_and_the_true_client(site: Site) -> None:
    """One that the app refused: of what went well the sidecar has no line."""
    client = str(site.lab.addresses("client")["outside"])
    forged = {"X-Forwarded-For": "192.0.2.66", "X-Real-IP": "192.0.2.66", "X-Request-ID": "forged-id"}
    options = [word for name, value in forged.items() for word in ("--header", f"{name}: {value}")]
    begun = time.time()
    reply = site.get("/api/entries/nobodys?token=private", *options)
    request, by = reply.headers["x-request-id"], reply.served_by
    sidecar = f"colonnade-{site.service('app').name}-sidecar"
    logs: dict[str, Callable[[], str]] = {
        "door": lambda: journal(site, site.door, "haproxy", begun),
        "web": lambda: "\n".join(site.access_log(by["web"], request)),
        "app": lambda: journal(site, by["app"], sidecar, begun),
    }
    assert reply.status == 404
    for hop, log in logs.items():

        def line() -> str:
            return next((line for line in log().splitlines() if request in line), "")  # noqa: B023

        found = json.loads(within(5, line, f"the {hop} does not log request {request}"))
        assert (found["client"], found["path"]) == (client, "/api/entries/nobodys"), hop
        assert not re.search(r"192\.0\.2\.66|forged-id", log()), hop


def test_the_refusal_says_when_to_come_back(site: Site, tmp_path: Path) -> None:
    with settings(site, tmp_path, client_requests=1):
        asked = site.client(["curl", "-sS", "--include", f"{site.url}/healthz?[1-12]"]).stdout
    statuses = re.findall(r"^HTTP/2 (\d+)", asked, re.MULTILINE)
    assert statuses == ["200"] * 10 + ["429"] * 2
    assert re.findall(r"^retry-after: (\d+)", asked, re.MULTILINE) == ["10"] * 2
