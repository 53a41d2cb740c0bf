"""What a search costs the database beside time: rows, pages, and room on disk.

Hides: PostgreSQL's own counters, and how a table is brought into memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from benchmarks.rivals import OnPostgres
from benchmarks.timing import Advance
from benchmarks.workload import Ask
from jobbing_api.matching import index

#: What ranking reads, the more of it the later: should memory be short, what was brought
#: first goes first.
_READ = (
    *("record_entries", "bookings", "papers", "presences", "blocks", "baselines", "markets"),
    "search_index",
)

_COUNTERS = text(
    """
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS rows,
           sum(seq_tup_read + coalesce(idx_tup_fetch, 0))
               FILTER (WHERE relname = 'search_index') AS index_rows,
           sum(heap_blks_hit + coalesce(idx_blks_hit, 0) + coalesce(toast_blks_hit, 0)
               + coalesce(tidx_blks_hit, 0)) AS hit,
           sum(heap_blks_read + coalesce(idx_blks_read, 0) + coalesce(toast_blks_read, 0)
               + coalesce(tidx_blks_read, 0)) AS read
    FROM pg_stat_user_tables JOIN pg_statio_user_tables USING (relid, relname)
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads:
    """Means of one request: rows fetched from any table and of those from the search
    index; pages of 8 KiB found in the database's memory, and asked of the system."""

    rows: float
    index_rows: float
    pages_hit: float
    pages_read: float


def reads(contender: OnPostgres, asks: Sequence[Ask], advance: Advance) -> Reads:
    """What a contender reads over one pass; nobody else may be at work meanwhile."""
    before = contender.counted(_COUNTERS)
    for ask in asks:
        contender.begin()
        contender.answer(ask)
        contender.end()
        advance(1)
    after = contender.counted(_COUNTERS)
    rows, index_rows, hit, read = (
        float(b - a) / len(asks) for a, b in zip(before, after, strict=True)
    )
    return Reads(rows=rows, index_rows=index_rows, pages_hit=hit, pages_read=read)


def bring_into_memory(engine: Engine) -> bool:
    """Read what ranking reads into the database's memory; False where PostgreSQL came
    without the extension for it."""
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_prewarm"))
    except DBAPIError:
        return False
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table in _READ:
            connection.execute(
                text(
                    "SELECT pg_prewarm(oid) FROM (SELECT CAST(:name AS regclass) AS oid"
                    " UNION ALL SELECT indexrelid FROM pg_index"
                    " WHERE indrelid = CAST(:name AS regclass)) AS one"
                ),
                {"name": table},
            )
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """The search index on disk: bytes of its table and of each of its indexes, by name,
    and the rows of it that are dead, here and in ``presences``."""

    sizes: dict[str, int]
    dead_rows: int
    dead_presences: int
    #: Of the updates of the index until now, how many touched none of its indexes.
    updates: int
    hot_updates: int

    @property
    def bytes(self) -> int:
        """All of it together."""
        return sum(self.sizes.values())


def room(session: Session) -> Room:
    """How much room the search index takes at the moment."""
    rows: dict[str, Any] = {
        row.relname: row
        for row in session.execute(
            text(
                "SELECT relname, n_dead_tup, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
                " WHERE relname IN ('search_index', 'presences')"
            )
        )
    }
    return Room(
        sizes={row.name: row.bytes for row in index.sizes(session)},
        dead_rows=rows["search_index"].n_dead_tup,
        dead_presences=rows["presences"].n_dead_tup,
        updates=rows["search_index"].n_tup_upd,
        hot_updates=rows["search_index"].n_tup_hot_upd,
    )
