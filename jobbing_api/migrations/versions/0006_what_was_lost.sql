-- What was asked of the queue and by whom it is held, so that what is lost is asked for again
-- within seconds, and what is not lost never twice.

SET LOCAL lock_timeout = '5s';

CREATE TABLE processes (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    alive_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_processes PRIMARY KEY (id),
    CONSTRAINT ck_processes_kind CHECK (kind IN ('worker', 'clock'))
);
-- A handful of rows, each written several times a second: what is written stays on its page,
-- and is swept often enough to stay small.
ALTER TABLE processes SET (
    fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0
);

-- Neither says anything of a row that is not owed, or not open: the version before does not
-- know them, and writes to these tables while it is being replaced.
ALTER TABLE notifications
    ADD COLUMN queued_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN sender_id UUID;
ALTER TABLE jobs ADD COLUMN queued_at TIMESTAMP WITH TIME ZONE;
