"""The contract as a document: OpenAPI 3.1, good enough to write a client from.

Hides: how flask-smorest's document is completed with what every operation of a kind
shares: sign-in, headers, pages of a list, and each refusal with an example of the
very document a client will get.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import flask_smorest
from flask import Flask

from jobbing_api import errors, words
from jobbing_api.api import kinds, problems

OPENAPI_VERSION = "3.1.0"

#: Who may call an operation: nobody need be signed in; anybody who is; a role.
ANYONE: frozenset[str] | None = None
SIGNED_IN: frozenset[str] = frozenset()
RESIDENT = frozenset({"resident"})
PROVIDER = frozenset({"provider"})
OPERATOR = frozenset({"operator"})

Version = Literal["", "read", "checked", "required"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What the edge knows of one operation besides its code."""

    operation_id: str
    who: frozenset[str] | None
    has_body: bool
    #: "read": the answer carries a version. "checked": so it does, and If-Match is
    #: honoured. "required": the request must carry If-Match.
    version: Version
    refuses: tuple[type[errors.DomainError], ...]
    creates: bool
    #: Media types of a body, or of an answer, that is no JSON.
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


_ABOUT = """\
Local odd jobs, matched by distance, availability and rating.

Instants are RFC 3339 and leave as UTC. Places are RFC 7946 Points, `[longitude, latitude]`.
Money is a whole number of the currency's smallest unit. Ids are UUIDs, ordered by time.
Unknown members of a body are refused by name.

**Refusals** are `application/problem+json` (RFC 9457); `type` ends with a stable slug.
What is somebody else's and what does not exist answer alike: 404.

**Trying again**: send an `Idempotency-Key` with a POST, and repeat it with the same key and
body after a lost answer. The first answer comes again, for 24 hours.

**Changing shared things**: send the ETag you read as `If-Match`.

**Photos** come first and are named afterwards: POST the picture itself to /photos, then put its
id where it belongs. Where a photo is shown, it carries links that are good for a quarter of an
hour and need no sign-in.
"""

_GEOMETRY: Mapping[str, dict[str, Any]] = {
    "Point": {
        "type": "object",
        "description": "An RFC 7946 Point: longitude, then latitude, in degrees (WGS 84).",
        "properties": {
            "type": {"type": "string", "enum": ["Point"]},
            "coordinates": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
                "examples": [[4.835, 45.758]],
            },
        },
        "required": ["coordinates", "type"],
        "additionalProperties": False,
    },
    "Polygon": {
        "type": "object",
        "description": "An RFC 7946 Polygon: closed rings of positions, the outline first.",
        "properties": {
            "type": {"type": "string", "enum": ["Polygon"]},
            "coordinates": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": "array", "items": {"type": "number"}},
                },
            },
        },
        "required": ["coordinates", "type"],
        "additionalProperties": False,
    },
    "MultiPolygon": {
        "type": "object",
        "description": "An RFC 7946 MultiPolygon.",
        "properties": {
            "type": {"type": "string", "enum": ["MultiPolygon"]},
            "coordinates": {"type": "array", "items": {"type": "array", "items": {}}},
        },
        "required": ["coordinates", "type"],
    },
    "Problem": {
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "Names the kind of refusal; its last segment is a stable slug.",
                "examples": ["/problems/already-taken"],
            },
            "title": {"type": "string", "description": "The kind of refusal, in words."},
            "status": {"type": "integer", "examples": [409]},
            "detail": {"type": "string", "description": "What happened and what to do next."},
            "request_id": {
                "type": ["string", "null"],
                "description": "The number under which our log knows this request.",
            },
            "errors": {
                "type": "object",
                "description": "Dotted path into the request -> what is wrong there.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "examples": [{"window.to": ["..."]}],
            },
        },
        "required": ["detail", "request_id", "status", "title", "type"],
    },
}

_HEADERS: Mapping[str, dict[str, Any]] = {
    "AcceptLanguage": {
        "name": "Accept-Language",
        "description": "Chooses the wording: French or English.",
        "schema": {"type": "string", "examples": ["fr"]},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "description": "Makes the request safe to repeat: same key, same body, same answer,"
        " for 24 hours. The same key with another body is refused.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        },
    },
    "IfMatch": {
        "name": "If-Match",
        "description": "The ETag you read; refused if it has changed since.",
        "schema": {"type": "string", "examples": ['"7.5f1d3c0a9b2e4f60"']},
    },
    "IfMatchRequired": {
        "name": "If-Match",
        "required": True,
        "description": "The ETag you read; refused if it has changed since.",
        "schema": {"type": "string", "examples": ['"7.5f1d3c0a9b2e4f60"']},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "description": "The ETag you hold; answered 304 without a body if nothing changed.",
        "schema": {"type": "string", "examples": ['"7.5f1d3c0a9b2e4f60"']},
    },
}


