"""Versions of shared things: ETag, If-Match, If-None-Match.

Hides what an ETag is made of: the row's version, a dot, and a digest of the answer.
If-Match looks at the version only, so that a change nobody made to the thing itself
(another offer was sent) refuses no edit; If-None-Match looks at all of it, so that a
reader never misses such a change.
"""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from flask import Request, Response
from sqlalchemy.orm import InstrumentedAttribute, Session

from jobbing_api import errors


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int | InstrumentedAttribute[int]


def tag(response: Response, version: int | None) -> None:
    """Give an answer its ETag."""
    digest = hashlib.sha256(response.get_data()).hexdigest()[:16]
    response.set_etag(digest if version is None else f"{version}.{digest}")


def expected(request: Request) -> set[int] | None:
    """The versions the caller would change; None where any will do.

    Proxies that compress weaken a tag, so a weak one counts as well. A tag that is
    none of ours matches nothing.
    """
    given = request.if_match
    if not given or given.star_tag:
        return None
    tags = given.as_set(include_weak=True)
    return {
        int(found[1]) for tag in tags if tag and (found := re.match(r"([0-9]{1,9})(\.|$)", tag))
    }


def require(request: Request) -> None:
    """Refuse a request that does not say which version it changes."""
    if not request.if_match:
        raise errors.VersionRequired


def check(request: Request, version: int) -> None:
    """Refuse if ``version`` is not the one the caller read."""
    wanted = expected(request)
    if wanted is not None and version not in wanted:
        raise errors.VersionMismatch


def check_row(session: Session, request: Request, row: object, *, column: str = "version") -> None:
    """Refuse if ``row`` is not as the caller read it; otherwise hold it so until commit."""
    if expected(request) is None:
        return
    session.refresh(row, with_for_update={"key_share": True, "of": type(row)})
    check(request, int(getattr(row, column)))
