"""A job that comes again, weekly or monthly: each time asked about ahead, any one of them
skipped or moved.

Hides: that an occurrence is asked about once, whoever asks and however often, and when the
clock has to look at a series again. Which dates a rule has is ``recurrence``'s.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from jobbing_api import database, dues, errors, history, markets, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, posting, recurrence, rules, telling
from jobbing_api.lifecycle import JobState
from jobbing_api.markets import local_time

#: What becomes due about a series: its next occurrence is asked about.
ASK = "series-ask"

#: More would be no household.
MOST = 50

#: An occurrence is moved by less than this, so that none overtakes two others.
_MOVED_AT_MOST = timedelta(days=31)

#: The first may lie so far ahead.
_BEGINS_WITHIN = timedelta(days=365)

_WORTH_SENDING = timedelta(days=3)

#: So many are shown.
_SHOWN = 12

#: Nobody names a date further off than the last of those shown may be: so many times a year.
_NAMED_WITHIN = timedelta(days=366 * (_SHOWN + 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A series with the job it repeats, and what of it is still to come."""

    series: models.Series
    job: models.Job
    occurrences: Sequence[recurrence.Occurrence]


def repeat(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    rule: recurrence.Rule,
    window_from: datetime,
    window_to: datetime,
    same_provider: bool,
    now: datetime,
) -> models.Series:
    """Have a job of one's own done again and again, the first time in this window. Whoever
    did it last is asked first, with ``same_provider``.

    Raises NotFound for anybody else's job, InvalidInput for a rule or a window that makes
    no sense, or one series too many.
    """
    job = session.get(models.Job, job_id)
    if job is None or job.resident_id != account.id:
        raise errors.NotFound()
    # One after the other: so many and no more.
    session.get_one(accounts_models.Account, account.id, with_for_update={"key_share": True})
    live = select(func.count()).where(
        models.Series.resident_id == account.id, models.Series.ended_at.is_(None)
    )
    if (session.scalar(live) or 0) >= MOST:
        raise errors.InvalidInput(fields={"window": ["field-too-many-series"]}, most=MOST)
    _check_window(job, window_from, window_to, now=now)
    if window_from > now + _BEGINS_WITHIN:
        raise errors.InvalidInput(fields={"window.from": ["window-too-far-ahead"]})
    local = local_time.zone(job.market.time_zone)
    begins = window_from.astimezone(local).replace(tzinfo=None, fold=0)
    recurrence.check_end(rule, begins)
    series = models.Series(
        id=database.new_id(),
        market_id=job.market_id,
        resident_id=account.id,
        job_id=job.id,
        begins=begins,
        frequency=rule.frequency,
        interval=rule.interval,
        weekdays=recurrence.weekdays(rule, begins),
        by=rule.by,
        times=rule.times,
        until=rule.until,
        window_minutes=recurrence.window_minutes(window_from, window_to, job.market.time_zone),
        same_provider=same_provider,
        created_at=now,
    )
    session.add(series)
    session.flush()
    _record(session, "series-start", series, actor=account, now=now)
    _await_next(session, series, now=now)
    session.flush()
    return series


def series_of(
    session: Session, series_id: uuid.UUID, account: accounts_models.Account
) -> models.Series:
    """One's own series. Raises NotFound."""
    series = session.get(models.Series, series_id)
    if series is None or series.resident_id != account.id:
        raise errors.NotFound()
    return series


def list_series(
    session: Session,
    account: accounts_models.Account,
    *,
    limit: int,
    after: uuid.UUID | None = None,
) -> list[models.Series]:
    """One's series, those that go on and those that are over, latest first, below
    ``after``."""
    row = models.Series
    query = select(row).where(row.resident_id == account.id).order_by(row.id.desc()).limit(limit)
    if after is not None:
        query = query.where(row.id < after)
    return list(session.scalars(query))


