"""What to expect before posting, and what would help when nobody came, as SQL in the file
beside."""

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Rules, then an index that locks nobody out."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("DROP INDEX CONCURRENTLY IF EXISTS ix_jobs_category_id")
        run(
            "CREATE INDEX CONCURRENTLY ix_jobs_category_id"
            " ON jobs (market_id, category_id, created_at)"
        )
