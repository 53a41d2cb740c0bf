-- A job that comes again: its rule, and what was said of single occurrences. And whom a
-- resident would have again.

SET LOCAL lock_timeout = '5s';

CREATE TABLE series (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    resident_id UUID NOT NULL,
    job_id UUID NOT NULL,
    begins TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    window_minutes INTEGER NOT NULL,
    frequency TEXT NOT NULL,
    "interval" SMALLINT NOT NULL,
    weekdays SMALLINT[] NOT NULL,
    by TEXT NOT NULL,
    times SMALLINT,
    until DATE,
    same_provider BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because TEXT,
    CONSTRAINT pk_series PRIMARY KEY (id),
    CONSTRAINT fk_series_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_series_resident_id_accounts FOREIGN KEY (resident_id) REFERENCES accounts (id),
    CONSTRAINT fk_series_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT ck_series_frequency CHECK (frequency IN ('weekly', 'monthly')),
    CONSTRAINT ck_series_by CHECK (by IN ('date', 'weekday')),
    CONSTRAINT ck_series_weeks_have_days
        CHECK ((frequency = 'weekly') = (cardinality(weekdays) > 0)),
    CONSTRAINT ck_series_interval_bounds CHECK ("interval" BETWEEN 1 AND 12),
    CONSTRAINT ck_series_times_positive CHECK (times > 0),
    CONSTRAINT ck_series_window_positive CHECK (window_minutes > 0),
    CONSTRAINT ck_series_ended_because CHECK (ended_because IN ('resident', 'over')),
    CONSTRAINT ck_series_end_has_reason CHECK ((ended_at IS NULL) = (ended_because IS NULL))
);
CREATE INDEX ix_series_resident_id ON series (resident_id, id);
CREATE INDEX ix_series_job_id ON series (job_id);

CREATE TABLE series_exceptions (
    series_id UUID NOT NULL,
    "on" DATE NOT NULL,
    kind TEXT NOT NULL,
    window_from TIMESTAMP WITH TIME ZONE,
    window_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_series_exceptions PRIMARY KEY (series_id, "on"),
    CONSTRAINT fk_series_exceptions_series_id_series
        FOREIGN KEY (series_id) REFERENCES series (id) ON DELETE CASCADE,
    CONSTRAINT ck_series_exceptions_kind CHECK (kind IN ('skipped', 'moved', 'missed')),
    CONSTRAINT ck_series_exceptions_moved_to_a_window
        CHECK (num_nulls(window_from, window_to) = CASE kind WHEN 'moved' THEN 0 ELSE 2 END),
    CONSTRAINT ck_series_exceptions_window_ends_after_it_starts CHECK (window_from < window_to)
);

ALTER TABLE jobs
    ADD COLUMN wanted_id UUID,
    ADD COLUMN series_id UUID,
    ADD COLUMN occurs_on DATE,
    ADD CONSTRAINT fk_jobs_wanted_id_providers FOREIGN KEY (wanted_id)
        REFERENCES providers (account_id) NOT VALID,
    ADD CONSTRAINT fk_jobs_series_id_series FOREIGN KEY (series_id) REFERENCES series (id)
        NOT VALID,
    ADD CONSTRAINT ck_jobs_occurs_in_a_series
        CHECK ((series_id IS NULL) = (occurs_on IS NULL)) NOT VALID;
ALTER TABLE jobs
    VALIDATE CONSTRAINT fk_jobs_wanted_id_providers,
    VALIDATE CONSTRAINT fk_jobs_series_id_series,
    VALIDATE CONSTRAINT ck_jobs_occurs_in_a_series;
CREATE UNIQUE INDEX uq_jobs_one_per_occurrence ON jobs (series_id, occurs_on);

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies SET rules = '{"repeat_ahead_days": 7}' || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;
