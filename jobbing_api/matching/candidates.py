"""The questions that are put to the search index, each one SQL statement.

Hides: the statements. All are made of the same few pieces, so that a filter or a
measure is said once: ``_UNFIT``, ``_reach``, ``_FIGURES``, ``_OPEN``, ``_CAPS``.

- ``goal``: how dense a place is, and a score that the k-th best reaches at least, found
  among the good ones close by.
- ``best``: the k best of all who could still reach a given score, from the squares of a
  grid, or of all on duty.
- ``everybody``: the judgement on each in reach, with the first filter that each fails.
- ``nearest``: the same for the nearest few, to explain a ranking by.

``ranking`` decides which to ask, and when the answer is complete.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.geography import LonLat
from jobbing_api.matching import scoring

#: The hard filters in the order they are tried; the first that fails is the reason.
FILTERS = (
    "own-job",
    "blocked",
    "language",
    "tools",
    "papers",
    "price",
    "asked-before",
    "offline",
    "radius",
    "slot",
    "live-offers",
    "daily-offers",
)

#: A slot starts on a whole minute: nobody books 14:03:27.
_MINUTE = timedelta(minutes=1)

#: No two visits of one person are farther apart: twice the farthest reach, and as much
#: again for a base that moved. It says how far off in time a visit can still matter.
_FARTHEST_WAY_KM = 800

#: Scores this close are one score: sums of floats say no more.
SAME_SCORE = 1e-9

#: Of those who are left out, the nearest are named.
NEAR_MISSES = 20


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


# The pieces ---------------------------------------------------------------------------

#: What does not depend on any provider, once. ``counted`` says that the figures in the
#: index were counted by the very rules this policy has.
_ASK = """
    ask AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS point,
               box(point(:lon, :lat), point(:lon, :lat)) AS spot,
               tstzrange(:earliest, greatest(:earliest, :window_to)) AS window_ahead,
               tstzmultirange(tstzrange(:earliest, greatest(:earliest, :window_to))) AS ahead,
               tstzmultirange(tstzrange(:now, :now + :online_free)) AS duty,
               :now + :online_free > :earliest AS duty_matters,
               (SELECT array_agg(CASE account_id WHEN :resident_id THEN blocked_account_id
                                 ELSE account_id END)
                FROM blocks
                WHERE account_id = :resident_id OR blocked_account_id = :resident_id) AS blocked,
               -- What this very transaction changed and the index does not know yet.
               EXISTS (SELECT FROM search_index_due) AS behind,
               b.rating_mean,
               coalesce((b.rating_half_life_days, b.reliability_days, b.responsiveness_days)
                   = (:rating_half_life_days, :reliability_days, :responsiveness_days), false)
                   AS counted,
               coalesce((b.rating_prior_stars, b.rating_prior_weight, b.rating_floor,
                         b.rating_ceiling, b.reliability_good, b.reliability_bad,
                         b.responsiveness_good, b.responsiveness_bad)
                   = (:rating_prior_stars, :rating_prior_weight, :rating_floor,
                      :rating_ceiling, :reliability_good, :reliability_bad,
                      :responsiveness_good, :responsiveness_bad), false) AS bounded
        FROM (VALUES (1)) AS one
        LEFT JOIN baselines b
               ON b.market_id = :market_id AND b.category_id = CAST(:category_id AS smallint)
    )"""

#: Why somebody is not for this job at any time.
_UNFIT = """
    CASE
        WHEN i.provider_id = :resident_id THEN 'own-job'
        WHEN i.provider_id = ANY(ask.blocked) THEN 'blocked'
        WHEN cardinality(CAST(:languages AS text[])) > 0
             AND NOT i.languages && CAST(:languages AS text[]) THEN 'language'
        WHEN NOT i.tools @> CAST(:needs AS text[]) THEN 'tools'
        WHEN cardinality(CAST(:papers AS text[])) > 0 AND NOT coalesce((
            SELECT array_agg(q.kind) FROM papers q
            WHERE q.provider_id = i.provider_id AND q.verified_at <= :now
              AND (q.valid_until IS NULL OR q.valid_until > :window_to)
        ), '{}') @> CAST(:papers AS text[]) THEN 'papers'
        WHEN :budget_kind = 'fixed' AND i.minimum_visit_cents > :budget_cents THEN 'price'
        WHEN :budget_kind = 'hourly'
             AND (i.price_kind <> 'hourly' OR i.amount_cents > :budget_cents) THEN 'price'
    END"""


def _reach(distance_m: str) -> str:
    """Whether somebody of this market would come so far."""
    return f"""i.market_id = :market_id
        AND CASE WHEN i.reach_m IS NOT NULL THEN {distance_m} <= i.reach_m
                 ELSE ST_Covers(i.reach_area, ask.point) END"""


#: From the base, and from where somebody is, if they said so lately and it matters.
_WAY = """
    CROSS JOIN LATERAL (
        SELECT ST_Distance(i.base, ask.point, false) AS base_m OFFSET 0
    ) base"""
_FROM_BASE = "base.base_m"
_FROM_POSITION = """
    CASE WHEN :urgency = 'now' THEN coalesce((
        SELECT ST_Distance(pr.position, ask.point, false) FROM presences pr
        WHERE pr.provider_id = i.provider_id AND pr.position_at >= :fresh_since
    ), base.base_m) ELSE base.base_m END"""

#: Free at all in the window, as far as the index row alone can tell.
_MAY_BE_FREE = """
    (i.free_time && ask.window_ahead OR i.online AND ask.duty_matters)"""

#: The figures of ``i``: as the index has them while they hold, else counted from the
#: record. Ratings in the index are weighed as of ``figures_at``.
_FIGURES = """
    CROSS JOIN LATERAL (
        SELECT ask.counted AND :now >= i.figures_at AND :now < i.figures_until AS hold
    ) figures
    LEFT JOIN LATERAL (
        SELECT sum(e.stars * age.weight) FILTER (WHERE e.kind = 'rated') AS rating_sum,
               sum(age.weight) FILTER (WHERE e.kind = 'rated') AS rating_weight,
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
            SELECT power(0.5::float8, date_part('epoch', :now - e.at) / :half_life_s) AS weight
        ) age
        WHERE NOT figures.hold AND e.provider_id = i.provider_id AND e.at <= :now
    ) record ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN figures.hold AND i.rating_weight > 0
                    THEN power(0.5::float8, date_part('epoch', :now - i.figures_at)
                                            / :half_life_s) END AS since
    ) age"""
_FIGURE_COLUMNS = """
    ask.rating_mean, CAST(:decay_m AS float8) AS decay_m,
    CASE WHEN figures.hold THEN coalesce(i.rating_sum * age.since, 0)
         ELSE coalesce(record.rating_sum, 0) END AS rating_sum,
    CASE WHEN figures.hold THEN coalesce(i.rating_weight * age.since, 0)
         ELSE coalesce(record.rating_weight, 0) END AS rating_weight,
    CASE WHEN figures.hold THEN i.visits_kept ELSE record.visits_kept END AS visits_kept,
    CASE WHEN figures.hold THEN i.visits_let_down ELSE record.visits_let_down END
        AS visits_let_down,
    CASE WHEN figures.hold THEN i.offers_answered ELSE record.offers_answered END
        AS offers_answered,
    CASE WHEN figures.hold THEN i.offers_unanswered ELSE record.offers_unanswered END
        AS offers_unanswered"""

#: What each held booking takes, together with the way from or to it; only of those who
#: have one so late that it can matter.
_BUSY = """
    CASE WHEN i.visits_until > :earliest - :widest_gap THEN (
        SELECT range_agg(tstzrange(lower(b.during) - way.gap, upper(b.during) + way.gap))
        FROM bookings b
        CROSS JOIN LATERAL (
            SELECT make_interval(mins => greatest(
                b.buffer_minutes,
                ceil(:travel_buffer_min + :travel_min_per_km
                     * ST_Distance(b.place, ask.point, false) / 1000)
            )::int) AS gap
        ) way
        WHERE b.provider_id = i.provider_id AND b.released_at IS NULL
          AND b.during && tstzrange(
              :earliest - :widest_gap, greatest(:earliest, :window_to) + :widest_gap)
    ) END"""

#: Where somebody has time for this job (free time, and the next hours while online,
#: within the window ahead, without visits), and the start of the first long stretch.
_OPEN = f"""
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.online AND ask.duty_matters THEN i.free_time + ask.duty
                    ELSE i.free_time END * ask.ahead
               - coalesce({_BUSY}, '{{}}'::tstzmultirange) AS stretches
        OFFSET 0
    ) open
    CROSS JOIN LATERAL (
        SELECT min(minute) FILTER (WHERE upper(x) - minute >= :duration) AS starts_at,
               coalesce(sum(date_part('epoch', upper(x) - lower(x))), 0) AS free_s
        FROM unnest(open.stretches) AS x
        CROSS JOIN date_trunc('minute', lower(x) + interval '59.999999 seconds') AS minute
    ) inside"""

#: Past their weekly hours people may be asked softly, never in hours they struck out by
#: hand.
_OUTSIDE = f"""
    LEFT JOIN LATERAL (
        SELECT ask.ahead - coalesce({_BUSY}, '{{}}'::tstzmultirange)
               - coalesce((
                   SELECT range_agg(x.during) FROM calendar_exceptions x
                   WHERE x.provider_id = i.provider_id AND NOT x.available
               ), '{{}}'::tstzmultirange) AS stretches
        WHERE :outside_hours
    ) anytime ON true
    LEFT JOIN LATERAL (
        SELECT min(minute) AS starts_at
        FROM unnest(anytime.stretches) AS x
        CROSS JOIN date_trunc('minute', lower(x) + interval '59.999999 seconds') AS minute
        WHERE inside.starts_at IS NULL AND upper(x) - minute >= :duration
    ) outside ON true"""

#: How often somebody may still be asked: offers nobody answered yet, and those of today.
_CAPS = """
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) FILTER (WHERE NOT EXISTS (
                        SELECT FROM record_entries c
                        WHERE c.subject_id = e.subject_id AND c.provider_id = e.provider_id
                          AND c.kind IN ('answered', 'unanswered', 'withdrawn')
                    )) >= :live_offers_at_most THEN 'live-offers'
                    WHEN count(*) FILTER (WHERE e.at >= :day_from) >= :pushes_a_day
                    THEN 'daily-offers' END AS full_up
        FROM record_entries e
        WHERE e.provider_id = i.provider_id AND e.kind = 'asked'
          AND e.urgency = :urgency AND e.at > :now - interval '7 days'
    ) caps"""

_LEFT_OUT = "i.provider_id = ANY(CAST(:leave_out AS uuid[]))"

#: What of a candidate leaves the database.
_SHOWN = """provider_id, online, base_m, distance_m, price_kind, amount_cents,
    call_out_fee_cents, starts_at, inside_hours, stars, score"""


def _density(*, by_squares: bool) -> str:
    """How many fit people live near, counted no farther than any tier asks for. In
    squares from the middle outward; by reach where the circle is too wide for squares."""
    where = f"""
            CROSS JOIN ask {_WAY}
            WHERE base.base_m <= :density_radius_m AND {_reach("base.base_m")} AND {_UNFIT} IS NULL
            LIMIT :dense_enough"""
    if by_squares:
        rows = """(
                SELECT i.* FROM unnest(CAST(:near_squares AS bigint[])) AS s (number)
                JOIN search_index i ON i.category_id = CAST(:category_id AS smallint)
                                   AND i.square = s.number
                UNION ALL
                SELECT i.* FROM unnest(CAST(:density_blocks AS bigint[])) AS s (number)
                JOIN search_index i ON i.category_id = CAST(:category_id AS smallint)
                                   AND i.block = s.number
                                   AND i.square <> ALL(CAST(:near_squares AS bigint[]))
            ) i"""
        source = f"FROM {rows} {where}"
    else:
        source = f"""FROM search_index i {where}""".replace(
            "WHERE base.base_m",
            "WHERE i.category_id = CAST(:category_id AS smallint)"
            " AND i.reach_box @> ask.spot AND base.base_m",
        )
    return f"""
    density AS MATERIALIZED (
        SELECT count(*) AS eligible FROM (SELECT {source}) AS counted
    ),
    tier AS MATERIALIZED (
        SELECT density.eligible, t.radius_m, t.decay_m
        FROM density, unnest(CAST(:tier_eligible AS int[]), CAST(:tier_radius_m AS float8[]),
                             CAST(:tier_decay_m AS float8[]))
             AS t (eligible_at_least, radius_m, decay_m)
        WHERE density.eligible >= t.eligible_at_least
        ORDER BY t.eligible_at_least DESC
        LIMIT 1
    )"""


#: The tier where it is known already.
_TIER = """
    tier AS MATERIALIZED (
        SELECT CAST(:eligible AS bigint) AS eligible, CAST(:radius_m AS float8) AS radius_m,
               CAST(:decay_m AS float8) AS decay_m
    )"""


def _scored(rows: str, weights: Sequence[str], *, pruned: bool = False, cut: bool = False) -> str:
    """Score ``rows`` (``i`` with ``base_m`` and ``distance_m``).

    ``pruned``: whoever could not reach ``:goal`` even with the best of slots is not
    timed. ``cut``: only the ``:most`` who look best are; ``kept`` says how many that
    were, ``least`` what the last of them could come to.
    """
    keep = "WHERE at_most >= :goal" if pruned else ""
    if cut:
        keep += " ORDER BY at_most DESC LIMIT :most"
    also = ", count(*) OVER () AS kept, min(at_most) OVER () AS least" if cut else ""
    figures = _FIGURE_COLUMNS.replace("CAST(:decay_m AS float8)", "tier.decay_m")
    return f"""
        SELECT i.*, {scoring.score(weights).replace("m.", "i.")} AS score
        FROM (
            SELECT m.*, {scoring.STARS} AS stars
                   {scoring.values(weights, of_slot=True)}
            FROM (
                SELECT i.*, true AS inside_hours, inside.starts_at, inside.free_s
                FROM (
                    SELECT * {also} FROM (SELECT * FROM (
                        SELECT m.*, {scoring.at_most(weights)} AS at_most
                        FROM (
                            SELECT m.* {scoring.values(weights, of_slot=False)}
                            FROM (
                                SELECT i.provider_id, i.base_m, i.distance_m, i.online,
                                       i.price_kind, i.amount_cents, i.call_out_fee_cents,
                                       i.free_time, i.visits_until, {figures}
                                FROM ({rows}) i
                                CROSS JOIN ask CROSS JOIN tier {_FIGURES}
                                OFFSET 0
                            ) m
                            OFFSET 0
                        ) m
                    ) AS bounded
                    {keep}) AS kept
                    OFFSET 0
                ) i
                CROSS JOIN ask {_OPEN}
                WHERE inside.starts_at IS NOT NULL
                OFFSET 0
            ) m
            OFFSET 0
        ) i"""


_ORDER = "ORDER BY round(i.score * 1e9) DESC, md5(CAST(:job_id AS text) || i.provider_id::text)"


def _able(distance_m: str) -> str:
    """Whom the index row does not rule out."""
    return f"""{_reach("base.base_m")} AND {distance_m} <= tier.radius_m
        AND NOT {_LEFT_OUT} AND {_MAY_BE_FREE} AND {_UNFIT} IS NULL"""


@functools.cache
def _goal_statement(weights: tuple[str, ...], by_squares: bool) -> TextClause:
    def some(squares: str, column: str, number: str, more: str) -> str:
        return f"""
            SELECT i.*, i.base_m AS distance_m
            FROM unnest(CAST({squares} AS bigint[])) AS s (number)
            CROSS JOIN ask CROSS JOIN tier
            CROSS JOIN LATERAL (
                SELECT i.*, base.base_m
                FROM search_index i {_WAY}
                WHERE i.category_id = CAST(:category_id AS smallint) AND i.{column} = s.number
                  {more} AND {_able("base.base_m")}
                ORDER BY i.standing DESC
                LIMIT {number}
            ) i"""

    seeds = f"""
        {some(":near_squares", "square", ":of_a_square", "")}
        UNION ALL
        {
        some(
            ":near_blocks",
            "block",
            ":of_a_block",
            "AND i.square <> ALL(CAST(:near_squares AS bigint[]))",
        )
    }
        LIMIT :seeds"""
    return text(
        f"""
        WITH {_ASK}, {_density(by_squares=by_squares)},
        scored AS (SELECT i.provider_id, i.score FROM ({_scored(seeds, weights)}) i)
        SELECT tier.eligible, ask.behind, ask.counted AND ask.bounded AS bounded, (
            SELECT i.score FROM (SELECT * FROM scored ORDER BY score DESC OFFSET 0) i {_CAPS}
            WHERE caps.full_up IS NULL OFFSET :limit - 1 LIMIT 1
        ) AS goal
        FROM tier CROSS JOIN ask
        """
    )


@functools.cache
def _best_statement(weights: tuple[str, ...], source: str, by_squares: bool) -> TextClause:
    if source == "duty":
        tier = _density(by_squares=by_squares)
        distance = _FROM_POSITION
        rows = f"""
            SELECT i.*, way.base_m, way.distance_m
            FROM ask CROSS JOIN tier CROSS JOIN search_index i {_WAY}
            CROSS JOIN LATERAL (SELECT base.base_m, {distance} AS distance_m OFFSET 0) way
            WHERE i.category_id = CAST(:category_id AS smallint) AND i.online
              AND i.reach_box @> ask.spot AND {_able("way.distance_m")}"""
    elif source == "reach":
        tier, distance = _TIER, _FROM_BASE
        rows = f"""
            SELECT i.*, base.base_m, base.base_m AS distance_m
            FROM ask CROSS JOIN tier CROSS JOIN search_index i {_WAY}
            WHERE i.category_id = CAST(:category_id AS smallint)
              AND i.reach_box @> ask.spot AND {_able(distance)}"""
    else:
        tier, distance = _TIER, _FROM_BASE
        rows = f"""
            SELECT i.*, base.base_m, base.base_m AS distance_m
            FROM unnest(CAST(:squares AS bigint[]), CAST(:floors AS int[]))
                 AS s (number, standing)
            CROSS JOIN ask CROSS JOIN tier
            JOIN search_index i ON i.category_id = CAST(:category_id AS smallint)
                               AND i.{source} = s.number AND i.standing >= s.standing {_WAY}
            WHERE {_able(distance)}"""
    scored = _scored(rows, weights, pruned=True, cut=source == "duty")
    cut = ", i.kept, i.least" if source == "duty" else ""
    parts = "".join(f", i.value_{name}" for name in weights)
    return text(
        f"""
        WITH {_ASK}, {tier}
        SELECT i.*, tier.eligible, (SELECT behind FROM ask) AS behind
        FROM tier LEFT JOIN (
            SELECT {", ".join(f"i.{one.strip()}" for one in _SHOWN.split(","))} {parts} {cut}
            FROM (SELECT i.* FROM ({scored}) i {_ORDER} OFFSET 0) i {_CAPS}
            WHERE caps.full_up IS NULL
            LIMIT :limit
        ) i ON true
        """
    )


@functools.cache
def _judged_statement(weights: tuple[str, ...], source: str, by_squares: bool) -> TextClause:
    category = "i.category_id = CAST(:category_id AS smallint)"
    if source == "only":
        whom = f"{category} AND i.provider_id = ANY(CAST(:only AS uuid[]))"
    else:
        whom = f"{category} AND i.reach_box @> ask.spot"
    if source == "nearest":
        rows = f"""ask CROSS JOIN tier CROSS JOIN LATERAL (
                SELECT i.* FROM search_index i WHERE {whom}
                ORDER BY i.base <-> ask.point LIMIT :nearest
            ) i"""
        whom = "true"
    else:
        rows = "ask CROSS JOIN tier CROSS JOIN search_index i"
    figures = _FIGURE_COLUMNS.replace("CAST(:decay_m AS float8)", "tier.decay_m")
    parts = "".join(f", j.value_{name}" for name in weights)
    return text(
        f"""
        WITH {_ASK}, {_density(by_squares=by_squares)},
        standing AS MATERIALIZED (
            SELECT i.provider_id, i.online, way.base_m, way.distance_m,
                   i.price_kind, i.amount_cents, i.call_out_fee_cents,
                   CASE WHEN failed.because IS NULL THEN i.free_time END AS free_time,
                   i.visits_until, i.figures_at, i.figures_until, i.rating_sum,
                   i.rating_weight, i.visits_kept, i.visits_let_down, i.offers_answered,
                   i.offers_unanswered, failed.because
            FROM {rows} {_WAY}
            CROSS JOIN LATERAL (SELECT base.base_m, {_FROM_POSITION} AS distance_m OFFSET 0) way
            CROSS JOIN LATERAL (
                SELECT coalesce({_UNFIT}, CASE
                    WHEN {_LEFT_OUT} THEN 'asked-before'
                    WHEN :urgency = 'now' AND NOT i.online THEN 'offline'
                    WHEN way.distance_m > tier.radius_m THEN 'radius'
                    -- Whoever is not free at all need not be timed.
                    WHEN NOT :outside_hours AND NOT {_MAY_BE_FREE} THEN 'slot'
                END) AS because
                OFFSET 0
            ) failed
            WHERE {whom} AND {_reach("base.base_m")}
        ),
        able AS MATERIALIZED (
            SELECT i.*, coalesce(inside.starts_at, outside.starts_at) AS starts_at,
                   inside.starts_at IS NOT NULL AS inside_hours, inside.free_s
            FROM standing i CROSS JOIN ask {_OPEN} {_OUTSIDE}
            WHERE i.because IS NULL
        ),
        asked AS MATERIALIZED (
            SELECT i.*, CASE WHEN i.starts_at IS NULL THEN 'slot' ELSE caps.full_up END AS fell_out
            FROM able i
            LEFT JOIN LATERAL (SELECT caps.full_up FROM (VALUES (1)) AS one {_CAPS}
                               WHERE i.starts_at IS NOT NULL) caps ON true
        ),
        scored AS (
            SELECT i.*, {scoring.score(weights).replace("m.", "i.")} AS score
            FROM (
                SELECT m.*, {scoring.STARS} AS stars
                       {scoring.values(weights, of_slot=False)}
                       {scoring.values(weights, of_slot=True)}
                FROM (
                    SELECT i.provider_id, i.online, i.base_m, i.distance_m, i.price_kind,
                           i.amount_cents, i.call_out_fee_cents, i.starts_at, i.inside_hours,
                           i.free_s, {figures}
                    FROM asked i CROSS JOIN ask CROSS JOIN tier {_FIGURES}
                    WHERE i.fell_out IS NULL
                    OFFSET 0
                ) m
                OFFSET 0
            ) i
        ),
        missed AS (
            SELECT provider_id, because AS fell_out, distance_m FROM standing
            WHERE because IS NOT NULL
            UNION ALL
            SELECT provider_id, fell_out, distance_m FROM asked WHERE fell_out IS NOT NULL
        ),
        judged AS (
            (SELECT NULL::text AS fell_out,
                    {", ".join(f"i.{one.strip()}" for one in _SHOWN.split(","))}
                    {parts.replace("j.", "i.")}
             FROM scored i {_ORDER} LIMIT :limit)
            UNION ALL
            (SELECT fell_out, provider_id, NULL, NULL, distance_m, NULL, NULL, NULL, NULL, NULL,
                    NULL, NULL {"".join(", NULL" for _ in weights)}
             FROM missed ORDER BY distance_m, provider_id LIMIT {NEAR_MISSES})
        )
        SELECT tier.eligible, (SELECT behind FROM ask) AS behind,
               (SELECT count(*) FROM standing) AS in_reach,
               (SELECT count(*) FROM asked WHERE fell_out IS NULL) AS ranked,
               (SELECT jsonb_object_agg(fell_out, n)
                FROM (SELECT fell_out, count(*) AS n FROM missed GROUP BY fell_out) AS by_filter)
                   AS fell_out_counts,
               j.*
        FROM tier LEFT JOIN judged j ON true
        """
    )


_SLOT = text(
    f"""
    WITH {_ASK}
    SELECT CASE
               WHEN open.stretches @> tstzrange(:preferred_at, :preferred_at + :duration)
                    OR anytime.stretches @> tstzrange(:preferred_at, :preferred_at + :duration)
               THEN :preferred_at
               ELSE coalesce(inside.starts_at, outside.starts_at)
           END
    FROM (
        SELECT p.account_id AS provider_id, p.free_time, 'infinity'::timestamptz AS visits_until,
               coalesce(pr.online, false) AS online
        FROM providers p
        LEFT JOIN presences pr ON pr.provider_id = p.account_id
        WHERE p.account_id = :provider_id
    ) i
    CROSS JOIN ask {_OPEN} {_OUTSIDE}
    """
)


# Asking -------------------------------------------------------------------------------


def _time_parameters(request: Request, policy: markets.Policy, now: datetime) -> dict[str, Any]:
    lon, lat = request.place
    farthest_min = policy.travel_buffer_min + policy.travel_min_per_km * _FARTHEST_WAY_KM
    earliest = request.earliest(now)
    span = max(request.window_to, earliest) - earliest
    return {
        "lon": lon,
        "lat": lat,
        "now": now,
        "earliest": earliest,
        "window_to": request.window_to,
        "duration": request.duration,
        "span_s": span.total_seconds(),
        "slack_s": (span - request.duration).total_seconds(),
        "outside_hours": request.outside_hours,
        "online_free": timedelta(minutes=policy.online_free_min),
        "travel_buffer_min": policy.travel_buffer_min,
        "travel_min_per_km": policy.travel_min_per_km,
        # A booking's own buffer is a day at most, as the rule it was made by.
        "widest_gap": timedelta(minutes=max(1440, farthest_min)),
        "resident_id": request.resident_id,
        "market_id": request.market_id,
        "category_id": request.category_id,
        "rating_half_life_days": policy.rating_half_life_days,
        "reliability_days": policy.reliability_days,
        "responsiveness_days": policy.responsiveness_days,
        "rating_prior_stars": policy.rating_prior_stars,
        "rating_prior_weight": policy.rating_prior_weight,
        "rating_floor": policy.rating_floor,
        "rating_ceiling": policy.rating_ceiling,
        "reliability_good": policy.reliability_prior[0],
        "reliability_bad": policy.reliability_prior[1],
        "responsiveness_good": policy.responsiveness_prior[0],
        "responsiveness_bad": policy.responsiveness_prior[1],
    }


def parameters(
    request: Request, policy: markets.Policy, *, now: datetime, day_from: datetime
) -> dict[str, Any]:
    """What every statement has in common. ``day_from`` is when the market's day began."""
    return {
        **_time_parameters(request, policy, now),
        **scoring.weight_parameters(policy.weights),
        "job_id": str(request.job_id),
        "day_from": day_from,
        "urgency": request.urgency,
        "languages": list(request.languages),
        "needs": list(request.needs),
        "papers": list(request.papers),
        "budget_kind": request.budget_kind,
        "budget_cents": request.budget_cents,
        "leave_out": list(request.leave_out),
        "fresh_since": now - timedelta(seconds=policy.fresh_position_s),
        "live_offers_at_most": policy.live_offers_at_most,
        "pushes_a_day": policy.pushes_a_day,
        "half_life_s": policy.rating_half_life_days * 86400.0,
        "reliable_since": now - timedelta(days=policy.reliability_days),
        "responsive_since": now - timedelta(days=policy.responsiveness_days),
    }


