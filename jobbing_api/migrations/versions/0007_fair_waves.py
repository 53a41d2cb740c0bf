"""Favourites, preferences and pauses, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Tables and columns first, then an index that locks nobody out."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("ALTER TABLE notifications VALIDATE CONSTRAINT ck_notifications_about")
        run("DROP INDEX CONCURRENTLY IF EXISTS ix_notifications_undeliverable")
        run(
            "CREATE INDEX CONCURRENTLY ix_notifications_undeliverable ON notifications (ended_at)"
            " WHERE state = 'undeliverable'"
        )
        run("DROP INDEX CONCURRENTLY IF EXISTS ix_providers_newcomers")
        run(
            "CREATE INDEX CONCURRENTLY ix_providers_newcomers ON providers"
            " USING gist (created_at, base) WHERE identity_checked_at IS NOT NULL"
        )
