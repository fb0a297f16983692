"""How many TLS handshakes a second does a door make? Runs on a machine, so it knows nothing of this project.

Arguments: address, port, name, TLS version (1.2 or 1.3), whether sessions are resumed (0 or 1), seconds. As
many processes as there are cores make one handshake after the other. Prints a JSON list for each process:
handshakes, and how many of them were resumed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import ssl
import sys
import time

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
ASK = "HEAD / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


def context(version: str) -> ssl.SSLContext:
    """Verifies nothing: what the client does is not to be measured."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def shake(asked: tuple[str, int, str, str, bool, float]) -> tuple[int, int]:
    address, port, name, version, resume, seconds = asked
    trust, session, count, resumed = context(version), None, 0, 0
    if resume:
        with (
            socket.create_connection((address, port)) as link,
            trust.wrap_socket(link, server_hostname=name) as tls,
        ):
            tls.sendall(ASK.format(name).encode())
            while tls.recv(65536):  # a session of TLS 1.3 comes after the handshake
                pass
            session = tls.session
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection((address, port)) as link:
            # No wait for the other's goodbye.
            tls = trust.wrap_socket(link, server_hostname=name, session=session)
            count, resumed = count + 1, resumed + bool(tls.session_reused)
            tls.detach()
    return count, resumed


def main() -> None:
    address, port, name, version, resume, seconds = sys.argv[1:]
    asked = (address, int(port), name, version, resume == "1", float(seconds))
    processes = len(os.sched_getaffinity(0))
    with multiprocessing.Pool(processes) as pool:
        print(json.dumps(pool.map(shake, [asked] * processes)))


if __name__ == "__main__":
    main()
