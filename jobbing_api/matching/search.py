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
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from psycopg.types.numeric import Int4, Int8
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobbing_api import geography
from jobbing_api.matching import candidates, scoring

#: The index is searched by place as far as this, metres; whoever goes farther is found by
#: how far they go.
FAR_M = 25_000

#: Bands of latitude to a degree; ``search_rows()`` in the migrations has the same.
BANDS = 24

#: As many of those who look best are judged before anything is known of the rest.
_FIRST_LOOK = 32

#: About so many who live around the job are looked at first.
_FIRST_WALK = 200

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
    "point": "geography",
    "spot": "box",
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
    "ahead": "tstzmultirange",
    "span_s": "float8",
    "slack_s": "float8",
    "duration": "interval",
    "duration_s": "float8",
    "duty": "tstzmultirange",
    "duty_matters": "boolean",
    "duty_is_all": "boolean",
    "widest_gap": "interval",
    "travel_buffer_min": "float8",
    "travel_min_per_km": "float8",
    # The rules.
    "fresh_since": "timestamptz",
    "live_offers_at_most": "bigint",
    "pushes_a_day": "bigint",
    "half_life_s": "float8",
    "reliable_since": "timestamptz",
    "responsive_since": "timestamptz",
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

#: Who is searched by their calendars: everybody, or one of the few who are indexed apart.
_AMONG = {
    "everybody": "",
    "hourly": "AND i.price_kind = 'hourly'",
    # Few of these work at just this hour: the others are not even measured.
    "odd_hours": """AND i.odd_hours
        AND (NOT v_counted OR i.figures_until <= :now OR i.figures_at > :now
             OR i.days_added & v_days <> 0
             OR position(v_run IN substring(
                    i.week || i.week FROM v_first FOR v_half_hours)) > 0)""",
}
#: Or who is online; or, last of all, who lives beyond what is searched by place.
_ON_DUTY, _FAR = "on_duty", "far"

#: Who are all that count for how densely a place is served.
_WHOLE = ("everybody", "hourly")


#: The figures of a row.
_FIGURES = (
    *("rating_sum", "rating_weight", "visits_kept", "visits_let_down"),
    *("offers_answered", "offers_unanswered"),
)
#: What else of it is carried along as long as it is not judged.
_CARRIED = (
    *("provider_id", "reach_m", "online", "price_kind", "amount_cents", "call_out_fee_cents"),
    *("days_taken", "days_added", "figures_at", "figures_until", *_FIGURES),
)


def _of(row: str, *columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns)


#: Along the sphere, by the straight line through it.
_BASE_M = f"""{2 * geography.EARTH_RADIUS_M!r}::float8 * asin(least(1, 0.5::float8 * sqrt(
    (i.x - v_x) * (i.x - v_x) + (i.y - v_y) * (i.y - v_y) + (i.z - v_z) * (i.z - v_z))))"""

#: The half hours of the window in somebody's week.
_PLAN = "substring(i.week || i.week FROM v_first FOR v_half_hours)"

#: Whether figures and days are those of this instant.
_HELD = "(v_counted AND :now >= i.figures_at AND :now < i.figures_until)"

