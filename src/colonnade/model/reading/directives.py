"""What a drawing says in `%% colonnade: {...}` lines: parts of a site.yaml, in JSON, that stand above what is
drawn.

    %% colonnade: {"services": {"app": {"kind": "app", "machines": ["app1"], "to": ["db"], "port": 9000}}}

A service named so replaces the one drawn; `null` takes it away. The other sections replace what is drawn
as a whole.
With `"complete": true` the line is the whole design, and the drawing only its picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from colonnade.model.mermaid.ast import Comment
from colonnade.model.places import Places
from colonnade.model.shapes import closest
from colonnade.model.site_file import TOP
from colonnade.model.source import Problems

MARK = re.compile(r"colonnade\s*:\s*(.*)", re.IGNORECASE)
DEPTH_LIMIT = 30


def apply(
    document: dict[str, Any], places: Places, comments: Iterable[Comment], problems: Problems
) -> dict[str, Any]:
    """The document with the directives' parts in place."""
    merged = dict(document)
    for comment in comments:
        if not (found := MARK.match(comment.text)):
            continue
        for section, value in parse(found[1], comment, problems).items():
            if section == "complete":
                continue
            places.put((section,), comment.position)
            if section == "services" and isinstance(value, dict) and isinstance(merged.get("services"), dict):
                merged["services"] = replace(merged["services"], value, places, comment)
            else:
                merged[section] = value
    return merged


def whole(comments: Iterable[Comment], places: Places, problems: Problems) -> dict[str, Any] | None:
    """The document of a line that is complete, if there's one."""
    for comment in comments:
        if (found := MARK.match(comment.text)) and '"complete"' in found[1]:
            document = parse(found[1], comment, problems)
            if document.pop("complete", False) is True:
                places.put((), comment.position)
                return document
    return None


def replace(
    services: dict[str, Any], written: dict[str, Any], places: Places, comment: Comment
) -> dict[str, Any]:
    for name in written:
        places.put(("services", name), comment.position)
    return {n: s for n, s in {**services, **written}.items() if s is not None}


def parse(text: str, comment: Comment, problems: Problems) -> dict[str, Any]:
    try:
        data = json.loads(text) if text.count("[") + text.count("{") < 10_000 else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        problems.add(
            comment.position,
            "what follows 'colonnade:' is no JSON object",
            'write  %% colonnade: {"site": "www.example.com"}',
        )
        return {}
    known = (*TOP, "complete")
    for key in data:
        if key not in known:
            problems.add(comment.position, f"nothing here is called '{key}'", closest(key, known))
    return {k: v for k, v in data.items() if k in known}
