"""A country at work while somebody asks: phones that move, calendars that fill.

Hides: who is moved and booked, how two processes keep to a rate, and how everything is
put back afterwards, so that the population is the same in the next run. Everything is
written through the application's own doors, at the instants of a clock that all share.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from benchmarks import places, waiting
from benchmarks.moments import Clock
from jobbing_api import database, errors, geography, jobs, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.lifecycle import JobState
from jobbing_api.matching import index

PRESENCES_A_SECOND = 500.0
CALENDARS_A_SECOND = 50.0

#: Phones that speak in one transaction: a commit for each would cost this machine's two
#: cores more than what is written.
_PHONES_AT_ONCE = 10

#: How far from where they were first seen people walk in circles, metres.
_CIRCLE_M = 150.0

#: One in so many phones goes on or off duty instead of moving.
_DUTY_CHANGES_IN = 50

#: How many people's calendars are written into.
_CALENDARS = 20_000

#: By what the jobs are known that are made here.
_TITLE = "An odd job of the benchmark"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What was written, and in how many seconds."""

    presences: int
    duty_changes: int
    bookings: int
    releases: int
    calendars: int
    refused: int
    seconds: float

    @property
    def presences_a_second(self) -> float:
        """Updates of presences that wrote something."""
        return self.presences / self.seconds

    @property
    def calendars_a_second(self) -> float:
        """Bookings made or released and calendars changed."""
        return (self.bookings + self.releases + self.calendars) / self.seconds


