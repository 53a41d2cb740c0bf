-- When somebody was asked last: of most people it tells, without a look at the record,
-- that they were not asked too often.

SET LOCAL lock_timeout = '5s';

ALTER TYPE search_likely ADD ATTRIBUTE asked_at timestamptz;

-- All of it is derived, so it is filled again, not altered.
TRUNCATE search_index;
DROP INDEX ix_search_index_near, ix_search_index_good, ix_search_index_hourly,
    ix_search_index_evenings, ix_search_index_nights, ix_search_index_sundays,
    ix_search_index_far, ix_search_index_on_duty;
ALTER TABLE search_index
    -- For any job, at any urgency; minus infinity for whom nobody asked yet.
    ADD COLUMN asked_at timestamptz NOT NULL;

-- Each with all that a search needs to know of most people, so that it reads no table. What
-- has a length of its own stands last, and what may be null before it: to take an entry
-- apart is faster so.
-- Everybody by bands of latitude, each from west to east.
CREATE INDEX ix_search_index_near ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
);
-- The good ones, who are looked for farther away.
CREATE INDEX ix_search_index_good ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE good;
-- Those whom jobs paid by the hour may be offered, who are few in most trades.
CREATE INDEX ix_search_index_hourly ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE price_kind = 'hourly';
-- Those who work at hours at which few do.
CREATE INDEX ix_search_index_evenings ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE evenings;
CREATE INDEX ix_search_index_nights ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE nights;
CREATE INDEX ix_search_index_sundays ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE sundays;
-- Those on duty, and those who go far, by what they reach.
CREATE INDEX ix_search_index_on_duty ON search_index USING gist (category_id, reach_box)
INCLUDE (
    market_id, provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE online;
CREATE INDEX ix_search_index_far ON search_index USING gist (category_id, reach_box)
INCLUDE (
    market_id, provider_id, x, y, z, at_most_m, standing, online, minimum_visit_cents,
    call_out_fee_cents, has, days_taken, days_added, figures_at, figures_until, asked_at,
    rating_sum, rating_weight, visits_kept, visits_let_down, offers_answered,
    offers_unanswered, reach_m, amount_cents, week, price_kind, languages, tools
)
    WHERE at_most_m > 30000;

-- What the index should say of each of these providers, figures and days counted as of an
-- instant of their own.
-- The one definition: the index is filled from it, kept true by it and checked against it.
CREATE OR REPLACE FUNCTION search_rows(ids uuid[], instants timestamptz[])
RETURNS SETOF search_index LANGUAGE sql STABLE AS $$
    SELECT p.account_id, s.category_id, p.market_id, p.base, p.reach_m, p.reach_area,
           reach.reach_box, reach.at_most_m,
           floor(place.lat * 24)::smallint, place.lon,
           cos(radians(place.lat)) * cos(radians(place.lon)),
           cos(radians(place.lat)) * sin(radians(place.lon)),
           sin(radians(place.lat)),
           -- A bound on what the figures can add to a score, per mille; matching/bounds.py
           -- tells what it means under whatever weights a policy gives.
           bound.standing,
           coalesce(bound.standing > b.good_above, true),
           coalesce(pr.online, false),
           s.price_kind, s.amount_cents, s.call_out_fee_cents, p.minimum_visit_cents,
           p.languages, p.tools,
           (SELECT coalesce(bit_or(
                       1::bigint << mod(('x' || left(md5(term), 2))::bit(8)::int, 64)), 0)
            FROM unnest(p.languages || p.tools) AS term),
           coalesce(plan.week, 0::bit(336)),
           CASE WHEN plan.week IS NULL THEN -1 ELSE days.taken END,
           CASE WHEN plan.week IS NULL THEN -1 ELSE days.added END,
           visits.until,
           wanted.as_of,
           CASE WHEN b.market_id IS NULL THEN '-infinity'
                ELSE least(coalesce(figures.until, 'infinity'), coalesce(days.until, 'infinity'))
           END::timestamptz,
           coalesce(figures.rating_sum, 0), coalesce(figures.rating_weight, 0),
           coalesce(figures.kept, 0), coalesce(figures.let_down, 0),
           coalesce(figures.answered, 0), coalesce(figures.unanswered, 0),
           p.free_time,
           plan.week IS NULL OR days.added <> 0 OR plan.week & (
               repeat(repeat('0', 38) || repeat('1', 10), 6) || repeat('0', 48)
           )::bit(336) <> 0::bit(336),
           plan.week IS NULL OR days.added <> 0 OR plan.week & (
               repeat(repeat('1', 14) || repeat('0', 34), 7)
           )::bit(336) <> 0::bit(336),
           plan.week IS NULL OR days.added <> 0 OR plan.week & (
               repeat('0', 302) || repeat('1', 34)
           )::bit(336) <> 0::bit(336),
           (SELECT coalesce(max(at), '-infinity') FROM record_entries
            WHERE provider_id = p.account_id AND kind = 'asked')
    FROM unnest(ids, instants) AS wanted (provider_id, as_of)
    JOIN providers p ON p.account_id = wanted.provider_id
    JOIN accounts a ON a.id = p.account_id AND a.suspended_at IS NULL AND a.erased_at IS NULL
    JOIN markets m ON m.id = p.market_id
    JOIN skills s ON s.provider_id = p.account_id
    LEFT JOIN presences pr ON pr.provider_id = p.account_id
    LEFT JOIN baselines b ON b.market_id = p.market_id AND b.category_id = s.category_id
    CROSS JOIN LATERAL (
        SELECT ST_X(p.base::geometry) AS lon, ST_Y(p.base::geometry) AS lat
    ) place
    CROSS JOIN LATERAL (
        -- A box around the reach, never smaller than it; all around the globe where it
        -- would cross the antimeridian or hold a pole.
        SELECT box(
            point(CASE WHEN around THEN -180 ELSE west - 0.0001 END, greatest(-90, south - 0.0001)),
            point(CASE WHEN around THEN 180 ELSE east + 0.0001 END, least(90, north + 0.0001))
        ) AS reach_box,
        -- Of an area, how far its farthest corner is: nothing between corners is farther.
        coalesce(p.reach_m, (
            SELECT ceil(max(ST_Distance(p.base, corner.geom::geography, false))) + 1
            FROM ST_DumpPoints(p.reach_area::geometry) AS corner
        ))::integer AS at_most_m
        FROM (
            SELECT west, east, south, north,
                   west < -180 OR east > 180 OR east - west > 180
                       OR south <= -89.9 OR north >= 89.9 AS around
            FROM (
                SELECT place.lon - wide.deg AS west, place.lon + wide.deg AS east,
                       place.lat - degrees(angle.rad) AS south,
                       place.lat + degrees(angle.rad) AS north
                FROM (SELECT p.reach_m / 6371008.7714150598 AS rad) angle
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN sin(angle.rad) >= cos(radians(place.lat)) THEN 360
                                ELSE degrees(asin(sin(angle.rad) / cos(radians(place.lat))))
                           END AS deg
                ) wide
                WHERE p.reach_m IS NOT NULL
                UNION ALL
                -- Edges are great circles, which bulge beyond their ends: cut into
                -- kilometres, by centimetres. An area so far north or south
                -- may hold the pole.
                SELECT ST_XMin(edges), ST_XMax(edges),
                       CASE WHEN ST_YMin(edges) < -80 THEN -90 ELSE ST_YMin(edges) END,
                       CASE WHEN ST_YMax(edges) > 80 THEN 90 ELSE ST_YMax(edges) END
                FROM (SELECT ST_Segmentize(p.reach_area, 1000)::geometry AS edges) area
                WHERE p.reach_area IS NOT NULL
            ) AS edges (west, east, south, north)
        ) AS sides
    ) reach
    CROSS JOIN LATERAL (
        SELECT coalesce(max(upper(during)), '-infinity') AS until
        FROM bookings
        WHERE provider_id = p.account_id AND released_at IS NULL
    ) visits
    -- The week as half hours of the market's clock, Monday's first; null where it cannot be
    -- told that way.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.time_zone = m.time_zone
                         AND coalesce(bool_and(
                             mod(from_minute, 30) = 0 AND mod(to_minute, 30) = 0), true)
                    THEN coalesce(bit_or(
                        ((-1)::bit(336) >> (weekday * 48 + from_minute / 30))
                        & ~((-1)::bit(336) >> (weekday * 48 + to_minute / 30))
                    ), 0::bit(336)) END AS week
        FROM weekly_hours
        WHERE provider_id = p.account_id
    ) plan
    -- Days of the market's clock on which the week is not all there is to know: hours taken
    -- away or added by hand, and visits with the way from and to them. A way from here to a
    -- job within reach is as long as reach and visit are far from the base, no longer; it
    -- takes two minutes a kilometre and an hour of buffer at most, or a search does not
    -- trust these days. A bit for each of 64 days, by the number of the day since 1970 modulo
    -- 64: two days back, 61 ahead. What comes into sight later ends what the row can be
    -- trusted for.
    CROSS JOIN LATERAL (
        SELECT (wanted.as_of AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' AS number
    ) today
    CROSS JOIN LATERAL (
        SELECT coalesce(bit_or(1::bigint << mod(day, 64)) FILTER (WHERE NOT added), 0) AS taken,
               coalesce(bit_or(1::bigint << mod(day, 64)) FILTER (WHERE added), 0) AS added,
               min(seen_at) FILTER (WHERE seen_at > wanted.as_of) AS until
        FROM (
            SELECT available AS added, lower(during) AS starts, upper(during) AS ends
            FROM calendar_exceptions WHERE provider_id = p.account_id
            UNION ALL
            SELECT false, lower(during) - way.gap, upper(during) + way.gap
            FROM bookings
            CROSS JOIN LATERAL (
                SELECT make_interval(mins => greatest(buffer_minutes, 61 + ceil(
                    2 * (reach.at_most_m + ST_Distance(p.base, place, false)) / 1000
                ))::integer) AS gap
            ) way
            WHERE provider_id = p.account_id AND released_at IS NULL
        ) AS one
        CROSS JOIN LATERAL (
            SELECT starts - interval '60 days' AS seen_at,
                   (starts AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' AS first,
                   (ends AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' AS last
        ) AS span
        LEFT JOIN LATERAL generate_series(
            greatest(first, today.number - 2), least(last, today.number + 61)
        ) AS day ON true
    ) days
    CROSS JOIN LATERAL (
        -- Sums of floats depend on their order: one order, whatever the plan.
        SELECT sum(stars * age.weight ORDER BY at, e.id)
                   FILTER (WHERE kind = 'rated' AND at <= wanted.as_of) AS rating_sum,
               sum(age.weight ORDER BY at, e.id)
                   FILTER (WHERE kind = 'rated' AND at <= wanted.as_of) AS rating_weight,
               count(*) FILTER (WHERE kind = 'kept'
                   AND at <= wanted.as_of AND expires > wanted.as_of) AS kept,
               count(*) FILTER (WHERE kind IN ('late', 'cancelled', 'absent')
                   AND at <= wanted.as_of AND expires > wanted.as_of) AS let_down,
               count(*) FILTER (WHERE kind = 'answered'
                   AND at <= wanted.as_of AND expires > wanted.as_of)
                   AS answered,
               count(*) FILTER (WHERE kind = 'unanswered'
                   AND at <= wanted.as_of AND expires > wanted.as_of)
                   AS unanswered,
               -- Until something that counts expires, or something ahead comes true.
               least(min(expires) FILTER (WHERE at <= wanted.as_of AND expires > wanted.as_of),
                     min(at) FILTER (WHERE at > wanted.as_of)) AS until,
               array_agg(at ORDER BY at, e.id) FILTER (WHERE kind = 'rated') AS rated_at,
               array_agg(stars::int ORDER BY at, e.id) FILTER (WHERE kind = 'rated') AS stars,
               array_agg(at) FILTER (WHERE kind = 'kept') AS kept_at,
               array_agg(at) FILTER (WHERE kind IN ('late', 'cancelled', 'absent'))
                   AS let_down_at,
               array_agg(at) FILTER (WHERE kind = 'answered') AS answered_at,
               array_agg(at) FILTER (WHERE kind = 'unanswered') AS unanswered_at
        FROM record_entries e
        CROSS JOIN LATERAL (
            -- As of the instant at which the baseline was taken, so that a row does not
            -- change because time passed. So old that a float cannot say how little it
            -- weighs is nothing.
            SELECT CASE WHEN old.lives > 500 THEN 0 ELSE power(0.5::float8, old.lives) END
                       AS weight,
                   CASE WHEN kind IN ('answered', 'unanswered')
                        THEN at + make_interval(secs => b.responsiveness_days * 86400.0)
                        WHEN kind <> 'rated'
                        THEN at + make_interval(secs => b.reliability_days * 86400.0)
                   END AS expires
            FROM (SELECT greatest(-500, date_part('epoch', b.taken_at - at)
                                        / (b.rating_half_life_days * 86400.0)) AS lives) old
        ) age
        WHERE b.market_id IS NOT NULL AND provider_id = p.account_id
          AND kind NOT IN ('asked', 'withdrawn')
    ) figures
    -- What each figure can come to at most, at whatever instant somebody asks, as long as
    -- no fact is added. Ratings: the mean right after one of them came in, or the prior,
    -- towards which it drifts while they age.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN max(lives) > 900 THEN 5 ELSE
                   greatest(prior.stars, max(
                       (prior.stars * prior.weight * power(2, least(900, lives)) + sums)
                       / nullif(prior.weight * power(2, least(900, lives)) + weights, 0)))
               END AS stars
        FROM (
            SELECT coalesce(b.rating_mean, b.rating_prior_stars) AS stars,
                   b.rating_prior_weight AS weight
        ) prior
        LEFT JOIN LATERAL (
            -- Weighed from the first rating on, so that a running sum will do.
            SELECT lives, sum(rated.stars * power(2, least(900, lives))) OVER in_time AS sums,
                   sum(power(2, least(900, lives))) OVER in_time AS weights
            FROM (
                SELECT stars, at,
                       extract(epoch FROM at - min(at) OVER ())::float8
                           / (b.rating_half_life_days * 86400.0) AS lives
                FROM unnest(figures.rated_at, figures.stars) AS one (at, stars)
            ) AS rated
            WINDOW in_time AS (ORDER BY rated.at)
        ) moments ON true
        GROUP BY prior.stars
    ) best_rating
    -- Shares: the best of all the stretches of so many days.
    CROSS JOIN LATERAL (
        SELECT greatest(b.reliability_good / (b.reliability_good + b.reliability_bad),
                   max((b.reliability_good + up)
                       / (b.reliability_good + b.reliability_bad + up + down))) AS share
        FROM (
            SELECT sum(up) OVER in_time AS up, sum(down) OVER in_time AS down
            FROM (
                SELECT at, 1, 0 FROM unnest(figures.kept_at) AS at
                UNION ALL
                SELECT at + make_interval(secs => b.reliability_days * 86400.0), -1, 0
                FROM unnest(figures.kept_at) AS at
                UNION ALL
                SELECT at, 0, 1 FROM unnest(figures.let_down_at) AS at
                UNION ALL
                SELECT at + make_interval(secs => b.reliability_days * 86400.0), 0, -1
                FROM unnest(figures.let_down_at) AS at
            ) AS changes (at, up, down)
            -- What expires at an instant is gone before what happens at it is there.
            WINDOW in_time AS (ORDER BY at, up + down ROWS UNBOUNDED PRECEDING)
        ) AS counts
    ) best_reliability
    CROSS JOIN LATERAL (
        SELECT greatest(b.responsiveness_good / (b.responsiveness_good + b.responsiveness_bad),
                   max((b.responsiveness_good + up)
                       / (b.responsiveness_good + b.responsiveness_bad + up + down))) AS share
        FROM (
            SELECT sum(up) OVER in_time AS up, sum(down) OVER in_time AS down
            FROM (
                SELECT at, 1, 0 FROM unnest(figures.answered_at) AS at
                UNION ALL
                SELECT at + make_interval(secs => b.responsiveness_days * 86400.0), -1, 0
                FROM unnest(figures.answered_at) AS at
                UNION ALL
                SELECT at, 0, 1 FROM unnest(figures.unanswered_at) AS at
                UNION ALL
                SELECT at + make_interval(secs => b.responsiveness_days * 86400.0), 0, -1
                FROM unnest(figures.unanswered_at) AS at
            ) AS changes (at, up, down)
            WINDOW in_time AS (ORDER BY at, up + down ROWS UNBOUNDED PRECEDING)
        ) AS counts
    ) best_responsiveness
    CROSS JOIN LATERAL (
        SELECT CASE WHEN b.market_id IS NULL THEN 1000 ELSE least(1000, ceil(0.000001 + 1000 * (
                   0.25 * greatest(0, least(1,
                       (best_rating.stars - b.rating_floor) / (b.rating_ceiling - b.rating_floor)))
                   + 0.20 * best_reliability.share + 0.10 * best_responsiveness.share) / 0.55))
               END::smallint AS standing
    ) bound
$$;

-- Derive the rows of these providers anew. Two transactions that change the same provider
-- take turns here, at their ends and in one order, so that the later one sees what the
-- earlier one did and neither waits for the other in a circle.
CREATE OR REPLACE FUNCTION search_index_derive(ids uuid[], as_of timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(ids) > 500 THEN
        -- One lock for all of them: the table of locks is small.
        PERFORM pg_advisory_xact_lock(hashtext('jobbing.search_index'), 0);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtext('jobbing.search_index'), 0);
        PERFORM pg_advisory_xact_lock(turn)
        FROM (SELECT DISTINCT hashtextextended(id::text, 20261122) AS turn
              FROM unnest(ids) AS id ORDER BY turn) AS turns;
    END IF;
    -- A statement of its own, so that it sees what was committed while we waited.
    WITH fresh AS MATERIALIZED (
        SELECT * FROM search_rows(ids, array_fill(as_of, ARRAY[cardinality(ids)]))
    ),
    gone AS (
        DELETE FROM search_index i
        WHERE i.provider_id = ANY(ids)
          AND NOT EXISTS (SELECT FROM fresh f WHERE f.provider_id = i.provider_id
                                                AND f.category_id = i.category_id)
    )
    INSERT INTO search_index AS i SELECT * FROM fresh
    ON CONFLICT (provider_id, category_id) DO UPDATE SET
        market_id = excluded.market_id, base = excluded.base, reach_m = excluded.reach_m,
        reach_area = excluded.reach_area, reach_box = excluded.reach_box,
        at_most_m = excluded.at_most_m, band = excluded.band, lon = excluded.lon,
        x = excluded.x, y = excluded.y, z = excluded.z, standing = excluded.standing,
        good = excluded.good, online = excluded.online, price_kind = excluded.price_kind,
        amount_cents = excluded.amount_cents, call_out_fee_cents = excluded.call_out_fee_cents,
        minimum_visit_cents = excluded.minimum_visit_cents, languages = excluded.languages,
        tools = excluded.tools, has = excluded.has, week = excluded.week,
        days_taken = excluded.days_taken,
        days_added = excluded.days_added, visits_until = excluded.visits_until,
        figures_at = excluded.figures_at, figures_until = excluded.figures_until,
        rating_sum = excluded.rating_sum, rating_weight = excluded.rating_weight,
        visits_kept = excluded.visits_kept, visits_let_down = excluded.visits_let_down,
        offers_answered = excluded.offers_answered,
        offers_unanswered = excluded.offers_unanswered, free_time = excluded.free_time,
        evenings = excluded.evenings, nights = excluded.nights, sundays = excluded.sundays,
        asked_at = excluded.asked_at;
    -- Who comes above everybody before them, which is seldom, takes turns last of all.
    IF EXISTS (
        SELECT FROM search_index i
        JOIN baselines b ON b.market_id = i.market_id AND b.category_id = i.category_id
        WHERE i.provider_id = ANY(ids) AND i.standing > b.best_standing
    ) THEN
        PERFORM pg_advisory_xact_lock(hashtext('jobbing.baselines'));
        UPDATE baselines b SET best_standing = best.standing
        FROM (SELECT market_id, category_id, max(standing) AS standing FROM search_index
              WHERE provider_id = ANY(ids) GROUP BY market_id, category_id) AS best
        WHERE b.market_id = best.market_id AND b.category_id = best.category_id
          AND b.best_standing < best.standing;
    END IF;
END $$;

-- Only what is withdrawn changes nothing that the index tells.
DROP TRIGGER search_index_mark ON record_entries;
DROP TRIGGER search_index_mark_gone ON record_entries;
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE ON record_entries
    FOR EACH ROW WHEN (NEW.kind <> 'withdrawn') EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_gone AFTER DELETE ON record_entries
    FOR EACH ROW WHEN (OLD.kind <> 'withdrawn') EXECUTE FUNCTION search_index_mark();

-- Providers there are before this migration.
INSERT INTO search_index
SELECT r.*
FROM (SELECT array_agg(account_id) AS ids FROM providers HAVING count(*) > 0) AS everybody,
    search_rows(ids, array_fill(clock_timestamp(), ARRAY[cardinality(ids)])) AS r;
-- A search planned for an empty table goes by the wrong index.
ANALYZE search_index;
