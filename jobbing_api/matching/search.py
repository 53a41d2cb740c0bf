"""The search itself, as a function in the database: the k best, and nobody else, read.

Hides: how few rows of an index tell who is best. A search walks outward from the job over
bands of latitude, in an index that holds all it needs of most people; those of a high
standing it looks for farther away than others. It stops when nobody farther could still
beat the k-th it has: the stop is strict, so ties are never lost. Only for somebody with
visits about or an area drawn by hand, and where papers are asked for, does it look at a
row.

It is a function because a search takes a millisecond or two, and every question put to
the database a tenth of one. Its text is made here, of the formulas of ``scoring`` and the
pieces of ``candidates``; ``install`` puts it into the database, under a name that changes
with the text, so that processes of two versions each find their own.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psycopg.types.numeric import Int4, Int8
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobbing_api import geography
from jobbing_api.matching import candidates, scoring

#: The index is searched by place as far as this, metres; whoever goes farther is found by
#: how far they go.
FAR_M = 30_000

#: Bands of latitude to a degree; ``search_rows()`` in the migrations has the same.
BANDS = 24

#: About so many who live around the job are looked at first.
_FIRST_WALK = 150

#: Where they would have to be looked for as far as this, metres, all are looked at at once.
_NEARLY_ALL_M = 12_000

#: So many times as far are those of a good standing looked for.
_GOOD_FARTHER = 3

#: What a search is told, in this order, and as which type.
_TYPES = {
    # The job.
    "market_id": "uuid",
    "category_id": "smallint",
    "resident_id": "uuid",
    "lon": "float8",
    "lat": "float8",
    "urgency": "text",
    "languages": "text[]",
    "needs": "text[]",
    "papers": "text[]",
    "equipped": "bigint",
    "speaks": "bigint",
    "budget_kind": "text",
    "budget_cents": "integer",
    "leave_out": "uuid[]",
    # Its time.
    "now": "timestamptz",
    "earliest": "timestamptz",
    "window_to": "timestamptz",
    "span_s": "float8",
    "slack_s": "float8",
    "duration_s": "float8",
    "duty_matters": "boolean",
    "duty_is_all": "boolean",
    "widest_gap_s": "float8",
    "online_free_min": "float8",
    "travel_buffer_min": "float8",
    "travel_min_per_km": "float8",
    # The rules.
    "fresh_position_s": "float8",
    "live_offers_at_most": "bigint",
    "pushes_a_day": "bigint",
    "half_life_s": "float8",
    "rating_half_life_days": "integer",
    "reliability_days": "integer",
    "responsiveness_days": "integer",
    "rating_prior_stars": "float8",
    "rating_prior_weight": "float8",
    "rating_floor": "float8",
    "rating_ceiling": "float8",
    "reliability_good": "float8",
    "reliability_bad": "float8",
    "responsiveness_good": "float8",
    "responsiveness_bad": "float8",
    "density_radius_m": "float8",
    "dense_enough": "bigint",
    "tier_eligible": "integer[]",
    "tier_radius_m": "float8[]",
    "tier_decay_m": "float8[]",
    "pull": "float8",
    "others": "float8",
    "gain_1": "float8",
    "gain_2": "float8",
    "gain_3": "float8",
    "base_1": "float8",
    "base_2": "float8",
    "base_3": "float8",
    "most_of_standing": "float8",
    "limit": "integer",
}

#: Hours at which few work, as half hours of a week from Monday's first: those who ever do
#: are indexed apart. ``search_rows()`` in the migrations has the same.
_ODD_HOURS = {
    "evenings": "repeat(repeat('0', 38) || repeat('1', 10), 6) || repeat('0', 48)",
    "nights": "repeat(repeat('1', 14) || repeat('0', 34), 7)",
    "sundays": "repeat('0', 302) || repeat('1', 34)",
}
#: Of those, the others are not even measured than who has time at just this hour, or may.
_AT_THAT_HOUR = """
    AND (NOT v_counted OR i.figures_until <= :now OR i.figures_at > :now
         OR i.days_added & v_days <> 0 OR position(v_run IN substring(
                i.week || i.week FROM v_first FOR v_half_hours)) > 0)"""

#: Who is searched by their calendars: everybody, or some of those who are indexed apart.
_AMONG = {
    "everybody": "",
    "hourly": "AND i.price_kind = 'hourly'",
    **{odd: f"AND i.{odd} {_AT_THAT_HOUR}" for odd in _ODD_HOURS},
}
#: Or who is online.
_ON_DUTY = "on_duty"


#: The figures of a row.
_FIGURES = (
    *("rating_sum", "rating_weight", "visits_kept", "visits_let_down"),
    *("offers_answered", "offers_unanswered"),
)
#: What else of it is carried along as long as it is not judged.
_CARRIED = (
    *("provider_id", "reach_m", "online", "price_kind", "amount_cents", "call_out_fee_cents"),
    *_FIGURES,
)
#: And what of it says whether that, and the week, hold.
_TIMES = ("week", "days_taken", "days_added", "figures_at", "figures_until")


def _of(row: str, *columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns)


#: Straight through the globe, squared; and along the sphere.
_THROUGH = "(i.x - v_x) * (i.x - v_x) + (i.y - v_y) * (i.y - v_y) + (i.z - v_z) * (i.z - v_z)"
_BASE_M = f"""{2 * geography.EARTH_RADIUS_M!r}::float8 * asin(least(1, 0.5::float8 * sqrt(
    {_THROUGH})))"""

#: The half hours of the window in somebody's week.
_PLAN = "substring(i.week || i.week FROM v_first FOR v_half_hours)"

#: What the index tells of somebody's time, as a number that is carried along: nothing,
#: since days and figures are those of another instant; at least that, since hours were
#: added or they are on duty now; the whole of a window that their duty covers; at most
#: what the week tells, since something of it was taken; or just that.
_NOTHING, _AT_LEAST, _WHOLE_WINDOW, _AT_MOST, _WEEK = range(5)
_KNOWN = f"""
    CASE WHEN NOT (v_counted AND :now >= i.figures_at AND :now < i.figures_until) THEN {_NOTHING}
         WHEN :duty_is_all AND i.online AND i.days_taken & v_days = 0 THEN {_WHOLE_WINDOW}
         WHEN NOT v_plain OR i.days_added & v_days <> 0 OR :duty_matters AND i.online
         THEN {_AT_LEAST}
         WHEN i.days_taken & v_days <> 0 THEN {_AT_MOST}
         ELSE {_WEEK} END"""


def _asked_of(known: str, formula: str) -> str:
    """A formula of ``scoring`` with what it asks for said by that number."""
    return (
        formula.replace("m.held", f"{known} <> {_NOTHING}")
        .replace("m.open", f"{known} <= {_AT_LEAST}")
        .replace("m.told", f"{known} IN ({_WHOLE_WINDOW}, {_WEEK})")
    )


#: Whom a job suits, as far as the index tells, which is all but papers and drawn areas.
#: Asked of every row that is passed: whatever does not depend on it is a variable.
_SUITS = f"""i.has & :equipped = :equipped AND (v_equipped OR {candidates.EQUIPPED})
    AND (v_spoken OR i.has & :speaks <> 0 AND {candidates.SPEAKS})
    AND i.minimum_visit_cents <= v_minimum_cents
    AND (v_not_hourly OR i.price_kind = 'hourly' AND i.amount_cents <= :budget_cents)"""

#: And whom it never suits: the resident, and who is kept away.
_NEVER = "i.provider_id <> ALL(v_never)"


def _suits_exactly(row: str) -> str:
    """What only the row itself tells."""
    return f"""(NOT v_papered AND {row}.reach_m IS NOT NULL OR {{suits}}(
        {row}.provider_id, :category_id, :lon, :lat, :papers, :now, :window_to))"""


def _circle(name: str, radius_m: str) -> str:
    """Statements that find the bands, and the longitudes in them, that a circle touches."""
    return f"""
        v_angle := least({radius_m} / {geography.EARTH_RADIUS_M!r} + 1e-9, 3.1);
        v_{name}_through := (2 * sin(v_angle / 2)) ^ 2;
        v_deg := degrees(v_angle);
        v_{name}_bands := '{{}}';
        FOR v_band IN floor((:lat - v_deg) * {BANDS})..floor((:lat + v_deg) * {BANDS}) LOOP
            v_{name}_bands := v_{name}_bands || v_band::smallint;
        END LOOP;
        -- All around where it holds a pole or crosses the antimeridian.
        v_wide := CASE WHEN abs(:lat) + v_deg >= 89.9 THEN 360
                       ELSE degrees(asin(least(1, sin(v_angle) / cosd(:lat)))) + 1e-6 END;
        v_{name}_west := :lon - v_wide;
        v_{name}_east := :lon + v_wide;
        IF v_{name}_west < -180 OR v_{name}_east > 180 THEN
            v_{name}_west := -180;
            v_{name}_east := 180;
        END IF;"""


def _within(name: str, radius_m: str, among: str, told: str = "", beyond: str = "") -> str:
    """Whoever lives in a circle, may come from there and suits."""
    told = told or f"{_of('i', *_CARRIED)}, {_PLAN} AS plan, {_KNOWN} AS known"
    return f"""
        SELECT {told}, i.base_m
        FROM (
            SELECT {_of("i", *_CARRIED, *_TIMES, "at_most_m", "standing")}, {_BASE_M} AS base_m
            FROM search_index i
            WHERE i.market_id = :market_id AND i.category_id = :category_id
              AND i.band = ANY(v_{name}_bands)
              AND i.lon BETWEEN v_{name}_west AND v_{name}_east
              AND {_THROUGH} <= v_{name}_through {among} AND {_SUITS}
            OFFSET 0
        ) i
        WHERE i.base_m <= {radius_m} AND i.base_m <= i.at_most_m AND {_NEVER} {beyond}"""


def _by_reach(among: str, beyond: str = "") -> str:
    """Whoever may come, wherever they live, and suits."""
    return f"""
        SELECT {_of("i", *_CARRIED)}, {_PLAN} AS plan, {_KNOWN} AS known, i.base_m
        FROM (
            SELECT {_of("i", *_CARRIED, *_TIMES, "at_most_m", "standing")}, {_BASE_M} AS base_m
            FROM search_index i
            WHERE i.category_id = :category_id AND i.reach_box @> v_spot
              AND i.market_id = :market_id {among} AND {_SUITS}
            OFFSET 0
        ) i
        WHERE i.base_m <= i.at_most_m AND {_NEVER} {beyond}"""


def _far(kind: str) -> str:
    """Those who live beyond all circles and are told only by how far they go."""
    among = _AMONG[kind] if kind == "hourly" else ""
    return _by_reach(
        f"AND v_far AND i.at_most_m > {FAR_M} {among}",
        f"AND i.base_m > v_farthest_m AND {_BY_STANDING}",
    )


#: Whether somebody of this standing, so far away, may come to as much as is asked for.
_BY_STANDING = """
    (v_goal = '-infinity' OR :pull * exp(-least(700, i.base_m / v_decay_m)) + :others + least(
        v_gain_1 * i.standing + v_base_1, v_gain_2 * i.standing + v_base_2,
        v_gain_3 * i.standing + v_base_3) >= v_goal)"""


def _around(kind: str) -> str:
    """Who lives around the job, as far as is looked: the good ones farther than others."""
    if kind in _ODD_HOURS:
        # They are so few that the good ones are not told apart.
        return _within("near", "v_near_m", _AMONG[kind], beyond=_beyond("near"))
    rest = f"{_AMONG[kind]} AND i.standing <= v_good_above"
    good = f"{_AMONG[kind]} AND i.good"
    return f"""
        {_within("near", "v_near_m", rest, beyond=_beyond("near"))}
        UNION ALL
        {_within("good", "v_good_m", good, beyond=_beyond("good"))}"""


def _beyond(name: str) -> str:
    return f"AND i.base_m > v_{name}_seen_m AND {_BY_STANDING}"


#: Where somebody is now, if they said so lately; else at home.
_FROM_POSITION = """
    coalesce((
        SELECT ST_Distance(pr.position, v_point, false) FROM presences pr
        WHERE pr.provider_id = i.provider_id
          AND pr.position_at >= :now - :fresh_position_s * interval '1 second'
    ), i.base_m)"""

#: The first slot and the free time as far as the index tells them: what they are, or the
#: most they can be.
_STARTS_AFTER_S = f"""
    CASE WHEN i.known <= {_WHOLE_WINDOW}
              OR substring(i.plan FROM 1 FOR v_starting_count) = v_starting_run
         THEN 0
         ELSE nullif(position(v_run IN substring(i.plan FROM 2)), 0) * 1800 - v_early_s END"""
_FREE_S = f"""
    CASE WHEN i.known <= {_WHOLE_WINDOW} THEN :span_s
         ELSE bit_count(i.plan) * 1800 - v_early_s * get_bit(i.plan, 0)
              - v_late_s * get_bit(i.plan, v_half_hours - 1) END"""


def _measures(starts_after_s: str, free_s: str, **figures: str) -> str:
    """The columns of ``m`` as ``scoring`` describes them."""
    # An instant is dear to compute where no formula asks for it.
    asked = any("m.starts_at" in part.formula for part in scoring.PARTS.values())
    starts_at = f", :earliest + {starts_after_s} * interval '1 second' AS starts_at"
    counted = ", ".join(f"{figures.get(name, f'i.{name}')} AS {name}" for name in _FIGURES)
    return f"""v_decay_m AS decay_m, v_rating_mean AS rating_mean,
        {counted}, i.price_kind, i.amount_cents, i.call_out_fee_cents, i.online,
        true AS inside_hours, {starts_after_s} AS starts_after_s, {free_s} AS free_s
        {starts_at if asked else ""}"""


_MINUTE = "date_trunc('minute', lower(stretch) + interval '59.999999 seconds')"


#: What is carried of the likely ones, in the order of the type ``search_likely``.
_LIKELY = (
    *("provider_id", "at_most", "known", "reach_m", "distance_m", *_FIGURES),
    *("price_kind", "amount_cents", "call_out_fee_cents", "online", "starts_after_s", "free_s"),
)


def _look(nearby: str, distance_m: str) -> str:
    """Look at these; the few of them who come to most are likely. One more than are
    wanted, to know whether there are more."""
    aged = {name: f"i.{name} * v_aged" for name in ("rating_sum", "rating_weight")}
    return f"""
        v_more := ARRAY(
            SELECT ROW({_of("m", *_LIKELY)})::search_likely
            FROM (
                SELECT m.*, {_asked_of("m.known", scoring.at_most(scoring.PARTS))} AS at_most
                FROM (
                    SELECT i.provider_id, i.reach_m, i.known, {distance_m} AS distance_m,
                           {_measures(_STARTS_AFTER_S, _FREE_S, **aged)}
                    FROM ({nearby} OFFSET 0) i
                    WHERE (i.known <= {_WHOLE_WINDOW} OR position(v_run IN i.plan) > 0)
                      AND i.provider_id <> ALL(:leave_out)
                    OFFSET 0
                ) m
                WHERE m.starts_after_s <= :slack_s AND m.distance_m <= v_radius_m
                OFFSET 0
            ) m
            WHERE m.at_most >= v_goal
            ORDER BY m.at_most DESC
            LIMIT v_most + 1
        );
        v_rounds := v_rounds + 1;"""


def _choose() -> str:
    """The best of those who are likely; into ``v_found``.

    Whoever is not sure is made certain, but for those who stay below what enough of the
    others come to.
    """
    figures = {
        name: f"coalesce(i.counted[{n}], i.{name})" for n, name in enumerate(_FIGURES, start=1)
    }
    starts_after_s = "CASE WHEN i.slot IS NULL THEN i.starts_after_s ELSE i.slot[1] END"
    free_s = "CASE WHEN i.slot IS NULL THEN i.free_s ELSE i.slot[2] END"
    score = scoring.score(scoring.PARTS).replace("m.", "s.")
    values = ", ".join(f"s.value_{name}" for name in scoring.PARTS)
    return f"""
        WITH likely AS MATERIALIZED (
            SELECT l.*, l.known IN ({_WHOLE_WINDOW}, {_WEEK}) AS told,
                   l.known IN ({_WHOLE_WINDOW}, {_WEEK}) AND NOT v_papered
                   AND l.reach_m IS NOT NULL AS sure
            FROM unnest(v_likely) AS l
            WHERE l.at_most >= v_hope
        ),
        capped AS MATERIALIZED (
            SELECT coalesce(array_agg(provider_id), '{{}}') AS ids FROM (
                SELECT e.provider_id FROM record_entries e
                WHERE e.provider_id = ANY(ARRAY(SELECT provider_id FROM likely))
                  AND {candidates.ASKED}
                GROUP BY e.provider_id HAVING {candidates.CAPPED} IS NOT NULL
            ) AS asked
        ),
        certain AS (
            SELECT i.provider_id, i.distance_m,
                   {_measures(starts_after_s, free_s, **figures)}
            FROM (
                SELECT t.*,
                       CASE WHEN NOT t.told THEN {{slot}}(
                           t.provider_id, :category_id, :lon, :lat, :now, :earliest, :window_to,
                           :duration_s, :duty_matters, :online_free_min, :widest_gap_s,
                           :travel_buffer_min, :travel_min_per_km) END AS slot,
                       CASE WHEN t.known = {_NOTHING} THEN {{counted}}(
                           t.provider_id, :now, :half_life_s, :reliability_days,
                           :responsiveness_days
                       ) END AS counted
                FROM likely t
                WHERE t.provider_id <> ALL((SELECT ids FROM capped)::uuid[])
                  AND (t.sure OR t.at_most >= coalesce((
                      SELECT l.at_most - {candidates.SAME_SCORE} FROM likely l
                      WHERE l.sure AND l.provider_id <> ALL((SELECT ids FROM capped)::uuid[])
                      ORDER BY l.at_most DESC OFFSET :limit - 1 LIMIT 1
                  ), '-infinity') AND {_suits_exactly("t")})
                OFFSET 0
            ) i
            WHERE i.told OR i.slot[1] IS NOT NULL
            OFFSET 0
        )
        SELECT array_agg(ROW(
            s.provider_id, s.score, ARRAY[{values}], s.stars, s.distance_m, s.starts_after_s,
            s.price_kind, s.amount_cents, s.call_out_fee_cents
        )::search_found)
        INTO v_found
        FROM (
            SELECT s.*, {score} AS score FROM (
                SELECT m.*, ({scoring.STARS})::float8 AS stars {scoring.values(scoring.PARTS)}
                FROM certain m
                OFFSET 0
            ) s
            ORDER BY round(({score}) * 1e9) DESC
            FETCH FIRST (:limit) ROWS WITH TIES
        ) s;
        v_judged := v_judged + cardinality(v_likely);
        v_reached := coalesce((v_found[:limit]).score - {candidates.SAME_SCORE}, '-infinity');"""


_DECLARED = """
    v_x float8 := cosd(:lat) * cosd(:lon);
    v_y float8 := cosd(:lat) * sind(:lon);
    v_z float8 := sind(:lat);
    v_angle float8;
    v_wide float8;
    v_deg float8;
    v_papered boolean := cardinality(:papers) > 0;
    v_equipped boolean := cardinality(:needs) = 0;
    v_spoken boolean := cardinality(:languages) = 0;
    v_minimum_cents integer := CASE WHEN :budget_kind = 'fixed' THEN :budget_cents
                                    ELSE 2147483647 END;
    v_not_hourly boolean := :budget_kind <> 'hourly';
    v_best float8;
    v_starting_count integer;
    v_near_m float8;
    v_near_bands smallint[];
    v_near_through float8;
    v_near_west float8;
    v_near_east float8;
    v_good_m float8;
    v_good_bands smallint[];
    v_good_through float8;
    v_good_west float8;
    v_good_east float8;
    v_around_bands smallint[];
    v_around_through float8;
    v_around_west float8;
    v_around_east float8;
    v_farthest_m float8;
    v_limit_m float8;
    v_near_seen_m float8;
    v_guess_m float8;
    v_apart float8;
    v_tier integer;
    v_good_seen_m float8;
    v_far boolean;
    v_likely search_likely[];
    v_more search_likely[];
    v_hope float8;
    v_never uuid[];
    v_behind boolean;
    v_counted boolean;
    v_aged float8;
    v_rating_mean float8;
    v_bounded boolean;
    v_good_above integer;
    v_gain_1 float8 := 0;
    v_gain_2 float8 := 0;
    v_gain_3 float8 := 0;
    v_base_1 float8 := :most_of_standing;
    v_base_2 float8 := :most_of_standing;
    v_base_3 float8 := :most_of_standing;
    v_rest float8;
    v_point geography;
    v_spot box := box(point(:lon, :lat), point(:lon, :lat));
    v_band integer;
    v_eligible bigint;
    v_radius_m float8;
    v_decay_m float8;
    v_found search_found[];
    v_goal float8 := '-infinity';
    v_most bigint := :limit + 4;
    v_reached float8;
    v_judged bigint := 0;
    v_rounds integer := 0;
    v_kind text;
    v_zone text;
    v_local timestamp;
    v_plain boolean;
    v_first integer;
    v_half_hours integer;
    v_early_s float8;
    v_late_s float8;
    v_run bit varying;
    v_starting_run bit varying;
    v_day integer;
    v_days bigint := 0;
    v_day_from timestamptz;
