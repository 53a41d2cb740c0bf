"""The calendar's algebra: when somebody could come.

Hides: how weekly hours, exceptions and bookings become one ``tstzmultirange`` a
provider, and how concurrent changes to them are put in order. Whoever changes a
source calls ``rebuild`` in the same transaction.

Free time = (weekly hours + available exceptions) - unavailable exceptions - held
bookings widened by their buffer, half-open, UTC. What being online adds is not
stored: matching adds it when it asks (docs/decisions/0004-free-time.md).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from jobbing_api import geography
from jobbing_api.database import Instant
from jobbing_api.markets import local_time
from jobbing_api.providers import models

#: How far ahead free time is known; the clock extends it once a day of it is used up.
HORIZON = timedelta(days=60)
_SLACK = timedelta(days=1)

#: Providers in one statement: some hundred kilobytes of stretches.
_BATCH = 500

_REBUILD = text(
    """
    UPDATE providers
    SET free_time = (
            (week.stretches::tstzmultirange + coalesce(marked.available, '{}'))
            - coalesce(marked.unavailable, '{}')
            - coalesce(booked.stretches, '{}')
        ) * tstzmultirange(tstzrange(:since, :until)),
        free_until = :until
    FROM unnest(:ids, :weeks) AS week (provider_id, stretches)
    CROSS JOIN LATERAL (
        SELECT range_agg(during) FILTER (WHERE available) AS available,
               range_agg(during) FILTER (WHERE NOT available) AS unavailable
        FROM calendar_exceptions
        WHERE provider_id = week.provider_id
          AND during && tstzrange(:since, :until)
    ) marked
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(lower(during) - buffer.length, upper(during) + buffer.length))
                   AS stretches
        FROM bookings
        CROSS JOIN LATERAL (SELECT make_interval(mins => buffer_minutes) AS length) buffer
        WHERE provider_id = week.provider_id
          AND released_at IS NULL
          -- No policy has a buffer of more than a day; past visits stay in the index.
          AND during && tstzrange(:since - interval '1 day', :until + interval '1 day')
    ) booked
    WHERE account_id = week.provider_id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid())),
    bindparam("weeks", type_=ARRAY(Text())),
    bindparam("since", type_=Instant),
    bindparam("until", type_=Instant),
)


#: Put together once: every wave and every acceptance asks it.
_LOCKED = (
    select(models.Provider.account_id, models.Provider.time_zone, models.Provider.base)
    .where(models.Provider.account_id == func.any(bindparam("ids", type_=ARRAY(Uuid()))))
    .order_by(models.Provider.account_id)
    .with_for_update(key_share=True)
)


class Held(NamedTuple):
    """A provider whose row is held: their clock, and where they start from (lon, lat)."""

    time_zone: str
    base: geography.LonLat


def lock(session: Session, provider_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Held]:
    """Wait until nobody else changes these providers' calendars; keep it so until the
    transaction ends. Returns those that exist.

    Always in the order of the ids, so that two batches never wait for each other.
    Rows that merely point at a provider (an offer, a booking) are not held up.
    """
    rows = session.execute(_LOCKED, {"ids": list(provider_ids)})
    return {row.account_id: Held(row.time_zone, geography.lon_lat(row.base)) for row in rows}


def rebuild(session: Session, provider_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """Bring the stored free time of these providers in line with its sources.

    It then reaches from the start of the current hour to 60 days ahead. Providers
    that do not exist are passed over.
    """
    session.flush()
    ids = sorted(set(provider_ids))
    for first in range(0, len(ids), _BATCH):
        _rebuild_batch(session, ids[first : first + _BATCH], now)


def _rebuild_batch(session: Session, ids: Sequence[uuid.UUID], now: datetime) -> None:
    # Read only what is locked: whoever changed a source before us has committed by
    # then, and whoever changes one after us rebuilds after us.
    time_zones = {one: held.time_zone for one, held in lock(session, ids).items()}
    hours = models.WeeklyHours
    weekly: dict[uuid.UUID, list[local_time.Stretch]] = defaultdict(list)
    for row in session.execute(
        select(hours.provider_id, hours.weekday, hours.from_minute, hours.to_minute)
        .where(hours.provider_id.in_(list(time_zones)))
        .order_by(hours.weekday, hours.from_minute)
    ):
        weekly[row.provider_id].append(
            local_time.Stretch(row.weekday, row.from_minute, row.to_minute)
        )

    since = now.replace(minute=0, second=0, microsecond=0)
    until = now + HORIZON
    # Most people of a town keep the same few weeks: each is written out once.
    written: dict[tuple[str, tuple[local_time.Stretch, ...]], str] = {}
    weeks: list[str] = []
    for provider_id, time_zone in time_zones.items():
        key = (time_zone, tuple(weekly[provider_id]))
        if key not in written:
            written[key] = _multirange(key[1], time_zone, since, until)
        weeks.append(written[key])
    session.execute(
        _REBUILD, {"ids": list(time_zones), "weeks": weeks, "since": since, "until": until}
    )
    for provider_id in time_zones:
        loaded = session.identity_map.get(identity_key(models.Provider, provider_id))
        if loaded is not None:
            session.expire(loaded, ["free_time", "free_until"])


def _multirange(
    week: Iterable[local_time.Stretch], time_zone: str, since: datetime, until: datetime
) -> str:
    """PostgreSQL's text of the stretches of a repeated week."""
    stretches = local_time.weekly_stretches(week, time_zone, since, until)
    spans = (
        f"[{stretch.lower.isoformat()},{stretch.upper.isoformat()})"
        for stretch in stretches
        if stretch.lower is not None and stretch.upper is not None
    )
    return "{" + ",".join(spans) + "}"


def extend_due(session: Session, *, now: datetime, limit: int) -> int:
    """Extend at most ``limit`` providers' free time that reaches less than 59 days
    ahead, the shortest first; returns how many. Run twice or by two at once, each
    provider is extended once."""
    due = session.scalars(
        select(models.Provider.account_id)
        .where(models.Provider.free_until < now + HORIZON - _SLACK)
        .order_by(models.Provider.free_until)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    rebuild(session, due, now=now)
    return len(due)
