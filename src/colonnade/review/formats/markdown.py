"""A review as a Markdown page: for a pull request, or beside the design."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.formats import words
from colonnade.review.journeys import TITLES
from colonnade.review.review import Review
from colonnade.review.rule import Finding
from colonnade.review.secret_words import masked


def to_markdown(review: Review) -> str:
    return "\n".join(lines(review)) + "\n"


def lines(review: Review) -> Iterator[str]:
    yield from (f"# Review of {review.design.site}", "", f"{words.summary(review)}.", "")
    if review.findings:
        yield from ("## Findings", "", "| | rule | line | what | fixed by |", "|---|---|---|---|---|")
        for one in review.findings:
            line = one.position.line or ""
            yield (
                f"| {one.severity.value} | `{one.rule.id}` | {line} | {cell(one.title)} | "
                f"{one.fixed_by.value} |"
            )
        yield ""
        for one in review.findings:
            yield from finding(review, one)
    yield from others(review)
    yield from availability(review)


def finding(review: Review, one: Finding) -> Iterator[str]:
    yield from (f"### {escaped(one.title)}", "")
    yield f"`{one.rule.id}`, {one.severity.value}, `{words.place(review, one.position)}`"
    yield from ("", escaped(one.detail), "", f"**Why:** {escaped(one.rule.why)}", "")
    if one.journeys:
        yield from (f"**Stops:** {words.journeys(one.journeys)}", "")
    yield from (f"**Fix** ({words.FIXERS[one.fixed_by]}): {escaped(one.fix)}", "")


def others(review: Review) -> Iterator[str]:
    if review.believed:
        yield from ("## Believed", "", "The document says that the site has this:", "")
        for b in review.believed:
            where = words.place(review, b.belief.position)
            yield f'- `{b.rule.id}` left out: `{where}` says "{escaped(masked(b.belief.text))}"'
        yield ""
    if review.silenced:
        yield from ("## Silenced", "")
        for s in review.silenced:
            until = f"until {s.silence.until.isoformat()} ({escaped(s.silence.reason)})"
            yield f"- `{s.finding.rule.id}` {until}: {escaped(s.finding.title)}"
        yield ""


def availability(review: Review) -> Iterator[str]:
    if not review.journeys:
        return
    yield from ("## Expected availability", "")
    yield from (
        "| journey | expected | down a year | largest contributors | what fixes would win |",
        "|---|---|---|---|---|",
    )
    for journey, report in review.journeys.items():
        figure = report.availability
        most = "; ".join(f"{words.event(c.event)} {words.hours(c.hours)}" for c in figure.costs[: words.TOP])
        wins = "; ".join(f"`{g.finding.rule.id}` {words.hours(g.hours)}" for g in report.gains[: words.TOP])
        exact = "" if figure.exact else " (about)"
        yield (
            f"| {TITLES[journey]} | {words.percent(figure)}{exact} | {words.hours(figure.hours_down)} | "
            f"{cell(most)} | {wins} |"
        )
    yield from ("", "Assumed (hours between failures / to repair; failures are independent):", "")
    yield from (f"- {kind.value}: {a.mtbf:g} / {a.mttr:g}" for kind, a in review.assumptions.items())


def escaped(text: str) -> str:
    """Text that stays text: no tags, no tables, no emphasis by accident. `code` stays code."""
    pieces = " ".join(text.split()).split("`")
    if len(pieces) % 2 == 0:
        return "\\`".join(plain(piece) for piece in pieces)
    return "`".join(piece if number % 2 else plain(piece) for number, piece in enumerate(pieces))


def plain(text: str) -> str:
    for sign in ("\\", "*", "_", "<", ">", "[", "]", "#"):
        text = text.replace(sign, f"\\{sign}")
    return text


def cell(text: str) -> str:
    return escaped(text).replace("|", "\\|")
