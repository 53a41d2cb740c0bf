-- Two who do not agree, and the person who decides.

SET LOCAL lock_timeout = '5s';

CREATE TABLE disputes (
    job_id UUID NOT NULL,
    market_id UUID NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decide_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    decided_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    CONSTRAINT pk_disputes PRIMARY KEY (job_id),
    CONSTRAINT fk_disputes_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_disputes_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT ck_disputes_opened_by CHECK (opened_by IN ('resident', 'provider')),
    CONSTRAINT ck_disputes_outcome CHECK (outcome IN ('completed', 'cancelled')),
    CONSTRAINT ck_disputes_decided_with_outcome CHECK ((decided_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX ix_disputes_market_id ON disputes (market_id, opened_at);

CREATE TABLE statements (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    author_id UUID NOT NULL,
    author_role TEXT NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_statements PRIMARY KEY (id),
    CONSTRAINT fk_statements_job_id_disputes FOREIGN KEY (job_id) REFERENCES disputes (job_id),
    CONSTRAINT fk_statements_author_id_accounts FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT ck_statements_author_role
        CHECK (author_role IN ('resident', 'provider', 'operator'))
);
CREATE INDEX ix_statements_job_id ON statements (job_id, at);
CREATE INDEX ix_statements_author_id ON statements (author_id);

INSERT INTO disputes (
    job_id, market_id, opened_by, opened_at, answer_due_at, decide_due_at
)
SELECT j.id, j.market_id, 'resident', j.state_since, j.state_since + interval '1 day',
       j.state_since + interval '7 days'
FROM jobs j WHERE j.state = 'disputed';
