"""The one door to PostgreSQL: engine, declarative base, transactions.

Hides: the pool, the time-outs every connection carries, constraint naming, and
what runs once a transaction is durable. The caller owns the transaction:
``with transaction() as session:``. Nothing connects at import.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Engine,
    MetaData,
    TextClause,
    create_engine,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from uuid_utils.compat import uuid7

from jobbing_api import errors

_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: Deadlock and serialization failure: the whole transaction may be tried again.
_RETRYABLE = {"40P01", "40001"}


class Base(DeclarativeBase):
    """Declarative base: every constraint has a name that says what it protects."""

    metadata = MetaData(naming_convention=_CONVENTION)


#: Column type of every instant; values are aware and UTC.
Instant = DateTime(timezone=True)


def new_id() -> uuid.UUID:
    """A time-ordered UUID (version 7, RFC 9562)."""
    return uuid7()


_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)

_engine: Engine | None = None


def connect(url: str | URL, *, pool_size: int = 10) -> Engine:
    """Make the engine that ``transaction()`` uses; connects on first use."""
    engine = create_engine(
        make_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        # Errors end up in logs, and parameters are people's addresses and words.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            # A statement that hangs must not hold a thread or a lock for ever. Compiling
            # the ranking's plan (jit) takes longer than running it.
            "options": "-c timezone=UTC -c jit=off -c statement_timeout=15000"
            " -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000",
        },
    )
    global _engine
    if _engine is not None:
        # Whoever connects anew leaves no connection of before open behind them.
        _engine.dispose()
    _engine = engine
    bind(engine)
    return engine


def bind(target: Engine | Connection) -> None:
    """Point ``transaction()`` at an engine, or at one connection whose outer
    transaction the caller rolls back (then commits become savepoints)."""
    mode: Any = "create_savepoint" if isinstance(target, Connection) else "conditional_savepoint"
    _sessions.configure(bind=target, join_transaction_mode=mode)


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commits at the end, rolls back on any error.

    A domain error that ``keeps_writes`` commits first and is raised afterwards.
    Callables given to ``after_commit`` run once the commit is durable.
    """
    with _sessions() as session:
        try:
            yield session
        except errors.DomainError as error:
            if error.keeps_writes:
                _commit(session)
            raise
        _commit(session)


def _commit(session: Session) -> None:
    session.commit()
    for run in cast("list[Callable[[], object]]", session.info.pop("after_commit", [])):
        run()


def insert_new(session: Session) -> None:
    """Write what the session holds new in one statement, however many tables it is of: one
    way to the server and back instead of one a table, and a fraction of the work.

    The session knows nothing of the objects afterwards. Only of plain columns, and every
    value that may not be null is theirs to give.
    """
    rows: dict[type[Any], list[Any]] = {}
    for one in session.new:
        rows.setdefault(type(one), []).append(one)
    if not rows:
        return
    written = {
        f"rows_{place}": json.dumps([_columns(one) for one in ones], default=_plain)
        for place, ones in enumerate(rows.values())
    }
    with session.no_autoflush:
        session.connection().execute(_insert(tuple(rows)), written)
    for one in [one for ones in rows.values() for one in ones]:
        session.expunge(one)


@functools.cache
def _insert(tables: tuple[type[Any], ...]) -> TextClause:
    """The statement for rows of these tables, each table's as a JSON array."""
    parts = []
    for place, table in enumerate(tables):
        mapper = inspect(table)
        assert all(prop.key == prop.columns[0].name for prop in mapper.column_attrs)
        name = mapper.local_table.name
        columns = ", ".join(f'"{prop.key}"' for prop in mapper.column_attrs)
        parts.append(
            # Names of our own tables and columns, nothing else.
            f"t{place} AS (INSERT INTO {name} ({columns}) SELECT {columns}"  # noqa: S608
            f" FROM json_populate_recordset(NULL::{name}, CAST(:rows_{place} AS json)))"
        )
    return text(f"WITH {', '.join(parts)} SELECT")


def _columns(one: Any) -> dict[str, Any]:
    mapper, given = inspect(type(one)), inspect(one).dict
    assert not any(given.get(other.key) for other in mapper.relationships)
    return {prop.key: given.get(prop.key) for prop in mapper.column_attrs}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    assert isinstance(value, uuid.UUID), f"no plain way to write {type(value)}"
    return str(value)


def after_commit(session: Session, run: Callable[[], object]) -> None:
    """Run ``run`` when the session's transaction is durable, never if it is not."""
    session.info.setdefault("after_commit", []).append(run)


def violated(error: IntegrityError) -> str | None:
    """The name of the constraint that refused a statement."""
    diagnostic = getattr(error.orig, "diag", None)
    name = getattr(diagnostic, "constraint_name", None)
    return str(name) if name else None


def retryable(error: DBAPIError) -> bool:
    """True where PostgreSQL asks for the whole transaction to be tried again."""
    return getattr(error.orig, "sqlstate", None) in _RETRYABLE
