-- What is owed carries the span it came of, so that it is one trace whoever does it.

SET LOCAL lock_timeout = '5s';

ALTER TABLE jobs ADD COLUMN trace TEXT;
ALTER TABLE notifications ADD COLUMN trace TEXT;