"""


def _gain(standing: str) -> str:
    """The most that somebody of this standing can gain by it."""
    lines = ", ".join(f"v_gain_{n} * {standing} + v_base_{n}" for n in (1, 2, 3))
    return f"least({lines})"


#: What is asked once: whom the job suits never, and by what figures are judged.
_BEGIN = f"""
    SELECT b.rating_mean,
           {candidates.AGED},
           {candidates.COUNTED_ALIKE},
           {candidates.BOUNDED},
           b.good_above,
           b.best_standing,
           m.time_zone,
           ARRAY(SELECT c.blocked_account_id FROM blocks c WHERE c.account_id = :resident_id
                 UNION ALL
                 SELECT c.account_id FROM blocks c WHERE c.blocked_account_id = :resident_id
                 UNION ALL
                 SELECT :resident_id),
           EXISTS (SELECT FROM search_index_due)
    INTO v_rating_mean, v_aged, v_counted, v_bounded, v_good_above, v_best, v_zone, v_never,
         v_behind
    FROM markets m
    LEFT JOIN baselines b ON b.market_id = m.id AND b.category_id = :category_id
    WHERE m.id = :market_id;
    IF v_behind THEN
        RETURN QUERY SELECT true, NULL::bigint, 0, 0::bigint, (NULL::search_found).*;
        RETURN;
    END IF;
    v_counted := coalesce(v_counted, false);
    v_aged := coalesce(v_aged, 1);
    -- Without a baseline everybody counts as good.
    v_good_above := coalesce(v_good_above, -1);
    IF v_bounded THEN
        v_gain_1 := :gain_1;
        v_gain_2 := :gain_2;
        v_gain_3 := :gain_3;
        v_base_1 := :base_1;
        v_base_2 := :base_2;
        v_base_3 := :base_3;
    END IF;
    v_best := least({_gain("coalesce(v_best, 1000)")}, :most_of_standing);
    v_rest := least({_gain("v_good_above")}, v_best);
