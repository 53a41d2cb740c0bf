"""Pages of a list: ``?limit=&cursor=`` in, ``items`` and ``next_cursor`` out.

Hides what a cursor is: the id of the last item shown. Ids are ordered by time, so a
page stays where it was whatever is added meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import marshmallow as ma

from jobbing_api import errors
from jobbing_api.api import fields, kinds

_Item = TypeVar("_Item")

DEFAULT_LIMIT = 20


class PageQuery(kinds.Body):
    """Which page of a list."""

    limit = fields.whole(
        "How many items at most.", 20, least=1, most=100, digits=True, load_default=DEFAULT_LIMIT
    )
    cursor = fields.text(
        "Where to go on: the `next_cursor` of the page before.",
        "AZq3wl0eemCfOyxNjm8KGw",
        most=64,
        load_default=None,
    )


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a page of ``item``."""
    name = item.__name__.removesuffix("Answer") + "Page"
    members = {
        "items": fields.many(item, "In the order the operation describes."),
        "next_cursor": fields.text(
            "Where the next page starts; null after the last.",
            "AZq3wl0eemCfOyxNjm8KGw",
            most=64,
            allow_none=True,
        ),
    }
    return type(name, (kinds.Answer,), members)


def after(query: dict[str, Any]) -> uuid.UUID | None:
    """The id a page starts after; raises InvalidInput for a cursor we never gave."""
    cursor = query["cursor"]
    if cursor is None:
        return None
    try:
        return uuid.UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error):
        raise errors.InvalidInput(fields={"cursor": ["field-cursor"]}) from None


def page(
    found: Sequence[_Item], limit: int, *, id_of: Callable[[_Item], uuid.UUID]
) -> dict[str, Any]:
    """A page of what was asked for with one more than ``limit``."""
    items = list(found[:limit])
    more = len(found) > limit
    return {"items": items, "next_cursor": _cursor(id_of(items[-1])) if more else None}


def whole(items: Sequence[Any]) -> dict[str, Any]:
    """A short list that is one page."""
    return {"items": list(items), "next_cursor": None}


def _cursor(last: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()
