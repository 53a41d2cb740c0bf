"""Hours that are taken.

Hides: the exclusion constraint that makes a double booking impossible whatever races,
and that every booking moves its provider's free time in the same transaction.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import database, errors, geography
from jobbing_api.providers import free_time, models

#: Why a booking was released when its own provider does not come after all: whoever
#: it names is not asked about that job again.
DROPPED_OUT = "provider-cancelled"
UNDONE = "acceptance-undone"
ABSENT = "provider-absent"
GIVEN_BACK = (DROPPED_OUT, UNDONE, ABSENT)


def book(
    session: Session,
    *,
    market_id: uuid.UUID,
    provider_id: uuid.UUID,
    job_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    buffer_minutes: int,
    place: geography.LonLat,
    now: datetime,
) -> models.Booking:
    """Take [``starts_at``, ``ends_at``) of the provider's time for the job at ``place``.

    ``buffer_minutes`` on both sides are lost to other visits too. Raises
    CalendarConflict if the provider holds an overlapping booking and AlreadyTaken if
    the job holds one; the transaction stays usable.
    """
    # Two who insert overlapping hours at once could each wait for the other; behind
    # the provider's lock the second one simply finds the hours taken.
    free_time.lock(session, [provider_id])
    booking = models.Booking(
        market_id=market_id,
        provider_id=provider_id,
        job_id=job_id,
        during=Range(starts_at, ends_at, bounds="[)"),
        buffer_minutes=buffer_minutes,
        place=geography.point(*place),
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(booking)
            session.flush()
    except IntegrityError as error:
        constraint = database.violated(error)
        if constraint == "ex_bookings_no_overlap":
            raise errors.CalendarConflict() from error
        if constraint == "uq_bookings_one_per_job":
            raise errors.AlreadyTaken() from error
        raise
    free_time.rebuild(session, [provider_id], now=now)
    return booking


def is_taken(
    session: Session,
    provider_id: uuid.UUID,
    *,
    starts_at: datetime,
    ends_at: datetime,
    but_for: uuid.UUID,
) -> bool:
    """Whether the provider holds another booking than that ``but_for`` a job then."""
    booking = models.Booking
    held = select(booking.id).where(
        booking.provider_id == provider_id,
        booking.released_at.is_(None),
        booking.job_id != but_for,
        booking.during.op("&&")(Range(starts_at, ends_at, bounds="[)")),
    )
    return session.scalars(held.limit(1)).first() is not None


def release(
    session: Session, *, job_id: uuid.UUID, because: str, now: datetime
) -> models.Booking | None:
    """Give the hours held for the job back; returns the booking, None if none is held.

    Done twice, the second finds nothing to release.
    """
    booking = session.scalars(
        select(models.Booking)
        .where(models.Booking.job_id == job_id, models.Booking.released_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if booking is None:
        return None
    booking.released_at = now
    booking.released_because = because
    free_time.rebuild(session, [booking.provider_id], now=now)
    return booking
