-- Evenings, nights and Sundays are indexed apart, for those who ever work then: by their week,
-- or because they added hours. Which hours these are is known of the days around the instant a
-- row was derived, and searches ask of other instants too: whoever added any is among them.

SET LOCAL lock_timeout = '5s';

-- Its one definition is four hundred lines long and stays as it is but for this.
DO $$
DECLARE
    told text := pg_get_functiondef('search_rows(uuid[], timestamptz[])'::regprocedure);
    in_sight CONSTANT text := 'plan.week IS NULL OR days.added <> 0 OR';
    days CONSTANT text := 'min(seen_at) FILTER (WHERE seen_at > wanted.as_of) AS until';
BEGIN
    ASSERT length(told) - length(replace(told, in_sight, '')) = 3 * length(in_sight);
    ASSERT length(told) - length(replace(told, days, '')) = length(days);
    told := replace(told, in_sight, 'plan.week IS NULL OR days.ever_added OR');
    EXECUTE replace(told, days, days || ', coalesce(bool_or(added), false) AS ever_added');
END $$;

-- Whoever derives rows meanwhile waits, and then derives them by this.
SELECT pg_advisory_xact_lock(hashtext('jobbing.search_index'), 0);
UPDATE search_index i SET evenings = true, nights = true, sundays = true
WHERE NOT (evenings AND nights AND sundays)
  AND EXISTS (SELECT FROM calendar_exceptions x WHERE x.provider_id = i.provider_id AND x.available);
