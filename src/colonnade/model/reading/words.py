"""What the words on a drawing mean: those of the kinds, and the neutral ones that name no room of the
product.

`Lexicon.line` answers for one line of a label. The longest match wins; of equal ones that of a kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from colonnade.model.kinds import Kinds
from colonnade.model.names import ADDRESS, DOMAIN
from colonnade.model.reading.vocabulary import EXTERNAL, FACT, LOOSE, MEMBER, NET, NEUTRAL, PROGRAMS, USER

CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SEGMENT = re.compile(r"[^()\[\]{}+,;:|/&→<>\"\u2013\u2014]+")
PRIMARY = re.compile(r"(?<![a-z])(?:primary|master|main|leader|writer|write|source|active)(?![a-z])")
REPLICA = re.compile(
    r"(?<![a-z])(?:(?:read )?replicas?|slaves?|(?:hot |warm )?standby|secondary|followers?|read only|"
    r"reader|read|backup|passive|copy)(?![a-z])"
)
FILE_ENDINGS = frozenset(
    [
        "html",
        "htm",
        "php",
        "py",
        "js",
        "ts",
        "jsx",
        "vue",
        "css",
        "conf",
        "cnf",
        "cfg",
        "ini",
        "md",
        "mmd",
        "sock",
        "jpg",
        "png",
        "svg",
        "json",
        "yml",
        "yaml",
        "toml",
        "xml",
        "sh",
        "sql",
        "log",
        "txt",
        "pid",
        "service",
        "pem",
        "crt",
        "key",
        "rb",
        "go",
        "rs",
        "jar",
        "war",
        "e",
        "g",
    ]
)


@dataclass(frozen=True)
class Word:
    """What was found: `sort` is one of the names above, `value` the kind, fact or program; `through`:
    requests go on through it.
    """

    sort: str
    value: str
    length: int = 0
    start: int = 0
    through: bool = False


def is_site_name(text: str) -> bool:
    return text.rpartition(".")[2].lower() not in FILE_ENDINGS and text.lower() not in {
        "asp.net",
        "socket.io",
        "draw.io",
    }


def plain(text: str) -> str:
    """Lower case, punctuation as single spaces."""
    return " ".join(re.sub(r"[\W_]+", " ", text).lower().split())


def forms(text: str) -> Iterator[str]:
    """The text as written, and with `CamelCase` taken apart."""
    yield plain(text)
    if (apart := plain(CAMEL.sub(" ", text))) != plain(text):
        yield apart


def bare(text: str) -> str:
    """Without addresses and the names of sites."""
    return DOMAIN.sub(lambda m: " " if is_site_name(m.group()) else m.group(), ADDRESS.sub(" ", text))


@dataclass(frozen=True)
class Lexicon:
    kinds: Kinds
    patterns: tuple[tuple[re.Pattern[str], Word], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, kinds: Kinds) -> Lexicon:
        words = [(word, Word(MEMBER, kind.name)) for kind in kinds.values() for word in kind.words]
        words += [
            (pattern, Word(sort, value, through=sort in {FACT, NET})) for sort, value, pattern in NEUTRAL
        ]
        words += [(pattern, Word(EXTERNAL, what, through=through)) for what, pattern, through in PROGRAMS]
        return cls(
            kinds,
            tuple(
                (re.compile(rf"(?<![^\W_])({pattern})s?\d*(?![^\W_])", re.IGNORECASE), word)
                for pattern, word in words
            ),
        )

    def label(self, text: str) -> Word | None:
        """The first line that says something decides."""
        return next((word for line in text.split("\n") if (word := self.line(line))), None)

    def line(self, line: str) -> Word | None:
        """The first part between brackets, commas and the like says what sort it is; of kinds the longest of
        the line wins.
        """
        found = [word for part in SEGMENT.findall(bare(line)) if (word := self.part(part))]
        if found and found[0].sort == MEMBER:
            return max((w for w in found if w.sort == MEMBER), key=lambda w: w.length)
        if not found and not plain(bare(line)) and DOMAIN.search(line):
            return Word(NET, "the site's name", through=True)
        return found[0] if found else None

    def part(self, part: str) -> Word | None:
        found = list(self.matches(part))
        best = max(found, key=lambda w: w.length, default=None)
        if best and best.sort in {USER, FACT, LOOSE} and best.value in {"users", "backup"}:
            after = [w for w in found if w.sort in {MEMBER, EXTERNAL} and w.start >= best.start + best.length]
            return max(after, key=lambda w: w.length, default=best)
        return best

    def matches(self, part: str) -> Iterator[Word]:
        """In the text as written; only if nothing is known there, with `CamelCase` taken apart (MySQL is no
        SQL of mine).
        """
        for text in forms(part):
            found = [
                Word(w.sort, w.value, m.end(1) - m.start(1), m.start(1), w.through)
                for pattern, w in self.patterns
                for m in pattern.finditer(text)
            ]
            yield from found
            if found:
                return

    def facts(self, text: str) -> Iterator[str]:
        """The facts that a member's label states beside its kind."""
        for part in SEGMENT.findall(bare(text.replace("\n", ";"))):
            word = self.part(part)
            if word and word.sort == FACT and word.value in {"certificate", "firewall", "monitoring"}:
                yield word.value


def role(*texts: str) -> str:
    """`primary`, `replica` or empty: the first text that says either, and not both, decides."""
    for text in texts:
        for form in forms(text.replace("\n", " ")):
            primary, replica = PRIMARY.search(form), REPLICA.search(form)
            if bool(primary) != bool(replica):
                return "primary" if primary else "replica"
    return ""
