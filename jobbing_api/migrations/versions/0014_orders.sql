-- What both agreed to add to an order, and what was paid between them.

SET LOCAL lock_timeout = '5s';

CREATE TABLE change_orders (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    author_id UUID NOT NULL,
    asked_by TEXT NOT NULL,
    text TEXT NOT NULL,
    lines JSONB NOT NULL,
    delta_cents INTEGER NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_change_orders PRIMARY KEY (id),
    CONSTRAINT fk_change_orders_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_change_orders_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_change_orders_author_id_accounts
        FOREIGN KEY (author_id) REFERENCES accounts (id),
    CONSTRAINT ck_change_orders_asked_by CHECK (asked_by IN ('resident', 'provider')),
    CONSTRAINT ck_change_orders_state
        CHECK (state IN ('asked', 'agreed', 'refused', 'withdrawn')),
    CONSTRAINT ck_change_orders_ended_when_answered
        CHECK ((state = 'asked') = (ended_at IS NULL)),
    CONSTRAINT ck_change_orders_changes_something CHECK (jsonb_array_length(lines) > 0)
);
CREATE UNIQUE INDEX uq_change_orders_one_asked_per_job ON change_orders (job_id)
    WHERE state = 'asked';
CREATE INDEX ix_change_orders_job_id ON change_orders (job_id, asked_at);
CREATE INDEX ix_change_orders_author_id ON change_orders (author_id);

CREATE TABLE payments (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    method TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE,
    receipt_number INTEGER,
    CONSTRAINT pk_payments PRIMARY KEY (id),
    CONSTRAINT fk_payments_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_payments_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_payments_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id),
    CONSTRAINT ck_payments_method
        CHECK (method IN ('cash', 'transfer', 'card', 'cheque', 'other')),
    CONSTRAINT ck_payments_amount_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_payments_said_by CHECK (said_by IN ('resident', 'provider')),
    CONSTRAINT ck_payments_said_by_somebody CHECK (num_nonnulls(paid_at, received_at) > 0),
    CONSTRAINT ck_payments_received_has_number
        CHECK ((received_at IS NULL) = (receipt_number IS NULL))
);
CREATE INDEX ix_payments_job_id ON payments (job_id, said_at);
CREATE UNIQUE INDEX uq_payments_receipt_number ON payments (provider_id, receipt_number);
