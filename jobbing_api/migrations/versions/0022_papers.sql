-- What a paper says, who looked at it, and from when to when it counts. And who it is that
-- comes, whom nobody else replaces without a written yes.

SET LOCAL lock_timeout = '5s';

-- The version before goes on writing rows that know nothing of all this.
ALTER TABLE papers
    ADD COLUMN issuer TEXT DEFAULT '' NOT NULL,
    ADD COLUMN number TEXT,
    ADD COLUMN begins_on DATE,
    ADD COLUMN expires_on DATE,
    ADD COLUMN category_ids SMALLINT[],
    ADD COLUMN valid_from TIMESTAMP WITH TIME ZONE,
    ADD COLUMN handed_in_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN settled_by UUID,
    ADD COLUMN refused_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN refused_because TEXT,
    ADD COLUMN replaced_by_id UUID,
    ADD CONSTRAINT fk_papers_settled_by_accounts
        FOREIGN KEY (settled_by) REFERENCES accounts (id) NOT VALID,
    ADD CONSTRAINT fk_papers_replaced_by_id_papers
        FOREIGN KEY (replaced_by_id) REFERENCES papers (id) ON DELETE SET NULL NOT VALID,
    ADD CONSTRAINT ck_papers_kind CHECK (
        kind IN ('R', 'Q', 'D', 'T', 'A', 'C', 'S', 'identity', 'registration')
    ) NOT VALID,
    ADD CONSTRAINT ck_papers_begins_before_it_ends CHECK (valid_from <= valid_until) NOT VALID,
    ADD CONSTRAINT ck_papers_verified_or_refused
        CHECK (num_nonnulls(verified_at, refused_at) < 2) NOT VALID,
    ADD CONSTRAINT ck_papers_refusal_has_reason
        CHECK ((refused_at IS NULL) = (refused_because IS NULL)) NOT VALID;

ALTER TABLE visits
    ADD COLUMN comes_name TEXT,
    ADD COLUMN consented_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE substitutions (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    visit_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    answer TEXT,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_substitutions PRIMARY KEY (id),
    CONSTRAINT fk_substitutions_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_substitutions_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_substitutions_visit_id_visits FOREIGN KEY (visit_id) REFERENCES visits (offer_id),
    CONSTRAINT fk_substitutions_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id),
    CONSTRAINT ck_substitutions_state CHECK (state IN ('asked', 'agreed', 'refused', 'withdrawn')),
    CONSTRAINT ck_substitutions_ended_when_answered CHECK ((state = 'asked') = (ended_at IS NULL)),
    CONSTRAINT ck_substitutions_agreed_in_writing CHECK (state <> 'agreed' OR answer IS NOT NULL)
);
CREATE UNIQUE INDEX uq_substitutions_one_asked_per_job ON substitutions (job_id)
    WHERE state = 'asked';
CREATE INDEX ix_substitutions_job_id ON substitutions (job_id, asked_at);
CREATE INDEX ix_substitutions_provider_id ON substitutions (provider_id);

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies SET rules = '{"paper_reminders_before_days": [30, 7, 1, 0]}' || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;
