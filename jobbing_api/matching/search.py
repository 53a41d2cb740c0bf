"""The search itself, as a function in the database: the k best, and nobody else, read.

Hides: how few rows of an index tell who is best. A search looks around the job
(``nearby``), at those of a high standing farther away than at others. A few of those it
sees are likely: the index tells what each of them comes to, or can come to at most. What
the last of the likely comes to says how far anybody else would have to be looked for.
Then the likely ones are settled, and only for somebody with visits about or an area drawn
by hand, and where papers are asked for, is a row read (``single``). It is over when
nobody who was passed over could still beat the k-th: strictly, so ties are never lost.

It is a function because a search takes a millisecond or two, and every question put to
the database a tenth of one. Its text is made here, of the formulas of ``scoring`` and the
pieces of ``nearby`` and ``candidates``; ``install`` puts it into the database.
"""

from __future__ import annotations

import functools
import hashlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.numeric import Int4, Int8
from sqlalchemy.orm import Session

from jobbing_api.matching import candidates, functions, nearby, scoring, single

#: About so many who live around the job are looked at first.
_FIRST_WALK = 100

#: Where they would have to be looked for as far as this, metres, all are looked at at once.
_NEARLY_ALL_M = 10_000

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


#: What is carried of the likely ones, in the order of the type ``search_likely``.
_LIKELY = (
    *("provider_id", "at_most", "known", "reach_m", "distance_m", *nearby.FIGURES),
    *("price_kind", "amount_cents", "call_out_fee_cents", "online", "starts_after_s", "free_s"),
    "asked_at",
)


def _look(people: str, *, from_home: bool) -> str:
    """Look at these; the few of them who come to most are likely. One more than are
    wanted, to know whether there are more."""
    aged = {name: f"i.{name} * v_aged" for name in ("rating_sum", "rating_weight")}
    distance_m = "i.base_m" if from_home else nearby.FROM_POSITION
    return f"""
        v_more := ARRAY(
            SELECT ROW({nearby.of("m", *_LIKELY)})::search_likely
            FROM (
                SELECT m.*, {nearby.asked_of("m.known", scoring.at_most(scoring.PARTS))} AS at_most
                FROM (
                    SELECT i.provider_id, i.reach_m, i.known, i.asked_at,
                           {distance_m} AS distance_m,
                           {nearby.measures(nearby.STARTS_AFTER_S, nearby.FREE_S, **aged)}
                    FROM ({nearby.told(people, from_home=from_home)}) i
                    WHERE i.known <= {nearby.WHOLE_WINDOW} OR position(v_run IN i.plan) > 0
                    OFFSET 0
                ) m
                WHERE m.starts_after_s <= :slack_s AND m.distance_m <= v_radius_m
                OFFSET 0
            ) m
            WHERE m.at_most >= v_goal
            ORDER BY m.at_most DESC
            LIMIT v_most + 1
        );"""


