"""Text messages and proved numbers, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Columns and a table; the checks are made of old rows without a lock."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        run("ALTER TABLE mails VALIDATE CONSTRAINT ck_mails_way")
        run("ALTER TABLE accounts VALIDATE CONSTRAINT ck_accounts_verified_phone_is_known")
