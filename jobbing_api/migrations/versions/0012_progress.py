"""What is said of work that is under way, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Two tables, three columns, three rules; the checks are made of old rows without a lock."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("ALTER TABLE jobs VALIDATE CONSTRAINT ck_jobs_only_work_rests")
        run("ALTER TABLE jobs VALIDATE CONSTRAINT ck_jobs_block_has_reason")
