"""What is asked of the search index, and the pieces all questions are made of.

Hides: the statements. A filter or a measure is said once, as a piece: ``_UNFIT``,
``_reach``, ``STRETCHES``, ``COUNTED``, ``CAP``; the function of ``search`` is made of
them too.

- ``judged``: the judgement on each in reach, with the first filter that each fails.
- ``NEAREST``: of the nearest few, who fell out.
- ``slot``: when one provider can come, from the sources.

``search`` finds the best without judging everybody; ``ranking`` decides which to ask.
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
from psycopg.rows import RowFactory, RowMaker, namedtuple_row
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One question "who could do this?"; says nothing of where the question came from.

    ``papers`` are the kinds that must be verified, and valid to the end of the window
    (empty where the market does not require any). ``radius_step`` picks one of the tier's
    radii, None looks as far as anyone's reach. ``outside_hours`` also finds slots outside
    weekly hours.
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
#
# Of one row ``i`` of the search index; ``:names`` are parameters of a statement or of the
# function of ``search``.

SPEAKS = """(cardinality(CAST(:languages AS text[])) = 0
        OR i.languages && CAST(:languages AS text[]))"""
EQUIPPED = "i.tools @> CAST(:needs AS text[])"


def _lacking(provider_id: str, category_id: str, during: str) -> str:
    """Which ``asked.kind`` of ``:papers`` somebody cannot show all that time: one that ends
    as the next begins will do."""
    return f"""
        unnest(CAST(:papers AS text[])) WITH ORDINALITY AS asked (kind, place)
        WHERE NOT coalesce((
            SELECT range_agg(tstzrange(q.valid_from, q.valid_until)) FROM papers q
            WHERE q.provider_id = {provider_id} AND q.kind = asked.kind AND q.verified_at <= :now
              AND (q.category_ids IS NULL OR {category_id} = ANY(q.category_ids))
        ), CAST('{{}}' AS tstzmultirange)) @> {during}"""


_TILL_THE_END = """tstzrange(
            least(CAST(:earliest AS timestamptz), CAST(:window_to AS timestamptz)),
            CAST(:window_to AS timestamptz), '[]')"""
PAPERED = f"""(cardinality(CAST(:papers AS text[])) = 0 OR NOT EXISTS (
        SELECT FROM {_lacking("i.provider_id", "i.category_id", _TILL_THE_END)}))"""

#: Whom the resident keeps away, or is kept away by.
BLOCKED = """
    blocked AS MATERIALIZED (
        SELECT array_agg(CASE account_id WHEN :resident_id THEN blocked_account_id
                         ELSE account_id END) AS ids
        FROM blocks
        WHERE account_id = :resident_id OR blocked_account_id = :resident_id
    )"""

#: Of a baseline ``b``: whether the figures in the index were counted by the very rules
#: this policy has, and whether standings bound its parts.
COUNTED_ALIKE = """
    (b.rating_half_life_days, b.reliability_days, b.responsiveness_days)
        = (:rating_half_life_days, :reliability_days, :responsiveness_days)"""
BOUNDED = """
    (b.rating_half_life_days, b.reliability_days, b.responsiveness_days,
     b.rating_prior_stars, b.rating_prior_weight, b.rating_floor, b.rating_ceiling,
     b.reliability_good, b.reliability_bad, b.responsiveness_good, b.responsiveness_bad)
        = (:rating_half_life_days, :reliability_days, :responsiveness_days,
           :rating_prior_stars, :rating_prior_weight, :rating_floor, :rating_ceiling,
           :reliability_good, :reliability_bad, :responsiveness_good, :responsiveness_bad)"""

#: How much lighter ratings weigh by now than when the baseline was taken.
AGED = """
    power(0.5::float8, least(500, greatest(-500,
        date_part('epoch', :now - b.taken_at) / :half_life_s)))"""

_BASELINE = f"""
    baseline AS MATERIALIZED (
        SELECT b.rating_mean, {AGED} AS aged, {COUNTED_ALIKE} AS counted
        FROM baselines b
        WHERE b.market_id = :market_id AND b.category_id = :category_id
    )"""

#: What this very transaction changed and the index does not know yet.
BEHIND = "EXISTS (SELECT FROM search_index_due) AS behind"

#: Why somebody is not for this job at any time.
_UNFIT = f"""
    CASE
        WHEN i.provider_id = :resident_id THEN 'own-job'
        WHEN i.provider_id = ANY(CAST((SELECT ids FROM blocked) AS uuid[])) THEN 'blocked'
        WHEN NOT {SPEAKS} THEN 'language'
        WHEN NOT {EQUIPPED} THEN 'tools'
        WHEN NOT {PAPERED} THEN 'papers'
        WHEN :budget_kind = 'fixed' AND i.minimum_visit_cents > :budget_cents THEN 'price'
        WHEN :budget_kind = 'hourly'
             AND (i.price_kind <> 'hourly' OR i.amount_cents > :budget_cents) THEN 'price'
    END"""


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

#: Figures from the record itself, of entries ``e`` up to now.
COUNTED = """
    sum(e.stars * age.weight) FILTER (WHERE e.kind = 'rated') AS rating_sum,
    sum(age.weight) FILTER (WHERE e.kind = 'rated') AS rating_weight,
    count(*) FILTER (WHERE e.kind = 'kept' AND e.at > :reliable_since) AS visits_kept,
    count(*) FILTER (WHERE e.kind IN ('late', 'cancelled', 'absent') AND e.at > :reliable_since)
        AS visits_let_down,
    count(*) FILTER (WHERE e.kind = 'answered' AND e.at > :responsive_since) AS offers_answered,
    count(*) FILTER (WHERE e.kind = 'unanswered' AND e.at > :responsive_since)
        AS offers_unanswered
    FROM record_entries e
    CROSS JOIN LATERAL (
        SELECT CASE WHEN old.lives > 500 THEN 0 ELSE power(0.5::float8, old.lives) END AS weight
        FROM (SELECT date_part('epoch', :now - e.at) / :half_life_s AS lives) old
    ) age
    WHERE e.at <= :now"""

#: The figures of ``i``: as the index has them while they hold, else from the record.
_FIGURES = f"""
    CROSS JOIN LATERAL (
        SELECT (SELECT counted FROM baseline) IS TRUE
               AND :now >= i.figures_at AND :now < i.figures_until AS hold
    ) figures
    LEFT JOIN LATERAL (
        SELECT {COUNTED} AND NOT figures.hold AND e.provider_id = i.provider_id
    ) record ON true"""
_FIGURE_COLUMNS = """
    (SELECT rating_mean FROM baseline) AS rating_mean, (SELECT decay_m FROM tier) AS decay_m,
    CASE WHEN figures.hold THEN i.rating_sum * (SELECT aged FROM baseline)
         ELSE coalesce(record.rating_sum, 0) END AS rating_sum,
    CASE WHEN figures.hold THEN i.rating_weight * (SELECT aged FROM baseline)
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
        FROM (
            SELECT * FROM bookings
            WHERE provider_id = i.provider_id AND released_at IS NULL
            OFFSET 0
        ) b
        CROSS JOIN LATERAL (
            SELECT make_interval(mins => greatest(
                b.buffer_minutes,
                ceil(:travel_buffer_min + :travel_min_per_km
                     * ST_Distance(b.place, CAST(:point AS geography), false) / 1000)
            )::int) AS gap
        ) way
        WHERE b.during && tstzrange(
              :earliest - :widest_gap, greatest(:earliest, :window_to) + :widest_gap)
    ) END"""

#: When somebody has time for this job: free time, and the next hours while online, within
#: the window ahead, without visits.
STRETCHES = f"""
    CASE WHEN i.online AND :duty_matters THEN i.free_time + CAST(:duty AS tstzmultirange)
         ELSE i.free_time END * CAST(:ahead AS tstzmultirange)
    - coalesce({_BUSY}, '{{}}'::tstzmultirange)"""

#: The start of the first long stretch, and how much there is of all.
OPEN = f"""
    CROSS JOIN LATERAL (SELECT {STRETCHES} AS stretches OFFSET 0) open
    CROSS JOIN LATERAL (
        SELECT min(minute) FILTER (WHERE upper(x) - minute >= :duration) AS starts_at,
               coalesce(sum(date_part('epoch', upper(x) - lower(x))), 0) AS free_s
        FROM unnest(open.stretches) AS x
        CROSS JOIN date_trunc('minute', lower(x) + interval '59.999999 seconds') AS minute
    ) inside"""

#: Past their weekly hours people may be asked softly, never in hours they struck out by
#: hand.
OUTSIDE = f"""
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

