"""Who is on duty now, and where they last were.

Hides: that only the last position exists, that it goes with the duty, and that a
phone which stands still and says so every few seconds costs no write.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Boolean, Float, Uuid, bindparam, text
from sqlalchemy.orm import Session

from jobbing_api import errors, geography
from jobbing_api.accounts import models as accounts_models
from jobbing_api.database import Instant

#: A position this young and this near to the new one is good enough to stand.
STANDS_FOR = timedelta(seconds=30)
STANDS_WITHIN_M = 100.0

_PUT = text(
    """
    WITH provider AS (
        SELECT account_id,
               CASE WHEN :online THEN ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography END
                   AS position
        FROM providers
        WHERE account_id = :provider_id
    ),
    written AS (
        INSERT INTO presences AS last (provider_id, online, position, position_at, changed_at)
        SELECT account_id, :online, position, CASE WHEN position IS NOT NULL THEN :now END, :now
        FROM provider
        ON CONFLICT (provider_id) DO UPDATE
        SET online = excluded.online,
            position = excluded.position,
            position_at = excluded.position_at,
            changed_at = CASE WHEN last.online = excluded.online THEN last.changed_at
                              ELSE excluded.changed_at END
        WHERE last.online <> excluded.online
           OR (last.position IS NULL) <> (excluded.position IS NULL)
           OR last.position_at <= :stands_since
           OR ST_Distance(last.position, excluded.position, false) > :stands_within_m
        RETURNING provider_id
    )
    SELECT EXISTS (SELECT FROM provider) AS known, EXISTS (SELECT FROM written) AS written
    """
).bindparams(
    bindparam("provider_id", type_=Uuid()),
    bindparam("online", type_=Boolean()),
    bindparam("lon", type_=Float(53)),
    bindparam("lat", type_=Float(53)),
    bindparam("now", type_=Instant),
    bindparam("stands_since", type_=Instant),
    bindparam("stands_within_m", type_=Float(53)),
)


def put_presence(
    session: Session,
    account: accounts_models.Account,
    *,
    online: bool,
    position: geography.LonLat | None,
    now: datetime,
) -> bool:
    """Say whether the provider is on duty and where: (lon, lat), or None to keep it
    to oneself. Off duty no position is kept, whatever was said.

    Returns whether anything had to be written: not while the duty is the same and
    the stored position younger than 30 s and within 100 m. Raises ProfileRequired.
    """
    lon, lat = position if position is not None else (None, None)
    put = session.execute(
        _PUT,
        {
            "provider_id": account.id,
            "online": online,
            "lon": lon,
            "lat": lat,
            "now": now,
            "stands_since": now - STANDS_FOR,
            "stands_within_m": STANDS_WITHIN_M,
        },
    ).one()
    if not put.known:
        raise errors.ProfileRequired()
    return bool(put.written)
