"""`harden`: a design's file with what review finds cured, where a change of the design can cure it."""

from __future__ import annotations

import codecs
import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from colonnade import catalog
from colonnade.errors import UsageError
from colonnade.model.design import Design, Silence
from colonnade.model.editing.edit import REWRITTEN, edited, says
from colonnade.model.kinds import Kinds
from colonnade.model.load import MARKDOWN, load
from colonnade.model.shapes import closest
from colonnade.review import harden as hardening
from colonnade.review.harden import Hardened
from colonnade.review.harden_words import section, with_section
from colonnade.review.hardens import HARDENS
from colonnade.verbs.opening import find

LINE = re.compile(r"[^\n]*\n|[^\n]+")
NO_NEWLINE = "\\ No newline at end of file"
"""What `diff` and `patch` say of a last line without an end."""


@dataclass(frozen=True)
class Result:
    """`before` and `after` are the file's text; bytes that are no text are kept as lone surrogates.
    `silences` kept something from being changed.
    """

    path: Path
    before: str
    after: str
    encoding: str
    drawn_anew: bool
    hardened: Hardened
    silences: tuple[Silence, ...]

    @property
    def diff(self) -> str:
        """Unified, empty when nothing changed."""
        name = str(self.path)
        before, after = (LINE.findall(text) for text in (self.before, self.after))
        lines = difflib.unified_diff(before, after, name, name)
        return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}\n" for line in lines)

    def encoded(self, text: str) -> bytes:
        """As the file has it: what is no text comes out as it went in."""
        return text.encode(self.encoding, "surrogateescape" if self.encoding == "utf-8" else "surrogatepass")


def harden(
    file: Path | None, only: Sequence[str] = (), max_machines: int | None = None, *, today: date
) -> Result:
    """Raises UsageError for a rule that harden can't cure, DesignError for a bad design."""
    path = find(file)
    for rule in only:
        if rule not in HARDENS:
            raise UsageError(f"harden cures no rule '{rule}'", hint=closest(rule, sorted(HARDENS)))
    kinds = catalog.load().kinds
    design = load(path, kinds)
    silences = () if only else in_force(design, today)
    rules = frozenset(only) or HARDENS - {silence.rule for silence in silences}
    done = hardening.harden(design, kinds, rules, max_machines)
    before, encoding = text_of(path)
    after, drawn_anew = written(before, design, done, kinds)
    return Result(path, before, after, encoding, drawn_anew, done, silences)


def in_force(design: Design, today: date) -> tuple[Silence, ...]:
    """What an operator does not want to hear of is not changed behind their back either."""
    return tuple(s for s in design.silences if s.rule in HARDENS and s.until >= today)


def written(before: str, design: Design, done: Hardened, kinds: Kinds) -> tuple[str, bool]:
    """The text that says the hardened design, read back to be sure, and whether it was written anew."""
    made = edited(before, design, done.design, kinds)
    text = made.text
    drawn_anew = made.how == REWRITTEN
    if done.changes and Path(design.path).suffix.lower() in MARKDOWN:
        text = with_section(text, list(section(done, drawn_anew=drawn_anew)))
        assert says(text, design.path, done.design, kinds), "the section changes what the document says"
    return text, drawn_anew


def text_of(path: Path) -> tuple[str, str]:
    """The text and its encoding, such that encoding it gives the same bytes."""
    data = path.read_bytes()
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data.decode(encoding, "surrogatepass"), encoding
    return data.decode("utf-8", "surrogateescape"), "utf-8"


def write(result: Result, target: Path, *, in_place: bool) -> None:
    """Whole or not at all. Writes over the design itself only when told so, and over no other file."""
    if target.suffix.lower() != result.path.suffix.lower():
        raise UsageError(
            f"{target} can't hold it: harden writes a design in the form it reads",
            hint=f"name a file that ends in {result.path.suffix}; `init --from` makes YAML of a drawing",
        )
    if target.exists() and not in_place:
        raise UsageError(
            f"{target} is there already",
            hint="name another file, or change the design itself with --in-place",
        )
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        staged.write_bytes(result.encoded(result.after))
        if in_place:
            staged.chmod(target.stat().st_mode)
        staged.replace(target)
    except OSError as error:
        raise UsageError(f"can't write it: {error.strerror}", where=str(target)) from error
    finally:
        staged.unlink(missing_ok=True)
