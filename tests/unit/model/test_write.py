"""What the writers make is for people: these are whole texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade.model.kinds import Kind
from colonnade.model.load import loads
from colonnade.model.write_mermaid import to_mermaid
from colonnade.model.write_yaml import to_yaml
from tests.unit.model.kinds import KINDS, AppSettings

SITE = """\
site: www.foobar.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [{app: {web1: [app1], web2: [app2]}}]}
  app: {kind: app, machines: [app1, app2], to: [db, redis], source: ./guestbook}
  db: {kind: mariadb, machines: [db1, db2]}
external:
  redis: {what: Redis}
"""
DRAWING = """\
---
title: www.foobar.com
---
flowchart TD
    user([Users]) -->|www.foobar.com| dns([DNS])
    user -->|HTTPS| edge
    subgraph edge ["edge tier"]
        lb1{{"Load balancer<br/>lb1"}}
    end
    subgraph web ["web tier"]
        web1["Web server<br/>web1"]
        web2["Web server<br/>web2"]:::bad
    end
    subgraph app ["app tier"]
        app1("Application server<br/>app1")
        app2("Application server<br/>app2")
    end
    subgraph db ["db tier"]
        db1[("Database, primary<br/>db1")]
        db2[("Database, replica<br/>db2")]
    end
    redis[["Redis"]]
    edge --> web
    web1 --> app1
    web2 --> app2
    app --> db
    app --> redis
    db1 -.->|replication| db2
    classDef bad fill:#f66
    %% colonnade: {"services": {"app": {"kind": "app", "machines": ["app1", "app2"], "to": ["db", "redis"], \
"public": false, "source": "./guestbook"}}}
"""
GOLDEN = Path(__file__).parent / "golden"


def test_yaml_is_written_as_a_person_would() -> None:
    assert to_yaml(loads(SITE, "site.yaml", KINDS)) == SITE


def test_the_drawing_of_a_site() -> None:
    design = loads(SITE, "site.yaml", KINDS)
    assert to_mermaid(design, KINDS, {"web2": "bad"}, {"bad": "fill:#f66"}) == DRAWING


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("[0-9]*.golden")), ids=lambda p: p.stem)
def test_every_drawing_can_be_written_in_both_forms(path: Path) -> None:
    design = loads(path.read_text("utf-8").rpartition("-" * 20 + "\n")[0], path.stem, KINDS)
    assert loads(to_yaml(design), "site.yaml", KINDS) == design
    drawing = to_mermaid(design, KINDS)
    assert loads(drawing, "site.mmd", KINDS) == design
    assert '"complete"' not in drawing


def test_what_nobody_draws_stands_beside_the_drawing() -> None:
    kinds = {**KINDS, "vips": Kind("vips", "floating addresses", AppSettings, drawn=False, written=True)}
    floating = "  floats: {kind: vips, machines: [lb1], port: 5}\n"
    design = loads(SITE.replace("external:", f"{floating}external:"), "site.yaml", kinds)
    text = to_mermaid(design, kinds)
    assert text.startswith(DRAWING.split("    classDef", maxsplit=1)[0].replace(":::bad", ""))
    assert '"floats": {"kind": "vips", "machines": ["lb1"], "public": false, "port": 5}' in text
    assert loads(text, "site.mmd", kinds) == design
    assert loads(to_yaml(design), "site.yaml", kinds) == design
