"""The program that turns ticket keys: as a machine runs it, without a machine."""

from __future__ import annotations

import base64
import importlib.util
import socket
import threading
from pathlib import Path
from types import ModuleType

import pytest

from colonnade.components.haproxy import tickets

SECRET = b"secret-of-the-site"
SOURCE = Path(tickets.__file__).with_name("templates") / "ticket_keys.py"


@pytest.fixture
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ticket_keys", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_counts_time_as_the_configuration_does(program: ModuleType) -> None:
    assert program.PERIOD == tickets.SECONDS
    assert (str(program.KEYS), str(program.SECRET)) == (tickets.KEYS_FILE, tickets.SOURCE)
    assert program.PERIOD <= 24 * 3600


def test_keys_are_those_that_haproxy_takes_and_all_differ(program: ModuleType) -> None:
    keys = [base64.b64decode(program.key(SECRET, period)) for period in range(5)]
    assert {len(key) for key in keys} == {80}
    assert (
        len({key[:16] for key in keys})
        == len({key[16:48] for key in keys})
        == len({key[48:] for key in keys})
        == 5
    )
    assert program.key(b"another", 0) != program.key(SECRET, 0)


def test_the_way_from_secret_to_key_never_changes(program: ModuleType) -> None:
    """Doors of two versions must agree while one is upgraded after the other."""
    assert program.key(SECRET, 61803).startswith("TptA2tRf0Rh5Z0Vom1bl4yyb")


def test_a_ticket_outlives_the_key_it_was_made_with(program: ModuleType) -> None:
    """Two doors whose clocks differ by less than a period open each other's tickets too."""
    before, now, after = (program.keys_at(SECRET, n * program.PERIOD) for n in (9, 10, 11))
    assert before[1] == now[0]
    assert now[1] in before
    assert now[1] in after
    assert program.keys_at(SECRET, 10 * program.PERIOD + program.PERIOD - 1) == now


@pytest.mark.parametrize(
    ("loaded", "told"),
    [
        (["a", "b", "c"], []),
        (["z", "a", "b"], ["c"]),
        (["y", "z", "a"], ["b", "c"]),
        (["x", "y", "z"], ["a", "b", "c"]),
        (["b", "c", "d"], ["a", "b", "c"]),  # the clock was put back
    ],
)
def test_only_what_haproxy_lacks_is_told(program: ModuleType, loaded: list[str], told: list[str]) -> None:
    wanted = ["a", "b", "c"]
    assert program.missing(loaded, wanted) == told
    assert [*loaded, *told][-3:] == wanted


def test_the_file_is_whole_and_roots_alone(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "KEYS", tmp_path / "run" / "keys")
    for keys in (["a", "b", "c"], ["b", "c", "d"]):
        program.write(keys)
        assert program.KEYS.read_text().split() == keys
        assert program.KEYS.stat().st_mode & 0o777 == 0o600
    assert program.KEYS.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in program.KEYS.parent.iterdir()] == ["keys"]


class Haproxy:
    """Answers so many commands on a socket as haproxy does: one a connection."""

    def __init__(self, path: Path, keys: list[str], commands: int) -> None:
        self.keys, self.told = keys, []  # type: tuple[list[str], list[str]]
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, args=(commands,), daemon=True)
        self.thread.start()

    def serve(self, commands: int) -> None:
        for _ in range(commands):
            connection, _ = self.listener.accept()
            with connection:
                words = connection.recv(4096).decode().split()
                connection.sendall(self.answer(words).encode())

    def answer(self, words: list[str]) -> str:
        if words[:2] == ["show", "tls-keys"]:
            lines = [f"0.{number} {key}" for number, key in enumerate(self.keys)]
            return "\n".join(["# id secret", f"# 0 ({words[2]})", *lines, "", ""])
        self.told.append(words[4])
        return "TLS ticket key updated!\n\n"


def test_a_running_haproxy_is_told_the_next_key(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "SOCKET", str(tmp_path / "admin.sock"))
    haproxy = Haproxy(tmp_path / "admin.sock", ["a", "b", "c"], commands=3)
    program.tell(["a", "b", "c"])
    program.tell(["b", "c", "d"])
    haproxy.thread.join(10)
    haproxy.listener.close()
    assert haproxy.told == ["d"]


def test_without_a_running_haproxy_the_file_is_enough(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "SOCKET", str(tmp_path / "none.sock"))
    program.tell(["a", "b", "c"])