#: Offers put to somebody lately, of entries ``e``; and why, of all those of one person,
#: they may not be asked once more now: offers nobody answered yet, those of today.
ASKED_SINCE = ":now - interval '7 days'"
ASKED = f"e.kind = 'asked' AND e.urgency = :urgency AND e.at > {ASKED_SINCE}"
CAPPED = """
    CASE WHEN count(*) FILTER (WHERE NOT EXISTS (
                  SELECT FROM record_entries c
                  WHERE c.subject_id = e.subject_id AND c.provider_id = e.provider_id
                    AND c.kind IN ('answered', 'unanswered', 'withdrawn')
              )) >= :live_offers_at_most THEN 'live-offers'
         WHEN count(*) FILTER (WHERE e.at >= :day_from) >= :pushes_a_day THEN 'daily-offers'
    END"""
CAP = f"""(
    SELECT {CAPPED} FROM record_entries e WHERE e.provider_id = i.provider_id AND {ASKED})"""

_LEFT_OUT = "i.provider_id = ANY(CAST(:leave_out AS uuid[]))"


def tier(rows: str, near: str) -> str:
    """The common table expression of how densely the place is served, counted as far as it
    matters, and so the tier. ``near`` narrows ``rows``, by an index, to who may count."""
    return f"""
    tier AS MATERIALIZED (
        SELECT density.eligible, t.radius_m, t.decay_m
        FROM (
            SELECT count(*) AS eligible FROM (
                SELECT FROM {rows} {_WAY}
                WHERE {near}
                  AND base.base_m <= :density_radius_m
                  AND {_reach("base.base_m")} AND {_UNFIT} IS NULL
                LIMIT :dense_enough
            ) AS counted
        ) AS density, unnest(CAST(:tier_eligible AS int[]), CAST(:tier_radius_m AS float8[]),
                             CAST(:tier_decay_m AS float8[]))
             AS t (eligible_at_least, radius_m, decay_m)
        WHERE density.eligible >= t.eligible_at_least
        ORDER BY t.eligible_at_least DESC
        LIMIT 1
    )"""


