"""The visitor's ledger: every line is in a file before what it tells of happens, and streamed to the operator
from there, so that a slow reader never slows a visitor.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable

STREAM_PAUSE = 0.05


class Record:
    """The file has no name: nothing of it stays, however this program ends."""

    def __init__(self, out: int, gone: Callable[[], object]) -> None:
        """`out` is the descriptor lines are streamed to; `gone` is called when nobody reads it any more."""
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `close`
        self._out, self._gone = out, gone
        self._numbers = 0
        self._whole = threading.Event()
        self._streamer = threading.Thread(target=self._stream, daemon=True)
        self._streamer.start()

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def write(self, what: str, **values: object) -> None:
        line = {"what": what, "at": round(time.monotonic(), 4), **values}
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Return when all of it was streamed, or nobody reads."""
        self._whole.set()
        self._streamer.join()
        self._file.close()

    def _stream(self) -> None:
        place = 0
        while True:
            whole = self._whole.is_set()  # looked at before reading: what is written later is read next time
            while piece := os.pread(self._file.fileno(), 1 << 16, place):
                place += len(piece)
                if not self._pass_on(piece):
                    self._gone()
                    return
            if whole:
                return
            self._whole.wait(STREAM_PAUSE)

    def _pass_on(self, piece: bytes) -> bool:
        try:
            while piece:
                piece = piece[os.write(self._out, piece) :]
        except OSError:
            return False
        return True
