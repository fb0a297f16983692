"""A `site.yaml` as a `Design`. Asked by `load`."""

from __future__ import annotations

from colonnade.model.check import check
from colonnade.model.design import Design
from colonnade.model.kinds import Kinds
from colonnade.model.site_file import Builder
from colonnade.model.source import Problems
from colonnade.model.yaml_nodes import parse


def read(text: str, path: str, kinds: Kinds) -> Design:
    """Raises `DesignError` with every problem of the file."""
    problems = Problems(path)
    data, places = parse(text, problems)
    if not isinstance(data, dict):
        raise problems.stop(
            "the file holds no design", "begin with  site: www.example.com  and  services:", places.of(())
        )
    builder = Builder(lambda at, key: places.of(at, key=key), problems, kinds)
    design = builder.design(data, path)
    problems.stop_if_any()
    problems.extend(check(design, kinds, places.of(("site",))))
    problems.stop_if_any()
    return design
