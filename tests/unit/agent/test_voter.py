"""How a voter starts: with its data, into the cluster of the others, or as the first of all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from colonnade_agent.voter import Member, NotYet, decide, members_of

PEERS = {"a": "https://10.0.0.1:2380", "b": "https://10.0.0.2:2380", "c": "https://10.0.0.3:2380"}
ALL = tuple(Member(number, name, (url,)) for number, (name, url) in enumerate(PEERS.items(), 1))
WHOLE = "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,c=https://10.0.0.3:2380"


def test_data_that_are_there_are_used_whatever_others_say() -> None:
    start = decide("a", PEERS, ALL[1:], has_data=True, may_begin=True)
    assert (start.state, start.joins, start.first) == ("existing", False, ())


def test_the_first_of_all_begins_where_it_may() -> None:
    start = decide("a", PEERS, None, has_data=False, may_begin=True)
    assert (start.state, start.cluster, start.joins) == ("new", WHOLE, False)


def test_without_data_and_leave_it_waits_rather_than_begin_a_second_cluster() -> None:
    with pytest.raises(NotYet, match="no other voter answers"):
        decide("a", PEERS, None, has_data=False, may_begin=False)


@pytest.mark.parametrize("may_begin", [False, True])
def test_who_lost_its_data_joins_under_a_new_identity(*, may_begin: bool) -> None:
    """Also where it may begin: the others' word counts for more."""
    start = decide("b", PEERS, ALL, has_data=False, may_begin=may_begin)
    assert (start.state, start.cluster, start.first, start.joins) == ("existing", WHOLE, (2,), True)


def test_a_voter_that_is_new_joins_those_there_are() -> None:
    peers = {**PEERS, "d": "https://10.0.0.4:2380"}
    start = decide("d", peers, ALL, has_data=False, may_begin=True)
    assert (start.first, start.joins) == ((), True)
    assert start.cluster == f"{WHOLE},d=https://10.0.0.4:2380"


def test_one_joins_after_the_other() -> None:
    joining = Member(9, "", ("https://10.0.0.5:2380",), started=False)
    with pytest.raises(NotYet, match=r"10\.0\.0\.5"):
        decide("b", PEERS, (*ALL, joining), has_data=False, may_begin=False)


def test_a_join_that_was_cut_short_goes_on() -> None:
    begun = Member(9, "", (PEERS["b"],), started=False)
    start = decide("b", PEERS, (ALL[0], begun, ALL[2]), has_data=False, may_begin=False)
    assert (start.state, start.first, start.joins, start.cluster) == ("existing", (), False, WHOLE)


def test_who_comes_late_to_the_beginning_is_part_of_it() -> None:
    late = replace(ALL[1], started=False)
    start = decide("b", PEERS, (ALL[0], late, ALL[2]), has_data=False, may_begin=True)
    assert (start.state, start.cluster, start.joins) == ("new", WHOLE, False)


def test_a_listing_of_etcdctl() -> None:
    whole = {"ID": 10501334649042878790, "name": "a", "peerURLs": [PEERS["a"]], "clientURLs": ["https://a"]}
    first, second = members_of(json.dumps({"members": [whole, {"ID": 3}]}))
    assert first == Member(10501334649042878790, "a", (PEERS["a"],))
    assert second == Member(3, "", (), started=False)
