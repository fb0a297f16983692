"""The JSON routes under /api, for programs."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from guestbook import entries
from guestbook.database import Database
from guestbook.envelope import answered_by, served_by
from guestbook.settings import Settings


def api(settings: Settings, database: Database) -> Blueprint:
    routes = Blueprint("api", __name__, url_prefix="/api")

    @routes.post("/entries")
    def post_entry() -> ResponseReturnValue:
        if not request.is_json:
            raise UnsupportedMediaType("send the entry as Content-Type: application/json")
        answer = entries.store(database, entries.draft_from_json(request.get_data(cache=False)))
        answered_by(answer)
        headers = {"Location": f"/api/entries/{answer.value.entry.id}"}
        return jsonify(answer.value.entry.as_json()), 201 if answer.value.created else 200, headers

    @routes.get("/entries")
    def list_entries() -> ResponseReturnValue:
        answer = entries.newest(database, entries.limit_from(request.args.get("limit")))
        answered_by(answer)
        return jsonify(entries=[entry.as_json() for entry in answer.value])

    @routes.get("/entries/<identifier>")
    def get_entry(identifier: str) -> ResponseReturnValue:
        if not entries.ENTRY_ID.fullmatch(identifier):
            raise NotFound("no entry can have this id")
        answer = entries.find(database, identifier)
        answered_by(answer)
        if answer.value is None:
            raise NotFound("there is no entry with this id")
        return jsonify(answer.value.as_json())

    @routes.get("/whoami")
    def whoami() -> ResponseReturnValue:
        answered_by(database.read(lambda connection: connection.scalar(text("SELECT @@hostname"))))
        return jsonify(served_by(settings))

    return routes
