"""The watch over app servers: who is out after what, what nginx is told, when connections may be ended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade.components.nginx.templates.watch_apps import Plan, Question, Target, Verdicts


def plan(folder: Path, *machines: str, elsewhere: bool = False, port: int = 9443) -> Plan:
    targets = tuple(Target(machine, "127.0.0.1", port) for machine in machines)
    files = ("ca.pem", "chain.pem", "key.pem")
    return Plan("www", "/healthz", "app.internal", *files, targets, str(folder / "health"), elsewhere)


def told(verdicts: Verdicts) -> str:
    file = Path(verdicts.plan.health)
    return file.read_text() if file.exists() else ""


def test_two_bad_answers_put_a_server_out_and_a_good_one_brings_it_back(tmp_path: Path) -> None:
    verdicts = Verdicts(plan(tmp_path, "app1"))
    heard = [
        verdicts.hear("app1", problem) for problem in ("", "silent", "", "silent", "silent", "silent", "")
    ]
    assert heard == [True, True, True, True, False, False, True]


def test_a_server_that_was_never_well_is_out_at_once(tmp_path: Path) -> None:
    assert not Verdicts(plan(tmp_path, "app1")).hear("app1", "refused")


def test_nginx_is_told_as_long_as_anybody_is_up(tmp_path: Path) -> None:
    verdicts = Verdicts(plan(tmp_path, "app1", "app2"))
    assert told(verdicts) == ""
    verdicts.hear("app1", "")
    verdicts.hear("app2", "")
    assert told(verdicts) == "app1=1 app2=1\n"
    for _ in range(2):
        verdicts.hear("app1", "silent")
    assert told(verdicts) == "app1=0 app2=1\n"
    for _ in range(2):
        verdicts.hear("app2", "silent")
    assert told(verdicts) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("other", "elsewhere", "may"), [("", False, True), ("x", False, False), ("x", True, True)]
)
def test_connections_end_only_where_requests_can_go_elsewhere(
    tmp_path: Path, other: str, elsewhere: bool, may: bool
) -> None:
    verdicts = Verdicts(plan(tmp_path, "app1", "app2", elsewhere=elsewhere))
    verdicts.hear("app2", other)
    assert verdicts.may_end("app1") is may


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server whose kernel takes connections and whose program does nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ask(folder: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bool]:
    monkeypatch.setattr("ssl.SSLContext.load_cert_chain", lambda *_: None)
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_: None)
    asked = plan(folder, "app1", port=port)
    answer = Question(asked, asked.targets[0]).ask()
    return answer.problem, answer.silent


def test_who_hangs_is_silent(tmp_path: Path, hanging: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(tmp_path, hanging, monkeypatch) == ("is silent", True)


def test_who_refuses_is_not_silent(tmp_path: Path, hanging: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    problem, silent = ask(tmp_path, free, monkeypatch)
    assert "refused" in problem
    assert not silent


def close_one(server: socket.socket) -> None:
    server.accept()[0].close()


def test_who_closes_is_not_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closing = threading.Thread(target=close_one, args=(server,))
        closing.start()
        problem, silent = ask(tmp_path, server.getsockname()[1], monkeypatch)
        closing.join()
    assert problem
    assert not silent