#: Whether there may be time that the week does not tell.
_MORE = "(i.days_added & v_days <> 0 OR i.online AND :duty_matters)"

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
        {row}.provider_id, :category_id, :point, :papers, :now, :window_to))"""


def _circle(name: str, radius_m: str) -> str:
    """Statements that find the bands, and the longitudes in them, that a circle touches."""
    return f"""
        v_angle := least({radius_m} / {geography.EARTH_RADIUS_M!r} + 1e-9, 3.2);
        v_deg := degrees(v_angle);
        v_{name}_south := floor((:lat - v_deg) * {BANDS});
        v_{name}_north := floor((:lat + v_deg) * {BANDS});
        -- All around where it holds a pole or crosses the antimeridian.
        v_wide := CASE WHEN abs(:lat) + v_deg >= 89.9 THEN 360
                       ELSE degrees(asin(least(1, sin(v_angle) / cosd(:lat)))) + 1e-6 END;
        v_{name}_west := :lon - v_wide;
        v_{name}_east := :lon + v_wide;
        IF v_{name}_west < -180 OR v_{name}_east > 180 THEN
            v_{name}_west := -180;
            v_{name}_east := 180;
        END IF;"""


def _within(
    name: str, radius_m: str, among: str, columns: Sequence[str] = (), beyond: str = ""
) -> str:
    """Whoever lives in a circle, may come from there and suits."""
    carried = columns or (*_CARRIED, "week")
    told = _of("i", *columns) if columns else f"{_of('i', *_CARRIED)}, {_PLAN} AS plan"
    return f"""
        SELECT {told}, i.base_m
        FROM (
            SELECT {_of("i", *carried)}, i.at_most_m, {_BASE_M} AS base_m
            FROM generate_series(v_{name}_south, v_{name}_north) AS touched (band)
            CROSS JOIN LATERAL (
                SELECT {_of("i", *carried)}, i.x, i.y, i.z, i.at_most_m
                FROM search_index i
                WHERE i.market_id = :market_id AND i.category_id = :category_id
                  AND i.band = touched.band::smallint
                  AND i.lon BETWEEN v_{name}_west AND v_{name}_east
                  {among} AND {_SUITS}
                OFFSET 0
            ) i
            OFFSET 0
        ) i
        WHERE i.base_m <= {radius_m} AND i.base_m <= i.at_most_m AND {_NEVER} {beyond}"""


def _by_reach(also: str, beyond: str) -> str:
    """Whoever may come, wherever they live, and suits."""
    return f"""
        SELECT {_of("i", *_CARRIED)}, {_PLAN} AS plan, i.base_m
        FROM (
            SELECT {_of("i", *_CARRIED, "week")}, i.at_most_m, {_BASE_M} AS base_m
            FROM search_index i
            WHERE i.category_id = :category_id AND i.reach_box @> :spot
              AND i.market_id = :market_id {also} AND {_SUITS}
            OFFSET 0
        ) i
        WHERE i.base_m <= i.at_most_m AND {_NEVER} {beyond}"""


def _nearby(kind: str) -> str:
    """Everybody looked at in one round, with ``base_m`` and ``distance_m``."""
    if kind == _ON_DUTY:
        return f"""
            SELECT i.*, coalesce((
                SELECT ST_Distance(pr.position, :point, false) FROM presences pr
                WHERE pr.provider_id = i.provider_id AND pr.position_at >= :fresh_since
            ), i.base_m) AS distance_m
            FROM ({_by_reach("AND i.online", "")} OFFSET 0) i"""
    if kind == _FAR:
        far = f"AND i.at_most_m > {FAR_M} AND (v_kind <> 'hourly' OR i.price_kind = 'hourly')"
        return f"""
            SELECT i.*, i.base_m AS distance_m
            FROM ({_by_reach(far, "AND i.base_m > v_farthest_m")}) i"""
    among = _AMONG[kind]
    return f"""
        SELECT i.*, i.base_m AS distance_m FROM (
            {_within("near", "v_near_m", among)}
            UNION ALL
            {_within("good", "v_good_m", f"{among} AND i.good", beyond="AND i.base_m > v_near_m")}
        ) i"""


def _told() -> str:
    """Of whom is nearby, what the index tells of their time: ``plan``, the half hours of
    the window in their week; ``told``, whether that is all there is to know; ``open``,
    whether there may be more."""
    all_of_it = f"(:duty_is_all AND i.online AND {_HELD} AND i.days_taken & v_days = 0)"
    return f"""
        SELECT {_of("i", *_CARRIED)}, i.distance_m, i.plan, {_HELD} AS held,
               {all_of_it} AS all_of_it,
               {all_of_it} OR {_HELD} AND v_plain AND NOT {_MORE} AND i.days_taken & v_days = 0
                   AS told,
               NOT {all_of_it} AND (NOT {_HELD} OR NOT v_plain OR {_MORE}) AS open
        FROM nearby i
        WHERE i.distance_m <= (SELECT radius_m FROM tier)
          AND i.provider_id <> ALL(:leave_out)
        OFFSET 0"""


#: The first slot and the free time as far as the index tells them: what they are, or the
#: most they can be.
_STARTS_AFTER_S = """
    CASE WHEN i.open OR i.all_of_it
              OR substring(i.plan FROM 1 FOR v_starting_count) = v_starting_run
         THEN 0
         ELSE nullif(position(v_run IN substring(i.plan FROM 2)), 0) * 1800 - v_early_s END"""
_FREE_S = """
    CASE WHEN i.open OR i.all_of_it THEN :span_s
         ELSE bit_count(i.plan) * 1800 - v_early_s * get_bit(i.plan, 0)
              - v_late_s * get_bit(i.plan, v_half_hours - 1) END"""


def _measures(starts_after_s: str, free_s: str, **figures: str) -> str:
    """The columns of ``m`` as ``scoring`` describes them."""
    # An instant is dear to compute where no formula asks for it.
    asked = any("m.starts_at" in part.formula for part in scoring.PARTS.values())
    starts_at = f", :earliest + {starts_after_s} * interval '1 second' AS starts_at"
    counted = ", ".join(f"{figures.get(name, f'i.{name}')} AS {name}" for name in _FIGURES)
    return f"""i.distance_m, (SELECT decay_m FROM tier) AS decay_m, v_rating_mean AS rating_mean,
        {counted}, i.price_kind, i.amount_cents, i.call_out_fee_cents, i.online,
        true AS inside_hours, {starts_after_s} AS starts_after_s, {free_s} AS free_s
        {starts_at if asked else ""}"""


_MINUTE = "date_trunc('minute', lower(stretch) + interval '59.999999 seconds')"


def _certain() -> str:
    """The likely ones as ``m``, with a slot and figures that are sure; whoever does not
    suit after all is gone."""
    figures = {
        name: f"coalesce(i.counted[{n}], i.{name})" for n, name in enumerate(_FIGURES, start=1)
    }
    starts_after_s = "CASE WHEN i.told THEN i.starts_after_s ELSE i.slot[1] END"
    free_s = "CASE WHEN i.told THEN i.free_s ELSE i.slot[2] END"
    return f"""
        SELECT i.provider_id, {_measures(starts_after_s, free_s, **figures)}
        FROM (
            SELECT t.*,
                   CASE WHEN NOT t.told THEN {{slot}}(
                       t.provider_id, :category_id, :point, :earliest, :window_to, :ahead, :duty,
                       :duty_matters, :duration, :widest_gap, :travel_buffer_min,
                       :travel_min_per_km) END AS slot,
                   CASE WHEN NOT t.held THEN {{counted}}(
                       t.provider_id, :now, :half_life_s, :reliable_since, :responsive_since
                   ) END AS counted
            FROM likely t
            WHERE {_suits_exactly("t")}
            OFFSET 0
        ) i
        WHERE i.told OR i.slot[1] IS NOT NULL
        OFFSET 0"""


def _round(kind: str) -> str:
    """One round: who is looked at, how dense the place is, who is best; into variables."""
    # Where only some are looked at, how densely a place is served is another question.
    whole = kind in _WHOLE
    around = _within("around", ":density_radius_m", "", ("provider_id", "reach_m"))
    density = f"""
        SELECT count(*)::integer AS eligible FROM (
            SELECT FROM {"nearby" if whole else f"({around})"} n
            WHERE n.base_m <= :density_radius_m AND {_suits_exactly("n")}
            LIMIT :dense_enough
        ) AS counted"""
    if kind == _FAR:
        density = "SELECT v_eligible::integer AS eligible"
    values = ", ".join(f"s.value_{name}" for name in scoring.PARTS)
    score = scoring.score(scoring.PARTS).replace("m.", "s.")
    aged = {name: f"i.{name} * v_aged" for name in ("rating_sum", "rating_weight")}
    return f"""
        WITH nearby AS MATERIALIZED ({_nearby(kind)}),
        tier AS MATERIALIZED (
            SELECT eligible, :tier_radius_m[at] AS radius_m, :tier_decay_m[at] AS decay_m
            FROM (
                SELECT eligible, width_bucket(eligible, :tier_eligible) AS at FROM ({density})
                    AS density
            ) AS density
        ),
        likely AS MATERIALIZED (
            SELECT m.*
            FROM (
                SELECT m.*, {scoring.at_most(scoring.PARTS)} AS at_most
                FROM (
                    SELECT i.provider_id, i.reach_m, i.held, i.told, i.open,
                           {_measures(_STARTS_AFTER_S, _FREE_S, **aged)}
                    FROM ({_told()}) i
                    WHERE i.open OR i.all_of_it OR position(v_run IN i.plan) > 0
                    OFFSET 0
                ) m
                WHERE m.starts_after_s <= :slack_s
                OFFSET 0
            ) m
            WHERE m.at_most >= v_goal
            ORDER BY m.at_most DESC
            -- One more, to know whether there are more.
            LIMIT v_most + 1
        ),
        chosen AS (
            SELECT i.* FROM (
                SELECT s.*, {score} AS score, round(({score}) * 1e9) AS place FROM (
                    SELECT m.*, ({scoring.STARS})::float8 AS stars {scoring.values(scoring.PARTS)}
                    FROM ({_certain()}) m
                    OFFSET 0
                ) s
                ORDER BY place DESC
                OFFSET 0
            ) i
            WHERE {candidates.CAP} IS NULL
            ORDER BY i.place DESC
            FETCH FIRST (:limit) ROWS WITH TIES
        )
        SELECT tier.eligible, tier.radius_m, tier.decay_m, likely.count, likely.least, (
            SELECT array_agg(ROW(
                s.provider_id, s.score, ARRAY[{values}], s.stars, s.distance_m,
                s.starts_after_s, s.price_kind, s.amount_cents, s.call_out_fee_cents
            )::search_found) FROM chosen s)
        INTO v_eligible, v_radius_m, v_decay_m, v_kept, v_least, v_found
        FROM tier, (SELECT count(*), min(at_most) AS least FROM likely) AS likely;
        v_rounds := v_rounds + 1;
        v_judged := v_judged + v_kept;
        v_reached := coalesce((v_found[:limit]).score - {candidates.SAME_SCORE}, '-infinity');
        v_cut := v_kept > v_most AND v_least >= v_reached;"""


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
    v_near_south integer;
    v_near_north integer;
    v_near_west float8;
    v_near_east float8;
    v_good_m float8;
    v_good_south integer;
    v_good_north integer;
    v_good_west float8;
    v_good_east float8;
    v_around_south integer;
    v_around_north integer;
    v_around_west float8;
    v_around_east float8;
    v_before search_found[];
    v_farthest_m float8;
    v_never uuid[];
    v_behind boolean;
    v_counted boolean;
    v_aged float8;
    v_rating_mean float8;
    v_rest float8;
    v_eligible bigint;
    v_radius_m float8;
    v_decay_m float8;
    v_kept bigint;
    v_least float8;
    v_found search_found[];
    v_goal float8 := '-infinity';
    v_most bigint := greatest({first_look}, 2 * :limit);
    v_reached float8;
    v_cut boolean;
    v_dense boolean;
    v_judged bigint := 0;
    v_rounds integer := 0;
    v_kind text;
    v_zone text;
    v_local timestamp;
    v_plain boolean;
    v_odd boolean;
    v_no_other_days boolean := :widest_gap <= interval '47 hours';
    v_first integer;
    v_half_hours integer;
    v_early_s float8;
    v_late_s float8;
    v_run bit varying;
    v_starting_run bit varying;
    v_day integer;
    v_days bigint := 0;
    v_day_from timestamptz;
    -- Monday to Saturday, 7 to 19 o'clock, as search_rows() in the migrations has them.
    v_usual CONSTANT bit varying := (
        repeat(repeat('0', 14) || repeat('1', 24) || repeat('0', 10), 6) || repeat('0', 48)
    )::bit varying;
"""


