from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from colonnade.lab.addressing import BENCHMARK_RANGE, LABS, LAST_HOST, NETWORKS, Addressing

numbers = st.integers(0, LABS - 1)


@given(numbers, numbers)
def test_no_two_labs_share_an_address(one: int, other: int) -> None:
    assert Addressing(one).block.overlaps(Addressing(other).block) == (one == other)


@given(numbers)
def test_a_lab_keeps_to_its_block_and_its_networks_apart(number: int) -> None:
    lab = Addressing(number)
    nets = [*(lab.subnet(n) for n in NETWORKS), lab.link]
    assert lab.block.subnet_of(BENCHMARK_RANGE)
    assert all(net.subnet_of(lab.block) for net in nets)
    assert not any(a.overlaps(b) for a, b in combinations(nets, 2))


def test_the_addresses_of_the_first_lab() -> None:
    lab = Addressing(0)
    assert [str(lab.subnet(n)) for n in NETWORKS] == [
        "198.18.0.0/24",
        "198.18.1.0/24",
        "198.18.2.0/24",
        "198.18.3.0/25",
    ]
    assert str(lab.router("uplink-a")) == "198.18.1.1"
    assert (str(lab.operator), str(lab.visitor)) == ("198.18.3.250", "198.18.3.251")
    assert str(lab.machine(10, "outside")) == "198.18.3.10"


def test_no_machine_gets_a_floating_address() -> None:
    lab = Addressing(3)
    for network in ("inside", "uplink-a", "uplink-b"):
        assert lab.machine(LAST_HOST, network) < lab.floating(network)[0]
    assert lab.machine(LAST_HOST, "outside") < lab.subnet("outside").broadcast_address
