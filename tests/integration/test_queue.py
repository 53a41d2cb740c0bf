"""Tasks: wake-up calls that may be lost or come twice, worked off by a real process."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
import typing
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import rq
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from infra.local import ports, servers
from jobbing_api import clock, database, files, markets, queue, tasks
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from tests import factories, pictures
from tests.integration import racing
from tests.integration.conftest import Phones

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ROOT = Path(__file__).parents[2]


# --- what a task is --------------------------------------------------------------------------


@pytest.mark.parametrize("name", queue.TASKS)
def test_every_task_is_a_function_that_takes_plain_values_by_name(name: str) -> None:
    function = getattr(tasks, name)
    parameters = inspect.signature(function).parameters.values()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    hints = typing.get_type_hints(function)
    plain = {str, int, list[str], str | None}
    assert {hints[parameter.name] for parameter in parameters} <= plain
    assert hints["return"] is type(None)


def test_every_public_function_of_tasks_is_a_task_or_prepares_them() -> None:
    public = {
        name
        for name, value in vars(tasks).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert public == set(queue.TASKS) | {"configure"}


def test_every_task_waits_in_a_queue_that_is_worked_off() -> None:
    assert set(queue.TASKS.values()) <= set(queue.QUEUES)


def test_a_task_travels_as_json_and_is_not_kept_when_done(redis_url: str) -> None:
    assert queue.call("open_wave", job_id="a", round_=1, wave=2)
    with contextlib.closing(redis.Redis.from_url(redis_url)) as connection:
        [task_id] = connection.lrange("rq:queue:waves", 0, -1)
        stored = connection.hgetall(f"rq:job:{task_id.decode()}")
    assert json.loads(zlib.decompress(stored[b"data"])) == [
        "jobbing_api.tasks.open_wave",
        None,
        [],
        {"job_id": "a", "round_": 1, "wave": 2},
    ]
    assert stored[b"result_ttl"] == b"0"


def test_a_call_without_redis_is_lost_without_a_sound() -> None:
    queue.disconnect()
    assert not queue.call("deliver", ids=[])
    assert not queue.ping()
    assert queue.backlog("open_wave") is None
    queue.connect("redis://127.0.0.1:9/0")
    try:
        began = time.monotonic()
        assert not queue.call("deliver", ids=[])
        assert not queue.ping()
        assert queue.backlog("open_wave") is None
        assert time.monotonic() - began < 2
    finally:
        queue.disconnect()


def backlog(task: str) -> queue.Backlog:
    found = queue.backlog(task)
    assert found is not None
    return found


def test_a_queue_is_full_with_a_hundred_tasks_waiting(redis_url: str) -> None:
    for _ in range(99):
        queue.call("deliver", ids=[])
    assert not backlog("deliver").full
    queue.call("deliver", ids=[])
    assert backlog("deliver").full
    assert not backlog("open_wave").full


def test_what_is_not_in_the_queue_any_more_is_known_by_its_age(redis_url: str) -> None:
    before = datetime.now(UTC)
    queue.call("deliver", ids=[])
    later = datetime.now(UTC) + timedelta(hours=1)
    # What waits was asked for now: whatever was asked for earlier is gone.
    assert before <= backlog("deliver").lost_before(later) + timedelta(seconds=2) < later
    assert backlog("open_wave").lost_before(later) == later - timedelta(seconds=2)


# --- a worker as a process -------------------------------------------------------------------


def eventually(check: Callable[[], Any], *, within_s: float = 20) -> Any:
    """What ``check`` returns once it is truthy."""
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        pause.wait(0.05)
    raise AssertionError(f"still not so after {within_s} s")


class Workers:
    """Real workers on this test's database."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, **changes: str) -> subprocess.Popen[bytes]:
        flask = Path(sys.executable).parent / "flask"
        process = subprocess.Popen(
            [str(flask), "--app", "jobbing_api.cli", "jobbing", "worker"],
            cwd=ROOT,
            env=self._environment | changes,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._running.append(process)
        return process

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=10)


@pytest.fixture
def workers(
    own_database: Engine, redis_url: str, phones: Phones, tmp_path: Path
) -> Iterator[Workers]:
    started = Workers(
        {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "JOBBING_ENV": "development",
            "DATABASE_URL": own_database.url.set(drivername="postgresql").render_as_string(
                hide_password=False
            ),
            "REDIS_URL": redis_url,
            "SECRET_KEY": "development-secret-of-the-test-run-only",
            "MAIL_DIR": str(tmp_path / "mail"),
            "FILES_URL": (tmp_path / "files").as_uri(),
            **phones.environment(),
        }
    )
    yield started
    started.end()


def posted_job(session: Session) -> tuple[jobs_models.Job, list[str]]:
    """A job of this very moment, and the phones of those who can do it."""
    now = datetime.now(UTC)
    addresses = []
    if session.scalar(select(func.count()).where(markets.models.Policy.version == 2)) == 0:
        factories.wakeful(session)
    for _ in range(3):
        provider = factories.provider(session, now=now)
        addresses.append(factories.device(session, provider.account_id, now=now).address)
    start = now + timedelta(days=1)
    job = factories.job(session, now=now, window_from=start, window_to=start + timedelta(hours=10))
    return job, addresses


def asked(job: jobs_models.Job) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).where(offers_models.Offer.job_id == job.id)) or 0


