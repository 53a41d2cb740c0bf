"""A fortnight of visits in simulated time, with people who keep silent, call off or stay away.

``python -m benchmarks.visits [--jobs 500] [--json]``. Jobs are posted, asked about, accepted,
confirmed, begun and finished by the same functions that the API and the clock call, on a real
database; only the hour is imagined. Of the visits that are agreed a tenth is never confirmed
(half of those people come all the same), a tenth is called off by its provider, and to a tenth
nobody comes.

- ``served_share``: of the jobs that somebody accepted, those that somebody began and had time to
  finish inside their window;
- ``untold``: visits whose hour had passed by a quarter of an hour, nobody there, without any word
  to the resident; ``untrue``: words that what the people did proves wrong;
- ``double_bookings``: hours of one provider that overlap.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks import report, stage, town, waiting
from jobbing_api import clock, database, dues, errors, jobs, markets, offers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.geography import LonLat
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from tests import factories

#: A Monday morning in Lyon in winter, before anybody is up.
_BEGINS = datetime(2026, 11, 30, 5, tzinfo=UTC)

_MINUTE = timedelta(minutes=1)

#: How far from the middle people live at most, degrees.
_SPREAD = 0.03

#: What the people of a visit do, and how many in a hundred do so.
_FATES = {"silent-comes": 5, "silent-absent": 5, "cancels": 10, "absent": 10, "comes": 70}

#: What somebody answers who is asked, in a hundred.
_ANSWERS = {"accept": 60, "decline": 15, "nothing": 25}

#: Words to a resident of whom nobody is there yet that are true as far as they go.
_TOLD = frozenset(
    {"visit-unconfirmed", "visit-late", "visit-late-under-way", "provider-dropped-out"}
)


@dataclass(kw_only=True)
class _Visit:
    """An acceptance, and what whoever accepted really did."""

    job_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    fate: str
    agreed_at: datetime
    confirmed: list[datetime] = field(default_factory=list)
    set_out_at: datetime | None = None
    came_at: datetime | None = None
    given_back_at: datetime | None = None


class Fortnight:
    """People, what they are about to do, and the hour it is."""

    def __init__(self, *, jobs_wanted: int, providers: int, seed: int) -> None:
        self._dice = random.Random(seed)
        self.now = _BEGINS
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._answered: set[uuid.UUID] = set()
        self._stood_by: set[uuid.UUID] = set()
        self.visits: list[_Visit] = []
        self.refused: Counter[str] = Counter()
        self._wanted = jobs_wanted
        self._found(providers)

    # The world ----------------------------------------------------------------------------

    def _found(self, providers: int) -> None:
        with database.transaction() as session:
            if session.scalar(select(markets.models.Market.id)) is None:
                factories.lyon(session)
            like = factories.provider(session, base=factories.LYON, now=self.now)
            factories.neighbours(session, like, [self._somewhere() for _ in range(providers - 1)])
            self._residents = [
                factories.account(session, now=self.now).id for _ in range(max(10, providers // 4))
            ]
        with database.transaction() as session:
            town.settle(session)

    def _somewhere(self) -> LonLat:
        lon, lat = factories.LYON
        return (
            lon + self._dice.uniform(-_SPREAD, _SPREAD),
            lat + self._dice.uniform(-_SPREAD, _SPREAD),
        )

    def _post(self, number: int) -> None:
        """A job for one of the next days, all day or half of it."""
        day = (self.now + timedelta(days=self._dice.randint(1, 3))).replace(hour=7, minute=0)
        if day.weekday() == 6:
            day += timedelta(days=1)
        from_h, to_h = self._dice.choice([(0, 10), (0, 10), (0, 5), (5, 10)])
        with database.transaction() as session:
            jobs.post(
                session,
                session.get_one(
                    accounts_models.Account, self._residents[number % len(self._residents)]
                ),
                brief=factories.brief(
                    self.now,
                    location=self._somewhere(),
                    window_from=day + timedelta(hours=from_h),
                    window_to=day + timedelta(hours=to_h),
                    duration_minutes=self._dice.choice([60, 90, 120]),
                ),
                now=self.now,
            )

    # Time ---------------------------------------------------------------------------------

    def play(self, advance: Callable[[float], None] = lambda _: None) -> None:
        """Until nothing is left to do."""
        posted_at = _BEGINS + timedelta(hours=3)
        # So many a day that a fortnight holds them all.
        apart = timedelta(hours=9) / max(1, -(-self._wanted // 9))
        for number in range(self._wanted):
            self._at(posted_at, partial(self._post, number))
            posted_at += apart
            if posted_at.hour >= 17:
                posted_at = (posted_at + timedelta(days=1)).replace(hour=8, minute=0)
                posted_at += timedelta(days=1 if posted_at.weekday() == 6 else 0)
        self._ends_at = posted_at + timedelta(days=8)
        visits = 0
        while True:
            due_at = self._due_at()
            if due_at is not None and (not self._agenda or due_at <= self._agenda[0][0]):
                if due_at > self._ends_at:
                    break
                self.now = max(self.now, due_at)
                self._tick()
            elif self._agenda:
                moment, _, act = heapq.heappop(self._agenda)
                self.now = max(self.now, moment)
                try:
                    act()
                except errors.DomainError as refusal:
                    self.refused[type(refusal).__name__] += 1
                self._open_waves()
            else:
                break
            advance(len(self.visits) - visits)
            visits = len(self.visits)

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    def _due_at(self) -> datetime | None:
        with database.transaction() as session:
            moments = (dues.next_due_at(session), offers.next_due_at(session))
        return min(filter(None, moments), default=None)

    def _tick(self) -> None:
        """What a clock and a worker do."""
        with database.transaction() as session:
            offers.send_due(session, now=self.now)
        with database.transaction() as session:
            offers.expire_due(session, now=self.now)
        clock.do_due(self.now)
        self._open_waves()

    def _open_waves(self) -> None:
        """What a queue asks for at once, and the clock when it is due."""
        job = jobs_models.Job
        with database.transaction() as session:
            waiting_now = session.execute(
                select(job.id, job.round, job.wave)
                .where(job.state == JobState.OPEN, job.wake_at <= self.now)
                .order_by(job.wake_at, job.id)
            ).all()
        for one in waiting_now:
            with database.transaction() as session:
                offers.open_wave(session, one.id, round_=one.round, wave=one.wave + 1, now=self.now)
        self._hear()

    # What people do -----------------------------------------------------------------------

    def _hear(self) -> None:
        """Those who were asked just now think about it."""
        offer = offers_models.Offer
        with database.transaction() as session:
            sent = session.execute(
                select(offer.id, offer.provider_id, notifications_models.Notification.due_at)
                .join(
                    notifications_models.Notification,
                    notifications_models.Notification.subject_id == offer.id,
                )
                .where(offer.state == OfferState.SENT)
            ).all()
            standing = session.execute(
                select(offer.id, offer.provider_id).where(offer.stand_by_asked_at.is_not(None))
            ).all()
        for offer_id, provider_id, rings_at in sent:
            if offer_id in self._answered:
                continue
            self._answered.add(offer_id)
            what = self._drawn(_ANSWERS)
            heard_at = max(self.now, rings_at) + self._dice.uniform(1, 40) * _MINUTE
            if what == "accept":
                self._at(heard_at, partial(self._accept, offer_id, provider_id))
            elif what == "decline":
                self._at(heard_at, partial(self._decline, offer_id, provider_id))
        for offer_id, provider_id in standing:
            if offer_id not in self._stood_by:
                self._stood_by.add(offer_id)
                self._at(
                    self.now + self._dice.uniform(1, 15) * _MINUTE,
                    partial(self._stand_by, offer_id, provider_id),
                )

    def _drawn(self, among: dict[str, int]) -> str:
        return self._dice.choices(list(among), list(among.values()))[0]

    def _person(self, session: Session, account_id: uuid.UUID) -> accounts_models.Account:
        return session.get_one(accounts_models.Account, account_id)

    def _accept(self, offer_id: uuid.UUID, provider_id: uuid.UUID) -> None:
        with database.transaction() as session:
            job = offers.accept(
                session, offer_id, account=self._person(session, provider_id), now=self.now
            )
            assert job.starts_at is not None
            visit = _Visit(
                job_id=job.id,
                provider_id=provider_id,
                starts_at=job.starts_at,
                fate=self._drawn(_FATES),
                agreed_at=self.now,
            )
            duration = timedelta(minutes=job.duration_minutes)
        self.visits.append(visit)
        self._live(visit, duration)

    def _live(self, visit: _Visit, duration: timedelta) -> None:
        """Put what will happen on the agenda."""
        starts_at = visit.starts_at
        if not visit.fate.startswith("silent"):
            for before in (timedelta(hours=24), timedelta(minutes=60)):
                moment = starts_at - before + self._dice.uniform(1, 25) * _MINUTE
                if moment > self.now:
                    self._at(moment, lambda: self._confirm(visit))
        if visit.fate == "cancels":
            left = (starts_at - 60 * _MINUTE - self.now) / _MINUTE
            self._at(
                self.now + max(1.0, self._dice.uniform(1, max(2.0, left))) * _MINUTE,
                lambda: self._cancel(visit),
            )
        elif visit.fate in ("comes", "silent-comes"):
            late_min = self._dice.uniform(-5, 12)
            # One in ten gives no time, and one in ten is held up for longer than they thought.
            minutes = None if self._dice.random() < 0.1 else 20
            held_up = self._dice.uniform(15, 40) if self._dice.random() < 0.1 else 0
            sets_out = max(self.now, starts_at + (late_min - 20) * _MINUTE)
            self._at(sets_out, lambda: self._set_out(visit, minutes))
            comes = max(self.now, starts_at + (late_min + held_up) * _MINUTE)
            self._at(comes, lambda: self._come(visit, duration))

    def _is_theirs(self, session: Session, visit: _Visit) -> bool:
        job = session.get_one(jobs_models.Job, visit.job_id)
        return job.provider_id == visit.provider_id and job.state == JobState.ASSIGNED

    def _confirm(self, visit: _Visit) -> None:
        with database.transaction() as session:
            if self._is_theirs(session, visit):
                jobs.confirm_visit(
                    session, visit.job_id, self._person(session, visit.provider_id), now=self.now
                )
                visit.confirmed.append(self.now)

    def _cancel(self, visit: _Visit) -> None:
        with database.transaction() as session:
            if self._is_theirs(session, visit):
                offers.cancel(
                    session,
                    visit.job_id,
                    account=self._person(session, visit.provider_id),
                    reason="",
                    now=self.now,
                )
                visit.given_back_at = self.now

    def _set_out(self, visit: _Visit, minutes: int | None) -> None:
        with database.transaction() as session:
            if self._is_theirs(session, visit):
                jobs.set_out(
                    session,
                    visit.job_id,
                    self._person(session, visit.provider_id),
                    minutes=minutes,
                    now=self.now,
                )
                visit.set_out_at = self.now

    def _come(self, visit: _Visit, duration: timedelta) -> None:
        with database.transaction() as session:
            if not self._is_theirs(session, visit):
                return
            person = self._person(session, visit.provider_id)
            factories.start(session, visit.job_id, person, now=self.now)
            visit.came_at = self.now
        self._at(self.now + duration, lambda: self._finish(visit))

    def _finish(self, visit: _Visit) -> None:
        with database.transaction() as session:
            jobs.finish(
                session, visit.job_id, self._person(session, visit.provider_id), now=self.now
            )
        self._at(self.now + self._dice.uniform(10, 300) * _MINUTE, lambda: self._agree(visit))

    def _agree(self, visit: _Visit) -> None:
        with database.transaction() as session:
            job = session.get_one(jobs_models.Job, visit.job_id)
            if job.state == JobState.FINISHED:
                jobs.confirm(session, job.id, self._person(session, job.resident_id), now=self.now)

    def _decline(self, offer_id: uuid.UUID, provider_id: uuid.UUID) -> None:
        with database.transaction() as session:
            offers.decline(
                session,
                offer_id,
                account=self._person(session, provider_id),
                reason="time",
                now=self.now,
            )

    def _stand_by(self, offer_id: uuid.UUID, provider_id: uuid.UUID) -> None:
        with database.transaction() as session:
            offers.stand_by(
                session,
                offer_id,
                account=self._person(session, provider_id),
                ready=self._dice.random() < 0.6,
                now=self.now,
            )

    # What came of it ----------------------------------------------------------------------

    def judged(self) -> dict[str, Any]:
        """The figures, from what people did here and what the tables hold."""
        with database.transaction() as session:
            rows = {job.id: job for job in session.scalars(select(jobs_models.Job))}
            lines = session.execute(
                select(
                    notifications_models.Notification.subject_id,
                    notifications_models.Notification.kind,
                    notifications_models.Notification.created_at,
                    notifications_models.Notification.account_id,
                ).where(notifications_models.Notification.about == "job")
            ).all()
            overlaps = session.scalar(text(_OVERLAPS))
        told: dict[uuid.UUID, list[tuple[str, datetime]]] = {}
        for job_id, kind, at, account_id in lines:
            if account_id == rows[job_id].resident_id:
                told.setdefault(job_id, []).append((kind, at))
        accepted = {visit.job_id for visit in self.visits}
        served = {
            visit.job_id
            for visit in self.visits
            if visit.came_at is not None and _in_window(rows[visit.job_id], visit.came_at)
        }
        untold = [
            str(visit.job_id) for visit in self.visits if _untold(visit, told.get(visit.job_id, []))
        ]
        untrue = [
            f"{kind} {job_id}"
            for job_id, said in told.items()
            for kind, at in said
            if _untrue(kind, at, [one for one in self.visits if one.job_id == job_id])
        ]
        return {
            "posted": len(rows),
            "accepted": len(accepted),
            "visits": len(self.visits),
            "fates": dict(Counter(visit.fate for visit in self.visits)),
            "served": len(served),
            "served_share": round(len(served) / max(1, len(accepted)), 4),
            "states": dict(Counter(str(job.state) for job in rows.values())),
            "unfilled_because": dict(
                Counter(job.unfilled_because for job in rows.values() if job.unfilled_because)
            ),
            "untold": len(untold),
            "untold_first": untold[:3],
            "untrue": len(untrue),
            "untrue_first": untrue[:3],
            "double_bookings": overlaps,
            "refused": dict(self.refused),
        }


_OVERLAPS = """
    SELECT count(*) FROM bookings a JOIN bookings b
      ON a.provider_id = b.provider_id AND a.id < b.id AND a.during && b.during
    WHERE a.released_at IS NULL AND b.released_at IS NULL
