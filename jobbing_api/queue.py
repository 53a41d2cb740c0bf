"""Wake-up calls for background tasks; the only importer of rq.

Hides: Redis, the queue library and its own words (its "job" is our *task*). A
published task is a hint, never a record: what is owed is a row with a due time, and
the clock asks again when Redis loses the hint. Arguments travel as JSON, so whoever
can write to Redis can name one of our tasks but cannot run code of theirs.
"""

from __future__ import annotations

import gc
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from rq.worker import WorkerStatus
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobbing_api import database

_log = structlog.get_logger(__name__)

#: In the order a worker empties them. Who was asked goes before who is to be asked: the
#: life of an offer that has not rung runs out while others are made.
QUEUES = ("delivery", "waves", "photos")

#: Every task there is, and the queue it waits in. The functions live in
#: ``jobbing_api.tasks`` under the same names; a test resolves each.
TASKS = {
    "open_wave": "waves",
    "deliver": "delivery",
    "deliver_mail": "delivery",
    "tend_photos": "photos",
}

_TASKS_OF = "jobbing_api.tasks"

#: Tasks that wait for Google's answers, a mail server's or a bucket's, and how many of each
#: at once.
_ASIDE = {"deliver": 4, "deliver_mail": 2, "tend_photos": 1}

#: For these nobody waits: while all their places are taken they are forgotten, and the clock
#: asks again. A wave must not stand behind them.
_FORGOTTEN = frozenset({"tend_photos"})

#: A task carries at most so many ids: what one call to Google's client can hold.
BATCH = 500

#: How long a task that found no database holds its place.
_AWAY_S = 0.3

#: With so many tasks waiting, asking once more for what is due would only make the
#: backlog longer.
_ENOUGH = 100

#: A task is in the queue, or at work, this long after it was asked for or taken at the
#: latest: whoever asks commits first, whoever takes it leases its rows first.
_UNDER_WAY = timedelta(seconds=2)

_connection: redis.Redis | None = None


def connect(url: str) -> None:
    """Name the Redis to use; connects on first use.

    Short time-outs: a request that has committed must not wait for Redis to be well.
    """
    global _connection
    _connection = redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=2)


def ping() -> bool:
    """True when Redis answers now."""
    try:
        return _connection is not None and bool(_connection.ping())
    except RedisError:
        return False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a queue, and since when the first of it does."""

    waiting: int
    oldest_at: datetime | None

    @property
    def full(self) -> bool:
        """True while workers have enough to do."""
        return self.waiting >= _ENOUGH

    def lost_before(self, now: datetime) -> datetime:
        """A task asked for before this instant is not in the queue any more: it has been
        taken, or Redis lost it, or never heard of it. First asked for, first taken."""
        return (now if self.oldest_at is None else min(now, self.oldest_at)) - _UNDER_WAY


def backlog(name: str) -> Backlog | None:
    """What waits in the queue of the task ``name``; None while Redis is away."""
    if _connection is None:
        return None
    queue = Queue(TASKS[name], connection=_connection, serializer=JSONSerializer)
    try:
        waiting = queue.count
        first = queue.get_jobs(0, 1) if waiting else []
    except RedisError:
        return None
    return Backlog(waiting, first[0].enqueued_at if first else None)


def publish(session: Session, name: str, **arguments: Any) -> None:
    """Ask for a task once the session's transaction is durable.

    Losing the call is harmless: the clock finds what is due and asks again.
    """
    database.after_commit(session, lambda: call(name, **arguments))


def call(name: str, **arguments: Any) -> bool:
    """Ask for a task now; False when Redis could not be told. What a task asks for is
    asked for once it is through."""
    if _own.asked is not None:
        _own.asked.append((name, arguments))
        return True
    return _put(name, arguments)


def call_for(name: str, ids: Sequence[uuid.UUID]) -> None:
    """Ask for a task that takes ids: as few of it as they fit into."""
    for start in range(0, len(ids), BATCH):
        call(name, ids=[str(one) for one in ids[start : start + BATCH]])


class _Own(threading.local):
    """What the task at hand of this thread has asked for; None where there is none."""

    asked: list[tuple[str, dict[str, Any]]] | None = None


_own = _Own()


def _put(name: str, arguments: Mapping[str, Any]) -> bool:
    if _connection is None:
        return False
    queue = Queue(TASKS[name], connection=_connection, serializer=JSONSerializer)
    try:
        queue.enqueue_call(
            f"{_TASKS_OF}.{name}",
            # A worker of the version before need not know what there is nothing of.
            kwargs={name: value for name, value in arguments.items() if value is not None},
            result_ttl=0,
            # A failed task is in the log and its row is still due; Redis keeps nothing.
            failure_ttl=60,
        )
    except RedisError as error:
        _log.warning("queue.unreachable", task=name, error=type(error).__name__)
        return False
    return True


class _Worker(SimpleWorker):
    """Runs tasks in its own process: one warm push client instead of a fork a task.

    Nothing of a task is kept in Redis while it runs or afterwards. The library's own
    accounts of it take ten times as long as our shortest tasks, and say no more than the
    rows do. A task that waits for somebody else's answers runs beside the others.
    """

    max_connection_wait_time = 2.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Forget the task, then do it: a process that dies leaves its rows, still due."""
        # Known to this process alone; it decides whether a stop has to wait.
        self._state = WorkerStatus.BUSY
        self.connection.delete(job.key)
        name = (job.func_name or "").removeprefix(f"{_TASKS_OF}.")
        try:
            if name not in TASKS:
                # Whoever can write to Redis can name a function, which is not to run.
                _log.error("task.unknown", task=job.func_name)
            elif name in _ASIDE:
                _aside.begin(name, job.kwargs, patient=name not in _FORGOTTEN)
            else:
                for asked, arguments in _perform(name, job.kwargs):
                    # A phone rings sooner without a way through Redis.
                    if asked not in _ASIDE or not _aside.begin(asked, arguments):
                        _put(asked, arguments)
        finally:
            self._state = WorkerStatus.IDLE

    def handle_warm_shutdown_request(self) -> None:
        """A stop was asked for: the tasks at hand end as soon as they can."""
        _stop.set()


