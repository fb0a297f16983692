"""`init`: a site.yaml to start from: from a drawing, or an example."""

from __future__ import annotations

from pathlib import Path

from colonnade import catalog
from colonnade.errors import UsageError
from colonnade.model.load import load
from colonnade.model.write_yaml import to_yaml

EXAMPLE = """\
# A site in three tiers. `colonnade schema` describes every key; `sudo colonnade up` runs it.
site: www.example.test
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}   # source: ./myapp runs an app of your own
  db: {kind: mariadb, machines: [db1, db2]}            # the first is the primary
"""


def init(source: Path | None) -> str:
    """The text of a site.yaml."""
    if source is None:
        return EXAMPLE
    return to_yaml(load(source, catalog.load().kinds))


def write(text: str, target: Path) -> None:
    """Refuses to write over a design that is there. Raises UsageError."""
    try:
        with target.open("x") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{target} is there already", hint="name another file with -o, or `-o -` to print it"
        ) from None
    except OSError as error:
        raise UsageError(f"can't write it: {error.strerror}", where=str(target)) from error
