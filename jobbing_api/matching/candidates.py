"""Who could do a job, measured in one SQL statement.

Hides: the statement. It reads the sources themselves (profile, skills, presence,
free time, bookings, record), judges every provider of the market who has the skill
and whose reach covers the place, names the first hard filter each one fails, and
measures the rest. A later search index may replace it behind the same rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.geography import LonLat

#: The hard filters in the order they are tried; the first that fails is the reason.
FILTERS = (
    "suspended",
    "own-job",
    "blocked",
    "language",
    "tools",
    "papers",
    "price",
    "asked-before",
    "offline",
    "radius",
    "live-offers",
    "daily-offers",
    "slot",
)

#: A slot starts on a whole minute: nobody books 14:03:27.
_MINUTE = timedelta(minutes=1)

#: No two visits of one person are farther apart: twice the farthest reach, and as much
#: again for a base that moved. It says how far off in time a visit can still matter.
_FARTHEST_WAY_KM = 800


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One question "who could do this?"; says nothing of where the question came from.

    ``papers`` are the kinds that must be verified and valid (empty where the market
    does not require any). ``radius_step`` picks one of the tier's radii, None looks
    as far as anyone's reach. ``outside_hours`` also finds slots outside weekly hours.
    ``only`` limits the question to these providers; how densely a place is served, and
    with it the tier, stays what it is.
    """

    job_id: uuid.UUID
    market_id: uuid.UUID
    category_id: int
    resident_id: uuid.UUID
    place: LonLat
    window_from: datetime
    window_to: datetime
    duration_minutes: int
    urgency: str
    budget_kind: str
    budget_cents: int | None
    languages: Sequence[str] = ()
    needs: Sequence[str] = ()
    papers: Sequence[str] = ()
    leave_out: frozenset[uuid.UUID] = frozenset()
    radius_step: int | None = None
    outside_hours: bool = False
    only: Sequence[uuid.UUID] | None = None

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    def earliest(self, now: datetime) -> datetime:
        """The first whole minute of the window that is not past."""
        first = max(self.window_from, now)
        floor = first.replace(second=0, microsecond=0)
        return floor if floor == first else floor + _MINUTE


#: Where somebody has time. Of everyone in ``standing`` whose ``failed`` is null: the
#: stretches free for this job (free time, and the next hours while online, within the
#: window ahead, without what each held booking takes together with the way from or to
#: it) and the start of the first that is long enough.
_TIMED = """
    timed AS MATERIALIZED (
        SELECT s.*, open.stretches, anytime.stretches AS anytime,
               coalesce(inside.starts_at, outside.starts_at) AS starts_at,
               inside.starts_at IS NOT NULL AS inside_hours
        FROM standing s
        CROSS JOIN place
        LEFT JOIN LATERAL (
            SELECT range_agg(tstzrange(lower(b.during) - way.gap, upper(b.during) + way.gap))
                       AS stretches
            FROM bookings b
            CROSS JOIN LATERAL (
                SELECT make_interval(mins => greatest(
                    b.buffer_minutes,
                    ceil(:travel_buffer_min + :travel_min_per_km
                         * ST_Distance(b.place, place.point, false) / 1000)
                )::int) AS gap
            ) way
            WHERE s.failed IS NULL
              AND b.provider_id = s.provider_id AND b.released_at IS NULL
              AND b.during && tstzrange(
                  :earliest - :widest_gap, greatest(:earliest, :window_to) + :widest_gap)
        ) busy ON true
        LEFT JOIN LATERAL (
            SELECT tstzmultirange(tstzrange(:earliest, greatest(:earliest, :window_to))) AS ahead
            WHERE s.failed IS NULL
        ) job_window ON true
        LEFT JOIN LATERAL (
            SELECT (s.free_time + CASE WHEN s.online
                        THEN tstzmultirange(tstzrange(:now, :now + :online_free))
                        ELSE '{}'::tstzmultirange END)
                   * job_window.ahead - coalesce(busy.stretches, '{}'::tstzmultirange)
                   AS stretches
        ) open ON true
        LEFT JOIN LATERAL (
            SELECT min(minute) AS starts_at
            FROM unnest(open.stretches) AS x
            CROSS JOIN date_trunc('minute', lower(x) + interval '59.999999 seconds') AS minute
            WHERE upper(x) - minute >= :duration
        ) inside ON true
        LEFT JOIN LATERAL (
            -- Past their weekly hours people may be asked softly, never in hours they
            -- struck out by hand.
            SELECT job_window.ahead - coalesce(busy.stretches, '{}'::tstzmultirange)
                   - coalesce((
                       SELECT range_agg(x.during) FROM calendar_exceptions x
                       WHERE x.provider_id = s.provider_id AND NOT x.available
                   ), '{}'::tstzmultirange) AS stretches
            WHERE :outside_hours
        ) anytime ON true
        LEFT JOIN LATERAL (
            SELECT min(minute) AS starts_at
            FROM unnest(anytime.stretches) AS x
            CROSS JOIN date_trunc('minute', lower(x) + interval '59.999999 seconds') AS minute
            WHERE inside.starts_at IS NULL AND upper(x) - minute >= :duration
        ) outside ON true
    )
"""