def _choose() -> str:
    """The best of those who are likely; into ``v_found``.

    Whoever is not sure is made certain, but for those who stay below what enough of the
    others come to.
    """
    figures = {
        name: f"coalesce(i.counted[{n}], i.{name})"
        for n, name in enumerate(nearby.FIGURES, start=1)
    }
    starts_after_s = "CASE WHEN i.slot IS NULL THEN i.starts_after_s ELSE i.slot[1] END"
    free_s = "CASE WHEN i.slot IS NULL THEN i.free_s ELSE i.slot[2] END"
    score = scoring.score(scoring.PARTS).replace("m.", "s.")
    values = ", ".join(f"s.value_{name}" for name in scoring.PARTS)
    return f"""
        WITH likely AS MATERIALIZED (
            SELECT l.*, l.known IN ({nearby.WHOLE_WINDOW}, {nearby.WEEK}) AS told,
                   l.known IN ({nearby.WHOLE_WINDOW}, {nearby.WEEK}) AND NOT v_papered
                   AND l.reach_m IS NOT NULL AS sure
            FROM unnest(v_likely) AS l
            WHERE l.at_most >= v_hope
        ),
        capped AS MATERIALIZED (
            SELECT coalesce(array_agg(provider_id), '{{}}') AS ids FROM (
                SELECT e.provider_id FROM record_entries e
                WHERE e.provider_id = ANY(ARRAY(
                          SELECT provider_id FROM likely
                          WHERE asked_at > {candidates.ASKED_SINCE}))
                  AND {candidates.ASKED}
                GROUP BY e.provider_id HAVING {candidates.CAPPED} IS NOT NULL
            ) AS asked
        ),
        certain AS (
            SELECT i.provider_id, i.distance_m,
                   {nearby.measures(starts_after_s, free_s, **figures)}
            FROM (
                SELECT t.*,
                       CASE WHEN NOT t.told THEN {{slot}}(
                           t.provider_id, :category_id, :lon, :lat, :now, :earliest, :window_to,
                           :duration_s, :duty_matters, :online_free_min, :widest_gap_s,
                           :travel_buffer_min, :travel_min_per_km) END AS slot,
                       CASE WHEN t.known = {nearby.NOTHING} THEN {{counted}}(
                           t.provider_id, :now, :half_life_s, :reliability_days,
                           :responsiveness_days
                       ) END AS counted
                FROM likely t
                WHERE t.provider_id <> ALL((SELECT ids FROM capped)::uuid[])
                  AND (t.sure OR t.at_most >= coalesce((
                      SELECT l.at_most - {candidates.SAME_SCORE} FROM likely l
                      WHERE l.sure AND l.provider_id <> ALL((SELECT ids FROM capped)::uuid[])
                      ORDER BY l.at_most DESC OFFSET :limit - 1 LIMIT 1
                  ), '-infinity') AND {nearby.suits_exactly("t")})
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
    v_suits_all boolean := v_equipped AND v_spoken AND v_not_hourly AND :budget_kind <> 'fixed';
    v_best float8;
    v_starting_count integer;
    v_near_m float8;
    v_near_standing integer;
    v_near_bands smallint[];
    v_near_cosine float8;
    v_near_west float8;
    v_near_east float8;
    v_good_m float8;
    v_good_bands smallint[];
    v_good_cosine float8;
    v_good_west float8;
    v_good_east float8;
    v_around_bands smallint[];
    v_around_cosine float8;
    v_around_west float8;
    v_around_east float8;
    v_farthest_m float8;
    v_limit_m float8;
    v_near_seen_m float8;
    v_guess_m float8;
    v_tier integer;
    v_good_seen_m float8;
    v_far boolean;
    v_far_seen boolean;
    v_likely search_likely[];
    v_more search_likely[];
    v_hope float8;
    v_never uuid[];
    v_avoided uuid[];
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
    v_kind text;
    v_zone text;
    v_local timestamp;
    v_plain boolean;
    v_turned interval;
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
        RETURN QUERY
        SELECT true, NULL::bigint, (NULL::search_found).*, NULL::timestamptz;
        RETURN;
    END IF;
    v_avoided := v_never || :leave_out;
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
    v_best := least({nearby.gain("coalesce(v_best, 1000)")}, :most_of_standing);
    v_rest := least({nearby.gain("v_good_above")}, v_best);
"""

_RETURN = """
    RETURN QUERY
    SELECT false, v_eligible, f.provider_id, f.score, f.parts, f.stars, f.distance_m,
           f.starts_after_s, f.price_kind, f.amount_cents, f.call_out_fee_cents, v_day_from
    FROM (VALUES (1)) AS one LEFT JOIN unnest(v_found) AS f ON true;
"""


def _place() -> str:
    """How densely the place is served, and so the tier."""

    def count(among: str) -> str:
        around = nearby.within(
            "around", ":density_radius_m", among, "i.provider_id, i.reach_m", nearby.NEVER
        )
        return f"""v_eligible := (
            SELECT count(*) FROM (
                SELECT FROM ({around}) n
                WHERE {nearby.suits_exactly("n")}
                LIMIT :dense_enough
            ) AS fit
        );"""

    # Where only some are looked at, how densely a place is served is another question.
    return f"""
        IF v_kind = 'hourly' THEN {count(nearby.AMONG["hourly"])}
        ELSE {count("")}
        END IF;
        v_tier := width_bucket(v_eligible::integer, :tier_eligible);
        v_radius_m := (:tier_radius_m)[v_tier];
        v_decay_m := (:tier_decay_m)[v_tier];"""