def goal(
    session: Session, weights: tuple[str, ...], asked: dict[str, Any], *, by_squares: bool
) -> Row[Any]:
    """``eligible``, whether standings bound this policy's parts (``bounded``), and a
    score that the k-th best reaches at least (``goal``; None: fewer were found)."""
    return session.execute(_goal_statement(weights, by_squares), asked).one()


def best(
    session: Session,
    weights: tuple[str, ...],
    source: str,
    asked: dict[str, Any],
    *,
    by_squares: bool,
) -> Sequence[Row[Any]]:
    """The k best of a ``source`` who reach ``goal``, best first: "square" or "block"
    (``squares`` with the least standing in each), "reach" (everybody whose reach covers
    the place) or "duty" (those of them who are online, of whom ``most`` are timed)."""
    return session.execute(_best_statement(weights, source, by_squares), asked).all()


def judged(
    session: Session,
    weights: tuple[str, ...],
    source: str,
    asked: dict[str, Any],
    *,
    by_squares: bool,
) -> Sequence[Row[Any]]:
    """The k best, then the nearest who fell out, of everybody in "reach", the "nearest"
    few of them, or "only" some. Every row carries the counts; there is at least one."""
    return session.execute(_judged_statement(weights, source, by_squares), asked).all()


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
    start of the earliest slot, else None. Read from the sources, not from the index.
    Hold the provider's row lock, or the answer may be old before it is used."""
    starts_at: datetime | None = session.scalar(
        _SLOT,
        {
            **_time_parameters(request, policy, now),
            "provider_id": provider_id,
            "preferred_at": preferred_at,
        },
    )
    return starts_at