def _perform(name: str, arguments: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Run one task; what it asked for, if it went well."""
    asked = _own.asked = []
    try:
        import_attribute(f"{_TASKS_OF}.{name}")(**arguments)
    except OperationalError:
        # The database is away: to take the next task at once would only lose that too.
        _log.exception("task.failed", task=name)
        _stop.wait(_AWAY_S)
    except Exception:
        _log.exception("task.failed", task=name)
    finally:
        _own.asked = None
    return asked


class _Aside:
    """Threads for tasks that wait for somebody else, so many of each kind at once."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._places = {name: threading.Semaphore(places) for name, places in limits.items()}
        self._running: set[threading.Thread] = set()

    def begin(self, name: str, arguments: Mapping[str, Any], *, patient: bool = False) -> bool:
        """Run a task in a thread of its own; False if all places are taken, unless
        ``patient``."""
        if _stop.is_set() or not self._places[name].acquire(blocking=patient):
            return False
        thread = threading.Thread(target=self._run, args=(name, arguments), name=name)
        self._running.add(thread)
        thread.start()
        return True

    def _run(self, name: str, arguments: Mapping[str, Any]) -> None:
        try:
            for asked, with_ in _perform(name, arguments):
                _put(asked, with_)
        finally:
            self._places[name].release()
            self._running.discard(threading.current_thread())

    def join(self) -> None:
        """Wait until all of them have ended."""
        for thread in list(self._running):
            thread.join()


_aside = _Aside(_ASIDE)

#: Set once a worker of this process is to stop.
_stop = threading.Event()


def stopping() -> bool:
    """Whether the task at hand should come to an end."""
    return _stop.is_set()


def work(url: str) -> None:
    """Run tasks until SIGTERM, then finish those at hand.

    Survives Redis going away and coming back; blocks in between.
    """
    # What is loaded by now stays: looking through it for garbage takes longer than a task.
    gc.collect()
    gc.freeze()
    while not _stop.is_set():
        connection = redis.Redis.from_url(url, socket_connect_timeout=2)
        try:
            worker = _Worker(
                [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES],
                connection=connection,
                serializer=JSONSerializer,
                log_job_description=False,
            )
            worker.work(with_scheduler=False, logging_level="WARNING")
        except RedisError as error:
            _log.warning("worker.waits_for_redis", error=type(error).__name__)
        _stop.wait(1)
    _aside.join()


def disconnect() -> None:
    """Forget Redis: every call is then lost, as if it were down."""
    global _connection
    if _connection is not None:
        _connection.close()
    _connection = None
