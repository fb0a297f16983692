"""The app's decisions, without a database."""

import hashlib
import json
import random
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestbook import entries
from guestbook.app import STATIC, plain_name
from guestbook.database import parse
from guestbook.envelope import is_foreign
from guestbook.faults import CONTENDED, DEPOSED, LOST, NOT_READY, Fault, RetryPolicy, fault_of
from guestbook.migrate import Migration, MigrationError, load, pending
from guestbook.page import in_words
from guestbook.settings import Settings, SettingsError, port

OWN = {"www.example.test", "https://www.example.test"}


@given(st.binary(max_size=300))
def test_any_bytes_are_an_entry_or_invalid(body: bytes) -> None:
    try:
        entries.draft_from_json(body)
    except entries.Invalid:
        return


@given(
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), st.text(st.characters(codec="utf-8"), min_size=1)
)
def test_every_allowed_entry_is_accepted_as_it_is(identifier: str, text: str) -> None:
    body = json.dumps({"id": identifier, "text": text}).encode()
    assert entries.draft_from_json(body) == entries.Draft(identifier, text)


@pytest.mark.parametrize("identifier", ["", "a b", "a" * 65, "é", "a\n", "a/b", 7, None, ["a"]])
def test_other_ids_are_refused(identifier: object) -> None:
    with pytest.raises(entries.Invalid, match="id must"):
        entries.draft({"id": identifier, "text": "x"})


@given(st.text(max_size=6))
def test_a_limit_is_in_range_or_invalid(text: str) -> None:
    try:
        assert 1 <= entries.limit_from(text) <= 1000
    except entries.Invalid:
        return


def test_no_error_number_has_two_faults() -> None:
    groups = (LOST, DEPOSED, CONTENDED, NOT_READY)
    assert len(frozenset().union(*groups)) == sum(map(len, groups))


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        *((code, Fault.LOST) for code in (2003, 2006, 2013, 1040, 1053, 1927)),
        *((code, Fault.DEPOSED) for code in (1290, 1792, 1047)),
        *((code, Fault.CONTENDED) for code in (1205, 1213, 1020)),
        (1146, Fault.NOT_READY),
        *((code, Fault.PERMANENT) for code in (1064, 1045, 1406, -1)),
    ],
)
def test_faults(code: int, fault: Fault) -> None:
    assert fault_of(code) is fault


@given(st.integers())
def test_pauses_grow_within_bounds(seed: int) -> None:
    policy = RetryPolicy(budget=1, first_pause=0.1, longest_pause=0.5)
    pauses = list(islice(policy.pauses(random.Random(seed)), 8))
    for pause, full in zip(pauses, [0.1, 0.2, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5], strict=True):
        assert full / 2 <= pause <= full


@pytest.mark.parametrize(
    ("method", "fetch_site", "origin", "foreign"),
    [
        ("GET", "cross-site", "https://evil.test", False),
        ("POST", "same-origin", None, False),
        ("POST", "none", None, False),
        ("POST", "cross-site", None, True),
        ("POST", "same-site", "https://blog.example.test", True),
        ("POST", "cross-site", "https://www.example.test", False),
        ("POST", None, "https://www.example.test", False),
        ("POST", None, "http://www.example.test", False),
        ("POST", None, "https://evil.test", True),
        ("POST", None, "null", True),
        ("POST", None, None, False),
    ],
)
def test_who_may_post(method: str, fetch_site: str | None, origin: str | None, foreign: bool) -> None:
    assert is_foreign(method, fetch_site, origin, OWN) is foreign


def test_a_database_url_is_read_with_its_tls_files() -> None:
    address, tls = parse("mysql://u:p%3Aw%2F@db.test:3307/g?ssl_ca=/ca&ssl_cert=/c&ssl_key=/k")
    assert (address.username, address.password, address.host, address.port) == ("u", "p:w/", "db.test", 3307)
    assert tls == {"ssl_ca": "/ca", "ssl_cert": "/c", "ssl_key": "/k"}


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "postgresql://u:secret@h/g", "mysql://u:secret@h", "mysql://u:secret@h:port/g"),
        *("mysql://u:secret@h/g?ssl_ca=/a&ssl_cert=/c", "mysql://u:secret@h/g?ssl_cert=/c&ssl_key=/k"),
        "mysql://u:secret@h/g?sslca=/a",
    ],
)
def test_a_bad_database_url_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(url)
    assert "secret" not in str(caught.value)


def test_settings_say_what_is_missing_or_wrong() -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        Settings.from_environment({})
    with pytest.raises(SettingsError, match="SITE_URL"):
        Settings.from_environment({"DATABASE_URL": "x", "SITE_URL": "www.example.test"})
    for text in ("0", "65536", "http", "-1"):
        with pytest.raises(SettingsError, match="PORT"):
            port({"PORT": text})


def test_migrations_must_have_no_gap_and_not_change(tmp_path: Path) -> None:
    assert [one.number for one in load()] == list(range(1, len(load()) + 1))
    (tmp_path / "0002_later.sql").write_text("SELECT 1;\n")
    with pytest.raises(MigrationError, match="without gap"):
        load(tmp_path)
    one, two = Migration(1, "0001_a.sql", "SELECT 1;\n"), Migration(2, "0002_b.sql", "SELECT 2;\n")
    assert pending([one, two], {1: one.checksum}) == [two]
    assert pending([one], {1: one.checksum, 2: "newer"}) == []
    with pytest.raises(MigrationError, match="was changed"):
        pending([one], {1: "other"})


def test_a_migration_is_cut_at_line_ends_only() -> None:
    sql = "-- a; comment;\nCREATE TABLE a (b TEXT DEFAULT ';x');\n  -- more\nSELECT 1 ;  \n\nSELECT\n 2;"
    assert Migration(1, "x", sql).statements == [
        "CREATE TABLE a (b TEXT DEFAULT ';x')",
        "SELECT 1",
        "SELECT\n 2",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"), (90000, "1 day ago")],
)
def test_ages_are_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: plain_name(file.name))
def test_a_static_file_is_named_by_its_content(file: Path) -> None:
    """Browsers keep it for a year: a changed file needs another name."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    assert file.name == f"{file.stem.split('.')[0]}.{digest}{file.suffix}"
