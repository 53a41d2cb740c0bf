"""What is owed is a row first and a task second, published only once it is durable."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from jobbing_api import database, errors, notifications, offers, queue
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.notifications import models
from tests import factories
from tests.integration import racing

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Tasks:
    """What waits in Redis, read as any other program would."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def waiting(self, queue_name: str) -> list[dict[str, Any]]:
        """The arguments of the tasks in a queue, oldest first."""
        found = []
        for task_id in self._redis.lrange(f"rq:queue:{queue_name}", 0, -1):
            raw = self._redis.hget(f"rq:job:{task_id.decode()}", "data")
            found.append(self.plain(raw))
        return found

    def plain(self, raw: bytes | None) -> dict[str, Any]:
        assert raw is not None
        # A list of four: the function, nothing, its arguments by place and by name.
        _, _, _, arguments = json.loads(zlib.decompress(raw))
        return dict(arguments)

    def close(self) -> None:
        self._redis.close()


@pytest.fixture
def tasks(redis_url: str) -> Iterator[Tasks]:
    found = Tasks(redis_url)
    yield found
    found.close()


def tell(
    session: Session, now: datetime, *, subject_id: uuid.UUID | None = None, **changes: Any
) -> models.Notification:
    values: dict[str, Any] = {
        "about": "job",
        "subject_id": subject_id or uuid.uuid4(),
        "now": now,
        "expires_at": now + timedelta(hours=1),
    }
    account_id = changes.pop("account_id", None) or factories.account(session).id
    return notifications.tell(session, account_id, "job-started", **(values | changes))


# --- rows ------------------------------------------------------------------------------------


def test_a_line_is_owed_and_watched_from_the_start(session: Session, now: datetime) -> None:
    line = tell(session, now)
    session.flush()
    assert (line.state, line.attempts, line.ended_at) == ("owed", 0, None)
    # Due, and asked for by the task that was published with it.
    assert (line.wake_at, line.queued_at) == (now, now)
    assert notifications.next_due_at(session) is None


def test_a_line_for_later_is_due_then(session: Session, now: datetime) -> None:
    line = tell(session, now, due_at=now + MINUTE)
    session.flush()
    assert (line.due_at, line.wake_at, line.queued_at) == (now + MINUTE, now + MINUTE, None)
    assert notifications.next_due_at(session) == now + MINUTE


def test_lines_about_the_same_thing_replace_each_other_on_the_phone(
    session: Session, now: datetime
) -> None:
    subject = uuid.uuid4()
    one, two = (tell(session, now, subject_id=subject) for _ in range(2))
    assert one.collapse_key == two.collapse_key == f"job-{subject}"
    assert tell(session, now, subject_id=subject, about="offer").collapse_key != one.collapse_key


def test_a_due_line_is_found_once_and_again_if_nothing_came_of_it(
    session: Session, now: datetime
) -> None:
    line = tell(session, now)
    session.flush()
    assert factories.due_lines(session, now=now + 2 * SECOND) == []
    later = now + 2.1 * SECOND
    assert factories.due_lines(session, now=later) == [line.id]
    assert factories.due_lines(session, now=later) == []
    assert factories.due_lines(session, now=later + 2 * SECOND) == []
    assert factories.due_lines(session, now=later + 2.1 * SECOND) == [line.id]


def test_what_waits_in_the_queue_is_not_asked_for_again(session: Session, now: datetime) -> None:
    first, second = (tell(session, now + number * SECOND) for number in range(2))
    session.flush()
    # The second waits; whatever was asked for before it has been taken, or was lost.
    waiting = queue.Backlog(1, now + 3 * SECOND)
    assert notifications.due_ids(
        session, lost_before=waiting.lost_before(now + HOUR), now=now + HOUR
    ) == [first.id]
    assert (
        notifications.due_ids(session, lost_before=waiting.lost_before(now + HOUR), now=now + HOUR)
        == []
    )
    assert factories.due_lines(session, now=now + HOUR) == [second.id]


def test_what_waits_longest_is_found_first(session: Session, now: datetime) -> None:
    made = [tell(session, now - number * MINUTE) for number in range(3)]
    session.flush()
    found = [factories.due_lines(session, now=now + MINUTE, limit=1)[0] for _ in made]
    assert found == [line.id for line in reversed(made)]


def test_withdrawing_says_whom_no_phone_can_have_told(session: Session, now: datetime) -> None:
    untried, tried, delivered = (tell(session, now) for _ in range(3))
    session.flush()
    session.execute(
        update(models.Notification).where(models.Notification.id == tried.id).values(attempts=1)
    )
    session.execute(
        update(models.Notification)
        .where(models.Notification.id == delivered.id)
        .values(attempts=1, state="delivered", wake_at=None, ended_at=now)
    )
    subjects = [untried.subject_id, tried.subject_id, delivered.subject_id]
    assert notifications.withdraw(session, subjects, now=now) == {untried.subject_id}
    assert notifications.withdraw(session, subjects, now=now) == set()
    session.expire_all()
    assert [one.state for one in (untried, tried, delivered)] == [
        "withdrawn",
        "withdrawn",
        "delivered",
    ]
    assert factories.due_lines(session, now=now + MINUTE) == []