class Writers:
    """Two processes that write while the block runs: ``with Writers(url, clock) as writers``."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self._address = url.render_as_string(hide_password=False)
        self._clock = clock
        self._lines: list[Connection] = []
        self._processes: list[Any] = []
        self._since: tuple[float, dict[str, int]] = (0.0, {})

    def __enter__(self) -> Writers:
        spawning = multiprocessing.get_context("spawn")
        for work in (_phones, _calendars):
            line, far_end = spawning.Pipe()
            process = spawning.Process(
                target=work, args=(far_end, self._address, self._clock), daemon=True
            )
            process.start()
            far_end.close()
            self._lines.append(line)
            self._processes.append(process)
        # Until both have found whom to write about.
        for line in self._lines:
            line.recv()
        self.lap()
        return self

    def __exit__(self, *_problem: object) -> None:
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.join(20)

    def lap(self) -> Written:
        """What was written since the last lap."""
        counts: dict[str, int] = {}
        for line in self._lines:
            line.send("count")
            for name, count in line.recv().items():
                counts[name] = counts.get(name, 0) + count
        now = time.monotonic()
        since, before = self._since
        self._since = (now, counts)
        lap = {name: count - before.get(name, 0) for name, count in counts.items()}
        return Written(seconds=now - since, **lap)


# The two processes ------------------------------------------------------------------------


def _phones(line: Connection, address: str, clock: Clock) -> None:
    """People on duty who walk, and now and then go off duty or come back."""
    database.connect(address)
    dice = random.Random(1)
    with database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT s.provider_id AS id, ST_X(at) AS lon, ST_Y(at) AS lat"
                " FROM before_writing.presences s JOIN providers p ON p.account_id = s.provider_id"
                " CROSS JOIN LATERAL (SELECT coalesce(s.position, p.base)::geometry AS at) place"
                " WHERE s.online ORDER BY 1"
            )
        )
        walkers = [_Walker(row.id, (row.lon, row.lat), dice) for row in rows]
    dice.shuffle(walkers)
    counts = {"presences": 0, "duty_changes": 0}
    at = 0

    def write() -> None:
        nonlocal at
        moved = changed = 0
        with database.transaction() as session:
            for _ in range(_PHONES_AT_ONCE):
                walker = walkers[at % len(walkers)]
                at += 1
                changes = dice.randrange(_DUTY_CHANGES_IN) == 0
                moved += walker.speak(session, clock.now(), changes_duty=changes)
                changed += changes
        counts["presences"] += moved
        counts["duty_changes"] += changed

    _keep_to(PRESENCES_A_SECOND / _PHONES_AT_ONCE, write, line, counts)


class _Walker:
    """Somebody on duty, who walks in a circle."""

    def __init__(self, provider_id: uuid.UUID, home: geography.LonLat, dice: random.Random) -> None:
        # All that the door asks of an account is whose it is.
        self._account = accounts_models.Account(id=provider_id)
        self._home = home
        self._dice = dice
        self._angle = dice.uniform(0, math.tau)
        self._online = True

    def speak(self, session: Session, now: datetime, *, changes_duty: bool) -> bool:
        """Say where one is, a good hundred metres from where one was last; returns whether
        that had to be written."""
        if changes_duty:
            self._online = not self._online
        self._angle += self._dice.uniform(math.pi / 3, math.pi)
        lon, lat = self._home
        north_m, east_m = _CIRCLE_M * math.cos(self._angle), _CIRCLE_M * math.sin(self._angle)
        up = math.degrees(north_m / geography.EARTH_RADIUS_M)
        right = math.degrees(east_m / geography.EARTH_RADIUS_M) / math.cos(math.radians(lat))
        return providers.put_presence(
            session,
            self._account,
            online=self._online,
            position=(lon + right, lat + up) if self._online else None,
            now=now,
        )


def _calendars(line: Connection, address: str, clock: Clock) -> None:
    """Visits that are booked and released, holidays that are entered and crossed out."""
    database.connect(address)
    dice = random.Random(2)
    with database.transaction() as session:
        people = [
            _Keeper(row.id, row.category_id, (row.lon, row.lat), row.market_id)
            for row in session.execute(
                text(
                    "SELECT DISTINCT ON (id) p.account_id AS id, s.category_id, p.market_id,"
                    " ST_X(p.base::geometry) AS lon, ST_Y(p.base::geometry) AS lat"
                    " FROM before_writing.calendars c"
                    " JOIN providers p ON p.account_id = c.account_id"
                    " JOIN skills s ON s.provider_id = p.account_id"
                    " ORDER BY id, s.category_id"
                )
            )
        ]
    dice.shuffle(people)
    booked: list[uuid.UUID] = []
    counts = {"bookings": 0, "releases": 0, "calendars": 0, "refused": 0}
    at = 0

    def write() -> None:
        nonlocal at
        keeper = people[at % len(people)]
        at += 1
        act = dice.random()
        now = clock.now()
        with database.transaction() as session:
            if act < 0.3 and booked:
                which = dice.randrange(len(booked))
                providers.release(
                    session, job_id=booked[which], because="resident-cancelled", now=now
                )
                what = "releases"
            elif act < 0.7:
                job_id = keeper.book(session, dice, now)
                what = "refused" if job_id is None else "bookings"
            else:
                keeper.mark(session, dice, now)
                what = "calendars"
        # Only what is durable counts.
        if what == "releases":
            booked[which] = booked[-1]
            booked.pop()
        elif what == "bookings" and job_id is not None:
            booked.append(job_id)
        counts[what] += 1

    _keep_to(CALENDARS_A_SECOND, write, line, counts)


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Somebody whose calendar is written into."""

    provider_id: uuid.UUID
    category_id: int
    home: geography.LonLat
    market_id: uuid.UUID

    def book(self, session: Session, dice: random.Random, now: datetime) -> uuid.UUID | None:
        """Book a visit near home in the next days; None where the hours are taken."""
        minutes = dice.choice((60, 90, 120))
        starts_at = places.now() + timedelta(
            days=dice.randrange(1, 13), minutes=15 * dice.randrange(-8, 29)
        )
        ends_at = starts_at + timedelta(minutes=minutes)
        lon, lat = self.home
        place = (lon + dice.uniform(-0.05, 0.05), lat + dice.uniform(-0.05, 0.05))
        job = jobs.models.Job(
            market_id=self.market_id,
            resident_id=places.id_of("resident", dice.randrange(places.recipe()["residents"])),
            category_id=self.category_id,
            title=_TITLE,
            brief={},
            location=geography.point(*place),
            address="",
            access_notes="",
            window_from=starts_at,
            window_to=ends_at,
            duration_minutes=minutes,
            budget_kind="fixed",
            budget_cents=6000,
            currency="EUR",
            mode="instant",
            urgency="scheduled",
            languages=[],
            needs=[],
            state=JobState.ASSIGNED,
            state_since=now,
            round_opened_at=now,
            provider_id=self.provider_id,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
        )
        session.add(job)
        session.flush()
        try:
            providers.book(
                session,
                market_id=self.market_id,
                provider_id=self.provider_id,
                job_id=job.id,
                starts_at=starts_at,
                ends_at=ends_at,
                buffer_minutes=15,
                place=place,
                now=now,
            )
        except errors.CalendarConflict:
            session.delete(job)
            return None
        return job.id

    def mark(self, session: Session, dice: random.Random, now: datetime) -> None:
        """Enter a day or two off, or cross out what is entered."""
        calendar = providers.get_calendar(session, self.provider_id)
        exceptions = list(calendar.exceptions)
        if exceptions and dice.random() < 0.5:
            exceptions.pop()
        else:
            from_at = places.now() + timedelta(days=dice.randrange(1, 14))
            to_at = from_at + timedelta(days=dice.randrange(1, 3))
            exceptions.append(
                providers.Exceptional(from_at=from_at, to_at=to_at, available=dice.random() < 0.2)
            )
        providers.put_calendar(
            session,
            accounts_models.Account(id=self.provider_id),
            time_zone=calendar.time_zone,
            weekly=calendar.weekly,
            exceptions=exceptions,
            now=now,
        )


