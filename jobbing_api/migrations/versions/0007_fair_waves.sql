-- Who is asked first, who is not asked for now, and how people want to be reached.

SET LOCAL lock_timeout = '5s';

CREATE TABLE favourites (
    account_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_favourites PRIMARY KEY (account_id, provider_id),
    CONSTRAINT ck_favourites_not_oneself CHECK (account_id <> provider_id),
    CONSTRAINT fk_favourites_account_id_accounts
        FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
    CONSTRAINT fk_favourites_provider_id_accounts
        FOREIGN KEY (provider_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX ix_favourites_provider_id ON favourites (provider_id);

CREATE TABLE preferences (
    account_id UUID NOT NULL,
    ways JSONB NOT NULL,
    now_at_night BOOLEAN NOT NULL,
    CONSTRAINT pk_preferences PRIMARY KEY (account_id),
    CONSTRAINT fk_preferences_account_id_accounts
        FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
);

ALTER TABLE providers
    ADD COLUMN paused_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN resumed_at TIMESTAMP WITH TIME ZONE;

-- Whoever is paused cannot be offered work, so they are not in the index. Its one definition
-- is four hundred lines long and stays as it is but for this.
DO $$
DECLARE
    told text := pg_get_functiondef('search_rows(uuid[], timestamptz[])'::regprocedure);
    before CONSTANT text := 'a.suspended_at IS NULL AND a.erased_at IS NULL';
BEGIN
    ASSERT length(told) - length(replace(told, before, '')) = length(before);
    EXECUTE replace(told, before, before || ' AND p.paused_at IS NULL');
END $$;

CREATE TRIGGER search_index_mark_paused AFTER UPDATE ON providers
    FOR EACH ROW WHEN ((OLD.paused_at IS NULL) <> (NEW.paused_at IS NULL))
    EXECUTE FUNCTION search_index_mark();

ALTER TABLE notifications
    DROP CONSTRAINT ck_notifications_about,
    ADD CONSTRAINT ck_notifications_about CHECK (about IN ('offer', 'job', 'account')) NOT VALID;
