"""One clock leads, another takes over, and what is due is asked for once."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, create_engine, func, select, text, update
from sqlalchemy.orm import Session

from jobbing_api import clock, database, markets, matching, notifications, providers, queue
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories

SECOND = timedelta(seconds=1)


def waiting(redis_url: str, name: str) -> int:
    """How many tasks wait in a queue."""
    with contextlib.closing(redis.Redis.from_url(redis_url)) as connection:
        return int(connection.llen(f"rq:queue:{name}"))


def due_job(session: Session, now: datetime) -> jobs_models.Job:
    job = factories.job(session, now=now)
    job.wake_at, job.queued_at = now, None
    session.flush()
    return job


def due_line(session: Session, now: datetime) -> notifications_models.Notification:
    line = notifications.tell(
        session,
        factories.account(session).id,
        "job-started",
        about="job",
        subject_id=uuid.uuid4(),
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    line.wake_at, line.queued_at = now, None
    session.flush()
    return line


# --- one tick --------------------------------------------------------------------------------


def test_what_is_due_is_asked_for_once(session: Session, now: datetime, redis_url: str) -> None:
    for _ in range(3):
        due_job(session, now)
        due_line(session, now)
    assert clock.tick(now)
    assert (waiting(redis_url, "waves"), waiting(redis_url, "delivery")) == (3, 1)
    assert clock.tick(now + SECOND)
    assert (waiting(redis_url, "waves"), waiting(redis_url, "delivery")) == (3, 1)


def test_what_redis_lost_is_asked_for_again_seconds_later(
    session: Session, now: datetime, redis_url: str
) -> None:
    due_job(session, now)
    due_line(session, now)
    clock.tick(now)
    with contextlib.closing(redis.Redis.from_url(redis_url)) as connection:
        connection.flushall()
    clock.tick(now + 10 * SECOND)
    assert (waiting(redis_url, "waves"), waiting(redis_url, "delivery")) == (1, 1)


def test_offers_are_sent_and_expire_at_their_time(
    session: Session, now: datetime, redis_url: str
) -> None:
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [factories.LYON] * 11)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    clock.tick(made[1].send_at)
    session.expire_all()
    assert [str(offer.state) for offer in made] == ["sent", "sent", "pending", "pending"]
    clock.tick(made[3].send_at)
    clock.tick(made[3].expires_at)
    session.expire_all()
    assert {offer.state for offer in made} == {OfferState.EXPIRED}


def test_what_a_clock_that_stood_still_never_sent_is_nobodys_silence(
    session: Session, now: datetime, redis_url: str
) -> None:
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [factories.LYON] * 11)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    clock.tick(made[3].expires_at)
    session.expire_all()
    assert [str(offer.state) for offer in made] == ["expired", *["withdrawn"] * 3]
    entry = providers_models.RecordEntry
    kinds = session.execute(select(entry.provider_id, entry.kind).order_by(entry.kind)).all()
    assert [tuple(row) for row in kinds] == [
        (made[0].provider_id, "asked"),
        (made[0].provider_id, "unanswered"),
    ]


def test_while_redis_is_away_offers_expire_and_nothing_else_is_taken(
    session: Session, now: datetime
) -> None:
    factories.provider(session, now=now)
    [offer] = factories.ask(session, factories.job(session, now=now), now=now)
    at = offer.expires_at
    job, line = due_job(session, at), due_line(session, at)
    queue.connect("redis://127.0.0.1:9/0")
    try:
        assert not clock.tick(at)
    finally:
        queue.disconnect()
    session.expire_all()
    assert offer.state == OfferState.EXPIRED
    assert (job.wake_at, line.wake_at) == (at, at)


def test_while_the_workers_are_behind_the_backlog_does_not_grow(
    session: Session, now: datetime, redis_url: str
) -> None:
    job, line = due_job(session, now), due_line(session, now)
    for _ in range(100):
        queue.call("open_wave", job_id=str(uuid.uuid4()), round_=1, wave=1)
        queue.call("deliver", ids=[])
    assert not clock.tick(now)
    assert (waiting(redis_url, "waves"), waiting(redis_url, "delivery")) == (100, 100)
    session.expire_all()
    assert (job.wake_at, line.wake_at) == (now, now)


def test_many_lines_are_asked_for_five_hundred_at_a_time(
    session: Session, now: datetime, redis_url: str
) -> None:
    account_id = factories.account(session).id
    for _ in range(1100):
        notifications.tell(
            session,
            account_id,
            "job-started",
            about="job",
            subject_id=uuid.uuid4(),
            now=now,
            expires_at=now + timedelta(hours=1),
        )
    session.flush()
    clock.tick(now + 3 * SECOND)
    assert waiting(redis_url, "delivery") == 3


def test_calendars_reach_sixty_days_ahead_again(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    clock.chores(now + timedelta(days=2))
    session.expire_all()
    assert session.scalar(
        select(providers_models.Provider.free_until).where(
            providers_models.Provider.account_id == provider.account_id
        )
    ) == now + timedelta(days=62)


def test_positions_too_old_to_rank_by_are_forgotten(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    person = factories.person(session, provider.account_id)
    providers.put_presence(session, person, online=True, position=factories.LYON, now=now)
    clock.expire_positions(now + timedelta(minutes=11))
    session.expire_all()
    last = session.get_one(providers_models.Presence, provider.account_id)
    assert (last.online, last.position, last.position_at) == (True, None, None)


def test_baselines_are_taken_without_a_limit_of_time(session: Session, now: datetime) -> None:
    factories.provider(session, now=now)
    clock.take_baselines(now)
    categories = len(markets.all_categories(session))
    assert session.scalar(select(func.count()).select_from(matching.models.Baseline)) == categories
    assert session.scalar(text("SHOW statement_timeout")) == "0"
    clock.take_baselines(now + timedelta(hours=1))
    taken_at = session.scalars(select(matching.models.Baseline.taken_at).distinct()).all()
    assert taken_at == [now]


# --- clocks as they run ----------------------------------------------------------------------


def eventually(check: Callable[[], Any], *, within_s: float = 10) -> Any:
    """What ``check`` returns once it is truthy."""
    pause = threading.Event()
    for _ in range(int(within_s / 0.02)):
        found = check()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError(f"still not so after {within_s} s")


@pytest.fixture
def clocks(own_database: Engine) -> Iterator[Callable[[], threading.Event]]:
    """Start clocks, each with connections of its own; each stops by its event."""
    running: list[tuple[threading.Thread, threading.Event, Engine]] = []

    def start() -> threading.Event:
        stop = threading.Event()
        engine = create_engine(own_database.url)
        thread = threading.Thread(target=clock.run, args=(engine, stop))
        thread.start()
        running.append((thread, stop, engine))
        return stop

    yield start
    for _, stop, _ in running:
        stop.set()
    for thread, _, engine in running:
        thread.join(timeout=10)
        engine.dispose()
        assert not thread.is_alive()


def leaders(engine: Engine) -> list[int]:
    """The backends that hold the clock's lock."""
    with engine.connect() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND database = (SELECT oid FROM pg_database"
                    "                 WHERE datname = current_database())"
                    # A number of 64 bits is told as two; the index has locks of its own.
                    " AND (classid::bigint << 32 | objid::bigint)"
                    "     = hashtext('jobbing.clock')::bigint AND objsubid = 1"
                )
            )
        )


