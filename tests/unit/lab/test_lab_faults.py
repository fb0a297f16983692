from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.errors import LabError
from colonnade.lab.faults import Fault, read, rules, with_fault

Golden = Callable[[str, str], None]
faults = st.builds(
    Fault,
    machine=st.sampled_from(["lb1", "web1", "db-2", ""]),
    network=st.sampled_from(["inside", "uplink-a"]),
    direction=st.sampled_from(["both", "in", "out"]),
    percent=st.integers(1, 100),
)


def port(machine: str, network: str) -> str:
    return f"{machine}.{network}"


def listing(script: str) -> str:
    """What nft would print as JSON of this script, as far as it is read back."""
    comments = re.findall(r'comment "([^"]*)"', script)
    table = {"rule": {"table": "colonnade_faults", "comment": ""}}
    return json.dumps({"nftables": [{"rule": {**table["rule"], "comment": c}} for c in comments]})


def test_the_rules_of_some_faults(golden: Golden) -> None:
    golden(
        "faults.nft",
        rules(
            [Fault("web1", "inside"), Fault("db1", "inside", "in"), Fault("lb1", "uplink-a", percent=30)],
            port,
        ),
    )


def test_the_rules_of_a_provider_s_faults(golden: Golden) -> None:
    """Nothing in them is of a machine's port: frames between machines pass."""
    several = [Fault("", "uplink-a"), Fault("", "uplink-b", "in"), Fault("", "uplink-b", percent=30)]
    golden("provider.nft", rules(several, port))


def test_without_faults_the_tables_go() -> None:
    assert rules([], port) == "".join(
        f"table {family} colonnade_faults {{}}\ndelete table {family} colonnade_faults\n"
        for family in ("bridge", "inet")
    )


@given(st.lists(faults, max_size=8))
def test_faults_are_read_back_from_the_rules(several: list[Fault]) -> None:
    kept: list[Fault] = []
    for fault in several:
        kept = with_fault(kept, fault)
    assert read(listing(rules(kept, port))) == kept
    assert len({(f.machine, f.network) for f in kept}) == len(kept)


def test_rules_of_others_are_no_faults() -> None:
    assert read('{"nftables": [{"metainfo": {}}, {"rule": {"table": "docker", "comment": "a b c d"}}]}') == []


def test_a_fault_reads_as_words() -> None:
    assert [
        str(f) for f in (Fault("a", "inside"), Fault("a", "inside", "in"), Fault("a", "outside", percent=5))
    ] == [
        "cut inside",
        "cut in inside",
        "loss 5% outside",
    ]


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_loss_outside_of_1_to_100_percent_is_refused(percent: int) -> None:
    with pytest.raises(LabError, match=f"not {percent}"):
        Fault("web1", "inside", percent=percent)
