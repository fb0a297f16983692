"""The app's contract, over HTTP, with everything well."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from guestbook_servers import App, MariaDB, wait_until

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_an_entry_is_stored_once_and_read_back(app: App, primary: MariaDB) -> None:
    first, again = app.post("a-1", "Zoë 🏛\n<b>"), app.post("a-1", "something else")
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json == app.ask("/api/entries/a-1").json
    assert first.json["text"] == "Zoë 🏛\n<b>"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first.json["created_at"])
    assert first.headers["Location"] == "/api/entries/a-1"
    assert primary.sql("SELECT id, repeats FROM entries") == [("a-1", 1)]


def test_ids_differ_by_case(app: App) -> None:
    assert [app.post(one).status for one in ("abc", "ABC", "abC")] == [201, 201, 201]


def test_many_posts_of_one_id_at_once_create_it_once(app: App, primary: MariaDB) -> None:
    with ThreadPoolExecutor(24) as many:
        replies = list(many.map(lambda number: app.post("same", f"text {number}"), range(48)))
    assert sorted(reply.status for reply in replies) == [200] * 47 + [201]
    assert len({reply.json["text"] for reply in replies}) == 1
    assert primary.sql("SELECT COUNT(*), MAX(repeats) FROM entries") == [(1, 47)]


def test_the_list_is_newest_first_and_limited(app: App) -> None:
    for number in range(4):
        app.post(f"n{number}")
    assert [one["id"] for one in app.ask("/api/entries?limit=2").json["entries"]] == ["n3", "n2"]
    assert len(app.ask("/api/entries").json["entries"]) == 4
    for nonsense in ("0", "1001", "-1", "", "x", "1e2", "%D9%A1"):
        reply = app.ask(f"/api/entries?limit={nonsense}")
        assert (reply.status, reply.json["error"]) == (400, "invalid"), nonsense


def test_bad_input_is_refused_as_json(app: App) -> None:
    bodies = [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 60000, b'{"id":"a"}', b'{"id":1,"text":"x"}']
    drafts = [
        ("", "x"),
        ("a b", "x"),
        ("a" * 65, "x"),
        ("é", "x"),
        ("a\n", "x"),
        ("a", ""),
        ("a", "x" * 2001),
    ]
    bodies += [json.dumps({"id": one, "text": text}).encode() for one, text in [*drafts, ("a", "\ud800")]]
    for body in bodies:
        reply = app.ask("/api/entries", body, JSON)
        assert reply.status == 400 and set(reply.json) == {"error", "detail"}, body[:40]
    assert app.ask("/api/entries", b"id=a&text=x", FORM).status == 415
    assert app.ask("/api/entries", b'{"id": "a", "text": "' + b"x" * 70000 + b'"}', JSON).status == 413
    assert app.ask("/api/entries", method="DELETE").status == 405
    for path in ("/api/entries/none", "/api/entries/a%20b", "/api/none", "/api/entries/a/b"):
        reply = app.ask(path)
        assert reply.status == 404 and set(reply.json) == {"error", "detail"}, path


def test_the_longest_text_fits_in_any_alphabet(app: App) -> None:
    for number, letter in enumerate("xé漢🏛"):
        assert app.post(f"long{number}", letter * 2000).status == 201


def test_every_answer_says_who_served_it(app: App) -> None:
    web = {"X-Colonnade-Web": "web1"}
    assert app.ask("/api/whoami", headers=web).json == {"web": "web1", "app": "app1", "database": "db1"}
    assert app.ask("/api/entries", headers=web).headers["X-Served-By"] == "web=web1, app=app1, database=db1"
    assert app.ask("/healthz", headers=web).headers["X-Served-By"] == "web=web1, app=app1"
    assert app.ask("/nowhere").headers["X-Served-By"] == "web=, app=app1"
    assert app.ask("/api/whoami", headers={"X-Colonnade-Web": "a, b=c"}).json["web"] == ""


def test_the_page_works_without_a_script(app: App) -> None:
    page = app.ask("/", headers={"X-Colonnade-Web": "web2"}).text
    assert all(name in page for name in ("web2", "app1", "db1", "No one has signed yet"))
    assert "<script" not in page
    hidden = re.search(r'name="id" value="([A-Za-z0-9_-]+)"', page)
    assert hidden is not None
    form = urlencode({"id": hidden[1], "text": "one\r\ntwo <i>"}).encode()
    for _ in range(2):  # as a browser does that sends the form again
        posted = app.ask("/", form, FORM | {"Sec-Fetch-Site": "same-origin"})
        assert (posted.status, posted.headers["Location"]) == (303, f"/?posted={hidden[1]}")
    shown = app.ask(posted.headers["Location"]).text
    assert shown.count("one\ntwo &lt;i&gt;") == 1 and "stored" in shown


def test_an_empty_form_is_explained(app: App) -> None:
    reply = app.ask("/", urlencode({"id": "a", "text": "  "}).encode(), FORM)
    assert reply.status == 400 and "write something" in reply.text


def test_another_site_cannot_post_for_a_visitor(app: App) -> None:
    form = urlencode({"id": "evil", "text": "x"}).encode()
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {"Origin": "null"}):
        assert app.ask("/", form, FORM | header).status == 403, header
    for header in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://www.example.test"}):
        assert app.ask("/", form, FORM | header).status == 303, header


def test_static_files_are_named_by_content_and_cached(app: App) -> None:
    named = re.search(r"/static/guestbook\.\w+\.css", app.ask("/").text)
    assert named is not None
    assert "immutable" in app.ask(named[0]).headers["Cache-Control"]
    assert app.ask("/static/guestbook.css").status == 404


def test_requests_are_counted_and_logged_with_their_id(app: App) -> None:
    app.ask("/api/entries/x", headers={"X-Request-ID": "abc-123"})
    app.ask("/api/whoami", headers={"X-Request-ID": 'bad" id'})
    counts = app.ask("/metrics").text
    assert (
        'guestbook_http_requests_total{method="GET",route="/api/entries/<identifier>",status="404"} 1.0'
        in counts
    )
    assert 'guestbook_database_pool_connections{source="primary_reads",state="idle"} 1.0' in counts
    assert 'guestbook_database_up{source="primary_reads"} 1.0' in counts
    app.ask("/%0Aforged")
    wait_until(
        lambda: 'path="/%0Aforged"' in app.log.read_text()
    )  # a line is written after its answer is sent
    log = app.log.read_text()
    assert 'event=request request_id=abc-123 method=GET path="/api/entries/x" status=404' in log
    assert "bad" not in log
