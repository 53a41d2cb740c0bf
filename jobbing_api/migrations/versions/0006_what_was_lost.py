"""What is queued and who holds it, as SQL in the file beside; indexes without a lock."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

#: Made beside those they replace, which go last: the version before reads by them.
_INDEXES = (
    ("ix_notifications_due", "notifications (wake_at) WHERE state = 'owed' AND queued_at IS NULL"),
    (
        "ix_notifications_queued_at",
        "notifications (queued_at) WHERE state = 'owed' AND queued_at IS NOT NULL",
    ),
    ("ix_jobs_due", "jobs (wake_at) WHERE state = 'open' AND queued_at IS NULL"),
    ("ix_jobs_queued_at", "jobs (queued_at) WHERE state = 'open' AND queued_at IS NOT NULL"),
)
_REPLACED = ("ix_notifications_wake_at", "ix_jobs_wake_at")


def upgrade() -> None:
    """Columns first, then what takes a while and locks nobody out."""
    run = op.get_bind().exec_driver_sql
    run(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        for name, what in _INDEXES:
            # One that was broken off is there and of no use.
            run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            run(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        for name in _REPLACED:
            run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
