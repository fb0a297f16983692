"""One machine of a lab, and the agent sent to it as the engine does, over the lab's own door."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from colonnade.lab import image
from colonnade.lab.lab import STATE, Lab, MachineSpec
from colonnade_agent.machine import Resource
from colonnade_agent.pack import payload
from colonnade_agent.wire import Change, Request, Response, decode_response

NAME = "m1"
# Each tries to start a service when it is configured, as most of Debian's do; `slow` takes its time.
REPOSITORY = r"""
mkdir -p /srv/repo && cd /srv/repo && : > Packages
for name in probe slow; do
    mkdir -p $name/DEBIAN
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n' $name \
        > $name/DEBIAN/control
    echo 'Description: a package to install' >> $name/DEBIAN/control
    { echo '#!/bin/sh'
      [ $name = probe ] || echo "touch /run/slow.installing; sleep 3"
      echo "if /usr/sbin/policy-rc.d; then touch /run/$name.started; fi"; } > $name/DEBIAN/postinst
    chmod 755 $name/DEBIAN/postinst
    dpkg-deb --build $name $name.deb > /dev/null
    { cat $name/DEBIAN/control; echo Filename: ./$name.deb; echo Size: $(stat -c %s $name.deb)
      echo SHA256: $(sha256sum $name.deb | cut -d' ' -f1); echo; } >> Packages
done
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repo ./' > /etc/apt/sources.list
"""


def say(subject: str, what: str) -> None:
    print(f"{subject}: {what}")


class AgentMachine:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def ask(self, request: Request, blobs: Mapping[str, Path] | None = None) -> Response:
        argv, stdin = payload(request, blobs)
        done = self.lab.run(NAME, argv, b"".join(stdin), timeout=120)
        assert done.returncode == 0, done.stderr
        lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines[-1].pop("event") == "response"
        return decode_response(lines[-1])

    def begin(self, request: Request) -> subprocess.Popen[bytes]:
        """The agent, started and left running with its request read."""
        argv, stdin = payload(request)
        process = subprocess.Popen(
            self.lab.command(NAME, argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin
        process.stdin.write(b"".join(stdin))
        process.stdin.close()
        process.stdin = None
        return process

    def sh(self, script: str, *, check: bool = True) -> str:
        done = self.lab.run(NAME, ["sh", "-c", script])
        assert not check or done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def apply(self, *resources: Resource) -> Response:
        return self.ask(Request("apply", {"one": resources}, who="test"))

    def observe(self, *resources: Resource) -> tuple[Change, ...]:
        response = self.ask(Request("observe", {"one": resources}))
        assert response.failure is None, response.failure
        return response.changes

    def remove_everything(self) -> Response:
        return self.ask(Request("apply", {}))


@contextmanager
def machine(name: str) -> Iterator[AgentMachine]:
    lab = Lab(name)
    lab.destroy()
    try:
        lab.ensure(
            [MachineSpec(NAME, ("inside",))], image.ensure(STATE / "images", image.recipe([]), say), say
        )
        yield AgentMachine(lab)
    finally:
        lab.destroy()


def use_local_repository(m: AgentMachine) -> None:
    """Give the machine a Debian repository of its own, with the packages `probe` and `slow`."""
    m.sh(REPOSITORY)


def gzip_tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid = len(content), 0o700, 4711
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def actions(changes: Sequence[Change]) -> list[tuple[str, str]]:
    return [(change.resource, change.action) for change in changes]
