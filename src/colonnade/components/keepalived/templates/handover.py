"""Before addresses leave this machine: what is asked at them is finished, new connections wait.

Run as root with the door's unit, the signal at which its workers finish and new ones take over, and the
floating addresses. New connections are not refused: their first packets are dropped, so clients say them
again within a second, and by then another machine has the address.

systemd runs it before keepalived stops, which it does whatever goes wrong here. With `--then COMMAND`
keepalived goes on: the command makes these addresses move, and when they have, new connections pass again.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

PATIENCE = 3.0
"""Seconds. Who connects meanwhile says so again after 1 s, and 2 s after that (RFC 6298)."""

PAUSE = 0.02
BUSY = frozenset({"01", "03", "04", "08", "09", "0B"})
"""States of /proc/net/tcp in which something may be under way: ESTABLISHED, SYN_RECV, FIN_WAIT1, CLOSE_WAIT,
LAST_ACK, CLOSING (include/net/tcp_states.h)."""

HOLD_OFF = """\
table inet colonnade_handover
delete table inet colonnade_handover
table inet colonnade_handover {
    chain input {
        type filter hook input priority filter - 10; policy accept;
        ip daddr { ADDRESSES } tcp flags & (fin | syn | rst | ack) == syn counter drop
    }
}
"""


def main(unit: str, signal: str, addresses: Sequence[str], then: Sequence[str]) -> None:
    held = [address for address in addresses if is_here(address)]
    if not held:
        return
    if not then:
        finish(unit, signal, held)
        return
    try:
        finish(unit, signal, held)
        move(held, then)
    finally:
        subprocess.run(["nft", "destroy", "table", "inet", "colonnade_handover"], check=True)


def move(held: Sequence[str], then: Sequence[str]) -> None:
    """They go within a few tenths of a second, if another machine is fit to hold them. What the command ends
    with says nothing; that they are gone does.
    """
    subprocess.run(then, check=False)
    deadline = time.monotonic() + PATIENCE
    while left := [address for address in held if is_here(address)]:
        if time.monotonic() > deadline:
            sys.exit(f"nobody has taken {', '.join(left)}")
        time.sleep(PAUSE)


def finish(unit: str, signal: str, held: Sequence[str]) -> None:
    """Hold new connections off, and wait for the end of those that are there."""
    rules = HOLD_OFF.replace("ADDRESSES", ", ".join(held))
    subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
    # A signal and no job: at a shutdown systemd takes no new jobs.
    subprocess.run(["systemctl", "kill", "--kill-whom=main", f"--signal={signal}", unit], check=True)
    deadline = time.monotonic() + PATIENCE
    while left := busy(Path("/proc/net/tcp").read_text().splitlines(), held):
        if time.monotonic() > deadline:
            print(f"{left} connections are still open after {PATIENCE:g} s, and are cut")
            return
        time.sleep(PAUSE)


def is_here(address: str) -> bool:
    show = ["ip", "-o", "-4", "address", "show", "to", address]
    return bool(subprocess.run(show, check=True, capture_output=True).stdout.strip())


def busy(lines: Iterable[str], addresses: Iterable[str]) -> int:
    """How many lines of /proc/net/tcp are connections to `addresses` that may still carry something."""
    local = {as_hexadecimal(address) for address in addresses}
    rows = [line.split() for line in lines]
    return sum(len(row) > 3 and row[1].partition(":")[0] in local and row[3] in BUSY for row in rows)


def as_hexadecimal(address: str) -> str:
    """As the kernel prints it: a number in this processor's order of bytes."""
    return f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"


if __name__ == "__main__":
    given = sys.argv[1:]
    end = given.index("--then") if "--then" in given else len(given)
    main(given[0], given[1], given[2:end], given[end + 1 :])
