-- Photos: their rows lead to objects in a folder or a bucket. And what providers show of their work.

SET LOCAL lock_timeout = '5s';

CREATE TABLE photos (
    id UUID NOT NULL,
    owner_id UUID NOT NULL,
    state TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER,
    height INTEGER,
    size_bytes INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    subject_kind TEXT,
    subject_id UUID,
    job_id UUID,
    position SMALLINT,
    attached_at TIMESTAMP WITH TIME ZONE,
    thumbnails_at TIMESTAMP WITH TIME ZONE,
    attempts SMALLINT NOT NULL,
    wake_at TIMESTAMP WITH TIME ZONE,
    queued_at TIMESTAMP WITH TIME ZONE,
    tended_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_photos PRIMARY KEY (id),
    CONSTRAINT fk_photos_owner_id_accounts FOREIGN KEY (owner_id) REFERENCES accounts (id),
    CONSTRAINT fk_photos_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT ck_photos_state CHECK (state IN ('arriving', 'kept', 'going')),
    CONSTRAINT ck_photos_subject_kind
        CHECK (subject_kind IN ('job', 'check', 'message', 'portfolio', 'paper')),
    CONSTRAINT ck_photos_belongs_wholly_or_not
        CHECK (num_nulls(subject_kind, subject_id, position, attached_at) IN (0, 4)),
    CONSTRAINT ck_photos_arriving_is_nowhere CHECK (state <> 'arriving' OR subject_id IS NULL),
    CONSTRAINT ck_photos_jobs_own_job CHECK (subject_kind <> 'job' OR subject_id = job_id),
    CONSTRAINT ck_photos_media_type CHECK (media_type IN ('image/jpeg', 'application/pdf')),
    CONSTRAINT ck_photos_pictures_have_sides
        CHECK (num_nulls(width, height) = CASE media_type WHEN 'image/jpeg' THEN 0 ELSE 2 END),
    CONSTRAINT ck_photos_only_papers_are_pdf
        CHECK (media_type = 'image/jpeg' OR subject_kind = 'paper' OR subject_kind IS NULL),
    CONSTRAINT ck_photos_unsettled_is_watched
        CHECK ((state = 'kept' AND subject_id IS NOT NULL) OR wake_at IS NOT NULL)
);
CREATE INDEX ix_photos_wake_at ON photos (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX ix_photos_subject_id ON photos (subject_id, position);
CREATE INDEX ix_photos_owner_id ON photos (owner_id, id);
CREATE INDEX ix_photos_attached_at ON photos (attached_at) WHERE job_id IS NOT NULL;

CREATE TABLE portfolio_items (
    id UUID NOT NULL,
    provider_id UUID NOT NULL,
    position SMALLINT NOT NULL,
    before_id UUID,
    after_id UUID NOT NULL,
    caption TEXT NOT NULL,
    category_id SMALLINT,
    CONSTRAINT pk_portfolio_items PRIMARY KEY (id),
    CONSTRAINT fk_portfolio_items_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id) ON DELETE CASCADE,
    CONSTRAINT fk_portfolio_items_before_id_photos
        FOREIGN KEY (before_id) REFERENCES photos (id) ON DELETE SET NULL,
    CONSTRAINT fk_portfolio_items_after_id_photos
        FOREIGN KEY (after_id) REFERENCES photos (id) ON DELETE CASCADE,
    CONSTRAINT fk_portfolio_items_category_id_categories
        FOREIGN KEY (category_id) REFERENCES categories (id),
    CONSTRAINT ck_portfolio_items_two_photos CHECK (before_id <> after_id)
);
CREATE INDEX ix_portfolio_items_provider_id ON portfolio_items (provider_id, position);
CREATE UNIQUE INDEX uq_portfolio_items_before_id ON portfolio_items (before_id);
CREATE UNIQUE INDEX uq_portfolio_items_after_id ON portfolio_items (after_id);
