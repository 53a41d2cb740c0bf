"""The web application, put together; only entry points import this.

Hides the order of wiring, and what every answer carries whatever made it: a request
id, headers that keep a browser from guessing, one line in the log, one count in the
metrics.
"""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from opentelemetry.trace import SpanKind

from jobbing_api import api, database, files, queue, settings, telemetry
from jobbing_api.api import bodies, view

_log = structlog.get_logger(__name__)

#: What we take over as a request's number when the caller brings one.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

#: Asked every few seconds by machines: counted, but no line in the log.
_UNLOGGED = frozenset({"/healthz", "/readyz", "/metrics"})

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(using: settings.Settings | None = None) -> Flask:
    """The application under ``using``, or under the environment's settings.

    Connects to nothing until the first request. Raises settings.UnsafeSettings, whose
    text is one clear line for whoever starts it.
    """
    chosen = settings.from_environment() if using is None else using
    telemetry.configure(chosen)
    database.connect(chosen.database_url)
    queue.connect(chosen.redis_url)
    files.connect(chosen.files_url)

    app = Flask(__name__, static_folder=None)
    app.config["SETTINGS"] = chosen
    app.config["CLOCK"] = view.clock
    app.config["MAX_CONTENT_LENGTH"] = bodies.MOST_BYTES
    app.json = _Json(app)
    # A path is what it says: nothing is redirected to what it may have meant.
    app.url_map.merge_slashes = False
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)
    api.register(app)
    return app


class _Json(DefaultJSONProvider):
    """Members in the order the contract names them, letters as they are."""

    sort_keys = False
    ensure_ascii = False
    compact = True


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else database.new_id().hex
    g.began_at = time.perf_counter()
    # A thread serves many requests: nothing of the one before may stay.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    # Nobody outside says whether we keep a trace, or of which theirs is a part.
    g.tracing = ExitStack()
    g.span = g.tracing.enter_context(telemetry.span("request", kind=SpanKind.SERVER))


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not view.settings().development:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    duration_s = time.perf_counter() - g.began_at
    route = request.url_rule.rule if request.url_rule else "unmatched"
    telemetry.count_request(
        method=request.method, route=route, status=response.status_code, duration_s=duration_s
    )
    g.span.update_name(f"{request.method} {route}")
    g.span.set_attributes(
        {
            "http.request.method": request.method,
            "http.route": route,
            "http.response.status_code": response.status_code,
            "jobbing.request_id": g.request_id,
        }
    )
    if route not in _UNLOGGED:
        line: dict[str, Any] = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "duration_ms": round(duration_s * 1000, 1),
        }
        if "account_id" in g:
            line["account_id"] = str(g.account_id)
        _log.info("request", **line)
    return response


def _leave(_error: BaseException | None) -> None:
    """The request is over, whatever came of it."""
    if "tracing" in g:
        g.tracing.close()
