"""Photos as they are shown, and the links that open them.

Hides: what makes a link good for a while and for one photo only. An image element sends no
sign-in, so whoever may see a photo is given an address with a signature (HMAC-SHA256 over
photo, size and end). Signed by us and answered by us rather than by the bucket: the address
is the same whether bytes lie in a folder or in an S3, the headers are ours, and what is let
go of is gone at once. A link ends between fifteen and thirty minutes from now, on the quarter
of an hour, so that an answer read twice in between is the same answer and a browser's cache
knows the picture.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import marshmallow as ma
from itsdangerous import Signer
from itsdangerous.exc import BadData

from jobbing_api import errors, files
from jobbing_api.api import fields, kinds, view

#: Shows photos to whoever asks now.
Show = Callable[[Iterable[files.Photo]], list[dict[str, Any]]]

#: Links end on a multiple of this.
_STEP_S = 15 * 60

SIZES: tuple[files.Size, ...] = ("full", *files.THUMBNAILS)

_SOME_LINK = (
    f"/api/v1/photos/{fields.SOME_ID}/full?until=1780309800"
    "&signature=Zt2mV3jH0wqXlN5cYb8sRk1aFd7uPe9oGi4xTq6hJvM"
)
_SOME_THUMBNAIL = _SOME_LINK.replace("/full?", "/medium?")


class LinkExpired(errors.DomainError):
    """A photo's link was good until a while ago."""

    slug: ClassVar[str] = "link-expired"


class LinkInvalid(errors.DomainError):
    """A photo's link is none that we gave."""

    slug: ClassVar[str] = "link-invalid"


class SizeAnswer(kinds.Answer):
    """A smaller picture of the same."""

    url = fields.text("Where it is, for a quarter of an hour.", _SOME_THUMBNAIL, most=500)
    width = fields.whole("In pixels.", 960, least=1, most=10**5)
    height = fields.whole("In pixels.", 720, least=1, most=10**5)


class ThumbnailsAnswer(kinds.Answer):
    """The same, smaller. For a second or two after it came, the whole picture stands in."""

    medium = fields.part(SizeAnswer, "At most 960 pixels long.")
    small = fields.part(SizeAnswer, "At most 320 pixels long.")


class PhotoAnswer(kinds.Answer):
    """A photo, or a paper."""

    id = fields.uid("The photo.")
    url = fields.text(
        "Where it is, for a quarter of an hour; read whatever named the photo again for a new"
        " link. Needs no sign-in, so it fits an image element: hand it on to nobody.",
        _SOME_LINK,
        most=500,
    )
    media_type = fields.choice(
        "A picture always comes out as JPEG.", files.JPEG, (files.JPEG, files.PDF)
    )
    width = fields.whole("In pixels; null for a PDF.", 2048, least=1, most=10**5, allow_none=True)
    height = fields.whole("In pixels; null for a PDF.", 1536, least=1, most=10**5, allow_none=True)
    thumbnails = fields.part(ThumbnailsAnswer, "Null for a PDF.", allow_none=True)
    created_at = fields.instant("When it came.", "2026-11-23T09:58:00Z")


def ids(description: str, *, least: int = 0, most: int, **given: Any) -> ma.fields.Field[Any]:
    """A list of photos by their ids, in a body."""
    return fields.many(
        fields.uid("A photo that was brought by POST /photos."),
        description,
        [fields.SOME_ID],
        least=least,
        most=most,
        **given,
    )


def shown(photo: files.Photo, *, secret: str, now: datetime) -> dict[str, Any]:
    """A photo for somebody who may see it."""
    thumbnails = None
    if photo.width is not None and photo.height is not None:
        thumbnails = {}
        for size in files.THUMBNAILS:
            width, height = files.sides(photo.width, photo.height, size)
            link = link_to(photo.id, size, secret=secret, now=now)
            thumbnails[size] = {"url": link, "width": width, "height": height}
    return {
        "id": photo.id,
        "url": link_to(photo.id, "full", secret=secret, now=now),
        "media_type": photo.media_type,
        "width": photo.width,
        "height": photo.height,
        "thumbnails": thumbnails,
        "created_at": photo.created_at,
    }


def showing(asked: view.View) -> Show:
    """How the photos of an answer are shown: with links that are good from now on."""
    return partial(_several, secret=view.settings().secret_key, now=asked.now)


def _several(photos: Iterable[files.Photo], *, secret: str, now: datetime) -> list[dict[str, Any]]:
    return [shown(photo, secret=secret, now=now) for photo in photos]


def link_to(photo_id: uuid.UUID, size: files.Size, *, secret: str, now: datetime) -> str:
    """Where a photo can be fetched by whoever holds this, for 15 to 30 minutes."""
    until = (int(now.timestamp()) // _STEP_S + 2) * _STEP_S
    signature = _signer(secret).get_signature(_signed(photo_id, size, until)).decode()
    return f"/api/v1/photos/{photo_id}/{size}?until={until}&signature={signature}"


def left_of(
    photo_id: uuid.UUID, size: str, until: int, signature: str, *, secret: str, now: datetime
) -> timedelta:
    """How long a link is still good for. Raises LinkInvalid, LinkExpired.

    Looks at nothing but the link: a forged one is told alike whether or not there is such a
    photo.
    """
    try:
        good = _signer(secret).verify_signature(_signed(photo_id, size, until), signature)
    except (BadData, UnicodeError):
        good = False
    if not good:
        raise LinkInvalid()
    left = datetime.fromtimestamp(until, UTC) - now
    if left <= timedelta(0):
        raise LinkExpired()
    return left


def known_size(name: str) -> files.Size:
    """The size of that name. Raises NotFound."""
    if name not in SIZES:
        raise errors.NotFound()
    return name


def _signer(secret: str) -> Signer:
    return Signer(
        secret, salt="jobbing photo link", key_derivation="hmac", digest_method=hashlib.sha256
    )


def _signed(photo_id: uuid.UUID, size: str, until: int) -> str:
    return f"{photo_id}/{size}/{until}"
