"""How a photo comes, where it belongs, and how it is let go of.

Hides: the row's states. A row is there before its object and goes after it, so that every
object anybody ever wrote has a row that leads to it, whatever was killed in between.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from jobbing_api import database, errors, queue
from jobbing_api.files import images, store
from jobbing_api.files.models import MAY_BE_PDF, Photo

#: How many may belong to one job, one check, one message and so on.
MOST: Mapping[str, int] = {
    "job": 12,
    "check": 12,
    "message": 6,
    "receipt": 4,
    "portfolio": 30,
    "paper": 4,
}

#: How long a photo waits to be told where it belongs, and how many of one account may.
UNATTACHED_FOR = timedelta(hours=24)
MOST_UNATTACHED = 40

#: How long whoever brings an object may take to write it; longer than any store is waited
#: for.
_ARRIVES_WITHIN = timedelta(minutes=10)

PDF, JPEG = "application/pdf", "image/jpeg"


class Owner(Protocol):
    """An account: its room lies above this one."""

    @property
    def id(self) -> Any: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A file that is fit to be kept, as it will be."""

    media_type: str
    content: bytes
    width: int | None
    height: int | None


def taken(content: bytes, *, most_pixels: int) -> Taken:
    """What is kept of a file somebody sent. Takes a while and needs no session.

    A picture is made anew (``images.taken``); a PDF is kept as it is, for papers and
    receipts only.
    Raises NotAPicture, and InvalidInput for one that cannot be kept.
    """
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-1024:]:
            raise errors.InvalidInput(fields={"body": ["picture-damaged"]})
        return Taken(media_type=PDF, content=content, width=None, height=None)
    picture = images.taken(content, most_pixels=most_pixels)
    return Taken(
        media_type=JPEG, content=picture.content, width=picture.width, height=picture.height
    )


def room_for_one_more(session: Session, owner: Owner) -> None:
    """Raises TooManyPhotos while too many of the account's belong nowhere."""
    waiting = session.scalar(
        select(func.count()).where(
            Photo.owner_id == owner.id, Photo.subject_id.is_(None), Photo.state != "going"
        )
    )
    if (waiting or 0) >= MOST_UNATTACHED:
        raise errors.TooManyPhotos(most_waiting=MOST_UNATTACHED)


def announce(session: Session, owner: Owner, *, what: Taken, now: datetime) -> uuid.UUID:
    """A row for an object that is about to be written; commit it before ``store.write``.

    Raises TooManyPhotos. Unless it is kept within ten minutes, it goes again.
    """
    room_for_one_more(session, owner)
    photo = Photo(
        id=database.new_id(),
        owner_id=owner.id,
        state="arriving",
        media_type=what.media_type,
        width=what.width,
        height=what.height,
        size_bytes=len(what.content),
        created_at=now,
        attempts=0,
        wake_at=now + _ARRIVES_WITHIN,
        tended_until=now + _ARRIVES_WITHIN,
    )
    session.add(photo)
    session.flush()
    return photo.id


def write(photo_id: uuid.UUID, what: Taken) -> None:
    """Write the object of a row that was announced. Raises Unavailable."""
    store.write(photo_id, "full", what.content)