_STATEMENT = text(
    # Both parts are constants of this module.
    f"""
    WITH place AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS point
    ),
    blocked AS MATERIALIZED (
        SELECT array_agg(CASE account_id WHEN :resident_id THEN blocked_account_id
                         ELSE account_id END) AS ids
        FROM blocks
        WHERE account_id = :resident_id OR blocked_account_id = :resident_id
    ),
    reachable AS MATERIALIZED (
        SELECT p.account_id AS provider_id,
               p.free_time,
               coalesce(pr.online, false) AS online,
               s.price_kind, s.amount_cents, s.call_out_fee_cents,
               ST_Distance(p.base, place.point, false) AS base_m,
               CASE
                   WHEN :urgency = 'now' AND pr.position_at >= :fresh_since
                   THEN ST_Distance(pr.position, place.point, false)
                   ELSE ST_Distance(p.base, place.point, false)
               END AS distance_m,
               CASE
                   WHEN a.suspended_at IS NOT NULL OR a.erased_at IS NOT NULL THEN 'suspended'
                   WHEN p.account_id = :resident_id THEN 'own-job'
                   WHEN p.account_id = ANY(blocked.ids) THEN 'blocked'
                   WHEN cardinality(CAST(:languages AS text[])) > 0
                        AND NOT p.languages && CAST(:languages AS text[]) THEN 'language'
                   WHEN NOT p.tools @> CAST(:needs AS text[]) THEN 'tools'
                   WHEN cardinality(CAST(:papers AS text[])) > 0 AND NOT coalesce((
                       SELECT array_agg(q.kind) FROM papers q
                       WHERE q.provider_id = p.account_id AND q.verified_at <= :now
                         AND (q.valid_until IS NULL OR q.valid_until > :window_to)
                   ), '{{}}') @> CAST(:papers AS text[]) THEN 'papers'
                   WHEN :budget_kind = 'fixed' AND p.minimum_visit_cents > :budget_cents
                       THEN 'price'
                   WHEN :budget_kind = 'hourly'
                        AND (s.price_kind <> 'hourly' OR s.amount_cents > :budget_cents)
                       THEN 'price'
               END AS unfit
        FROM place
        CROSS JOIN blocked
        CROSS JOIN skills s
        JOIN providers p ON p.account_id = s.provider_id
        JOIN accounts a ON a.id = p.account_id
        LEFT JOIN presences pr ON pr.provider_id = p.account_id
        WHERE s.category_id = :category_id
          AND p.market_id = :market_id
          AND CASE
                  WHEN p.reach_m IS NOT NULL
                  THEN ST_Distance(p.base, place.point, false) <= p.reach_m
                  ELSE ST_Covers(p.reach_area, place.point)
              END
    ),
    density AS MATERIALIZED (
        SELECT count(*) AS eligible
        FROM reachable
        WHERE unfit IS NULL AND base_m <= :density_radius_m
    ),
    tier AS MATERIALIZED (
        SELECT t.radius_m
        FROM density, unnest(CAST(:tier_eligible AS int[]), CAST(:tier_radius_m AS float8[]))
             AS t (eligible_at_least, radius_m)
        WHERE density.eligible >= t.eligible_at_least
        ORDER BY t.eligible_at_least DESC
        LIMIT 1
    ),
    standing AS MATERIALIZED (
        SELECT r.*,
               CASE
                   WHEN r.unfit IS NOT NULL THEN r.unfit
                   WHEN r.provider_id = ANY(CAST(:leave_out AS uuid[])) THEN 'asked-before'
                   WHEN :urgency = 'now' AND NOT r.online THEN 'offline'
                   WHEN r.distance_m > tier.radius_m THEN 'radius'
                   WHEN load.live >= :live_offers_at_most THEN 'live-offers'
                   WHEN load.today >= :pushes_a_day THEN 'daily-offers'
               END AS failed
        FROM reachable r
        CROSS JOIN tier
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.at >= :day_from) AS today,
                   count(*) FILTER (WHERE NOT EXISTS (
                       SELECT FROM record_entries c
                       WHERE c.subject_id = e.subject_id AND c.provider_id = e.provider_id
                         AND c.kind IN ('answered', 'unanswered', 'withdrawn')
                   )) AS live
            FROM record_entries e
            WHERE r.unfit IS NULL
              AND e.provider_id = r.provider_id AND e.kind = 'asked'
              AND e.urgency = :urgency AND e.at > :now - interval '7 days'
        ) load ON true
        WHERE CAST(:only AS uuid[]) IS NULL OR r.provider_id = ANY(CAST(:only AS uuid[]))
    ),
    {_TIMED},
    judged AS MATERIALIZED (
        SELECT t.*,
               CASE WHEN t.failed IS NULL AND t.starts_at IS NULL THEN 'slot'
                    ELSE t.failed END AS fell_out
        FROM timed t
    )
    SELECT j.provider_id, j.fell_out, j.online, j.base_m, j.distance_m,
           j.price_kind, j.amount_cents, j.call_out_fee_cents,
           j.starts_at, j.inside_hours,
           free.seconds AS free_s,
           density.eligible, category_mean.stars AS rating_mean,
           figures.*
    FROM density
    CROSS JOIN (
        SELECT avg(stars)::float8 AS stars
        FROM record_entries
        WHERE market_id = :market_id AND category_id = :category_id
          AND kind = 'rated' AND at <= :now
    ) category_mean
    LEFT JOIN judged j ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(extract(epoch FROM sum(upper(x) - lower(x))), 0)::float8 AS seconds
        FROM unnest(j.stretches) AS x
        WHERE j.fell_out IS NULL
    ) free ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(e.stars * age.weight) FILTER (WHERE e.kind = 'rated'), 0)::float8
                   AS rating_sum,
               coalesce(sum(age.weight) FILTER (WHERE e.kind = 'rated'), 0)::float8
                   AS rating_weight,
               count(*) FILTER (WHERE e.kind = 'kept' AND e.at > :reliable_since)
                   AS visits_kept,
               count(*) FILTER (WHERE e.kind IN ('late', 'cancelled', 'absent')
                                  AND e.at > :reliable_since) AS visits_let_down,
               count(*) FILTER (WHERE e.kind = 'answered' AND e.at > :responsive_since)
                   AS offers_answered,
               count(*) FILTER (WHERE e.kind = 'unanswered' AND e.at > :responsive_since)
                   AS offers_unanswered
        FROM record_entries e
        CROSS JOIN LATERAL (
            SELECT power(0.5::float8,
                         extract(epoch FROM :now - e.at)::float8 / :half_life_s) AS weight
        ) age
        WHERE j.fell_out IS NULL AND e.provider_id = j.provider_id AND e.at <= :now
    ) figures ON true
    """  # noqa: S608  # see above
)