def _keep_to(
    times_a_second: float, write: Callable[[], None], line: Connection, counts: dict[str, int]
) -> None:
    """Write so often, evenly, until nobody listens any more."""
    line.send("ready")
    due_at = time.monotonic()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            while line.poll(max(0.0, due_at - time.monotonic())):
                line.recv()
                line.send(dict(counts))
            try:
                write()
            except DBAPIError as error:
                # As a task would be: tried again with something else.
                if not database.retryable(error):
                    raise
            due_at += 1 / times_a_second
            # Whoever fell behind by more than a second does not rush to make up for it.
            due_at = max(due_at, time.monotonic() - 1)


# As it was before -------------------------------------------------------------------------

_SAVE = """
    CREATE SCHEMA before_writing;
    CREATE TABLE before_writing.presences AS SELECT * FROM presences WHERE online;
    CREATE TABLE before_writing.calendars AS
        SELECT account_id, free_time, free_until, calendar_version, calendar_confirmed_at
        FROM providers ORDER BY md5(account_id::text) LIMIT :calendars;
    CREATE TABLE before_writing.weekly_hours AS
        SELECT h.* FROM weekly_hours h JOIN before_writing.calendars c
            ON c.account_id = h.provider_id;
    CREATE TABLE before_writing.calendar_exceptions AS
        SELECT x.* FROM calendar_exceptions x JOIN before_writing.calendars c
            ON c.account_id = x.provider_id;
"""

#: No trigger looks on: the index is derived once, of everybody who was touched.
_PUT_BACK = f"""
    SET LOCAL session_replication_role = replica;
    DELETE FROM bookings b USING jobs j WHERE j.id = b.job_id AND j.title = '{_TITLE}';
    DELETE FROM jobs WHERE title = '{_TITLE}';
    UPDATE presences p SET online = s.online, position = s.position,
           position_at = s.position_at, changed_at = s.changed_at
        FROM before_writing.presences s WHERE s.provider_id = p.provider_id;
    DELETE FROM weekly_hours h USING before_writing.calendars c WHERE c.account_id = h.provider_id;
    INSERT INTO weekly_hours SELECT * FROM before_writing.weekly_hours;
    DELETE FROM calendar_exceptions x USING before_writing.calendars c
        WHERE c.account_id = x.provider_id;
    INSERT INTO calendar_exceptions SELECT * FROM before_writing.calendar_exceptions;
    UPDATE providers p SET free_time = c.free_time, free_until = c.free_until,
           calendar_version = c.calendar_version,
           calendar_confirmed_at = c.calendar_confirmed_at
        FROM before_writing.calendars c
        WHERE c.account_id = p.account_id AND c.calendar_version IS NOT NULL;
    SELECT search_index_derive(
        (SELECT array_agg(DISTINCT i.provider_id) FROM search_index i
         WHERE i.figures_at <> '{places.now().isoformat()}'),
        '{places.now().isoformat()}');
    DROP SCHEMA before_writing CASCADE;
"""


@contextlib.contextmanager
def undone(engine: Engine) -> Iterator[None]:
    """Whatever is written in the block is put back after it; what an earlier run that was
    killed left written is put back before it."""
    put_back(engine)
    with waiting.step("Noting what will be changed", 1):
        _run(engine, _SAVE.replace(":calendars", str(_CALENDARS)))
    try:
        yield
    finally:
        with waiting.step("Putting back what was changed", 1):
            put_back(engine)


def put_back(engine: Engine) -> bool:
    """Undo what writers did; False where there is nothing to undo."""
    with engine.connect() as connection:
        there = connection.scalar(text("SELECT to_regnamespace('before_writing') IS NOT NULL"))
    if not there:
        return False
    _run(engine, _PUT_BACK)
    with engine.connect() as connection:
        tidy = connection.execution_options(isolation_level="AUTOCOMMIT")
        tidy.execute(text("SET statement_timeout = 0"))
        tidy.execute(text("VACUUM (ANALYZE) search_index, presences, providers, bookings, jobs"))
    return True


_TOUCHED = text(
    "SELECT DISTINCT provider_id FROM search_index WHERE figures_at <> :made_at LIMIT :at_most"
)


def differences(session: Session, at_most: int) -> int:
    """How many rows of the search index are not what their sources say, of so many of the
    providers whose rows were derived anew since it was made."""
    # The check of the whole index would take longer than everything else here.
    touched = session.execute(_TOUCHED, {"made_at": places.now(), "at_most": at_most}).all()
    session.execute(text("SET LOCAL statement_timeout = 0"))
    return len(index.check(session, provider_ids=[row.provider_id for row in touched]))


def _run(engine: Engine, script: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for statement in filter(str.strip, script.split(";")):
            connection.exec_driver_sql(statement)
