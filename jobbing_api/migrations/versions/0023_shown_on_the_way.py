"""Photos of receipts, and a word at the end of work, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Three checks that allow more than before; rows that passed them pass them still."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        for table, constraint in (
            ("photos", "ck_photos_subject_kind"),
            ("photos", "ck_photos_only_papers_are_pdf"),
            ("check_ins", "ck_check_ins_kind"),
        ):
            op.get_bind().exec_driver_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
