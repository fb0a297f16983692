"""A drill is conducted: steady, fault, healed, steady. Whatever happens in between, it ends healed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from colonnade.drill import conduct, procedure
from colonnade.drill.action import Action, Deed
from colonnade.drill.client import Client
from colonnade.drill.conduct import Conductor
from colonnade.drill.drill import Drill
from colonnade.drill.notes import Notes
from colonnade.drill.procedure import Do, Moment, Note, Ran, Steady, Watch
from colonnade.drill.values import Contents
from colonnade.drill.verdict import Limit
from colonnade.engine.folder import Folder
from colonnade.errors import ColonnadeError, LabError, StateError

KILL, START = Action(Deed.KILL, "web1"), Action(Deed.START, "web1")
CUT, HEAL = Action(Deed.CUT, "web2", "inside"), Action(Deed.HEAL, "web2")
DRILL = Drill("web-killed/web1", "web", "It holds.", (Limit("lost", 0),), (KILL, CUT), watch=0.05)

# Visits like the real program would: a good probe and a good read every 20 ms, until its input ends.
VISITOR = """
import json, select, sys, time
n = 0
def say(what, **values):
    print(json.dumps({"what": what, "at": time.monotonic(), **values}), flush=True)
say("hello", writes=False, why="")
while not select.select([sys.stdin], [], [], 0.02)[0]:
    for kind in ("pin", "newcomer"):
        n += 1
        say("begin", n=n, kind=kind, path="/", id="", address="192.0.2.1")
        say("end", n=n, status=200, address="192.0.2.1")
say("bye")
"""


class Field:
    """Remembers what was done, and fails or is interrupted where told."""

    def __init__(self, fails: dict[Deed, BaseException] | None = None, ailing: str = "") -> None:
        self.done: list[Action] = []
        self.fails, self.sick = fails or {}, ailing

    def do(self, action: Action) -> None:
        self.done.append(action)
        if action.deed in self.fails:
            raise self.fails[action.deed]

    def ailing(self) -> str:
        return self.sick

    def machine_of(self, action: Action) -> str:
        return "db2"

    def terms(self) -> int | None:
        return None

    def own_addresses(self, drill: Drill) -> tuple[str, ...]:
        return ()

    def contents(self, run: str) -> Contents | None:
        return None


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(Folder(tmp_path / "state"), "lab-a")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client([sys.executable, "-c", VISITOR], b"") as client:
        yield client


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "ASK_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(procedure.Steady, "__init__", lambda self: set_to(self, 0.3, 1.0))


def set_to(steady: Steady, seconds: float, limit: float) -> None:
    object.__setattr__(steady, "seconds", seconds)
    object.__setattr__(steady, "limit", limit)


def conductor(field: Field, client: Client, notes: Notes) -> Conductor:
    return Conductor(field, client, notes, ("192.0.2.1",), lambda _: None, nullcontext)


# The procedure, by itself


def test_the_procedure_notes_what_heals_before_it_breaks_anything() -> None:
    steps = list(procedure.procedure(DRILL))
    assert [type(step) for step in steps] == [
        *(Steady, Note, Moment, Do, Do, Moment, Watch, Moment, Do, Do, Note, Steady)
    ]
    assert steps[1] == Note((HEAL, START))
    assert [step.action for step in steps if isinstance(step, Do)] == [KILL, CUT, HEAL, START]
    assert steps[10] == Note(())


def test_without_a_steady_state_nothing_is_broken() -> None:
    course = procedure.procedure(DRILL)
    next(course)
    with pytest.raises(StopIteration) as end:
        course.send("web1 is ill")
    assert end.value.value == Ran(unsteady="no steady state to begin with: web1 is ill")


# Conducted


def test_a_drill_ends_healed_and_its_moments_are_in_order(client: Client, notes: Notes) -> None:
    field = Field()
    ran, moments = conductor(field, client, notes).run(DRILL)
    assert ran == Ran()
    assert field.done == [KILL, CUT, HEAL, START]
    assert notes.read() == ()
    assert moments.steady < moments.fault <= moments.struck < moments.heal < moments.end
    assert client.stop().whole


def test_a_site_that_is_not_well_is_not_drilled(client: Client, notes: Notes) -> None:
    field = Field(ailing="db on db1: no primary")
    ran, _ = conductor(field, client, notes).run(DRILL)
    assert ran.unsteady == "no steady state to begin with: db on db1: no primary"
    assert field.done == []


def test_what_can_not_be_done_teaches_nothing(client: Client, notes: Notes) -> None:
    field = Field({Deed.CUT: LabError("there is no such network")})
    ran, moments = conductor(field, client, notes).run(DRILL)
    assert ran.unsteady == "there is no such network"
    assert moments.fault < moments.end, "and not that of the steady state before"
    assert field.done == [KILL, CUT, HEAL, START]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_whatever_goes_wrong_the_faults_are_healed(
    client: Client, notes: Notes, error: BaseException
) -> None:
    field = Field({Deed.CUT: error})
    with pytest.raises(type(error)):
        conductor(field, client, notes).run(DRILL)
    assert field.done == [KILL, CUT, HEAL, START]
    assert notes.read() == ()


def test_when_the_client_dies_nothing_was_learned_and_all_is_healed(notes: Notes) -> None:
    dying = VISITOR.replace("n = 0\n", "n = 0\nbegan = time.monotonic()\n").replace(
        "    for kind", "    if time.monotonic() - began > 1: sys.exit('out of memory')\n    for kind"
    )
    drill = Drill("x", "web", "It holds.", DRILL.hypothesis, DRILL.faults, watch=20)
    field = Field()
    with Client([sys.executable, "-c", dying], b"") as client:
        ran, _ = conductor(field, client, notes).run(drill)
        visits = client.stop()
    assert "out of memory" in ran.unsteady
    assert not visits.whole
    assert field.done[-2:] == [HEAL, START]


def test_a_site_that_does_not_recover_is_told(client: Client, notes: Notes) -> None:
    field = Field()
    sick = conductor(field, client, notes)

    def do(action: Action) -> None:
        field.done.append(action)
        field.sick = "web on web1: gone"

    field.do = do  # type: ignore[method-assign]
    ran, _ = sick.run(DRILL)
    assert ran.unhealed == "web on web1: gone"
    assert field.done == [KILL, CUT, HEAL, START]


# Notes of a run that was killed


def test_what_a_killed_run_left_is_healed_by_the_next(notes: Notes) -> None:
    notes.write((HEAL, START))
    field = Field()
    assert notes.heal(field, lambda _: None)
    assert field.done == [HEAL, START]
    assert not notes.heal(field, lambda _: None)
    assert field.done == [HEAL, START]


def test_one_that_can_not_be_healed_keeps_neither_the_others_nor_the_note(notes: Notes) -> None:
    notes.write((HEAL, START))
    field = Field({Deed.HEAL: LabError("no such machine")})
    with pytest.raises(ColonnadeError, match="no such machine"):
        notes.heal(field, lambda _: None)
    assert field.done == [HEAL, START]
    assert notes.read() == (HEAL, START)


def test_another_labs_faults_are_not_ours(notes: Notes) -> None:
    notes.write((START,))
    assert Notes(notes.store, "lab-b").read() == ()
    assert notes.read() == (START,)


def test_a_note_that_is_no_note_is_an_error_with_a_hint(notes: Notes) -> None:
    notes.store.put(notes.name, json.dumps([{"deed": "?"}]).encode())
    with pytest.raises(StateError) as raised:
        notes.read()
    assert "remove the file" in raised.value.hint
