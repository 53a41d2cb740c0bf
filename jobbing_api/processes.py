"""Which background processes are alive, as the database knows it.

Hides: the table of processes and the thread that keeps a process's row young. What a
process has taken on it holds for as long as it lives and not a moment longer: whoever
finds it dead gives that back at once, instead of waiting until a lease made for the
slowest of cases has run out.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import CheckConstraint, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from jobbing_api import database
from jobbing_api.database import Base, Instant

_log = structlog.get_logger(__name__)

Kind = Literal["worker", "clock"]

#: How often a process says that it lives, and how long it is believed: a stop of the
#: machine, or a database that restarts, of most of a second is no death.
_EVERY_S = 0.3
LIFE = timedelta(seconds=1.2)


class Process(Base):
    """A worker or a clock that ran a moment ago."""

    __tablename__ = "processes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Instant)
    alive_until: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("kind IN ('worker', 'clock')", name="kind"),)


@contextmanager
def alive(kind: Kind) -> Iterator[uuid.UUID]:
    """Say so for as long as the block runs; gives the id of this process.

    Said from a thread of its own, so that a long task is no death. Gone when the block
    ends; whoever is killed is found dead within ``LIFE``.
    """
    process_id = database.new_id()
    started_at = datetime.now(UTC)
    ended = threading.Event()

    def say() -> None:
        while not ended.is_set():
            try:
                with database.transaction() as session:
                    _say(session, process_id, kind, started_at, now=datetime.now(UTC))
            except DBAPIError as error:
                _log.warning("process.unheard", error=type(error.orig).__name__)
            ended.wait(_EVERY_S)

    saying = threading.Thread(target=say, name="alive", daemon=True)
    saying.start()
    try:
        yield process_id
    finally:
        ended.set()
        saying.join(timeout=2)
        try:
            with database.transaction() as session:
                session.execute(delete(Process).where(Process.id == process_id))
        except DBAPIError:
            # It will be found dead instead.
            pass


def _say(
    session: Session, process_id: uuid.UUID, kind: Kind, started_at: datetime, *, now: datetime
) -> None:
    said = insert(Process).values(
        id=process_id,
        kind=kind,
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=started_at,
        alive_until=now + LIFE,
    )
    session.execute(
        said.on_conflict_do_update(
            index_elements=["id"], set_={"alive_until": said.excluded.alive_until}
        )
    )


def bury(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """Take the dead out of the table; what they held is for the caller to give back, in
    the same transaction."""
    gone = session.scalars(delete(Process).where(Process.alive_until < now).returning(Process.id))
    return list(gone)


def running(session: Session, *, now: datetime) -> list[Process]:
    """Who is alive, oldest first."""
    return list(
        session.scalars(
            select(Process).where(Process.alive_until >= now).order_by(Process.started_at)
        )
    )