def _gain(standing: str) -> str:
    """The most that somebody of this standing can gain by it."""
    lines = ", ".join(f":gain_{n} * {standing} + :base_{n}" for n in (1, 2, 3))
    return f"least({lines})"


#: What is asked once: whom the job suits never, and by what figures are judged.
_BEGIN = f"""
    SELECT b.rating_mean,
           {candidates.AGED},
           {candidates.COUNTED_ALIKE},
           CASE WHEN {candidates.BOUNDED} THEN {_gain("b.good_above")} END,
           CASE WHEN {candidates.BOUNDED} THEN {_gain("b.best_standing")} END,
           m.time_zone,
           ARRAY(SELECT c.blocked_account_id FROM blocks c WHERE c.account_id = :resident_id
                 UNION ALL
                 SELECT c.account_id FROM blocks c WHERE c.blocked_account_id = :resident_id
                 UNION ALL
                 SELECT :resident_id),
           EXISTS (SELECT FROM search_index_due)
    INTO v_rating_mean, v_aged, v_counted, v_rest, v_best, v_zone, v_never, v_behind
    FROM markets m
    LEFT JOIN baselines b ON b.market_id = m.id AND b.category_id = :category_id
    WHERE m.id = :market_id;
    IF v_behind THEN
        RETURN QUERY SELECT true, NULL::bigint, 0, 0::bigint, (NULL::search_found).*;
        RETURN;
    END IF;
    v_counted := coalesce(v_counted, false);
    v_aged := coalesce(v_aged, 1);
    v_best := least(v_best, :most_of_standing);
    v_rest := least(v_rest, v_best);
"""

