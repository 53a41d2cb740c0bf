-- The first schema: every room's tables, and the invariants PostgreSQL keeps for them.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TABLE accounts (
    id UUID NOT NULL,
    email TEXT,
    password_hash TEXT,
    firebase_uid TEXT,
    display_name TEXT NOT NULL,
    language TEXT NOT NULL,
    phone TEXT,
    email_verified_at TIMESTAMP WITH TIME ZONE,
    suspended_at TIMESTAMP WITH TIME ZONE,
    suspended_reason TEXT,
    erased_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT ck_accounts_email_lower_case CHECK (email = lower(email)),
    CONSTRAINT ck_accounts_language_iso_639_1 CHECK (language ~ '^[a-z]{2}$'),
    CONSTRAINT ck_accounts_erased_has_no_email CHECK (erased_at IS NULL OR email IS NULL),
    CONSTRAINT uq_accounts_email UNIQUE (email),
    CONSTRAINT uq_accounts_firebase_uid UNIQUE (firebase_uid)
);

CREATE TABLE categories (
    id SMALLINT NOT NULL,
    slug TEXT NOT NULL,
    group_slug TEXT NOT NULL,
    names JSONB NOT NULL,
    group_names JSONB NOT NULL,
    usual_minutes INTEGER NOT NULL,
    price_kind TEXT NOT NULL,
    papers TEXT[] NOT NULL,
    brief_template JSONB NOT NULL,
    CONSTRAINT pk_categories PRIMARY KEY (id),
    CONSTRAINT ck_categories_price_kind CHECK (price_kind IN ('hourly', 'flat', 'quote')),
    CONSTRAINT ck_categories_usual_minutes_positive CHECK (usual_minutes > 0),
    CONSTRAINT uq_categories_slug UNIQUE (slug)
);

CREATE TABLE idempotency_answers (
    scope TEXT NOT NULL,
    operation TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    body_hash BYTEA NOT NULL,
    status SMALLINT NOT NULL,
    answer BYTEA NOT NULL,
    headers JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency_answers PRIMARY KEY (scope, operation, key_hash)
);

CREATE INDEX ix_idempotency_answers_created_at ON idempotency_answers (created_at);

CREATE TABLE markets (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    area geometry(MULTIPOLYGON,4326) NOT NULL,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    country TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_markets PRIMARY KEY (id),
    CONSTRAINT ck_markets_currency_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_markets_country_iso_3166 CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT ck_markets_slug_shape CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    CONSTRAINT ck_markets_area_valid CHECK (ST_IsValid(area) AND NOT ST_IsEmpty(area)),
    CONSTRAINT uq_markets_slug UNIQUE (slug)
);

CREATE INDEX ix_markets_area ON markets USING gist (area);

CREATE TABLE places (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_text TEXT NOT NULL,
    admin_area TEXT NOT NULL,
    country TEXT NOT NULL,
    point geography(POINT,4326) NOT NULL,
    population INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    CONSTRAINT pk_places PRIMARY KEY (id)
);

CREATE INDEX ix_places_country_population ON places (country, population);

CREATE INDEX ix_places_search_text ON places USING gin (search_text gin_trgm_ops);

