"""What may be a name, and how one is made from what people wrote. Asked by the loaders and by `check`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from ipaddress import IPv4Address

HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a host name in lower case: RFC 1123, section 2.1."""
MACHINE_LENGTH = 40
LAB_UPLINKS = ("a", "b")
"""The lines to the Internet that a lab has."""
TAKEN = frozenset({"localhost", "client", "resolver", "operator"})
"""Names that the lab and every machine already give to something else."""
DOMAIN = re.compile(
    r"(?<![a-z0-9.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    (
        r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.])|"
        r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}:?[0-9a-f]{0,4}(?![\w:])"
    ),
    re.IGNORECASE,
)
BARE = re.compile(r"(?:node|id|item|box|n|step|v|sub-?graph)?-?\d*|[a-z]-?\d*", re.IGNORECASE)
"""Ids that only number the things drawn: A, n1, node3."""


def slug(text: str) -> str:
    """`Web_Server 1 (Nginx)` as `web-server-1-nginx`; empty if nothing is left. Words without any ASCII are
    emoji, whole or broken.
    """
    text = " ".join(word for word in text.split() if re.search(r"[A-Za-z0-9]", word))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MACHINE_LENGTH].rstrip("-")


def telling(id_: str) -> str:
    """The slug of an id that says something about the thing drawn, else empty."""
    name = slug(id_)
    return "" if BARE.fullmatch(name) or sum(c.isalpha() for c in name) < 2 else name


def unique(name: str, used: Container[str]) -> str:
    """`name`, or `name-2`, `name-3`, … if it is used or taken."""
    candidate, number = name, 1
    while candidate in used or candidate in TAKEN:
        number += 1
        ending = f"-{number}"
        candidate = name[: MACHINE_LENGTH - len(ending)].rstrip("-") + ending
    return candidate


def is_host_name(name: str) -> bool:
    return bool(HOST_NAME.fullmatch(name)) and len(name) <= MACHINE_LENGTH


def is_ipv4(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except ValueError:
        return False


def is_domain(name: str) -> bool:
    return len(name) <= 253 and bool(DOMAIN.fullmatch(name))


def stem(names: list[str]) -> str:
    """What names have in common at their start, without a number: `web-server-1`, `web-server-2` ->
    `web-server`.
    """
    words = [re.sub(r"(?<=[a-z])(?=\d)", "-", name).split("-") for name in names]
    common = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    while common and (common[-1].isdigit() or len(common[-1]) == 1):
        common.pop()
    return "-".join(common)
