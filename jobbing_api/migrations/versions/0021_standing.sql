-- How providers stand, counted every night; secret addresses of their calendars; which answers
-- were declines, so that response times can leave them out.

SET LOCAL lock_timeout = '5s';

CREATE TABLE nightly_figures (
    provider_id UUID NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    day DATE,
    level SMALLINT,
    finished INTEGER,
    stars FLOAT,
    rating_weight FLOAT,
    rating_count INTEGER,
    visits_kept INTEGER,
    visits_let_down INTEGER,
    reliability FLOAT,
    offers_answered INTEGER,
    offers_unanswered INTEGER,
    responsiveness FLOAT,
    response_count INTEGER,
    response_median_min FLOAT,
    badge_min SMALLINT,
    CONSTRAINT pk_nightly_figures PRIMARY KEY (provider_id),
    CONSTRAINT fk_nightly_figures_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id) ON DELETE CASCADE,
    CONSTRAINT ck_nightly_figures_counted_whole CHECK (
        num_nulls(day, level, finished, stars, rating_weight, rating_count, visits_kept,
                  visits_let_down, reliability, offers_answered, offers_unanswered,
                  responsiveness, response_count) IN (0, 13)
    ),
    CONSTRAINT ck_nightly_figures_level_positive CHECK (level > 0),
    CONSTRAINT ck_nightly_figures_badge_positive CHECK (badge_min > 0)
);

-- Everybody is counted as soon as a clock runs; who was erased is nobody to count.
INSERT INTO nightly_figures (provider_id, due_at)
SELECT p.account_id, now()
FROM providers p
JOIN accounts a ON a.id = p.account_id AND a.erased_at IS NULL;
CREATE INDEX ix_nightly_figures_due_at ON nightly_figures (due_at);

CREATE TABLE calendar_feeds (
    provider_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_calendar_feeds PRIMARY KEY (provider_id),
    CONSTRAINT uq_calendar_feeds_secret_hash UNIQUE (secret_hash),
    CONSTRAINT fk_calendar_feeds_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id) ON DELETE CASCADE
);

ALTER TABLE record_entries
    DROP CONSTRAINT ck_record_entries_kind,
    ADD CONSTRAINT ck_record_entries_kind CHECK (kind IN (
        'asked', 'answered', 'unanswered', 'withdrawn', 'kept', 'late', 'cancelled', 'absent',
        'rated', 'redone', 'declined'
    )) NOT VALID;

-- As far back as any market looks at response times.
INSERT INTO record_entries (
    id, market_id, provider_id, category_id, kind, at, urgency, subject_id
)
SELECT gen_random_uuid(), e.market_id, e.provider_id, e.category_id, 'declined', e.at, e.urgency,
       e.subject_id
FROM offers o
JOIN record_entries e
    ON e.subject_id = o.id AND e.provider_id = o.provider_id AND e.kind = 'answered'
WHERE o.state = 'declined'
    AND e.at > now() - make_interval(days => (
        SELECT coalesce(max((rules ->> 'responsiveness_days')::int), 30) FROM policies
    ))
ON CONFLICT DO NOTHING;

-- Rules that come later have their default in the rows there are (policies.py).
ALTER TABLE policies DISABLE TRIGGER policies_are_versions;
UPDATE policies
SET rules = '{"levels": [
    {"finished": 0, "stars": 1.0, "reviews": 0, "reliability": 0.0},
    {"finished": 5, "stars": 4.0, "reviews": 2, "reliability": 0.8},
    {"finished": 20, "stars": 4.4, "reviews": 8, "reliability": 0.85},
    {"finished": 60, "stars": 4.6, "reviews": 20, "reliability": 0.9}
], "badge_answers_at_least": 5, "badge_within_min": 240}' || rules;
ALTER TABLE policies ENABLE TRIGGER policies_are_versions;