def shown(session: Session, several: Sequence[models.Series], *, now: datetime) -> list[Shown]:
    """Series with what is to come of each, in three statements however many they are."""
    ids = [series.id for series in several]
    known = _known(session, ids)
    repeated = {
        job.id: job
        for job in session.scalars(
            select(models.Job).where(models.Job.id.in_([series.job_id for series in several]))
        )
    }
    return [
        Shown(
            series=series,
            job=repeated[series.job_id],
            occurrences=_to_come(
                series, repeated[series.job_id].market.time_zone, known[series.id], now=now
            ),
        )
        for series in several
    ]


def _to_come(
    series: models.Series, time_zone: str, past: recurrence.Past, *, now: datetime
) -> list[recurrence.Occurrence]:
    """The next ones; a rule may have no end."""
    found = recurrence.occurrences(series, time_zone, past, from_=now - _MOVED_AT_MOST)
    return list(itertools.islice((one for one in found if one.window_to > now), _SHOWN))


def skip(
    session: Session,
    series_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    on: date,
    now: datetime,
) -> models.Series:
    """Leave out the occurrence of this local date. Skipped twice is skipped once.

    Raises NotFound for a date that is none of the series', IllegalMove once it was asked
    about: that job is called off like any other.
    """
    series, one = _held(session, series_id, account, on=on, now=now)
    if one.state != "skipped":
        _except(session, series, on, kind="skipped")
        _record(session, "occurrence-skip", series, actor=account, on=on, now=now)
        _await_next(session, series, now=now)
    return series


def move_one(
    session: Session,
    series_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    on: date,
    window_from: datetime,
    window_to: datetime,
    now: datetime,
) -> models.Series:
    """Have the occurrence of this local date in another window; the others stay.

    Raises as ``skip`` does, InvalidInput for a window that makes no sense or lies more
    than a month away from where it was.
    """
    series, one = _held(session, series_id, account, on=on, now=now)
    _check_window(session.get_one(models.Job, series.job_id), window_from, window_to, now=now)
    from_, _ = recurrence.regular(series, on, _zone_of(session, series))
    if abs(window_from - from_) >= _MOVED_AT_MOST:
        raise errors.InvalidInput(fields={"window.from": ["moved-too-far"]})
    if (one.window_from, one.window_to) != (window_from, window_to):
        _except(session, series, on, kind="moved", window_from=window_from, window_to=window_to)
        _record(session, "occurrence-move", series, actor=account, on=on, now=now)
        _await_next(session, series, now=now)
    return series


def restore(
    session: Session,
    series_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    on: date,
    now: datetime,
) -> models.Series:
    """Have the occurrence of this local date after all, at its usual hour. Raises as
    ``skip`` does, InvalidInput where that hour has passed."""
    series, one = _held(session, series_id, account, on=on, now=now)
    if one.state in ("skipped", "moved"):
        from_, to = recurrence.regular(series, on, _zone_of(session, series))
        _check_window(session.get_one(models.Job, series.job_id), from_, to, now=now)
        session.execute(
            delete(models.SeriesException).where(
                models.SeriesException.series_id == series.id, models.SeriesException.on == on
            )
        )
        _record(session, "occurrence-restore", series, actor=account, on=on, now=now)
        _await_next(session, series, now=now)
    return series


