#!/usr/bin/python3 -IS
# Written by Colonnade: changes made here are undone by the next `colonnade up`.
"""Which keys does this door lock TLS session tickets with just now?

Run by a timer. Keys follow from the site's ticket secret and the time, so all doors have the same ones and
never speak of them. haproxy opens tickets with three keys and makes new ones with the middle one: that of the
last period, of this one and of the next. The file is for haproxy's next start or reload; the one that runs is
told through its socket.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import sys
import time
from pathlib import Path

SECRET = Path("/etc/haproxy/ticket-secret")
KEYS = Path("/run/colonnade-ticket-keys/keys")
SOCKET = "/run/haproxy/admin.sock"

PERIOD = 8 * 3600
"""Seconds for which a key makes tickets; no ticket is good for longer (`tune.ssl.lifetime`)."""

LENGTH = 80
"""Bytes of a key: 16 name it, 32 sign tickets and 32 encrypt them (AES-256)."""


def key(secret: bytes, period: int) -> str:
    """HKDF-Expand (RFC 5869) of the secret, in Base64 as haproxy wants it."""
    info = f"colonnade session ticket {period}".encode()
    block, found = b"", b""
    for number in (1, 2):
        block = hmac.digest(secret, block + info + bytes([number]), hashlib.sha512)
        found += block
    return base64.b64encode(found[:LENGTH]).decode()


def keys_at(secret: bytes, now: float) -> list[str]:
    """Of the last period, this one, and the next."""
    period = int(now // PERIOD)
    return [key(secret, each) for each in (period - 1, period, period + 1)]


def write(keys: list[str]) -> None:
    KEYS.parent.mkdir(mode=0o700, exist_ok=True)
    aside = KEYS.with_name("keys.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{each}\n" for each in keys))
    aside.rename(KEYS)


def missing(loaded: list[str], wanted: list[str]) -> list[str]:
    """What must be told to who holds `loaded`: each key told pushes the oldest of the three out."""
    for known in (3, 2, 1):
        if loaded[-known:] == wanted[:known]:
            return wanted[known:]
    return wanted


def ask(command: str) -> str:
    """Raises OSError when haproxy does not answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(SOCKET)
        connection.sendall(f"{command}\n".encode())
        return "".join(iter(lambda: connection.recv(65536).decode(), ""))


def tell(keys: list[str]) -> None:
    """Bring the running haproxy to these keys; nothing when there is none, or when it knows no such file."""
    try:
        answer = ask(f"show tls-keys {KEYS}")
    except (FileNotFoundError, ConnectionRefusedError):
        return
    loaded = [line.split()[1] for line in answer.splitlines() if line and not line.startswith("#")]
    if len(loaded) != len(keys):
        return
    for each in missing(loaded, keys):
        answer = ask(f"set ssl tls-key {KEYS} {each}")
        if "updated" not in answer:
            sys.exit("haproxy does not take a ticket key")


def main() -> None:
    keys = keys_at(SECRET.read_bytes().strip(), time.time())
    write(keys)
    tell(keys)


if __name__ == "__main__":
    main()
