"""Papers and who comes, as SQL in the file beside."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Columns that may be empty, a table, a rule; old rows are checked without a lock."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    with op.get_context().autocommit_block():
        run = op.get_bind().exec_driver_sql
        for name in (
            *("ck_papers_kind", "ck_papers_begins_before_it_ends"),
            *("ck_papers_verified_or_refused", "ck_papers_refusal_has_reason"),
            *("fk_papers_settled_by_accounts", "fk_papers_replaced_by_id_papers"),
        ):
            run(f"ALTER TABLE papers VALIDATE CONSTRAINT {name}")
        run(
            "CREATE INDEX CONCURRENTLY ix_papers_waiting ON papers (id)"
            " WHERE verified_at IS NULL AND refused_at IS NULL"
        )
        run(
            "CREATE INDEX CONCURRENTLY ix_papers_replaced_by_id ON papers (replaced_by_id)"
            " WHERE replaced_by_id IS NOT NULL"
        )
