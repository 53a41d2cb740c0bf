-- Every version of a brief template stays: jobs were answered under it.

SET LOCAL lock_timeout = '5s';

CREATE TABLE brief_templates (
    category_id SMALLINT NOT NULL,
    version SMALLINT NOT NULL,
    content JSONB NOT NULL,
    CONSTRAINT pk_brief_templates PRIMARY KEY (category_id, version),
    CONSTRAINT ck_brief_templates_version_positive CHECK (version > 0),
    CONSTRAINT ck_brief_templates_content_says_its_version
        CHECK ((content ->> 'version')::integer = version),
    CONSTRAINT fk_brief_templates_category_id_categories
        FOREIGN KEY (category_id) REFERENCES categories (id)
);

-- What the version before asks under, so that its jobs can be read in words.
INSERT INTO brief_templates (category_id, version, content)
SELECT id, (brief_template ->> 'version')::smallint, brief_template FROM categories;

-- Empty for jobs of the version before, which goes on posting while it is being replaced.
ALTER TABLE jobs
    ADD COLUMN template_version SMALLINT,
    ADD CONSTRAINT fk_jobs_category_id_template_version_brief_templates
        FOREIGN KEY (category_id, template_version)
        REFERENCES brief_templates (category_id, version) NOT VALID;
