"""What is owed about photos: thumbnails, and removal. Found by rows, done by tasks.

Hides: leases. Whoever tends a photo has it alone for two minutes, writes only in the first
of them, and removes nothing that somebody else may be writing. Killed at any instruction,
it leaves a row that is due again; done twice, the second finds nothing to do or does the
same again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from jobbing_api import database, errors
from jobbing_api.files import images, store
from jobbing_api.files.models import Photo
from jobbing_api.files.photos import UNATTACHED_FOR

_log = structlog.get_logger(__name__)

#: How long a photo is tended alone, and in which part of that something new is begun. What
#: lies between is longer than a store is waited for.
_LEASE = timedelta(seconds=120)
_BEGIN_WITHIN_S = 60.0

#: Thumbnails that could not be made so often are not made: the whole picture stands for
#: them. Removal is tried for ever.
_MOST_ATTEMPTS = 5

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 3600.0

#: An object without a row that is younger may belong to a row that is about to be there.
_ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Leased:
    id: uuid.UUID
    state: str
    attempts: int


def due_ids(
    session: Session, *, lost_before: datetime, now: datetime, limit: int
) -> list[uuid.UUID]:
    """At most ``limit`` photos that are due, for the clock to ask for.

    Those that were asked for since ``lost_before`` still wait in the queue.
    """
    due = (
        select(Photo.id)
        .where(
            Photo.wake_at <= now,
            or_(Photo.queued_at.is_(None), Photo.queued_at < lost_before),
        )
        .order_by(Photo.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(
        update(Photo)
        .where(Photo.id.in_(due.scalar_subquery()))
        .values(queued_at=now)
        .returning(Photo.id),
        execution_options={"synchronize_session": False},
    )
    return list(found)


def tend(
    ids: Sequence[uuid.UUID],
    *,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Do what is owed about these photos as far as it is due; returns about how many it was.

    Opens its own transactions and holds none while a store is asked. Safe to run twice and
    beside itself; what it does not get done, the clock finds again.
    """
    # A stopwatch, not the time of day: what is written down stays relative to ``now``.
    begun_s = time.monotonic()
    leased = _lease(ids, now=now)
    for number, one in enumerate(leased):
        if stopping() or time.monotonic() - begun_s > _BEGIN_WITHIN_S:
            _put_back([left.id for left in leased[number:]], now=now)
            return number
        if one.state == "going":
            _remove(one, now=now)
        else:
            _make_thumbnails(one, now=now, begun_s=begun_s)
    return len(leased)


def _lease(ids: Sequence[uuid.UUID], *, now: datetime) -> list[_Leased]:
    """Take those that are due and nobody has. What never arrived, or was never told where it
    belongs, is on its way out from here on."""
    free = (
        select(Photo.id)
        .where(Photo.id.in_(ids), Photo.wake_at <= now)
        .order_by(Photo.id)
        .with_for_update(skip_locked=True)
    )
    forsaken = or_(
        Photo.state == "arriving",
        (Photo.state == "kept")
        & Photo.subject_id.is_(None)
        & (Photo.created_at <= now - UNATTACHED_FOR),
    )
    with database.transaction() as session:
        rows = session.execute(
            update(Photo)
            .where(Photo.id.in_(free.scalar_subquery()))
            .values(
                state=case((forsaken, "going"), else_=Photo.state),
                attempts=case((forsaken, 1), else_=Photo.attempts + 1),
                wake_at=now + _LEASE,
                queued_at=None,
                tended_until=now + _LEASE,
            )
            .returning(Photo.id, Photo.state, Photo.attempts),
            execution_options={"synchronize_session": False},
        )
        return sorted((_Leased(*row) for row in rows), key=lambda one: one.id)


def _put_back(ids: Sequence[uuid.UUID], *, now: datetime) -> None:
    """Give back what there was no time to begin: due at once, and not counted as a try."""
    with database.transaction() as session:
        session.execute(
            update(Photo)
            .where(Photo.id.in_(ids))
            .values(wake_at=now, tended_until=None, attempts=func.greatest(0, Photo.attempts - 1)),
            execution_options={"synchronize_session": False},
        )


def _remove(one: _Leased, *, now: datetime) -> None:
    """First its objects, then the row that leads to them."""
    try:
        store.remove(one.id)
    except errors.Unavailable:
        _try_later(one, now=now)
        return
    with database.transaction() as session:
        session.execute(
            delete(Photo).where(Photo.id == one.id, Photo.state == "going"),
            execution_options={"synchronize_session": False},
        )


def _make_thumbnails(one: _Leased, *, now: datetime, begun_s: float) -> None:
    made = False
    # A try that ends with its process is counted: a picture that kills whoever opens it
    # would do so for ever.
    if one.attempts <= _MOST_ATTEMPTS:
        try:
            whole = store.read(one.id, "full")
            for size in images.THUMBNAILS:
                content = images.smaller(whole, size).content
                if time.monotonic() - begun_s > _BEGIN_WITHIN_S:
                    _put_back([one.id], now=now)
                    return
                store.write(one.id, size, content)
            made = True
        except errors.Unavailable:
            _try_later(one, now=now)
            return
        except store.Missing:
            # It may be the whole bucket that is not there just now.
            _log.error("photo.lost", photo=str(one.id))
            _try_later(one, now=now)
            return
        except Exception:
            # It was our own picture when it was written: the disk has spoilt it.
            _log.exception("photo.spoilt", photo=str(one.id))
    _settle(one, made=made, now=now)


def _settle(one: _Leased, *, made: bool, now: datetime) -> None:
    """Nothing is owed any more, unless it was let go of meanwhile: then it is removed now."""
    with database.transaction() as session:
        session.execute(
            update(Photo)
            .where(Photo.id == one.id)
            .values(
                thumbnails_at=now if made else None,
                tended_until=None,
                wake_at=case(
                    (Photo.state == "going", now),
                    (Photo.subject_id.is_(None), Photo.created_at + UNATTACHED_FOR),
                    else_=None,
                ),
            ),
            execution_options={"synchronize_session": False},
        )


def _try_later(one: _Leased, *, now: datetime) -> None:
    pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 3 ** min(one.attempts, 10))
    with database.transaction() as session:
        session.execute(
            update(Photo)
            .where(Photo.id == one.id)
            .values(wake_at=now + timedelta(seconds=pause_s), tended_until=None),
            execution_options={"synchronize_session": False},
        )


def sweep(*, now: datetime) -> int:
    """Remove objects older than a day that no row leads to; returns of how many photos.

    There are none unless the database was brought back to an earlier day. Lists the whole
    store. Opens its own transactions. Raises Unavailable.
    """
    removed, several = 0, []
    for one in store.ids():
        if _made_at(one) <= now - _ORPHAN_AFTER:
            several.append(one)
        if len(several) == 1000:
            removed += _remove_orphans(several)
            several = []
    return removed + _remove_orphans(several)


def _remove_orphans(ids: Sequence[uuid.UUID]) -> int:
    with database.transaction() as session:
        known = set(session.scalars(select(Photo.id).where(Photo.id.in_(ids))))
    orphans = [one for one in ids if one not in known]
    for one in orphans:
        store.remove(one)
    return len(orphans)


def _made_at(file_id: uuid.UUID) -> datetime:
    """When an id of ours was made (UUID version 7, RFC 9562: 48 bits of milliseconds)."""
    if file_id.version != 7:
        # A probe that was killed.
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromtimestamp((file_id.int >> 80) / 1000, UTC)
