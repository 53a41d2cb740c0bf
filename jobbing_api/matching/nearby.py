"""Who is around a job, as far as an index tells: the pieces that a search looks at.

Hides: how everybody within some metres is found by a handful of scans of an index that is
sorted by bands of latitude, and what an entry of it tells of somebody's time. Pieces are
SQL of one entry ``i``; ``:names`` are parameters of the search, ``v_names`` its variables.
"""

from __future__ import annotations

from jobbing_api import geography
from jobbing_api.matching import candidates, scoring

#: The index is searched by place as far as this, metres; whoever goes farther is found by
#: how far they go.
FAR_M = 30_000

#: Bands of latitude to a degree; ``search_rows()`` in the migrations has the same.
BANDS = 24

#: Hours at which few work, as half hours of a week from Monday's first: those who ever do
#: are indexed apart. ``search_rows()`` in the migrations has the same.
ODD_HOURS = {
    "evenings": "repeat(repeat('0', 38) || repeat('1', 10), 6) || repeat('0', 48)",
    "nights": "repeat(repeat('1', 14) || repeat('0', 34), 7)",
    "sundays": "repeat('0', 302) || repeat('1', 34)",
}
#: The half hours of the window in somebody's week.
_PLAN = "substring(i.week || i.week FROM v_first FOR v_half_hours)"
#: Whether figures and days are those of this instant.
_HELD = "(v_counted AND :now >= i.figures_at AND :now < i.figures_until)"

#: Of those, the others are not even measured than who has time at just this hour, or may.
_AT_THAT_HOUR = f"""
    AND (NOT {_HELD} OR i.days_added & v_days <> 0 OR position(v_run IN {_PLAN}) > 0)"""

#: Who is searched by their calendars: everybody, or some of those who are indexed apart.
AMONG = {
    "everybody": "",
    "hourly": "AND i.price_kind = 'hourly'",
    **{odd: f"AND i.{odd} {_AT_THAT_HOUR}" for odd in ODD_HOURS},
}
#: Or who is online.
ON_DUTY = "on_duty"


#: The figures of a row.
FIGURES = (
    *("rating_sum", "rating_weight", "visits_kept", "visits_let_down"),
    *("offers_answered", "offers_unanswered"),
)
#: What else of it is carried along as long as it is not judged.
_CARRIED = (
    *("provider_id", "reach_m", "online", "price_kind", "amount_cents", "call_out_fee_cents"),
    *(*FIGURES, "asked_at"),
)
#: And what of it says whether that, and the week, hold.
_TIMES = ("week", "days_taken", "days_added", "figures_at", "figures_until")


def of(row: str, *columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns)


#: The cosine of how far it is, quick and good to a metre, for whoever is surely farther; and
#: how far along the sphere, by the way straight through it.
_COSINE = "i.x * v_x + i.y * v_y + i.z * v_z"
_BASE_M = f"""{2 * geography.EARTH_RADIUS_M!r}::float8 * asin(least(1, 0.5::float8 * sqrt(
    (i.x - v_x) * (i.x - v_x) + (i.y - v_y) * (i.y - v_y) + (i.z - v_z) * (i.z - v_z))))"""

#: What the index tells of somebody's time, as a number that is carried along: nothing,
#: since days and figures are those of another instant; at least that, since hours were
#: added or they are on duty now; the whole of a window that their duty covers; at most
#: what the week tells, since something of it was taken; or just that.
NOTHING, _AT_LEAST, WHOLE_WINDOW, _AT_MOST, WEEK = range(5)
_KNOWN = f"""
    CASE WHEN NOT {_HELD} THEN {NOTHING}
         WHEN :duty_is_all AND i.online AND i.days_taken & v_days = 0 THEN {WHOLE_WINDOW}
         WHEN NOT v_plain OR i.days_added & v_days <> 0 OR :duty_matters AND i.online
         THEN {_AT_LEAST}
         WHEN i.days_taken & v_days <> 0 THEN {_AT_MOST}
         ELSE {WEEK} END"""


def asked_of(known: str, formula: str) -> str:
    """A formula of ``scoring`` with what it asks for said by that number."""
    return (
        formula.replace("m.held", f"{known} <> {NOTHING}")
        .replace("m.open", f"{known} <= {_AT_LEAST}")
        .replace("m.told", f"{known} IN ({WHOLE_WINDOW}, {WEEK})")
    )


#: Whom a job suits, as far as the index tells, which is all but papers and drawn areas.
#: Asked of every row that is passed: whatever does not depend on it is a variable.
_SUITS = f"""(v_suits_all OR i.has & :equipped = :equipped
    AND (v_equipped OR {candidates.EQUIPPED})
    AND (v_spoken OR i.has & :speaks <> 0 AND {candidates.SPEAKS})
    AND i.minimum_visit_cents <= v_minimum_cents
    AND (v_not_hourly OR i.price_kind = 'hourly' AND i.amount_cents <= :budget_cents))"""

#: And whom it never suits: the resident, and who is kept away.
NEVER = "AND i.provider_id <> ALL(v_never)"


def suits_exactly(row: str) -> str:
    """What only the row itself tells."""
    return f"""(NOT v_papered AND {row}.reach_m IS NOT NULL OR {{suits}}(
        {row}.provider_id, :category_id, :lon, :lat, :papers, :now, :earliest, :window_to))"""


