"""The page a person sees at `/`, and its form. Works without JavaScript."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from guestbook import entries
from guestbook.database import Database, Unavailable
from guestbook.entries import Draft, Entry, Invalid
from guestbook.envelope import answered_by, retry_later, served_by
from guestbook.settings import Settings


def page(settings: Settings, database: Database) -> Blueprint:
    routes = Blueprint("page", __name__)
    shown = Page(settings, database)
    routes.get("/")(shown.show)
    routes.post("/")(shown.post)
    return routes


@dataclass(frozen=True)
class Page:
    settings: Settings
    database: Database

    def show(self) -> ResponseReturnValue:
        posted = request.args.get("posted", "")
        including = posted if entries.ENTRY_ID.fullmatch(posted) else None
        try:
            listed = self._listing(including)
        except Unavailable as error:
            notice = "The database cannot be reached at the moment. Please come back in a few seconds."
            return retry_later(self._render(Draft(new_id(), ""), None, notice, 503), error)
        return self._render(Draft(new_id(), ""), listed, posted=including)

    def post(self) -> ResponseReturnValue:
        # Browsers send line ends as CRLF, and count them as one character for maxlength.
        words = request.form.get("text", "").replace("\r\n", "\n").strip()
        try:
            new = entries.draft({"id": request.form.get("id", ""), "text": words})
        except Invalid as error:
            notice = f"Sorry: {error}." if words else "Please write something first."
            return self._render(Draft(new_id(), words), self._listing(), notice, 400)
        try:
            answered_by(entries.store(self.database, new))
        except Unavailable as error:
            # The same id goes back into the form: sending it again cannot store it twice.
            notice = "The database did not answer in time. Your words are kept below: please send them again."
            return retry_later(self._render(new, None, notice, 503), error)
        return redirect(url_for("page.show", posted=new.id), code=303)

    def _listing(self, including: str | None = None) -> list[Entry]:
        answer = entries.newest(self.database, entries.LISTED, including)
        answered_by(answer)
        return answer.value

    def _render(
        self,
        form: Draft,
        listed: list[Entry] | None,
        notice: str | None = None,
        status: int = 200,
        posted: str | None = None,
    ) -> Response:
        now = datetime.now(UTC)
        shown = (
            [(entry, in_words(now - entry.created_at)) for entry in listed] if listed is not None else None
        )
        text = render_template(
            "page.html",
            form=form,
            entries=shown,
            notice=notice,
            posted=posted,
            served=served_by(self.settings),
            release=self.settings.release,
            longest=entries.LONGEST_TEXT,
        )
        return make_response(text, status)


def new_id() -> str:
    return secrets.token_urlsafe(16)


def in_words(age: timedelta) -> str:
    """`3 minutes ago`. A clock that is ahead of ours counts as now."""
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
