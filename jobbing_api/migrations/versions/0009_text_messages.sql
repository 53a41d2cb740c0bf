-- Text messages: owed like mails, to numbers that were proved.

SET LOCAL lock_timeout = '5s';

ALTER TABLE mails
    ADD COLUMN way TEXT NOT NULL DEFAULT 'mail',
    ADD COLUMN expires_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_mails_way CHECK (way IN ('mail', 'text')) NOT VALID;

ALTER TABLE accounts
    ADD COLUMN phone_verified_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_accounts_verified_phone_is_known
        CHECK (phone_verified_at IS NULL OR phone IS NOT NULL) NOT VALID;

CREATE TABLE phone_codes (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    phone TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries SMALLINT NOT NULL,
    CONSTRAINT pk_phone_codes PRIMARY KEY (id),
    CONSTRAINT fk_phone_codes_account_id_accounts
        FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX ix_phone_codes_account_id ON phone_codes (account_id);
CREATE INDEX ix_phone_codes_phone ON phone_codes (phone);