"""

_RETURN = """
    RETURN QUERY
    SELECT false, v_eligible, v_rounds, v_judged, f.provider_id, f.score, f.parts, f.stars,
           f.distance_m, f.starts_after_s, f.price_kind, f.amount_cents, f.call_out_fee_cents
    FROM (VALUES (1)) AS one LEFT JOIN unnest(v_found) AS f ON true;
"""


def _place(kind: str) -> str:
    """How densely the place is served, and so the tier; and, where people are looked for
    by place, how far apart they live."""
    # Where only some are looked at, how densely a place is served is another question.
    among = _AMONG["hourly"] if kind == "hourly" else ""
    around = _within("around", ":density_radius_m", among, "i.provider_id, i.reach_m")
    width = "NULL"
    if kind != _ON_DUTY:
        width = f"{_neighbour(kind, '<=', 'DESC')} + {_neighbour(kind, '>', 'ASC')}"
    return f"""
        SELECT (
            SELECT count(*) FROM (
                SELECT FROM ({around}) n
                WHERE {_suits_exactly("n")}
                LIMIT :dense_enough
            ) AS fit
        ), {width}
        INTO v_eligible, v_apart;
        v_tier := width_bucket(v_eligible::integer, :tier_eligible);
        v_radius_m := (:tier_radius_m)[v_tier];
        v_decay_m := (:tier_decay_m)[v_tier];"""


def _neighbour(kind: str, beyond: str, order: str) -> str:
    """How far off in longitude, a degree at most, the sixteenth in the job's band is."""
    return f"""
        least(1, abs(:lon - coalesce((
            SELECT i.lon FROM search_index i
            WHERE i.market_id = :market_id AND i.category_id = :category_id
              AND i.band = floor(:lat * {BANDS})::smallint AND i.lon {beyond} :lon
              {_AMONG[kind]}
            ORDER BY i.lon {order} OFFSET 15 LIMIT 1), 999)))"""


