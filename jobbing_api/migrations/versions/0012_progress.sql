-- Work that takes its time: words on the way, stretches of a time sheet, and when somebody
-- asks what blocks it.

SET LOCAL lock_timeout = '5s';

ALTER TABLE jobs
    ADD COLUMN paused_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN blocked_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN blocked_because TEXT,
    ADD CONSTRAINT ck_jobs_only_work_rests
        CHECK (state = 'in_progress' OR num_nonnulls(paused_at, blocked_at) = 0) NOT VALID,
    ADD CONSTRAINT ck_jobs_block_has_reason
        CHECK ((blocked_at IS NULL) = (blocked_because IS NULL)) NOT VALID;

CREATE TABLE check_ins (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    author_id UUID NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    waits_for TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_check_ins PRIMARY KEY (id),
    CONSTRAINT fk_check_ins_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_check_ins_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_check_ins_author_id_accounts FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT ck_check_ins_kind CHECK (kind IN ('progress', 'pause', 'blocked', 'resume')),
    CONSTRAINT ck_check_ins_waits_for CHECK (
        waits_for IN ('resident', 'material', 'weather', 'access', 'another-trade', 'other')
    ),
    CONSTRAINT ck_check_ins_block_waits CHECK ((kind = 'blocked') = (waits_for IS NOT NULL))
);
CREATE INDEX ix_check_ins_job_id ON check_ins (job_id, at);
CREATE INDEX ix_check_ins_author_id ON check_ins (author_id);

CREATE TABLE work_stretches (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_work_stretches PRIMARY KEY (id),
    CONSTRAINT fk_work_stretches_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT ck_work_stretches_begins_before_it_ends CHECK (began_at <= ended_at)
);
CREATE INDEX ix_work_stretches_job_id ON work_stretches (job_id);
CREATE UNIQUE INDEX uq_work_stretches_one_at_a_time ON work_stretches (job_id)
    WHERE ended_at IS NULL;

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies
SET rules = '{"check_in_every_min": 120, "stalled_after_min": 90, "stalled_at_rest_min": 1440}'
            || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;

-- Work that is under way began when it began; what waits to be confirmed is confirmed by
-- silence three days after it was done, or from now.
INSERT INTO work_stretches (id, job_id, began_at)
SELECT gen_random_uuid(), id, coalesce(started_at, state_since) FROM jobs WHERE state = 'in_progress';

INSERT INTO dues (kind, subject_id, market_id, due_at, failed)
SELECT 'auto-confirm', id, market_id,
       greatest(coalesce(finished_at, state_since), now()) + interval '3 days', 0
FROM jobs WHERE state = 'finished';
