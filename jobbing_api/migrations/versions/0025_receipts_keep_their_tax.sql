-- How much of what was received is tax, as the receipt said when it was numbered; and that a
-- payment which was said was never made.

SET LOCAL lock_timeout = '5s';

ALTER TABLE payments
    ADD COLUMN tax_cents INTEGER,
    ADD COLUMN refused_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_payments_refused_was_not_received
        CHECK (refused_at IS NULL OR received_at IS NULL) NOT VALID;
ALTER TABLE payments VALIDATE CONSTRAINT ck_payments_refused_was_not_received;
