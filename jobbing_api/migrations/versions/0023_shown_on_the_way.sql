-- A photo may be of a receipt, which may be a PDF; what is said at the end of work is kept as
-- what was said on the way is.

SET LOCAL lock_timeout = '5s';

ALTER TABLE photos
    DROP CONSTRAINT ck_photos_subject_kind,
    ADD CONSTRAINT ck_photos_subject_kind
        CHECK (subject_kind IN ('job', 'check', 'message', 'receipt', 'portfolio', 'paper'))
        NOT VALID,
    DROP CONSTRAINT ck_photos_only_papers_are_pdf,
    ADD CONSTRAINT ck_photos_only_papers_are_pdf
        CHECK (media_type = 'image/jpeg' OR subject_kind IN ('paper', 'receipt')
            OR subject_kind IS NULL)
        NOT VALID;

ALTER TABLE check_ins
    DROP CONSTRAINT ck_check_ins_kind,
    ADD CONSTRAINT ck_check_ins_kind
        CHECK (kind IN ('progress', 'pause', 'blocked', 'resume', 'finish')) NOT VALID;