def _walk(kind: str) -> str:
    """How far off, about, that as many live as are looked at first: by those who were
    counted, at most; where there are more, or others are looked at, by how far apart those
    in the job's band live."""
    counted = f":density_radius_m * sqrt({_FIRST_WALK} / greatest(1, v_eligible)::float8)"
    width = f"{_neighbour(kind, '<=', 'DESC')} + {_neighbour(kind, '>', 'ASC')}"
    apart = f"""111195 * sqrt(
            {_FIRST_WALK / 32} * ({width}) * cosd(:lat) / {nearby.BANDS} / pi())"""
    if kind in nearby.ODD_HOURS:
        return f"v_guess_m := {apart};"
    return f"""
        v_guess_m := {counted};
        IF v_eligible >= :dense_enough THEN
            v_guess_m := least(v_guess_m, {apart});
        END IF;"""


def _neighbour(kind: str, beyond: str, order: str) -> str:
    """How far off in longitude, a degree at most, the sixteenth in the job's band is."""
    return f"""
        least(1, abs(:lon - coalesce((
            SELECT i.lon FROM search_index i
            WHERE i.market_id = :market_id AND i.category_id = :category_id
              AND i.band = floor(:lat * {nearby.BANDS})::smallint AND i.lon {beyond} :lon
              {nearby.AMONG[kind]}
            ORDER BY i.lon {order} OFFSET 15 LIMIT 1), 999)))"""


def _by_kind(make: Callable[[str], str]) -> str:
    """The statements of the kind that is searched."""
    branches = "".join(
        f"{'IF' if n == 0 else 'ELSIF'} v_kind = '{kind}' THEN {make(kind)}\n"
        for n, kind in enumerate(nearby.AMONG)
    )
    return f"{branches} END IF;"


#: Whether nobody who was not looked at, or not among the likely ones, could be among the
#: best. At first only a few are likely, and some of them may turn out to have no time.
_ENOUGH = "v_reached > v_hope OR v_hope = '-infinity' OR v_most = 2147483646"
#: Else everybody who comes to so much is looked at.
_AGAIN = "v_goal := v_reached; v_most := 2147483646;"


def _kind() -> str:
    """Which of them are searched."""
    odd = "".join(
        f"""
            WHEN v_plain AND NOT :duty_matters AND v_half_hours = bit_count(substring(
                ({hours} || {hours})::bit varying FROM v_first FOR v_half_hours)) THEN '{name}'"""
        for name, hours in nearby.ODD_HOURS.items()
    )
    return f"""
        v_kind := CASE WHEN :urgency = 'now' THEN '{nearby.ON_DUTY}' {odd}
                       WHEN :budget_kind = 'hourly' THEN 'hourly' ELSE 'everybody' END;"""


def _among_those_on_duty() -> str:
    return f"""
            {_look(nearby.by_reach("AND i.online"), from_home=False)}
            v_likely := v_more;
            v_hope := coalesce((v_likely[v_most]).at_most, v_goal);"""


def _first_circles() -> str:
    return f"""
        IF v_kind IN ({", ".join(map(repr, nearby.ODD_HOURS))}) THEN
            v_rest := v_best;
        END IF;
        v_farthest_m := greatest({nearby.FAR_M}, :density_radius_m);
        v_limit_m := least(v_farthest_m, v_radius_m);
        {_by_kind(_walk)}
        IF v_guess_m > {_NEARLY_ALL_M} THEN
            v_guess_m := v_farthest_m;
        END IF;
        v_near_m := least(v_guess_m, v_limit_m);
        v_good_m := least({_GOOD_FARTHER} * v_guess_m, v_limit_m);"""


