"""What is said to etcd, byte for byte, and what is read out of its answers (taken from etcd 3.5.16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade_agent.etcd.values import (
    Compare,
    Delete,
    Event,
    Get,
    KeyValue,
    Put,
    Txn,
    absent,
    decode_events,
    decode_snapshot,
    decode_txn,
    encode_range,
    encode_txn,
    encode_watch,
    prefix_end,
)


def test_a_transaction_as_the_gateway_wants_it() -> None:
    txn = Txn(
        (absent("a"), Compare("b", "MOD", 12), Compare("c", "VALUE", b"x"), Compare("d", "LEASE", 9)),
        (Put("a", b"1", lease=2**62), Delete("b")),
        (Get("a"),),
    )
    assert encode_txn(txn) == {
        "compare": [
            {"key": "YQ==", "target": "CREATE", "result": "EQUAL", "create_revision": "0"},
            {"key": "Yg==", "target": "MOD", "result": "EQUAL", "mod_revision": "12"},
            {"key": "Yw==", "target": "VALUE", "result": "EQUAL", "value": "eA=="},
            {"key": "ZA==", "target": "LEASE", "result": "EQUAL", "lease": "9"},
        ],
        "success": [
            {"request_put": {"key": "YQ==", "value": "MQ==", "lease": "4611686018427387904"}},
            {"request_delete_range": {"key": "Yg=="}},
        ],
        "failure": [{"request_range": {"key": "YQ=="}}],
    }


def test_a_range_and_a_watch() -> None:
    assert encode_range("/a/") == {"key": "L2Ev", "range_end": "L2Ew"}
    assert encode_watch("/a/", 8) == {
        "create_request": {"key": "L2Ev", "range_end": "L2Ew", "start_revision": "8"}
    }


def test_a_branch_taken_and_what_it_read() -> None:
    result = decode_txn(
        {
            "header": {"revision": "2"},
            "responses": [
                {"response_put": {"header": {"revision": "2"}}},
                {
                    "response_range": {
                        "kvs": [
                            {
                                "key": "YQ==",
                                "create_revision": "2",
                                "mod_revision": "2",
                                "version": "1",
                                "value": "Yg==",
                                "lease": "77",
                            }
                        ],
                        "count": "1",
                    }
                },
            ],
        }
    )
    assert not result.succeeded
    assert result.read == {"a": KeyValue("a", b"b", 2, 2, 77)}


def test_nothing_found_is_left_out_by_the_gateway() -> None:
    assert decode_snapshot({"header": {"revision": "1"}}).keys == {}


def test_events_of_a_put_and_a_delete() -> None:
    put = {"kv": {"key": "YQ==", "create_revision": "2", "mod_revision": "3", "value": "Yg=="}}
    gone = {"type": "DELETE", "kv": {"key": "YQ==", "mod_revision": "4"}}
    assert decode_events({"events": [put, gone]}) == (
        Event("a", 3, KeyValue("a", b"b", 2, 3)),
        Event("a", 4, None),
    )


@pytest.mark.parametrize(("prefix", "end"), [("a", b"b"), ("/x/", b"/x0"), ("", b"\0")])
def test_the_end_of_a_prefix(prefix: str, end: bytes) -> None:
    assert prefix_end(prefix) == end


@given(st.text(min_size=1, max_size=4), st.text(max_size=3), st.text(max_size=4))
def test_a_prefix_holds_its_keys_and_no_others(prefix: str, more: str, other: str) -> None:
    start, end = prefix.encode(), prefix_end(prefix)
    assert start <= (prefix + more).encode() < end
    assert other.startswith(prefix) == (start <= other.encode() < end)
