"""What does a document say its site has? A page that says it has a firewall is believed, and told so. Pure.

Strict on purpose: a claim must be a plain statement. Sentences that deny, complain, plan, advise or ask say
nothing, nor does anything under a heading about what is wrong or to come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from colonnade.model.design import Design, Position


@dataclass(frozen=True)
class Belief:
    """`what` is a key of `CLAIMS`; `text` is where it was read."""

    what: str
    text: str
    position: Position


TRANSPORT = r"\b(?:https|tls|ssl)\b"
DOES = (
    r"\b(?:are|is|uses?|using|runs?|running|served?|serves|has|have|terminat\w+|encrypt\w*|protect\w*|"
    r"filter\w*|block\w*|allows?|enforc\w+|redirect\w*|collect\w*|watch\w*|measur\w+|alert\w*|scrap\w+|"
    r"monitor(?:s|ed)|stor\w+|taken?|takes|made|kept|keeps?|sen[dt]s?|copied|copies|test\w*|renew\w*)\b"
)
CLAIMS: Mapping[str, re.Pattern[str]] = {
    what: re.compile(pattern, re.IGNORECASE)
    for what, pattern in {
        "firewall": rf"(?=.*\b(?:firewalls?|nftables|iptables|ufw|security groups?)\b)(?=.*{DOES})",
        "https": (
            rf"\b(?:over|via|through|by|speaks?|only|uses?|with|enforces?|everything is) (?:https|tls|ssl)\b|"
            rf"{TRANSPORT} (?:is (?:on|used|enabled|enforced|terminated)|only|everywhere|terminat\w+)|"
            rf"(?=.*\bcertificates?\b)(?=.*{DOES})(?=.*(?:{TRANSPORT}|let'?s encrypt|\bacme\b))"
        ),
        "tls-inside": (
            rf"(?=.*(?:\bmtls\b|mutual tls|{TRANSPORT}|\bencrypt\w+))(?=.*(?:between (?:the |all "
            rf")*(?:servers?|"
            r"components|machines|tiers|services|members|hops)|every hop|end.to.end|inside the "
            r"(?:site|network)|"
            rf"internal traffic|mtls|mutual tls))(?=.*{DOES})"
        ),
        "renewal": (
            r"\bcertificates?\b.*\b(?:is|are|gets?) (?:automatically )?renewed|\brenews? .*\bcertificates?\b|"
            r"\bcertbot renew\b|\bauto-?renew"
        ),
        "monitoring": (
            r"\b(?:monitored|watched|scraped) (?:by|with|through|via|from)\b|"
            rf"(?=.*\b(?:prometheus|grafana|zabbix|nagios|icinga|datadog|sumo ?logic|netdata|new relic|"
            rf"monitoring (?:client|agent|system|service)s?)\b)(?=.*{DOES})"
        ),
        "backup": (
            r"\bbacked up (?:every|daily|nightly|hourly|weekly|to|by|with|each|at)\b|"
            r"\bbackups? (?:is|are) (?:taken|made|run|stored|kept|copied|written|sent|tested|restored)\b|"
            r"\b(?:daily|nightly|hourly|weekly|regular|automatic|automated) backups? "
            r"(?:go|run|is|are|of|to)\b|"
            r"(?=.*\b(?:restic|borg(?:backup)?|mariadb-backup|mariabackup|xtrabackup|mysqldump)\b)"
            rf"(?=.*(?:{DOES}|\bback\w* up\b|\bdumps?\b|\bbackups?\b))"
        ),
        "off-site": (
            r"(?=.*\bbackups?|.*\bcop(?:y|ies)\b|.*\bbacked up\b)(?=.*\b(?:off.?site|another "
            r"(?:site|data ?cent(?:er|re)|"
            rf"region|building)|remote (?:site|location)|object storage|s3)\b)(?=.*{DOES})"
        ),
        "recovery-plan": (
            r"(?=.*\b(?:(?:disaster )?recovery (?:plan|runbook|procedure)|restore (?:runbook|procedure))\b)"
            r"(?=.*\b(?:is|are|in|at|describes?|practi[sc]ed|tested|kept|written|lives?|rehearsed)\b)"
        ),
    }.items()
}
DRAWN = {"certificate": "https"}
"""What a fact of the drawing claims, where the word is another."""
NOT_SO = re.compile(
    r"\b(?:no|not|non|none|never|neither|nor|nobody|nothing|without|lacks?|lacking|missing|absent|absence|cannot|"
    r"need(?:s|ed)?|should|shall|could|would|will|must|might|may|can|todo|tbd|plan(?:s|ned|ning)? to|planned|"
    r"planning|future|later|soon|next|if|unless|until|instead|consider|recommend\w*|suggest\w*|requir\w+|"
    r"vulnerab\w+|unencrypted|unprotected|insufficient|only partly|hope|wish|want|lets? us|disabled|broken|"
    r"remov\w+|drop(?:ped)?)\b|n['\u2019]t\b|\?\s*$",
    re.IGNORECASE,
)
DEFINES = re.compile(
    r"\b(?:is|are) (?:a|an|the)? "
    r"?(?:kind|type|way|system|device|tool|piece|software|protocol|program|mechanism|"
    r"practice|process|form)s?\b",
    re.IGNORECASE,
)
COMPLAINT = re.compile(
    r"\b(?:issues?|problems?|weak\w*|limits?|limitations?|limited|missing|lacks?|lacking|no|not|without|concerns?|"
    r"risks?|threats?|gaps?|drawbacks?|disadvantages?|todo|future|planned|plans?|roadmap|next|improve\w*|"
    r"recommend\w*|wrong|spof|single points? of failure|vulnerab\w+|what is left|open "
    r"questions?|shortcomings?)\b",
    re.IGNORECASE,
)
HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*)$|^\s*\*\*([^*]+)\*\*:?\s*$")
ITEM = re.compile(r"^\s*(?:>|[-*+]|\d+[.)])\s+")
SENTENCE = re.compile(r"(?<=[.!?;])\s+")
LONGEST = 600
"""Characters of a sentence; what goes on longer is no statement."""


def beliefs(design: Design) -> tuple[Belief, ...]:
    """What the drawing states beside its members, and what the text around it says."""
    drawn = tuple(Belief(DRAWN.get(f.kind, f.kind), f.text, f.position) for f in design.facts)
    return (*drawn, *said(design.prose))


def said(prose: str) -> Iterator[Belief]:
    for line, text in sentences(prose):
        if NOT_SO.search(text) or DEFINES.search(text):
            continue
        for what, pattern in CLAIMS.items():
            if pattern.search(text):
                yield Belief(what, text, Position(line, 1))


def sentences(prose: str) -> Iterator[tuple[int, str]]:
    """Each sentence with the line it begins on, but for those under a heading that complains."""
    headings: dict[int, bool] = {}
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*prose.split("\n"), ""], 1):
        heading = HEADING.match(line)
        if heading or not line.strip() or ITEM.match(line):
            if not any(headings.values()):
                yield from _split(block)
            block = []
        if heading:
            level = len(heading[1]) if heading[1] else 7
            headings = {above: bad for above, bad in headings.items() if above < level}
            headings[level] = bool(COMPLAINT.search(heading[2] or heading[3]))
        elif line.strip():
            block.append((number, ITEM.sub("", line).strip()))


def _split(block: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The sentences of lines that belong together."""
    starts: list[tuple[int, int]] = []
    text = ""
    for number, line in block:
        starts.append((len(text), number))
        text += line + " "
    at = 0
    for part in SENTENCE.split(text):
        begins = text.index(part, at)
        at = begins + len(part)
        if part.strip() and len(part) <= LONGEST:
            yield max(n for start, n in starts if start <= begins), plain(part)


def plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`]+", "", text).split())
