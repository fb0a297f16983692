"""Tells systemd that a program of ours runs (sd_notify(3))."""

from __future__ import annotations

import os
import socket

READY = "READY=1"
ALIVE = "WATCHDOG=1"


def notify(*words: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # it stands for the null byte of the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto("\n".join(words).encode(), address)
