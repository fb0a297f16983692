"""The name that users type, found in a drawing or around it. Asked by `read`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath

from colonnade.model.mermaid.ast import Drawing
from colonnade.model.mermaid.document import Page
from colonnade.model.names import DOMAIN, is_domain, slug
from colonnade.model.reading.words import is_site_name

LINK = re.compile(r"\]\([^)\n]*\)|<https?://[^>\n]*>|https?://\S+")
HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+([^\n]*)$", re.MULTILINE)


def site(drawing: Drawing, page: Page, path: str) -> tuple[str, str]:
    """The name, and where it was found. Front matter says it; else the diagram, the file's name, a title, the
    prose.
    """
    stem = PurePath(path).stem
    prose = LINK.sub(" ", page.prose)
    written = [page.front.get("site", "")] if page.front.get("site") else []
    for found, where in (
        (written, "front matter"),
        (named(label for label in labels(drawing)), "the diagram"),
        ([stem.lower()] if is_domain(stem) and is_site_name(stem) else [], "the file's name"),
        (named([page.front.get("title", ""), *HEADING.findall(prose)]), "a title"),
        ([n for n in named([prose]) if n.startswith("www.")], "the text"),
    ):
        if found:
            return found[0], where
    return f"{slug(stem) or 'site'}.test", ""


def labels(drawing: Drawing) -> Iterable[str]:
    yield from (edge.label for edge in drawing.edges)
    yield from (node.label for node in drawing.nodes.values())
    yield from (group.title for group in drawing.groups.values())


def named(texts: Iterable[str]) -> list[str]:
    """The DNS names in the texts, the most frequent first, of equal ones those with www, then in order."""
    counts = Counter(
        m.group().lower()
        for text in texts
        for m in DOMAIN.finditer(text)
        if is_site_name(m.group()) and is_domain(m.group())
    )
    return sorted(counts, key=lambda n: (-counts[n], not n.startswith("www.")))
