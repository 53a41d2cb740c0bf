-- The search index laid out anew, so that a search decides from an index alone who comes
-- among the best: where somebody is, their week, their figures and prices stand in it.
-- All of it is derived, so it is dropped and filled again, not altered.

SET LOCAL lock_timeout = '5s';

DROP TRIGGER search_index_settle ON search_index_due;
DROP FUNCTION search_index_settle();
DROP FUNCTION search_index_derive(uuid[], timestamptz);
DROP FUNCTION search_rows(uuid[], timestamptz);
DROP TABLE search_index;

-- Languages and tools stand in the entries of an index, of which three share a page.
ALTER TABLE providers
    ADD CONSTRAINT ck_providers_few_languages CHECK (cardinality(languages) <= 40),
    ADD CONSTRAINT ck_providers_few_tools CHECK (
        cardinality(tools) <= 60 AND octet_length(array_to_string(tools, '')) <= 1200);

-- Whose standing is above this, per mille, is better than somebody new by so much that
-- they are looked for farther away than others.
-- Nobody's standing is above the best; whoever comes above it raises it.
ALTER TABLE baselines
    ADD COLUMN good_above smallint, ADD COLUMN best_standing smallint NOT NULL DEFAULT 1000;
UPDATE baselines SET good_above = least(1000, ceil(45 + 1000 * (
    0.25 * greatest(0, least(1, (coalesce(rating_mean, rating_prior_stars) - rating_floor)
                                / (rating_ceiling - rating_floor)))
    + 0.20 * reliability_good / (reliability_good + reliability_bad)
    + 0.10 * responsiveness_good / (responsiveness_good + responsiveness_bad)) / 0.55));
ALTER TABLE baselines
    ALTER COLUMN good_above SET NOT NULL, ALTER COLUMN best_standing DROP DEFAULT;

CREATE TABLE search_index (
    provider_id uuid NOT NULL,
    category_id smallint NOT NULL,
    market_id uuid NOT NULL,
    base geography(POINT, 4326) NOT NULL,
    reach_m integer,
    reach_area geography(POLYGON, 4326),
    reach_box box NOT NULL,
    at_most_m integer NOT NULL,
    band smallint NOT NULL,
    lon double precision NOT NULL,
    x double precision NOT NULL,
    y double precision NOT NULL,
    z double precision NOT NULL,
    standing smallint NOT NULL,
    good boolean NOT NULL,
    online boolean NOT NULL,
    price_kind text NOT NULL,
    amount_cents integer,
    call_out_fee_cents integer NOT NULL,
    minimum_visit_cents integer NOT NULL,
    languages text[] NOT NULL,
    tools text[] NOT NULL,
    has bigint NOT NULL,
    week bit(336) NOT NULL,
    odd_hours boolean NOT NULL,
    days_taken bigint NOT NULL,
    days_added bigint NOT NULL,
    visits_until timestamp with time zone NOT NULL,
    figures_at timestamp with time zone NOT NULL,
    figures_until timestamp with time zone NOT NULL,
    rating_sum double precision NOT NULL,
    rating_weight double precision NOT NULL,
    visits_kept integer NOT NULL,
    visits_let_down integer NOT NULL,
    offers_answered integer NOT NULL,
    offers_unanswered integer NOT NULL,
    free_time tstzmultirange NOT NULL,
    CONSTRAINT pk_search_index PRIMARY KEY (provider_id, category_id),
    CONSTRAINT ck_search_index_one_kind_of_reach CHECK (num_nonnulls(reach_m, reach_area) = 1),
    CONSTRAINT ck_search_index_standing_per_mille CHECK (standing BETWEEN 0 AND 1000)
) WITH (
    -- Free time is extended every day and is in no index: with room on its page such an
    -- update stays there and touches none (a HOT update).
    fillfactor = 80,
    -- Rows are small enough to lie on their page as they are: taking one apart to compress
    -- it costs more than it saves.
    toast_tuple_target = 8160,
    -- A fifth of two million rows is a long time to wait for the vacuum that says again of
    -- a page that all of it is visible, which is what spares a search the visit.
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

-- Whoever is near, nearest first: the skill and the place in one index, because a place
-- filtered by skill afterwards costs hundreds of times as much.
CREATE INDEX ix_search_index_base ON search_index USING gist (category_id, base);
-- Whose reach covers a place, wherever they live.
CREATE INDEX ix_search_index_reach ON search_index USING gist (category_id, reach_box);
-- Of those on duty, and of those who go far, with all that a search needs to know of most
-- of them: it reads these pages and no table.
CREATE INDEX ix_search_index_on_duty ON search_index USING gist (category_id, reach_box)
INCLUDE (
    market_id, provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
)
    WHERE online;
CREATE INDEX ix_search_index_far ON search_index USING gist (category_id, reach_box)
INCLUDE (
    market_id, provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
)
    WHERE at_most_m > 25000;
-- And of everybody by bands of latitude, each from west to east.
CREATE INDEX ix_search_index_near ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
);
-- The good ones, who are looked for farther away.
CREATE INDEX ix_search_index_good ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
)
    WHERE good;
-- Those whom jobs paid by the hour may be offered, who are few in most trades.
CREATE INDEX ix_search_index_hourly ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
)
    WHERE price_kind = 'hourly';
-- Those who work at hours at which hardly anybody does.
CREATE INDEX ix_search_index_odd_hours ON search_index (market_id, category_id, band, lon)
INCLUDE (
    provider_id, x, y, z, at_most_m, reach_m, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, has, week, days_taken,
    days_added, figures_at, figures_until, rating_sum, rating_weight, visits_kept,
    visits_let_down, offers_answered, offers_unanswered
)
    WHERE odd_hours;
