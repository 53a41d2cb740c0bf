"""The questions that are put to the search index, each one SQL statement.

Hides: the statements. All are made of the same few pieces, so that a filter or a
measure is said once: ``_UNFIT``, ``_reach``, ``_FIGURES``, ``_OPEN``, ``_CAPS``.

- ``few``: the k best where so few reach a place that all of them are read.
- ``goal``: how dense a place is, and a score that the k-th best reaches at least, found
  among the good ones close by.
- ``best``: the k best of all who could still reach a given score, from the squares of a
  grid; ``on_duty``: the same of all who are online.
- ``judged``: the judgement on each in reach, or on the nearest few, with the first filter
  that each fails.

``ranking`` decides which to ask, and when the answer is complete.
"""

from __future__ import annotations

import functools
import math
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.numeric import Int2, Int4, Int8
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.geography import LonLat
from jobbing_api.matching import bounds, scoring

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

#: Of a square and of a block, so many of the best are looked at first: nobody knows where
#: they live thickest.
_OF_A_SQUARE = 6
_OF_A_BLOCK = 24


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

#: Whom the resident keeps away, or is kept away by.
_BLOCKED = """
    blocked AS MATERIALIZED (
        SELECT array_agg(CASE account_id WHEN :resident_id THEN blocked_account_id
                         ELSE account_id END) AS ids
        FROM blocks
        WHERE account_id = :resident_id OR blocked_account_id = :resident_id
    )"""

#: ``counted`` says that the figures in the index were counted by the very rules this
#: policy has, ``bounded`` that standings bound its parts.
_BASELINE = """
    baseline AS MATERIALIZED (
        SELECT b.rating_mean,
               (b.rating_half_life_days, b.reliability_days, b.responsiveness_days)
                   = (:rating_half_life_days, :reliability_days, :responsiveness_days) AS counted,
               (b.rating_half_life_days, b.reliability_days, b.responsiveness_days,
                b.rating_prior_stars, b.rating_prior_weight, b.rating_floor,
                b.rating_ceiling, b.reliability_good, b.reliability_bad,
                b.responsiveness_good, b.responsiveness_bad)
                   = (:rating_half_life_days, :reliability_days, :responsiveness_days,
                      :rating_prior_stars, :rating_prior_weight, :rating_floor,
                      :rating_ceiling, :reliability_good, :reliability_bad,
                      :responsiveness_good, :responsiveness_bad) AS bounded
        FROM baselines b
        WHERE b.market_id = :market_id AND b.category_id = :category_id
    )"""

#: What this very transaction changed and the index does not know yet.
_BEHIND = "EXISTS (SELECT FROM search_index_due) AS behind"

