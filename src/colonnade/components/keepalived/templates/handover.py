"""Gives floating addresses of this machine away without losing a request.

Run as root, with what to do, the door's unit, the signal at which its workers finish and new ones take over,
and the addresses:

    leave UNIT SIGNAL ADDRESS...        by systemd, before keepalived stops: it gives them all away
    give UNIT SIGNAL FILE ADDRESS...    by Colonnade: the machine they are at home at may have them back. FILE
                                        is what keepalived watches for it

What is asked at the addresses is finished, and new connections wait. They are not refused: their first
packets are dropped, so clients say them again within a second, and by then another machine has the address.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds. Who connects meanwhile says so again after 1 s, and 2 s after that (RFC 6298)."""

TAKEN = 3.0
"""Seconds that the other machine has to take what it may have: it needs a third of one."""

LESS = -2
"""One less than what an edge that answers has, at home and just back."""

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


def main(verb: str, unit: str, signal: str, rest: Sequence[str]) -> None:
    if verb == "leave":
        finish(unit, signal, held(rest))
        return
    file, addresses = Path(rest[0]), rest[1:]
    mine = held(addresses)
    if not mine:
        return
    try:
        finish(unit, signal, mine)
        file.write_text(f"{LESS}\n")
        left = until_none(lambda: held(mine), TAKEN)
    finally:
        file.write_text("0\n")
        subprocess.run(["nft", "destroy", "table", "inet", "colonnade_handover"], check=False)
    if left:
        sys.exit(f"nobody takes {', '.join(left)}")


def finish(unit: str, signal: str, addresses: Sequence[str]) -> None:
    """Hold off new connections to these addresses, and wait until the others have ended."""
    if not addresses:
        return
    rules = HOLD_OFF.replace("ADDRESSES", ", ".join(addresses))
    subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
    # A signal and no job: at a shutdown systemd takes no new jobs.
    subprocess.run(["systemctl", "kill", "--kill-whom=main", f"--signal={signal}", unit], check=True)
    table = Path("/proc/net/tcp")
    if left := until_none(lambda: busy(table.read_text().splitlines(), addresses), PATIENCE):
        print(f"{left} connections are still open after {PATIENCE:g} s, and are cut")


def until_none(look: Callable[[], T], seconds: float) -> T:
    """What `look` finds last: nothing, or what is left after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return left


def held(addresses: Iterable[str]) -> list[str]:
    return [address for address in addresses if is_here(address)]


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
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
