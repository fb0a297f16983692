"""What one side encodes the other decodes, for everything that can be said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade_agent import wire
from colonnade_agent.failure import Failed, Failure
from colonnade_agent.plan import check_request
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.unit import Unit
from colonnade_agent.wire import Change, Check, CheckResult, Facts, Request, Response

TEXTS = st.text(max_size=20)
ARGVS = st.lists(TEXTS, max_size=3).map(tuple)
SECONDS = st.floats(0, 1e6)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXTS,
    "int": st.integers(0, 0o7777),
    "bool": st.booleans(),
    "bool | None": st.sampled_from([True, False, None]),
    "bytes": st.binary(max_size=50),
    "float": SECONDS,
    "tuple[str, ...]": ARGVS,
}
RESOURCES = st.one_of(
    *(
        st.builds(kind, **{name: FIELDS[annotation] for name, annotation in kind.__annotations__.items()})
        for kind in wire.KINDS.values()
    )
)
FACTS = st.builds(Facts, uptime=SECONDS)
REQUESTS = st.builds(
    Request,
    mode=st.sampled_from(wire.MODES),
    stages=st.dictionaries(TEXTS, st.lists(RESOURCES, max_size=4).map(tuple), max_size=3),
    apply_stages=ARGVS,
    checks=st.lists(st.builds(Check, TEXTS, ARGVS, TEXTS, SECONDS), max_size=2).map(tuple),
    lock_seconds=SECONDS,
    who=TEXTS,
)
RESPONSES = st.builds(
    Response,
    facts=FACTS,
    changes=st.lists(st.builds(Change, seconds=SECONDS), max_size=3).map(tuple),
    failure=st.none() | st.builds(Failure, TEXTS, TEXTS, argv=ARGVS, exit=st.none() | st.integers()),
    rolled_back=st.booleans(),
    missing_blobs=ARGVS,
    checks=st.lists(st.builds(CheckResult, seconds=SECONDS), max_size=2).map(tuple),
)


def through_json(values: dict[str, Any]) -> Any:
    return json.loads(json.dumps(values))


@given(RESOURCES)
def test_resources_survive_the_wire(resource: Any) -> None:
    assert wire.decode(through_json(wire.encode(resource))) == resource


@given(REQUESTS)
def test_requests_survive_the_wire(request: Request) -> None:
    decoded = wire.decode_request(through_json(wire.encode_request(request)))
    assert decoded == request
    assert list(decoded.stages) == list(request.stages), "stages keep their order"


@given(RESPONSES)
def test_responses_survive_the_wire(response: Response) -> None:
    assert wire.decode_response(through_json(wire.encode_response(response))) == response


@pytest.mark.parametrize(
    "values",
    [{}, {"kind": "nonsense"}, {"kind": "package"}, {"kind": "package", "name": "x", "colour": "red"}],
)
def test_what_encode_never_made_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown kind|argument"):
        wire.decode(values)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("dance"), "unknown mode 'dance'"),
        (Request("apply", {"a/b": ()}), "not a name for a stage: 'a/b'"),
        (Request("apply", {"removal": ()}), "can't be called 'removal'"),
        (Request("apply", {"a": ()}, ("b",)), "no such stage: b"),
        (Request("apply", {"a": (Package("x"),), "b": (Package("x"),)}), "desired twice"),
        (
            Request("apply", {"a": (Unit("u", reload_on=("file:/x",)),), "b": (File("/x", b""),)}),
            "names file:/x",
        ),
        (Request("apply", {"a": (Command("c", ("a",), ("b",), after=("unit:u",)),)}), "names unit:u"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(request_: Request, said: str) -> None:
    with pytest.raises(Failed, match=said):
        check_request(request_)


def test_ids_name_kind_and_key() -> None:
    make: list[tuple[Callable[[], Any], str]] = [
        (lambda: File("/etc/x", b""), "file:/etc/x"),
        (lambda: Directory("/srv"), "directory:/srv"),
        (lambda: Unit("nginx"), "unit:nginx"),
    ]
    assert [build().id for build, _ in make] == [name for _, name in make]
