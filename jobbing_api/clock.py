"""The clock: makes happen what is due, and asks again for what was lost.

Hides: how one of any number of clock processes leads (an advisory lock that ends with
its connection), and how long it may sleep. It keeps nothing in memory that matters:
everything owed is a row with a due time, finding the row leases it, and doing it late
or twice is harmless.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, mail, notifications, offers, providers, queue
from jobbing_api.api import idempotency

_log = structlog.get_logger(__name__)

#: Work written by others is found within this time even if it was not due before.
_LONGEST_SLEEP_S = 1.0

#: How often the slow chores are looked at.
_CHORES_EVERY = timedelta(minutes=1)

_BATCH = 500


def run(engine: Engine, stop: threading.Event) -> None:
    """Tick until ``stop``; lead if nobody else does, else wait to take over."""
    while not stop.is_set():
        try:
            with engine.connect() as connection:
                try:
                    leads = connection.exec_driver_sql(
                        "SELECT pg_try_advisory_lock(hashtext('jobbing.clock'))"
                    ).scalar()
                    # Idle outside a transaction: the lock lives as long as the connection.
                    connection.commit()
                    if leads:
                        _log.info("clock.leads")
                        _lead(connection, stop)
                finally:
                    # Never back into the pool, where it would keep the lock and lead
                    # nobody: whatever went wrong, another may take over.
                    connection.invalidate()
        except DBAPIError as error:
            _log.warning("clock.waits_for_the_database", error=type(error.orig).__name__)
        stop.wait(_LONGEST_SLEEP_S)


def _lead(connection: Connection, stop: threading.Event) -> None:
    chores_at = datetime.min.replace(tzinfo=UTC)
    while not stop.is_set():
        # Whoever lost this connection lost the lock with it: another may lead by now.
        connection.exec_driver_sql("SELECT 1")
        connection.commit()
        now = datetime.now(UTC)
        asked = tick(now)
        if now >= chores_at:
            try:
                chores(now)
            except DBAPIError as error:
                # A chore that takes too long must not cost us the lead.
                _log.warning("clock.chore_failed", error=type(error.orig).__name__)
            chores_at = now + _CHORES_EVERY
        # What could not be asked for stays due: looking again at once is no use.
        stop.wait(_pause_s(datetime.now(UTC)) if asked else _LONGEST_SLEEP_S)


def tick(now: datetime) -> bool:
    """Everything that is due at ``now``, each kind in its own transaction.

    False when the queue is away or the workers are behind: what needs them was left for
    later, so that it is not queued again and again.
    """
    with database.transaction() as session:
        offers.send_due(session, now=now)
    with database.transaction() as session:
        offers.expire_due(session, now=now)
    waves_full = queue.full(queue.TASKS["open_wave"])
    if not waves_full:
        with database.transaction() as session:
            waves = offers.due_waves(session, now=now)
        for job_id, round_, wave in waves:
            queue.call("open_wave", job_id=str(job_id), round_=round_, wave=wave)
    delivery_full = queue.full(queue.TASKS["deliver"])
    if not delivery_full:
        _ask(lambda session: notifications.due_ids(session, now=now), "deliver")
        _ask(lambda session: mail.due_ids(session, now=now, limit=_BATCH), "deliver_mail")
    return not (waves_full or delivery_full)


def _ask(find: Callable[[Session], Sequence[Any]], task: str) -> None:
    with database.transaction() as session:
        ids = [str(one) for one in find(session)]
    for start in range(0, len(ids), _BATCH):
        queue.call(task, ids=ids[start : start + _BATCH])


def chores(now: datetime) -> None:
    """What may wait a minute: calendars reach 60 days ahead again, and what was kept
    long enough goes."""
    with database.transaction() as session:
        providers.extend_due(session, now=now, limit=_BATCH)
    with database.transaction() as session:
        idempotency.forget_old(session, now)
        accounts.forget_expired(session, now=now)
        mail.forget_old(session, now=now)


def _pause_s(now: datetime) -> float:
    with database.transaction() as session:
        dues = [
            offers.next_due_at(session),
            notifications.next_due_at(session),
            mail.next_due_at(session),
        ]
    waits = [(due - now).total_seconds() for due in dues if due is not None]
    return max(0.05, min([_LONGEST_SLEEP_S, *waits]))