_SLOT = text(
    # Both parts are constants of this module.
    f"""
    WITH place AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS point
    ),
    standing AS MATERIALIZED (
        SELECT p.account_id AS provider_id, p.free_time,
               coalesce(pr.online, false) AS online, NULL::text AS failed
        FROM providers p
        LEFT JOIN presences pr ON pr.provider_id = p.account_id
        WHERE p.account_id = :provider_id
    ),
    {_TIMED}
    SELECT CASE
               WHEN t.stretches @> tstzrange(:preferred_at, :preferred_at + :duration)
                    OR t.anytime @> tstzrange(:preferred_at, :preferred_at + :duration)
               THEN :preferred_at
               ELSE t.starts_at
           END
    FROM timed t
    """  # noqa: S608  # see above
)


def slot(
    session: Session,
    request: Request,
    policy: markets.Policy,
    *,
    provider_id: uuid.UUID,
    preferred_at: datetime,
    now: datetime,
) -> datetime | None:
    """When this provider can come: ``preferred_at`` if that still holds, else the
    start of the earliest slot, else None. Hold the provider's row lock, or the answer
    may be old before it is used."""
    starts_at: datetime | None = session.scalar(
        _SLOT,
        {
            **_time_parameters(request, policy, now),
            "provider_id": provider_id,
            "preferred_at": preferred_at,
        },
    )
    return starts_at