-- Whose figures or days are out of date.
CREATE INDEX ix_search_index_figures_until ON search_index (figures_until)
    WHERE figures_until < 'infinity';

-- What a search finds of each of the best; its functions are made of the formulas of a
-- score and put here by every migration (matching/search.py).
CREATE TYPE search_found AS (
    provider_id uuid,
    score double precision,
    parts double precision[],
    stars double precision,
    distance_m double precision,
    starts_after_s double precision,
    price_kind text,
    amount_cents integer,
    call_out_fee_cents integer
);

-- Offers put to somebody lately, which are few among all that is known of them.
CREATE INDEX ix_record_entries_asked ON record_entries (provider_id, urgency, at)
    WHERE kind = 'asked';
-- The visits of one provider: a GiST index takes five times as long to find them.
CREATE INDEX ix_bookings_provider_id ON bookings (provider_id) WHERE released_at IS NULL;

-- What the index should say of each of these providers, figures and days counted as of an
-- instant of their own.
-- The one definition: the index is filled from it, kept true by it and checked against it.
CREATE FUNCTION search_rows(ids uuid[], instants timestamptz[])
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
           plan.week IS NULL OR days.added <> 0 OR plan.week & ~(
               repeat(repeat('0', 14) || repeat('1', 24) || repeat('0', 10), 6) || repeat('0', 48)
           )::bit(336) <> 0::bit(336),
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
           p.free_time
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
    -- away or added by hand, and visits, with two days around each, since the way from one
    -- matters too. A bit for each of 64 days, by the number of the day since 1970 modulo 64:
    -- two days back, 61 ahead. What comes into sight later ends what the row can be trusted
    -- for.
    CROSS JOIN LATERAL (
        SELECT (wanted.as_of AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' AS number
    ) today
    CROSS JOIN LATERAL (
        SELECT coalesce(bit_or(1::bigint << mod(day, 64)) FILTER (WHERE NOT added), 0) AS taken,
               coalesce(bit_or(1::bigint << mod(day, 64)) FILTER (WHERE added), 0) AS added,
               min(seen_at) FILTER (WHERE seen_at > wanted.as_of) AS until
        FROM (
            SELECT available AS added, 0 AS around, during
            FROM calendar_exceptions WHERE provider_id = p.account_id
            UNION ALL
            SELECT false, 2, during
            FROM bookings WHERE provider_id = p.account_id AND released_at IS NULL
        ) AS one
        CROSS JOIN LATERAL (
            SELECT lower(during) - make_interval(days => 60 + around) AS seen_at,
                   (lower(during) AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' - around
                       AS first,
                   (upper(during) AT TIME ZONE m.time_zone)::date - DATE '1970-01-01' + around
                       AS last
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
CREATE FUNCTION search_index_derive(ids uuid[], as_of timestamptz) RETURNS void
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
        odd_hours = excluded.odd_hours, days_taken = excluded.days_taken,
        days_added = excluded.days_added, visits_until = excluded.visits_until,
        figures_at = excluded.figures_at, figures_until = excluded.figures_until,
        rating_sum = excluded.rating_sum, rating_weight = excluded.rating_weight,
        visits_kept = excluded.visits_kept, visits_let_down = excluded.visits_let_down,
        offers_answered = excluded.offers_answered,
        offers_unanswered = excluded.offers_unanswered, free_time = excluded.free_time;
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

-- At the end of a transaction, everything it left due, in one go.
CREATE FUNCTION search_index_settle() RETURNS trigger LANGUAGE plpgsql
-- To plan for exactly these people takes ten times as long as to derive them.
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids uuid[];
BEGIN
    WITH taken AS (DELETE FROM search_index_due RETURNING provider_id)
    SELECT array_agg(DISTINCT provider_id ORDER BY provider_id) INTO ids FROM taken;
    IF ids IS NOT NULL THEN
        PERFORM search_index_derive(ids, clock_timestamp());
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER search_index_settle
    AFTER INSERT ON search_index_due DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION search_index_settle();


CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE OR DELETE ON weekly_hours
    FOR EACH ROW EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE OR DELETE ON calendar_exceptions
    FOR EACH ROW EXECUTE FUNCTION search_index_mark();
DROP TRIGGER search_index_mark_changes ON providers;
CREATE TRIGGER search_index_mark_changes AFTER UPDATE ON providers
    FOR EACH ROW WHEN (
        (OLD.market_id, OLD.time_zone, OLD.reach_m, OLD.minimum_visit_cents, OLD.languages,
         OLD.tools, OLD.free_time)
        IS DISTINCT FROM
        (NEW.market_id, NEW.time_zone, NEW.reach_m, NEW.minimum_visit_cents, NEW.languages,
         NEW.tools, NEW.free_time)
        -- Geographies are equal in the eyes of = when their boxes are.
        OR OLD.base::bytea IS DISTINCT FROM NEW.base::bytea
        OR OLD.reach_area::bytea IS DISTINCT FROM NEW.reach_area::bytea)
    EXECUTE FUNCTION search_index_mark();

-- Providers there are before this migration.
INSERT INTO search_index
SELECT r.*
FROM (SELECT array_agg(account_id) AS ids FROM providers HAVING count(*) > 0) AS everybody,
    search_rows(ids, array_fill(clock_timestamp(), ARRAY[cardinality(ids)])) AS r;
