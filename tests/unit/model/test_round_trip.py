"""Whatever a design says, it can be written in either form and read back as the same design."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colonnade.model.check import check
from colonnade.model.design import Design, External, Fact, Link, Machine, Service, Silence
from colonnade.model.kinds import NoSettings
from colonnade.model.load import loads
from colonnade.model.review_notes import FAILURES
from colonnade.model.write_mermaid import to_mermaid
from colonnade.model.write_yaml import to_yaml
from tests.unit.model.kinds import KINDS, AppSettings, BalancerSettings

WORDS = [
    "a",
    "web",
    "app",
    "db",
    "lb",
    "server",
    "redis",
    "user",
    "end",
    "style",
    "x",
    "primary",
    "zone",
    "cache",
    "firewall",
    "node",
]
NAMES = st.one_of(
    st.builds(
        lambda word, number: f"{word}{number}" if number else word, st.sampled_from(WORDS), st.integers(0, 3)
    ),
    st.builds(lambda one, two: f"{one}-{two}", st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True),
).filter(lambda name: name not in {"localhost", "client", "resolver", "operator"})
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
LAB_UPLINKS = [("a",), ("a", "b"), ("b", "a"), ("b",)]
REAL_UPLINKS = [*LAB_UPLINKS, ("fibre", "a"), ("a", "b", "c")]
SILENCES = st.builds(
    Silence,
    st.sampled_from(["single-door", "no-replica"]),
    TEXT.filter(lambda t: bool(t.strip())),
    st.dates(),
)
HOURS = st.floats(0, 1e6, exclude_min=True)
SITES = st.sampled_from(["www.foobar.com", "shop.example.org", "a.bc", "example.test"])


def setting(draw: st.DrawFn, kind: str) -> Any:
    if kind == "haproxy":
        return draw(
            st.sampled_from(
                [
                    BalancerSettings(),
                    BalancerSettings(balance="source"),
                    BalancerSettings(balance="leastconn"),
                ]
            )
        )
    if kind == "app":
        return draw(
            st.builds(
                AppSettings,
                source=TEXT,
                port=st.integers(1, 65535),
                env=st.dictionaries(TEXT.filter(bool), TEXT, max_size=2),
            )
        )
    return NoSettings()


def linked(draw: st.DrawFn, source: tuple[str, ...], target: Service) -> Link:
    whole = [(a, b) for a in source for b in target.members]
    if KINDS[target.kind].replicated or len(whole) < 2 or draw(st.booleans()):
        return Link(target.name)
    chosen = draw(st.sets(st.sampled_from(whole), min_size=1, max_size=len(whole) - 1))
    return Link(target.name, tuple(pair for pair in whole if pair in chosen))


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Services are made from the data up, each leading to some of those made before, so that no circle can
    be.
    """
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    pool = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    externals = {
        n: External(n, draw(TEXT.map(str.strip).filter(bool)))
        for n in draw(st.lists(NAMES, max_size=2, unique=True))
        if n not in names
    }
    made: list[Service] = []
    for name in names:
        kind = draw(st.sampled_from(["haproxy", "nginx", "app", "mariadb"]))
        free = [m for m in pool if not any(m in s.members for s in made if s.kind == kind)]
        if not free:
            continue
        members = tuple(draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True)))
        links: list[Link] = []
        if kind != "mariadb":
            links = [linked(draw, members, s) for s in made if draw(st.booleans())]
            links += [Link(e) for e in externals if draw(st.booleans())]
        public = KINDS[kind].door and draw(st.booleans())
        made.append(Service(name, kind, members, setting(draw, kind), tuple(links), public))
    used = dict.fromkeys(m for s in made for m in s.members)
    real = draw(st.booleans())
    machines = {
        m: Machine(m, f"192.0.2.{i}", draw(st.sampled_from(["root", "deploy"])), 22) if real else Machine(m)
        for i, m in enumerate(used, 1)
    }
    facts = tuple(
        draw(
            st.lists(
                st.builds(
                    Fact, st.sampled_from(["vip", "backup"]), TEXT, st.sampled_from([(), tuple(names[:1])])
                ),
                max_size=2,
            )
        )
    )
    return Design(
        draw(SITES),
        {s.name: s for s in made},
        machines,
        externals,
        facts,
        uplinks=draw(st.sampled_from(REAL_UPLINKS if real else LAB_UPLINKS)),
        silences=tuple(draw(st.lists(SILENCES, max_size=2))),
        assumptions=draw(st.dictionaries(st.sampled_from(FAILURES), st.tuples(HOURS, HOURS), max_size=2)),
        witnesses=draw(st.sampled_from([(), ("192.0.2.53",), ("192.0.2.53", "198.51.100.53")])),
    )


VALID = designs().filter(lambda design: not check(design, KINDS))
SLOW = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@SLOW
@given(VALID)
def test_yaml_says_everything(design: Design) -> None:
    assert loads(to_yaml(design), "site.yaml", KINDS) == design


@SLOW
@given(VALID)
def test_a_drawing_says_everything(design: Design) -> None:
    text = to_mermaid(design, KINDS)
    assert loads(text, "site.mmd", KINDS) == design
    assert loads(f"# A page\n\n```mermaid\n{text}```\n", "site.md", KINDS) == design
