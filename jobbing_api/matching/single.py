"""What a search asks of a single row, seldom: functions of their own.

Hides: that a question is begun only where it is put, which in the midst of a statement
would cost every search the beginning.
"""

from __future__ import annotations

from jobbing_api.matching import candidates

_MINUTE = "date_trunc('minute', lower(stretch) + interval '59.999999 seconds')"
#: Where the job is.
POINT = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography"

#: Of each its parameters, what is made of them first, what it returns, and how.
FUNCTIONS = {
    "suits": (
        {
            "provider_id": "uuid",
            "category_id": "smallint",
            "lon": "float8",
            "lat": "float8",
            "papers": "text[]",
            "now": "timestamptz",
            "earliest": "timestamptz",
            "window_to": "timestamptz",
        },
        {"point": ("geography", POINT)},
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
            "point": ("geography", POINT),
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
