"""YAML text as plain data, with the position of every key and value. Asked by `yaml_file`.

PyYAML's own constructor is not used: it takes duplicate keys silently, expands alias bombs, and makes
dates of strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from colonnade.model.design import NOWHERE, Position
from colonnade.model.places import Path, Places
from colonnade.model.source import Problems

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEPTH_LIMIT = 30
TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "value", "merge"})
"""What YAML itself makes of plain words, under `tag:yaml.org,2002:`."""
NODE_LIMIT = 20_000
"""Values in a file after its aliases are followed; a design of a hundred machines has two thousand."""
BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse(text: str, problems: Problems) -> tuple[Any, Places]:
    """The data of one YAML document and its places. Raises `DesignError` when the text is no YAML."""
    places = Places()
    try:
        check_depth(text, problems)
        loader = LOADER(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else NOWHERE
        raise problems.stop(
            f"this is no YAML: {str(error.problem or error.context).removeprefix('but ')}",
            yaml_hint(error, text),
            at,
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise problems.stop(
            f"this is no YAML: {str(error).splitlines()[0]}", "save the file as plain UTF-8 text"
        ) from None
    walker = Walker(problems, places)
    data = None if root is None else walker.value(root, ())
    return data, places


def yaml_hint(error: yaml.MarkedYAMLError, text: str) -> str:
    said = f"{error.problem} {error.context}"
    if error.problem_mark and text[error.problem_mark.index : error.problem_mark.index + 1] == "\t":
        return "indent with spaces: YAML takes no tabs"
    if "mapping values are not allowed" in said:
        return "look for a missing line break or a wrong indent before this colon"
    if "expected ',' or" in said:
        return "a bracket is open: look for a missing ',', ']' or '}'"
    if "could not find expected ':'" in said:
        return "a key needs a colon and a space after it"
    return "look at the indents and brackets of this line and the one before"


def check_depth(text: str, problems: Problems) -> None:
    """Events come one by one, so this can't overflow the stack as composing can."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT:
            mark = event.start_mark
            at = Position(mark.line + 1, mark.column + 1) if mark else NOWHERE
            raise problems.stop(f"values are nested deeper than {DEPTH_LIMIT}", position=at)


@dataclass
class Walker:
    problems: Problems
    places: Places
    visited: int = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        at = position(node)
        self.places.values[path] = at
        self.visited += 1
        if self.visited > NODE_LIMIT or len(path) > DEPTH_LIMIT:
            raise self.problems.stop(
                "the file is too big once its aliases are followed", "write the values out", at
            )
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, at)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in self.pairs(node):
            at = position(key_node)
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if not key:
                self.problems.add(at, "a key must be a plain word", "write  name: value")
            elif key in found:
                first = self.places.keys[(*path, key)].line
                self.problems.add(
                    at, f"'{key}' is written twice; the first is in line {first}", "keep one of them"
                )
            else:
                self.places.keys[(*path, key)] = at
                found[key] = self.value(value_node, (*path, key))
        return found

    def pairs(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Its own pairs, then those merged in with `<<` that it doesn't have."""
        own = {k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode)}
        merged = []
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                merged += [s for s in sources if isinstance(s, yaml.MappingNode)]
            else:
                yield key, value
        for source in merged:
            for key, value in source.value:
                if isinstance(key, yaml.ScalarNode) and key.value not in own and key.value != "<<":
                    own.add(key.value)
                    yield key, value

    def scalar(self, node: yaml.Node, at: Position) -> Any:
        text, tag = str(node.value), node.tag.rpartition(":")[2]
        if tag not in TAGS or not node.tag.startswith("tag:yaml.org,2002:"):
            self.problems.add(at, f"the tag '{node.tag}' means nothing here", "write a plain value")
        if tag == "null":
            return None
        if tag == "bool":
            return BOOLEANS.get(text.lower(), text)
        if tag in {"int", "float"} and len(text) < 30:
            return number(text)
        return text


def number(text: str) -> int | float | str:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def position(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