_TIER = tier(
    "search_index i",
    """i.category_id = :category_id
        AND ST_DWithin(i.base, CAST(:point AS geography), :density_radius_m + 1, false)""",
)

_ORDER = "ORDER BY round(i.score * 1e9) DESC, md5(CAST(:job_id AS text) || i.provider_id::text)"


# The statements -----------------------------------------------------------------------


def standing(rows: str, whom: str, from_where_m: str = _FROM_POSITION) -> str:
    """Everybody of ``rows`` who would come, with what speaks against them at once. Needs
    ``blocked`` and ``tier``. ``from_where_m`` is how far somebody has to come."""
    return f"""
            SELECT i.provider_id, i.online, way.distance_m,
                   i.price_kind, i.amount_cents, i.call_out_fee_cents, i.minimum_visit_cents,
                   CASE WHEN failed.because IS NULL THEN i.free_time END AS free_time,
                   i.visits_until, i.figures_at, i.figures_until, i.rating_sum,
                   i.rating_weight, i.visits_kept, i.visits_let_down, i.offers_answered,
                   i.offers_unanswered, failed.because
            FROM {rows} {_WAY}
            CROSS JOIN LATERAL (SELECT base.base_m, {from_where_m} AS distance_m OFFSET 0) way
            CROSS JOIN LATERAL (
                SELECT coalesce({_UNFIT}, CASE
                    WHEN {_LEFT_OUT} THEN 'asked-before'
                    WHEN :urgency = 'now' AND NOT i.online THEN 'offline'
                    WHEN way.distance_m > (SELECT radius_m FROM tier) THEN 'radius'
                    WHEN NOT :outside_hours AND NOT {_MAY_BE_FREE} THEN 'slot'
                END) AS because
                OFFSET 0
            ) failed
            WHERE {whom} AND {_reach("base.base_m")}"""


