"""What looks like a secret in a design, and how it is kept out of what review prints. Pure."""

from __future__ import annotations

import re

NAME = re.compile(
    r"(?:^|[_\W])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|private_?key|credentials?|access_?key)s?(?:$|[_\W])",
    re.IGNORECASE,
)
"""Names whose values are secrets."""
VALUE = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@\"']{0,100}:)(?P<hidden>[^\s:/@\"'{$]{1,200})(?=@)"
    r"|(?P<key>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bglpat-[\w-]{20,}|\bxox[abpr]-[\w-]{10,}"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)"
)
"""Secrets known by their form: a password in a URL, access keys of well-known makers, private keys."""
ASSIGNED = re.compile(
    r"(?P<name>\b[\w-]{0,40}(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key)s?[\"']?\s{0,3}[:=]\s{0,3})"
    r"(?P<hidden>\"[^\"]{4,}\"|'[^']{4,}'|[^\s\"',;{}\[\]()]{6,})",
    re.IGNORECASE,
)
"""`password: hunter22` in a line of text."""
PLACEHOLDER = re.compile(
    r"^[\"']?(?:\$|<|\{|\*+|x{3,}|\.{3}|changeme|example|none|null|true|false|env|file)", re.IGNORECASE
)
MASK = "********"


def in_text(text: str) -> bool:
    """Whether a line of prose or a label holds a secret."""
    if VALUE.search(text):
        return True
    return any(_real(found["hidden"]) for found in ASSIGNED.finditer(text))


def in_setting(name: str, value: str) -> bool:
    """Whether a setting of this name and value is one."""
    return bool(VALUE.search(value)) or (bool(NAME.search(name)) and _said(value))


def masked(line: str) -> str:
    """The line as it may be shown."""
    line = VALUE.sub(lambda m: f"{m['url']}{MASK}" if m["url"] else MASK, line)
    return ASSIGNED.sub(lambda m: m["name"] + (MASK if _real(m["hidden"]) else m["hidden"]), line)


def _real(value: str) -> bool:
    """Of words in a text ("the token: always") only those with digits or signs, or long ones, are secrets."""
    return _said(value) and (bool(re.search(r"[^A-Za-z\"']", value)) or len(value) >= 16)


def _said(value: str) -> bool:
    """Whether it is a value and no stand-in for one."""
    return bool(value.strip("\"'")) and not PLACEHOLDER.match(value)
