"""The few DNS messages the watcher speaks, checked against dnspython's."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade_agent.uplinks import message

NAME = "www.foobar.com."


def answer(*addresses: str, flags: int = 0, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(message.question(7, NAME, message.A)))
    reply.answer.append(dns.rrset.from_text(NAME, 20, "IN", "TXT", '"between"'))
    if addresses:
        reply.answer.append(dns.rrset.from_text(NAME, 20, "IN", "A", *addresses))
    reply.flags |= flags
    reply.set_rcode(rcode)
    return reply.to_wire()


@pytest.mark.parametrize("name", ["www.foobar.com", "www.foobar.com.", "."])
def test_a_question_is_what_dnspython_reads(name: str) -> None:
    read = dns.message.from_wire(message.question(4711, name, message.NS))
    (asked,) = read.question
    assert (read.id, read.flags, asked.rdtype) == (4711, 0, 2)
    assert asked.name.to_text() == (name if name.endswith(".") else f"{name}.")


def test_the_addresses_of_an_answer() -> None:
    assert message.addresses(answer("192.0.2.1", "192.0.2.2"), 7) == frozenset({"192.0.2.1", "192.0.2.2"})
    assert message.addresses(answer(), 7) == frozenset()
    assert message.addresses(answer(rcode=dns.rcode.NXDOMAIN), 7) == frozenset()


def test_what_is_no_whole_answer_says_nothing_of_addresses() -> None:
    assert message.addresses(answer("192.0.2.1"), 8) is None
    assert message.addresses(answer("192.0.2.1", flags=dns.flags.TC), 7) is None
    assert message.addresses(answer(rcode=dns.rcode.SERVFAIL), 7) is None
    assert message.addresses(answer("192.0.2.1")[:-3], 7) is None


def test_a_refusal_is_an_answer_and_a_question_is_none() -> None:
    assert message.answers(answer(rcode=dns.rcode.REFUSED), 7)
    assert not message.answers(answer(), 8)
    assert not message.answers(message.question(7, NAME, message.A), 7)


@given(st.binary(max_size=80), st.integers(0, 65535))
def test_noise_is_survived(noise: bytes, number: int) -> None:
    message.answers(noise, number)
    message.addresses(noise, number)
    message.addresses(number.to_bytes(2, "big") + b"\x80\x00\0\1\0\3\0\0\0\0" + noise, number)
