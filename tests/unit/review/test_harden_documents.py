"""How `harden` changes files: in place, readable as exactly the hardened design, all else byte for byte."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from colonnade import catalog
from colonnade.errors import DesignError, UsageError
from colonnade.model.design import Design
from colonnade.model.editing.edit import IN_PLACE, REWRITTEN, edited
from colonnade.model.load import load, loads
from colonnade.model.source import clean
from colonnade.model.write_mermaid import to_mermaid
from colonnade.model.write_yaml import to_yaml
from colonnade.review.harden import harden
from colonnade.review.harden_words import HEADING
from colonnade.verbs import harden as verb
from tests.contract.sources import CHECKOUT
from tests.unit.model.kinds import KINDS
from tests.unit.model.test_round_trip import VALID

ROOMS = catalog.load().kinds
DESIGNS = Path(__file__).parent / "designs"
DRAWINGS = CHECKOUT / "tests" / "unit" / "model" / "golden"
TODAY = date(2026, 6, 1)
EXAMPLES = sorted(
    path
    for folder in (DESIGNS, CHECKOUT / "examples")
    for path in folder.iterdir()
    if path.suffix in {".md", ".yaml", ".mmd"}
)
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def made(tmp_path: Path, name: str, data: bytes, **options: object) -> bytes:
    path = tmp_path / name
    path.write_bytes(data)
    found = verb.harden(path, today=TODAY, **options)  # type: ignore[arg-type]
    return found.encoded(found.after)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_what_changes_in_a_file(path: Path, golden: Callable[[str, str], None]) -> None:
    found = verb.harden(path, today=TODAY)
    diff = found.diff.replace(str(path), path.name)
    golden(f"harden-{path.stem}.diff", diff)
    assert not found.drawn_anew


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_file_says_the_hardened_design_and_a_second_time_changes_nothing(
    path: Path, tmp_path: Path
) -> None:
    once = made(tmp_path, path.name, path.read_bytes())
    assert load(tmp_path / path.name, ROOMS) == load(path, ROOMS)
    again = made(tmp_path, path.name, once)
    assert again == once
    assert load(tmp_path / path.name, ROOMS) == harden(load(path, ROOMS), ROOMS).design


ODD = {"06-architecture-beta", "22-split-databases", "35-roles-in-one-box", "36-lists-in-a-box"}
"""Their language has no place for a second member, or one box stands for several: they are drawn anew."""


@pytest.mark.parametrize("path", sorted(DRAWINGS.glob("[0-9]*.golden")), ids=lambda p: p.stem)
def test_every_drawing_that_is_read_can_be_hardened(path: Path) -> None:
    text = path.read_text("utf-8").rpartition("-" * 20 + "\n")[0]
    before = loads(text, path.stem, KINDS)
    after = harden(before, KINDS).design
    found = edited(text, before, after, KINDS)
    assert loads(found.text, path.stem, KINDS) == after
    assert found.how == (REWRITTEN if path.stem.rpartition(".")[0] in ODD else IN_PLACE)


@FEW
@given(VALID)
def test_any_site_yaml_keeps_its_comments(design: Design) -> None:
    text = "# first\n" + "".join(
        f"{line}  # note {n}\n" for n, line in enumerate(to_yaml(design).splitlines())
    )
    after = harden(design, KINDS).design
    found = edited(text, loads(text, "site.yaml", KINDS), after, KINDS)
    assert loads(found.text, "site.yaml", KINDS) == after
    kept = [line.rpartition("  # ")[2] for line in found.text.splitlines() if "  # " in line]
    assert kept == [line.rpartition("  # ")[2] for line in text.splitlines() if "  # " in line]
    assert found.how == IN_PLACE


@FEW
@given(VALID)
def test_any_drawing_can_be_hardened(design: Design) -> None:
    page = f"# Page\n\nAbove.\n\n```mermaid\n{to_mermaid(design, KINDS)}```\n\nBelow.\n"
    before = loads(page, "site.md", KINDS)
    after = harden(before, KINDS).design
    found = edited(page, before, after, KINDS)
    assert loads(found.text, "site.md", KINDS) == after
    assert found.text.startswith("# Page\n\nAbove.\n\n```mermaid\n")
    assert found.text.endswith("```\n\nBelow.\n")


DRAWN = """\
# Größe 🏗️