#: Why somebody is not for this job at any time.
_UNFIT = """
    CASE
        WHEN i.provider_id = :resident_id THEN 'own-job'
        WHEN i.provider_id = ANY(CAST((SELECT ids FROM blocked) AS uuid[])) THEN 'blocked'
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


#: Some of the same, for the planner to try first: it takes a CASE for dear.
_FIT_AT_A_GLANCE = """
    i.tools @> CAST(:needs AS text[])
    AND (cardinality(CAST(:languages AS text[])) = 0 OR i.languages && CAST(:languages AS text[]))
    AND (:budget_kind <> 'fixed' OR i.minimum_visit_cents <= :budget_cents)"""


def _reach(distance_m: str) -> str:
    """Whether somebody of this market would come so far."""
    return f"""i.market_id = :market_id
        AND CASE WHEN i.reach_m IS NOT NULL THEN {distance_m} <= i.reach_m
                 ELSE ST_Covers(i.reach_area, CAST(:point AS geography)) END"""


#: From the base, and from where somebody is, if they said so lately and it matters.
_WAY = """
    CROSS JOIN LATERAL (
        SELECT ST_Distance(i.base, CAST(:point AS geography), false) AS base_m OFFSET 0
    ) base"""
_FROM_BASE = "base.base_m"
_FROM_POSITION = """
    CASE WHEN :urgency = 'now' THEN coalesce((
        SELECT ST_Distance(pr.position, CAST(:point AS geography), false) FROM presences pr
        WHERE pr.provider_id = i.provider_id AND pr.position_at >= :fresh_since
    ), base.base_m) ELSE base.base_m END"""

#: Free for long enough in the window, as far as the index row alone can cheaply tell.
_MAY_BE_FREE = """
    (i.free_time && CAST(:window AS tstzrange)
     AND upper(i.free_time * CAST(:ahead AS tstzmultirange))
         - lower(i.free_time * CAST(:ahead AS tstzmultirange)) >= :duration
     OR i.online AND :duty_matters)"""

#: The figures of ``i``: as the index has them while they hold, else counted from the
#: record. Ratings in the index are weighed as of ``figures_at``.
_FIGURES = """
    CROSS JOIN LATERAL (
        SELECT (SELECT counted FROM baseline) IS TRUE
               AND :now >= i.figures_at AND :now < i.figures_until AS hold
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
            SELECT CASE WHEN old.lives > 500 THEN 0 ELSE power(0.5::float8, old.lives) END AS weight
            FROM (SELECT date_part('epoch', :now - e.at) / :half_life_s AS lives) old
        ) age
        WHERE NOT figures.hold AND e.provider_id = i.provider_id AND e.at <= :now
    ) record ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN figures.hold AND i.rating_weight > 0
                    THEN power(0.5::float8, least(500, date_part('epoch', :now - i.figures_at)
                                                       / :half_life_s)) END AS since
    ) age"""
_FIGURE_COLUMNS = """
    (SELECT rating_mean FROM baseline) AS rating_mean, (SELECT decay_m FROM tier) AS decay_m,
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
                     * ST_Distance(b.place, CAST(:point AS geography), false) / 1000)
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
        SELECT CASE WHEN i.online AND :duty_matters THEN i.free_time + CAST(:duty AS tstzmultirange)
                    ELSE i.free_time END * CAST(:ahead AS tstzmultirange)
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
        SELECT CAST(:ahead AS tstzmultirange) - coalesce({_BUSY}, '{{}}'::tstzmultirange)
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
_SHOWN = """i.provider_id, i.online, i.base_m, i.distance_m, i.price_kind, i.amount_cents,
    i.call_out_fee_cents, i.starts_at, i.inside_hours, i.stars, i.score"""


def _density(*, by_squares: bool, known: str = "0") -> str:
    """How many fit people live near, counted no farther than any tier asks for, and not
    at all where so many are ``known``. In squares from the middle outward; by reach where
    the circle is too wide for squares."""
    where = f"""
            {_WAY}
            WHERE base.base_m <= :density_radius_m AND {_reach("base.base_m")} AND {_UNFIT} IS NULL
            LIMIT :dense_enough"""
    if by_squares:
        rows = """(
                SELECT i.* FROM unnest(CAST(:near_squares AS bigint[])) AS s (number)
                JOIN search_index i ON i.category_id = :category_id
                                   AND i.square = s.number
                UNION ALL
                SELECT i.* FROM unnest(CAST(:density_blocks AS bigint[])) AS s (number)
                JOIN search_index i ON i.category_id = :category_id
                                   AND i.block = s.number
                                   AND i.square <> ALL(CAST(:near_squares AS bigint[]))
            ) i"""
        source = f"FROM {rows} {where}"
    else:
        source = f"""FROM search_index i {where}""".replace(
            "WHERE base.base_m",
            "WHERE i.category_id = :category_id"
            " AND i.reach_box @> CAST(:spot AS box) AND base.base_m",
        )
    return f"""
    density AS MATERIALIZED (
        SELECT CASE WHEN {known} >= :dense_enough THEN :dense_enough
                    ELSE (SELECT count(*) FROM (SELECT {source}) AS counted) END AS eligible
    ), {_TIERS}"""


