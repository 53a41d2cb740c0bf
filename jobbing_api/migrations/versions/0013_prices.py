"""What a price depends on, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Columns with their defaults, four rules; the checks are made of old rows without a lock."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("ALTER TABLE record_entries VALIDATE CONSTRAINT ck_record_entries_kind")
        run("ALTER TABLE providers VALIDATE CONSTRAINT ck_providers_surcharge_bounds")