class _Api(flask_smorest.Api):  # type: ignore[misc]  # it has no annotations
    """flask-smorest without its own shape of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_responses(self) -> None:
        """Each operation names its refusals itself."""

    def _register_pagination_header(self) -> None:
        """Pages are in the body."""

    def _register_error_handlers(self) -> None:
        """``problems`` does."""


def describe(app: Flask) -> flask_smorest.Api:
    """Start the document of ``app``; registering a blueprint adds its operations."""
    app.config |= {
        "API_TITLE": "Jobbing",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": OPENAPI_VERSION,
        "OPENAPI_URL_PREFIX": None,
        "API_SPEC_OPTIONS": {
            "info": {
                "description": _ABOUT,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/", "description": "This server."}],
        },
    }
    api = _Api(app)
    components = api.spec.components
    for name, shape in _GEOMETRY.items():
        components.schema(name, shape)
    for name, header in _HEADERS.items():
        components.parameter(name, "header", {"required": False, **header})
    for slug in problems.STATUS:
        components.example(slug, {"value": _example(slug)})
    components.security_scheme(
        "bearer",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access_token` of POST /api/v1/sessions.",
        },
    )
    api.register_field(kinds.Instant, "string", "date-time")
    api.register_field(kinds.Day, "string", "date")
    api.register_field(kinds.Box, "string", None)
    api.ma_plugin.converter.add_attribute_function(_geometry)
    api.ma_plugin.converter.add_attribute_function(_or_text)
    return api


def _geometry(_converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """Refer to the geometry's component, and say so where null is allowed."""
    names = {kinds.Point: "Point", kinds.Polygon: "Polygon", kinds.MultiPolygon: "MultiPolygon"}
    name = names.get(type(field))
    if name is None:
        return {}
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {"anyOf": [reference, {"type": "null"}]} if field.allow_none else reference


def _or_text(_converter: Any, field: Any, *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that plain text will do as well."""
    if not isinstance(field, kinds.OrText):
        return {}
    return {"anyOf": [{"$ref": ret.pop("$ref")}, {"type": "string"}]}


def complete(
    doc: dict[str, Any], doc_info: Mapping[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    """Add to one operation's document what its kind shares with others."""
    operation: Operation = doc_info["operation"]
    doc["operationId"] = operation.operation_id
    doc["security"] = [] if operation.who is None else [{"bearer": []}]
    parameters = doc.setdefault("parameters", [])
    parameters.append("AcceptLanguage")
    if method == "post":
        parameters.append("IdempotencyKey")
    if operation.version == "checked":
        parameters.append("IfMatch")
    if operation.version == "required":
        parameters.append("IfMatchRequired")
    if method == "get":
        parameters.append("IfNoneMatch")
    if operation.takes:
        doc["requestBody"] = {"required": True, "content": _bytes(operation.takes)}
    _add_answers(doc["responses"], operation, method)
    return doc


def _bytes(media_types: Iterable[str]) -> dict[str, Any]:
    return {one: {"schema": {"type": "string", "format": "binary"}} for one in media_types}


def _add_answers(responses: dict[Any, Any], operation: Operation, method: str) -> None:
    # What the decorators noted about errors is replaced by our own documents.
    for status in [status for status in responses if int(status) >= 400]:
        del responses[status]
    for success in responses.values():
        if operation.gives:
            success["content"] = _bytes(operation.gives)
        headers = success.setdefault("headers", {})
        if method == "get" or operation.version:
            headers["ETag"] = {
                "description": "Version of what is answered.",
                "schema": {"type": "string"},
            }
        if operation.creates:
            headers["Location"] = {
                "description": "Where the new thing is.",
                "schema": {"type": "string", "format": "uri-reference"},
            }
        if method == "post":
            headers["Idempotency-Replayed"] = {
                "description": "`true` when this answer was given before, to the same key.",
                "schema": {"type": "string", "enum": ["true"]},
            }
    if method == "get":
        responses[304] = {"description": "Nothing changed since the ETag you hold."}
    by_status = defaultdict(list)
    for slug in _slugs(operation, method):
        by_status[problems.STATUS[slug]].append(slug)
    for status, slugs in sorted(by_status.items()):
        responses[status] = _refusals(slugs)


def _slugs(operation: Operation, method: str) -> list[str]:
    """Every refusal of an operation, each once, in the order of their telling."""
    slugs = [refusal.slug for refusal in operation.refuses]
    if operation.who is not None:
        slugs += ["sign-in-required", "invalid-token", "session-revoked", "account-suspended"]
        if operation.who:
            slugs.append("not-allowed")
    if operation.has_body:
        slugs += ["bad-json", "payload-too-large", "unsupported-media-type"]
    slugs.append("invalid-input")
    if method == "post":
        slugs += ["still-running", "idempotency-key-reused"]
    if operation.version in ("checked", "required"):
        slugs.append("version-mismatch")
    if operation.version == "required":
        slugs.append("version-required")
    slugs += ["internal-error", "unavailable"]
    return list(dict.fromkeys(slugs))


def _refusals(slugs: list[str]) -> dict[str, Any]:
    titles = {slug: words.say("en", f"problem-{slug}-title") for slug in slugs}
    return {
        "description": "; ".join(f"`{slug}`: {title}" for slug, title in titles.items()),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {slug: {"$ref": f"#/components/examples/{slug}"} for slug in slugs},
            }
        },
    }


def _example(slug: str) -> dict[str, Any]:
    """The document a client gets for ``slug``, in English."""
    members: dict[str, Any] = {"state": "cancelled"} if slug == "illegal-move" else {}
    if slug == "invalid-input":
        members["errors"] = {"window.from": [words.say("en", "field-instant")]}
    number = "019ab7c25d1e7a609f3b2c4d8e6f0a1b"
    return {
        "type": f"/problems/{slug}",
        "title": words.say("en", f"problem-{slug}-title"),
        "status": problems.STATUS[slug],
        "detail": words.say("en", f"problem-{slug}-detail", state="cancelled", request_id=number),
        "request_id": number,
        **members,
    }