def _outward() -> str:
    def look(kind: str) -> str:
        return _look(f"{nearby.around(kind)} UNION ALL {nearby.far(kind)}", from_home=True)

    return f"""
            v_near_seen_m := -1;
            v_good_seen_m := -1;
            v_far_seen := v_farthest_m >= v_radius_m;
            v_far := NOT v_far_seen AND v_near_m = v_farthest_m;
            v_hope := v_goal;
            LOOP
                v_near_bands := '{{}}';
                v_near_standing := v_good_above;
                IF v_near_m > v_near_seen_m THEN {nearby.circle("near", "v_near_m")} END IF;
                v_good_bands := '{{}}';
                IF v_good_m = v_near_m AND v_good_seen_m = v_near_seen_m THEN
                    -- The good ones are among all others.
                    v_near_standing := 1000;
                ELSIF v_good_m > v_good_seen_m THEN {nearby.circle("good", "v_good_m")}
                END IF;
                v_goal := v_hope;
                {_by_kind(look)}
                IF v_near_seen_m < 0 THEN
                    v_likely := v_more;
                    v_hope := coalesce((v_likely[v_most]).at_most, v_goal);
                ELSIF cardinality(v_more) > 0 THEN
                    v_likely := v_likely || v_more;
                    v_hope := greatest(v_hope, (
                        SELECT at_most FROM unnest(v_likely)
                        ORDER BY at_most DESC OFFSET v_most - 1 LIMIT 1));
                END IF;
                v_near_seen_m := v_near_m;
                v_good_seen_m := v_good_m;
                v_far_seen := v_far_seen OR v_far;
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
                v_far := NOT v_far_seen AND v_hope <= :others + v_best
                         + :pull * exp(-least(700, v_farthest_m / v_decay_m));
                EXIT WHEN v_near_m = v_near_seen_m AND v_good_m = v_good_seen_m AND NOT v_far;
            END LOOP;"""


#: What the window is on the market's clock, where that is plain: no change of the clock in
#: it or so shortly before it that hours of the week still end or begin by the reading from
#: before the change, no longer than a week, and no visit farther off matters than the days
#: of the index allow for.
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
    -- What a clock put back shows twice, hours of a week mean the first time; what one put
    -- forward leaves out, they find later: for as long as it was put, the week tells nothing.
    v_turned := abs(date_part('epoch',
        v_local - (:earliest - interval '24 hours') AT TIME ZONE v_zone) - 86400)
        * interval '1 second';
    v_plain := v_plain AND (:earliest - v_turned) AT TIME ZONE v_zone = v_local - v_turned;
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
    on_duty = f"v_kind = '{nearby.ON_DUTY}'"
    return f"""{_BEGIN}{_WINDOW}{_kind()}{nearby.circle("around", ":density_radius_m")}{_place()}
    IF {on_duty} THEN
        v_point := {single.POINT};
    ELSE {_first_circles()}
    END IF;
    LOOP
        IF {on_duty} THEN {_among_those_on_duty()}
        ELSE {_outward()}
        END IF;
        {_choose()}
        EXIT WHEN {_ENOUGH};
        {_AGAIN}
    END LOOP;{_RETURN}"""


def _how_far(standing: str) -> str:
    """How far off somebody of at most this standing may live and still reach the goal."""
    needed = f"(v_hope - :others - {standing})"
    return f"""CASE WHEN {needed} <= 0 THEN v_farthest_m
                WHEN {needed} > :pull THEN -1
                ELSE v_decay_m * ln(:pull / {needed}) + 1 END"""


def _types() -> dict[str, str]:
    return _TYPES | {f"weight_{name}": "float8" for name in scoring.PARTS}


_RETURNS = """TABLE (
    behind boolean, eligible bigint,
    provider_id uuid, score float8, parts float8[], stars float8, distance_m float8,
    starts_after_s float8, price_kind text, amount_cents integer, call_out_fee_cents integer,
    day_from timestamptz)"""

#: What else is told of a job where people are asked for who fell out.
_ALSO_TOLD = {
    "point": "geography",
    "spot": "box",
    "window": "tstzrange",
    "ahead": "tstzmultirange",
    "duty": "tstzmultirange",
    "duration": "interval",
    "widest_gap": "interval",
    "outside_hours": "boolean",
    "fresh_since": "timestamptz",
    "day_from": "timestamptz",
    "radius_m": "float8",
    "nearest": "bigint",
    "provider_id": "uuid",
}
_COULD_RETURNS = "TABLE (starts_at timestamptz)"
_NEAREST_RETURNS = """TABLE (
    behind boolean, in_reach bigint, ranked bigint, fell_out_counts jsonb, read bigint,
    provider_id uuid, fell_out text, distance_m float8)"""


