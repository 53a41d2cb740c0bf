-- What to expect before posting, and what would help when nobody came.

SET LOCAL lock_timeout = '5s';

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies
SET rules = jsonb_build_object(
        'estimate_price_days', 365, 'estimate_wait_days', 180, 'remedy_raise_share', 0.15,
        'remedy_days', 7, 'wait_list_every_min',
        CASE urgency WHEN 'now' THEN 2 WHEN 'scheduled' THEN 10 ELSE 30 END
    ) || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;
