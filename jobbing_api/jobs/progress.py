"""Work that takes its time: what was said of it on the way, when it rested, and for how
long somebody really worked.

Hides: the stretches of a time sheet, what becomes due about work (a picture on the way, a
question when nothing is heard, a confirmation that nobody gives), and that every sign of
life puts the question off.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobbing_api import database, dues, errors, files, geography, history, markets, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, moves, posting, questions, reading, rules, telling
from jobbing_api.lifecycle import JobMove, JobState

#: What becomes due about work: a word on the way, a question, a reminder, an end.
CHECK_IN, STALLED = "check-in", "work-stalled"
REMIND, SILENT_YES = "confirm-reminder", "auto-confirm"
REDO_AGREE, REDO_DONE = "redo-agree", "redo-done"
_AT_WORK = (CHECK_IN, STALLED)
_AFTERWARDS = (REMIND, SILENT_YES)
_REDO = (REDO_AGREE, REDO_DONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What was said of a job's work, oldest first, and when somebody worked."""

    check_ins: Sequence[models.CheckIn]
    stretches: Sequence[models.WorkStretch]

    def worked(self, *, now: datetime) -> timedelta:
        """How long in all; a stretch that is not over lasts until ``now``."""
        return sum(
            ((one.ended_at or now) - one.began_at for one in self.stretches), start=timedelta(0)
        )


def progress_of(session: Session, job_id: uuid.UUID) -> Progress:
    """How the work on a job went so far."""
    said, worked = models.CheckIn, models.WorkStretch
    return Progress(
        check_ins=session.scalars(
            select(said).where(said.job_id == job_id).order_by(said.at, said.id)
        ).all(),
        stretches=session.scalars(
            select(worked).where(worked.job_id == job_id).order_by(worked.began_at, worked.id)
        ).all(),
    )


# Beginning and ending ---------------------------------------------------------------------


def begin(session: Session, job: models.Job, policy: markets.Policy, *, now: datetime) -> None:
    """Somebody is at work from now on. The caller holds the job."""
    session.add(models.WorkStretch(id=database.new_id(), job_id=job.id, began_at=now))
    at = {
        CHECK_IN: now + timedelta(minutes=policy.check_in_every_min),
        STALLED: _stalled_at(job, policy, now=now),
    }
    dues.put(session, job.id, market_id=job.market_id, at=at)


