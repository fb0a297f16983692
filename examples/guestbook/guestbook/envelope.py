"""What every request and every answer get, whatever the route: an id, the origin check, headers, counts, errors.

The app factory installs it. Routes tell it which database answered through `answered_by`.
"""

import re
import secrets
import time
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from guestbook.database import Answer, Overloaded, Unavailable
from guestbook.entries import Invalid
from guestbook.metrics import Metrics
from guestbook.settings import Settings, machine_name

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def answered_by(answer: Answer[object]) -> None:
    """Remembers for `X-Served-By` and the page which database did the work."""
    g.database = answer.server


def served_by(settings: Settings) -> dict[str, str]:
    """Who serves this request; `database` is there only once one has answered."""
    who = {"web": machine_name(request.headers.get("X-Colonnade-Web", "")), "app": settings.machine}
    return who | ({"database": g.database} if "database" in g else {})


def is_foreign(method: str, fetch_site: str | None, origin: str | None, own: set[str]) -> bool:
    """True when a browser sends this on behalf of another site (CSRF). `own`: the origins and hosts that are ours.

    Browsers state `Sec-Fetch-Site`; older ones at least `Origin`. A client that sends neither is no browser and carries
    nobody's authority but its own. This is the algorithm of Go's `http.CrossOriginProtection`.
    """
    if method in SAFE_METHODS or (origin is not None and origin in own):
        return False
    if fetch_site is not None:
        return fetch_site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc not in own


def install(app: Flask, settings: Settings, metrics: Metrics) -> None:
    install_requests(app, settings, metrics)
    install_errors(app)


def install_requests(app: Flask, settings: Settings, metrics: Metrics) -> None:
    @app.before_request
    def begin() -> None:
        g.begun = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        own = {request.host} | ({settings.site_url} if settings.site_url else set())
        origin, fetch_site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
        if is_foreign(request.method, fetch_site, origin, own):
            raise Forbidden("this request was made by another site")

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        response.headers["X-Served-By"] = ", ".join(
            f"{key}={value}" for key, value in served_by(settings).items()
        )
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        route = request.url_rule.rule if request.url_rule is not None else "(none)"
        metrics.answered(route, request.method, response.status_code, time.monotonic() - g.begun)
        return response


def install_errors(app: Flask) -> None:
    @app.errorhandler(Invalid)
    def invalid(error: Invalid) -> AnyResponse:
        return problem(400, "invalid", str(error))

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> AnyResponse:
        app.logger.warning("request_id=%s database unavailable: %s", g.request_id, error)
        return retry_later(
            problem(503, "unavailable", "the database cannot be reached; please try again"), error
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> AnyResponse:
        response = error.get_response()
        if response.status_code < 400:
            return response
        answer = problem(
            response.status_code, error.name.lower().replace(" ", "_"), error.description or error.name
        )
        if "Allow" in response.headers:
            answer.headers["Allow"] = response.headers["Allow"]
        return answer

    @app.errorhandler(Exception)
    def bug(error: Exception) -> AnyResponse:
        app.logger.error(
            "request_id=%s %s %s failed", g.request_id, request.method, request.path, exc_info=error
        )
        return problem(500, "internal", f"something went wrong here; it is logged as {g.request_id}")


def retry_later(response: AnyResponse, error: Unavailable) -> AnyResponse:
    response.headers["Retry-After"] = "1" if isinstance(error, Overloaded) else "2"
    return response


def problem(status: int, error: str, detail: str) -> AnyResponse:
    """JSON for programs; a page for a person, that is for the paths a person opens."""
    if request.path == "/" or "text/html" in request.headers.get("Accept", ""):
        response: AnyResponse = Response(render_template("problem.html", status=status, detail=detail))
    else:
        response = jsonify(error=error, detail=detail)
    response.status_code = status
    return response