def _by_kind(make: Callable[[str], str]) -> str:
    """The statements of the kind that is searched."""
    branches = "".join(
        f"{'IF' if n == 0 else 'ELSIF'} v_kind = '{kind}' THEN {make(kind)}\n"
        for n, kind in enumerate(_AMONG)
    )
    return f"{branches} END IF;"


#: Whether nobody who was not looked at, or not among the likely ones, could be among the
#: best. At first only a few are likely, and some of them may turn out to have no time.
_ENOUGH = "v_reached > v_hope OR v_hope = '-infinity' OR v_most = 2147483646"
#: Else everybody who comes to so much is looked at.
_AGAIN = "v_goal := v_reached; v_most := 2147483646;"


def _on_duty() -> str:
    return f"""
        v_point := ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography;
        {_place(_ON_DUTY)}
        LOOP
            {_look(_by_reach("AND i.online"), _FROM_POSITION)}
            v_likely := v_more;
            v_hope := coalesce((v_likely[v_most]).at_most, v_goal);
            {_choose()}
            EXIT WHEN {_ENOUGH};
            {_AGAIN}
        END LOOP;"""


def _by_calendar() -> str:
    def first(kind: str) -> str:
        return _look(f"{_around(kind)} UNION ALL {_far(kind)}", "i.base_m")

    def following(kind: str) -> str:
        return _look(_around(kind), "i.base_m")

    odd = "".join(
        f"""
            WHEN v_plain AND NOT :duty_matters AND v_half_hours = bit_count(substring(
                ({hours} || {hours})::bit varying FROM v_first FOR v_half_hours)) THEN '{name}'"""
        for name, hours in _ODD_HOURS.items()
    )
    return f"""
        v_kind := CASE {odd}
                       WHEN :budget_kind = 'hourly' THEN 'hourly' ELSE 'everybody' END;
        IF v_kind IN ({", ".join(map(repr, _ODD_HOURS))}) THEN
            v_rest := v_best;
        END IF;
        {_by_kind(_place)}
        v_farthest_m := greatest({FAR_M}, :density_radius_m);
        v_limit_m := least(v_farthest_m, v_radius_m);
        v_far := v_farthest_m < v_radius_m;
        -- So far, about, that as many live there as are looked at first.
        v_guess_m := 111195 * sqrt({_FIRST_WALK / 32} * v_apart * cosd(:lat) / {BANDS} / pi());
        IF v_guess_m > {_NEARLY_ALL_M} THEN
            v_guess_m := v_farthest_m;
        END IF;
        v_near_m := least(v_guess_m, v_limit_m);
        v_good_m := least({_GOOD_FARTHER} * v_guess_m, v_limit_m);
        LOOP
            v_near_seen_m := -1;
            v_good_seen_m := -1;
            {_circle("near", "v_near_m")}
            {_circle("good", "v_good_m")}
            {_by_kind(first)}
            v_likely := v_more;
            v_hope := coalesce((v_likely[v_most]).at_most, v_goal);
            LOOP
                v_near_seen_m := v_near_m;
                v_good_seen_m := v_good_m;
                IF v_hope > '-infinity' THEN
                    -- Nobody farther than this could come to as much as is hoped for.
                    v_near_m := {_how_far("v_rest")};
                    v_good_m := {_how_far("v_best")};
                ELSE
                    -- Wider by as many as are still missing.
                    v_wide := sqrt(2.0 * :limit / greatest(1, cardinality(v_likely)));
                    v_near_m := v_near_m * greatest(1.5, least(5, v_wide));
                    v_good_m := {_GOOD_FARTHER} * v_near_m;
                END IF;
                v_near_m := greatest(v_near_seen_m, least(v_near_m, v_limit_m));
                v_good_m := greatest(v_near_m, v_good_seen_m, least(v_good_m, v_limit_m));
                EXIT WHEN v_near_m = v_near_seen_m AND v_good_m = v_good_seen_m;
                v_near_bands := '{{}}';
                IF v_near_m > v_near_seen_m THEN {_circle("near", "v_near_m")} END IF;
                v_good_bands := '{{}}';
                IF v_good_m > v_good_seen_m THEN {_circle("good", "v_good_m")} END IF;
                v_goal := v_hope;
                {_by_kind(following)}
                IF cardinality(v_more) > 0 THEN
                    v_likely := v_likely || v_more;
                    v_hope := greatest(v_hope, (
                        SELECT at_most FROM unnest(v_likely)
                        ORDER BY at_most DESC OFFSET v_most - 1 LIMIT 1));
                END IF;
            END LOOP;
            {_choose()}
            EXIT WHEN {_ENOUGH};
            {_AGAIN}
        END LOOP;"""


