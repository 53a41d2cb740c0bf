"""Who is on duty now, and where they last were.

Hides: that only the last position exists, that it goes with the duty or once it is too
old to rank by, and that a phone which stands still and says so every few seconds costs
no write.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, Boolean, Float, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from jobbing_api import errors, geography, markets
from jobbing_api.accounts import models as accounts_models
from jobbing_api.database import Instant
from jobbing_api.providers import models, pauses

#: A position this young and this near to the new one is good enough to stand.
STANDS_FOR = timedelta(seconds=30)
STANDS_WITHIN_M = 100.0

#: Positions that expire in one statement: a few dozen milliseconds of a clock's time.
_EXPIRE_AT_ONCE = 5_000

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
    if online and put.written:
        pauses.resume(session, account.id, now=now)
    return bool(put.written)


def position_of(
    session: Session, provider_id: uuid.UUID, *, since: datetime
) -> tuple[geography.LonLat, datetime] | None:
    """Where somebody on duty was, and when, if that is no older than ``since``."""
    presence = models.Presence
    row = session.execute(
        select(presence.position, presence.position_at).where(
            presence.provider_id == provider_id, presence.position_at >= since
        )
    ).first()
    return None if row is None else (geography.lon_lat(row.position), row.position_at)


_EXPIRE = text(
    # Whoever is writing a newer one just now is passed over. Only those on duty have a
    # position; saying so again lets an index of them serve.
    """
    WITH stale AS (
        SELECT pr.provider_id
        FROM unnest(:market_ids, :fresh_since) AS rule (market_id, fresh_since)
        JOIN providers p ON p.market_id = rule.market_id
        JOIN presences pr ON pr.provider_id = p.account_id
        WHERE pr.online AND pr.position IS NOT NULL AND pr.position_at < rule.fresh_since
        LIMIT :at_once
        FOR UPDATE OF pr SKIP LOCKED
    )
    UPDATE presences SET position = NULL, position_at = NULL
    FROM stale
    WHERE presences.provider_id = stale.provider_id
    RETURNING presences.provider_id
    """
).bindparams(
    bindparam("market_ids", type_=ARRAY(Uuid())),
    bindparam("fresh_since", type_=ARRAY(Instant)),
    bindparam("at_once", type_=BigInteger()),
)


def expire_positions(session: Session, *, now: datetime) -> int:
    """Forget positions older than the ``fresh_position_s`` of their market's general
    rules for ``now``, which ranking does not look at any more; returns how many.

    Their people stay on duty, and are asked as from their bases. At most a few thousand
    at once; what is left over is found by the next call.
    """
    fresh_since = {}
    for market_id in session.scalars(select(markets.models.Market.id)):
        try:
            policy = markets.policy_in_force(
                session, market_id=market_id, category_id=None, urgency="now", now=now
            )
        except errors.NotFound:
            # Not opened yet: nobody is asked here.
            continue
        fresh_since[market_id] = now - timedelta(seconds=policy.fresh_position_s)
    expired = session.execute(
        _EXPIRE,
        {
            "market_ids": list(fresh_since),
            "fresh_since": list(fresh_since.values()),
            "at_once": _EXPIRE_AT_ONCE,
        },
    )
    return len(expired.all())