CREATE TABLE account_roles (
    account_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT pk_account_roles PRIMARY KEY (account_id, role),
    CONSTRAINT ck_account_roles_role CHECK (role IN ('resident', 'provider', 'operator')),
    CONSTRAINT fk_account_roles_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE blocks (
    account_id UUID NOT NULL,
    blocked_account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_blocks PRIMARY KEY (account_id, blocked_account_id),
    CONSTRAINT ck_blocks_not_oneself CHECK (account_id <> blocked_account_id),
    CONSTRAINT fk_blocks_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE,
    CONSTRAINT fk_blocks_blocked_account_id_accounts FOREIGN KEY(blocked_account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_blocks_blocked_account_id ON blocks (blocked_account_id);

CREATE TABLE mail_tokens (
    token_hash BYTEA NOT NULL,
    account_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_mail_tokens PRIMARY KEY (token_hash),
    CONSTRAINT ck_mail_tokens_purpose CHECK (purpose IN ('verify-email', 'reset-password')),
    CONSTRAINT fk_mail_tokens_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_mail_tokens_account_id ON mail_tokens (account_id);

CREATE TABLE mails (
    id UUID NOT NULL,
    account_id UUID,
    to_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    wake_at TIMESTAMP WITH TIME ZONE,
    attempts SMALLINT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_mails PRIMARY KEY (id),
    CONSTRAINT ck_mails_state CHECK (state IN ('owed', 'sent', 'failed')),
    CONSTRAINT ck_mails_owed_is_watched CHECK ((state = 'owed') = (wake_at IS NOT NULL)),
    CONSTRAINT ck_mails_sent_is_dated CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT ck_mails_ended_has_no_body CHECK (state = 'owed' OR body = ''),
    CONSTRAINT fk_mails_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_mails_account_id ON mails (account_id);

CREATE INDEX ix_mails_created_at ON mails (created_at);

CREATE INDEX ix_mails_wake_at ON mails (wake_at) WHERE state = 'owed';

CREATE TABLE notifications (
    id UUID NOT NULL,
    market_id UUID,
    account_id UUID NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    subject_id UUID NOT NULL,
    params JSONB NOT NULL,
    collapse_key TEXT NOT NULL,
    urgent BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    wake_at TIMESTAMP WITH TIME ZONE,
    sending_until TIMESTAMP WITH TIME ZONE,
    attempts SMALLINT NOT NULL,
    outcome TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT ck_notifications_state CHECK (state IN ('owed', 'delivered', 'undeliverable', 'withdrawn')),
    CONSTRAINT ck_notifications_about CHECK (about IN ('offer', 'job')),
    CONSTRAINT ck_notifications_owed_is_watched CHECK ((state = 'owed') = (wake_at IS NOT NULL)),
    CONSTRAINT ck_notifications_ended_when_settled CHECK ((state = 'owed') = (ended_at IS NULL)),
    CONSTRAINT fk_notifications_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_notifications_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_notifications_account_id ON notifications (account_id, id);

CREATE INDEX ix_notifications_owed_subject ON notifications (subject_id) WHERE state = 'owed';

CREATE INDEX ix_notifications_wake_at ON notifications (wake_at) WHERE state = 'owed';

CREATE TABLE operator_grants (
    account_id UUID NOT NULL,
    market_id UUID NOT NULL,
    level TEXT NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_operator_grants PRIMARY KEY (account_id, market_id),
    CONSTRAINT ck_operator_grants_level CHECK (level IN ('read', 'act')),
    CONSTRAINT fk_operator_grants_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE,
    CONSTRAINT fk_operator_grants_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id)
);

CREATE TABLE policies (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    category_id SMALLINT,
    urgency TEXT NOT NULL,
    version INTEGER NOT NULL,
    in_force_from TIMESTAMP WITH TIME ZONE NOT NULL,
    rules JSONB NOT NULL,
    note TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_policies PRIMARY KEY (id),
    CONSTRAINT ck_policies_urgency CHECK (urgency IN ('now', 'scheduled', 'flexible')),
    CONSTRAINT ck_policies_version_positive CHECK (version > 0),
    CONSTRAINT fk_policies_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_policies_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE UNIQUE INDEX uq_policies_version ON policies (market_id, category_id, urgency, version) NULLS NOT DISTINCT;

CREATE TABLE providers (
    account_id UUID NOT NULL,
    market_id UUID NOT NULL,
    headline TEXT NOT NULL,
    base geography(POINT,4326) NOT NULL,
    reach_m INTEGER,
    reach_area geography(POLYGON,4326),
    minimum_visit_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    languages TEXT[] NOT NULL,
    tools TEXT[] NOT NULL,
    time_zone TEXT NOT NULL,
    calendar_confirmed_at TIMESTAMP WITH TIME ZONE,
    identity_checked_at TIMESTAMP WITH TIME ZONE,
    free_time TSTZMULTIRANGE NOT NULL,
    free_until TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER NOT NULL,
    calendar_version INTEGER NOT NULL,
    CONSTRAINT pk_providers PRIMARY KEY (account_id),
    CONSTRAINT ck_providers_one_kind_of_reach CHECK (num_nonnulls(reach_m, reach_area) = 1),
    CONSTRAINT ck_providers_reach_m_bounds CHECK (reach_m BETWEEN 100 AND 200000),
    CONSTRAINT ck_providers_minimum_visit_not_negative CHECK (minimum_visit_cents >= 0),
    CONSTRAINT ck_providers_speaks_something CHECK (cardinality(languages) > 0),
    CONSTRAINT fk_providers_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_providers_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id)
);

CREATE INDEX ix_providers_base ON providers USING gist (base);

CREATE INDEX ix_providers_free_until ON providers (free_until);

CREATE INDEX ix_providers_market_id ON providers (market_id);

CREATE TABLE searches (
    id UUID NOT NULL,
    market_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    purpose TEXT NOT NULL,
    job_id UUID,
    cell BIGINT NOT NULL,
    category_id SMALLINT NOT NULL,
    urgency TEXT NOT NULL,
    in_reach INTEGER NOT NULL,
    ranked INTEGER NOT NULL,
    fell_out JSONB NOT NULL,
    CONSTRAINT pk_searches PRIMARY KEY (id),
    CONSTRAINT ck_searches_purpose CHECK (purpose IN ('wave', 'look', 'outside-markets')),
    CONSTRAINT ck_searches_outside_has_no_market CHECK ((market_id IS NULL) = (purpose = 'outside-markets')),
    CONSTRAINT fk_searches_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_searches_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE INDEX ix_searches_job_id ON searches (job_id);

CREATE INDEX ix_searches_market_id_at ON searches (market_id, at);

CREATE TABLE sign_ins (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_because TEXT,
    CONSTRAINT pk_sign_ins PRIMARY KEY (id),
    CONSTRAINT fk_sign_ins_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_sign_ins_account_id ON sign_ins (account_id);

CREATE TABLE calendar_exceptions (
    id UUID NOT NULL,
    provider_id UUID NOT NULL,
    during TSTZRANGE NOT NULL,
    available BOOLEAN NOT NULL,
    CONSTRAINT pk_calendar_exceptions PRIMARY KEY (id),
    CONSTRAINT ck_calendar_exceptions_during_not_empty CHECK (NOT isempty(during)),
    CONSTRAINT fk_calendar_exceptions_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id) ON DELETE CASCADE
);

CREATE INDEX ix_calendar_exceptions_provider_id ON calendar_exceptions (provider_id);

CREATE TABLE deliveries (
    notification_id UUID NOT NULL,
    installation_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    message_id TEXT,
    attempts SMALLINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (notification_id, installation_id),
    CONSTRAINT ck_deliveries_outcome CHECK (outcome IN ('sent', 'gone', 'refused', 'unauthorised', 'later')),
    CONSTRAINT fk_deliveries_notification_id_notifications FOREIGN KEY(notification_id) REFERENCES notifications (id) ON DELETE CASCADE
);

CREATE TABLE devices (
    installation_id TEXT NOT NULL,
    account_id UUID NOT NULL,
    sign_in_id UUID,
    address_kind TEXT NOT NULL,
    address TEXT NOT NULL,
    platform TEXT NOT NULL,
    app_version TEXT NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    dropped_at TIMESTAMP WITH TIME ZONE,
    dropped_because TEXT,
    CONSTRAINT pk_devices PRIMARY KEY (installation_id),
    CONSTRAINT ck_devices_address_kind CHECK (address_kind IN ('fid', 'token')),
    CONSTRAINT ck_devices_platform CHECK (platform IN ('android', 'ios', 'web')),
    CONSTRAINT fk_devices_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE,
    CONSTRAINT fk_devices_sign_in_id_sign_ins FOREIGN KEY(sign_in_id) REFERENCES sign_ins (id) ON DELETE SET NULL
);

CREATE INDEX ix_devices_account_id ON devices (account_id);

CREATE UNIQUE INDEX uq_devices_address ON devices (address_kind, address);

CREATE TABLE jobs (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    resident_id UUID NOT NULL,
    category_id SMALLINT NOT NULL,
    title TEXT NOT NULL,
    brief JSONB NOT NULL,
    location geography(POINT,4326) NOT NULL,
    address TEXT NOT NULL,
    access_notes TEXT NOT NULL,
    window_from TIMESTAMP WITH TIME ZONE NOT NULL,
    window_to TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_minutes INTEGER NOT NULL,
    budget_kind TEXT NOT NULL,
    budget_cents INTEGER,
    currency TEXT NOT NULL,
    mode TEXT NOT NULL,
    urgency TEXT NOT NULL,
    languages TEXT[] NOT NULL,
    needs TEXT[] NOT NULL,
    state TEXT NOT NULL,
    state_since TIMESTAMP WITH TIME ZONE NOT NULL,
    round INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    round_opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    wake_at TIMESTAMP WITH TIME ZONE,
    give_up_at TIMESTAMP WITH TIME ZONE,
    unfilled_because TEXT,
    provider_id UUID,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    order_lines JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    on_my_way_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    redone_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_jobs PRIMARY KEY (id),
    CONSTRAINT ck_jobs_state CHECK (state IN ('open', 'assigned', 'in_progress', 'finished', 'completed', 'unfilled', 'cancelled', 'disputed')),
    CONSTRAINT ck_jobs_budget_kind CHECK (budget_kind IN ('fixed', 'hourly', 'quotes')),
    CONSTRAINT ck_jobs_budget_amount CHECK ((budget_kind = 'quotes') = (budget_cents IS NULL)),
    CONSTRAINT ck_jobs_budget_positive CHECK (budget_cents > 0),
    CONSTRAINT ck_jobs_mode CHECK (mode IN ('instant', 'choose')),
    CONSTRAINT ck_jobs_urgency CHECK (urgency IN ('now', 'scheduled', 'flexible')),
    CONSTRAINT ck_jobs_quotes_only_in_choose CHECK (mode = 'choose' OR budget_kind <> 'quotes'),
    CONSTRAINT ck_jobs_choose_never_now CHECK (NOT (mode = 'choose' AND urgency = 'now')),
    CONSTRAINT ck_jobs_duration_bounds CHECK (duration_minutes BETWEEN 15 AND 1440),
    CONSTRAINT ck_jobs_window_holds_duration CHECK (window_from + make_interval(mins => duration_minutes) <= window_to),
    CONSTRAINT ck_jobs_provider_when_assigned CHECK ((state IN ('assigned', 'completed', 'disputed', 'finished', 'in_progress')) = (provider_id IS NOT NULL) OR state = 'cancelled'),
    CONSTRAINT ck_jobs_visit_is_whole CHECK (num_nulls(provider_id, starts_at, ends_at) IN (0, 3)),
    CONSTRAINT ck_jobs_unfilled_has_reason CHECK ((state = 'unfilled') = (unfilled_because IS NOT NULL)),
    CONSTRAINT ck_jobs_open_is_watched CHECK ((state = 'open') = (wake_at IS NOT NULL)),
    CONSTRAINT ck_jobs_round_and_wave CHECK (round > 0 AND wave >= 0),
    CONSTRAINT fk_jobs_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_jobs_resident_id_accounts FOREIGN KEY(resident_id) REFERENCES accounts (id),
    CONSTRAINT fk_jobs_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id),
    CONSTRAINT fk_jobs_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id)
);

CREATE INDEX ix_jobs_market_id_state ON jobs (market_id, state);

CREATE INDEX ix_jobs_open_location ON jobs USING gist (location) WHERE state = 'open';

CREATE INDEX ix_jobs_provider_id ON jobs (provider_id, id);

CREATE INDEX ix_jobs_resident_id ON jobs (resident_id, id);

CREATE INDEX ix_jobs_wake_at ON jobs (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE papers (
    id UUID NOT NULL,
    provider_id UUID NOT NULL,
    kind TEXT NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    valid_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_papers PRIMARY KEY (id),
    CONSTRAINT fk_papers_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id) ON DELETE CASCADE
);

CREATE INDEX ix_papers_provider_id ON papers (provider_id);

CREATE TABLE presences (
    provider_id UUID NOT NULL,
    online BOOLEAN NOT NULL,
    position geography(POINT,4326),
    position_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_presences PRIMARY KEY (provider_id),
    CONSTRAINT ck_presences_off_duty_unseen CHECK (online OR position IS NULL),
    CONSTRAINT ck_presences_position_dated CHECK ((position IS NULL) = (position_at IS NULL)),
    CONSTRAINT fk_presences_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id) ON DELETE CASCADE
);

CREATE TABLE record_entries (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    category_id SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    urgency TEXT NOT NULL,
    subject_id UUID NOT NULL,
    stars SMALLINT,
    CONSTRAINT pk_record_entries PRIMARY KEY (id),
    CONSTRAINT ck_record_entries_kind CHECK (kind IN ('asked', 'answered', 'unanswered', 'withdrawn', 'kept', 'late', 'cancelled', 'absent', 'rated')),
    CONSTRAINT ck_record_entries_stars_when_rated CHECK ((kind = 'rated') = (stars IS NOT NULL)),
    CONSTRAINT ck_record_entries_stars_bounds CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT fk_record_entries_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_record_entries_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id),
    CONSTRAINT fk_record_entries_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE INDEX ix_record_entries_provider_id_at ON record_entries (provider_id, at);

CREATE INDEX ix_record_entries_ratings ON record_entries (market_id, category_id) WHERE kind = 'rated';

CREATE UNIQUE INDEX uq_record_entries_fact ON record_entries (subject_id, provider_id, kind);

CREATE TABLE refresh_tokens (
    token_hash BYTEA NOT NULL,
    sign_in_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (token_hash),
    CONSTRAINT fk_refresh_tokens_sign_in_id_sign_ins FOREIGN KEY(sign_in_id) REFERENCES sign_ins (id) ON DELETE CASCADE
);

CREATE INDEX ix_refresh_tokens_sign_in_id ON refresh_tokens (sign_in_id);

CREATE TABLE skills (
    provider_id UUID NOT NULL,
    category_id SMALLINT NOT NULL,
    price_kind TEXT NOT NULL,
    amount_cents INTEGER,
    call_out_fee_cents INTEGER NOT NULL,
    CONSTRAINT pk_skills PRIMARY KEY (provider_id, category_id),
    CONSTRAINT ck_skills_price_kind CHECK (price_kind IN ('hourly', 'flat', 'quote')),
    CONSTRAINT ck_skills_amount_unless_quote CHECK ((price_kind = 'quote') = (amount_cents IS NULL)),
    CONSTRAINT ck_skills_amount_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_skills_call_out_fee_not_negative CHECK (call_out_fee_cents >= 0),
    CONSTRAINT fk_skills_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id) ON DELETE CASCADE,
    CONSTRAINT fk_skills_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE INDEX ix_skills_category_id ON skills (category_id);

CREATE TABLE weekly_hours (
    provider_id UUID NOT NULL,
    weekday SMALLINT NOT NULL,
    from_minute SMALLINT NOT NULL,
    to_minute SMALLINT NOT NULL,
    CONSTRAINT pk_weekly_hours PRIMARY KEY (provider_id, weekday, from_minute),
    CONSTRAINT ck_weekly_hours_weekday CHECK (weekday BETWEEN 0 AND 6),
    CONSTRAINT ck_weekly_hours_from_before_to CHECK (0 <= from_minute AND from_minute < to_minute),
    CONSTRAINT ck_weekly_hours_within_the_day CHECK (to_minute <= 1440),
    CONSTRAINT fk_weekly_hours_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id) ON DELETE CASCADE
);

CREATE TABLE bookings (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    job_id UUID NOT NULL,
    during TSTZRANGE NOT NULL,
    buffer_minutes SMALLINT NOT NULL,
    place geography(POINT,4326) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    released_because TEXT,
    CONSTRAINT pk_bookings PRIMARY KEY (id),
    CONSTRAINT ck_bookings_during_not_empty CHECK (NOT isempty(during)),
    CONSTRAINT ck_bookings_release_has_reason CHECK ((released_at IS NULL) = (released_because IS NULL)),
    CONSTRAINT ex_bookings_no_overlap EXCLUDE USING gist (provider_id WITH =, during WITH &&) WHERE (released_at IS NULL),
    CONSTRAINT fk_bookings_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_bookings_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id),
    CONSTRAINT fk_bookings_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id)
);

