"""Replies to reviews and reports, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """A table and columns that may be empty."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        op.get_bind().exec_driver_sql(
            "ALTER TABLE reviews VALIDATE CONSTRAINT ck_reviews_reply_is_dated"
        )
