"""A site.yaml's text with what a design has more than it. Asked by `edit`.

Values are written into the text where they stand; where that can't be (aliases, an unusual shape), the file
is loaded and dumped by ruamel.yaml, which keeps comments and order too, though not every blank.
"""

from __future__ import annotations

import io
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from colonnade.model.design import Design, Position
from colonnade.model.editing.lines import Lines, Unusual
from colonnade.model.source import clean
from colonnade.model.write_yaml import document, inline

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rewritten(text: str, before: Design, after: Design) -> str:
    """By places."""
    lines = Lines.of(text)
    root = composed(clean(text))
    old, new = document(before), document(after)
    if old.get("uplinks") != new.get("uplinks"):
        uplinks(lines, root, after.uplinks)
    for name, entry in new["services"].items():
        node = child(child(root, "services"), name)
        was = old["services"][name]
        append(lines, child(node, "machines"), entry["machines"][len(was["machines"]) :])
        for index, (one, other) in enumerate(zip(was.get("to", []), entry.get("to", []), strict=False)):
            if one != other:
                put(lines, link_of(node, index), other)
    return lines.text()


def composed(text: str) -> Any:
    loader = LOADER(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def child(node: Any, key: str) -> Any:
    """Raises `Unusual` where it is not written out here."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value
    raise Unusual(key)


def link_of(node: Any, index: int) -> Any:
    """The entry of a link under `to`. One mapping may hold several; then there is no such entry."""
    links = child(node, "to")
    single = isinstance(links, yaml.SequenceNode) and all(
        isinstance(n, yaml.ScalarNode) or (isinstance(n, yaml.MappingNode) and len(n.value) == 1)
        for n in links.value
    )
    if not single:
        raise Unusual("to")
    return links.value[index]


def start(node: Any) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def end(node: Any) -> Position:
    """What is in block style ends with its last value, not where the next thing begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return Position(node.end_mark.line + 1, node.end_mark.column + 1)


def append(lines: Lines, node: Any, names: list[str]) -> None:
    if not names:
        return
    last = node.value[-1]
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(n, yaml.ScalarNode) for n in node.value):
        raise Unusual(names[0])
    if node.flow_style:
        lines.insert(end(last), "".join(f", {inline([name])[1:-1]}" for name in names))
        return
    indent = lines.line(start(last).line)[: start(last).column - 1]
    lines.add(end(last).line, *(f"{indent}{inline([name])[1:-1]}" for name in names))


def put(lines: Lines, node: Any, value: Any) -> None:
    """Another value instead of this one. Of one over several lines the first stays, with what follows the
    last; comments in between have no place then.
    """
    first, last = start(node), end(node)
    text = inline([value])[1:-1]
    if first.line == last.line:
        lines.replace(first, last.column - first.column, text)
        return
    if "#" in lines.slice(first, last):
        raise Unusual(text)
    rest = lines.line(last.line)[last.column - 1 :]
    lines.replace(first, len(lines.line(first.line)) - first.column + 1, text + rest)
    lines.removed.update(range(first.line + 1, last.line + 1))


def uplinks(lines: Lines, root: Any, names: tuple[str, ...]) -> None:
    known = next((value for key, value in root.value if key.value == "uplinks"), None)
    if known is not None:
        append(lines, known, list(names[len(known.value) :]))
        return
    site = child(root, "site")
    if root.flow_style:
        raise Unusual("uplinks")
    lines.add(end(site).line, f"uplinks: [{', '.join(names)}]")


def dumped(text: str, after: Design) -> str:
    """By ruamel.yaml."""
    editor = YAML(typ="rt")
    editor.preserve_quotes = True
    editor.width = 10_000
    editor.indent(mapping=2, sequence=4, offset=2)
    data = editor.load(text)
    wanted = document(after)
    for name, entry in wanted["services"].items():
        for key in ("machines", "to"):
            if key in entry and data["services"][name].get(key) != entry[key]:
                data["services"][name][key] = row(entry[key])
    if wanted.get("uplinks") and data.get("uplinks") != wanted["uplinks"]:
        data.pop("uplinks", None)
        data.insert(list(data).index("site") + 1, "uplinks", row(wanted["uplinks"]))
    out = io.StringIO()
    editor.dump(data, out)
    return out.getvalue()


def row(values: list[Any]) -> CommentedSeq:
    """A list in one line."""
    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made
