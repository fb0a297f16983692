"""Someone tries every spelling of what is not for visitors: of paths, of methods, of the site's own name."""

from __future__ import annotations

from itertools import product

import pytest

from tests.lab.abuse import Heard, line, speak
from tests.lab.site import Site

pytestmark = pytest.mark.lab

PREFIXES = (
    "/",
    "//",
    "///",
    "/./",
    "/x/../",
    "/x/%2e%2e/",
    "/x/..%2f",
    "/static/../",
    "/static/%2e%2e/",
    "/static/..%2f",
    "/%2f",
    "/%2e/",
    "/\\",
    "/%5c",
    "/;/",
    "/..;/",
    "/%00/../",
    "/%zz/../",
    "/%252e%252e/",
)
"""Ways to begin a path that some programs take for `/`."""

SUFFIXES = (
    "",
    "/",
    "//",
    "/.",
    "/..",
    ";x",
    "?x",
    "%3fx",
    "%00",
    "%20",
    "%09",
    ".",
    "\\",
    "%5c",
    "%zz",
    "#x",
)
PRIVATE = (".colonnade/health", ".colonnade/door", "metrics")
SPELLINGS = (
    "/%2ecolonnade/health",
    "/%252ecolonnade/health",
    "/.%63olonnade/health",
    "/.colonnade%2fhealth",
    "/.colonnade;x/health",
    "/.colonnade\\health",
    "/.COLONNADE/health",
    "/.colonnade%20/health",
    "/.colonnade/x/../health",
    "/.colonnade/./health",
    "/.colonnade//health",
    "/%c0%aecolonnade/health",
    "/%e0%80%aecolonnade/health",
    "/.colonnade",
    "/%6detrics",
    "/%256detrics",
    "/m%65trics/",
    "/METRICS",
)
UP = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "....//", "..\\", "..%5c", "..;/", "%c0%ae%c0%ae/")
TRAVERSALS = (
    *(f"/static/{up * 4}{file}" for up, file in product(UP, ("etc/passwd", "app.py"))),
    "/static../app.py",
    "/static//etc/passwd",
    "/static/%2fetc/passwd",
    "/static/.env",
    "/static/.git/config",
)
SECRETS = ("python_info", "process_resident_memory_bytes", "root:x:", "import ", "=UP", "ok\n")
"""What is in those files and answers, and in none that a visitor may see."""


def asked(site: Site, paths: tuple[str, ...], method: str = "GET") -> list[Heard]:
    lines = [
        line(path, f"{method} {path} HTTP/1.1\r\nHost: {site.design.site}\r\nConnection: close\r\n\r\n")
        for path in paths
    ]
    return speak(site, lines)


def test_private_paths_are_private_in_any_spelling(site: Site) -> None:
    every = tuple(f"{prefix}{path}" for prefix, path in product(PREFIXES, PRIVATE))
    every += tuple(f"/{path}{suffix}" for path, suffix in product(PRIVATE, SUFFIXES)) + SPELLINGS
    every += tuple(f"https://{site.design.site}/{path}" for path in PRIVATE)
    told = {one.name: one.answer[:200] for one in asked(site, every) if one.statuses not in ([404], [400])}
    assert told == {}


def test_no_path_leads_out_of_the_static_files(site: Site) -> None:
    heard = asked(site, TRAVERSALS)
    assert {one.name: one.answer for one in heard if any(secret in one.answer for secret in SECRETS)} == {}
    assert {one.name: one.answer[:200] for one in heard if one.statuses not in ([400], [404], [308])} == {}


def test_no_redirect_leads_off_the_site(site: Site) -> None:
    paths = (
        "/static",
        "/static/",
        "//evil.example/",
        "//evil.example/%2f..",
        "/\\evil.example",
        "/%5cevil.example/",
    )
    for one in asked(site, (*paths, "/static//x", "/https://evil.example", "///evil.example/..")):
        for place in [row for row in one.answer.lower().split("\r\n") if row.startswith("location:")]:
            target = place.removeprefix("location: ").removeprefix(f"https://{site.design.site}")
            assert target.startswith("/"), f"{one.name} leads to {place}"
            assert not target.startswith(("//", "/\\")), f"{one.name} leads to {place}"


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PURGE", "DEBUG", "get", "GETGETGET", "A" * 5000, "G\x01T", "G{T"]
)
def test_only_common_methods_do_anything(site: Site, method: str) -> None:
    head = f"{method} / HTTP/1.1\r\nHost: {site.design.site}\r\nX-Echo: t-secret\r\nConnection: close\r\n\r\n"
    (heard,) = speak(site, [line("method", head)])
    assert heard.ended is not None
    assert heard.statuses in ([], [400], [405], [414], [501])
    assert "t-secret" not in heard.answer


def test_only_the_sites_own_name_is_its_name(site: Site) -> None:
    """With the app's links and redirects made of it, another's name or port would be a trap for its users."""
    name = site.design.site
    for host, known in {
        name: True,
        name.upper(): True,
        f"{name}:443": True,
        f"{name}:1234": False,
        f"{name}:evil": False,
        f"{name}:443:1": False,
        f"{name}@evil.example": False,
        f"{name}.evil.example": False,
        f"{name}/x": False,
        f"{name}?x": False,
        f"{name}, evil.example": False,
        "localhost": False,
        "[::1]": False,
        "": False,
    }.items():
        (heard,) = speak(
            site, [line(host, f"GET /api/whoami HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")]
        )
        assert heard.statuses in (([200],) if known else ([400], [421])), host
