"""Real threads on real connections, and what must be true whatever they did.

A ``Town`` holds committed cases to race for, ``together`` lets calls meet,
``assert_consistent`` reads the tables with SQL of its own and knows nothing of the code
that wrote them.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from jobbing_api import database, errors, offers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.offers import models as offers_models
from tests import factories


def in_transaction(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], Any]:
    """``call(session, *args, **kwargs)`` in a transaction of its own, for ``together``."""

    def run() -> Any:
        with database.transaction() as session:
            return call(session, *args, **kwargs)

    return run


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at the same moment, each in a thread; what each returned, or the
    domain's refusal. Any other error (a deadlock, a lock time-out) fails the test."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(timeout=20)
        try:
            return call()
        except errors.DomainError as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def kinds(outcomes: Sequence[Any]) -> list[str]:
    """The names of the refusals among the outcomes, "ok" for all others, sorted."""
    return sorted(
        type(one).__name__ if isinstance(one, errors.DomainError) else "ok" for one in outcomes
    )


#: What no instant may ever show, as queries that must find nothing.
_NEVER = {
    "an open job nobody watches, or a watched job that is not open": """
        SELECT id FROM jobs WHERE (state = 'open') <> (wake_at IS NOT NULL)""",
    "an open job that is never given up": """
        SELECT id FROM jobs WHERE state = 'open' AND give_up_at IS NULL""",
    "a job with a provider without exactly that provider's accepted offer": """
        SELECT j.id FROM jobs j
        WHERE j.state IN ('assigned', 'in_progress', 'finished', 'completed', 'disputed')
          AND (SELECT array_agg((o.provider_id, o.round))
               FROM offers o WHERE o.job_id = j.id AND o.state = 'accepted')
              IS DISTINCT FROM ARRAY[(j.provider_id, j.round::smallint)]""",
    "a job somebody is to come to without exactly their visit, or a visit of any other": """
        SELECT j.id FROM jobs j
        WHERE (SELECT array_agg(v.provider_id) FROM visits v
               WHERE v.job_id = j.id AND v.ended_at IS NULL)
              IS DISTINCT FROM
              CASE WHEN j.state = 'assigned' THEN ARRAY[j.provider_id] END""",
    "something due about a visit that is over, or nothing about one that is late": """
        SELECT j.id FROM jobs j
        WHERE (j.state = 'assigned') <> EXISTS (
            SELECT FROM dues d WHERE d.subject_id = j.id AND d.kind = 'visit-absent')""",
    "another hour asked for of a visit that is over": """
        SELECT r.id FROM reschedules r JOIN visits v ON v.offer_id = r.visit_id
        WHERE r.state = 'asked' AND v.ended_at IS NOT NULL""",
    "a job with a provider without exactly that hour in that provider's calendar": """
        SELECT j.id FROM jobs j
        WHERE j.state IN ('assigned', 'in_progress', 'finished', 'completed', 'disputed')
          AND (SELECT array_agg((b.provider_id, b.during))
               FROM bookings b WHERE b.job_id = j.id AND b.released_at IS NULL)
              IS DISTINCT FROM ARRAY[(j.provider_id, tstzrange(j.starts_at, j.ends_at))]""",
    "an accepted offer or a held hour of a job that has no provider": """
        SELECT j.id FROM jobs j
        WHERE j.state IN ('open', 'unfilled', 'cancelled')
          AND (EXISTS (SELECT FROM offers o WHERE o.job_id = j.id AND o.state = 'accepted')
               OR EXISTS (SELECT FROM bookings b
                          WHERE b.job_id = j.id AND b.released_at IS NULL))""",
    "an order without a provider, or a provider without an order": """
        SELECT id FROM jobs
        WHERE state <> 'cancelled' AND (order_lines IS NULL) <> (provider_id IS NULL)""",
    "two held hours of one provider that overlap": """
        SELECT a.id FROM bookings a JOIN bookings b
          ON a.provider_id = b.provider_id AND a.id < b.id AND a.during && b.during
        WHERE a.released_at IS NULL AND b.released_at IS NULL""",
    "a held hour that is still in its provider's free time": """
        SELECT b.id FROM bookings b JOIN providers p ON p.account_id = b.provider_id
        WHERE b.released_at IS NULL AND b.during && p.free_time""",
    "a live offer of a job that is not open, or of a round that is over": """
        SELECT o.id FROM offers o JOIN jobs j ON j.id = o.job_id
        WHERE o.state IN ('pending', 'sent', 'seen', 'quoted')
          AND (j.state <> 'open' OR j.round <> o.round)""",
    "an offer that ended but would still ring": """
        SELECT n.id FROM notifications n JOIN offers o ON o.id = n.subject_id
        WHERE n.kind IN ('offer', 'offer-outside-hours') AND n.state = 'owed'
          AND o.state NOT IN ('pending', 'sent', 'seen')""",
    "an offer of which its provider was not owed exactly one line": """
        SELECT o.id FROM offers o
        WHERE (SELECT array_agg(n.account_id) FROM notifications n
               WHERE n.subject_id = o.id AND n.kind IN ('offer', 'offer-outside-hours'))
              IS DISTINCT FROM ARRAY[o.provider_id]""",
    "an owed line nobody watches": """
        SELECT id FROM notifications WHERE (state = 'owed') <> (wake_at IS NOT NULL)""",
    "a provider asked twice in a round": """
        SELECT min(job_id::text) FROM offers GROUP BY job_id, round, provider_id
        HAVING count(*) > 1""",
    "a wave that says it asked others than its offers": """
        SELECT w.job_id FROM waves w
        WHERE w.asked <> (SELECT count(*) FROM offers o
                          WHERE (o.job_id, o.round, o.wave) = (w.job_id, w.round, w.wave))""",
    "waves of a round that are not numbered one after the other": """
        SELECT job_id FROM waves GROUP BY job_id, round HAVING max(wave) <> count(*)""",
    "an offer that ended without exactly one word of how on its provider's record": """
        SELECT o.id FROM offers o
        WHERE o.state NOT IN ('pending', 'sent', 'seen')
          AND (o.ended_at IS NULL OR o.send_at <= o.ended_at)
          AND (o.state <> 'withdrawn' OR o.ended_at < o.expires_at OR EXISTS (
              -- One that was never sent in its life was never made: nothing is on record.
              SELECT FROM record_entries e WHERE e.subject_id = o.id))
          AND (SELECT count(*) FROM record_entries e WHERE e.subject_id = o.id
               AND e.kind IN ('answered', 'unanswered', 'withdrawn')) <> 1""",
    "an offer that waits but is on record as ended, or was never put on record": """
        SELECT o.id FROM offers o
        WHERE o.state IN ('pending', 'sent', 'seen')
          AND (SELECT array_agg(e.kind) FROM record_entries e WHERE e.subject_id = o.id)
              IS DISTINCT FROM ARRAY['asked']""",
    "an unfilled job whose resident was not told": """
        SELECT j.id FROM jobs j
        WHERE j.state = 'unfilled' AND NOT EXISTS (
            SELECT FROM notifications n
            WHERE n.subject_id = j.id AND n.kind = 'job-unfilled'
              AND n.account_id = j.resident_id)""",
    "somebody who heard of an offer that was taken back and was not told": """
        SELECT o.id FROM offers o JOIN notifications n ON n.subject_id = o.id
        WHERE o.state = 'withdrawn' AND o.answered_at IS NULL
          AND n.kind IN ('offer', 'offer-outside-hours')
          AND (n.attempts > 0 OR o.seen_at IS NOT NULL)
          AND NOT EXISTS (SELECT FROM notifications t
                          WHERE t.subject_id = o.id AND t.account_id = o.provider_id
                            AND t.kind IN ('offer-withdrawn', 'quote-not-chosen'))""",
}


def assert_consistent(where: Engine | Session) -> None:
    """Every invariant that ties jobs, offers, bookings, records and lines together."""
    if isinstance(where, Session):
        where.flush()
        _assert_never(where.connection())
    else:
        with where.connect() as connection:
            _assert_never(connection)


def _assert_never(connection: Any) -> None:
    found = {
        name: rows
        for name, query in _NEVER.items()
        if (rows := connection.execute(text(query)).all())
    }
    assert not found, found


def wait_for_blocked(engine: Engine, at_least: int = 1, *, within_s: float = 10) -> None:
    """Until so many of this database's connections wait for a lock."""
    pause = threading.Event()
    for _ in range(int(within_s / 0.01)):
        with engine.connect() as connection:
            blocked = connection.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            )
        if blocked >= at_least:
            return
        pause.wait(0.01)
    raise AssertionError(f"fewer than {at_least} wait for a lock after {within_s} s")


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Every statement the session's connection runs meanwhile."""
    connection = session.connection()
    ran: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        ran.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(connection, "before_cursor_execute", note)


