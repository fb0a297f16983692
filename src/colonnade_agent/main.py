"""The agent's entry: a request on standard input, JSON lines on standard output. Started by
`pack.ARGV`.
"""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import Any, BinaryIO

from colonnade_agent import blobs, checks, facts, lock, wire
from colonnade_agent.failure import TAIL, Failed, Failure, failed
from colonnade_agent.machine import Machine
from colonnade_agent.observe import missing_blobs, observe
from colonnade_agent.plan import check_request
from colonnade_agent.wire import Request, Response


class Output:
    """JSON lines to a reader who may go away: then `open` is False, and what is under way is still
    finished.
    """

    def __init__(self, handle: int) -> None:
        self.open = True
        self._handle = handle

    def emit(self, event: str, values: dict[str, Any]) -> bool:
        line = json.dumps({"event": event, **values}, separators=(",", ":")).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._handle, line) :]
        except OSError:
            self.open = False
        return self.open

    def stop(self, *_: object) -> None:
        """As signal handler: begin no further stage. (A handler, unlike SIG_IGN, is not inherited by
        programs run.)
        """
        self.open = False


def main(source: BinaryIO) -> None:
    output = Output(os.dup(1))
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, output.stop)
    os.umask(0o022)
    output.emit("response", wire.encode_response(answer(source, output)))


def answer(source: BinaryIO, output: Output) -> Response:
    """The response, whatever happens: what nobody foresaw becomes a failure with its traceback."""
    machine = Machine()
    try:
        request = wire.decode_request(json.loads(_block(source)))
        check_request(request)
        return _carry_out(machine, request, source, output)
    except Failed as error:
        return Response(facts.gather(), failure=error.failure)
    except Exception:  # noqa: BLE001 - this is the entry point
        import traceback  # noqa: PLC0415

        return Response(facts.gather(), failure=Failure("agent", traceback.format_exc()[-TAIL:]))


def _carry_out(machine: Machine, request: Request, source: BinaryIO, output: Output) -> Response:
    response = Response(facts.gather())
    if request.mode == "observe":
        response = replace(response, changes=tuple(observe(machine, request.stages)))
    elif request.mode == "apply":
        response = _apply(machine, request, source, output, response)
    missing = missing_blobs(machine, request.stages)
    # What is about to change is not asked how it is: a check may wait seconds for what is not there yet.
    asked = () if request.mode == "observe" and response.changes else request.checks
    return replace(response, missing_blobs=missing, checks=checks.run_checks(asked))


def _apply(
    machine: Machine, request: Request, source: BinaryIO, output: Output, response: Response
) -> Response:
    from colonnade_agent.apply import apply  # noqa: PLC0415 - 20 ms to compile, which an observe need not pay

    machine.lock = lock.take(
        request.who, request.lock_seconds, lambda holder: output.emit("waiting", {"for": holder})
    )
    try:
        _receive_blobs(machine, source)
    except OSError as error:
        raise failed("receive", str(error)) from error
    applied = apply(machine, request, output.emit)
    return replace(
        response,
        changes=tuple(applied.changes),
        failure=applied.failure,
        rolled_back=applied.rolled_back,
    )


def _receive_blobs(machine: Machine, source: BinaryIO) -> None:
    """See `pack.payload` for how they are laid out."""
    while sha := source.read(64):
        size = int.from_bytes(source.read(8), "big")
        blobs.receive(machine.records.folder, sha.decode("ascii"), size, source)


def _block(source: BinaryIO) -> bytes:
    return source.read(int.from_bytes(source.read(8), "big"))
