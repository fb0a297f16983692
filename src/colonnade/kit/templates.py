"""Renders a room's Jinja templates. An undefined name is an error; nothing is escaped, so rooms quote for
their program.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - configuration files, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(package: str, template: str, **values: object) -> bytes:
    """`package` is the room (`colonnade.components.nginx`), `template` a file in its `templates/` folder."""
    return _environment(package).get_template(template).render(**values).encode()
