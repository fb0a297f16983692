"""Puts the app together: `create_app` is what the server calls, and what tests call with settings of their own."""

import os
from pathlib import Path

from flask import Flask, Response, request, url_for

from guestbook import envelope
from guestbook.api import api
from guestbook.database import Database
from guestbook.health import health
from guestbook.metrics import Metrics
from guestbook.page import page
from guestbook.settings import DATABASE_REQUESTS, Settings

STATIC = Path(__file__).parents[1] / "static"
"""Beside the package and not in it: web servers get a copy of this folder."""

LARGEST_BODY = 64 * 1024
"""Bytes. The longest text, each character written as JSON's longest escape, takes 24 kB."""


def create_app(settings: Settings | None = None) -> Flask:
    """Connects to nothing: the app starts, and answers /healthz, whether or not the database does."""
    settings = settings or Settings.from_environment(os.environ)
    metrics = Metrics(settings)
    database = Database(settings.database_url, settings.replica_url, DATABASE_REQUESTS, metrics.retried)
    metrics.watch(database.sources)
    app = Flask(__name__, static_folder=STATIC)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["database"] = database
    envelope.install(app, settings, metrics)
    app.register_blueprint(api(settings, database))
    app.register_blueprint(page(settings, database))
    app.register_blueprint(health(settings, database, metrics))
    name_static_files(app)
    return app


def name_static_files(app: Flask) -> None:
    """`asset(name)` in templates: the URL of the file of that name. On disk a hash of its content is in the name too
    (`name.HASH.css`), so whoever serves it, this app or a web server, may let it be cached for ever.
    """
    hashed = {plain_name(path.name): path.name for path in STATIC.iterdir()}

    def asset(name: str) -> str:
        return url_for("static", filename=hashed[name])

    def cache(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.jinja_env.globals["asset"] = asset
    app.after_request(cache)


def plain_name(hashed: str) -> str:
    """`guestbook.css` for `guestbook.b589712cfa51.css`."""
    stem, _, suffix = hashed.split(".")
    return f"{stem}.{suffix}"
