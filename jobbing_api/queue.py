"""Wake-up calls for background tasks; the only importer of rq.

Hides: Redis, the queue library and its own words (its "job" is our *task*). A
published task is a hint, never a record: what is owed is a row with a due time, and
the clock asks again when Redis loses the hint. Arguments travel as JSON, so whoever
can write to Redis can name one of our tasks but cannot run code of theirs.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.utils import import_attribute
from rq.worker import WorkerStatus
from sqlalchemy.orm import Session

from jobbing_api import database

_log = structlog.get_logger(__name__)

#: In the order a worker empties them: a wave not opened owes more than a push.
QUEUES = ("waves", "delivery")

#: Every task there is, and the queue it waits in. The functions live in
#: ``jobbing_api.tasks`` under the same names; a test resolves each.
TASKS = {
    "open_wave": "waves",
    "deliver": "delivery",
    "deliver_mail": "delivery",
}

_TIMEOUT_S = 120

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
    if _asked_by_task is not None:
        _asked_by_task.append((name, arguments))
        return True
    return _put(name, arguments)


#: What the task at hand has asked for; None while there is none.
_asked_by_task: list[tuple[str, dict[str, Any]]] | None = None


def _path(name: str) -> str:
    return f"jobbing_api.tasks.{name}"


def _put(name: str, arguments: Mapping[str, Any]) -> bool:
    if _connection is None:
        return False
    queue = Queue(TASKS[name], connection=_connection, serializer=JSONSerializer)
    try:
        queue.enqueue_call(
            _path(name),
            kwargs=dict(arguments),
            timeout=_TIMEOUT_S,
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
    rows do.
    """

    max_connection_wait_time = 2.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Forget the task, then do it: a process that dies leaves its rows, still due."""
        # Known to this process alone; it decides whether a stop has to wait.
        self._state = WorkerStatus.BUSY
        self.connection.delete(job.key)
        try:
            for name, arguments in self._perform(job.func, job.kwargs):
                # Nothing else waits: a phone rings sooner without a way through Redis.
                if _stop.is_set() or any(queue.count for queue in self.queues):
                    _put(name, arguments)
                else:
                    self._perform(import_attribute(_path(name)), arguments)
        finally:
            self._state = WorkerStatus.IDLE

    def _perform(
        self, function: Callable[..., object], arguments: Mapping[str, Any]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Run one task; what it asked for, if it went well."""
        global _asked_by_task
        asked = _asked_by_task = []
        try:
            with self.death_penalty_class(_TIMEOUT_S, JobTimeoutException):
                function(**arguments)
        except Exception:
            _log.exception("task.failed", task=function.__name__)
        finally:
            _asked_by_task = None
        return asked

    def handle_warm_shutdown_request(self) -> None:
        """A stop was asked for: the task at hand ends as soon as it can."""
        _stop.set()


#: Set once a worker of this process is to stop.
_stop = threading.Event()


def stopping() -> bool:
    """Whether the task at hand should come to an end."""
    return _stop.is_set()


def work(url: str) -> None:
    """Run tasks until SIGTERM, then finish the one at hand.

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


def disconnect() -> None:
    """Forget Redis: every call is then lost, as if it were down."""
    global _connection
    if _connection is not None:
        _connection.close()
    _connection = None
