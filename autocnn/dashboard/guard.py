"""What stands before the app: who may ask, for which host, by which method."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from dash import Dash
from dash.exceptions import DependencyException
from flask import Response, abort, redirect, request
from werkzeug.exceptions import NotFound as NotFoundPage

from autocnn.dashboard.address import Address, BadOption, NotFound
from autocnn.dashboard.app import style

CALLBACK = "/_dash-update-component"
LOCAL = ("/_dash-layout", "/_dash-dependencies", "/_favicon.ico", "/autocnn.css")
FOLDERS = ("/_dash-component-suites/", "/assets/")
BODY = 200_000
"""Bytes of a callback's request at the most."""

COOKIE = "autocnn_token"


@dataclass(frozen=True)
class Guard:
    """Lets only those requests through that a page of ours makes.

    `hosts` are the names, with port, that a browser may know us by: another one is a page of
    somebody else that was led here (DNS rebinding). With a `token` only those who know it are let
    in. Whatever is refused is answered by a bare status.
    """

    hosts: Sequence[str]
    token: str = ""

    def stand_before(self, app: Dash) -> None:
        """Check each request to the app, and give each answer its headers."""
        policy = _policy(app.csp_hashes())
        app.server.config["MAX_CONTENT_LENGTH"] = BODY
        app.server.add_url_rule("/autocnn.css", "style", _style)
        app.server.before_request(self.check)
        app.server.after_request(lambda response: _with_headers(response, policy))
        for status in (400, 403, 404, 405, 413, 421, 422):
            app.server.register_error_handler(status, _bare)
        app.server.register_error_handler(DependencyException, lambda error: _bare(NotFoundPage()))
        known = {*app.callback_map}
        app.server.before_request(lambda: _check_callback(known))

    def check(self) -> Response | None:
        """Refuse what no page of ours asks; None lets it through."""
        host = request.headers.get("Host", "")
        if not host:
            abort(400)
        if host.lower() not in self.hosts:
            abort(421)
        self._check_method(host)
        if entered := self._check_token():
            return entered
        if request.method != "POST":
            _check_path(request.path, request.query_string.decode("latin-1"))
        return None

    def _check_method(self, host: str) -> None:
        posted = request.method == "POST" and request.path == CALLBACK
        if not posted and request.method not in ("GET", "HEAD"):
            abort(405)
        if posted:
            origin = request.headers.get("Origin")
            foreign = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
            if foreign or origin not in (None, f"http://{host}", f"https://{host}"):
                abort(403)

    def _check_token(self) -> Response | None:
        """With a token in the address: keep it in a cookie and show the address without it."""
        if not self.token:
            return None
        given = request.args.get("token", "")
        if given and request.method == "GET" and _equal(given, self.token):
            entered = redirect("/")
            entered.set_cookie(COOKIE, self.token, httponly=True, samesite="Lax")
            return entered  # type: ignore[return-value]
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not any(_equal(one, self.token) for one in (bearer, request.cookies.get(COOKIE, ""))):
            abort(403)
        return None


def _equal(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _check_path(path: str, query: str) -> None:
    """Only pages that there are and the files of the app, by paths that mean one thing."""
    odd = ("..", "\\", "%", "\0", "//")
    if any(sign in path or sign in unquote(path) for sign in odd):
        abort(404)
    if path in LOCAL or path.startswith(FOLDERS):
        return
    try:
        Address.read(path, query)
    except NotFound:
        abort(404)
    except BadOption:
        abort(422)


def _check_callback(known: set[str]) -> None:
    """A callback's request is one that the app has, or it is refused before Dash reads it."""
    if request.method != "POST":
        return
    document = request.get_json(silent=True)
    fields = ("output", "inputs", "changedPropIds")
    if not isinstance(document, dict) or any(name not in document for name in fields):
        abort(400)
    output, lists = document["output"], (document["inputs"], document.get("state", []))
    if not isinstance(output, str) or not all(isinstance(values, list) for values in lists):
        abort(400)
    if output not in known or not all(isinstance(one, dict) for values in lists for one in values):
        abort(400)


def _policy(hashes: Sequence[str]) -> str:
    """Scripts from here alone, and the one line of Dash's by its hash; no other host at all."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _style() -> Response:
    return Response(style(), mimetype="text/css")


def _with_headers(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not request.path.startswith(FOLDERS):
        response.headers["Cache-Control"] = "no-store"
    return response


def _bare(error: Exception) -> Response:
    """A status and its name, without what was asked for."""
    status = getattr(error, "code", 400)
    return Response(f"{status} {getattr(error, 'name', '')}\n", status, mimetype="text/plain")
