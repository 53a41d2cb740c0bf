-- What ranking reads: one row for each provider and skill that can be offered work.
-- Everything in it is derived from other tables by search_rows() below, and brought up to
-- date in the transaction that changes one of them.

SET LOCAL lock_timeout = '5s';

-- By what a market's ratings and records are judged: the prior of a category's ratings,
-- and the rules by which figures in the index were counted.
CREATE TABLE baselines (
    market_id uuid NOT NULL,
    category_id smallint NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    rating_mean double precision,
    rating_half_life_days integer NOT NULL,
    rating_prior_stars double precision NOT NULL,
    rating_prior_weight double precision NOT NULL,
    rating_floor double precision NOT NULL,
    rating_ceiling double precision NOT NULL,
    reliability_good double precision NOT NULL,
    reliability_bad double precision NOT NULL,
    reliability_days integer NOT NULL,
    responsiveness_good double precision NOT NULL,
    responsiveness_bad double precision NOT NULL,
    responsiveness_days integer NOT NULL,
    CONSTRAINT pk_baselines PRIMARY KEY (market_id, category_id),
    CONSTRAINT fk_baselines_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_baselines_category_id_categories
        FOREIGN KEY (category_id) REFERENCES categories (id),
    CONSTRAINT ck_baselines_floor_below_ceiling CHECK (rating_floor < rating_ceiling)
);

CREATE TABLE search_index (
    provider_id uuid NOT NULL,
    category_id smallint NOT NULL,
    market_id uuid NOT NULL,
    base geography(POINT, 4326) NOT NULL,
    reach_m integer,
    reach_area geography(POLYGON, 4326),
    reach_box box NOT NULL,
    square bigint NOT NULL,
    block bigint NOT NULL,
    standing smallint NOT NULL,
    online boolean NOT NULL,
    price_kind text NOT NULL,
    amount_cents integer,
    call_out_fee_cents integer NOT NULL,
    minimum_visit_cents integer NOT NULL,
    languages text[] NOT NULL,
    tools text[] NOT NULL,
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
    -- Free time and figures change often and are in no index: with room on its page an
    -- update stays there and touches none (a HOT update).
    fillfactor = 80,
    -- A fifth of two million rows is a long time to wait for the vacuum that frees the
    -- room for the next such updates.
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

-- Whoever is near, nearest first: the skill and the place in one index, because a place
-- filtered by skill afterwards costs hundreds of times as much.
CREATE INDEX ix_search_index_base ON search_index USING gist (category_id, base);
-- Whose reach covers a place, wherever they live.
CREATE INDEX ix_search_index_reach ON search_index USING gist (category_id, reach_box);
CREATE INDEX ix_search_index_on_duty ON search_index USING gist (category_id, reach_box)
    WHERE online;
CREATE INDEX ix_search_index_far ON search_index USING gist (category_id, reach_box)
    WHERE reach_m IS NULL OR reach_m > 25000;
-- The good ones near here, without passing the others.
CREATE INDEX ix_search_index_square ON search_index (category_id, square, standing);
CREATE INDEX ix_search_index_block ON search_index (category_id, block, standing);

-- Positions are written every half minute into the same few rows, none of them indexed.
ALTER TABLE presences SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000
);
-- Rebuilding free time rewrites a provider's row, which no index but the ends of it sees.
ALTER TABLE providers SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);

-- Providers whose rows this transaction has still to derive anew. Empty for everybody
-- else: a row lives from a change to the end of its transaction.
CREATE UNLOGGED TABLE search_index_due (
    provider_id uuid NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);