def _time_parameters(request: Request, policy: markets.Policy, now: datetime) -> dict[str, Any]:
    lon, lat = request.place
    farthest_min = policy.travel_buffer_min + policy.travel_min_per_km * _FARTHEST_WAY_KM
    return {
        "lon": lon,
        "lat": lat,
        "now": now,
        "earliest": request.earliest(now),
        "window_to": request.window_to,
        "duration": request.duration,
        "outside_hours": request.outside_hours,
        "online_free": timedelta(minutes=policy.online_free_min),
        "travel_buffer_min": policy.travel_buffer_min,
        "travel_min_per_km": policy.travel_min_per_km,
        # A booking's own buffer is a day at most, as the rule it was made by.
        "widest_gap": timedelta(minutes=max(1440, farthest_min)),
    }


def measure(
    session: Session, request: Request, policy: markets.Policy, *, now: datetime, day_from: datetime
) -> Sequence[Row[Any]]:
    """One row for each provider of the market with the skill and within own reach.

    ``fell_out`` is None or the name of the first filter that failed, and then the
    measures are empty. At least one row comes back (with a null ``provider_id`` when
    nobody is in reach), because every row carries ``eligible``, the density that
    decides the policy tier. ``day_from`` is when the market's day began.
    """
    steps = [
        tier.radius_steps_m[min(request.radius_step, len(tier.radius_steps_m) - 1)]
        if request.radius_step is not None
        else float("inf")
        for tier in policy.tiers
    ]
    return session.execute(
        _STATEMENT,
        {
            **_time_parameters(request, policy, now),
            "day_from": day_from,
            "urgency": request.urgency,
            "category_id": request.category_id,
            "market_id": request.market_id,
            "resident_id": request.resident_id,
            "languages": list(request.languages),
            "needs": list(request.needs),
            "papers": list(request.papers),
            "budget_kind": request.budget_kind,
            "budget_cents": request.budget_cents,
            "leave_out": list(request.leave_out),
            "only": None if request.only is None else list(request.only),
            "tier_eligible": [tier.eligible_at_least for tier in policy.tiers],
            "tier_radius_m": steps,
            "density_radius_m": policy.density_radius_m,
            "fresh_since": now - timedelta(seconds=policy.fresh_position_s),
            "live_offers_at_most": policy.live_offers_at_most,
            "pushes_a_day": policy.pushes_a_day,
            "half_life_s": policy.rating_half_life_days * 86400.0,
            "reliable_since": now - timedelta(days=policy.reliability_days),
            "responsive_since": now - timedelta(days=policy.responsiveness_days),
        },
    ).all()
