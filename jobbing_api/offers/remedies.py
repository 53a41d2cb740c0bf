"""What would help a job that nobody came for, and how much: each remedy is tried on the
record before it is told.

Hides: how a job looks that is asked about again on other terms, and that only what would
reach more people is a remedy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from jobbing_api import errors, jobs
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.offers import filling, waiting
from jobbing_api.offers.requests import Case, case_of

REMEDIES = ("another-day", "higher-price", "choose", "wait-list")
ANOTHER_DAY, HIGHER_PRICE, CHOOSE, WAIT_LIST = REMEDIES

#: People are counted no farther than this: twenty is as good as more.
COUNTED_AT_MOST = 20

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """Something that would reach ``would_reach`` people where asking again on the same
    terms reaches ``instead_of``, both counted up to ``COUNTED_AT_MOST``.

    ``changes`` are what ``dispatch`` takes; None for the wait list, which asks nobody yet:
    it would reach those who have no time now.
    """

    kind: str
    would_reach: int
    instead_of: int
    changes: Mapping[str, Any] | None


def remedies_of(session: Session, job: jobs_models.Job, *, now: datetime) -> list[Remedy]:
    """What would help an unfilled job, counted by the very search that a dispatch on these
    terms begins with; nothing for a job in any other state."""
    if job.state != JobState.UNFILLED:
        return []
    case = case_of(session, job, now=now)
    case = dataclasses.replace(case, job=_on_terms(job, {}, now=now))

    def count(other: Case) -> filling.Reach:
        return filling.reach(session, other, at_most=COUNTED_AT_MOST, now=now)

    if now >= waiting.latest_start(job):
        # Only another day can be asked for.
        return list(on_other_terms(case, count, instead_of=0, fell_out=None, now=now))
    if count(case).count >= COUNTED_AT_MOST:
        # So many can simply be asked again that nothing has to be any different.
        return []
    found = filling.reach(session, case, at_most=COUNTED_AT_MOST, judge="everybody", now=now)
    helping = list(
        on_other_terms(case, count, instead_of=found.count, fell_out=found.fell_out, now=now)
    )
    if not waiting.waits(session, job):
        busy = sum(n for name, n in found.fell_out.items() if name in _MAY_BE_FREE_LATER)
        helping.append(
            Remedy(
                kind=WAIT_LIST,
                would_reach=min(busy, COUNTED_AT_MOST),
                instead_of=found.count,
                changes=None,
            )
        )
    return helping


#: By which filters somebody falls out whom another day, or another price, would bring. A
#: favourite is asked from farther away than others, and "radius" may hide their calendar.
_BY_DAY = frozenset({"slot", "radius"})
_BY_PRICE = frozenset({"price"})

#: Who falls out by one of these may come after all, if nothing changes but the hour.
_MAY_BE_FREE_LATER = frozenset({"offline", "slot", "live-offers", "daily-offers"})


def on_other_terms(
    case: Case,
    count: Callable[[Case], filling.Reach],
    *,
    instead_of: int,
    fell_out: Mapping[str, int] | None,
    now: datetime,
) -> Iterator[Remedy]:
    """Other terms on which ``count`` finds more people than ``instead_of``. Nothing is tried
    that would bring none of those who ``fell_out``, where that is known."""

    def reached(changes: Mapping[str, Any]) -> filling.Reach:
        return count(dataclasses.replace(case, job=_on_terms(case.job, changes, now=now)))

    tried = []
    if fell_out is None or fell_out.keys() & _BY_DAY:
        day = _best_day(case, reached, now=now)
        tried = [] if day is None else [(ANOTHER_DAY, *day)]
    if fell_out is not None and fell_out.keys() & _BY_PRICE:
        tried += [(kind, changes, reached(changes).count) for kind, changes in _same_day(case)]
    for kind, changes, would_reach in tried:
        if would_reach > instead_of:
            yield Remedy(kind=kind, would_reach=would_reach, instead_of=instead_of, changes=changes)


def _same_day(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    job = case.job
    if job.budget_cents is not None:
        more = math.ceil(job.budget_cents * (1 + case.policy.remedy_raise_share))
        yield HIGHER_PRICE, {"budget_kind": job.budget_kind, "budget_cents": more}
    if job.urgency != "now" and job.budget_kind != "quotes":
        yield CHOOSE, {"mode": "choose", "budget_kind": "quotes", "budget_cents": None}


def _best_day(
    case: Case, reached: Callable[[Mapping[str, Any]], filling.Reach], *, now: datetime
) -> tuple[dict[str, Any], int] | None:
    """The same hours on the day on which most could come within their own hours, the first
    of those; and how many would be asked."""
    best: tuple[dict[str, Any], filling.Reach] | None = None
    for window_from, window_to in _other_days(case, now=now):
        changes = {"window_from": window_from, "window_to": window_to}
        found = reached(changes)
        if best is None or (found.within_hours, found.count) > (
            best[1].within_hours,
            best[1].count,
        ):
            best = changes, found
        if found.within_hours >= COUNTED_AT_MOST:
            break
    return None if best is None else (best[0], best[1].count)


def _other_days(case: Case, *, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Windows of the same hours by the market's clock, as many days ahead as the policy
    says, that may still be asked for. A window of several days moves by its length."""
    job, zone = case.job, ZoneInfo(case.market.time_zone)
    length = math.ceil((job.window_to - job.window_from) / _DAY)
    past = max(0, math.ceil((now - waiting.latest_start(job)) / _DAY))
    for ahead in range(max(1, case.policy.remedy_days // length)):
        days = timedelta(days=max(past, length) + length * ahead)
        window = _moved(job.window_from, days, zone), _moved(job.window_to, days, zone)
        try:
            jobs.check_window(*window, job.duration_minutes, urgency=job.urgency, now=now)
        except errors.InvalidInput:
            # For now is not tomorrow, and nothing is later than the horizon.
            continue
        yield window


def _moved(at: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The same hour of the local clock, days later."""
    local = at.astimezone(zone).replace(tzinfo=None) + days
    return local.replace(tzinfo=zone).astimezone(UTC)


def _on_terms(
    job: jobs_models.Job, changes: Mapping[str, Any], *, now: datetime
) -> jobs_models.Job:
    """The job as it would be, asked about anew with these changes; no session knows of it."""
    columns = {one.key: getattr(job, one.key) for one in inspect(jobs_models.Job).column_attrs}
    again = {"round": job.round + 1, "wave": 0, "round_opened_at": now}
    return jobs_models.Job(
        **{**columns, **again, **changes}, market=job.market, category=job.category
    )