def keep(session: Session, photo_id: uuid.UUID, *, now: datetime) -> Photo:
    """The object is there: from now on so is the photo, and its thumbnails are owed.

    Raises Unavailable if it took too long and the row is on its way out.
    """
    photo = session.scalars(
        update(Photo)
        .where(Photo.id == photo_id, Photo.state == "arriving")
        .values(
            state="kept",
            # A picture owes its thumbnails at once; a PDF waits to be told where it belongs.
            wake_at=case((Photo.media_type == JPEG, now), else_=Photo.created_at + UNATTACHED_FOR),
            queued_at=now,
            tended_until=None,
        )
        .returning(Photo),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if photo is None:
        raise errors.Unavailable()
    queue.publish(session, "tend_photos", ids=[str(photo.id)])
    return photo


def attach(
    session: Session,
    photo_ids: Sequence[uuid.UUID],
    *,
    owner: Owner,
    to: str,
    subject_id: uuid.UUID,
    job_id: uuid.UUID | None = None,
    now: datetime,
    at: str = "photos",
    paths: Sequence[str] | None = None,
) -> list[Photo]:
    """Say where photos belong, behind those that belong there already; for good.

    ``to`` is one of ``MOST``. Raises InvalidInput at ``photos.0`` and so on
    (``at``, or ``paths`` one for each) for a photo that is unknown, somebody else's, named
    twice or used elsewhere, for a PDF where only pictures belong, and at ``at`` for too many.
    """
    there = _of_subject(session, subject_id, to)
    fresh = [one for one in photo_ids if one not in {photo.id for photo in there}]
    after = 1 + max((photo.position or 0 for photo in there), default=-1)
    found = _own(session, photo_ids, owner, to, subject_id, at, paths)
    if len(there) + len(fresh) > MOST[to]:
        raise errors.InvalidInput(fields={at: ["photos-too-many"]}, most=MOST[to])
    for position, photo_id in enumerate(fresh, start=after):
        _belong(found[photo_id], to, subject_id, job_id, position, now=now)
    session.flush()
    return [found[one] for one in photo_ids]


def replace(
    session: Session,
    photo_ids: Sequence[uuid.UUID],
    *,
    owner: Owner,
    to: str,
    subject_id: uuid.UUID,
    job_id: uuid.UUID | None = None,
    now: datetime,
    at: str = "photos",
    paths: Sequence[str] | None = None,
) -> list[Photo]:
    """Say which photos belong somewhere, in this order; others that did are let go of.

    Raises InvalidInput as ``attach`` does.
    """
    if len(photo_ids) > MOST[to]:
        raise errors.InvalidInput(fields={at: ["photos-too-many"]}, most=MOST[to])
    there = _of_subject(session, subject_id, to)
    found = _own(session, photo_ids, owner, to, subject_id, at, paths)
    for position, photo_id in enumerate(photo_ids):
        _belong(found[photo_id], to, subject_id, job_id, position, now=now)
    session.flush()
    let_go(session, [photo.id for photo in there if photo.id not in found], now=now)
    return [found[one] for one in photo_ids]


def _own(
    session: Session,
    photo_ids: Sequence[uuid.UUID],
    owner: Owner,
    to: str,
    subject_id: uuid.UUID,
    at: str,
    paths: Sequence[str] | None,
) -> dict[uuid.UUID, Photo]:
    """The account's photos by these ids, held until the transaction ends, if all of them
    may belong there."""
    held = session.scalars(
        select(Photo)
        .where(Photo.id.in_(photo_ids), Photo.owner_id == owner.id, Photo.state == "kept")
        .order_by(Photo.id)
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )
    found = {photo.id: photo for photo in held}
    wrong: dict[str, list[str]] = {}
    seen: set[uuid.UUID] = set()
    for place, photo_id in enumerate(photo_ids):
        photo, path = found.get(photo_id), paths[place] if paths else f"{at}.{place}"
        if photo is None:
            wrong[path] = ["photo-unknown"]
        elif photo_id in seen:
            wrong[path] = ["photo-twice"]
        elif photo.subject_id is not None and (photo.subject_kind, photo.subject_id) != (
            to,
            subject_id,
        ):
            wrong[path] = ["photo-used"]
        elif photo.media_type == PDF and to not in MAY_BE_PDF:
            wrong[path] = ["photo-is-a-paper"]
        seen.add(photo_id)
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    return found


def _belong(
    photo: Photo,
    to: str,
    subject_id: uuid.UUID,
    job_id: uuid.UUID | None,
    position: int,
    *,
    now: datetime,
) -> None:
    photo.position = position
    if photo.subject_id is not None:
        return
    photo.subject_kind, photo.subject_id, photo.job_id = to, subject_id, job_id
    photo.attached_at = now
    if photo.thumbnails_at is not None or photo.media_type == PDF:
        # Nothing is owed about it any more.
        photo.wake_at = photo.queued_at = None


def _of_subject(session: Session, subject_id: uuid.UUID, kind: str) -> list[Photo]:
    return list(
        session.scalars(
            select(Photo)
            .where(
                Photo.subject_id == subject_id, Photo.subject_kind == kind, Photo.state == "kept"
            )
            .order_by(Photo.position, Photo.id),
            execution_options={"populate_existing": True},
        )
    )


def of(session: Session, subject_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Photo]]:
    """The photos that belong to each of these, in their order; of nothing, none.

    Whoever asks has made sure that the reader may see the subject.
    """
    found: dict[uuid.UUID, list[Photo]] = defaultdict(list)
    if subject_ids:
        for photo in session.scalars(
            select(Photo)
            .where(Photo.subject_id.in_(subject_ids), Photo.state == "kept")
            .order_by(Photo.position, Photo.id)
        ):
            assert photo.subject_id is not None
            found[photo.subject_id].append(photo)
    return found


def get(session: Session, photo_id: uuid.UUID) -> Photo:
    """A photo whoever owns it, for those who hold a link to it. Raises NotFound."""
    photo = session.get(Photo, photo_id)
    if photo is None or photo.state != "kept":
        raise errors.NotFound()
    return photo


def own(session: Session, photo_id: uuid.UUID, owner: Owner) -> Photo:
    """One of the account's photos. Raises NotFound, also for somebody else's."""
    photo = get(session, photo_id)
    if photo.owner_id != owner.id:
        raise errors.NotFound()
    return photo


def read(photo: Photo, size: images.Size) -> bytes:
    """The bytes of a photo; until its thumbnails are made, the whole picture for each.

    Needs no session. Raises NotFound where the store has lost it, Unavailable.
    """
    try:
        return store.read(photo.id, shown_size(photo, size))
    except store.Missing:
        raise errors.NotFound from None


def shown_size(photo: Photo, size: images.Size) -> images.Size:
    """The size that is there for one that is asked for."""
    return size if photo.thumbnails_at is not None else "full"


def let_go(session: Session, photo_ids: Sequence[uuid.UUID], *, now: datetime) -> None:
    """Show these to nobody any more; a task removes them, once nobody is writing them."""
    if photo_ids:
        _let_go(session, Photo.id.in_(photo_ids), now=now)


def forget(session: Session, owner_id: uuid.UUID, *, now: datetime) -> None:
    """Let go of everything an account ever brought."""
    _let_go(session, Photo.owner_id == owner_id, now=now)


def _let_go(session: Session, which: ColumnElement[bool], *, now: datetime) -> None:
    going = session.scalars(
        update(Photo)
        .where(which, Photo.state != "going")
        .values(
            state="going",
            attempts=0,
            wake_at=func.greatest(now, Photo.tended_until),
            queued_at=now,
        )
        .returning(Photo.id),
        execution_options={"synchronize_session": False},
    ).all()
    for start in range(0, len(going), queue.BATCH):
        ids = [str(one) for one in going[start : start + queue.BATCH]]
        queue.publish(session, "tend_photos", ids=ids)