def test_of_two_clocks_one_leads_and_the_other_follows_when_it_dies(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    clocks()
    clocks()
    first = eventually(lambda: leaders(own_database))
    assert len(first) == 1
    with own_database.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first[0]})

    successor = eventually(
        lambda: [pid for pid in leaders(own_database) if pid != first[0]], within_s=3
    )
    assert len(successor) == 1
    # The new leader works: what falls due now is asked for, and once.
    with database.transaction() as session:
        for _ in range(5):
            due_job(session, datetime.now(UTC))
        published = waiting(redis_url, "waves")
    eventually(lambda: waiting(redis_url, "waves") >= 5 + published)
    threading.Event().wait(1.2)
    # Five by the posts themselves, five by the clock.
    assert waiting(redis_url, "waves") == 10


def test_a_clock_finds_what_falls_due_within_a_second_or_so(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    clocks()
    eventually(lambda: leaders(own_database))
    with database.transaction() as session:
        line = due_line(session, datetime.now(UTC))
        line.due_at = line.wake_at = datetime.now(UTC) + 1.5 * SECOND
    published = waiting(redis_url, "delivery")
    eventually(lambda: waiting(redis_url, "delivery") == published + 1, within_s=3.5)


def test_a_clock_takes_baselines_and_forgets_positions_soon_after_its_start(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        provider = factories.provider(session, now=now)
        person = factories.person(session, provider.account_id)
        hour_ago = now - timedelta(hours=1)
        providers.put_presence(session, person, online=True, position=factories.LYON, now=hour_ago)
        categories = len(markets.all_categories(session))
    clocks()

    def counted(what: str) -> int:
        with own_database.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {what}")) or 0

    eventually(lambda: counted("baselines") == categories)
    eventually(lambda: counted("presences WHERE online AND position IS NULL") == 1)


def test_a_clock_ticks_while_baselines_are_taken(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    with own_database.connect() as held:
        held.execute(text("LOCK TABLE baselines IN ACCESS EXCLUSIVE MODE"))
        clocks()
        eventually(lambda: leaders(own_database))
        with database.transaction() as session:
            line = due_line(session, datetime.now(UTC))
            line.due_at = line.wake_at = datetime.now(UTC) + 1.5 * SECOND
        published = waiting(redis_url, "delivery")
        eventually(lambda: waiting(redis_url, "delivery") == published + 1, within_s=3.5)
        held.rollback()


def test_a_clock_that_met_an_error_does_not_keep_the_lead_from_others(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        factories.provider(session, now=now)
        job = factories.job(session, now=now)
        factories.ask(session, job, now=now)
        session.execute(
            update(offers_models.Offer).values(send_at=now - 2 * SECOND, expires_at=now - SECOND)
        )
        # A statement that fails as a full disk or a lock time-out would; a sequence counts
        # even what is rolled back.
        session.execute(text("CREATE SEQUENCE failures"))
        session.execute(
            text(
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM nextval('failures'); RAISE EXCEPTION 'out of order'; END $$"
            )
        )
        session.execute(
            text(
                "CREATE TRIGGER broken BEFORE UPDATE ON offers"
                " FOR EACH ROW EXECUTE FUNCTION broken()"
            )
        )
    stop = clocks()

    def failed() -> bool:
        with own_database.connect() as connection:
            return bool(connection.scalar(text("SELECT is_called FROM failures")))

    eventually(failed)
    eventually(lambda: not leaders(own_database), within_s=2)
    clocks()
    stop.set()
    with database.transaction() as session:
        session.execute(text("DROP TRIGGER broken ON offers"))

    def expired() -> int:
        with database.transaction() as session:
            return (
                session.scalar(
                    select(func.count()).where(offers_models.Offer.state == OfferState.EXPIRED)
                )
                or 0
            )

    assert eventually(expired, within_s=5) == 1


def test_a_clock_that_is_told_to_stop_stops_at_once(
    own_database: Engine, redis_url: str, clocks: Callable[[], threading.Event]
) -> None:
    stop = clocks()
    eventually(lambda: leaders(own_database))
    stop.set()
    eventually(lambda: not leaders(own_database), within_s=2)
