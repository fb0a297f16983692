"""Where in a file the diagram is, and what stands around it. Asked by `reading.read`; answers with a `Page`.

A Markdown page may hold many fences; a `.mmd` file is one diagram. Lines keep their numbers: what is taken
away becomes spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from colonnade.model.design import Position
from colonnade.model.mermaid import architecture, flowchart
from colonnade.model.mermaid.ast import Comment, Drawing
from colonnade.model.mermaid.tokens import NotMermaid

FENCE = re.compile(
    r"^(?P<indent>[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?)(?P<mark>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^`\n]*)$"
)
LANGUAGE = re.compile(r"\{?\.?mermaid\b", re.IGNORECASE)
FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)\n[ \t]*---[ \t]*(?:\n|$)", re.DOTALL)
COMMENT = re.compile(r"([ \t]*%%)(?!\{)(.*)$")
TAG = re.compile(r"<\w+[^<>\n]{0,500}>")
FLOWCHART = re.compile(r"(?:flowchart-elk|flowchart|graph)\b")
ARCHITECTURE = re.compile(r"architecture(?:-beta)?\b")


@dataclass(frozen=True)
class Page:
    """`diagrams`: text and first line of each that could be an infrastructure; `others` counts diagrams of
    other types.
    """

    diagrams: tuple[tuple[str, int], ...]
    prose: str
    front: dict[str, str] = field(default_factory=dict)
    others: int = 0
    unmarked: int = 0
    """The line of a fence that holds a diagram but doesn't say `mermaid`; 0 if there's none."""


def page(text: str, *, markdown: bool) -> Page:
    front = front_matter(text)
    if not markdown:
        return Page(((text, 1),), "", front)
    fences, prose = split(text)
    mermaid = [(body, line) for info, body, line in fences if LANGUAGE.match(info)]
    diagrams = tuple((body, line) for body, line in mermaid if diagram_type(body) != "other")
    unmarked = next(
        (
            line
            for info, body, line in fences
            if not LANGUAGE.match(info) and diagram_type(body) not in {"other", "empty"}
        ),
        0,
    )
    return Page(diagrams, prose, front, len(mermaid) - len(diagrams), unmarked - 1 if unmarked else 0)


def split(text: str) -> tuple[list[tuple[str, str, int]], str]:
    """The fences as (info, body, line of the body), and the prose, with the lines of fences empty."""
    fences: list[tuple[str, str, int]] = []
    prose: list[str] = []
    body: list[str] = []
    opened: re.Match[str] | None = None
    first = 0
    for number, line in enumerate(text.split("\n"), 1):
        found = FENCE.match(line)
        prose.append("")
        if opened is None and found and (found["mark"][0] != ":" or LANGUAGE.match(found["info"])):
            opened, body, first = found, [], number + 1
        elif opened is None:
            prose[-1] = line
        elif found and found["mark"].startswith(opened["mark"]) and not found["info"].strip():
            fences.append((opened["info"], "\n".join(body), first))
            opened = None
        else:
            body.append(unquoted(line) if ">" in opened["indent"] else line)
    if opened is not None:
        fences.append((opened["info"], "\n".join(body), first))
    return fences, "\n".join(prose)


def unquoted(line: str) -> str:
    quote = re.match(r"[ \t>]*", line)
    return " " * quote.end() + line[quote.end() :] if quote else line


def front_matter(text: str) -> dict[str, str]:
    found = FRONT_MATTER.match(text)
    if not found or len(found[1]) > 20_000:
        return {}
    try:
        data = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def strip(text: str, first_line: int) -> tuple[str, tuple[Comment, ...]]:
    """The diagram's text with front matter, `%%{init}%%` and comments blanked, and the comments."""
    if found := FRONT_MATTER.match(text):
        text = blank(found.group()) + text[found.end() :]
    lines = without_directives(text).split("\n")
    comments = []
    for number, line in enumerate(lines):
        if comment := COMMENT.match(line):
            comments.append(Comment(comment[2].strip(), Position(first_line + number, len(comment[1]) + 1)))
            lines[number] = ""
    return TAG.sub(lambda m: m.group().replace('="', "='").replace('"', "'"), "\n".join(lines)), tuple(
        comments
    )


def without_directives(text: str) -> str:
    """Without `%%{ ... }%%`, which may go over several lines. By `find`: a regular expression is quadratic
    here.
    """
    start = text.find("%%{")
    while start >= 0 and (end := text.find("}%%", start)) >= 0:
        text = text[:start] + blank(text[start : end + 3]) + text[end + 3 :]
        start = text.find("%%{", end)
    return text


def diagram_type(text: str) -> str:
    """`flowchart`, `architecture`, `empty` or `other`."""
    start = strip(text, 1)[0].lstrip("\n\t ;")
    if not start:
        return "empty"
    return "flowchart" if FLOWCHART.match(start) else "architecture" if ARCHITECTURE.match(start) else "other"


def draw(text: str, first_line: int) -> Drawing:
    """Raises `NotMermaid`."""
    kind = diagram_type(text)
    stripped, comments = strip(text, first_line)
    if kind == "architecture":
        return architecture.parse(stripped, first_line, comments)
    if kind == "empty":
        raise NotMermaid(
            Position(first_line, 1),
            "the diagram is empty",
            "begin it with `flowchart TD` and draw an arrow: user --> web[Web server]",
        )
    return flowchart.parse(stripped, first_line, comments)
