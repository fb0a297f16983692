"""Each rule finds what it speaks of, says who fixes it, and keeps still elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from colonnade import catalog
from colonnade.model.design import Design, Fact, Link, Machine, Position, Service, Silence
from colonnade.model.kinds import Kind, Kinds, NoSettings, no_voters
from colonnade.model.load import loads
from colonnade.review.review import Review, review
from colonnade.review.rule import Finding
from colonnade.review.secret_words import masked
from colonnade.review.severity import FixedBy, Severity
from tests.unit.model.kinds import KINDS
from tests.unit.model.test_round_trip import VALID

CATALOG = catalog.load()
TODAY = date(2026, 6, 1)
SMALL = {
    "web": "{kind: nginx, machines: [web1, web2], to: [app]}",
    "app": "{kind: app, machines: [app1, app2], to: [db]}",
    "db": "{kind: mariadb, machines: [db1, db2]}",
}


def site(services: Mapping[str, str] = SMALL, rest: str = "") -> Design:
    lines = "".join(f"  {name}: {entry}\n" for name, entry in services.items())
    return loads(f"site: www.example.com\nservices:\n{lines}{rest}", "site.yaml", CATALOG.kinds)


def judged(design: Design, kinds: Kinds = CATALOG.kinds) -> Review:
    return review(design, kinds, CATALOG.rules, TODAY)


def found(design: Design, rule: str, kinds: Kinds = CATALOG.kinds) -> list[Finding]:
    return [f for f in judged(design, kinds).findings if f.rule.id == rule]


def one(design: Design, rule: str, kinds: Kinds = CATALOG.kinds) -> Finding:
    (finding,) = found(design, rule, kinds)
    return finding


def test_an_id_is_the_name_of_its_file() -> None:
    for id_, rule in CATALOG.rules.items():
        assert id_ == rule.id
        assert rule.look.__module__ == f"colonnade.review.rules.{id_.replace('-', '_')}"
        for text in (rule.title, rule.why, rule.fix):
            assert text.strip() == text
        assert not rule.title.endswith(".")


def test_one_door() -> None:
    edge = {"edge": "{kind: haproxy, machines: [lb1], to: [web]}", **SMALL}
    finding = one(site(edge), "single-door")
    assert (finding.severity, finding.fixed_by) == (Severity.ERROR, FixedBy.HARDEN)
    assert finding.members == ("edge@lb1",)
    two = {**edge, "edge": "{kind: haproxy, machines: [lb1, lb2], to: [web]}"}
    assert not found(site(two), "single-door")


def test_a_floating_address_on_one_edge_has_nowhere_to_float() -> None:
    edge = {"edge": "{kind: haproxy, machines: [lb1], to: [web]}", **SMALL}
    vip = "facts:\n  - {kind: vip, text: 192.0.2.10, about: [edge]}\n"
    assert "'192.0.2.10' has no second machine" in one(site(edge, vip), "single-door").detail


def test_one_line() -> None:
    assert one(site(), "single-uplink").fixed_by is FixedBy.HARDEN
    assert not found(site(rest="uplinks: [a, b]\n"), "single-uplink")


def test_one_member_of_a_tier() -> None:
    assert one(
        site({**SMALL, "app": "{kind: app, machines: [app1], to: [db]}"}), "single-member"
    ).members == ("app@app1",)
    assert not found(site(), "single-member")


def test_one_database() -> None:
    alone = site({**SMALL, "db": "{kind: mariadb, machines: [db1]}"})
    finding = one(alone, "no-replica")
    assert [j.value for j in finding.journeys] == ["read", "write", "recover"]
    assert not found(alone, "database-primary")


def test_a_primary_nobody_takes_over_from_and_one_that_somebody_does() -> None:
    by_hand = {**CATALOG.kinds, "mariadb": replace(CATALOG.kinds["mariadb"], voters=no_voters)}
    finding = one(site(), "database-primary", by_hand)
    assert (finding.severity, finding.fixed_by) == (Severity.ERROR, FixedBy.OPERATOR)
    assert [j.value for j in finding.journeys] == ["write"]
    assert "promote" in finding.fix or "promotes" in finding.fix
    finding = one(site(), "database-primary")
    assert (finding.severity, finding.fixed_by) == (Severity.NOTE, FixedBy.UP)
    assert "by a majority of web1, app1, app2" in finding.detail
    assert not found(site(), "no-third-machine")


def test_two_machines_can_not_decide_and_a_third_can() -> None:
    def on(web: str) -> Design:
        return site(
            {
                "web": f"{{kind: nginx, machines: [{web}], to: [app]}}",
                "app": "{kind: app, machines: [one, two], to: [db]}",
                "db": "{kind: mariadb, machines: [one, two]}",
            }
        )

    finding = one(on("one, two"), "no-third-machine")
    assert (finding.severity, finding.fixed_by) == (Severity.WARNING, FixedBy.OPERATOR)
    assert "one stays the primary of 'db'" in finding.detail
    assert one(on("one, two"), "database-primary").severity is Severity.ERROR
    assert not found(on("one, two, three"), "no-third-machine")
    assert one(on("one, two, three"), "database-primary").severity is Severity.NOTE


def test_a_majority_on_one_computer() -> None:
    last = {"web1": 1, "web2": 2, "app1": 3, "app2": 4, "db1": 5, "db2": 6, "v1": 7, "v2": 7, "v3": 8}
    machines = "".join(f"  {name}: {{address: 192.0.2.{n}}}\n" for name, n in last.items())
    drawn = {**SMALL, "votes": "{kind: etcd, machines: [v1, v2, v3]}"}
    finding = one(site(drawn, f"machines:\n{machines}"), "no-quorum")
    assert "lost together with v1 and v2" in finding.detail
    assert [j.value for j in finding.journeys] == ["write"]


def test_what_is_outside() -> None:
    cached = {**SMALL, "app": "{kind: app, machines: [app1, app2], to: [db, cache]}"}
    finding = one(site(cached, "external: {cache: {what: Redis}}\n"), "single-external")
    assert finding.fixed_by is FixedBy.OPERATOR
    assert "Redis" in finding.title


def test_pairs() -> None:
    paired = {
        **SMALL,
        "web": "{kind: nginx, machines: [web1, web2], to: [{app: {web1: [app1], web2: [app2]}}]}",
    }
    finding = one(site(paired), "pairs-only")
    assert finding.fixed_by is FixedBy.HARDEN
    assert "web1 uses only app1, web2 uses only app2" in finding.detail
    assert set(finding.members) == {"web@web1", "web@web2", "app@app1", "app@app2"}
    assert not found(site(), "pairs-only")


def test_a_member_that_no_pair_leads_from() -> None:
    idle = {**SMALL, "web": "{kind: nginx, machines: [web1, web2], to: [{app: {web1: [app1, app2]}}]}"}
    assert "web2 may use no member of 'app'" in one(site(idle), "pairs-only").detail


def test_shared_fate() -> None:
    together = {name: entry.replace(f"{name}1, {name}2", "one") for name, entry in SMALL.items()}
    finding = one(site(together), "shared-fate")
    assert finding.members == ("web@one", "app@one", "db@one")
    assert not found(site(), "shared-fate")


def test_two_databases_on_one_computer() -> None:
    last = {"web1": 1, "web2": 2, "app1": 3, "app2": 4, "db1": 5, "db2": 5}
    machines = "".join(f"  {name}: {{address: 192.0.2.{n}}}\n" for name, n in last.items())
    finding = one(site(rest=f"machines:\n{machines}"), "shared-fate")
    assert "db1 and db2 are one computer" in finding.detail
    assert "recover" in {j.value for j in finding.journeys}


@pytest.mark.parametrize(
    ("voters", "says"), [(1, "1 of 3"), (2, "2 of 3"), (3, ""), (4, "as 3 would"), (5, "")]
)
def test_voters(voters: int, says: str) -> None:
    kinds = {**KINDS, "votes": Kind("votes", "voter", votes=True)}
    members = tuple(f"v{i}" for i in range(voters))
    services = {
        "web": Service("web", "nginx", ("web1", "web2"), NoSettings(), (Link("votes"),), public=True),
        "votes": Service("votes", "votes", members, NoSettings()),
    }
    design = Design("a.b", services, {m: Machine(m) for m in ("web1", "web2", *members)})
    details = [f.detail for f in found(design, "no-quorum", kinds)]
    assert bool(details) == bool(says)
    assert all(says in detail for detail in details)


@pytest.mark.parametrize(
    "rule", ["no-firewall", "no-https", "no-tls-inside", "writes-reach-replica", "reads-miss-replica"]
)
def test_what_rooms_do_for_every_site_is_a_note_and_without_the_room_is_not(rule: str) -> None:
    finding = one(site(), rule)
    assert (finding.severity, finding.fixed_by) == (Severity.NOTE, FixedBy.UP)
    bare = {name: replace(kind, provides=()) for name, kind in CATALOG.kinds.items()}
    finding = one(site(), rule, bare)
    assert finding.severity.rank >= Severity.WARNING.rank
    assert finding.fixed_by is FixedBy.OPERATOR


@pytest.mark.parametrize(
    ("rule", "word"),
    [("no-monitoring", "monitoring"), ("no-backup", "backup"), ("no-offsite-copy", "off-site")],
)
def test_what_no_room_does_is_the_operators_until_one_does(rule: str, word: str) -> None:
    bare = {name: replace(kind, provides=()) for name, kind in CATALOG.kinds.items()}
    assert {f.fixed_by for f in found(site(), rule, bare)} == {FixedBy.OPERATOR}
    room = {**CATALOG.kinds, "new": Kind("new", "new room", drawn=False, provides=(word,))}
    assert {f.fixed_by for f in found(site(), rule, room)} == {FixedBy.UP}


def test_monitoring_has_four_sides() -> None:
    assert len(found(site(), "no-monitoring")) == 4


def test_headroom() -> None:
    assert {f.members[0] for f in found(site(), "no-headroom")} == {"web@web1", "app@app1"}
    three = {**SMALL, "web": "{kind: nginx, machines: [web1, web2, web3], to: [app]}"}
    assert {f.members[0] for f in found(site(three), "no-headroom")} == {"app@app1"}


def test_a_certificate_that_is_drawn_wants_renewal() -> None:
    certificate = "facts:\n  - {kind: certificate, text: www.example.com}\n"
    assert one(site(rest=certificate), "no-renewal").fixed_by is FixedBy.UP
    bare = {name: replace(kind, provides=()) for name, kind in CATALOG.kinds.items()}
    assert one(site(rest=certificate), "no-renewal", bare).fixed_by is FixedBy.OPERATOR
    assert not found(site(), "no-renewal")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("Firewall: 80, 443", ""),
        ("Firewall 1", ""),
        ("Firewall (22, 80, 443)", "22"),
        ("allow 443/tcp and port 3306", "3306"),
        ("Firewall 192.0.2.1", ""),
        ("Firewall 10.0.0.0/24", ""),
    ],
)
def test_ports_beyond_the_web(text: str, ports: str) -> None:
    design = replace(site(), facts=(Fact("firewall", text, ("web",), Position(3, 1)),))
    details = [f.detail for f in found(design, "open-edge")]
    assert bool(details) == bool(ports)
    assert all(detail.endswith(f": {ports}.") for detail in details)


@pytest.mark.parametrize(
    "entry",
    [
        "env: {DB_PASSWORD: hunter2}",
        "env: {DATABASE: 'mysql://app:pa55word@db/app'}",
        "env: {KEY: AKIAABCDEFGHIJKLMNOP}",
    ],
)
def test_secrets_in_settings(entry: str) -> None:
    with_secret = {**SMALL, "app": f"{{kind: app, machines: [app1, app2], to: [db], {entry}}}"}
    finding = one(site(with_secret), "secret-in-design")
    assert finding.severity is Severity.ERROR
    assert "hunter2" not in finding.detail


@pytest.mark.parametrize(
    "entry", ["env: {DB_PASSWORD: $DB_PASSWORD}", "env: {THEME: dark}", "env: {TOKEN: ''}"]
)
def test_no_secrets(entry: str) -> None:
    design = site({**SMALL, "app": f"{{kind: app, machines: [app1, app2], to: [db], {entry}}}"})
    assert not found(design, "secret-in-design")


def test_secrets_in_prose_have_their_line_and_are_never_shown() -> None:
    design = replace(
        site(), prose="# Site\n\nThe password: hunter2! is in the wiki.\nThe token: always fresh."
    )
    assert one(design, "secret-in-design").position.line == 3
    assert (
        masked("password: hunter2! and mysql://app:pa55@db")
        == "password: ******** and mysql://app:********@db"
    )


def test_a_silence_keeps_a_rule_quiet_until_its_last_day() -> None:
    quiet = replace(
        site(), silences=(Silence("single-uplink", "a second is ordered", TODAY, Position(9, 3)),)
    )
    result = judged(quiet)
    assert [s.finding.rule.id for s in result.silenced] == ["single-uplink"]
    assert "single-uplink" not in {f.rule.id for f in result.findings}


def test_an_expired_silence_keeps_nothing_quiet_and_is_told() -> None:
    over = Silence("single-uplink", "a second is ordered", date(2026, 5, 31), Position(9, 3))
    result = judged(replace(site(), silences=(over,)))
    assert not result.silenced
    assert {"single-uplink", "expired-silence"} <= {f.rule.id for f in result.findings}
    assert one(replace(site(), silences=(over,)), "expired-silence").position.line == 9


def test_a_silence_of_no_rule_is_told_and_can_not_be_silenced() -> None:
    until = date(2030, 1, 1)
    silences = (Silence("single-dor", "typo", until), Silence("unknown-silence", "hush", until))
    finding = one(replace(site(), silences=silences), "unknown-silence")
    assert "Did you mean 'single-door'?" in finding.detail


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@given(VALID)
def test_any_design_is_reviewed(design: Design) -> None:
    result = judged(design, KINDS)
    ranks = [f.severity.rank for f in result.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert all(0 <= report.availability.value <= 1 for report in result.journeys.values())
