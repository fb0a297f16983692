"""SQL as text: quoting, and the room's `.sql.j2` templates. Asked by those who state what a server holds."""

from __future__ import annotations

from colonnade.kit.templates import render

PACKAGE = "colonnade.components.mariadb"


def text(value: str) -> str:
    """A string literal, safe in every sql_mode but NO_BACKSLASH_ESCAPES, which this room never sets."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def render_sql(template: str, **values: object) -> str:
    return render(PACKAGE, f"{template}.sql.j2", text=text, **values).decode()
