"""The clock: makes happen what is due, and asks again for what was lost.

Hides: how one of any number of clock processes leads (an advisory lock that ends with
its connection), and how long it may sleep. It keeps nothing in memory that matters:
everything owed is a row with a due time, finding the row leases it, and doing it late
or twice is harmless.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from jobbing_api import (
    accounts,
    database,
    dues,
    errors,
    files,
    jobs,
    mail,
    matching,
    notifications,
    offers,
    privacy,
    processes,
    providers,
    queue,
)
from jobbing_api.api import idempotency

_log = structlog.get_logger(__name__)

#: Work written by others is found within this time even if it was not due before, and so
#: are the dead.
_LONGEST_SLEEP_S = 0.5

#: How often baselines are looked at. A prior that is an hour old misleads nobody.
_BASELINES_EVERY = timedelta(hours=1)

#: How long a clock that is told to stop waits for baselines that are being taken.
_BASELINES_END_S = 5.0

_BATCH = 500

#: So many photos are what a worker tends before their lease ends.
_PHOTOS = 50


def run(engine: Engine, stop: threading.Event) -> None:
    """Tick until ``stop``; lead if nobody else does, else wait to take over."""
    baselines = _Baselines()
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
                        _lead(connection, stop, baselines)
                finally:
                    # Never back into the pool, where it would keep the lock and lead
                    # nobody: whatever went wrong, another may take over.
                    connection.invalidate()
        except DBAPIError as error:
            _log.warning("clock.waits_for_the_database", error=type(error.orig).__name__)
        stop.wait(_LONGEST_SLEEP_S)
    # Another leads by now: what is due does not wait for what we had begun.
    baselines.end()


def _lead(connection: Connection, stop: threading.Event, baselines: _Baselines) -> None:
    due_at = dict.fromkeys(_CHORES, datetime.min.replace(tzinfo=UTC))
    while not stop.is_set():
        # Whoever lost this connection lost the lock with it: another may lead by now.
        connection.exec_driver_sql("SELECT 1")
        connection.commit()
        now = datetime.now(UTC)
        asked = tick(now)
        for chore, every in _CHORES.items():
            if now >= due_at[chore]:
                _try(chore, now)
                due_at[chore] = now + every
        baselines.look(now)
        # What could not be asked for stays due: looking again at once is no use.
        stop.wait(_pause_s(datetime.now(UTC)) if asked else _LONGEST_SLEEP_S)


def _try(chore: Callable[[datetime], None], now: datetime) -> None:
    """A chore that takes too long must not cost us the lead."""
    try:
        chore(now)
    except (DBAPIError, errors.DomainError) as error:
        reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        _log.warning("clock.chore_failed", chore=chore.__name__, error=reason)


class _Baselines:
    """Takes baselines now and then, beside the ticks: where a mean moved, the rows of a
    whole category are derived anew, and no offer waits minutes for that.

    When last is known to this leader alone; the next one looks again, finding nothing.
    """

    def __init__(self) -> None:
        self._due_at = datetime.min.replace(tzinfo=UTC)
        self._taking: threading.Thread | None = None

    def look(self, now: datetime) -> None:
        """Begin, if it is time and nobody is at it."""
        if now < self._due_at or (self._taking is not None and self._taking.is_alive()):
            return
        self._due_at = now + _BASELINES_EVERY
        # A daemon: a process that ends takes back what was not committed.
        self._taking = threading.Thread(
            target=_try, args=(take_baselines, now), name="baselines", daemon=True
        )
        self._taking.start()

    def end(self) -> None:
        """Give what was begun a moment to end by itself."""
        if self._taking is not None:
            self._taking.join(_BASELINES_END_S)


def tick(now: datetime) -> bool:
    """Everything that is due at ``now``, each kind in its own transaction.

    False when the queue is away or the workers are behind: what needs them was left for
    later, so that it is not queued again and again.
    """
    with database.transaction() as session:
        offers.send_due(session, now=now)
    with database.transaction() as session:
        offers.expire_due(session, now=now)
    do_due(now)
    with database.transaction() as session:
        dead = processes.bury(session, now=now)
        if dead:
            given = notifications.give_back(session, dead)
            _log.warning("clock.buried", processes=len(dead), lines=given)
    return all(
        [
            _ask("open_wave", _open_waves, now),
            _ask("deliver_mail", _deliver_mail, now),
            _ask("deliver", _deliver, now),
            _ask("tend_photos", _tend_photos, now),
        ]
    )


#: Who does what is due, by its kind.
_DO: dict[str, Callable[..., None]] = {
    jobs.CONFIRM: jobs.ask_to_confirm,
    jobs.LATE: jobs.tell_late,
    jobs.BACKUP: offers.warm,
    jobs.ABSENT: offers.miss,
    jobs.CHECK_IN: jobs.ask_for_word,
    jobs.STALLED: jobs.ask_what_blocks,
    jobs.REMIND: jobs.remind,
    jobs.SILENT_YES: jobs.confirm_by_silence,
    jobs.REDO_AGREE: functools.partial(jobs.tell_of_redo, kind=jobs.REDO_AGREE),
    jobs.REDO_DONE: jobs.tell_of_redo,
    jobs.ANSWER: functools.partial(jobs.remind_operators, kind=jobs.ANSWER),
    jobs.DECIDE: jobs.remind_operators,
    jobs.ASK: jobs.ask_ahead,
    providers.papers.ENDS: providers.papers.remind,
    offers.WAIT_LIST: offers.look_for_waiting,
}


def do_due(now: datetime) -> None:
    """Each in a transaction of its own: what fails holds up nothing else."""
    with database.transaction() as session:
        found = dues.found(session, now=now, limit=_BATCH)
    for one in found:
        try:
            with database.transaction() as session:
                _DO[one.kind](session, one.subject_id, now=now)
        except (DBAPIError, errors.DomainError) as error:
            reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
            _log.warning("clock.due_failed", kind=one.kind, error=reason)
            with database.transaction() as session:
                dues.put_off(session, one, now=now)


def _ask(task: str, find: Callable[[datetime, datetime], None], now: datetime) -> bool:
    backlog = queue.backlog(task)
    if backlog is None or backlog.full:
        return False
    find(backlog.lost_before(now), now)
    return True


def _open_waves(lost_before: datetime, now: datetime) -> None:
    with database.transaction() as session:
        waves = offers.due_waves(session, lost_before=lost_before, now=now)
    for job_id, round_, wave, trace in waves:
        queue.call("open_wave", job_id=str(job_id), round_=round_, wave=wave, trace=trace)


def _deliver(lost_before: datetime, now: datetime) -> None:
    with database.transaction() as session:
        ids = notifications.due_ids(session, lost_before=lost_before, now=now)
    queue.call_for("deliver", ids)


def _deliver_mail(_: datetime, now: datetime) -> None:
    with database.transaction() as session:
        ids = mail.due_ids(session, now=now, limit=_BATCH)
    queue.call_for("deliver_mail", ids)


def _tend_photos(lost_before: datetime, now: datetime) -> None:
    with database.transaction() as session:
        ids = files.due_ids(session, lost_before=lost_before, now=now, limit=_PHOTOS)
    queue.call_for("tend_photos", ids)


def chores(now: datetime) -> None:
    """What may wait a minute: calendars reach 60 days ahead again, and what was kept
    long enough goes."""
    with database.transaction() as session:
        providers.extend_due(session, now=now, limit=_BATCH)
    with database.transaction() as session:
        idempotency.forget_old(session, now)
        accounts.forget_expired(session, now=now)
        mail.forget_old(session, now=now)
        notifications.drop_stale(session, now=now)


def renew_lapsed(now: datetime) -> None:
    """What the search index told of figures that have expired since is told anew."""
    with database.transaction() as session:
        matching.index.renew_lapsed(session, now=now, limit=_BATCH)


def count_figures(now: datetime) -> None:
    """Levels, badges and the figures of ranking, of those whose night has come."""
    with database.transaction() as session:
        matching.count_due(session, now=now, limit=_BATCH)


def begin_missed(now: datetime) -> None:
    """Nobody is left out of the count, whichever version made their profile."""
    with database.transaction() as session:
        matching.begin_missed(session, now=now, limit=10 * _BATCH)


def forget_photos(now: datetime) -> None:
    """Photos of what is long over go."""
    with database.transaction() as session:
        privacy.forget_old_photos(session, now=now, limit=_BATCH)


def forget_papers(now: datetime) -> None:
    """Papers that count no more for long go."""
    with database.transaction() as session:
        privacy.forget_old_papers(session, now=now, limit=_BATCH)


def expire_positions(now: datetime) -> None:
    """Where somebody was is forgotten once it is too old to rank by."""
    with database.transaction() as session:
        providers.expire_positions(session, now=now)


def take_baselines(now: datetime) -> None:
    """By what people's figures are judged follows the figures. Run twice, the second
    finds nothing to do."""
    with database.transaction() as session:
        due = matching.index.baselines_due(session, now=now)
    for market_id, category_id in due:
        # One at a time: whoever changes a profile meanwhile waits for one category.
        with database.transaction() as session:
            # All rows of a town's cleaners take longer to derive than anybody waits for an
            # answer.
            session.execute(text("SET LOCAL statement_timeout = 0"))
            matching.index.take_baseline(session, market_id, category_id, now=now)
    if due:
        _log.info("clock.baselines_moved", categories=len(due))


#: What may wait, and how long. When last is in the leader's memory only.
_CHORES: dict[Callable[[datetime], None], timedelta] = {
    expire_positions: timedelta(seconds=10),
    renew_lapsed: timedelta(seconds=5),
    # A million take three hours of the night, where there are so many.
    count_figures: timedelta(seconds=5),
    chores: timedelta(minutes=1),
    forget_photos: timedelta(minutes=10),
    begin_missed: timedelta(hours=1),
    forget_papers: timedelta(hours=1),
}


def _pause_s(now: datetime) -> float:
    with database.transaction() as session:
        instants = [
            offers.next_due_at(session),
            notifications.next_due_at(session),
            mail.next_due_at(session),
            dues.next_due_at(session),
        ]
    waits = [(due - now).total_seconds() for due in instants if due is not None]
    return max(0.05, min([_LONGEST_SLEEP_S, *waits]))
