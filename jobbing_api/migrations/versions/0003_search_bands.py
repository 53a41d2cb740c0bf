"""The search index laid out by bands of latitude, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the old index, which was derived, and fill the new one from what there is."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
