"""A design's file as a `Design`: the one door of this layer. Asked by every verb."""

from __future__ import annotations

from pathlib import Path

from colonnade.errors import DesignError, Problem, UsageError
from colonnade.model import yaml_file
from colonnade.model.design import Design
from colonnade.model.kinds import Kinds
from colonnade.model.reading import read
from colonnade.model.source import SIZE_LIMIT, clean, decode

MARKDOWN = frozenset({".md", ".markdown"})
DIAGRAM = frozenset({".mmd", ".mermaid"})
YAML = frozenset({".yaml", ".yml"})
SUFFIXES = MARKDOWN | DIAGRAM | YAML


def load(path: Path, kinds: Kinds) -> Design:
    """Raises `UsageError` if there's no such file, `DesignError` with every problem of what it says."""
    check_suffix(path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"can't read the design '{path}': {reason(path, error)}", hint=nearby(path)
        ) from None
    return loads(decode(data), str(path), kinds)


def loads(text: str, path: str, kinds: Kinds) -> Design:
    """`path` says how the text is to be read, and stands in every message."""
    suffix = check_suffix(Path(path))
    text = clean(text)
    if len(text) > SIZE_LIMIT:
        raise DesignError(
            path,
            [Problem(0, 0, f"the file has more than {SIZE_LIMIT} characters", "is this really a design?")],
        )
    if suffix in YAML:
        return yaml_file.read(text, path, kinds)
    return read.read(text, path, kinds, markdown=suffix in MARKDOWN)


def check_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and not path.is_dir():
        raise UsageError(f"'{path}' is no design by its name", hint="a design ends in .yaml, .md or .mmd")
    return suffix


def reason(path: Path, error: OSError | ValueError) -> str:
    if path.is_dir():
        return "it is a folder"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def nearby(path: Path) -> str:
    """What could have been meant: the designs in that folder."""
    folder = path if path.is_dir() else path.parent
    try:
        found = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    except OSError:
        return f"the folder '{folder}' can't be read either"
    return (
        f"designs there: {', '.join(found[:10])}"
        if found
        else "there is no .yaml, .md or .mmd file in that folder"
    )
