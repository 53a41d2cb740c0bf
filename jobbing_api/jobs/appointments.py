"""Somebody is to come at an hour: confirmed beforehand, moved by both, called off by one.

Hides: the row of a visit, what becomes due about it and when, the code that is read out at
the door, and that moving a visit moves it out of nobody's charge.
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import (
    accounts,
    database,
    dues,
    errors,
    geography,
    history,
    markets,
    notifications,
    providers,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import calling_off, models, moves, posting, questions, reading, rules, telling
from jobbing_api.lifecycle import JobState

#: What becomes due about a visit; the last two are done by whoever asks providers.
CONFIRM, LATE = "visit-confirm", "visit-late"
BACKUP, ABSENT = "visit-backup", "visit-absent"
_KINDS = (CONFIRM, LATE, BACKUP, ABSENT)

#: After so many wrong codes there is another one, so that nobody tries them all.
_WRONG_CODES = 5

#: Whoever sets out and says no time is there by then: the widest reach at the pace of a town.
_LONGEST_TRIP = timedelta(minutes=90)

#: Nobody sets out sooner before the hour agreed: said days ahead it would be worth a fee at a
#: door where nobody stood.
_SETS_OUT_BEFORE = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The visit that is to come, and the hour one side asks for instead, if one does."""

    visit: models.Visit
    asked: models.Reschedule | None


def agree(
    session: Session,
    job: models.Job,
    *,
    offer_id: uuid.UUID,
    who_comes: str,
    policy: markets.Policy,
    now: datetime,
) -> None:
    """Somebody accepted: they are to come at the job's hour, or whoever they named."""
    assert job.provider_id is not None
    assert job.starts_at is not None
    session.add(
        models.Visit(
            offer_id=offer_id,
            market_id=job.market_id,
            job_id=job.id,
            provider_id=job.provider_id,
            agreed_at=now,
            least_fee_cents=0,
            least_points=0,
            start_code=_code(),
            wrong_codes=0,
            comes_name=who_comes,
            fee_cents=0,
            points=0,
        )
    )
    _watch(session, job, policy, now=now)


def _code() -> str:
    return f"{secrets.randbelow(10_000):04d}"


def _watch(session: Session, job: models.Job, policy: markets.Policy, *, now: datetime) -> None:
    """What becomes due of a visit at the job's hour."""
    assert job.starts_at is not None
    late, absent = policy.late_after_min, policy.absent_after_min
    at = {
        CONFIRM: _next_question(job.starts_at, policy, now=now),
        BACKUP: job.starts_at - timedelta(minutes=policy.backup_before_min),
        LATE: job.starts_at + timedelta(minutes=late),
        ABSENT: job.starts_at + timedelta(minutes=absent),
    }
    to_come = {kind: due_at for kind, due_at in at.items() if due_at and due_at > now}
    dues.put(session, job.id, market_id=job.market_id, at=to_come)


def _next_question(
    starts_at: datetime, policy: markets.Policy, *, now: datetime
) -> datetime | None:
    """When both are asked next whether it stands; None once there is no time left to."""
    asked = [starts_at - timedelta(minutes=before) for before in policy.confirm_visit_before_min]
    return min((at for at in asked if at > now), default=None)


def end_visit(
    session: Session,
    job: models.Job,
    because: str,
    *,
    now: datetime,
    costs: calling_off.Costs = calling_off.NOTHING,
) -> models.Visit | None:
    """The visit came to its end; nothing of it is due any more. None if there is none.
    The caller holds the job."""
    visit = _live(session, job.id)
    dues.strike(session, job.id, _KINDS)
    if visit is None:
        return None
    visit.ended_at, visit.ended_because = now, because
    visit.fee_cents, visit.points = costs.fee_cents, costs.points
    session.flush()
    questions.withdraw(session, models.Reschedule, job.id, now=now)
    if because != "came":
        # Whoever comes next is not to answer for an order that is no more.
        questions.withdraw(session, models.ChangeOrder, job.id, now=now)
    questions.withdraw(session, models.Substitution, job.id, now=now)
    if visit.points:
        _have_looked_at(session, job, visit, now=now)
    return visit


