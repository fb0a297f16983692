"""A document is believed where it plainly says that it has something, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade import catalog
from colonnade.model.design import Design, Fact, Position
from colonnade.model.load import loads
from colonnade.review.beliefs import LONGEST, said
from colonnade.review.review import review

CATALOG = catalog.load()
SITE = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [web1], to: [app]}
  app: {kind: app, machines: [app1], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""


def whats(prose: str) -> set[str]:
    return {belief.what for belief in said(prose)}


@pytest.mark.parametrize(
    ("prose", "what"),
    [
        ("A firewall on every machine blocks everything else.", "firewall"),
        ("* **Firewalls**: each server is protected by ufw.", "firewall"),
        ("The site is served over HTTPS.", "https"),
        ("Traffic uses TLS, with a certificate from Let's Encrypt.", "https"),
        ("TLS is terminated at the load balancer.", "https"),
        ("All traffic between servers is encrypted with TLS.", "tls-inside"),
        ("Mutual TLS is used on every hop.", "tls-inside"),
        ("Certificates are renewed by certbot.", "renewal"),
        ("Every machine is monitored by Prometheus.", "monitoring"),
        ("A monitoring agent on each server collects metrics.", "monitoring"),
        ("The database is backed up every night.", "backup"),
        ("Nightly backups go to another machine.", "backup"),
        ("We run restic; backups are stored encrypted.", "backup"),
        ("Backups are copied off-site.", "off-site"),
        ("The recovery plan is practised twice a year.", "recovery-plan"),
    ],
)
def test_a_plain_statement_is_believed(prose: str, what: str) -> None:
    assert what in whats(prose)


@pytest.mark.parametrize(
    "prose",
    [
        "**No Firewall**: The infrastructure lacks a firewall to protect against unauthorized access",
        "The firewall is not installed.",
        "There isn't a firewall that blocks anything.",
        "Communication is not encrypted with TLS.",
        "We should use HTTPS.",
        "We plan to serve the site over HTTPS.",
        "If the site is served over HTTPS, users trust it.",
        "Is the site served over HTTPS?",
        "HTTPS would be used if we had a certificate.",
        "A firewall is a system that filters traffic.",
        "The replica serves as a backup in case of primary failure.",
        "The passive load balancer is the backup.",
        "Requests are monitored without a tool.",
        "Can't detect failures automatically",
        "Nobody has written the recovery plan that is in the wiki.",
        "# Issues\n\nThe site is served over HTTPS only at the door.",
        "## What we know is missing\n\n### Security\n\nA firewall filters traffic.",
        "**Limitations**\n\nThe site is served over HTTPS.",
        "Users -> HTTP/HTTPS request -> load balancer",
    ],
)
def test_complaints_plans_and_definitions_are_no_statements(prose: str) -> None:
    assert not whats(prose)


def test_a_heading_at_the_same_level_ends_the_complaints() -> None:
    prose = "## Issues\n\nA firewall filters traffic.\n\n## Security\n\nThe site is served over HTTPS."
    assert whats(prose) == {"https"}


def test_a_sentence_may_run_over_lines_and_knows_its_line() -> None:
    (belief,) = said("# Site\n\nIt is small. The site is\nserved over\nHTTPS. It is ours.")
    assert belief.position.line == 3
    assert belief.text == "The site is served over HTTPS."


def test_what_is_claimed_is_left_out_and_told() -> None:
    design = with_prose("\n\nThe site is served over HTTPS.\nEvery machine is monitored by Prometheus.")
    found = review(design, CATALOG.kinds, CATALOG.rules, date(2026, 1, 1))
    assert {b.rule.id: b.belief.position.line for b in found.believed} == {"no-https": 3, "no-monitoring": 4}
    assert not {"no-https", "no-monitoring"} & {f.rule.id for f in found.findings}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("firewall", "no-firewall"),
        ("certificate", "no-https"),
        ("monitoring", "no-monitoring"),
        ("backup", "no-backup"),
    ],
)
def test_what_is_drawn_is_believed(kind: str, rule: str) -> None:
    fact = Fact(kind, "drawn", (), Position(5, 2))
    design = replace(loads(SITE, "site.yaml", CATALOG.kinds), facts=(fact,))
    found = review(design, CATALOG.kinds, CATALOG.rules, date(2026, 1, 1))
    assert [(b.rule.id, b.belief.position.line) for b in found.believed] == [(rule, 5)]
    assert rule not in {f.rule.id for f in found.findings}


def with_prose(prose: str) -> Design:
    return replace(loads(SITE, "site.yaml", CATALOG.kinds), prose=prose)


@given(st.text(max_size=400))
def test_any_prose_is_read(prose: str) -> None:
    assert all(belief.text for belief in said(prose))


def test_endless_prose_is_read_soon() -> None:
    for piece in ("certificate tls ", "backups cop y ", "a.", "**", "backup " * 30 + ". ", "# "):
        whats(piece * (200_000 // len(piece)))
    assert not whats("A firewall filters traffic " + "and more " * LONGEST)