def test_two_clocks_share_what_is_owed(own_database: Engine, now: datetime) -> None:
    with database.transaction() as session:
        owed = {tell(session, now).id for _ in range(40)}

    def look() -> list[uuid.UUID]:
        with database.transaction() as session:
            return factories.due_lines(session, now=now + MINUTE)

    found = [one for looked in racing.together(look, look, look) for one in looked]
    assert len(found) == len(set(found))
    assert set(found) == owed


def test_a_clock_does_not_wait_for_what_another_is_taking(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        line = tell(session, now)
    with database.transaction() as first, database.transaction() as second:
        assert factories.due_lines(first, now=now + MINUTE) == [line.id]
        assert factories.due_lines(second, now=now + MINUTE) == []


def test_whoever_withdraws_several_lines_takes_them_in_the_order_a_worker_does(
    own_database: Engine, now: datetime
) -> None:
    """Two who lock the same rows in different orders could each wait for the other."""
    with database.transaction() as session:
        # The first line has the later subject, and an indexed column that changed makes it
        # the last in the table's own order.
        small, great = sorted([uuid.uuid4(), uuid.uuid4()])
        first, second = (tell(session, now, subject_id=one) for one in (great, small))
        session.flush()
        first.wake_at = now + MINUTE
    assert first.id < second.id

    def withdraw() -> set[uuid.UUID]:
        with database.transaction() as session:
            return notifications.withdraw(session, [great, small], now=now)

    def hold(session: Session, line: models.Notification) -> None:
        session.scalars(
            select(models.Notification.id)
            .where(models.Notification.id == line.id)
            .with_for_update(nowait=True)
        ).one()

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            hold(session, first)
            withdrawing = pool.submit(withdraw)
            racing.wait_for_blocked(own_database)
            # It waits for the first and does not hold the second yet.
            hold(session, second)
        assert withdrawing.result() == {great, small}


# --- tasks -----------------------------------------------------------------------------------


def test_a_task_is_published_once_the_row_is_durable(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    with database.transaction() as inner:
        line = tell(inner, now)
        inner.flush()
        assert tasks.waiting("delivery") == []
    assert tasks.waiting("delivery") == [{"ids": [str(line.id)]}]


def tell_and_refuse(now: datetime, refusal: errors.DomainError) -> None:
    with database.transaction() as inner:
        tell(inner, now)
        factories.job(inner, now=now)
        raise refusal


def test_nothing_is_published_for_what_was_rolled_back(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    with pytest.raises(errors.NotFound):
        tell_and_refuse(now, errors.NotFound())
    assert tasks.waiting("delivery") == []
    assert tasks.waiting("waves") == []
    assert session.scalars(select(models.Notification)).all() == []


def test_a_refusal_that_keeps_its_writes_publishes_them(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    with pytest.raises(errors.OutsideMarkets):
        tell_and_refuse(now, errors.OutsideMarkets())
    assert len(tasks.waiting("delivery")) == 1


def test_a_burst_is_one_task_of_five_hundred_at_most(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    account_id = factories.account(session).id
    with database.transaction() as inner:
        made = [tell(inner, now, account_id=account_id) for _ in range(1200)]
    waiting = tasks.waiting("delivery")
    assert [len(task["ids"]) for task in waiting] == [500, 500, 200]
    assert [one for task in waiting for one in task["ids"]] == [str(line.id) for line in made]


def test_each_transaction_publishes_its_own(session: Session, now: datetime, tasks: Tasks) -> None:
    for _ in range(2):
        with database.transaction() as inner:
            tell(inner, now)
    assert [len(task["ids"]) for task in tasks.waiting("delivery")] == [1, 1]


def test_what_is_due_later_is_left_to_the_clock(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    with database.transaction() as inner:
        tell(inner, now, due_at=now + MINUTE)
    assert tasks.waiting("delivery") == []


def test_a_posted_job_asks_for_its_first_wave(
    session: Session, now: datetime, tasks: Tasks
) -> None:
    with database.transaction() as inner:
        job = factories.job(inner, now=now)
    assert tasks.waiting("waves") == [{"job_id": str(job.id), "round_": 1, "wave": 1}]


def test_with_redis_down_a_post_succeeds_and_the_clock_finds_it_later(
    session: Session, now: datetime
) -> None:
    queue.connect("redis://127.0.0.1:9/0")
    try:
        with database.transaction() as inner:
            job = factories.job(inner, now=now)
            tell(inner, now)
    finally:
        queue.disconnect()
    stored = session.get_one(jobs_models.Job, job.id)
    assert stored.state == JobState.OPEN
    assert factories.due_waves(session, now=now + 3 * SECOND) == [(job.id, 1, 1, None)]
    assert len(factories.due_lines(session, now=now + 3 * SECOND)) == 1


def test_a_wave_rings_through_one_task(session: Session, now: datetime, tasks: Tasks) -> None:
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [factories.LYON] * 4)
    job = factories.job(session, now=now)
    with database.transaction() as inner:
        offers.open_wave(inner, job.id, round_=1, wave=1, now=now)
    [task] = tasks.waiting("delivery")
    assert len(task["ids"]) == 5
