"""The visitors' program, run and listened to. Its command line, and so where it runs, is the caller's."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from colonnade.drill.visits import Ledger, Visits
from colonnade.errors import ColonnadeError

STOP_SECONDS = 20.0


class ClientDied(ColonnadeError):
    """The program ended while a drill went on, so nobody saw what happened."""


class Client:
    """`with Client(argv, stdin) as client:` visits until `stop`. `lines` is the ledger as it came."""

    def __init__(self, argv: Sequence[str], stdin: bytes) -> None:
        self._ledger = Ledger()
        self._lock = threading.Lock()
        self.lines: list[str] = []
        # A session of its own: Ctrl-C is for the operator's side, which stops this one when it has healed.
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=part, daemon=True) for part in (self._listen, self._complain)
        ]
        self._complaints = b""
        for thread in self._threads:
            thread.start()
        self._send(stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def visits(self) -> Visits:
        with self._lock:
            return self._ledger.visits

    def require(self) -> None:
        """Raises ClientDied unless the program runs."""
        if self._process.poll() is not None:
            said = self._complaints.decode(errors="replace").strip().splitlines()
            raise ClientDied(f"the client ended in the middle: {said[-1] if said else 'without a word'}")

    def stop(self) -> Visits:
        """No one wants anything more; what is under way ends. May be called again."""
        with contextlib.suppress(OSError):  # it may have ended by itself: `whole` of the visits tells
            if self._process.stdin and not self._process.stdin.closed:
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        return self.visits

    def _send(self, stdin: bytes) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):  # as above; `require` raises with what it said
            self._process.stdin.write(stdin)
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            text = line.decode()
            if text.endswith("\n"):
                with self._lock:
                    self.lines.append(text)
                    self._ledger.add(text)

    def _complain(self) -> None:
        assert self._process.stderr
        self._complaints = self._process.stderr.read()