def _functions(mark: str) -> dict[str, str]:
    """The functions by name, that of the search last; ``mark`` ends all their names."""
    made = {}
    body = f"DECLARE\n{_DECLARED}\nBEGIN\n{_body()}\nEND"
    for name, (types, declared, returns, answer) in single.FUNCTIONS.items():
        marked = f"search_{name}_{mark}"
        body = body.replace(f"{{{name}}}", marked)
        first = "".join(f"v_{one} {type_} := {how};\n" for one, (type_, how) in declared.items())
        # Called by the search only, whose settings are in force.
        made[marked] = functions.definition(
            marked, types, returns, f"DECLARE {first} BEGIN RETURN {answer}; END"
        )
    could = f"search_could_{mark}"
    made[could] = functions.definition(
        could,
        _asked_by(candidates.COULD),
        _COULD_RETURNS,
        f"BEGIN RETURN QUERY {candidates.COULD}; END",
        functions.ONE_PLAN,
    )
    nearest = f"search_nearest_{mark}"
    made[nearest] = functions.definition(
        nearest,
        _asked_by(candidates.NEAREST),
        _NEAREST_RETURNS,
        f"BEGIN RETURN QUERY {candidates.NEAREST}; END",
        functions.ONE_PLAN,
    )
    best = f"search_best_{mark}"
    made[best] = functions.definition(best, _types(), _RETURNS, body, functions.SETTINGS)
    return made


def _asked_by(statement: str) -> dict[str, str]:
    """Those parameters that a statement asks for."""
    known = _TYPES | _ALSO_TOLD
    return {name: known[name] for name in dict.fromkeys(functions.PARAMETER.findall(statement))}


@functools.cache
def _mark() -> str:
    return functions.mark(_functions)


@functools.cache
def _calls() -> dict[str, str]:
    """A statement for each function that is called from here."""
    return {
        name: f"SELECT * FROM search_{name}_{_mark()}({', '.join(f':{one}' for one in types)})"
        for name, types in {
            "best": _types(),
            "nearest": _asked_by(candidates.NEAREST),
        }.items()
    }


def install(session: Session) -> None:
    """Put the functions into the database, if they are not there; by every migration, and
    by whoever adds a part to the score."""
    _mark.cache_clear()
    _calls.cache_clear()
    functions.install(session, _functions)


def installed(session: Session) -> bool:
    """Whether the functions are those that this code calls."""
    return functions.installed(session, f"search_best_{_mark()}")


def best(session: Session, asked: candidates.Parameters, *, limit: int) -> list[Any]:
    """The ``limit`` best, best first, and whoever ties with the last of them. At least one
    row, with a null ``provider_id`` where there is nobody; ``behind``: this transaction
    has changed something that the index is not told of yet, and nothing was searched.

    ``parts`` are in the order of ``scoring.PARTS``. For a request with room for its
    duration in the window ahead.
    """
    more = {"limit": Int4(limit)}
    return candidates.run(session, _calls()["best"], asked | more)


def nearest(
    session: Session,
    asked: candidates.Parameters,
    *,
    count: int,
    within_m: float,
    day_from: datetime,
) -> list[Any]:
    """Of the ``count`` nearest in reach, the nearest who fell out. Every row carries the
    counts, and how many there are of so many; there is at least one."""
    more = {"nearest": Int8(count), "radius_m": within_m, "day_from": day_from}
    return candidates.run(session, _calls()["nearest"], asked | more)


def could(
    session: Session, provider_id: uuid.UUID, several: Sequence[candidates.Parameters]
) -> list[datetime | None]:
    """When this provider could come to each of these jobs at the earliest, None where they
    cannot: one statement, however many they are."""
    if not several:
        return []
    types = _asked_by(candidates.COULD)
    name = f"search_could_{_mark()}"
    told: candidates.Parameters = {}
    parts = []
    for number, asked in enumerate(several):
        told |= {f"{one}_{number}": (asked | {"provider_id": provider_id})[one] for one in types}
        given = ", ".join(f":{one}_{number}" for one in types)
        parts.append(f"SELECT {number} AS number, starts_at FROM {name}({given})")
    found = {
        row.number: row.starts_at
        for row in candidates.run(session, " UNION ALL ".join(parts), told)
    }
    return [found.get(number) for number in range(len(several))]


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