~~~mermaid
%%{init: {"theme": "dark"}}%%
flowchart TD
    %% who comes
    user --> lb1[LB]:::edge
    lb1 -->|least connections| web1["Nginx 1"] & web2["Nginx 2"] %% not a comment of its own
    web1 --> app1[App server 1]
    web2 --> app2[App server 2]
    app1 & app2 --> db[(MySQL)]
    classDef edge fill:#f96
    style lb1 stroke-width:4px
    class web1,web2 edge
    linkStyle 1 stroke:red
    %% the end
~~~

Below, with bytes that are no text: <>
""".replace(" %% not a comment of its own", "")


def test_comments_styles_and_bytes_stay(tmp_path: Path) -> None:
    data = DRAWN.replace("\n", "\r\n").encode().replace(b"<>", b"\xff\xfe\x80")
    after = made(tmp_path, "www.example.com.md", data)
    head, _, rest = after.partition(b"flowchart TD")
    assert data.startswith(head)
    assert b"text: \xff\xfe\x80\r\n\r\n" + HEADING.encode() in rest
    assert b"\n" not in after.replace(b"\r\n", b"")
    text = clean(after.decode("utf-8", "replace"))
    drawn = text[text.index("flowchart") : text.index("~~~\n\nBelow")]
    assert (
        drawn
        == """\
flowchart TD
    %% who comes
    user --> uplink_a([Uplink A]) & uplink_b([Uplink B]) --> lb1[LB]:::edge & lb2[LB 2]:::edge
    lb1 & lb2 -->|least connections| web1["Nginx 1"] & web2["Nginx 2"]
    web1 --> app1[App server 1] & app2
    web2 --> app2[App server 2] & app1
    app1 & app2 --> db[(MySQL)]
    db2[(MySQL replica)]
    db -->|replication| db2
    classDef edge fill:#f96
    style lb1 stroke-width:4px
    style lb2 stroke-width:4px
    class web1,web2 edge
    linkStyle 6 stroke:red
    %% the end
"""
    )


YAML = """\
# ours
site: "www.example.com"   # as typed
services:
  edge:   {kind: haproxy, machines: [lb1],   to: [web]}   # the door
  web:
    kind: nginx
    machines:
      - web1   # the old one
      - 'web2'
    to:
      - app: {web1: [app1],
              web2: [app2]}
    # after
  app:  {kind: app, machines: [ app1, app2 ], to: [db]}
  db:   {kind: mariadb, machines: [db1]}
x-note: {a: 1}
"""


def test_a_site_yaml_is_changed_where_it_stands(tmp_path: Path) -> None:
    assert made(tmp_path, "site.yaml", YAML.encode()).decode() == YAML.replace(
        "# as typed\n", "# as typed\nuplinks: [a, b]\n"
    ).replace("[lb1]", "[lb1, lb2]").replace("[db1]", "[db1, db2]").replace(
        "- app: {web1: [app1],\n              web2: [app2]}", "- app"
    )


def test_bytes_that_are_no_text_stay_in_a_site_yaml(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf# \xe9t\xe9\n" + YAML.encode()
    found = made(tmp_path, "site.yaml", data)
    assert found.startswith(b"\xef\xbb\xbf# \xe9t\xe9\n# ours\n")
    assert b"[lb1, lb2],   to: [web]}   # the door" in found


def test_an_arrow_written_backwards(tmp_path: Path) -> None:
    text = b"flowchart LR\n    web[Nginx] <-- HTTPS --- user((Users))\n    web --> app[App server]\n"
    found = made(tmp_path, "site.mmd", text).decode()
    assert "uplink_a([Uplink A]) & uplink_b([Uplink B]) --> web & web2" in found


def test_a_list_down_the_page_grows_down_the_page(tmp_path: Path) -> None:
    text = YAML.replace("      - 'web2'\n", "").replace(",\n              web2: [app2]", ", web1: [app2]")
    text = text.replace("{web1: [app1], web1: [app2]}", "{web1: [app1]}")
    found = made(tmp_path, "site.yaml", text.encode()).decode()
    assert "      - web1   # the old one\n      - web2\n    to:\n      - app\n" in found


def test_an_alias_is_followed(tmp_path: Path) -> None:
    text = """\