def _judging(rows: str, whom: str) -> str:
    """Common table expressions that need ``tier``: ``standing``, everybody of ``rows`` who
    would come, with what speaks against them at once; ``asked``, those against whom
    nothing does, with their slot and what speaks against them after all; ``missed``, all
    who fell out."""
    return f"""
        standing AS MATERIALIZED ({standing(rows, whom)}
        ),
        able AS MATERIALIZED (
            SELECT i.*, coalesce(inside.starts_at, outside.starts_at) AS starts_at,
                   inside.starts_at IS NOT NULL AS inside_hours, inside.free_s
            FROM standing i {OPEN} {OUTSIDE}
            WHERE i.because IS NULL
        ),
        asked AS MATERIALIZED (
            SELECT i.*, CASE WHEN i.starts_at IS NULL THEN 'slot' ELSE {CAP} END AS fell_out
            FROM able i
        ),
        missed AS (
            SELECT provider_id, because AS fell_out, distance_m FROM standing
            WHERE because IS NOT NULL
            UNION ALL
            SELECT provider_id, fell_out, distance_m FROM asked WHERE fell_out IS NOT NULL
        )"""


#: How many were judged, and how many fell out by which filter.
_COUNTS = f"""
    {BEHIND}, (SELECT count(*) FROM standing) AS in_reach,
    (SELECT count(*) FROM asked WHERE fell_out IS NULL) AS ranked,
    (SELECT jsonb_object_agg(fell_out, n)
     FROM (SELECT fell_out, count(*) AS n FROM missed GROUP BY fell_out) AS by_filter)
        AS fell_out_counts"""

_IN_REACH = "i.category_id = :category_id AND i.reach_box @> CAST(:spot AS box)"


@functools.cache
def _judged_statement(weights: tuple[str, ...], source: str) -> str:
    whom = _IN_REACH
    if source == "only":
        whom = "i.category_id = :category_id AND i.provider_id = ANY(CAST(:only AS uuid[]))"
    parts = f"ARRAY[{', '.join(f'i.value_{name}' for name in weights)}]::float8[]"
    return f"""
        WITH {BLOCKED}, {_BASELINE}, {_TIER}, {_judging("search_index i", whom)},
        scored AS (
            SELECT i.*, {scoring.score(weights).replace("m.", "i.")} AS score
            FROM (
                SELECT m.*, {scoring.STARS} AS stars {scoring.values(weights)}
                FROM (
                    SELECT i.provider_id, i.online, i.distance_m, i.price_kind,
                           i.amount_cents, i.call_out_fee_cents, i.starts_at,
                           date_part('epoch', i.starts_at - :earliest) AS starts_after_s,
                           i.inside_hours, i.free_s, {_FIGURE_COLUMNS}
                    FROM asked i {_FIGURES}
                    WHERE i.fell_out IS NULL
                    OFFSET 0
                ) m
                OFFSET 0
            ) i
        ),
        judged AS (
            (SELECT NULL::text AS fell_out, i.provider_id, i.distance_m, i.price_kind,
                    i.amount_cents, i.call_out_fee_cents, i.stars, i.starts_at, i.inside_hours,
                    i.score, {parts} AS parts
             FROM scored i {_ORDER} LIMIT :limit)
            UNION ALL
            (SELECT fell_out, provider_id, distance_m, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                    NULL
             FROM missed ORDER BY distance_m, provider_id LIMIT {NEAR_MISSES})
        )
        SELECT tier.eligible, {_COUNTS}, j.*
        FROM tier LEFT JOIN judged j ON true
        """


