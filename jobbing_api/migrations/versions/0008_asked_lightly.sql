-- To be asked changes one instant of what the index says of somebody: that is written alone,
-- and nobody's row is derived anew for it.

SET LOCAL lock_timeout = '5s';

ALTER TABLE search_index_due ADD COLUMN only_asked boolean NOT NULL DEFAULT false;

-- The turns of these people, in one order, before anything is read of them.
CREATE FUNCTION search_index_take_turns(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

CREATE OR REPLACE FUNCTION search_index_settle() RETURNS trigger LANGUAGE plpgsql
-- To plan for exactly these people takes ten times as long as to derive them.
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    changed uuid[];
    asked uuid[];
BEGIN
    WITH taken AS (DELETE FROM search_index_due RETURNING provider_id, only_asked),
    people AS (
        SELECT provider_id, bool_and(only_asked) AS only_asked FROM taken GROUP BY provider_id
    )
    SELECT array_agg(provider_id ORDER BY provider_id) FILTER (WHERE NOT only_asked),
           array_agg(provider_id ORDER BY provider_id) FILTER (WHERE only_asked)
    INTO changed, asked FROM people;
    IF asked IS NOT NULL THEN
        -- Everybody's at once: two that each took some and then others could meet in a ring.
        PERFORM search_index_take_turns(coalesce(changed, '{}') || asked);
        -- A statement of its own, so that it sees what was committed while we waited.
        UPDATE search_index i SET asked_at = last.at
        FROM unnest(asked) AS one (provider_id)
        CROSS JOIN LATERAL (
            SELECT coalesce(max(at), '-infinity') AS at FROM record_entries
            WHERE provider_id = one.provider_id AND kind = 'asked'
        ) last
        WHERE i.provider_id = one.provider_id AND i.asked_at <> last.at;
    END IF;
    IF changed IS NOT NULL THEN
        PERFORM search_index_derive(changed, clock_timestamp());
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION search_index_mark_asked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := coalesce(NEW, OLD);
BEGIN
    INSERT INTO search_index_due (provider_id, only_asked) VALUES (changed.provider_id, true);
    RETURN NULL;
END $$;

DROP TRIGGER search_index_mark ON record_entries;
DROP TRIGGER search_index_mark_gone ON record_entries;
CREATE TRIGGER search_index_mark AFTER INSERT OR UPDATE ON record_entries
    FOR EACH ROW WHEN (NEW.kind NOT IN ('asked', 'withdrawn'))
    EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_gone AFTER DELETE ON record_entries
    FOR EACH ROW WHEN (OLD.kind NOT IN ('asked', 'withdrawn'))
    EXECUTE FUNCTION search_index_mark();
CREATE TRIGGER search_index_mark_asked AFTER INSERT OR UPDATE ON record_entries
    FOR EACH ROW WHEN (NEW.kind = 'asked') EXECUTE FUNCTION search_index_mark_asked();
CREATE TRIGGER search_index_mark_asked_gone AFTER DELETE ON record_entries
    FOR EACH ROW WHEN (OLD.kind = 'asked') EXECUTE FUNCTION search_index_mark_asked();
