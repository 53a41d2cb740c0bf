"""Every refusal as one RFC 9457 document, with its status decided in ONE table.

Hides: which HTTP status a slug becomes, how a problem is worded in the reader's
language, and how the errors of Flask, of the database and of our domain end up in
the same shape. A reader may follow ``type`` to a small page that explains it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import structlog
from flask import Flask, Response, g, json, request
from sqlalchemy import exc
from werkzeug import exceptions

from jobbing_api import errors, words
from jobbing_api.api import kinds

_log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: slug -> HTTP status. The only place where a refusal meets HTTP.
STATUS: Mapping[str, int] = {
    "bad-json": 400,
    "bad-request": 400,
    "invalid-token": 401,
    "session-revoked": 401,
    "sign-in-required": 401,
    "wrong-credentials": 401,
    "account-suspended": 403,
    "not-allowed": 403,
    "link-invalid": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "already-taken": 409,
    "calendar-conflict": 409,
    "undo-over": 409,
    "too-early": 409,
    "email-taken": 409,
    "illegal-move": 409,
    "paper-required": 409,
    "profile-required": 409,
    "quote-required": 409,
    "nothing-asked": 409,
    "fee-changed": 409,
    "still-running": 409,
    "photo-frozen": 409,
    "offer-expired": 410,
    "link-expired": 410,
    "version-mismatch": 412,
    "payload-too-large": 413,
    "photo-too-large": 413,
    "not-a-picture": 415,
    "unsupported-media-type": 415,
    "idempotency-key-reused": 422,
    "invalid-input": 422,
    "outside-markets": 422,
    "wrong-code": 422,
    "wrong-start-code": 422,
    "version-required": 428,
    "rate-limited": 429,
    "too-many-papers": 429,
    "too-many-photos": 429,
    "internal-error": 500,
    "unavailable": 503,
}

#: How long to wait before trying again, in seconds, where waiting helps.
RETRY_AFTER_S: Mapping[str, int] = {"still-running": 1, "unavailable": 5}

#: Flask's own refusals by status; any other 4xx is a bad request.
_OF_WERKZEUG: Mapping[int, str] = {
    401: "sign-in-required",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    412: "version-mismatch",
    413: "payload-too-large",
    415: "unsupported-media-type",
    428: "version-required",
    429: "rate-limited",
    503: "unavailable",
}

#: Members of RFC 9457 and ours, which a detail of the same name must not replace.
_OWN = frozenset({"type", "title", "status", "detail", "instance", "errors", "request_id"})


class BadJson(errors.DomainError):
    """The body is not one JSON document."""

    slug: ClassVar[str] = "bad-json"


class BadRequest(errors.DomainError):
    slug: ClassVar[str] = "bad-request"


class UnsupportedMediaType(errors.DomainError):
    slug: ClassVar[str] = "unsupported-media-type"


def register(app: Flask) -> None:
    """Make every error of ``app`` leave as a problem document."""
    app.register_error_handler(errors.DomainError, of_domain)
    app.register_error_handler(exceptions.HTTPException, _of_werkzeug)
    app.register_error_handler(exc.OperationalError, _of_lost_database)
    app.register_error_handler(exc.InterfaceError, _of_lost_database)
    app.register_error_handler(exc.TimeoutError, _of_lost_database)
    app.register_error_handler(Exception, _of_accident)


def of_domain(error: errors.DomainError) -> Response:
    """The answer for a request the domain refuses."""
    return document(error.slug, details=error.details, wrong=error.fields)


def document(
    slug: str,
    *,
    details: Mapping[str, Any] | None = None,
    wrong: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document in the reader's language.

    ``details`` fill the sentence and become members of their own; ``wrong`` maps
    dotted paths into the request to what is wrong there.
    """
    language = reader_language()
    status = STATUS[slug]
    values = {name: _plain(value) for name, value in (details or {}).items()}
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": words.say(language, f"problem-{slug}-title", **_sayable(values)),
        "status": status,
        "detail": words.say(language, f"problem-{slug}-detail", **_sayable(values)),
        "request_id": g.get("request_id"),
    }
    body |= {name: value for name, value in values.items() if name not in _OWN}
    if wrong:
        body["errors"] = {
            path: [_said(language, message, values) for message in messages]
            for path, messages in wrong.items()
        }
    response = Response(json.dumps(body), status=status, mimetype=MEDIA_TYPE)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="jobbing"'
    if slug in RETRY_AFTER_S:
        response.headers["Retry-After"] = str(RETRY_AFTER_S[slug])
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def reader_language() -> words.Language:
    """The language this request asked to be answered in."""
    return words.pick(request.headers.get("Accept-Language"))


def _said(language: str, message: str, details: Mapping[str, Any]) -> str:
    """A field's message in words: the rooms name what is wrong by an id of the wording
    files, or say it in a sentence of their own."""
    if not words.has(message):
        return message
    return words.say(language, message, **{**details, **getattr(message, "values", {})})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return kinds.rfc3339(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    return value


def _sayable(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    return {"request_id": str(g.get("request_id", "-")), **named}


def _of_werkzeug(error: exceptions.HTTPException) -> Response | exceptions.HTTPException:
    status = error.code or 500
    if status < 400:
        # A redirect is an answer, not a problem.
        return error
    slug = _OF_WERKZEUG.get(status, "bad-request" if status < 500 else "internal-error")
    headers = {}
    if isinstance(error, exceptions.MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return document(slug, headers=headers)


def _of_lost_database(error: exc.SQLAlchemyError) -> Response:
    """The database is away, full or too slow: nothing happened, asking again is safe."""
    _log.warning("database.unavailable", exc_info=error)
    return document("unavailable")


def _of_accident(error: Exception) -> Response:
    """Ours to mend: the reader gets a number, the log gets the rest."""
    _log.error("request.failed", exc_info=error)
    return document("internal-error")
