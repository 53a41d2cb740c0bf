"""Asking providers, wave by wave, until somebody comes or nobody can.

Hides: how the offers of a wave are staggered, when the next wave is due, and when and why
a round is given up. A wave's key makes opening it twice harmless.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobbing_api import (
    accounts,
    database,
    history,
    jobs,
    markets,
    matching,
)
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OFFER_LIVE, JobMove, JobState, OfferState
from jobbing_api.offers import asking, endings, filling, models, reading
from jobbing_api.offers.requests import Case, case_of, left_out, request_of


def open_wave(session: Session, job_id: uuid.UUID, *, round_: int, wave: int, now: datetime) -> int:
    """Ask the next group for a job; returns how many were asked.

    Does nothing unless the job is open in this round and this is its next wave. When
    nobody is left to ask and nobody can still answer, or time is up, the round is
    given up with the reason.
    """
    job = jobs.lock(session, job_id)
    if job is None or job.state != JobState.OPEN or (job.round, job.wave + 1) != (round_, wave):
        return 0
    case = case_of(session, job, now=now)
    policy = case.policy
    give_up_at = job.give_up_at or now
    latest_start = job.window_to - timedelta(minutes=job.duration_minutes)
    if now >= latest_start:
        reason = "no-longer-possible" if _never_asked(session, job) else None
        give_up(session, job, reason=reason, now=now)
        return 0
    if now >= give_up_at:
        give_up(session, job, reason=_reason_too_long(session, job, policy, now=now), now=now)
        return 0
    live = 0 if case.untouched else _live(session, job)
    if wave > policy.waves_at_most or _enough_answers(session, job, policy):
        if live:
            _look_again(job, give_up_at)
        else:
            give_up(session, job, reason=None, now=now)
        return 0

    look_again_at = min(_interval_after(case, now), give_up_at)
    size = _size(job, policy, live)
    if size == 0:
        _look_again(job, look_again_at)
        return 0
    filled = filling.fill(session, case, wave=wave, size=size, now=now)
    if not filled.chosen:
        # Somebody may still answer, or whoever could come has no ear for it right now
        # (off duty, or asked about enough else, perhaps by a wave a moment ago).
        ranking = filled.ranking
        if live or ranking.candidates or ranking.fell_out.keys() & _PASSES:
            _look_again(job, look_again_at)
        else:
            matching.remember(session, filled.request, ranking, purpose="wave", now=now)
            give_up(session, job, reason=_reason_nobody(session, job, ranking), now=now)
        return 0

    chosen = filled.chosen
    search_id = matching.remember(session, filled.request, filled.ranking, purpose="wave", now=now)
    rings_at = asking.ask(
        session,
        case,
        chosen,
        bases=filled.bases,
        wave=wave,
        send_at=_send_at(filled, policy, now=now),
        now=now,
    )
    job.wave = wave
    # Whoever is rung in the morning has the time of a wave from then on.
    _look_again(job, min(_interval_after(case, min(rings_at)), give_up_at))
    session.add(
        models.Wave(
            job_id=job.id,
            round=round_,
            wave=wave,
            market_id=job.market_id,
            policy_id=policy.id,
            search_id=search_id,
            opened_at=now,
            radius_m=round(max(candidate.distance_m for candidate in chosen)),
            asked=len(chosen),
        )
    )
    if wave == 1 and filled.ranking.tier.thin:
        _report_later(session, job, policy)
    history.record(
        session,
        "wave-open",
        at=now,
        actor_role="system",
        market_id=job.market_id,
        job_id=job.id,
        data={"round": round_, "wave": wave, "asked": len(chosen)},
    )
    database.insert_new(session)
    return len(chosen)


def _interval_after(case: Case, at: datetime) -> datetime:
    """When the next wave may open after one that rang at ``at``: nights do not count."""
    policy = case.policy
    return markets.waking_deadline(
        policy, from_at=at, minutes=policy.interval_s / 60, time_zone=case.market.time_zone
    )


def _send_at(filled: filling.Filling, policy: markets.Policy, *, now: datetime) -> list[datetime]:
    """When each of those chosen is asked: the first of them one after the other, and the
    others once those had their head start."""
    stagger = timedelta(seconds=0 if filled.ranking.tier.thin else policy.stagger_s)
    others_at = now + timedelta(seconds=policy.head_start_s if filled.first else 0)
    return [
        now + place * stagger
        if place < filled.first
        else others_at + (place - filled.first) * stagger
        for place in range(len(filled.chosen))
    ]


def _report_later(session: Session, job: jobs_models.Job, policy: markets.Policy) -> None:
    """Tell those who look after the market if nobody has come by then: where few live, it
    may take a telephone call."""
    due_at = job.round_opened_at + timedelta(minutes=policy.thin_report_min)
    for operator_id in accounts.operators_of(session, job.market_id):
        jobs.tell(
            session, job, operator_id, endings.JOB_WAITS, now=job.round_opened_at, due_at=due_at
        )


def _look_again(job: jobs_models.Job, at: datetime) -> None:
    job.wake_at, job.queued_at = at, None


def _size(job: jobs_models.Job, policy: markets.Policy, live: int) -> int:
    """How many the next wave asks at most. Whoever chooses among answers has so many
    asked and no more: another only in the place of one who declined or kept silent."""
    if job.mode == "choose" and policy.choose_asked:
        return max(0, policy.choose_asked - live)
    return policy.wave_size


#: Whom a job never suits, whatever else is said of it.
_NEVER = ("own-job", "blocked")

#: Why somebody who could come cannot be asked at this moment and may be a little later.
_PASSES = frozenset({"offline", "live-offers", "daily-offers"})


def _live(session: Session, job: jobs_models.Job) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(models.Offer)
            .where(
                models.Offer.job_id == job.id,
                models.Offer.round == job.round,
                models.Offer.state.in_(sorted(OFFER_LIVE)),
            )
        )
        or 0
    )


def _never_asked(session: Session, job: jobs_models.Job) -> bool:
    asked = select(models.Offer.id).where(
        models.Offer.job_id == job.id, models.Offer.round == job.round
    )
    return session.scalars(asked.limit(1)).first() is None


def _enough_answers(session: Session, job: jobs_models.Job, policy: markets.Policy) -> bool:
    """In choose mode asking stops once enough have answered with a quote."""
    if job.mode != "choose" or policy.choose_enough is None:
        return False
    return reading.quoted(session, job) >= policy.choose_enough


def _reason_nobody(session: Session, job: jobs_models.Job, ranking: matching.Ranking) -> str | None:
    """Why there was nobody to ask; None when some were asked and it is theirs to say."""
    if not _never_asked(session, job):
        return None
    return reason_of(ranking.fell_out)


def reason_of(fell_out: Mapping[str, int]) -> str:
    """Why nobody can be asked, by the filters that everybody in reach fell out by."""
    others = Counter({name: n for name, n in fell_out.items() if name not in _NEVER})
    fit = others.keys() - {"language", "tools", "papers", "radius"}
    if not fit:
        return "nobody-in-reach"
    if fit == {"asked-before"}:
        # They declined in an earlier round, or had accepted and dropped out.
        return "declined"
    if fit <= {"price", "asked-before"}:
        return "price-too-low"
    return "nobody-free"


def _reason_too_long(
    session: Session, job: jobs_models.Job, policy: markets.Policy, *, now: datetime
) -> str | None:
    """Why a round that waited for somebody to ask until its time was up found nobody;
    None when some were asked and it is theirs to say."""
    if not _never_asked(session, job):
        return None
    request = request_of(session, job, policy, leave_out=left_out(session, job))
    everybody = matching.rank(session, request, policy, 1, now=now, purpose=None, judge="everybody")
    return _reason_nobody(session, job, everybody)


def give_up(session: Session, job: jobs_models.Job, *, reason: str | None, now: datetime) -> None:
    """End the round without anybody: open offers are withdrawn, the resident is told
    why. ``reason`` None: it is read from the answers."""
    endings.withdraw_live(session, job, now=now)
    endings.forget_report(session, job, now=now)
    because = reason or _reason_from_answers(session, job)
    job = jobs.move(
        session,
        job.id,
        JobMove.GIVE_UP,
        now=now,
        actor_role="system",
        reason=because,
        changes={"unfilled_because": because},
    )
    jobs.tell(session, job, job.resident_id, "job-unfilled", now=now)


def _reason_from_answers(session: Session, job: jobs_models.Job) -> str:
    """What came of asking: prices of which none was chosen, else what most of those
    said who declined, else nothing."""
    quotes = select(models.Offer.id).where(
        models.Offer.job_id == job.id,
        models.Offer.round == job.round,
        models.Offer.quote.is_not(None),
    )
    if session.scalars(quotes.limit(1)).first() is not None:
        return "nobody-chosen"
    reasons: Sequence[Any] = session.execute(
        select(models.Offer.decline_reason, func.count())
        .where(
            models.Offer.job_id == job.id,
            models.Offer.round == job.round,
            models.Offer.state == OfferState.DECLINED,
        )
        .group_by(models.Offer.decline_reason)
        .order_by(func.count().desc(), models.Offer.decline_reason)
    ).all()
    if not reasons:
        return "nobody-in-reach" if _never_asked(session, job) else "nobody-answered"
    top = str(reasons[0][0])
    return f"declined-{top}" if top in ("price", "distance", "time") else "declined"


def due_waves(
    session: Session, *, lost_before: datetime, now: datetime, limit: int = 100
) -> list[tuple[uuid.UUID, int, int, str | None]]:
    """Open jobs somebody has to look at, (job, round, next wave, trace), those first that
    have been due longest; for the caller to put in the queue.

    Finding one says so in the same statement (``queued_at``), and it is not found again
    unless it was queued before ``lost_before``.
    """
    job = jobs_models.Job
    is_open = job.state == JobState.OPEN
    lost = (
        select(job.id).where(is_open, job.queued_at < lost_before).with_for_update(skip_locked=True)
    )
    session.execute(
        update(job).where(job.id.in_(lost.scalar_subquery())).values(queued_at=None),
        execution_options={"synchronize_session": False},
    )
    due = (
        select(job.id)
        .where(is_open, job.queued_at.is_(None), job.wake_at <= now)
        .order_by(job.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(
        update(job)
        .where(job.id.in_(due.scalar_subquery()))
        .values(queued_at=now)
        .returning(job.id, job.round, job.wave, job.trace)
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.round, row.wave + 1, row.trace) for row in found]


def next_due_at(session: Session) -> datetime | None:
    """When the clock has to look at a job or an offer again."""
    dues = (
        select(func.min(jobs_models.Job.wake_at)).where(
            jobs_models.Job.state == JobState.OPEN, jobs_models.Job.queued_at.is_(None)
        ),
        select(func.min(models.Offer.send_at)).where(models.Offer.state == OfferState.PENDING),
        select(func.min(models.Offer.expires_at)).where(
            models.Offer.state.in_([OfferState.SENT, OfferState.SEEN, OfferState.QUOTED])
        ),
    )
    return session.scalar(select(func.least(*(due.scalar_subquery() for due in dues))))
