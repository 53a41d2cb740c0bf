-- What somebody has to say to a review, and what should not stand there.

SET LOCAL lock_timeout = '5s';

ALTER TABLE reviews
    ADD COLUMN reply TEXT,
    ADD COLUMN replied_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN hidden_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_reviews_reply_is_dated
        CHECK ((reply IS NULL) = (replied_at IS NULL)) NOT VALID;

ALTER TABLE messages ADD COLUMN hidden_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE reports (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    reporter_id UUID NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    settled_by UUID,
    outcome TEXT,
    note TEXT,
    CONSTRAINT pk_reports PRIMARY KEY (id),
    CONSTRAINT fk_reports_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_reports_reporter_id_accounts FOREIGN KEY (reporter_id) REFERENCES accounts (id),
    CONSTRAINT fk_reports_settled_by_accounts FOREIGN KEY (settled_by) REFERENCES accounts (id),
    CONSTRAINT ck_reports_subject CHECK (subject IN ('review', 'message', 'provider')),
    CONSTRAINT ck_reports_reason
        CHECK (reason IN ('insult', 'false', 'private', 'fraud', 'spam', 'other')),
    CONSTRAINT ck_reports_outcome CHECK (outcome IN ('kept', 'hidden')),
    CONSTRAINT ck_reports_settled_whole
        CHECK (num_nulls(settled_at, settled_by, outcome, note) IN (0, 4))
);
CREATE UNIQUE INDEX uq_reports_once_each ON reports (subject_id, reporter_id);
CREATE INDEX ix_reports_market_id ON reports (market_id, id);
CREATE INDEX ix_reports_reporter_id ON reports (reporter_id);
