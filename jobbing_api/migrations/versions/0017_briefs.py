"""Brief templates by version, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """A table, a column that may be empty, and a key that is checked without a lock."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        op.get_bind().exec_driver_sql(
            "ALTER TABLE jobs"
            " VALIDATE CONSTRAINT fk_jobs_category_id_template_version_brief_templates"
        )