def _have_looked_at(
    session: Session, job: models.Job, visit: models.Visit, *, now: datetime
) -> None:
    """Too many points within some weeks: ask those who run the town to talk to whoever it
    is. Nothing else follows by itself."""
    policy = rules.policy_of(session, job, now=now)
    of_late = select(func.sum(models.Visit.points)).where(
        models.Visit.provider_id == visit.provider_id,
        models.Visit.points > 0,
        models.Visit.ended_at > now - timedelta(days=policy.points_days),
    )
    points = session.scalar(of_late) or 0
    if points < policy.points_before_review or points - visit.points >= policy.points_before_review:
        return
    history.record(
        session,
        "points-review",
        at=now,
        actor_role="system",
        market_id=job.market_id,
        account_id=visit.provider_id,
        data={"points": points},
    )
    for operator_id in accounts.operators_of(session, job.market_id):
        notifications.tell(
            session,
            operator_id,
            "points-review",
            about="account",
            subject_id=visit.provider_id,
            market_id=job.market_id,
            now=now,
            expires_at=now + timedelta(days=policy.points_days),
        )


def standing(session: Session, job_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """The visits that are to come of these jobs."""
    visit, asked = models.Visit, models.Reschedule
    rows = session.execute(
        select(visit, asked)
        .outerjoin(asked, (asked.visit_id == visit.offer_id) & (asked.state == "asked"))
        .where(visit.job_id.in_(list(job_ids)), visit.ended_at.is_(None))
    )
    return {row[0].job_id: Standing(visit=row[0], asked=row[1]) for row in rows}


def costs_now(
    session: Session, job: models.Job, *, role: str, now: datetime
) -> tuple[calling_off.Costs, datetime | None]:
    """What calling off the visit that is to come costs its ``resident`` or its
    ``provider``, and until when it costs nothing, if it ever does."""
    visit = _live(session, job.id)
    if job.state != JobState.ASSIGNED or visit is None:
        return calling_off.NOTHING, None
    policy = rules.policy_of(session, job, now=now)
    return (
        calling_off.costs(job, visit, policy, role=role, at=now),
        calling_off.free_until(job, visit, policy, role=role),
    )


def _live(session: Session, job_id: uuid.UUID) -> models.Visit | None:
    visit = models.Visit
    return session.scalars(
        select(visit).where(visit.job_id == job_id, visit.ended_at.is_(None)),
        execution_options={"populate_existing": True},
    ).one_or_none()


def to_come(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> tuple[models.Job, models.Visit, reading.Role]:
    """The job, locked, and the visit its resident and its provider wait for, with which of
    them asks."""
    job, role = reading.hold(session, job_id, account, now=now)
    if job.state != JobState.ASSIGNED:
        raise errors.IllegalMove(state=str(job.state))
    visit = _live(session, job_id)
    assert visit is not None, "a job with a provider has a visit"
    return job, visit, role


# Confirmed beforehand ------------------------------------------------------------------


def confirm_visit(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """It stands, says one of the two. Said again, the last time counts: a provider is asked
    once the day before and once shortly before."""
    job, visit, role = to_come(session, job_id, account, now=now)
    first = role == "provider" and not is_confirmed(visit)
    if role == "provider":
        visit.provider_confirmed_at = now
    else:
        visit.resident_confirmed_at = now
    job.version += 1
    moves.note(session, "visit-confirm", job, account, role, now=now)
    if first and visit.confirm_asked_at is not None:
        telling.tell(session, job, job.resident_id, "visit-confirmed", now=now)
    session.flush()
    return job


def is_confirmed(visit: models.Visit) -> bool:
    """Whether its provider said that they come since they were last asked; whoever agreed
    to it after that has just said so."""
    said = max(filter(None, (visit.agreed_at, visit.provider_confirmed_at)))
    return visit.confirm_asked_at is None or said >= visit.confirm_asked_at


def ask_to_confirm(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Ask whoever is to come whether they do, and tell the resident when that is."""
    job = moves.due(session, CONFIRM, job_id, state=JobState.ASSIGNED, now=now)
    visit = None if job is None else _live(session, job_id)
    if job is None or visit is None or job.starts_at is None:
        return
    visit.confirm_asked_at = now
    job.version += 1
    policy = rules.policy_of(session, job, now=now)
    again_at = _next_question(job.starts_at, policy, now=now)
    if again_at is not None:
        dues.put(session, job_id, market_id=job.market_id, at={CONFIRM: again_at})
    for account_id, kind in ((job.provider_id, "visit-confirm"), (job.resident_id, "visit-soon")):
        telling.tell(session, job, account_id, kind, now=now, until=job.starts_at)


# Late ----------------------------------------------------------------------------------


def set_out(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    minutes: int | None = None,
    now: datetime,
) -> models.Job:
    """The provider is on the way, and thinks to be there in so many minutes. Said twice,
    the first time counts, and the last estimate.

    Raises TooEarly while the hour agreed is further off than any way to it."""
    job, visit, role = to_come(session, job_id, account, now=now)
    if role != "provider":
        raise errors.NotAllowed()
    assert job.starts_at is not None
    if now < job.starts_at - _SETS_OUT_BEFORE:
        raise errors.TooEarly(minutes=-round(_SETS_OUT_BEFORE / timedelta(minutes=1)))
    if minutes is not None:
        visit.arrives_at = now + timedelta(minutes=minutes)
        job.version += 1
    if job.on_my_way_at is None:
        job.on_my_way_at = now
        job.version += 1
        moves.note(session, "on-my-way", job, account, role, now=now)
        telling.tell(session, job, job.resident_id, "on-my-way", now=now, visit=visit)
    session.flush()
    return job


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Somebody under way: where they were last, and when they are there, as far as either
    is known. The position is (lon, lat)."""

    set_out_at: datetime
    arrives_at: datetime | None
    position: geography.LonLat | None
    position_at: datetime | None


def arrival(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> Arrival:
    """For the resident alone, and only while somebody is under way to them. When they are
    there is told from where they are, else it is what they said themselves.

    Raises IllegalMove while nobody has set out.
    """
    job, visit, role = to_come(session, job_id, account, now=now)
    if role != "resident":
        raise errors.NotAllowed()
    if job.on_my_way_at is None:
        raise errors.IllegalMove(state=str(job.state))
    policy = rules.policy_of(session, job, now=now)
    fresh = max(job.on_my_way_at, now - timedelta(seconds=policy.fresh_position_s))
    seen = providers.position_of(session, visit.provider_id, since=fresh)
    if seen is None:
        return Arrival(
            set_out_at=job.on_my_way_at,
            arrives_at=visit.arrives_at,
            position=None,
            position_at=None,
        )
    position, position_at = seen
    left_km = geography.distance_m(position, geography.lon_lat(job.location)) / 1000
    return Arrival(
        set_out_at=job.on_my_way_at,
        arrives_at=position_at + timedelta(minutes=math.ceil(left_km * policy.travel_min_per_km)),
        position=position,
        position_at=position_at,
    )


def tell_late(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """The hour has passed and nobody began: tell both the truth."""
    job = moves.due(session, LATE, job_id, state=JobState.ASSIGNED, now=now)
    visit = None if job is None else _live(session, job_id)
    if job is None or visit is None:
        return
    known = "visit-late-under-way" if is_under_way(job, visit, now=now) else "visit-late"
    telling.tell(session, job, job.resident_id, known, now=now, visit=visit)
    telling.tell(session, job, job.provider_id, "visit-overdue", now=now)
    history.record(
        session, "visit-late", at=now, actor_role="system", market_id=job.market_id, job_id=job.id
    )


def is_under_way(job: models.Job, visit: models.Visit, *, now: datetime) -> bool:
    """Whether whoever is to come has set out, and is not past the time they gave; nobody
    who gave none is under way for longer than a trip may take, and nobody at all for that
    long past the hour agreed: a time that is put off again and again is none."""
    if job.on_my_way_at is None or job.starts_at is None:
        return False
    thought = visit.arrives_at or job.on_my_way_at + _LONGEST_TRIP
    return now <= min(thought, job.starts_at + _LONGEST_TRIP)


def enter(
    session: Session,
    job: models.Job,
    *,
    code: str | None,
    now: datetime,
) -> None:
    """The right person is at the door: the visit is over, work begins. Raises
    WrongStartCode unless it is the resident's code. The caller holds the job."""
    visit = _live(session, job.id)
    assert visit is not None, "a job with a provider has a visit"
    if code is not None and not secrets.compare_digest(code, visit.start_code):
        visit.wrong_codes += 1
        if visit.wrong_codes % _WRONG_CODES == 0:
            visit.start_code = _code()
            job.version += 1
            telling.tell(session, job, job.resident_id, "start-code-changed", now=now)
        session.flush()
        raise errors.WrongStartCode()
    end_visit(session, job, "came", now=now)


# Moved ---------------------------------------------------------------------------------


def ask_to_move(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    starts_at: datetime,
    now: datetime,
) -> models.Job:
    """Ask the other side for another hour; until they agree the present one stands. Asked
    again, the new one takes the place of the earlier.

    Raises InvalidInput for an hour that is past, the same, or too far ahead, and
    CalendarConflict if the provider holds another booking then, PaperRequired if a paper
    the market insists on is over by then.
    """
    job, visit, role = to_come(session, job_id, account, now=now)
    if starts_at <= now:
        raise errors.InvalidInput(fields={"starts_at": ["window-past"]})
    # Compared before anything is added: there is no hour after the last of the calendar.
    duration = timedelta(minutes=job.duration_minutes)
    if starts_at > now + posting.HORIZON - duration:
        raise errors.InvalidInput(fields={"starts_at": ["window-too-far-ahead"]})
    ends_at = starts_at + duration
    if starts_at == job.starts_at:
        raise errors.InvalidInput(fields={"starts_at": ["same-hour"]})
    if providers.is_taken(
        session, visit.provider_id, starts_at=starts_at, ends_at=ends_at, but_for=job.id
    ):
        raise errors.CalendarConflict()
    rules.check_papers(
        session,
        job,
        rules.policy_of(session, job, now=now),
        provider_id=visit.provider_id,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )
    questions.withdraw(session, models.Reschedule, job_id, now=now)
    session.add(
        models.Reschedule(
            id=database.new_id(),
            job_id=job.id,
            visit_id=visit.offer_id,
            asked_by=role,
            starts_at=starts_at,
            ends_at=ends_at,
            asked_at=now,
            state="asked",
        )
    )
    job.version += 1
    moves.note(
        session,
        "reschedule-ask",
        job,
        account,
        role,
        now=now,
        data={"starts_at": starts_at.isoformat()},
    )
    other = job.provider_id if role == "resident" else job.resident_id
    telling.tell(session, job, other, "reschedule-asked", now=now, starts_at=starts_at)
    session.flush()
    return job


def answer_move(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    agree: bool,
    now: datetime,
) -> models.Job:
    """The other side agrees to the hour that was asked for, or does not; whoever asked may
    take the question back.

    Raises NothingAsked where there is no such question, NotAllowed for whoever would agree
    to their own, CalendarConflict if the hour went meanwhile, and PaperRequired if a paper
    the market insists on does not hold for it.
    """
    job, visit, role = to_come(session, job_id, account, now=now)
    asked = questions.standing(session, models.Reschedule, job_id)
    if asked is None or asked.starts_at <= now:
        raise errors.NothingAsked()
    if agree and asked.asked_by == role:
        raise errors.NotAllowed()
    if not agree:
        asked.state = "withdrawn" if asked.asked_by == role else "refused"
        asked.ended_at = now
        job.version += 1
        moves.note(session, "reschedule-refuse", job, account, role, now=now)
        if asked.state == "refused":
            other = job.provider_id if role == "resident" else job.resident_id
            telling.tell(session, job, other, "reschedule-refused", now=now)
        session.flush()
        return job
    _move(session, job, visit, asked, account, role, now=now)
    return job


def _move(
    session: Session,
    job: models.Job,
    visit: models.Visit,
    asked: models.Reschedule,
    account: accounts_models.Account,
    role: reading.Role,
    *,
    now: datetime,
) -> None:
    policy = rules.policy_of(session, job, now=now)
    providers.lock(session, [visit.provider_id])
    rules.check_papers(
        session,
        job,
        policy,
        provider_id=visit.provider_id,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        now=now,
    )
    providers.release(session, job_id=job.id, because="moved", now=now)
    providers.book(
        session,
        market_id=job.market_id,
        provider_id=visit.provider_id,
        job_id=job.id,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        buffer_minutes=policy.travel_buffer_min,
        place=geography.lon_lat(job.location),
        now=now,
    )
    # Nobody moves a visit around its fee: whoever asked for another hour when calling it
    # off would have cost something owes at least that if they call it off after all. The
    # other side did them a favour.
    then = calling_off.costs(job, visit, policy, role=asked.asked_by, at=asked.asked_at)
    visit.least_fee_cents = max(visit.least_fee_cents, then.fee_cents)
    visit.least_points = max(visit.least_points, then.points)
    asked.state, asked.ended_at = "agreed", now
    job.starts_at, job.ends_at = asked.starts_at, asked.ends_at
    job.window_from = min(job.window_from, asked.starts_at)
    job.window_to = max(job.window_to, asked.ends_at)
    job.on_my_way_at = visit.arrives_at = None
    # Both have just said that it stands.
    visit.confirm_asked_at = None
    visit.provider_confirmed_at = visit.resident_confirmed_at = now
    job.version += 1
    dues.strike(session, job.id, _KINDS)
    _watch(session, job, policy, now=now)
    moves.note(
        session,
        "reschedule-agree",
        job,
        account,
        role,
        now=now,
        data={"starts_at": asked.starts_at.isoformat()},
    )
    other = job.provider_id if role == "resident" else job.resident_id
    telling.tell(session, job, other, "visit-moved", now=now)
    session.flush()