"""


def _in_window(job: jobs_models.Job, came_at: datetime) -> bool:
    # Whoever comes some minutes late of what was agreed has still come in time, as long as the
    # day that the resident named is not over before the work is.
    ends_at = job.ends_at or came_at + timedelta(minutes=job.duration_minutes)
    return (
        job.window_from - 5 * _MINUTE <= came_at
        and ends_at <= job.window_to
        and job.state in (JobState.IN_PROGRESS, JobState.FINISHED, JobState.COMPLETED)
    )


def _untold(visit: _Visit, said: list[tuple[str, datetime]]) -> bool:
    """Whether a quarter of an hour after the start the resident waited and knew nothing."""
    by = visit.starts_at + 15 * _MINUTE
    if visit.came_at is not None and visit.came_at <= by:
        return False
    since = visit.given_back_at or visit.starts_at - 30 * _MINUTE
    return not any(kind in _TOLD and since <= at <= by for kind, at in said)


def _untrue(kind: str, at: datetime, visits: list[_Visit]) -> bool:
    """Whether what was said then is not how it was."""
    agreed = [one for one in visits if one.agreed_at <= at]
    if not agreed:
        return False
    visit = max(agreed, key=lambda one: one.agreed_at)
    if kind in ("visit-late", "visit-late-under-way"):
        under_way = visit.set_out_at is not None and visit.set_out_at <= at
        there = visit.came_at is not None and visit.came_at <= at
        return there or at < visit.starts_at or (kind == "visit-late-under-way" and not under_way)
    if kind == "visit-unconfirmed":
        last_question = visit.starts_at - 60 * _MINUTE
        return any(moment >= last_question for moment in visit.confirmed if moment <= at)
    if kind == "provider-dropped-out":
        return visit.came_at is not None and visit.came_at <= at
    return False


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--jobs", type=int, default=560, help="jobs posted")
    parser.add_argument("--providers", type=int, default=150, help="people who do such work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="nothing but the line of figures")
    asked = parser.parse_args()
    with stage.set_up("visits", durable=False) as on:
        fortnight = Fortnight(jobs_wanted=asked.jobs, providers=asked.providers, seed=asked.seed)
        with waiting.step("Living a fortnight", asked.jobs) as advance:
            fortnight.play(advance)
        print(
            json.dumps({"machine": report.machine(on.engine, on.redis.url), **fortnight.judged()})
        )


if __name__ == "__main__":
    main()
