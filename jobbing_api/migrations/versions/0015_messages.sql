-- What the two people of a job write to each other, and how far each has read.

SET LOCAL lock_timeout = '5s';

CREATE TABLE messages (
    id UUID NOT NULL,
    market_id UUID NOT NULL,
    job_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    author_id UUID NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT fk_messages_market_id_markets FOREIGN KEY (market_id) REFERENCES markets (id),
    CONSTRAINT fk_messages_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_messages_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id),
    CONSTRAINT fk_messages_author_id_accounts FOREIGN KEY (author_id) REFERENCES accounts (id)
);
CREATE INDEX ix_messages_job_id ON messages (job_id, provider_id, id);
CREATE INDEX ix_messages_author_id ON messages (author_id);

CREATE TABLE message_reads (
    job_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    account_id UUID NOT NULL,
    last_id UUID NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_message_reads PRIMARY KEY (job_id, provider_id, account_id),
    CONSTRAINT fk_message_reads_job_id_jobs FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT fk_message_reads_provider_id_providers
        FOREIGN KEY (provider_id) REFERENCES providers (account_id),
    CONSTRAINT fk_message_reads_account_id_accounts
        FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
