"""A provider's visits as a calendar shows them: the same event through every change.

Hides: that an hour that moves is another booking, that one given back may be told for a
while, and that somebody comes twice to a job whose work is put right.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from jobbing_api import geography, markets, providers
from jobbing_api.jobs import models
from jobbing_api.markets import models as markets_models

#: How far back a calendar is told of visits, those that were called off included.
_BACK = timedelta(days=30)

#: Why a booking was kept and given back all the same: work is put right in another one.
_CAME = "came"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Somebody comes, or was to come. ``key`` stays with it, ``revision`` grows with every
    change and ``changed_at`` is when it last did."""

    key: str
    revision: int
    changed_at: datetime
    job_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    category: dict[str, str]
    #: The town the job's blurred place is in or next to, else the market.
    place: str


def diary_of(session: Session, provider_id: uuid.UUID, *, now: datetime) -> list[Event]:
    """The visits ahead and those of the last weeks, by their hour."""
    booking, job = providers.models.Booking, models.Job
    told = select(booking.job_id).where(
        booking.provider_id == provider_id,
        func.upper(booking.during) > now - _BACK,
    )
    rows = session.execute(
        select(booking, job.location, markets_models.Category.names, markets_models.Market.name)
        .join(job, job.id == booking.job_id)
        .join(markets_models.Category, markets_models.Category.id == job.category_id)
        .join(markets_models.Market, markets_models.Market.id == job.market_id)
        .where(booking.provider_id == provider_id, booking.job_id.in_(told))
        .order_by(booking.job_id, booking.created_at, booking.id)
    ).all()
    # Never finer than what everybody who was asked could see: a calendar is read by others.
    squares = {
        row[0].job_id: geography.snap(geography.lon_lat(row[1]), geography.JOB_GRID_M)
        for row in rows
    }
    towns = dict(zip(squares, markets.nearest_places(session, list(squares.values())), strict=True))
    found: dict[str, Event] = {}
    visit, revision = (uuid.UUID(int=0), 0), 0
    for held, _, category, market in rows:
        if held.job_id != visit[0]:
            visit, revision = (held.job_id, 1), 0
        during: Range[datetime] = held.during
        assert during.lower is not None
        assert during.upper is not None
        released_at = held.released_at
        # Before its hour nobody came: what is to be put right has another date.
        came = held.released_because == _CAME and (released_at or now) >= during.lower
        ended = released_at is not None and not came
        # Each booking and each release that was no visit is a change of the event.
        revision += 1 + ended
        key = f"{held.job_id}-{visit[1]}"
        found[key] = Event(
            key=key,
            revision=revision,
            changed_at=(released_at if ended else None) or held.created_at,
            job_id=held.job_id,
            starts_at=during.lower,
            ends_at=during.upper,
            # One that moved is followed by where it moved to.
            cancelled=ended,
            category=category,
            place=towns[held.job_id] or market,
        )
        if came:
            visit, revision = (held.job_id, visit[1] + 1), 0
    return sorted(
        (one for one in found.values() if one.ends_at > now - _BACK),
        key=lambda one: (one.starts_at, one.key),
    )
