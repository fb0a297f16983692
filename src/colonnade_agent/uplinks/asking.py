"""Asks name servers: many at once, each from an address of its own, or the one of this machine. Asked by the
watcher's loop.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from colonnade_agent.uplinks import message
from colonnade_agent.uplinks.order import Route

PORT = 53
HERE = ("127.0.0.1", PORT)
LARGEST = 4096

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Asked:
    key: Hashable
    number: int
    socket: socket.socket


def heard(routes: Mapping[Key, Route], seconds: float, port: int = PORT) -> dict[Key, bool]:
    """Which of these answer within `seconds`. Returns as soon as all have, or can't any more."""
    answered = dict.fromkeys(routes, False)
    with contextlib.ExitStack() as sockets, selectors.DefaultSelector() as waiting:
        for key, route in routes.items():
            one = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            asked = Asked(key, secrets.randbits(16), one)
            if _sent(asked, route.source, (route.address, port)):
                waiting.register(one, selectors.EVENT_READ, asked)
        deadline = time.monotonic() + seconds
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for ready, _ in waiting.select(left):
                over, answered[ready.data.key] = _read(ready.data)
                if over:
                    waiting.unregister(ready.fileobj)
    return answered


def _sent(asked: Asked, source: str, target: tuple[str, int]) -> bool:
    """False when there is no way at all: the address is not this machine's now, or no route leads there."""
    asked.socket.setblocking(False)
    try:
        asked.socket.bind((source, 0))
        asked.socket.connect(target)
        asked.socket.send(message.question(asked.number, ".", message.NS))
    except OSError:
        return False
    return True


def _read(asked: Asked) -> tuple[bool, bool]:
    """(no more is to be expected, it was answered)"""
    try:
        answered = message.answers(asked.socket.recv(LARGEST), asked.number)
    except BlockingIOError:  # the kernel dropped what woke us: its checksum was wrong
        return False, False
    except OSError:  # an ICMP error, and any router on the way may have sent it: no answer
        return True, False
    return answered, answered


def given(name: str, seconds: float) -> frozenset[str] | None:
    """The addresses that this machine's name server gives for `name`; None when it does not answer."""
    number = secrets.randbits(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(seconds)
        try:
            asked.connect(HERE)
            asked.send(message.question(number, name, message.A))
            return message.addresses(asked.recv(LARGEST), number)
        except OSError:
            return None
