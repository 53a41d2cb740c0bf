-- A visit is what was agreed about somebody's coming; what becomes due about it, or about
-- anything else, is a row with an instant.

SET LOCAL lock_timeout = '5s';

CREATE TABLE dues (
    kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    market_id UUID NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failed SMALLINT NOT NULL,
    CONSTRAINT pk_dues PRIMARY KEY (kind, subject_id),
    CONSTRAINT fk_dues_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id)
);
CREATE INDEX ix_dues_due_at ON dues (due_at);
CREATE INDEX ix_dues_subject_id ON dues (subject_id);

CREATE TABLE visits (
    offer_id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    agreed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    least_fee_cents INTEGER NOT NULL,
    least_points SMALLINT NOT NULL,
    start_code TEXT NOT NULL,
    wrong_codes SMALLINT NOT NULL,
    confirm_asked_at TIMESTAMP WITH TIME ZONE,
    provider_confirmed_at TIMESTAMP WITH TIME ZONE,
    resident_confirmed_at TIMESTAMP WITH TIME ZONE,
    arrives_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because TEXT,
    fee_cents INTEGER NOT NULL,
    points SMALLINT NOT NULL,
    CONSTRAINT pk_visits PRIMARY KEY (offer_id),
    CONSTRAINT fk_visits_offer_id_offers FOREIGN KEY (offer_id) REFERENCES offers (id),
    CONSTRAINT fk_visits_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_visits_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_visits_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id),
    CONSTRAINT ck_visits_start_code CHECK (start_code ~ '^[0-9]{4}$'),
    CONSTRAINT ck_visits_end_has_reason CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
    CONSTRAINT ck_visits_ended_because CHECK (ended_because IN (
        'came', 'job-cancelled', 'provider-cancelled', 'provider-absent', 'resident-absent',
        'acceptance-undone'
    )),
    CONSTRAINT ck_visits_costs_not_negative CHECK (fee_cents >= 0 AND points >= 0),
    CONSTRAINT ck_visits_least_not_negative CHECK (least_fee_cents >= 0 AND least_points >= 0),
    CONSTRAINT ck_visits_costs_at_its_end CHECK (ended_at IS NOT NULL OR fee_cents + points = 0)
);
CREATE UNIQUE INDEX uq_visits_one_per_job ON visits (job_id) WHERE ended_at IS NULL;
CREATE INDEX ix_visits_job_id ON visits (job_id);
CREATE INDEX ix_visits_points ON visits (provider_id, ended_at) WHERE points > 0;

CREATE TABLE reschedules (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    visit_id UUID NOT NULL,
    asked_by TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_reschedules PRIMARY KEY (id),
    CONSTRAINT fk_reschedules_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_reschedules_visit_id_visits FOREIGN KEY (visit_id) REFERENCES visits (offer_id),
    CONSTRAINT ck_reschedules_asked_by CHECK (asked_by IN ('resident', 'provider')),
    CONSTRAINT ck_reschedules_starts_before_ends CHECK (starts_at < ends_at),
    CONSTRAINT ck_reschedules_state CHECK (state IN ('asked', 'agreed', 'refused', 'withdrawn')),
    CONSTRAINT ck_reschedules_ended_when_answered CHECK ((state = 'asked') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX uq_reschedules_one_asked_per_job ON reschedules (job_id) WHERE state = 'asked';
CREATE INDEX ix_reschedules_visit_id ON reschedules (visit_id);

ALTER TABLE offers
    ADD COLUMN stand_by_asked_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN stands_by BOOLEAN,
    ADD CONSTRAINT ck_offers_stands_by_when_asked
        CHECK (stands_by IS NULL OR stand_by_asked_at IS NOT NULL) NOT VALID;

-- Whoever is to come already has a visit, and is told of when late; they were never asked to
-- confirm.
INSERT INTO visits (
    offer_id, market_id, job_id, provider_id, agreed_at, least_fee_cents, least_points,
    start_code, wrong_codes, fee_cents, points
)
SELECT o.id, o.market_id, o.job_id, o.provider_id, coalesce(o.answered_at, j.state_since), 0, 0,
       lpad(floor(random() * 10000)::text, 4, '0'), 0, 0, 0
FROM jobs j
JOIN offers o ON o.job_id = j.id AND o.state = 'accepted'
WHERE j.state = 'assigned';

INSERT INTO dues (kind, subject_id, market_id, due_at, failed)
SELECT 'visit-late', j.id, j.market_id, j.starts_at + interval '15 minutes', 0
FROM jobs j
JOIN visits v ON v.job_id = j.id
WHERE j.starts_at > now();