#: What the window is on the market's clock, where that is plain: no change of the clock in
#: it, no longer than a week, and no visit farther off matters than the days of the index
#: allow for.
_WINDOW = """
    v_local := :earliest AT TIME ZONE v_zone;
    v_early_s := 60 * ((date_part('isodow', v_local) - 1) * 1440
                       + date_part('hour', v_local) * 60 + date_part('minute', v_local));
    v_first := floor(v_early_s / 1800);
    v_early_s := v_early_s - 1800 * v_first;
    v_first := v_first + 1;
    v_half_hours := ceil((v_early_s + :span_s) / 1800);
    v_late_s := 1800 * v_half_hours - v_early_s - :span_s;
    v_run := repeat('1', ceil(:duration_s / 1800)::integer)::bit varying;
    v_starting_count := ceil((v_early_s + :duration_s) / 1800);
    v_starting_run := repeat('1', v_starting_count)::bit varying;
    -- The days of the index allow for ways that take two minutes a kilometre and an hour.
    v_plain := v_half_hours <= 336
               AND :travel_min_per_km <= 2 AND :travel_buffer_min <= 60
               AND (:earliest + :span_s * interval '1 second') AT TIME ZONE v_zone
                   = v_local + :span_s * interval '1 second';
    v_half_hours := least(v_half_hours, 336);
    v_day := v_local::date - DATE '1970-01-01';
    WHILE v_day <= (v_local + (:span_s - 0.000001) * interval '1 second')::date
                   - DATE '1970-01-01' AND v_plain LOOP
        v_days := v_days | (1::bigint << mod(v_day, 64));
        v_day := v_day + 1;
    END LOOP;
    IF NOT v_plain THEN
        v_days := -1;
    END IF;
    v_local := date_trunc('day', :now AT TIME ZONE v_zone);
    v_day_from := v_local AT TIME ZONE v_zone;
    -- Where midnight comes twice, the day begins with the first.
    IF (v_day_from - interval '1 hour') AT TIME ZONE v_zone = v_local THEN
        v_day_from := v_day_from - interval '1 hour';
    END IF;"""


