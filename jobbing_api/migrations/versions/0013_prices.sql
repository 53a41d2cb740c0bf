-- Rates with steps, options, evenings and Sundays; what was to be done again is on record.

SET LOCAL lock_timeout = '5s';

ALTER TABLE providers
    ADD COLUMN evening_percent SMALLINT DEFAULT 0 NOT NULL,
    ADD COLUMN sunday_percent SMALLINT DEFAULT 0 NOT NULL,
    ADD CONSTRAINT ck_providers_surcharge_bounds CHECK (
        evening_percent BETWEEN 0 AND 300 AND sunday_percent BETWEEN 0 AND 300
    ) NOT VALID;

ALTER TABLE skills
    ADD COLUMN steps JSONB DEFAULT '[]' NOT NULL,
    ADD COLUMN options JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE record_entries
    DROP CONSTRAINT ck_record_entries_kind,
    ADD CONSTRAINT ck_record_entries_kind CHECK (kind IN (
        'asked', 'answered', 'unanswered', 'withdrawn', 'kept', 'late', 'cancelled', 'absent',
        'rated', 'redone'
    )) NOT VALID;

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies
SET rules = '{"tax_share": 0.0, "tax_credit_share": 0.0, "evening_from": "19:00",
              "surcharge_percent_at_most": 100}' || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;