# ours
site: www.example.com
x-two: &two [m1]
services:
  web: {kind: nginx, machines: *two, to: [app]}  # the web
  app: {kind: app, machines: [a1, a2]}
"""
    found = made(tmp_path, "site.yaml", text.encode()).decode()
    assert "# ours" in found
    assert "# the web" in found
    assert "x-two: &two [m1" in found


def test_a_directive_says_what_the_drawing_says(tmp_path: Path) -> None:
    text = """\
flowchart TD
    user --> web1[Nginx] --> app1[App server]
    %% colonnade: {"services": {"app": {"kind": "app", "machines": ["app1"], "port": 9000}}}
"""
    found = made(tmp_path, "site.mmd", text.encode()).decode()
    assert '"machines": ["app1", "app2"], "port": 9000' in found
    assert "web1[Nginx] & web2[Nginx 2]" in found


def test_only_and_silences_choose_the_rules(tmp_path: Path) -> None:
    silenced = YAML + "silence:\n  - {rule: no-replica, reason: known, until: 2026-06-01}\n"
    assert "db2" not in made(tmp_path, "site.yaml", silenced.encode()).decode()
    assert "db2" in made(tmp_path, "site.yaml", silenced.replace("06-01", "05-31").encode()).decode()
    only = made(tmp_path, "site.yaml", silenced.encode(), only=["no-replica"]).decode()
    assert only == silenced.replace("[db1]", "[db1, db2]")


def test_a_rule_that_harden_does_not_cure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="harden cures no rule 'no-backup'"):
        made(tmp_path, "site.yaml", YAML.encode(), only=["no-backup"])


def test_a_later_change_goes_into_the_same_section(tmp_path: Path) -> None:
    page = (DESIGNS / "three-tiers.md").read_bytes()
    once = made(tmp_path, "site.md", page, max_machines=0) + b"\n## After\n\nMore.\n"
    assert b"Left out: `load-balancer` has a second" in once
    twice = made(tmp_path, "site.md", once).decode()
    assert twice.count(HEADING) == 1
    assert twice.index(HEADING) < twice.index("more machine: load-balancer2.\n\n## After\n\nMore.\n")


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(YAML)
    found = verb.harden(path, today=TODAY)
    with pytest.raises(UsageError, match="is there already") as raised:
        verb.write(found, path, in_place=False)
    assert "--in-place" in raised.value.hint
    with pytest.raises(UsageError, match="can't hold it"):
        verb.write(found, tmp_path / "site.md", in_place=False)
    verb.write(found, tmp_path / "new.yaml", in_place=False)
    verb.write(found, path, in_place=True)
    assert path.read_text() == (tmp_path / "new.yaml").read_text() == found.after
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new.yaml", "site.yaml"]


def test_a_diff_can_be_applied(tmp_path: Path) -> None:
    found = verb.harden(DESIGNS / "three-tiers.md", today=TODAY)
    restored = difflib.restore(difflib.ndiff(found.before.split("\n"), found.after.split("\n")), 1)
    assert "\n".join(restored) == found.before
    assert found.diff.count("\n@@ ") == 3


def test_a_bad_design_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DesignError):
        made(tmp_path, "site.yaml", b"site: a.b\n")
