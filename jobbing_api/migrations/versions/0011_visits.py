"""Visits, what becomes due, and who stands by, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Three tables, two columns, and a visit for every job somebody is to come to."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        op.get_bind().exec_driver_sql(
            "ALTER TABLE offers VALIDATE CONSTRAINT ck_offers_stands_by_when_asked"
        )