#: The tier of a density.
_TIERS = """
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


def _bounded(rows: str, weights: Sequence[str], *, also: str = "") -> str:
    """``rows`` (``i`` with ``base_m`` and ``distance_m``, and the columns ``also``) with
    their figures, and what their score can come to before a slot is known."""
    return f"""
        SELECT m.*, {scoring.at_most(weights)} AS at_most
        FROM (
            SELECT m.* {scoring.values(weights, of_slot=False)}
            FROM (
                SELECT i.provider_id, i.base_m, i.distance_m, i.online,
                       i.price_kind, i.amount_cents, i.call_out_fee_cents,
                       i.free_time, i.visits_until, {_FIGURE_COLUMNS} {also}
                FROM ({rows}) i {_FIGURES}
                OFFSET 0
            ) m
            OFFSET 0
        ) m"""


def _timed(bounded: str, weights: Sequence[str]) -> str:
    """Those of ``bounded`` who have a slot, with their score."""
    return f"""
        SELECT i.*, {scoring.score(weights).replace("m.", "i.")} AS score
        FROM (
            SELECT m.*, {scoring.STARS} AS stars
                   {scoring.values(weights, of_slot=True)}
            FROM (
                SELECT i.*, true AS inside_hours, inside.starts_at, inside.free_s
                FROM ({bounded} OFFSET 0) i
                {_OPEN}
                WHERE inside.starts_at IS NOT NULL
                OFFSET 0
            ) m
            OFFSET 0
        ) i"""


def _kth(scored: str) -> str:
    """The score that the k-th of ``scored`` has, of those who may be asked."""
    return f"""(
        SELECT i.score
        FROM (SELECT provider_id, score FROM {scored} ORDER BY score DESC OFFSET 0) i {_CAPS}
        WHERE caps.full_up IS NULL OFFSET :limit - 1 LIMIT 1
    )"""


_ORDER = "ORDER BY round(i.score * 1e9) DESC, md5(CAST(:job_id AS text) || i.provider_id::text)"


def _first(scored: str, weights: Sequence[str], *, also: str = "") -> str:
    """The k best of ``scored``: in order, caps are looked at until so many pass."""
    parts = "".join(f", i.value_{name}" for name in weights)
    return f"""
        SELECT {_SHOWN} {parts} {also}
        FROM (SELECT i.* FROM {scored} i {_ORDER} OFFSET 0) i {_CAPS}
        WHERE caps.full_up IS NULL
        LIMIT :limit"""


def _able(distance_m: str, *, base_m: str = "base.base_m") -> str:
    """Whom the index row does not rule out."""
    return f"""{_reach(base_m)} AND {distance_m} <= (SELECT radius_m FROM tier)
        AND NOT {_LEFT_OUT} AND {_FIT_AT_A_GLANCE} AND {_MAY_BE_FREE} AND {_UNFIT} IS NULL"""


@functools.cache
def _few_statement(weights: tuple[str, ...]) -> str:
    able = f"""
        SELECT i.*, i.base_m AS distance_m FROM inside i
        WHERE (SELECT n FROM counted) <= :few AND {_able("i.base_m", base_m="i.base_m")}"""
    likely = "SELECT * FROM bounded WHERE place <= :timed"
    others = "SELECT * FROM bounded WHERE place > :timed AND at_most >= (SELECT score FROM goal)"
    return f"""
        WITH {_BLOCKED}, {_BASELINE},
        inside AS MATERIALIZED (
            SELECT i.*, base.base_m
            FROM search_index i {_WAY}
            WHERE i.category_id = :category_id AND i.reach_box @> CAST(:spot AS box)
            LIMIT :few + 1
        ),
        counted AS MATERIALIZED (SELECT count(*) AS n FROM inside),
        density AS MATERIALIZED (
            SELECT least(count(*), :dense_enough) AS eligible FROM inside i
            WHERE (SELECT n FROM counted) <= :few AND i.base_m <= :density_radius_m
              AND {_reach("i.base_m")} AND {_UNFIT} IS NULL
        ), {_TIERS},
        bounded AS MATERIALIZED (
            SELECT *, row_number() OVER (ORDER BY at_most DESC) AS place
            FROM ({_bounded(able, weights)}) AS b
        ),
        likely AS MATERIALIZED ({_timed(likely, weights)}),
        goal AS MATERIALIZED (
            SELECT coalesce({_kth("likely")} - {SAME_SCORE}, '-infinity') AS score
        ),
        scored AS (SELECT * FROM likely UNION ALL {_timed(others, weights)})
        SELECT i.*, tier.eligible, {_BEHIND}, (SELECT n FROM counted) AS inside
        FROM tier LEFT JOIN ({_first("scored", weights)}) i ON true
        """


@functools.cache
def _goal_statement(weights: tuple[str, ...], by_squares: bool) -> str:
    def some(squares: str, column: str, number: str, more: str = "") -> str:
        return f"""
            SELECT i.*, i.base_m AS distance_m
            FROM unnest(CAST({squares} AS bigint[])) AS s (number)
            CROSS JOIN LATERAL (
                SELECT i.*, base.base_m
                FROM search_index i {_WAY}
                WHERE i.category_id = :category_id AND i.{column} = s.number {more}
                  AND {_reach("base.base_m")} AND NOT {_LEFT_OUT}
                  AND {_FIT_AT_A_GLANCE} AND {_MAY_BE_FREE} AND {_UNFIT} IS NULL
                ORDER BY i.standing DESC
                LIMIT {number}
            ) i"""

    elsewhere = "AND i.square <> ALL(CAST(:near_squares AS bigint[]))"
    near = "SELECT * FROM seeds i WHERE i.distance_m <= (SELECT radius_m FROM tier)"
    known = "(SELECT count(*) FROM seeds WHERE base_m <= :density_radius_m)"
    likely = f"SELECT * FROM ({_bounded(near, weights)}) AS b ORDER BY at_most DESC LIMIT :timed"
    return f"""
        WITH {_BLOCKED}, {_BASELINE},
        seeds AS MATERIALIZED (
            {some(":near_squares", "square", ":of_a_square")}
            UNION ALL
            {some(":near_blocks", "block", ":of_a_block", elsewhere)}
            LIMIT :seeds
        ), {_density(by_squares=by_squares, known=known)},
        scored AS (SELECT i.provider_id, i.score FROM ({_timed(likely, weights)}) i)
        SELECT tier.eligible, (SELECT bounded FROM baseline) IS TRUE AS bounded,
               {_kth("scored")} AS goal
        FROM tier
        """


#: Whoever goes farther than this is few enough to be searched by reach.
FAR_M = 25_000

#: What somebody's score can come to, as far as distance and standing tell: the gain of a
#: standing is concave, so the least of its lines (``bounds.gain_lines``).
_PROMISE = """
    :pull * exp(-least(700, way.distance_m / (SELECT decay_m FROM tier))) + :others
    + CASE WHEN (SELECT bounded FROM baseline) THEN
          least(:gain_1 * i.standing + :base_1, :gain_2 * i.standing + :base_2,
                :gain_3 * i.standing + :base_3)
      ELSE :most_of_standing END"""


@functools.cache
def _best_statement(weights: tuple[str, ...], source: str, by_squares: bool) -> str:
    """``by_squares`` is how density is counted, which only "duty" has to."""
    if source == "duty":
        tier = _density(by_squares=by_squares)
        # Of those who look best before anything else of them is read.
        rows = f"""
            SELECT *, count(*) OVER () AS kept, min(promise) OVER () AS least
            FROM (
                SELECT * FROM (
                    SELECT i.*, way.base_m, way.distance_m, {_PROMISE} AS promise
                    FROM search_index i {_WAY}
                    CROSS JOIN LATERAL (
                        SELECT base.base_m, {_FROM_POSITION} AS distance_m OFFSET 0
                    ) way
                    WHERE i.category_id = :category_id AND i.online
                      AND i.reach_box @> CAST(:spot AS box) AND {_able("way.distance_m")}
                    OFFSET 0
                ) AS promising
                WHERE promise >= :goal
                ORDER BY promise DESC LIMIT :most
            ) AS kept"""
    elif source == "reach":
        tier = _TIER
        rows = f"""
            SELECT i.*, base.base_m, base.base_m AS distance_m
            FROM search_index i {_WAY}
            WHERE i.category_id = :category_id
              AND i.reach_box @> CAST(:spot AS box) AND {_able(_FROM_BASE)}"""
    else:
        tier = _TIER
        rows = f"""
            SELECT i.*, base.base_m, base.base_m AS distance_m
            FROM unnest(CAST(:squares AS bigint[]), CAST(:floors AS int[]))
                 AS s (number, standing)
            JOIN search_index i ON i.category_id = :category_id
                               AND i.{source} = s.number AND i.standing >= s.standing {_WAY}
            WHERE base.base_m <= :within_m AND {_able(_FROM_BASE)}"""
        if source == "block":
            rows += f"""
            UNION ALL
            SELECT i.*, base.base_m, base.base_m AS distance_m
            FROM search_index i {_WAY}
            WHERE :and_far AND i.category_id = :category_id
              AND (i.reach_m IS NULL OR i.reach_m > {FAR_M})
              AND i.reach_box @> CAST(:spot AS box)
              AND base.base_m > :within_m AND {_able(_FROM_BASE)}"""
    cut = ", i.kept, i.least" if source == "duty" else ""
    likely = f"SELECT * FROM ({_bounded(rows, weights, also=cut)}) AS b WHERE at_most >= :goal"
    scored = f"({_timed(likely, weights)})"
    return f"""
        WITH {_BLOCKED}, {_BASELINE}, {tier}
        SELECT i.*, tier.eligible, {_BEHIND}
        FROM tier LEFT JOIN ({_first(scored, weights, also=cut)}) i ON true
        """


@functools.cache
def _judged_statement(weights: tuple[str, ...], source: str, by_squares: bool) -> str:
    category = "i.category_id = :category_id"
    if source == "only":
        whom = f"{category} AND i.provider_id = ANY(CAST(:only AS uuid[]))"
    else:
        whom = f"{category} AND i.reach_box @> CAST(:spot AS box)"
    read = "0"
    if source == "nearest":
        read = f"(SELECT count(*) FROM (SELECT FROM search_index i WHERE {whom} LIMIT :nearest) r)"
        rows = f"""(
                SELECT i.* FROM search_index i WHERE {whom}
                ORDER BY i.base <-> CAST(:point AS geography) LIMIT :nearest
            ) i"""
        whom = "true"
    else:
        rows = "search_index i"
    parts = "".join(f", j.value_{name}" for name in weights)
    return f"""
        WITH {_BLOCKED}, {_BASELINE}, {_density(by_squares=by_squares)},
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
                    WHEN way.distance_m > (SELECT radius_m FROM tier) THEN 'radius'
                    WHEN NOT :outside_hours AND NOT {_MAY_BE_FREE} THEN 'slot'
                END) AS because
                OFFSET 0
            ) failed
            WHERE {whom} AND {_reach("base.base_m")}
        ),
        able AS MATERIALIZED (
            SELECT i.*, coalesce(inside.starts_at, outside.starts_at) AS starts_at,
                   inside.starts_at IS NOT NULL AS inside_hours, inside.free_s
            FROM standing i {_OPEN} {_OUTSIDE}
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
                           i.free_s, {_FIGURE_COLUMNS}
                    FROM asked i {_FIGURES}
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
                    {_SHOWN}
                    {parts.replace("j.", "i.")}
             FROM scored i {_ORDER} LIMIT :limit)
            UNION ALL
            (SELECT fell_out, provider_id, NULL, NULL, distance_m, NULL, NULL, NULL, NULL, NULL,
                    NULL, NULL {"".join(", NULL" for _ in weights)}
             FROM missed ORDER BY distance_m, provider_id LIMIT {NEAR_MISSES})
        )
        SELECT tier.eligible, {_BEHIND},
               {read} AS read, (SELECT count(*) FROM standing) AS in_reach,
               (SELECT count(*) FROM asked WHERE fell_out IS NULL) AS ranked,
               (SELECT jsonb_object_agg(fell_out, n)
                FROM (SELECT fell_out, count(*) AS n FROM missed GROUP BY fell_out) AS by_filter)
                   AS fell_out_counts,
               j.*
        FROM tier LEFT JOIN judged j ON true
        """


_SLOT = f"""
    SELECT CASE
               WHEN open.stretches @> tstzrange(:preferred_at, :preferred_at + :duration)
                    OR anytime.stretches @> tstzrange(:preferred_at, :preferred_at + :duration)
               THEN :preferred_at
               ELSE coalesce(inside.starts_at, outside.starts_at)
           END AS starts_at
    FROM (
        SELECT p.account_id AS provider_id, p.free_time, 'infinity'::timestamptz AS visits_until,
               coalesce(pr.online, false) AS online
        FROM providers p
        LEFT JOIN presences pr ON pr.provider_id = p.account_id
        WHERE p.account_id = :provider_id
    ) i
    {_OPEN} {_OUTSIDE}
    """


# Asking -------------------------------------------------------------------------------

_Parameters = dict[str, Any]

#: Under this key of a session's ``info``, whoever wants to hear of each statement before
#: it is run (``plans``).
LISTENER = "matching.listener"


def _run(session: Session, statement: str, parameters: _Parameters) -> list[Any]:
    """The rows of a statement, by the driver itself.

    A ranking takes a millisecond or two; finding the parameters in so long a text each
    time would take a fifth of that. Here a statement is prepared once a connection.
    """
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    numbered, names = _numbered(statement)
    try:
        if (listener := session.info.get(LISTENER)) is not None:
            listener(driver, numbered, names, parameters)
        with psycopg.RawCursor(driver, row_factory=namedtuple_row) as cursor:
            cursor.execute(numbered, [parameters[name] for name in names], prepare=True)
            rows = cursor.fetchall()
    except psycopg.Error as error:
        # As everybody else hears of a database's refusal.
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error
    return rows


_OPENING = """
    SELECT time_zone, set_config('plan_cache_mode', 'force_generic_plan', true) AS mode
    FROM markets WHERE id = :market_id"""
_CLOSING = "SELECT set_config('plan_cache_mode', 'auto', true)"


@contextmanager
def questions(session: Session, market_id: uuid.UUID) -> Iterator[str]:
    """While statements of this module are run; gives the market's time zone.

    They run under one plan for all parameters: to plan takes longer than to run.
    """
    session.flush()
    rows = _run(session, _OPENING, {"market_id": market_id})
    yield rows[0].time_zone
    _run(session, _CLOSING, {})


@functools.cache
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """A statement with ``$1`` for its parameters, and their names in that order."""
    dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    compiled = text(statement).compile(dialect=dialect)
    names = cast("list[str]", getattr(compiled, "positiontup"))  # noqa: B009  # not in its type
    return " ".join(str(compiled).split()), tuple(names)


def _array(values: Iterable[object]) -> str:
    """An array of numbers or ids as PostgreSQL writes it."""
    return "{" + ",".join(map(str, values)) + "}"


def _time_parameters(request: Request, policy: markets.Policy, now: datetime) -> _Parameters:
    lon, lat = request.place
    farthest_min = policy.travel_buffer_min + policy.travel_min_per_km * _FARTHEST_WAY_KM
    earliest = request.earliest(now)
    ends = max(earliest, request.window_to)
    online_until = now + timedelta(minutes=policy.online_free_min)
    window = f"[{earliest.isoformat()},{ends.isoformat()})"
    return {
        "point": f"SRID=4326;POINT({lon!r} {lat!r})",
        "now": now,
        "earliest": earliest,
        "window_to": request.window_to,
        "window": window,
        "ahead": f"{{{window}}}",
        "duty": f"{{[{now.isoformat()},{online_until.isoformat()})}}",
        "duty_matters": online_until > earliest,
        "duration": request.duration,
        "outside_hours": request.outside_hours,
        "travel_buffer_min": float(policy.travel_buffer_min),
        "travel_min_per_km": float(policy.travel_min_per_km),
        # A booking's own buffer is a day at most, as the rule it was made by.
        "widest_gap": timedelta(minutes=max(1440, farthest_min)),
    }


def parameters(
    request: Request, policy: markets.Policy, *, now: datetime, time_zone: str
) -> _Parameters:
    """What every statement has in common; ``time_zone`` says when the day began."""
    # fold=0: where midnight comes twice, the day begins with the first.
    day_from = now.astimezone(ZoneInfo(time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    lon, lat = request.place
    earliest = request.earliest(now)
    span = max(request.window_to, earliest) - earliest
    return {
        **_time_parameters(request, policy, now),
        **scoring.weight_parameters(policy.weights),
        **bounds.parameters(policy.weights),
        "spot": f"(({lon!r},{lat!r}),({lon!r},{lat!r}))",
        "span_s": span.total_seconds(),
        "slack_s": (span - request.duration).total_seconds(),
        "job_id": str(request.job_id),
        "resident_id": request.resident_id,
        "market_id": request.market_id,
        "category_id": Int2(request.category_id),
        "urgency": request.urgency,
        "languages": list(request.languages),
        "needs": list(request.needs),
        "papers": list(request.papers),
        "budget_kind": request.budget_kind,
        "budget_cents": None if request.budget_cents is None else Int4(request.budget_cents),
        "leave_out": _array(request.leave_out),
        "only": None if request.only is None else _array(request.only),
        "day_from": day_from,
        "fresh_since": now - timedelta(seconds=policy.fresh_position_s),
        "live_offers_at_most": Int8(policy.live_offers_at_most),
        "pushes_a_day": Int8(policy.pushes_a_day),
        "half_life_s": policy.rating_half_life_days * 86400.0,
        "reliable_since": now - timedelta(days=policy.reliability_days),
        "responsive_since": now - timedelta(days=policy.responsiveness_days),
        "rating_half_life_days": Int4(policy.rating_half_life_days),
        "reliability_days": Int4(policy.reliability_days),
        "responsiveness_days": Int4(policy.responsiveness_days),
        "rating_prior_stars": float(policy.rating_prior_stars),
        "rating_prior_weight": float(policy.rating_prior_weight),
        "rating_floor": float(policy.rating_floor),
        "rating_ceiling": float(policy.rating_ceiling),
        "reliability_good": float(policy.reliability_prior[0]),
        "reliability_bad": float(policy.reliability_prior[1]),
        "responsiveness_good": float(policy.responsiveness_prior[0]),
        "responsiveness_bad": float(policy.responsiveness_prior[1]),
        "density_radius_m": float(policy.density_radius_m),
        "dense_enough": Int8(max(tier.eligible_at_least for tier in policy.tiers)),
        "tier_eligible": _array(tier.eligible_at_least for tier in policy.tiers),
        "tier_radius_m": _array(radius_m(request, tier) for tier in policy.tiers),
        "tier_decay_m": _array(float(tier.decay_m) for tier in policy.tiers),
    }


def radius_m(request: Request, tier: markets.Tier) -> float:
    """How far a request looks in a tier; infinite where only reach says how far."""
    if request.radius_step is None:
        return math.inf
    return float(tier.radius_steps_m[min(request.radius_step, len(tier.radius_steps_m) - 1)])


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """The squares of one search, as arrays of numbers: the fine ones close by, the blocks
    about them, and the blocks in which density is counted (None: by reach)."""

    near_squares: Iterable[int]
    near_blocks: Iterable[int]
    density_blocks: Iterable[int] | None

    def parameters(self) -> _Parameters:
        """As the statements take them."""
        return {
            "near_squares": _array(self.near_squares),
            "near_blocks": _array(self.near_blocks),
            "density_blocks": _array(self.density_blocks or ()),
        }


def few(
    session: Session, weights: tuple[str, ...], asked: _Parameters, *, limit: int, at_most: int
) -> list[Any]:
    """The best by their calendars where at most so many reach the place: ``inside`` is how
    many do, and where it is more, the answer is nobody. At least one row."""
    more = {
        "limit": Int8(limit),
        "few": Int8(at_most),
        "timed": Int8(most_timed(limit)),
    }
    return _run(session, _few_statement(weights), asked | more)


def goal(
    session: Session, weights: tuple[str, ...], asked: _Parameters, *, by_squares: bool, limit: int
) -> Any:
    """``eligible``, whether standings bound this policy's parts (``bounded``), and a
    score that the k-th best reaches at least (``goal``; None: fewer were found)."""
    more = {
        "limit": Int8(limit),
        "of_a_square": Int8(_OF_A_SQUARE),
        "of_a_block": Int8(max(_OF_A_BLOCK, limit)),
        "seeds": Int8(3 * most_timed(limit)),
        "timed": Int8(most_timed(limit)),
    }
    return _run(session, _goal_statement(weights, by_squares), asked | more)[0]


def most_timed(limit: int) -> int:
    """How many of those who look best are timed before anything is known of the rest."""
    return max(48, 3 * limit)


def on_duty(
    session: Session,
    weights: tuple[str, ...],
    asked: _Parameters,
    *,
    by_squares: bool,
    limit: int,
    goal: float = -math.inf,
    most: int,
) -> list[Any]:
    """The best of those online who reach ``goal``, of whom ``most`` are timed. At least
    one row, with a null ``provider_id`` where there is nobody."""
    more = {"limit": Int8(limit), "goal": goal, "most": Int8(most)}
    return _run(session, _best_statement(weights, "duty", by_squares), asked | more)


def best(
    session: Session,
    weights: tuple[str, ...],
    *,
    source: str,
    asked: _Parameters,
    limit: int,
    goal: float,
    eligible: int,
    tier: markets.Tier,
    radius_m: float,
    squares: Iterable[int] = (),
    floors: Iterable[int] = (),
    within_m: float = math.inf,
) -> list[Any]:
    """The best who reach ``goal``: in the "square"s or "block"s given, each with the
    least standing that may do it there, or of everybody in "reach". Where blocks end at
    ``FAR_M``, those who go farther are searched too. At least one row, with a null
    ``provider_id`` where there is nobody."""
    more = {
        "limit": Int8(limit),
        "goal": goal,
        "eligible": Int8(eligible),
        "radius_m": radius_m,
        "decay_m": float(tier.decay_m),
        "squares": _array(squares),
        "floors": _array(floors),
        "within_m": within_m,
        "and_far": within_m >= FAR_M,
    }
    return _run(session, _best_statement(weights, source, True), asked | more)


def judged(
    session: Session,
    weights: tuple[str, ...],
    source: str,
    asked: _Parameters,
    *,
    by_squares: bool,
    limit: int,
    nearest: int = 0,
) -> list[Any]:
    """The best, then the nearest who fell out, of everybody in "reach", the "nearest" few
    of them, or "only" some. Every row carries the counts; there is at least one."""
    more = {"limit": Int8(limit), "nearest": Int8(nearest)}
    return _run(session, _judged_statement(weights, source, by_squares), asked | more)


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
    asked = {
        **_time_parameters(request, policy, now),
        "provider_id": provider_id,
        "preferred_at": preferred_at,
    }
    session.flush()
    rows = _run(session, _SLOT, asked)
    starts_at: datetime | None = rows[0].starts_at if rows else None
    return starts_at