_RETURN = """
    RETURN QUERY
    SELECT false, v_eligible, v_rounds, v_judged, f.provider_id, f.score, f.parts, f.stars,
           f.distance_m, f.starts_after_s, f.price_kind, f.amount_cents, f.call_out_fee_cents
    FROM (VALUES (1)) AS one LEFT JOIN unnest(v_found) AS f ON true;
"""


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


def _on_duty() -> str:
    return f"""
        {_circle("around", ":density_radius_m")}
        LOOP
            {_round(_ON_DUTY)}
            EXIT WHEN NOT v_cut;
            v_goal := v_reached;
            v_most := 2147483646;
        END LOOP;"""


def _by_calendar() -> str:
    def width(kind: str) -> str:
        return f"v_wide := {_neighbour(kind, '<=', 'DESC')} + {_neighbour(kind, '>', 'ASC')};"

    whole = f"v_kind IN ({', '.join(map(repr, _WHOLE))})"
    falls = ":pull * exp(-least(700, {} / v_decay_m)) + :others"
    return f"""
        v_kind := CASE WHEN v_odd THEN 'odd_hours' WHEN :budget_kind = 'hourly' THEN 'hourly'
                       ELSE 'everybody' END;
        v_farthest_m := greatest({FAR_M}, :density_radius_m);
        -- So far, about, that as many live there as are looked at first.
        {_by_kind(width)}
        v_near_m := 111195 * sqrt(
            {_FIRST_WALK / 32} * v_wide * cosd(:lat) / {BANDS} / pi());
        v_good_m := {_GOOD_FARTHER} * v_near_m;
        {_circle("around", ":density_radius_m")}
        LOOP
            v_near_m := least(v_near_m, v_farthest_m);
            v_good_m := greatest(v_near_m, least(v_good_m, v_farthest_m));
            {_circle("near", "v_near_m")}
            {_circle("good", "v_good_m")}
            {_by_kind(_round)}
            v_dense := v_eligible >= :dense_enough OR v_near_m >= :density_radius_m
                       OR NOT {whole};
            EXIT WHEN v_dense AND NOT v_cut AND (
                v_near_m >= least(v_farthest_m, v_radius_m)
                OR v_reached > {falls.format("v_near_m")} + v_rest
                   AND (v_good_m >= least(v_farthest_m, v_radius_m)
                        OR v_reached > {falls.format("v_good_m")} + v_best));
            IF v_cut THEN
                v_most := 2147483646;
            END IF;
            IF NOT v_dense THEN
                -- How a score falls with distance is not sure yet, so no goal is either.
                v_near_m := greatest(v_near_m, :density_radius_m);
                v_good_m := greatest(v_good_m, v_near_m);
            ELSIF v_reached = '-infinity' THEN
                -- Wider by as many as are still missing.
                v_wide := sqrt(2.0 * :limit / greatest(1, coalesce(cardinality(v_found), 0)));
                v_near_m := v_near_m * greatest(1.5, least(5, v_wide));
                v_good_m := {_GOOD_FARTHER} * v_near_m;
            ELSE
                v_goal := v_reached;
                v_near_m := greatest(v_near_m, {_how_far("v_rest")});
                v_good_m := greatest(v_good_m, {_how_far("v_best")});
            END IF;
        END LOOP;
        -- And those beyond, whom only how far they go tells.
        IF v_farthest_m < v_radius_m
           AND v_reached <= {falls.format("v_farthest_m")} + v_best THEN
            v_goal := v_reached;
            v_most := 2147483646;
            v_before := v_found;
            {_round(_FAR)}
            v_found := ARRAY(
                SELECT f FROM unnest(v_before || v_found) AS f
                ORDER BY round(f.score * 1e9) DESC
                FETCH FIRST (:limit) ROWS WITH TIES
            );
        END IF;"""


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
    v_plain := v_half_hours <= 336 AND v_no_other_days
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
    v_odd := v_plain AND NOT :duty_matters AND bit_count(
        substring(v_usual || v_usual FROM v_first FOR v_half_hours)) = 0;
    v_local := date_trunc('day', :now AT TIME ZONE v_zone);
    v_day_from := v_local AT TIME ZONE v_zone;
    -- Where midnight comes twice, the day begins with the first.
    IF (v_day_from - interval '1 hour') AT TIME ZONE v_zone = v_local THEN
        v_day_from := v_day_from - interval '1 hour';
    END IF;"""


def _body() -> str:
    return f"""{_BEGIN}{_WINDOW}
    IF :urgency = 'now' THEN {_on_duty()}
    ELSE {_by_calendar()}
    END IF;{_RETURN}"""


def _how_far(standing: str) -> str:
    """How far off somebody of at most this standing may live and still reach the goal."""
    needed = f"(v_reached - :others - {standing})"
    return f"""CASE WHEN {needed} <= 0 THEN v_farthest_m
                WHEN {needed} >= :pull THEN 0
                ELSE v_decay_m * ln(:pull / {needed}) + 1 END"""


def _types() -> dict[str, str]:
    return _TYPES | {f"weight_{name}": "float8" for name in scoring.PARTS}


#: What a search asks of a single row, seldom: a question of its own is begun only then.
_HELPERS = {
    "suits": (
        {
            "provider_id": "uuid",
            "category_id": "smallint",
            "point": "geography",
            "papers": "text[]",
            "now": "timestamptz",
            "window_to": "timestamptz",
        },
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
            "point": "geography",
            "earliest": "timestamptz",
            "window_to": "timestamptz",
            "ahead": "tstzmultirange",
            "duty": "tstzmultirange",
            "duty_matters": "boolean",
            "duration": "interval",
            "widest_gap": "interval",
            "travel_buffer_min": "float8",
            "travel_min_per_km": "float8",
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
            "reliable_since": "timestamptz",
            "responsive_since": "timestamptz",
        },
        "float8[]",
        f"""(
            SELECT ARRAY[coalesce(r.rating_sum, 0), coalesce(r.rating_weight, 0), r.visits_kept,
                         r.visits_let_down, r.offers_answered, r.offers_unanswered]
            FROM (SELECT {candidates.COUNTED} AND e.provider_id = :provider_id) AS r)""",
    ),
}


def _function(name: str, types: Mapping[str, str], returns: str, body: str) -> str:
    """A function as PostgreSQL is told it; ``:name`` is a parameter."""

    def parameter(found: re.Match[str]) -> str:
        assert found[1] in types, found[1]
        return f"p_{found[1]}"

    told = ", ".join(f"p_{one} {type_}" for one, type_ in types.items())
    return f"""CREATE FUNCTION {name} ({told}) RETURNS {returns}
        LANGUAGE plpgsql STABLE PARALLEL SAFE
        -- To plan takes longer than to run: one plan for all parameters, and by the indexes
        -- even where a table was empty, or never counted, when it was made.
        SET plan_cache_mode = force_generic_plan
        SET enable_seqscan = off
        SET enable_bitmapscan = off AS $$
        #variable_conflict use_column
        {re.sub(r"(?<!:):([a-z][a-z_0-9]*)", parameter, body)} $$"""


_RETURNS = """TABLE (
    behind boolean, eligible bigint, rounds integer, judged bigint,
    provider_id uuid, score float8, parts float8[], stars float8, distance_m float8,
    starts_after_s float8, price_kind text, amount_cents integer, call_out_fee_cents integer)"""


def _functions(mark: str) -> dict[str, str]:
    """The functions by name, that of the search last; ``mark`` ends all their names."""
    names = {helper: f"search_{helper}_{mark}" for helper in _HELPERS}
    functions = {
        names[helper]: _function(names[helper], types, returns, f"BEGIN RETURN {body}; END")
        for helper, (types, returns, body) in _HELPERS.items()
    }
    declared = _DECLARED.replace("{first_look}", str(_FIRST_LOOK))
    body = f"DECLARE\n{declared}\nBEGIN\n{_body()}\nEND".replace(":day_from", "v_day_from")
    for helper, name in names.items():
        body = body.replace(f"{{{helper}}}", name)
    best_name = f"search_best_{mark}"
    functions[best_name] = _function(best_name, _types(), _RETURNS, body)
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