def _body() -> str:
    return f"""{_BEGIN}{_WINDOW}{_circle("around", ":density_radius_m")}
    IF :urgency = 'now' THEN {_on_duty()}
    ELSE {_by_calendar()}
    END IF;{_RETURN}"""


def _how_far(standing: str) -> str:
    """How far off somebody of at most this standing may live and still reach the goal."""
    needed = f"(v_hope - :others - {standing})"
    return f"""CASE WHEN {needed} <= 0 THEN v_farthest_m
                WHEN {needed} > :pull THEN -1
                ELSE v_decay_m * ln(:pull / {needed}) + 1 END"""


def _types() -> dict[str, str]:
    return _TYPES | {f"weight_{name}": "float8" for name in scoring.PARTS}


_POINT = ("geography", "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography")

#: What a search asks of a single row, seldom: a question of its own is begun only then.
#: Parameters, what is made of them, what it returns, and how.
_HELPERS = {
    "suits": (
        {
            "provider_id": "uuid",
            "category_id": "smallint",
            "lon": "float8",
            "lat": "float8",
            "papers": "text[]",
            "now": "timestamptz",
            "window_to": "timestamptz",
        },
        {"point": _POINT},
        "boolean",
        f"""EXISTS (
            SELECT FROM search_index i
            WHERE i.provider_id = :provider_id AND i.category_id = :category_id
              AND (i.reach_m IS NOT NULL OR ST_Covers(i.reach_area, :point))
              AND {candidates.PAPERED})""",
    ),
    # The first slot and the free time in the window, both in seconds.
    "slot": (
        {
            "provider_id": "uuid",
            "category_id": "smallint",
            "lon": "float8",
            "lat": "float8",
            "now": "timestamptz",
            "earliest": "timestamptz",
            "window_to": "timestamptz",
            "duration_s": "float8",
            "duty_matters": "boolean",
            "online_free_min": "float8",
            "widest_gap_s": "float8",
            "travel_buffer_min": "float8",
            "travel_min_per_km": "float8",
        },
        {
            "point": _POINT,
            "ahead": (
                "tstzmultirange",
                "tstzmultirange(tstzrange(:earliest, greatest(:earliest, :window_to)))",
            ),
            "duty": (
                "tstzmultirange",
                "tstzmultirange(tstzrange(:now, :now + :online_free_min * interval '1 minute'))",
            ),
            "duration": ("interval", "make_interval(secs => :duration_s)"),
            "widest_gap": ("interval", "make_interval(secs => :widest_gap_s)"),
        },
        "float8[]",
        f"""(
            SELECT ARRAY[
                min(date_part('epoch', {_MINUTE} - :earliest))
                    FILTER (WHERE upper(stretch) - {_MINUTE} >= :duration),
                coalesce(sum(date_part('epoch', upper(stretch) - lower(stretch))), 0)]
            FROM search_index i
            CROSS JOIN LATERAL unnest({candidates.STRETCHES}) AS stretch
            WHERE i.provider_id = :provider_id AND i.category_id = :category_id)""",
    ),
    # Figures from the record, which the index has no longer.
    "counted": (
        {
            "provider_id": "uuid",
            "now": "timestamptz",
            "half_life_s": "float8",
            "reliability_days": "integer",
            "responsiveness_days": "integer",
        },
        {
            "reliable_since": (
                "timestamptz",
                ":now - make_interval(secs => :reliability_days * 86400.0)",
            ),
            "responsive_since": (
                "timestamptz",
                ":now - make_interval(secs => :responsiveness_days * 86400.0)",
            ),
        },
        "float8[]",
        f"""(
            SELECT ARRAY[coalesce(r.rating_sum, 0), coalesce(r.rating_weight, 0), r.visits_kept,
                         r.visits_let_down, r.offers_answered, r.offers_unanswered]
            FROM (SELECT {candidates.COUNTED} AND e.provider_id = :provider_id) AS r)""",
    ),
}

