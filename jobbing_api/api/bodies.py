"""The JSON a request carries, read strictly and once.

Hides: everything a JSON reader lets through that we cannot keep or compare: NaN and
Infinity, numbers too large for a float, members named twice, bottomless nesting, and
characters that PostgreSQL's text cannot hold.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from flask import Request, g
from werkzeug.exceptions import RequestEntityTooLarge

from jobbing_api import errors
from jobbing_api.api import problems

#: Largest body in bytes; a brief and a drawn area fit many times over.
MOST_BYTES = 256 * 1024

_DEEPEST = 32


def receive(request: Request, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Take the whole body in, before anything is held for it.

    Raises RequestEntityTooLarge, also for a body that came without its length: there
    the server's reader stops at the limit and says nothing.
    """
    # One more, because a reader that stops at the limit does not say whether there was more.
    request.max_content_length = (
        most_bytes if request.content_length is not None else most_bytes + 1
    )
    raw = request.get_data(cache=True)
    if len(raw) > most_bytes:
        raise RequestEntityTooLarge
    return raw


def read(request: Request) -> Any:
    """The parsed body; an empty object where there is none.

    Raises UnsupportedMediaType, BadJson, and InvalidInput for text we cannot keep.
    """
    if "body" not in g:
        g.body = _read(request)
    return g.body


def _read(request: Request) -> Any:
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    if not request.is_json:
        raise problems.UnsupportedMediaType
    try:
        document = json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError):
        # ValueError is also what undecodable bytes and numbers of 5,000 digits raise.
        raise problems.BadJson from None
    _check(document)
    return document


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _check(document: Any) -> None:
    """Walk without recursion: whatever is this deep was written to do harm."""
    level: list[tuple[str, Any]] = [("", document)]
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            if isinstance(value, str):
                _check_text(path, [value])
            elif isinstance(value, dict):
                _check_text(path, value)
                prefix = f"{path}." if path else ""
                below += [(f"{prefix}{name}", part) for name, part in value.items()]
            elif isinstance(value, list):
                prefix = f"{path}." if path else ""
                below += [(f"{prefix}{index}", part) for index, part in enumerate(value)]
        if not below:
            return
        level = below
    raise problems.BadJson


def _check_text(path: str, texts: Iterable[str]) -> None:
    if not all(map(storable, texts)):
        raise errors.InvalidInput(fields={path or "body": ["field-control-characters"]})


def storable(text: str) -> bool:
    """False for NUL and for half a surrogate pair, which PostgreSQL's text cannot hold."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