def test_a_post_reaches_phones_through_a_worker_and_a_stop_is_heeded(
    own_database: Engine, workers: Workers, phones: Phones
) -> None:
    worker = workers.start()
    # What no task is, or is not there, fails alone: the worker goes on.
    queue.call("open_wave", job_id="not an id", round_=1, wave=1)
    queue.call("open_wave", job_id=str(uuid.uuid4()), round_=1, wave=1)
    with database.transaction() as session:
        _, addresses = posted_job(session)
    eventually(lambda: all(phones.heard(address) for address in addresses))
    assert [len(phones.heard(address)) for address in addresses] == [1, 1, 1]

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0
    racing.assert_consistent(own_database)


def test_a_worker_makes_thumbnails_beside_its_waves(
    own_database: Engine, workers: Workers, tmp_path: Path
) -> None:
    files.connect((tmp_path / "files").as_uri())
    what = files.taken(pictures.plain(2000, 1500), most_pixels=10**7)
    now = datetime.now(UTC)
    workers.start()
    ids = []
    for _ in range(30):
        with database.transaction() as session:
            photo_id = files.announce(session, factories.account(session), what=what, now=now)
        files.write(photo_id, what)
        with database.transaction() as session:
            files.keep(session, photo_id, now=now)
        ids.append(photo_id)
    with database.transaction() as session:
        job, _ = posted_job(session)

    def made() -> int:
        with database.transaction() as session:
            photo = files.Photo
            return session.scalar(select(func.count()).where(photo.thumbnails_at.is_not(None))) or 0

    eventually(lambda: asked(job))
    # What came while one was at it was forgotten, and is asked for again.
    ends_s = time.monotonic() + 60
    while made() < len(ids):
        clock.tick(datetime.now(UTC))
        assert time.monotonic() < ends_s
        time.sleep(0.1)
    kept = [folder for folder in (tmp_path / "files").glob("*/*") if folder.is_dir()]
    assert {len(list(folder.iterdir())) for folder in kept} == {3}


def test_a_worker_tells_its_figures_on_a_port_of_its_own(
    own_database: Engine, workers: Workers, phones: Phones
) -> None:
    port = ports.choose()
    workers.start(METRICS_PORT=str(port))
    with database.transaction() as session:
        _, addresses = posted_job(session)

    def told() -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/metrics").text
        except httpx.TransportError:
            return ""

    eventually(lambda: 'jobbing_pushes_total{code="",outcome="sent"} 3.0' in told())
    assert all(phones.heard(address) for address in addresses)
    assert 'jobbing_waves_total{asked="somebody"} 1.0' in told()
    assert "jobbing_push_late_seconds_count 3.0" in told()


def test_a_task_that_is_none_of_ours_does_not_run(
    own_database: Engine, workers: Workers, redis_url: str, tmp_path: Path
) -> None:
    """Whoever can write to Redis can name any function there is."""
    made = tmp_path / "made"
    with contextlib.closing(redis.Redis.from_url(redis_url)) as connection:
        waves = rq.Queue("waves", connection=connection, serializer=JSONSerializer)
        waves.enqueue_call("pathlib.os.mkdir", kwargs={"path": str(made)})
        workers.start()
        with database.transaction() as session:
            job, _ = posted_job(session)
        eventually(lambda: asked(job))
    assert not made.exists()


def test_what_a_killed_worker_was_sending_is_sent_by_the_next(
    own_database: Engine, workers: Workers, phones: Phones
) -> None:
    worker = workers.start()
    with database.transaction() as session:
        job, addresses = posted_job(session)
    # Google holds its answers back, so that the worker dies with all it took.
    with phones.trouble(slow={"share": 1, "seconds": 30}):

        def taken() -> bool:
            with database.transaction() as session:
                lines = session.scalars(select(notifications_models.Notification)).all()
                return len(lines) == 3 and all(line.sending_until for line in lines)

        eventually(taken)
        worker.kill()
        worker.wait(timeout=10)
    assert asked(job) == 3
    assert [phones.heard(address) for address in addresses] == [[], [], []]

    workers.start()
    killed_at = time.monotonic()
    while not all(phones.heard(address) for address in addresses):
        clock.tick(datetime.now(UTC))
        assert time.monotonic() - killed_at < 8, "a new worker takes three seconds to start"
        time.sleep(0.1)
    eventually(lambda: all(phones.heard(address) for address in addresses))
    assert [len(phones.heard(address)) for address in addresses] == [1, 1, 1]


def test_a_worker_that_is_told_to_stop_while_google_is_slow_stops_and_loses_nothing(
    own_database: Engine, workers: Workers, phones: Phones
) -> None:
    worker = workers.start()
    with database.transaction() as session:
        _, addresses = posted_job(session)
    with phones.trouble(slow={"share": 1, "seconds": 30}):

        def sending() -> bool:
            with database.transaction() as session:
                lines = session.scalars(select(notifications_models.Notification)).all()
                return len(lines) == 3 and all(line.sending_until for line in lines)

        eventually(sending)
        began_s = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=15) == 0
        assert time.monotonic() - began_s < 10
    workers.start()
    ends_s = time.monotonic() + 15
    while not all(phones.heard(address) for address in addresses):
        clock.tick(datetime.now(UTC))
        assert time.monotonic() < ends_s
        time.sleep(0.1)


def test_a_worker_outlives_its_redis(
    own_database: Engine, workers: Workers, run_folder: Path
) -> None:
    folder = run_folder / "redis-that-goes-away"
    try:
        with servers.Redis(folder) as first:
            url = first.url
            worker = workers.start(REDIS_URL=url)
            queue.connect(url)
            with database.transaction() as session:
                before, _ = posted_job(session)
            eventually(lambda: asked(before))
        threading.Event().wait(1)
        assert worker.poll() is None
        with servers.Redis(folder) as second:
            assert second.url == url
            with database.transaction() as session:
                after, _ = posted_job(session)
            eventually(lambda: asked(after))
    finally:
        queue.disconnect()
