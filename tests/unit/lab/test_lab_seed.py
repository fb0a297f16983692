from __future__ import annotations

from collections.abc import Callable

from colonnade.lab.addressing import NETWORKS, Addressing
from colonnade.lab.seed import identity_files, network_files


def test_network_files_of_a_machine_on_every_network(golden: Callable[[str, str], None]) -> None:
    lab = Addressing(1)
    files = network_files(lab, {network: lab.machine(10, network) for network in NETWORKS})
    golden("networkd.txt", "".join(f"# {path}\n{file.content}\n" for path, file in files.items()))


def test_only_public_things_may_be_read_by_all() -> None:
    files = identity_files("web1", "0" * 32, "private", "public", "operator")
    assert {path for path, file in files.items() if file.mode & 0o077 == 0} == {
        "etc/ssh/ssh_host_ed25519_key",
        "root/.ssh/authorized_keys",
    }
