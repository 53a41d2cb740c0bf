"""Figures of the night, feeds of calendars, and what levels ask for, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"

#: By name, on tables that are in use.
_INDEXES = {
    "ix_visits_provider_id": "visits (provider_id, ended_at)",
    "ix_places_point": "places USING gist (point)",
}


def upgrade() -> None:
    """Two tables, a kind of fact, three rules, and two indexes."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("ALTER TABLE record_entries VALIDATE CONSTRAINT ck_record_entries_kind")
        for name, what in _INDEXES.items():
            # One that was begun and broken off is there and of no use.
            run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            run(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