#: The nearest few: where as many are in reach at all, outward from the job until they are
#: found, which in a valley would pass half the country; else all there are. IS TRUE keeps
#: the planner from an index of reaches where it is to walk that of bases.
_NEARBY = f"""(
        SELECT i.* FROM search_index i
        WHERE {_IN_REACH} AND (SELECT count FROM read) < :nearest
        UNION ALL
        (SELECT i.* FROM search_index i
         WHERE i.category_id = :category_id AND (SELECT count FROM read) >= :nearest
           AND (i.reach_box @> CAST(:spot AS box)) IS TRUE
         ORDER BY i.base <-> CAST(:point AS geography) LIMIT :nearest)
    ) i"""

#: Of the nearest few, those who fell out; the tier is known, and so are the best. Put into
#: the database as a function (``search``).
NEAREST = f"""
    WITH {BLOCKED},
    tier AS MATERIALIZED (SELECT CAST(:radius_m AS float8) AS radius_m),
    read AS MATERIALIZED (
        SELECT count(*) FROM (
            SELECT FROM search_index i WHERE {_IN_REACH} LIMIT :nearest) AS counted
    ),
    {_judging(_NEARBY, "true")}
    SELECT {_COUNTS}, (SELECT count FROM read) AS read, j.*
    FROM (VALUES (1)) AS one
    LEFT JOIN (
        SELECT * FROM missed ORDER BY distance_m, provider_id LIMIT {NEAR_MISSES}
    ) AS j ON true
    """


#: When one person could come at the earliest, by every filter but distance from the job: as
#: far as their own reach goes. Put into the database as a function (``search``).
COULD = f"""
    WITH {BLOCKED},
    tier AS MATERIALIZED (SELECT CAST('infinity' AS float8) AS radius_m),
    {_judging("search_index i", "i.category_id = :category_id AND i.provider_id = :provider_id")}
    SELECT a.starts_at FROM asked a WHERE a.fell_out IS NULL
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
    {OPEN} {OUTSIDE}
    """


# Asking -------------------------------------------------------------------------------

Parameters = dict[str, Any]

#: Under this key of a session's ``info``, whoever wants to hear of each statement before
#: it is run (``plans``).
LISTENER = "matching.listener"


def run(session: Session, statement: str, parameters: Parameters) -> list[Any]:
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
        with psycopg.RawCursor(driver, row_factory=_rows_of(numbered)) as cursor:
            values = [parameters[name] for name in names]
            # Numbers and ids as they are, not written out and read again.
            cursor.execute(numbered, values, prepare=True, binary=True)
            rows = cursor.fetchall()
    except psycopg.Error as error:
        # As everybody else hears of a database's refusal.
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error
    return rows


@functools.cache
def _rows_of(statement: str) -> RowFactory[Any]:
    """Makes rows of a statement, whose columns are looked at once: they stay the same."""
    makers: list[RowMaker[Any]] = []

    def maker(cursor: psycopg.Cursor[Any]) -> RowMaker[Any]:
        if makers:
            return makers[0]
        made = namedtuple_row(cursor)
        if cursor.description is not None:
            makers.append(made)
        return made

    return maker


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
    rows = run(session, _OPENING, {"market_id": market_id})
    yield rows[0].time_zone
    run(session, _CLOSING, {})


def settled(session: Session, *, behind: bool) -> bool:
    """Whether this transaction had changed something that ranking reads, which the index
    is told of only now: then ask again."""
    if behind:
        session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
        session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))
    return behind


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


def _time_parameters(request: Request, policy: markets.Policy, now: datetime) -> Parameters:
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
        "duty_is_all": ends <= online_until,
        "duration": request.duration,
        "outside_hours": request.outside_hours,
        "travel_buffer_min": float(policy.travel_buffer_min),
        "travel_min_per_km": float(policy.travel_min_per_km),
        # A booking's own buffer is a day at most, as the rule it was made by.
        "widest_gap": timedelta(minutes=max(1440, farthest_min)),
        "widest_gap_s": 60.0 * max(1440, farthest_min),
        "online_free_min": float(policy.online_free_min),
    }


