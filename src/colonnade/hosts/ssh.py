"""A machine over OpenSSH, as the operator's own ssh would reach it. One connection a machine, shared by all
commands.

The ssh program is used rather than a library so that the operator's config, agent, jump hosts and hardware
keys all count.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from colonnade.errors import RemoteFailed, Unreachable, UsageError
from colonnade.hosts.host import Completed, OnLine

SSH_FAILED = 255
"""ssh's own exit code for an error of its own (ssh(1), EXIT STATUS)."""

PERSIST_SECONDS = 30


def control_folder() -> Path:
    """Where the shared connections' sockets stand: private to this user, short (a socket path holds 108
    bytes).
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", str(Path.home() / ".cache"))
    folder = Path("/run" if os.geteuid() == 0 else runtime) / "colonnade-ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UsageError(f"{folder} is not private to this user", hint=f"remove it: rm -r {folder}")
    return folder


@dataclass
class SshHost:
    """`identity` and `known_hosts` are given for lab machines; otherwise the user's own ssh configuration
    decides.
    """

    name: str
    address: str
    user: str = "root"
    port: int = 22
    identity: Path | None = None
    known_hosts: Path | None = None
    folder: Path = field(default_factory=control_folder)

    def _options(self) -> tuple[str, ...]:
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "8",
            "ServerAliveInterval": "3",
            "ServerAliveCountMax": "3",
            "ControlMaster": "auto",
            "ControlPath": f"{self.folder}/%C",
            "ControlPersist": str(PERSIST_SECONDS),
            "LogLevel": "ERROR",
        }
        if self.identity:
            options |= {"IdentityFile": str(self.identity), "IdentitiesOnly": "yes"}
        if self.known_hosts:
            options |= {
                "UserKnownHostsFile": str(self.known_hosts),
                "GlobalKnownHostsFile": "/dev/null",
                "StrictHostKeyChecking": "yes",
                "HostKeyAlias": self.name,
            }
        own = ("-F", "/dev/null") if self.known_hosts else ()
        return (*own, *(part for key, value in options.items() for part in ("-o", f"{key}={value}")))

    def _command(self, *extra: str) -> tuple[str, ...]:
        return ("ssh", *self._options(), "-p", str(self.port), *extra, f"{self.user}@{self.address}")

    def run(
        self,
        argv: tuple[str, ...],
        stdin: Iterable[bytes] = (),
        *,
        timeout: float = 60,
        on_line: OnLine | None = None,
    ) -> Completed:
        command = (*self._command("-T"), "--", shlex.join(argv))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            completed = _Conversation(process, stdin, on_line).finish(timeout)
        if completed is None:
            shown = shlex.join(argv)[:80]
            raise RemoteFailed(
                f"no end after {timeout:.0f} s: {shown}", where=self.name, hint=f"colonnade logs {self.name}"
            )
        if completed.exit == SSH_FAILED:
            raise self._unreachable(completed.stderr)
        return completed

    def _unreachable(self, stderr: str) -> Unreachable:
        lines = stderr.strip().splitlines()
        said = lines[-1] if lines else "ssh ended without a word"
        hint = f"is it running? try: ssh -p {self.port} {self.user}@{self.address}"
        if self.known_hosts:
            hint = "`colonnade lab list` shows whether it runs, and what was done to it"
        return Unreachable(f"can't be reached at {self.address}: {said}", where=self.name, hint=hint)

    def interactive(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        tty = ("-t",) if not argv else ()
        return (*self._command(*tty), *(("--", shlex.join(argv)) if argv else ()))

    def close(self) -> None:
        subprocess.run(
            self._command("-O", "exit"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )


class _Conversation:
    """Feeds and drains one process at once, so that neither side's full pipe stops the other."""

    def __init__(
        self, process: subprocess.Popen[bytes], stdin: Iterable[bytes], on_line: OnLine | None
    ) -> None:
        self._process = process
        self._stdin = stdin
        self._on_line = on_line
        self._out: list[bytes] = []
        self._err: list[bytes] = []

    def finish(self, timeout: float) -> Completed | None:
        """None when the time is over; the process is then ended."""
        threads = [
            threading.Thread(target=part, daemon=True)
            for part in (self._feed, self._drain_out, self._drain_err)
        ]
        for thread in threads:
            thread.start()
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return None
        for thread in threads:
            thread.join(5)
        return Completed(code, b"".join(self._out), b"".join(self._err).decode(errors="replace"))

    def _feed(self) -> None:
        assert self._process.stdin
        try:
            for piece in self._stdin:
                self._process.stdin.write(piece)
            self._process.stdin.close()
        except (BrokenPipeError, ValueError):
            return  # the far side ended early: its exit code and its words say why

    def _drain_out(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._out.append(line)
            if self._on_line:
                self._on_line(line.decode(errors="replace").rstrip("\n"))

    def _drain_err(self) -> None:
        assert self._process.stderr
        self._err.append(self._process.stderr.read())
