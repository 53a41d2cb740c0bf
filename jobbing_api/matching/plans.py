"""What a ranking costs: the database's own figures of each question it asks.

Hides: how a statement is explained under the very plan that a search runs it by, and how
the rows it reads are counted. To listen costs a search nothing while nobody does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.matching import candidates, ranking
from jobbing_api.matching.candidates import Request

#: Each kind of question by a parameter that no question before it in this order has; what
#: only prepares a search has none of them.
_MARKS = {"equipped": "best", "nearest": "nearest", "limit": "judged"}

#: What a statement is prepared as while it is explained.
_NAME = sql.Identifier("jobbing_explained")

#: Rows of the index that this transaction has read so far, in its table or in an index of
#: it. A plan tells the rows of a scan as a mean over its loops, rounded: nothing of one
#: that mostly finds nobody, and nothing at all of what a function reads.
_READ = """
    SELECT (pg_stat_get_xact_tuples_returned('search_index'::regclass)
            + sum(pg_stat_get_xact_tuples_returned(indexrelid)))::bigint
    FROM pg_index WHERE indrelid = 'search_index'::regclass"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One question of a search: ``name`` is best, nearest or judged.

    ``rows_read`` of the search index, left out afterwards or not; ``pages_hit`` in the
    database's memory and ``pages_read`` from outside it, of 8 KiB each; the milliseconds
    it ran, planning apart: a search plans once a connection.
    """

    name: str
    rows_read: int
    pages_hit: int
    pages_read: int
    duration_ms: float


@contextmanager
def listening(session: Session) -> Iterator[list[Figures]]:
    """The figures of whatever is ranked in this session meanwhile, in the order asked.

    Each statement is run for its figures first and for its answer afterwards, so that
    pages read are those a search would have had to read.
    """
    heard: list[Figures] = []

    def hear(
        driver: psycopg.Connection[Any],
        statement: str,
        names: Sequence[str],
        parameters: Mapping[str, Any],
    ) -> None:
        kind = next((kind for mark, kind in _MARKS.items() if mark in parameters), None)
        if kind is not None:
            heard.append(_figures(driver, kind, statement, [parameters[one] for one in names]))

    session.info[candidates.LISTENER] = hear
    try:
        yield heard
    finally:
        del session.info[candidates.LISTENER]


def explained(
    session: Session,
    request: Request,
    policy: markets.Policy,
    limit: int,
    *,
    now: datetime,
    judge: str = "best",
) -> list[Figures]:
    """The figures of one ranking, which leaves no trace in the record of searches.

    Raises as ``ranking.rank`` does.
    """
    with listening(session) as heard:
        ranking.rank(session, request, policy, limit, now=now, purpose=None, judge=judge)
    return heard


def _figures(
    driver: psycopg.Connection[Any], kind: str, statement: str, values: Sequence[Any]
) -> Figures:
    with psycopg.RawCursor(driver) as cursor:
        cursor.execute(_prepare(cursor, statement, values))
        try:
            before = _one(cursor, _READ)
            [explained] = _one(
                cursor,
                sql.SQL(
                    "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE {} ({})"
                ).format(_NAME, sql.SQL(", ").join(map(sql.Literal, values))),
            )
            rows_read = _one(cursor, _READ) - before
        finally:
            # After an error the transaction is over, and what was prepared with it.
            if driver.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
                cursor.execute(sql.SQL("DEALLOCATE {}").format(_NAME))
    plan = explained["Plan"]
    if _in_parallel(plan):
        # Workers count on their own: better a rounded figure than theirs left out.
        rows_read = max(rows_read, _rows_of(plan))
    return Figures(
        name=kind,
        rows_read=rows_read,
        pages_hit=plan["Shared Hit Blocks"],
        pages_read=plan["Shared Read Blocks"],
        duration_ms=explained["Execution Time"],
    )


def _prepare(cursor: psycopg.RawCursor[Any], statement: str, values: Sequence[Any]) -> sql.Composed:
    """The statement, its parameters of the types that the driver gives them."""
    transformer = Transformer(cursor)
    transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    names: list[str] = _one(
        cursor,
        "SELECT array_agg(CASE oid WHEN 0 THEN 'unknown' ELSE format_type(oid, NULL) END"
        " ORDER BY place) FROM unnest($1::oid[]) WITH ORDINALITY AS one (oid, place)",
        [list(transformer.types or ())],
    )
    return sql.SQL("PREPARE {} ({}) AS {}").format(
        # Names of types and a text of our own: nobody else's words are in either.
        _NAME,
        sql.SQL(", ".join(names)),
        sql.SQL(statement),
    )


def _one(
    cursor: psycopg.RawCursor[Any],
    query: str | sql.Composed,
    values: Sequence[Any] | None = None,
) -> Any:
    row = cursor.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def _in_parallel(node: Mapping[str, Any]) -> bool:
    return node.get("Workers Launched", 0) > 0 or any(map(_in_parallel, node.get("Plans", ())))


def _rows_of(node: Mapping[str, Any]) -> int:
    """The rows that a plan's scans of the index read."""
    rows = sum(map(_rows_of, node.get("Plans", ())))
    if node.get("Relation Name") == "search_index":
        seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows += round(node["Actual Loops"] * sum(node.get(name, 0) for name in seen))
    return rows