def end(
    session: Session, series_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Series:
    """Ask no more. What was asked about already stays; ended twice is ended once."""
    series = _own(session, series_id, account)
    if series.ended_at is None:
        series.ended_at, series.ended_because = now, "resident"
        dues.strike(session, series.id, [ASK])
        _record(session, "series-end", series, actor=account, now=now)
        session.flush()
    return series


def ask_ahead(session: Session, series_id: uuid.UUID, *, now: datetime) -> None:
    """Post what is due of a series, and say when to look again.

    An occurrence that cannot be posted, or whose hour has passed while no clock ran, is
    missed, and its resident told why; the next is not held up by it.
    """
    series = _lock(session, series_id)
    if series is None or not dues.take(session, ASK, series_id, now=now):
        return
    if series.ended_at is not None:
        return
    for one in _due(session, series, now=now):
        try:
            with session.begin_nested():
                _ask(session, series, one, now=now)
        except errors.DomainError as error:
            _miss(session, series, one, because=error.slug, now=now)
    _await_next(session, series, now=now)


# One by one ------------------------------------------------------------------------------


def _ask(
    session: Session, series: models.Series, one: recurrence.Occurrence, *, now: datetime
) -> None:
    resident = session.get_one(accounts_models.Account, series.resident_id)
    if resident.suspended_at is not None:
        raise errors.NotAllowed()
    job = posting.repeat(
        session,
        session.get_one(models.Job, series.job_id),
        resident,
        window=(one.window_from, one.window_to),
        like=_last_done(session, series) if series.same_provider else None,
        series=(series.id, one.on),
        now=now,
    )
    telling.tell(
        session,
        job,
        series.resident_id,
        "job-repeated",
        now=now,
        starts_at=job.window_from,
        until=one.window_to,
    )


def _miss(
    session: Session,
    series: models.Series,
    one: recurrence.Occurrence,
    *,
    because: str,
    now: datetime,
) -> None:
    _except(session, series, one.on, kind="missed")
    _record(session, "occurrence-missed", series, on=one.on, because=because, now=now)
    job = session.get_one(models.Job, series.job_id)
    notifications.tell(
        session,
        series.resident_id,
        "repeat-missed",
        about="job",
        subject_id=job.id,
        market_id=series.market_id,
        params={
            "category": job.category.names,
            "time_zone": job.market.time_zone,
            "starts_at": one.window_from.isoformat(),
        },
        now=now,
        expires_at=now + _WORTH_SENDING,
        collapse_key=f"series-{series.id}",
    )


def _last_done(session: Session, series: models.Series) -> models.Job | None:
    """The last of the series that somebody did; the job it repeats counts too."""
    job = models.Job
    return session.scalars(
        select(job)
        .where(
            (job.series_id == series.id) | (job.id == series.job_id),
            job.state.in_((JobState.FINISHED, JobState.COMPLETED)),
            job.order.is_not(None),
        )
        .order_by(job.starts_at.desc())
        .limit(1)
    ).first()


def _held(
    session: Session,
    series_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    on: date,
    now: datetime,
) -> tuple[models.Series, recurrence.Occurrence]:
    """The series, locked, and the occurrence that is to be changed."""
    series = _own(session, series_id, account)
    if series.ended_at is not None:
        raise errors.IllegalMove(state="ended")
    if on > max(now, series.created_at + _BEGINS_WITHIN).date() + _NAMED_WITHIN:
        # Counting up to it would take long, and nobody has seen it.
        raise errors.NotFound()
    past = _known(session, [series_id])[series_id]
    found = next(recurrence.occurrences(series, _zone_of(session, series), past, on=on), None)
    if found is None:
        raise errors.NotFound()
    if found.state in ("asked", "missed"):
        raise errors.IllegalMove(state=found.state)
    if found.window_to <= now:
        raise errors.IllegalMove(state="missed")
    return series, found


def _own(session: Session, series_id: uuid.UUID, account: accounts_models.Account) -> models.Series:
    """One's own series, locked."""
    series = _lock(session, series_id)
    if series is None or series.resident_id != account.id:
        raise errors.NotFound()
    return series


def _lock(session: Session, series_id: uuid.UUID) -> models.Series | None:
    return session.get(models.Series, series_id, with_for_update=True, populate_existing=True)


def _except(
    session: Session,
    series: models.Series,
    on: date,
    *,
    kind: str,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
) -> None:
    session.merge(
        models.SeriesException(
            series_id=series.id,
            on=on,
            kind=kind,
            window_from=window_from,
            window_to=window_to,
        )
    )
    session.flush()


# When ------------------------------------------------------------------------------------


def _known(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, recurrence.Past]:
    exceptions: dict[uuid.UUID, dict[date, models.SeriesException]] = {one: {} for one in ids}
    asked: dict[uuid.UUID, dict[date, uuid.UUID]] = {one: {} for one in ids}
    row, job = models.SeriesException, models.Job
    for one in session.scalars(select(row).where(row.series_id.in_(ids))):
        exceptions[one.series_id][one.on] = one
    posted = select(job.series_id, job.occurs_on, job.id).where(job.series_id.in_(ids))
    for series_id, on, job_id in session.execute(posted):
        if series_id is not None and on is not None:
            asked[series_id][on] = job_id
    return {one: recurrence.Past(exceptions[one], asked[one]) for one in ids}


def _due(session: Session, series: models.Series, *, now: datetime) -> list[recurrence.Occurrence]:
    """What is to be asked about now; what was to be and cannot be any more is missed."""
    job = session.get_one(models.Job, series.job_id)
    ahead = _ahead(session, job, now=now)
    due = []
    for one in _open(session, series, now=now):
        if one.window_from - _MOVED_AT_MOST - ahead > now:
            break
        if one.window_to - timedelta(minutes=job.duration_minutes) < now:
            _miss(session, series, one, because="window-past", now=now)
        elif one.window_from - ahead <= now:
            due.append(one)
    return due


def _await_next(session: Session, series: models.Series, *, now: datetime) -> None:
    """Have the clock look at the series when its next occurrence is to be asked about; a
    series without one is over."""
    job = session.get_one(models.Job, series.job_id)
    ahead = _ahead(session, job, now=now)
    next_at: datetime | None = None
    for one in _open(session, series, now=now):
        at = one.window_from - ahead
        next_at = at if next_at is None else min(next_at, at)
        # A later one may have been moved before it, but not by more than this.
        if at - _MOVED_AT_MOST > next_at:
            break
    if next_at is None:
        series.ended_at, series.ended_because = now, "over"
        dues.strike(session, series.id, [ASK])
        _record(session, "series-over", series, now=now)
    else:
        dues.put(session, series.id, market_id=series.market_id, at={ASK: max(next_at, now)})
    session.flush()


def _open(
    session: Session, series: models.Series, *, now: datetime
) -> Iterator[recurrence.Occurrence]:
    """What was neither asked about nor skipped nor missed, in the order of the rule."""
    found = recurrence.occurrences(
        series,
        _zone_of(session, series),
        _known(session, [series.id])[series.id],
        from_=now - 2 * _MOVED_AT_MOST,
    )
    return (one for one in found if one.state in ("planned", "moved"))


def _ahead(session: Session, job: models.Job, *, now: datetime) -> timedelta:
    return timedelta(days=rules.policy_of(session, job, now=now).repeat_ahead_days)


def _zone_of(session: Session, series: models.Series) -> str:
    return session.get_one(markets.models.Market, series.market_id).time_zone


def _check_window(
    job: models.Job, window_from: datetime, window_to: datetime, *, now: datetime
) -> None:
    if window_from < now:
        raise errors.InvalidInput(fields={"window.from": ["window-past"]})
    if window_to <= window_from:
        raise errors.InvalidInput(fields={"window.to": ["window-ends-before-it-starts"]})
    if window_to - window_from < timedelta(minutes=job.duration_minutes):
        raise errors.InvalidInput(fields={"window": ["window-shorter-than-the-job"]})
    if window_to - window_from > posting.HORIZON / 2:
        raise errors.InvalidInput(fields={"window.to": ["window-too-long"]})


def _record(
    session: Session,
    event: str,
    series: models.Series,
    *,
    now: datetime,
    actor: accounts_models.Account | None = None,
    on: date | None = None,
    because: str | None = None,
) -> None:
    history.record(
        session,
        event,
        at=now,
        actor_role="system" if actor is None else "resident",
        actor_id=None if actor is None else actor.id,
        market_id=series.market_id,
        job_id=series.job_id,
        reason=because,
        data={"series": str(series.id), **({} if on is None else {"on": on.isoformat()})},
    )
