"""Web servers in reserve: drawn, written in YAML, and written in the other form again."""

from __future__ import annotations

import pytest

from colonnade import catalog
from colonnade.components.haproxy.settings import HaproxySettings
from colonnade.model.load import loads
from colonnade.model.write_mermaid import to_mermaid
from colonnade.model.write_yaml import to_yaml

DRAWN = """
flowchart LR
    user --> lb[HAProxy]
    lb -->|active-passive| web1[Nginx 1] & web2[Nginx 2]
    web1 & web2 --> app1[App] --> db1[(MariaDB)]
"""
WRITTEN = """
site: www.example.org
services:
  edge: {kind: haproxy, machines: [lb1], to: [web], backup: [web2]}
  web: {kind: nginx, machines: [web1, web2, web3]}
"""


def test_an_arrow_says_active_passive() -> None:
    design = loads(DRAWN, "site.mmd", catalog.load().kinds)
    (door,) = design.doors
    assert isinstance(door.settings, HaproxySettings)
    assert door.settings.backup == "others"
    assert "backup others of the service lb" in [reading.read for reading in design.readings]


@pytest.mark.parametrize(("text", "path"), [(DRAWN, "site.mmd"), (WRITTEN, "site.yaml")])
def test_both_forms_keep_the_reserve(text: str, path: str) -> None:
    kinds = catalog.load().kinds
    design = loads(text, path, kinds)
    assert loads(to_yaml(design), "again.yaml", kinds) == design
    assert loads(to_mermaid(design, kinds), "again.mmd", kinds) == design