def rest(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Nobody is at work any more; nothing to do where nobody was."""
    session.execute(
        update(models.WorkStretch)
        .where(models.WorkStretch.job_id == job_id, models.WorkStretch.ended_at.is_(None))
        .values(ended_at=now),
        execution_options={"synchronize_session": False},
    )


def end(session: Session, job: models.Job, *, now: datetime) -> None:
    """The work is done, says who did it: it is for the resident to confirm, and silence is
    a yes after some days. The caller holds the job."""
    rest(session, job.id, now=now)
    dues.strike(session, job.id, (*_AT_WORK, *_REDO))
    policy = rules.policy_of(session, job, now=now)
    at = {SILENT_YES: now + timedelta(minutes=policy.auto_confirm_min)}
    if policy.confirm_reminders_min:
        at[REMIND] = now + timedelta(minutes=policy.confirm_reminders_min[0])
    dues.put(session, job.id, market_id=job.market_id, at=at)


def settle(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Nothing is due about this work any more, nor asked about what it costs: it is
    confirmed, or in dispute."""
    rest(session, job_id, now=now)
    questions.withdraw(session, models.ChangeOrder, job_id, now=now)
    dues.strike(session, job_id, (*_AT_WORK, *_AFTERWARDS, *_REDO))


def begin_again(
    session: Session, job: models.Job, policy: markets.Policy, *, now: datetime
) -> None:
    """Something is to be put right: a date agreed within days, done within a week, or the
    resident is told what else there is. Rests until somebody is there again."""
    dues.strike(session, job.id, _AFTERWARDS)
    at = {
        REDO_AGREE: now + timedelta(minutes=policy.redo_agree_min),
        REDO_DONE: now + timedelta(days=policy.redo_done_days),
    }
    dues.put(session, job.id, market_id=job.market_id, at=at)


# On the way ----------------------------------------------------------------------------


def check_in(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    kind: str,
    text: str,
    waits_for: str | None,
    photos: Sequence[uuid.UUID] = (),
    now: datetime,
) -> models.CheckIn:
    """The provider says how it goes, and shows it: ``progress``, ``pause``, ``blocked`` (and
    what it ``waits_for``), ``resume``. Paused twice is paused once; every word is kept.

    Raises IllegalMove unless work is under way, InvalidInput for a block without what it
    waits for and for photos that are not the provider's to use.
    """
    job, _ = reading.hold(session, job_id, account, only="provider", now=now)
    if job.state != JobState.IN_PROGRESS:
        raise errors.IllegalMove(state=str(job.state))
    if (kind == "blocked") != (waits_for is not None):
        code = "waits-for-required" if kind == "blocked" else "waits-for-when-blocked"
        raise errors.InvalidInput(fields={"waits_for": [code]})
    said = write(
        session, job, account, kind=kind, text=text, waits_for=waits_for, photos=photos, now=now
    )
    rested = job.paused_at is not None or job.blocked_at is not None
    if kind == "resume" and rested:
        job.paused_at = job.blocked_at = job.blocked_because = None
        session.add(models.WorkStretch(id=database.new_id(), job_id=job.id, began_at=now))
        dues.strike(session, job.id, [REDO_AGREE])
    elif kind == "pause":
        job.paused_at = job.paused_at or now
        rest(session, job.id, now=now)
    elif kind == "blocked":
        job.blocked_at, job.blocked_because = job.blocked_at or now, waits_for
        rest(session, job.id, now=now)
    job.version += 1
    session.flush()
    sign_of_life(session, job, now=now)
    history.record(
        session,
        f"work-{kind}",
        at=now,
        actor_role="provider",
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        reason=waits_for,
    )
    if kind in ("progress", "blocked"):
        telling.tell(session, job, job.resident_id, f"work-{kind}", now=now)
    return said


def write(
    session: Session,
    job: models.Job,
    account: accounts_models.Account,
    *,
    kind: str,
    text: str,
    waits_for: str | None = None,
    photos: Sequence[uuid.UUID] = (),
    now: datetime,
) -> models.CheckIn:
    """Keep what was said of a job's work, and what was shown with it. The caller holds the
    job. Raises InvalidInput for photos that are not the account's to use."""
    said = models.CheckIn(
        id=database.new_id(),
        market_id=job.market_id,
        job_id=job.id,
        author_id=account.id,
        kind=kind,
        text=text,
        waits_for=waits_for,
        at=now,
    )
    session.add(said)
    if photos:
        files.attach(
            session, photos, owner=account, to="check", subject_id=said.id, job_id=job.id, now=now
        )
    return said


def sign_of_life(session: Session, job: models.Job, *, now: datetime) -> None:
    """Something was heard of work that is under way: nobody asks what blocks it before it
    should be over, or, where it rests, before another day."""
    if job.state != JobState.IN_PROGRESS or job.started_at is None:
        return
    policy = rules.policy_of(session, job, now=now)
    at = {STALLED: _stalled_at(job, policy, now=now)}
    dues.put(session, job.id, market_id=job.market_id, at=at)


def _stalled_at(job: models.Job, policy: markets.Policy, *, now: datetime) -> datetime:
    assert job.started_at is not None
    if job.paused_at is not None or job.blocked_at is not None:
        return now + timedelta(minutes=policy.stalled_at_rest_min)
    over_at = job.started_at + timedelta(minutes=job.duration_minutes)
    return max(now, over_at) + timedelta(minutes=policy.stalled_after_min)


def ask_for_word(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Work has lasted: ask for a picture on the way, unless there was word just now."""
    job = moves.due(session, CHECK_IN, job_id, state=JobState.IN_PROGRESS, now=now)
    if job is None:
        return
    every = timedelta(minutes=rules.policy_of(session, job, now=now).check_in_every_min)
    said = models.CheckIn
    last_at = session.scalar(
        select(said.at).where(said.job_id == job_id).order_by(said.at.desc()).limit(1)
    )
    at_rest = job.paused_at is not None or job.blocked_at is not None
    if not at_rest and (last_at is None or last_at <= now - every):
        telling.tell(session, job, job.provider_id, "check-in-asked", now=now)
    due_at = now + every if last_at is None else max(last_at, now - every) + every
    dues.put(session, job_id, market_id=job.market_id, at={CHECK_IN: max(due_at, now + every / 2)})


def ask_what_blocks(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Nothing was heard of the work for long: ask what blocks it, and tell the resident
    that we did."""
    job = moves.due(session, STALLED, job_id, state=JobState.IN_PROGRESS, now=now)
    if job is None:
        return
    telling.tell(session, job, job.provider_id, "work-stalled", now=now)
    telling.tell(session, job, job.resident_id, "work-quiet", now=now)
    _record(session, "work-stalled", job, now=now)
    again_at = now + timedelta(minutes=rules.policy_of(session, job, now=now).stalled_at_rest_min)
    dues.put(session, job_id, market_id=job.market_id, at={STALLED: again_at})


# Afterwards ----------------------------------------------------------------------------


def remind(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Work is done and the resident has said nothing: remind them that silence is a yes."""
    job = moves.due(session, REMIND, job_id, state=JobState.FINISHED, now=now)
    if job is None or job.finished_at is None:
        return
    telling.tell(session, job, job.resident_id, "confirm-reminder", now=now)
    at = [
        job.finished_at + timedelta(minutes=after)
        for after in rules.policy_of(session, job, now=now).confirm_reminders_min
    ]
    again_at = min((one for one in at if one > now), default=None)
    if again_at is not None:
        dues.put(session, job_id, market_id=job.market_id, at={REMIND: again_at})


def confirm_by_silence(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """The days to object are over: the job is completed."""
    job = moves.due(session, SILENT_YES, job_id, state=JobState.FINISHED, now=now)
    if job is None:
        return
    settle(session, job_id, now=now)
    job = moves.move(
        session,
        job_id,
        JobMove.CONFIRM,
        now=now,
        actor_role="system",
        reason="nothing-said",
        changes={"completed_at": now},
    )
    for account_id in (job.resident_id, job.provider_id):
        telling.tell(session, job, account_id, "job-completed", now=now)


def set_redo_date(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    starts_at: datetime,
    minutes: int,
    now: datetime,
) -> models.Job:
    """The provider comes again at that hour to put it right; their calendar holds it.

    Raises IllegalMove unless something is to be put right, InvalidInput for an hour that is
    past or too far ahead, CalendarConflict, and PaperRequired if a paper the market insists
    on does not hold for it.
    """
    job, _ = reading.hold(session, job_id, account, only="provider", now=now)
    if job.state != JobState.IN_PROGRESS or job.redone_at is None:
        raise errors.IllegalMove(state=str(job.state))
    if starts_at <= now:
        raise errors.InvalidInput(fields={"starts_at": ["window-past"]})
    # Compared before anything is added: there is no hour after the last of the calendar.
    duration = timedelta(minutes=minutes)
    if starts_at > now + posting.HORIZON - duration:
        raise errors.InvalidInput(fields={"starts_at": ["window-too-far-ahead"]})
    ends_at = starts_at + duration
    policy = rules.policy_of(session, job, now=now)
    providers.lock(session, [account.id])
    rules.check_papers(
        session,
        job,
        policy,
        provider_id=account.id,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )
    providers.release(session, job_id=job.id, because="came", now=now)
    providers.book(
        session,
        market_id=job.market_id,
        provider_id=account.id,
        job_id=job.id,
        starts_at=starts_at,
        ends_at=ends_at,
        buffer_minutes=policy.travel_buffer_min,
        place=geography.lon_lat(job.location),
        now=now,
    )
    job.starts_at, job.ends_at = starts_at, ends_at
    job.version += 1
    dues.strike(session, job.id, [REDO_AGREE])
    history.record(
        session,
        "redo-date",
        at=now,
        actor_role="provider",
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        data={"starts_at": starts_at.isoformat()},
    )
    telling.tell(session, job, job.resident_id, "redo-date", now=now)
    session.flush()
    return job


def tell_of_redo(
    session: Session, job_id: uuid.UUID, *, kind: str = REDO_DONE, now: datetime
) -> None:
    """What was to be put right has no date yet, or is not done: tell both, and the resident
    that a person can decide."""
    job = moves.due(session, kind, job_id, state=JobState.IN_PROGRESS, now=now)
    if job is None:
        return
    telling.tell(session, job, job.resident_id, "redo-overdue", now=now)
    telling.tell(session, job, job.provider_id, "redo-asked", now=now)
    _record(session, kind, job, now=now)


def _record(session: Session, event: str, job: models.Job, *, now: datetime) -> None:
    history.record(
        session, event, at=now, actor_role="system", market_id=job.market_id, job_id=job.id
    )