-- What the index should say of these providers, figures counted as of an instant. The one definition: the index is filled from it, kept true by it and checked
-- against it.
CREATE FUNCTION search_rows(ids uuid[], as_of timestamptz)
RETURNS SETOF search_index LANGUAGE sql STABLE AS $$
    SELECT p.account_id, s.category_id, p.market_id, p.base, p.reach_m, p.reach_area,
           reach.reach_box,
           (floor((place.lat + 90) * 192)::bigint << 16)
               | mod(floor((place.lon + 180) * 128)::bigint, 46080),
           (floor((place.lat + 90) * 24)::bigint << 16)
               | mod(floor((place.lon + 180) * 16)::bigint, 5760),
           -- A bound on what the figures can add to a score, per mille; matching/bounds.py
           -- tells what it means under whatever weights a policy gives.
           CASE WHEN b.market_id IS NULL THEN 1000 ELSE least(1000, ceil(0.000001 + 1000 * (
               0.25 * greatest(0, least(1,
                   (best_rating.stars - b.rating_floor) / (b.rating_ceiling - b.rating_floor)))
               + 0.20 * best_reliability.share + 0.10 * best_responsiveness.share) / 0.55))
           END::smallint,
           coalesce(pr.online, false),
           s.price_kind, s.amount_cents, s.call_out_fee_cents, p.minimum_visit_cents,
           p.languages, p.tools,
           visits.until,
           as_of,
           CASE WHEN b.market_id IS NULL THEN '-infinity' ELSE coalesce(figures.until, 'infinity')
           END::timestamptz,
           coalesce(figures.rating_sum, 0), coalesce(figures.rating_weight, 0),
           coalesce(figures.kept, 0), coalesce(figures.let_down, 0),
           coalesce(figures.answered, 0), coalesce(figures.unanswered, 0),
           p.free_time
    FROM providers p
    JOIN accounts a ON a.id = p.account_id AND a.suspended_at IS NULL AND a.erased_at IS NULL
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
        ) AS reach_box
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
    CROSS JOIN LATERAL (
        -- Sums of floats depend on their order: one order, whatever the plan.
        SELECT sum(stars * age.weight ORDER BY at, e.id)
                   FILTER (WHERE kind = 'rated' AND at <= as_of) AS rating_sum,
               sum(age.weight ORDER BY at, e.id)
                   FILTER (WHERE kind = 'rated' AND at <= as_of) AS rating_weight,
               count(*) FILTER (WHERE kind = 'kept' AND at <= as_of AND expires > as_of) AS kept,
               count(*) FILTER (WHERE kind IN ('late', 'cancelled', 'absent')
                   AND at <= as_of AND expires > as_of) AS let_down,
               count(*) FILTER (WHERE kind = 'answered' AND at <= as_of AND expires > as_of)
                   AS answered,
               count(*) FILTER (WHERE kind = 'unanswered' AND at <= as_of AND expires > as_of)
                   AS unanswered,
               -- Until something that counts expires, or something ahead comes true.
               least(min(expires) FILTER (WHERE at <= as_of AND expires > as_of),
                     min(at) FILTER (WHERE at > as_of)) AS until,
               array_agg(at ORDER BY at, e.id) FILTER (WHERE kind = 'rated') AS rated_at,
               array_agg(stars::int ORDER BY at, e.id) FILTER (WHERE kind = 'rated') AS stars,
               array_agg(at) FILTER (WHERE kind = 'kept') AS kept_at,
               array_agg(at) FILTER (WHERE kind IN ('late', 'cancelled', 'absent'))
                   AS let_down_at,
               array_agg(at) FILTER (WHERE kind = 'answered') AS answered_at,
               array_agg(at) FILTER (WHERE kind = 'unanswered') AS unanswered_at
        FROM record_entries e
        CROSS JOIN LATERAL (
            -- So old that a float cannot say how little it weighs is nothing.
            SELECT CASE WHEN old.lives > 500 THEN 0 ELSE power(0.5::float8, old.lives) END
                       AS weight,
                   CASE WHEN kind IN ('answered', 'unanswered')
                        THEN at + make_interval(secs => b.responsiveness_days * 86400.0)
                        WHEN kind <> 'rated'
                        THEN at + make_interval(secs => b.reliability_days * 86400.0)
                   END AS expires
            FROM (SELECT greatest(-500, extract(epoch FROM as_of - at)::float8
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
    WHERE p.account_id = ANY(ids)
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
    WITH fresh AS MATERIALIZED (SELECT * FROM search_rows(ids, as_of)),
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
        square = excluded.square, block = excluded.block, standing = excluded.standing,
        online = excluded.online, price_kind = excluded.price_kind,
        amount_cents = excluded.amount_cents, call_out_fee_cents = excluded.call_out_fee_cents,
        minimum_visit_cents = excluded.minimum_visit_cents, languages = excluded.languages,
        tools = excluded.tools, visits_until = excluded.visits_until,
        figures_at = excluded.figures_at, figures_until = excluded.figures_until,
        rating_sum = excluded.rating_sum, rating_weight = excluded.rating_weight,
        visits_kept = excluded.visits_kept, visits_let_down = excluded.visits_let_down,
        offers_answered = excluded.offers_answered,
        offers_unanswered = excluded.offers_unanswered, free_time = excluded.free_time;
END $$;

-- At the end of a transaction, everything it left due, in one go.
CREATE FUNCTION search_index_settle() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION search_index_mark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := coalesce(NEW, OLD);
BEGIN
    IF TG_TABLE_NAME = 'accounts' THEN
        INSERT INTO search_index_due VALUES (changed.id);
    ELSIF TG_TABLE_NAME = 'providers' THEN
        INSERT INTO search_index_due VALUES (changed.account_id);
    ELSE
        INSERT INTO search_index_due VALUES (changed.provider_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER search_index_mark AFTER INSERT ON providers
    FOR EACH ROW EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_changes AFTER UPDATE ON providers
    FOR EACH ROW WHEN (
        (OLD.market_id, OLD.reach_m, OLD.minimum_visit_cents, OLD.languages, OLD.tools,
         OLD.free_time)
        IS DISTINCT FROM
        (NEW.market_id, NEW.reach_m, NEW.minimum_visit_cents, NEW.languages, NEW.tools,
         NEW.free_time)
        -- Geographies are equal in the eyes of = when their boxes are.
        OR OLD.base::bytea IS DISTINCT FROM NEW.base::bytea
        OR OLD.reach_area::bytea IS DISTINCT FROM NEW.reach_area::bytea)
    EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE OR DELETE ON skills
    FOR EACH ROW EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark AFTER UPDATE ON accounts
    FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at
                       OR OLD.erased_at IS DISTINCT FROM NEW.erased_at)
    EXECUTE FUNCTION search_index_mark();
-- Duty, not the position: ranking reads where somebody is from presences itself, so that a
-- phone on the way writes one row and touches no index.
CREATE TRIGGER search_index_mark AFTER INSERT ON presences
    FOR EACH ROW WHEN (NEW.online) EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_changes AFTER UPDATE ON presences
    FOR EACH ROW WHEN (OLD.online IS DISTINCT FROM NEW.online)
    EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_gone AFTER DELETE ON presences
    FOR EACH ROW WHEN (OLD.online) EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE OR DELETE ON bookings
    FOR EACH ROW EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE ON record_entries
    FOR EACH ROW WHEN (NEW.kind NOT IN ('asked', 'withdrawn'))
    EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_gone AFTER DELETE ON record_entries
    FOR EACH ROW WHEN (OLD.kind NOT IN ('asked', 'withdrawn'))
    EXECUTE FUNCTION search_index_mark();

-- Whether a search could stop before it had judged everybody in reach.
ALTER TABLE searches ADD COLUMN complete boolean NOT NULL DEFAULT true;

-- Providers there are before this migration.
INSERT INTO search_index
SELECT * FROM search_rows((SELECT array_agg(account_id) FROM providers), clock_timestamp());