#: To plan takes longer than to run: one plan for all parameters, and by the indexes even
#: where a table was empty, or never counted, when it was made.
_SETTINGS = """
        SET plan_cache_mode = force_generic_plan
        SET enable_seqscan = off
        SET enable_bitmapscan = off"""


def _function(
    name: str, types: Mapping[str, str], returns: str, body: str, settings: str = ""
) -> str:
    """A function as PostgreSQL is told it; ``:name`` is a parameter, or a variable."""

    def named(found: re.Match[str]) -> str:
        return f"{'p' if found[1] in types else 'v'}_{found[1]}"

    told = ", ".join(f"p_{one} {type_}" for one, type_ in types.items())
    return f"""CREATE FUNCTION {name} ({told}) RETURNS {returns}
        LANGUAGE plpgsql STABLE PARALLEL SAFE{settings} AS $$
        #variable_conflict use_column
        {re.sub(r"(?<!:):([a-z][a-z_0-9]*)", named, body)} $$"""


_RETURNS = """TABLE (
    behind boolean, eligible bigint, rounds integer, judged bigint,
    provider_id uuid, score float8, parts float8[], stars float8, distance_m float8,
    starts_after_s float8, price_kind text, amount_cents integer, call_out_fee_cents integer)"""


def _functions(mark: str) -> dict[str, str]:
    """The functions by name, that of the search last; ``mark`` ends all their names."""
    names = {helper: f"search_{helper}_{mark}" for helper in _HELPERS}
    functions = {}
    for helper, (types, made, returns, body) in _HELPERS.items():
        declared = "".join(f"v_{one} {type_} := {how};\n" for one, (type_, how) in made.items())
        # Called by the search only, whose settings are in force.
        functions[names[helper]] = _function(
            names[helper], types, returns, f"DECLARE {declared} BEGIN RETURN {body}; END"
        )
    body = f"DECLARE\n{_DECLARED}\nBEGIN\n{_body()}\nEND"
    for helper, name in names.items():
        body = body.replace(f"{{{helper}}}", name)
    best_name = f"search_best_{mark}"
    functions[best_name] = _function(best_name, _types(), _RETURNS, body, _SETTINGS)
    return functions