def circle(name: str, radius_m: str) -> str:
    """Statements that find the bands, and the longitudes in them, that a circle touches."""
    return f"""
        v_angle := least({radius_m} / {geography.EARTH_RADIUS_M!r} + 1e-9, 3.1);
        v_{name}_cosine := cos(v_angle) - 1e-14;
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


def within(name: str, radius_m: str, among: str, columns: str = "", beyond: str = "") -> str:
    """Whoever lives in a circle, may come from there and suits."""
    return f"""
        SELECT {columns or of("i", *_CARRIED, *_TIMES, "standing")}, i.base_m
        FROM (
            SELECT {of("i", *_CARRIED, *_TIMES, "at_most_m", "standing")}, {_BASE_M} AS base_m
            FROM search_index i
            WHERE i.market_id = :market_id AND i.category_id = :category_id
              AND i.band = ANY(v_{name}_bands)
              AND i.lon BETWEEN v_{name}_west AND v_{name}_east
              AND {_COSINE} >= v_{name}_cosine {among} AND {_SUITS}
            OFFSET 0
        ) i
        WHERE i.base_m <= {radius_m} AND i.base_m <= i.at_most_m {beyond}"""


def by_reach(among: str, beyond: str = "") -> str:
    """Whoever may come, wherever they live, and suits."""
    return f"""
        SELECT {of("i", *_CARRIED, *_TIMES, "standing")}, i.base_m
        FROM (
            SELECT {of("i", *_CARRIED, *_TIMES, "at_most_m", "standing")}, {_BASE_M} AS base_m
            FROM search_index i
            WHERE i.category_id = :category_id AND i.reach_box @> v_spot
              AND i.market_id = :market_id {among} AND {_SUITS}
            OFFSET 0
        ) i
        WHERE i.base_m <= i.at_most_m {beyond}"""


def far(kind: str) -> str:
    """Those who live beyond all circles and are told only by how far they go."""
    among = AMONG[kind] if kind == "hourly" else ""
    return by_reach(
        f"AND v_far AND i.at_most_m > {FAR_M} {among}",
        "AND i.base_m > v_farthest_m",
    )


def gain(standing: str) -> str:
    """The most that somebody of this standing can gain by it."""
    lines = ", ".join(f"v_gain_{n} * {standing} + v_base_{n}" for n in (1, 2, 3))
    return f"least({lines})"


#: Whether somebody of this standing, so far away, may come to as much as is asked for.
_BY_STANDING = f"""
    (v_goal = '-infinity' OR :pull * exp(-least(700, i.base_m / v_decay_m)) + :others
                             + {gain("i.standing")} >= v_goal)"""


def around(kind: str) -> str:
    """Who lives around the job, as far as is looked: the good ones farther than others."""
    if kind in ODD_HOURS:
        # They are so few that the good ones are not told apart.
        return within("near", "v_near_m", AMONG[kind], beyond=_beyond("near"))
    rest = f"{AMONG[kind]} AND i.standing <= v_near_standing"
    good = f"{AMONG[kind]} AND i.good"
    return f"""
        {within("near", "v_near_m", rest, beyond=_beyond("near"))}
        UNION ALL
        {within("good", "v_good_m", good, beyond=_beyond("good"))}"""


def _beyond(name: str) -> str:
    return f"AND i.base_m > v_{name}_seen_m"


def told(people: str, *, from_home: bool) -> str:
    """Those of them who may come to as much as is asked for, with what is known of their
    time: ``plan`` and ``known``."""
    # Whoever is on the way may be nearer than they live.
    enough = f"{_BY_STANDING} AND" if from_home else ""
    return f"""
        SELECT {of("i", *_CARRIED)}, i.base_m, {_PLAN} AS plan, {_KNOWN} AS known
        FROM ({people} OFFSET 0) i
        WHERE {enough} i.provider_id <> ALL(v_avoided)
        OFFSET 0"""


#: Where somebody is now, if they said so lately; else at home.
FROM_POSITION = """
    coalesce((
        SELECT ST_Distance(pr.position, v_point, false) FROM presences pr
        WHERE pr.provider_id = i.provider_id
          AND pr.position_at >= :now - :fresh_position_s * interval '1 second'
    ), i.base_m)"""

#: The first slot and the free time as far as the index tells them: what they are, or the
#: most they can be.
STARTS_AFTER_S = f"""
    CASE WHEN i.known <= {WHOLE_WINDOW}
              OR substring(i.plan FROM 1 FOR v_starting_count) = v_starting_run
         THEN 0
         ELSE nullif(position(v_run IN substring(i.plan FROM 2)), 0) * 1800 - v_early_s END"""
FREE_S = f"""
    CASE WHEN i.known <= {WHOLE_WINDOW} THEN :span_s
         ELSE bit_count(i.plan) * 1800 - v_early_s * get_bit(i.plan, 0)
              - v_late_s * get_bit(i.plan, v_half_hours - 1) END"""


def measures(starts_after_s: str, free_s: str, **figures: str) -> str:
    """The columns of ``m`` as ``scoring`` describes them."""
    # An instant is dear to compute where no formula asks for it.
    asked = any("m.starts_at" in part.formula for part in scoring.PARTS.values())
    starts_at = f", :earliest + {starts_after_s} * interval '1 second' AS starts_at"
    counted = ", ".join(f"{figures.get(name, f'i.{name}')} AS {name}" for name in FIGURES)
    return f"""v_decay_m AS decay_m, v_rating_mean AS rating_mean,
        {counted}, i.price_kind, i.amount_cents, i.call_out_fee_cents, i.online,
        true AS inside_hours, {starts_after_s} AS starts_after_s, {free_s} AS free_s
        {starts_at if asked else ""}"""
