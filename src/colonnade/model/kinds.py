"""What the loaders must know of a kind of service. Each room states its own `Kind`; the loaders are handed
all of them.

So no loader names a product: a room brings the words people draw it with, the settings it takes, and how an
arrow's label is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base of every room's settings: field descriptions are the schema, the editor help and the manual."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NoSettings(Settings):
    pass


def no_voters(settings: Settings) -> int:
    """A kind whose first member is the primary, whatever happens."""
    del settings
    return 0


def no_label(text: str) -> Mapping[str, Any]:
    """A kind whose arrows' labels say nothing about its settings."""
    del text
    return {}


@dataclass(frozen=True)
class Kind:
    """A kind of service as the design's language sees it.

    `words`: regular expressions (case ignored, matched against a label whose punctuation became single
    spaces) that people write on a node of this kind; the longest match over all kinds wins. `door`: users may
    arrive here. `replicated`: the first member is the primary, the others its replicas, and an arrow to any
    of them means the whole service. `tier`: rank along the request path (door 0 … data 3), used to tell an
    answer drawn backwards from a dependency. `drawn`: False for kinds no one draws (firewall, certificates):
    they come with every site. `written`: such a kind may stand in a site.yaml all the same, to be given
    settings. `shape`: Mermaid shape used when a diagram is written: `rect`, `cylinder`,
    `hexagon`, `rounded`. `provides` names the cures that this kind brings to every site it is part of
    (`firewall`, `tls-door`, `tls-inside`, `renewal`, `monitoring`, `backup`, ...), for review to know.
    `voters`: of a replicated kind, how many machines vote on which of its members is the primary, by its
    settings, so that another takes over by itself; 0 where it is the first and stays it. `votes`: members
    decide together, so more than half of them must be there for anything to be decided.
    `read_label` turns the label of an arrow that leaves a service of this kind into settings.
    """

    name: str
    title: str
    settings: type[Settings] = NoSettings
    words: tuple[str, ...] = ()
    door: bool = False
    replicated: bool = False
    tier: int = 1
    drawn: bool = True
    written: bool = False
    shape: str = "rect"
    provides: tuple[str, ...] = ()
    voters: Callable[[Any], int] = field(default=no_voters, compare=False)
    votes: bool = False
    read_label: Callable[[str], Mapping[str, Any]] = field(default=no_label, compare=False)

    @property
    def in_yaml(self) -> bool:
        """Whether a site.yaml may name it."""
        return self.drawn or self.written


Kinds = Mapping[str, Kind]