class Town:
    """A committed world. Every case has a hamlet of its own, out of reach of the others,
    so that no cap and no calendar ties two cases together."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self.engine = engine
        self.now = now
        self.soon = now + timedelta(minutes=5)
        self._hamlets = 0

    def hamlet(self, people: int) -> tuple[factories.LonLat, list[uuid.UUID]]:
        """A place and the providers who reach it and nothing else."""
        self._hamlets += 1
        row, column = divmod(self._hamlets, 20)
        place = (4.40 + 0.04 * column, 45.32 + 0.04 * row)
        with database.transaction() as session:
            ids = [
                factories.provider(session, base=place, reach_m=1000, now=self.now).account_id
                for _ in range(people)
            ]
        return place, ids

    def job(
        self, place: factories.LonLat, **changes: Any
    ) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
        with database.transaction() as session:
            job = factories.job(session, now=self.now, location=place, **changes)
            made = factories.ask(session, job, now=self.now)
        return job, made

    def case(
        self, people: int, **changes: Any
    ) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
        """A job all of whose people were asked at once."""
        place, ids = self.hamlet(people)
        job, made = self.job(place, **changes)
        assert len(made) == len(ids)
        return job, made

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], Any]:
        return in_transaction(function, *args, **{"now": self.soon, **kwargs})

    def accept(self, offer: offers_models.Offer) -> Callable[[], Any]:
        return self.answer(offers.accept, offer)

    def answer(
        self, function: Callable[..., Any], offer: offers_models.Offer, **kwargs: Any
    ) -> Callable[[], Any]:
        """The provider of an offer answers it."""
        return self.call(_as_provider, function, offer, **kwargs)

    def one(self, statement: str, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(statement), values).one()


def _as_provider(
    session: Session,
    function: Callable[..., Any],
    offer: offers_models.Offer,
    *,
    now: datetime,
    **kwargs: Any,
) -> Any:
    person = factories.person(session, offer.provider_id)
    return function(session, offer.id, account=person, now=now, **kwargs)
