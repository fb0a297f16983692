"""Starts etcd on one machine as the voter it is to be: asked by systemd, in place of etcd itself.

A voter that has its data starts with them. One without data joins the cluster that the others form, under a
new identity: what it once promised is lost with its data, and a voter that comes back under its old name
could vote twice (etcd's own rule: remove the lost member, then add it). Only where the operator has said so,
and no other voter answers, does it begin a cluster.

Stands alone: it is installed as one file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASK_SECONDS = 5
"""How long the others may take to say who they are; etcd elects a leader within about one."""
PATIENCE_SECONDS = 90
"""Less than the unit's TimeoutStartSec."""
TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: systemd starts this again."""


@dataclass(frozen=True)
class Member:
    """As `etcdctl member list` has it. One that was added by hand has no name until it has started."""

    id: int
    name: str
    peers: tuple[str, ...]
    started: bool = True
    """It has said where clients find it. Until then it has no past that could be lost; etcd judges by the
    same (isMemberBootstrapped in server/etcdserver/bootstrap.go)."""


@dataclass(frozen=True)
class Start:
    """What etcd starts with, beside the settings that never change. `first`: members to remove before that;
    then this machine is added.
    """

    state: str
    cluster: str = ""
    first: tuple[int, ...] = ()
    joins: bool = False


class NotYet(Exception):
    """It can't start now, and may later."""


def decide(
    name: str,
    designed: Mapping[str, str],
    members: Sequence[Member] | None,
    *,
    has_data: bool,
    may_begin: bool,
) -> Start:
    """How the voter `name` starts. `designed`: peer URL by voter; `members`: what the others say, None when
    none of them answers.

    Raises NotYet.
    """
    if has_data:
        return Start("existing")
    if members is None:
        if not may_begin:
            raise NotYet("no other voter answers, and this one has no data: `colonnade up` begins a cluster")
        return Start("new", _cluster(designed))
    own = [m for m in members if designed[name] in m.peers]
    others = [m for m in members if m not in own]
    if joining := [m for m in others if not m.name]:
        raise NotYet(f"another voter joins first: {', '.join(joining[0].peers)}")
    if any(m.name and not m.started for m in own):
        return Start("new", _cluster(designed))  # the cluster was begun with it, and it comes late
    cluster = _cluster({**{m.name: m.peers[0] for m in others}, name: designed[name]})
    lost = tuple(m.id for m in own if m.started)
    return Start("existing", cluster, first=lost, joins=bool(lost) or not own)


def _cluster(peers: Mapping[str, str]) -> str:
    return ",".join(f"{name}={url}" for name, url in sorted(peers.items()))


def members_of(listing: str) -> tuple[Member, ...]:
    """Reads `etcdctl member list --write-out=json`."""
    found: list[dict[str, Any]] = json.loads(listing)["members"]
    return tuple(
        Member(m["ID"], m.get("name", ""), tuple(m.get("peerURLs", ())), bool(m.get("clientURLs")))
        for m in found
    )


@dataclass(frozen=True)
class Cluster:
    """The other voters, through etcdctl. `tls` are its options for certificate, key and CA."""

    endpoints: tuple[str, ...]
    tls: tuple[str, ...]

    def members(self) -> tuple[Member, ...] | None:
        """Asked with a linearizable read: the answer of a voter that is alone counts for nothing."""
        done = self._ask("member", "list", "--write-out=json")
        return members_of(done.stdout) if done.returncode == 0 else None

    def replace(self, lost: Sequence[int], name: str, peer: str) -> None:
        for id_ in lost:
            self._must("member", "remove", f"{id_:x}")
        self._must("member", "add", name, f"--peer-urls={peer}")

    def _must(self, *words: str) -> None:
        done = self._ask(*words)
        if done.returncode:
            raise NotYet(f"etcdctl {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = (
            "etcdctl",
            f"--endpoints={','.join(self.endpoints)}",
            *self.tls,
            f"--command-timeout={ASK_SECONDS}s",
            *words,
        )
        return subprocess.run(argv, capture_output=True, text=True, check=False)


def begin(cluster: Cluster, name: str, peers: Mapping[str, str], *, has_data: bool, may_begin: bool) -> Start:
    """What to start with, once the others have been told. Raises NotYet."""
    members = None if has_data or not cluster.endpoints else cluster.members()
    start = decide(name, peers, members, has_data=has_data, may_begin=may_begin)
    if start.joins:
        cluster.replace(start.first, name, peers[name])
    return start


def patient(attempt: Callable[[], Start], seconds: float) -> Start:
    """The first answer of `attempt`. The others may be starting too, or not let anyone join just now."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except NotYet as error:
            print(error, file=sys.stderr, flush=True)
            if time.monotonic() > deadline:
                sys.exit(TRY_AGAIN)
        time.sleep(1)


def main() -> None:
    """argv: the voter's file; environment: etcd's settings. Becomes etcd, or ends with 75."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    name, peers = settings["name"], settings["peers"]
    cluster = Cluster(
        tuple(url for other, url in settings["clients"].items() if other != name), tuple(settings["tls"])
    )
    has_data = (Path(os.environ["ETCD_DATA_DIR"]) / "member").is_dir()
    may_begin = Path(settings["may_begin"])
    if has_data:
        may_begin.unlink(missing_ok=True)  # it is used up: should the data be lost, this voter joins
    start = patient(
        lambda: begin(cluster, name, peers, has_data=has_data, may_begin=may_begin.exists()), PATIENCE_SECONDS
    )
    chosen = {
        "ETCD_INITIAL_CLUSTER_STATE": start.state,
        "ETCD_INITIAL_CLUSTER": start.cluster or _cluster(peers),
    }
    os.execvpe("etcd", ["etcd"], {**os.environ, **chosen})  # noqa: S606 - systemd waits for etcd itself


if __name__ == "__main__":
    main()
