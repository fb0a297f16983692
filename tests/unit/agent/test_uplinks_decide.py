"""When users are led away from an uplink, and when never.

The worlds below have providers, cables, machines and witnesses that may each be dead, and say which
questions are answered; the decision sees no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from colonnade_agent.uplinks.decide import DOWN_AFTER, UP_AFTER, Line, Verdict, Way, decide

ME = "me"


@dataclass(frozen=True)
class World:
    """What of it is dead; providers by direction: (uplink, `in` or `out`)."""

    uplinks: tuple[str, ...] = ("a", "b")
    peers: tuple[str, ...] = ("peer",)
    witnesses: tuple[str, ...] = ("witness",)
    dead_providers: frozenset[tuple[str, str]] = frozenset()
    dead_cables: frozenset[tuple[str, str]] = frozenset()
    dead_others: frozenset[str] = frozenset()

    def heard(self) -> dict[Way, bool]:
        ways = [Way(o, p, i) for o in self.uplinks for p in self.peers for i in self.uplinks if i != o]
        ways += [Way(o, witness) for o in self.uplinks for witness in self.witnesses]
        return {way: self.answers(way) for way in ways}

    def answers(self, way: Way) -> bool:
        """There and back: by both directions of each provider on the way, and both machines' cables."""
        used = {(uplink, d) for uplink in way.uplinks for d in ("in", "out")}
        cables = {(ME, way.out)} | ({(way.target, way.into)} if way.into else set())
        broken = used & self.dead_providers or cables & self.dead_cables
        return not broken and way.target not in self.dead_others

    def with_dead(self, *uplinks: str) -> World:
        return replace(self, dead_providers=frozenset((u, d) for u in uplinks for d in ("in", "out")))


def begun(world: World) -> dict[str, Line]:
    return dict.fromkeys(world.uplinks, Line())


def after(lines: Mapping[str, Line], worlds: Iterable[World]) -> dict[str, Line]:
    for world, same in groupby(worlds):
        heard = world.heard()
        for _ in same:
            lines = decide(lines, heard)
    return dict(lines)


def given_of(lines: Mapping[str, Line]) -> list[str]:
    return [uplink for uplink, line in lines.items() if line.given]


FINE = World()
DEAD_A = FINE.with_dead("a")


@st.composite
def worlds(draw: st.DrawFn, providers: bool = True, own_cables: bool = True) -> World:
    uplinks = ("a", "b", "c")[: draw(st.integers(2, 3))]
    peers = ("p", "q")[: draw(st.integers(1, 2))]
    witnesses = ("v", "w")[: draw(st.integers(0, 2))]
    machines = (*peers, *((ME,) if own_cables else ()))
    ends = st.tuples(st.sampled_from(machines), st.sampled_from(uplinks))
    directions = st.tuples(st.sampled_from(uplinks), st.sampled_from(["in", "out"]))
    return World(
        uplinks,
        peers,
        witnesses,
        draw(st.frozensets(directions, max_size=6)) if providers else frozenset(),
        draw(st.frozensets(ends, max_size=9)),
        draw(st.frozensets(st.sampled_from((*peers, *witnesses)), max_size=4)),
    )


PLAIN = st.sets(st.sampled_from("ab")).map(lambda dead: FINE.with_dead(*dead))
"""Worlds in which nothing but providers dies: mostly those make a history in which something happens."""
HISTORIES = st.lists(st.tuples(PLAIN | worlds(), st.integers(1, UP_AFTER + 2)), min_size=1, max_size=5)


def replayed(history: list[tuple[World, int]]) -> Iterable[tuple[Mapping[Way, bool], Mapping[str, Line]]]:
    """Each round of a history, whose uplinks are those of its first world: what was heard, and the lines."""
    uplinks = history[0][0].uplinks
    lines: Mapping[str, Line] = dict.fromkeys(uplinks, Line())
    for world, rounds in history:
        heard = replace(world, uplinks=uplinks).heard()
        for _ in range(rounds):
            lines = decide(lines, heard)
            yield heard, lines


@given(HISTORIES)
def test_whatever_happens_users_are_given_something(history: list[tuple[World, int]]) -> None:
    for _, lines in replayed(history):
        assert given_of(lines)


@given(HISTORIES)
def test_users_are_given_an_uplink_that_carries_if_any_does(history: list[tuple[World, int]]) -> None:
    for heard, lines in replayed(history):
        carrying = {u for way, answered in heard.items() if answered for u in way.uplinks}
        assert not carrying or carrying & set(given_of(lines))


@given(HISTORIES)
def test_every_decision_has_its_reason(history: list[tuple[World, int]]) -> None:
    for _, lines in replayed(history):
        assert all(line.given or line.reason for line in lines.values())


