"""Our client against three real members of etcd, with mutual TLS: what it is built on is really so."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from colonnade.components.pki import authority
from colonnade.lab import image
from colonnade.lab.lab import STATE
from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import Connect, Endpoint, mutual_tls
from colonnade_agent.etcd.errors import EtcdError, LeaseGone, Refused, UnknownOutcome, Unreachable
from colonnade_agent.etcd.values import Compare, Delete, Get, Put, Snapshot, Txn, absent
from colonnade_agent.etcd.watch import Changes, Watch
from tests.lab.site import within

pytestmark = pytest.mark.lab

SERVER_NAME = "etcd.internal"
MEMBERS = 3
# A private mount namespace: the image itself must not be written to.
START = 'mount --bind "$1" "$2/mnt" && tree=$2 && shift 2 && exec chroot "$tree" etcd "$@"'


class Cluster:
    def __init__(self, folder: Path, tree: Path) -> None:
        self._folder, self._tree = folder, tree
        ports = free_ports(2 * MEMBERS)
        self._ports = list(zip(ports[:MEMBERS], ports[MEMBERS:], strict=True))
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        issue(folder)
        self.connect: Connect = mutual_tls(
            folder / "ca.pem", folder / "leaf.pem", folder / "leaf.key", SERVER_NAME
        )
        self.endpoints = [Endpoint("127.0.0.1", client) for client, _ in self._ports]

    def start(self, index: int) -> None:
        client, peer = self._ports[index]
        members = ",".join(f"m{each}=https://127.0.0.1:{port[1]}" for each, port in enumerate(self._ports))
        etcd = (
            f"--name=m{index}",
            f"--data-dir=/mnt/m{index}",
            f"--listen-client-urls=https://127.0.0.1:{client}",
            f"--advertise-client-urls=https://127.0.0.1:{client}",
            f"--listen-peer-urls=https://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=https://127.0.0.1:{peer}",
            f"--initial-cluster={members}",
            "--cert-file=/mnt/leaf.pem",
            "--key-file=/mnt/leaf.key",
            "--trusted-ca-file=/mnt/ca.pem",
            "--client-cert-auth",
            "--peer-cert-file=/mnt/leaf.pem",
            "--peer-key-file=/mnt/leaf.key",
            "--peer-trusted-ca-file=/mnt/ca.pem",
            "--peer-client-cert-auth",
            "--log-level=error",
        )
        script = ("sh", "-c", START, "sh", str(self._folder), str(self._tree), *etcd)
        log = (self._folder / f"m{index}.log").open("ab")
        with log:
            self._running[index] = subprocess.Popen(
                ["unshare", "--mount", "--propagation=private", *script], stdout=log, stderr=log
            )

    def signal(self, index: int, number: int) -> None:
        self._running[index].send_signal(number)
        if number == signal.SIGKILL:
            self._running.pop(index).wait(timeout=10)

    def stop(self) -> None:
        for index in list(self._running):
            self.signal(index, signal.SIGKILL)

    def client(self, *order: int) -> Client:
        return Client([self.endpoints[index] for index in order or range(MEMBERS)], self.connect)


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in taken]


def issue(folder: Path) -> None:
    now = datetime.now(UTC)
    ca_key, key = authority.new_key(), authority.new_key()
    ca = authority.self_signed(ca_key, now)
    subject = authority.Subject("m", "etcd", (SERVER_NAME,), ("127.0.0.1",))
    contents = {"ca.pem": ca, "leaf.pem": authority.sign(ca, ca_key, key, subject, now, 1), "leaf.key": key}
    for name, content in contents.items():
        (folder / name).write_text(content)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    tree = image.ensure(STATE / "images", image.recipe(["etcd-server"]), lambda *_: None)
    made = Cluster(tmp_path_factory.mktemp("etcd"), tree)
    try:
        for index in range(MEMBERS):
            made.start(index)
        within(30, lambda: answers(made), "etcd answers")
        yield made
    finally:
        made.stop()


def answers(cluster: Cluster) -> bool:
    try:
        for index in range(MEMBERS):
            with closing(cluster.client(index)) as client:
                client.read("/")
    except EtcdError:
        return False
    return True


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Client]:
    within(30, lambda: answers(cluster), "etcd answers")
    with closing(cluster.client()) as client:
        yield client


def test_a_change_happens_if_what_it_rests_on_is_still_so(client: Client) -> None:
    assert client.commit(Txn((absent("/t/a"),), (Put("/t/a", b"1"),))).succeeded
    refused = client.commit(Txn((absent("/t/a"),), (Put("/t/a", b"2"),), (Get("/t/a"),)))
    assert not refused.succeeded
    assert refused.read["/t/a"].value == b"1"
    found = client.read("/t/").keys["/t/a"]
    seen = Compare("/t/a", "MOD", found.modified)
    assert client.commit(Txn((seen,), (Put("/t/a", b"2"),))).succeeded
    assert not client.commit(Txn((seen,), (Delete("/t/a"),))).succeeded
    assert client.commit(Txn((Compare("/t/a", "VALUE", b"2"),), (Delete("/t/a"),))).succeeded
    assert client.read("/t/").keys == {}


def test_a_key_goes_with_its_lease(client: Client) -> None:
    lease = client.grant(2)
    assert client.commit(Txn((), (Put("/l/a", b"", lease),))).succeeded
    assert client.keep_alive(lease) == 2
    assert client.commit(Txn((Compare("/l/a", "LEASE", lease),), (Get("/l/a"),))).succeeded
    within(10, lambda: not client.read("/l/").keys, "the key has gone with its lease")
    with pytest.raises(LeaseGone):
        client.keep_alive(lease)
    with pytest.raises(LeaseGone):
        client.commit(Txn((), (Put("/l/a", b"", lease),)))


def test_a_revoked_lease_is_gone_at_once(client: Client) -> None:
    lease = client.grant(60)
    client.commit(Txn((), (Put("/r/a", b"", lease),)))
    client.revoke(lease)
    client.revoke(lease)
    assert client.read("/r/").keys == {}


def test_the_same_key_twice_in_a_transaction_is_refused(client: Client) -> None:
    with pytest.raises(Refused):
        client.commit(Txn((), (Put("/t/a", b""), Delete("/t/a"))))


def test_a_stranger_gets_no_answer(cluster: Cluster, tmp_path: Path) -> None:
    issue(tmp_path)
    other = mutual_tls(tmp_path / "ca.pem", tmp_path / "leaf.pem", tmp_path / "leaf.key", SERVER_NAME)
    with closing(Client(cluster.endpoints, other)) as stranger, pytest.raises(Unreachable):
        stranger.read("/")


def test_a_watch_tells_all_through_the_death_of_its_member(cluster: Cluster, client: Client) -> None:
    order = [cluster.endpoints[index] for index in (2, 0, 1)]
    with (
        closing(cluster.client(0, 1)) as reader,
        closing(iter(Watch(reader, order, cluster.connect, "/w/", quiet=2.0))) as told,
    ):
        assert isinstance(next(told), Snapshot)
        client.commit(Txn((), (Put("/w/a", b"1"),)))
        assert keys(next(told)) == ["/w/a"]
        cluster.signal(2, signal.SIGKILL)
        within(10, lambda: put(client, "/w/b"), "a change is accepted")
        assert keys(next(told)) == ["/w/b"]
    cluster.start(2)


def test_a_watch_goes_on_after_compaction(cluster: Cluster, client: Client) -> None:
    with closing(cluster.client()) as reader:
        watch = Watch(reader, cluster.endpoints, cluster.connect, "/c/", quiet=2.0)
        with closing(iter(watch)) as told:
            next(told)
        for value in (b"1", b"2", b"3"):
            result = client.commit(Txn((), (Put("/c/a", value),)))
        compact(cluster, client, result.revision)
        with closing(iter(watch)) as told:
            snapshot = next(told)
            assert isinstance(snapshot, Snapshot)
            assert snapshot.keys["/c/a"].value == b"3"


def test_a_frozen_member_costs_a_moment_and_a_change_sent_to_it_is_unknown(cluster: Cluster) -> None:
    within(30, lambda: answers(cluster), "etcd answers")
    with closing(cluster.client(1, 0, 2)) as client:
        client.read("/f/")
        cluster.signal(1, signal.SIGSTOP)
        try:
            with pytest.raises(UnknownOutcome):
                client.commit(Txn((), (Put("/f/a", b""),)))
            started = time.monotonic()
            within(20, lambda: put(client, "/f/b"), "another member accepts")
            print(f"after {time.monotonic() - started:.1f} s")
        finally:
            cluster.signal(1, signal.SIGCONT)


def test_without_a_majority_nothing_is_known(cluster: Cluster, client: Client) -> None:
    cluster.signal(0, signal.SIGSTOP)
    cluster.signal(1, signal.SIGSTOP)
    try:
        with closing(cluster.client(2, 0, 1)) as alone:
            with pytest.raises(Unreachable):
                alone.read("/")
            with pytest.raises(UnknownOutcome):
                alone.commit(Txn((), (Put("/m/a", b""),)))
    finally:
        cluster.signal(0, signal.SIGCONT)
        cluster.signal(1, signal.SIGCONT)


def put(client: Client, key: str) -> bool:
    try:
        return client.commit(Txn((), (Put(key, b""),))).succeeded
    except (Unreachable, UnknownOutcome):
        return False


def keys(told: Snapshot | Changes) -> list[str]:
    assert isinstance(told, Changes)
    return [event.key for event in told.events]


def compact(cluster: Cluster, client: Client, revision: int) -> None:
    client._repeat("/v3/kv/compaction", {"revision": str(revision), "physical": True})