def with_day(asked: Parameters, *, now: datetime, time_zone: str) -> Parameters:
    """The same with the instant at which the day began."""
    # fold=0: where midnight comes twice, the day begins with the first.
    day_from = now.astimezone(ZoneInfo(time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    return {**asked, "day_from": day_from}


def parameters(request: Request, policy: markets.Policy, *, now: datetime) -> Parameters:
    """What every statement has in common."""
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
        "fresh_position_s": float(policy.fresh_position_s),
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
        # By density, the thinnest first.
        "tier_eligible": _array(tier.eligible_at_least for tier in reversed(policy.tiers)),
        "tier_radius_m": _array(radius_m(request, tier) for tier in reversed(policy.tiers)),
        "tier_decay_m": _array(float(tier.decay_m) for tier in reversed(policy.tiers)),
    }


def radius_m(request: Request, tier: markets.Tier) -> float:
    """How far a request looks in a tier; infinite where only reach says how far."""
    if request.radius_step is None:
        return math.inf
    return float(tier.radius_steps_m[min(request.radius_step, len(tier.radius_steps_m) - 1)])


def judged(
    session: Session, weights: tuple[str, ...], source: str, asked: Parameters, *, limit: int
) -> list[Any]:
    """The best, then the nearest who fell out, of everybody in "reach", or of "only" some.
    Every row carries the counts; there is at least one."""
    statement = _judged_statement(weights, source)
    return run(session, statement, asked | {"limit": Int8(limit)})


#: Of people who were chosen a moment ago: whose hour, or whose ear, is somebody else's by now.
_OVERTAKEN = f"""
    SELECT p.provider_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
        AS p (provider_id, starts_at, ends_at)
    WHERE EXISTS (
        SELECT FROM bookings b
        WHERE b.provider_id = p.provider_id AND b.released_at IS NULL
          AND b.during && tstzrange(p.starts_at - :buffer, p.ends_at + :buffer)
    ) OR (
        SELECT {CAPPED} FROM record_entries e WHERE e.provider_id = p.provider_id AND {ASKED}
    ) IS NOT NULL"""


def overtaken(
    session: Session,
    chosen: Sequence[tuple[uuid.UUID, datetime, datetime]],
    policy: markets.Policy,
    *,
    time_zone: str,
    now: datetime,
) -> set[uuid.UUID]:
    """Who of those chosen (provider, start, end) can be asked no more, because somebody else
    asked them or took their hour since they were ranked. Hold their row locks, or the
    answer may be old before it is used."""
    ids, starts, ends = zip(*chosen, strict=True)
    asked = with_day(
        {
            "ids": _array(ids),
            "starts": _array(f'"{one.isoformat()}"' for one in starts),
            "ends": _array(f'"{one.isoformat()}"' for one in ends),
            "buffer": timedelta(minutes=policy.travel_buffer_min),
            "now": now,
            "urgency": policy.urgency,
            "live_offers_at_most": policy.live_offers_at_most,
            "pushes_a_day": policy.pushes_a_day,
        },
        now=now,
        time_zone=time_zone,
    )
    session.flush()
    return {row.provider_id for row in run(session, _OVERTAKEN, asked)}


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
    rows = run(session, _SLOT, asked)
    starts_at: datetime | None = rows[0].starts_at if rows else None
    return starts_at


_LACKING = f"""
    SELECT asked.kind FROM {
    _lacking(
        ":provider_id",
        ":category_id",
        "tstzrange(CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz))",
    )
}
    ORDER BY asked.place"""


def lacking(
    session: Session,
    papers: Sequence[str],
    *,
    category_id: int,
    provider_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> list[str]:
    """Those of the papers asked for in a category that the provider cannot show for these
    hours. Hold the provider's row lock, or the answer may be old before it is used."""
    if not papers:
        return []
    asked = {
        "papers": list(papers),
        "provider_id": provider_id,
        "category_id": Int2(category_id),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "now": now,
    }
    session.flush()
    return [row.kind for row in run(session, _LACKING, asked)]