@functools.cache
def _mark() -> str:
    """What the names of the functions end with, which changes with their texts."""
    return hashlib.sha256("".join(_functions("").values()).encode()).hexdigest()[:10]


@functools.cache
def _statement() -> str:
    told = ", ".join(f":{name}" for name in _types())
    return f"SELECT * FROM search_best_{_mark()}({told})"  # a name of our own


def install(session: Session) -> None:
    """Put the functions into the database, if they are not there; by every migration, and
    by whoever adds a part to the score. Those of the version before stay, for processes
    that are still running it; older ones go."""
    _mark.cache_clear()
    _statement.cache_clear()
    there = session.execute(
        text(
            "SELECT proname, right(proname, 10) AS mark FROM pg_proc"
            " WHERE proname ~ '^search_[a-z]+_[0-9a-f]{10}$' ORDER BY oid DESC"
        )
    ).all()
    marks = list(dict.fromkeys(row.mark for row in there))
    if _mark() in marks:
        return
    for row in there:
        if row.mark in marks[1:]:
            session.execute(text(f"DROP FUNCTION {row.proname}"))
    for function in _functions(_mark()).values():
        session.connection().exec_driver_sql(function)


def installed(session: Session) -> bool:
    """Whether the functions are those that this code calls."""
    name = f"search_best_{_mark()}"
    return bool(
        session.scalar(
            text("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = :name)"), {"name": name}
        )
    )


def best(session: Session, asked: candidates.Parameters, *, limit: int) -> list[Any]:
    """The ``limit`` best, best first, and whoever ties with the last of them. At least one
    row, with a null ``provider_id`` where there is nobody; ``behind``: this transaction
    has changed something that the index is not told of yet, and nothing was searched.

    ``parts`` are in the order of ``scoring.PARTS``. For a request with room for its
    duration in the window ahead.
    """
    more = {"limit": Int4(limit)}
    return candidates.run(session, _statement(), asked | more)


def parameters(request: candidates.Request, asked: candidates.Parameters) -> candidates.Parameters:
    """What a search is told beside what every statement is."""
    weights = {f"weight_{name}": asked.get(f"weight_{name}", 0.0) for name in scoring.PARTS}
    return {
        **asked,
        **weights,
        "lon": request.place[0],
        "lat": request.place[1],
        "equipped": _bits(request.needs),
        "speaks": _bits(request.languages),
        "duration_s": request.duration.total_seconds(),
    }


def _bits(terms: Iterable[str]) -> Int8:
    """Where these stand in a Bloom filter, as ``search_rows()`` in the migrations has it."""
    bits = 0
    for term in terms:
        bits |= 1 << hashlib.md5(term.encode(), usedforsecurity=False).digest()[0] % 64
    return Int8(bits - (1 << 64) if bits >= 1 << 63 else bits)