@given(worlds(providers=False, own_cables=False), st.integers(1, 40))
def test_dead_machines_cables_and_witnesses_of_others_withdraw_nothing(world: World, rounds: int) -> None:
    assert given_of(after(begun(world), [world] * rounds)) == list(world.uplinks)


@given(worlds(), st.data())
def test_a_dead_provider_is_withdrawn_while_a_witness_answers_over_another(
    world: World, data: st.DataObject
) -> None:
    dead = data.draw(st.sampled_from(world.uplinks))
    alive = data.draw(st.sampled_from([u for u in world.uplinks if u != dead]))
    now = replace(
        world,
        witnesses=(*world.witnesses, "always"),
        dead_providers=frozenset({(dead, data.draw(st.sampled_from(["in", "out"])))}),
        dead_cables=frozenset(cable for cable in world.dead_cables if cable != (ME, alive)),
    )
    assert dead not in given_of(after(begun(now), [now] * DOWN_AFTER))


@given(HISTORIES)
def test_a_world_that_is_whole_again_gives_everything(history: list[tuple[World, int]]) -> None:
    *_, (_, lines) = replayed(history)
    whole = World(uplinks=tuple(lines))
    assert given_of(after(lines, [whole] * UP_AFTER)) == list(lines)


def test_a_dead_provider_is_withdrawn_after_so_many_rounds_and_no_fewer() -> None:
    lines = after(begun(FINE), [FINE, *[DEAD_A] * (DOWN_AFTER - 1)])
    assert given_of(lines) == ["a", "b"]
    lines = after(lines, [DEAD_A])
    assert given_of(lines) == ["b"]
    assert lines["a"].reason == (
        "for 3 rounds no answer from peer's b by a, witness by a, peer's a by b; answers from witness by b"
    )


def test_a_lost_round_begins_the_count_anew() -> None:
    lines = after(begun(FINE), [*[DEAD_A] * (DOWN_AFTER - 1), FINE] * 10)
    assert given_of(lines) == ["a", "b"]


def test_it_comes_back_after_more_rounds_than_it_went() -> None:
    lines = after(begun(FINE), [*[DEAD_A] * DOWN_AFTER, *[FINE] * (UP_AFTER - 1)])
    assert given_of(lines) == ["b"]
    lines = after(lines, [FINE])
    assert given_of(lines) == ["a", "b"]
    assert lines["a"].reason == f"it has carried for {UP_AFTER} rounds"


def test_without_a_witness_nobody_can_say_which_of_two_is_dead() -> None:
    alone = replace(DEAD_A, witnesses=())
    lines = after(begun(alone), [alone] * 100)
    assert given_of(lines) == ["a", "b"]
    assert {line.verdict for line in lines.values()} == {Verdict.UNKNOWN}


def test_of_three_the_dead_one_is_found_without_a_witness() -> None:
    three = World(uplinks=("a", "b", "c"), witnesses=()).with_dead("b")
    assert given_of(after(begun(three), [three] * DOWN_AFTER)) == ["a", "c"]


def test_a_dead_edge_and_a_dead_witness_say_nothing() -> None:
    for dead in ({"peer"}, {"witness"}, {"peer", "witness"}):
        world = replace(FINE, dead_others=frozenset(dead))
        assert given_of(after(begun(world), [world] * 100)) == ["a", "b"]


def test_a_cable_of_one_machine_is_no_dead_uplink() -> None:
    world = replace(FINE, dead_cables=frozenset({(ME, "a")}))
    assert given_of(after(begun(world), [world] * 100)) == ["a", "b"]


def test_providers_that_only_do_not_reach_each_other_both_stay() -> None:
    """Users elsewhere reach both."""
    heard = {way: not way.into for way in FINE.heard()}
    lines: Mapping[str, Line] = begun(FINE)
    for _ in range(100):
        lines = decide(lines, heard)
    assert given_of(lines) == ["a", "b"]


def test_when_the_second_dies_too_everything_is_given_after_a_while() -> None:
    lines = after(begun(FINE), [*[DEAD_A] * DOWN_AFTER, *[FINE.with_dead("a", "b")] * UP_AFTER])
    assert given_of(lines) == ["a", "b"]
    assert lines["a"].reason == f"nothing is known of any uplink for {UP_AFTER} rounds"


def test_the_one_that_comes_back_first_is_given_at_once() -> None:
    """Nothing else carries: waiting would leave users with a dead one alone."""
    lines = after(begun(FINE), [*[DEAD_A] * DOWN_AFTER, FINE.with_dead("a", "b"), FINE.with_dead("b")])
    assert given_of(lines) == ["a", "b"]
    assert lines["a"].reason == "it carries, and nothing else that is given does"
