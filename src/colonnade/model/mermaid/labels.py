"""What a reader sees of a label: markup, icons and entities resolved, lines kept. Asked by both diagram
grammars.
"""

from __future__ import annotations

import html
import re

BREAK = re.compile(r"<\s*br\s*/?\s*>|\\n", re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>")
ICON = re.compile(r"\b(?:fa[a-z]?|mdi|logos):[a-z][\w-]*", re.IGNORECASE)
ENTITY = re.compile(r"#(\w{1,30});")
"""Mermaid's own entities: `#quot;` is `&quot;`, `#35;` is `&#35;`."""
EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


LABEL_LIMIT = 500
"""Characters of a label that are read."""


def visible(text: str, *, markdown: bool = False) -> str:
    text = text[:LABEL_LIMIT]
    text = ENTITY.sub(lambda m: f"&#{m[1]};" if m[1].isdigit() else f"&{m[1]};", text)
    text = TAG.sub("", BREAK.sub("\n", text))
    text = ICON.sub("", html.unescape(text))
    if markdown:
        text = EMPHASIS.sub("", text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