CREATE UNIQUE INDEX uq_bookings_one_per_job ON bookings (job_id) WHERE released_at IS NULL;

CREATE TABLE history (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    market_id UUID,
    actor_id UUID,
    actor_role TEXT NOT NULL,
    event TEXT NOT NULL,
    job_id UUID,
    offer_id UUID,
    account_id UUID,
    to_state TEXT,
    reason TEXT,
    data JSONB NOT NULL,
    CONSTRAINT pk_history PRIMARY KEY (id),
    CONSTRAINT ck_history_actor_role CHECK (actor_role IN ('resident', 'provider', 'operator', 'system')),
    CONSTRAINT fk_history_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_history_actor_id_accounts FOREIGN KEY(actor_id) REFERENCES accounts (id),
    CONSTRAINT fk_history_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_history_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_history_account_id ON history (account_id, id);

CREATE INDEX ix_history_actor_id ON history (actor_id, id);

CREATE INDEX ix_history_job_id ON history (job_id, id);

CREATE TABLE offers (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    wave SMALLINT NOT NULL,
    provider_id UUID NOT NULL,
    state TEXT NOT NULL,
    rank INTEGER NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    parts JSONB NOT NULL,
    distance_m INTEGER NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outside_hours BOOLEAN NOT NULL,
    price JSONB NOT NULL,
    send_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    decline_reason TEXT,
    quote JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_offers PRIMARY KEY (id),
    CONSTRAINT ck_offers_state CHECK (state IN ('pending', 'sent', 'seen', 'quoted', 'accepted', 'declined', 'expired', 'withdrawn')),
    CONSTRAINT ck_offers_starts_before_ends CHECK (starts_at < ends_at),
    CONSTRAINT ck_offers_lives CHECK (send_at < expires_at),
    CONSTRAINT ck_offers_decline_reason CHECK ((state = 'declined') = (decline_reason IS NOT NULL)),
    CONSTRAINT fk_offers_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_offers_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_offers_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (account_id)
);

CREATE INDEX ix_offers_live_expires_at ON offers (expires_at) WHERE state IN ('sent', 'seen', 'quoted');

CREATE INDEX ix_offers_pending_send_at ON offers (send_at) WHERE state = 'pending';

CREATE INDEX ix_offers_provider_id ON offers (provider_id, id);

CREATE UNIQUE INDEX uq_offers_once_a_round ON offers (job_id, round, provider_id);

CREATE UNIQUE INDEX uq_offers_one_accepted_per_job ON offers (job_id) WHERE state = 'accepted';

CREATE TABLE reviews (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    category_id SMALLINT NOT NULL,
    author_id UUID NOT NULL,
    about_id UUID NOT NULL,
    about_role TEXT NOT NULL,
    stars SMALLINT NOT NULL,
    text TEXT NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    visible_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reviews PRIMARY KEY (id),
    CONSTRAINT ck_reviews_stars_bounds CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT ck_reviews_about_role CHECK (about_role IN ('resident', 'provider')),
    CONSTRAINT ck_reviews_not_oneself CHECK (author_id <> about_id),
    CONSTRAINT fk_reviews_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_reviews_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_reviews_category_id_categories FOREIGN KEY(category_id) REFERENCES categories (id),
    CONSTRAINT fk_reviews_author_id_accounts FOREIGN KEY(author_id) REFERENCES accounts (id),
    CONSTRAINT fk_reviews_about_id_accounts FOREIGN KEY(about_id) REFERENCES accounts (id)
);

CREATE INDEX ix_reviews_about_id_visible_at ON reviews (about_id, visible_at);

CREATE UNIQUE INDEX uq_reviews_one_per_side ON reviews (job_id, author_id);

CREATE TABLE waves (
    job_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    wave SMALLINT NOT NULL,
    market_id UUID NOT NULL,
    policy_id UUID NOT NULL,
    search_id UUID NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    radius_m INTEGER NOT NULL,
    asked SMALLINT NOT NULL,
    CONSTRAINT pk_waves PRIMARY KEY (job_id, round, wave),
    CONSTRAINT fk_waves_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_waves_market_id_markets FOREIGN KEY(market_id) REFERENCES markets (id),
    CONSTRAINT fk_waves_policy_id_policies FOREIGN KEY(policy_id) REFERENCES policies (id),
    CONSTRAINT fk_waves_search_id_searches FOREIGN KEY(search_id) REFERENCES searches (id)
);

CREATE TABLE remarks (
    entry_id UUID NOT NULL,
    author_id UUID NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_remarks PRIMARY KEY (entry_id),
    CONSTRAINT fk_remarks_entry_id_history FOREIGN KEY(entry_id) REFERENCES history (id),
    CONSTRAINT fk_remarks_author_id_accounts FOREIGN KEY(author_id) REFERENCES accounts (id)
);

CREATE INDEX ix_remarks_author_id ON remarks (author_id);


-- No two markets share ground. An exclusion constraint could only compare bounding
-- boxes, so a trigger compares the areas; touching borders are fine. The lock makes two
-- who draw at the same time take turns; an advisory one, because a table lock would be
-- asked for by both while both already write.
CREATE FUNCTION markets_area_disjoint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('jobbing.markets.area'));
    IF EXISTS (
        SELECT FROM markets m
        WHERE m.id <> NEW.id AND m.area && NEW.area
          AND ST_Relate(m.area, NEW.area, 'T********')
    ) THEN
        RAISE EXCEPTION 'the area overlaps another market'
            USING ERRCODE = 'exclusion_violation',
                  CONSTRAINT = 'ex_markets_area_disjoint', TABLE = 'markets';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER markets_area_disjoint
    BEFORE INSERT OR UPDATE OF area ON markets
    FOR EACH ROW EXECUTE FUNCTION markets_area_disjoint();

-- History is written once. Nobody corrects it, not even the application.
CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'history_is_append_only', TABLE = 'history';
END $$;

CREATE TRIGGER history_is_append_only
    BEFORE UPDATE OR DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION history_is_append_only();

CREATE TRIGGER history_is_not_truncated
    BEFORE TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- Rules that were in force stay as they were: a new version is a new row.
CREATE FUNCTION policies_are_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a policy row is never changed: add a version'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'policies_are_versions', TABLE = 'policies';
END $$;

CREATE TRIGGER policies_are_versions
    BEFORE UPDATE ON policies
    FOR EACH ROW EXECUTE FUNCTION policies_are_versions();
