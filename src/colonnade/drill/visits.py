"""What did visitors see? Their ledger's lines as requests. Pure; the order of lines does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from colonnade_agent.visitor.order import NEWCOMER, PIN, READ, WRITE


@dataclass(frozen=True)
class Request:
    """Times are seconds of the client's monotonic clock. `ended` is None while there is no answer and no
    error. `address` is the one that answered, or else the one that was asked last. `opened` is when the
    connection of the last sending was made; None when none was.
    """

    n: int
    kind: str
    begun: float
    path: str = ""
    id: str = ""
    ended: float | None = None
    status: int = 0
    error: str = ""
    address: str = ""
    opened: float | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400

    @property
    def failed(self) -> bool:
        """Ended without a good answer. A write of which nothing is known is not among these."""
        return self.ended is not None and not self.good and not self.unknown

    @property
    def unknown(self) -> bool:
        """A write that was sent, and whose answer never came."""
        return self.kind == WRITE and self.opened is not None and not self.status

    @property
    def probe(self) -> bool:
        return self.kind == PIN

    @property
    def seconds(self) -> float:
        return (self.ended or self.begun) - self.begun


@dataclass(frozen=True)
class Stall:
    """The visitors' program was kept from running for `seconds` until `at`."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Visits:
    """`writes`: whether the app answers the contract of drilled writes, and `why` not; None while that is
    not known. `whole`: the program came to its end.
    """

    requests: tuple[Request, ...] = ()
    stalls: tuple[Stall, ...] = ()
    writes: bool | None = None
    why: str = ""
    whole: bool = False

    def of(self, *kinds: str) -> tuple[Request, ...]:
        return tuple(r for r in self.requests if r.kind in kinds)

    @property
    def reads(self) -> tuple[Request, ...]:
        """By name, whoever asked."""
        return self.of(READ, NEWCOMER)

    @property
    def by_name(self) -> tuple[Request, ...]:
        return self.of(READ, NEWCOMER, WRITE)

    @property
    def acknowledged(self) -> frozenset[str]:
        """The ids of writes that were answered with success."""
        return frozenset(r.id for r in self.of(WRITE) if r.good)


@dataclass
class Ledger:
    """Takes lines as they come; `visits` is what they say so far."""

    _requests: dict[int, Request] = field(default_factory=dict)
    _sent: dict[int, tuple[float, float, str]] = field(default_factory=dict)
    _ended: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _stalls: list[Stall] = field(default_factory=list)
    _hello: Mapping[str, Any] | None = None
    _whole: bool = False

    def add(self, line: str) -> None:
        """Raises ValueError or KeyError for what no visitor writes."""
        told = json.loads(line)
        match told["what"]:
            case "begin":
                known = {k: told[k] for k in ("n", "kind", "path", "id")}
                self._requests[told["n"]] = Request(
                    begun=told["at"], address=told.get("address", ""), **known
                )
            case "send":
                latest = (told["at"], told["opened"], told["address"])
                self._sent[told["n"]] = max(latest, self._sent.get(told["n"], latest))
            case "end":
                self._ended[told["n"]] = told
            case "stall":
                self._stalls.append(Stall(told["at"], told["seconds"]))
            case "hello":
                self._hello = told
            case "bye":
                self._whole = True

    @property
    def visits(self) -> Visits:
        return Visits(
            requests=tuple(self._whole_request(r) for r in sorted(self._requests.values(), key=_by_time)),
            stalls=tuple(sorted(self._stalls, key=lambda s: s.at)),
            writes=None if self._hello is None else bool(self._hello["writes"]),
            why="" if self._hello is None else self._hello["why"],
            whole=self._whole,
        )

    def _whole_request(self, request: Request) -> Request:
        if request.n in self._sent:
            _, opened, address = self._sent[request.n]
            request = replace(request, opened=opened, address=address)
        end = self._ended.get(request.n)
        if end is None:
            return request
        return replace(
            request,
            ended=end["at"],
            status=end["status"],
            error=end.get("error", ""),
            address=end.get("address", "") or request.address,
        )


def read(lines: Iterable[str]) -> Visits:
    ledger = Ledger()
    for line in lines:
        ledger.add(line)
    return ledger.visits


def _by_time(request: Request) -> tuple[float, int]:
    return request.begun, request.n
