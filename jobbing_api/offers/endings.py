"""How asking ends without an acceptance, or is undone by someone who changes their mind.

Hides: taking back what was asked (offers, unheard pushes, figures) in one place, and
that a provider who drops out reopens the job while a resident who cancels ends it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true, update
from sqlalchemy.orm import Session

from jobbing_api import accounts, errors, jobs, markets, notifications, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import (
    OFFER_LIVE,
    JobMove,
    JobState,
    OfferMove,
    OfferState,
    offer_sources,
)
from jobbing_api.offers import models, reading, waiting
from jobbing_api.offers.requests import fact

#: What those who look after a market are told of a job nobody has taken for long.
JOB_WAITS = "job-waits"

#: Word that an offer is gone is worth this long; the pop-up itself dies with its offer.
_WORTH_SENDING = timedelta(hours=2)

#: Word that somebody is not asked any more holds until they come back.
_WORTH_SENDING_LONG = timedelta(days=14)


def withdraw_live(
    session: Session,
    job: jobs_models.Job,
    *,
    now: datetime,
    told: str = "offer-withdrawn",
    quoters_told: str = "offer-withdrawn",
    keep: frozenset[OfferState] = frozenset({OfferState.ACCEPTED}),
    only_of: uuid.UUID | None = None,
) -> None:
    """Take back every offer of the job, whose lock the caller holds, that is still live;
    those in a state of ``keep`` stay, and with ``only_of`` all but that provider's.

    Pushes nobody heard yet are withdrawn in silence; whoever may have heard is told
    ``told`` (``quoters_told`` who named a price), which replaces the offer on their
    phone. It costs nobody anything.
    """
    gone = session.scalars(
        update(models.Offer)
        .where(
            models.Offer.job_id == job.id,
            models.Offer.state.in_(sorted(offer_sources(OfferMove.WITHDRAW) - keep)),
            true() if only_of is None else models.Offer.provider_id == only_of,
        )
        .values(state=OfferState.WITHDRAWN, ended_at=now)
        .returning(models.Offer),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).all()
    if not gone:
        return
    unheard = notifications.withdraw(session, [offer.id for offer in gone], now=now)
    # By the phones and not by the hour alone: whoever waited for a lock, or for a database
    # that came back, brings an instant that is past, and somebody may have been rung since.
    asked = [offer for offer in gone if offer.send_at <= now or offer.id not in unheard]
    providers.record.forget(
        session,
        kind="asked",
        subject_ids=[offer.id for offer in gone if offer not in asked],
    )
    providers.record.write_many(
        session,
        [fact("withdrawn", job, offer, at=now) for offer in asked if offer.answered_at is None],
    )
    for offer in asked:
        if offer.id in unheard and offer.seen_at is None:
            continue
        notifications.tell(
            session,
            offer.provider_id,
            told if offer.quote is None else quoters_told,
            about="offer",
            subject_id=offer.id,
            market_id=job.market_id,
            now=now,
            expires_at=now + _WORTH_SENDING,
        )


def leave(session: Session, provider_id: uuid.UUID, *, now: datetime) -> None:
    """Take back everything a provider is still asked about: nobody waits for the answer
    of somebody who is gone. What they accepted is another matter (``drop_out``)."""
    asked = select(models.Offer.job_id).where(
        models.Offer.provider_id == provider_id,
        models.Offer.state.in_(sorted(OFFER_LIVE)),
    )
    _take_back(session, asked, provider_id, now=now)


def _take_back(
    session: Session, job_ids: Select[Any], provider_id: uuid.UUID, *, now: datetime
) -> None:
    for job_id in sorted(set(session.scalars(job_ids))):
        job = jobs.lock(session, job_id)
        if job is not None:
            withdraw_live(session, job, now=now, only_of=provider_id)
            wake_if_nobody_waits(session, job_id, now=now)


def part(session: Session, one: uuid.UUID, other: uuid.UUID, *, now: datetime) -> None:
    """Take back what either of two people was asked for the other's jobs: they are not
    to be matched any more. What is booked stays; it is called off like any visit."""
    for resident_id, provider_id in ((one, other), (other, one)):
        asked = (
            select(models.Offer.job_id)
            .join(jobs_models.Job, jobs_models.Job.id == models.Offer.job_id)
            .where(
                jobs_models.Job.resident_id == resident_id,
                models.Offer.provider_id == provider_id,
                models.Offer.state.in_(sorted(OFFER_LIVE)),
            )
        )
        _take_back(session, asked, provider_id, now=now)


def cancel(
    session: Session,
    job_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    reason: str,
    fee_cents: int | None = None,
    now: datetime,
) -> jobs_models.Job:
    """Cancel, from whichever side asks.

    The resident (or an operator who may act) ends the job; the assigned provider drops
    out, and the job is open again in a new round. It costs what ``jobs.costs`` says; with
    ``fee_cents`` no more than that. Raises IllegalMove once work has begun, FeeChanged.
    """
    view = jobs.get_for(session, job_id, account, now=now)
    if view.role == "provider":
        return drop_out(session, view.job, account=account, reason=reason, now=now)
    _refuse_onlooker(session, view, account)
    held = jobs.lock(session, job_id)
    assert held is not None
    # An operator who ends it knows why; it is nobody's change of mind.
    costs = jobs.NOTHING
    if view.role == "resident":
        costs, _ = jobs.costs_now(session, held, role="resident", now=now)
    if fee_cents is not None and costs.fee_cents > fee_cents:
        raise errors.FeeChanged(fee_cents=costs.fee_cents, currency=held.currency)
    job = jobs.move(
        session,
        job_id,
        JobMove.CANCEL,
        now=now,
        actor_role=view.role,
        actor_id=account.id,
        said=reason,
    )
    if job.provider_id is not None:
        providers.lock(session, [job.provider_id])
    withdraw_live(session, job, now=now)
    forget_report(session, job, now=now)
    accepted = _end_accepted(session, job, now=now)
    if accepted is not None:
        providers.release(session, job_id=job.id, because="job-cancelled", now=now)
        jobs.end_visit(session, job, "job-cancelled", costs=costs, now=now)
        jobs.tell(session, job, accepted.provider_id, "job-cancelled", now=now)
    if view.role == "operator":
        jobs.tell(session, job, job.resident_id, "job-cancelled", now=now)
    return job


def forget_report(session: Session, job: jobs_models.Job, *, now: datetime) -> None:
    """Nobody waits for this job to be taken any more."""
    notifications.withdraw(session, [job.id], kinds=[JOB_WAITS], now=now)


def _refuse_onlooker(session: Session, view: jobs.View, account: accounts_models.Account) -> None:
    if view.role == "operator":
        accounts.refuse_onlooker(session, account.id, view.job.market_id)


def drop_out(
    session: Session,
    job: jobs_models.Job,
    *,
    account: accounts_models.Account,
    reason: str,
    now: datetime,
) -> jobs_models.Job:
    """The assigned provider does not come after all: the booking is released and the
    others are asked again, in a new round without this one."""
    job = _reopen(
        session,
        job,
        because=providers.DROPPED_OUT,
        actor_role="provider",
        account=account,
        said=reason,
        only_if=jobs_models.Job.provider_id == account.id,
        now=now,
    )
    jobs.tell(session, job, job.resident_id, "provider-dropped-out", now=now)
    return job


def undo(
    session: Session, offer_id: uuid.UUID, *, account: accounts_models.Account, now: datetime
) -> models.Offer:
    """Take an acceptance back at once: a slip of the finger costs nothing. The others are
    asked again, in a new round.

    Undone again, answers the same. Raises UndoOver once the time for it has passed or
    work has begun, IllegalMove for an offer that was not accepted, NotFound.
    """
    offer = reading.get_for(session, offer_id, account, now=now)
    job = session.get_one(jobs_models.Job, offer.job_id, populate_existing=True)
    if _undone(session, offer):
        return offer
    if offer.state != OfferState.ACCEPTED:
        raise errors.IllegalMove(state=str(offer.state))
    policy = jobs.policy_of(session, job, now=now)
    over = job.state_since + timedelta(seconds=policy.undo_s)
    if job.state != JobState.ASSIGNED or now > over:
        raise errors.UndoOver(seconds=policy.undo_s)
    try:
        job = _reopen(
            session,
            job,
            because=providers.UNDONE,
            actor_role="provider",
            account=account,
            said=None,
            only_if=and_(
                jobs_models.Job.provider_id == account.id,
                jobs_models.Job.state_since == job.state_since,
            ),
            now=now,
        )
    except errors.IllegalMove:
        # The same, sent twice at once, is answered alike.
        meanwhile = session.get_one(models.Offer, offer.id, populate_existing=True)
        if _undone(session, meanwhile):
            return meanwhile
        raise
    jobs.tell(session, job, job.resident_id, "acceptance-undone", now=now)
    session.refresh(offer)
    return offer


def _undone(session: Session, offer: models.Offer) -> bool:
    """Whether it is over because its provider took the acceptance back."""
    if offer.state != OfferState.WITHDRAWN:
        return False
    booking = providers.models.Booking
    undone = select(booking.id).where(
        booking.job_id == offer.job_id,
        booking.provider_id == offer.provider_id,
        booking.released_because == providers.UNDONE,
        booking.released_at == offer.ended_at,
    )
    return session.scalars(undone.limit(1)).first() is not None


def no_show(
    session: Session, job_id: uuid.UUID, *, account: accounts_models.Account, now: datetime
) -> jobs_models.Job:
    """Somebody was not there. Says the resident, or an operator who may act, that the
    provider did not come: others are asked at once, those first who would have come. Says
    the provider, who set out and waited, that nobody was home: the job is over.

    Raises TooEarly before the time either may be late by, IllegalMove unless somebody was
    to come and has not begun.
    """
    view = jobs.get_for(session, job_id, account, now=now)
    _refuse_onlooker(session, view, account)
    job = jobs.lock(session, job_id)
    assert job is not None
    if job.state != JobState.ASSIGNED or job.starts_at is None:
        raise errors.IllegalMove(state=str(job.state))
    policy = jobs.policy_of(session, job, now=now)
    at_the_door = view.role == "provider"
    minutes = policy.provider_waits_min if at_the_door else policy.absent_after_min
    if now < job.starts_at + timedelta(minutes=minutes):
        raise errors.TooEarly(minutes=minutes)
    if at_the_door:
        return _nobody_home(session, job, policy, account=account, now=now)
    return absent(session, job, actor_role=view.role, account=account, now=now)


def absent(
    session: Session,
    job: jobs_models.Job,
    *,
    actor_role: str,
    account: accounts_models.Account | None,
    now: datetime,
) -> jobs_models.Job:
    """Whoever was to come did not, says the resident, an operator, or the clock. The caller
    holds the job."""
    absent_id = job.provider_id
    job = _reopen(
        session,
        job,
        because=providers.ABSENT,
        actor_role=actor_role,
        account=account,
        said=None,
        only_if=jobs_models.Job.provider_id == absent_id,
        now=now,
    )
    jobs.tell(session, job, absent_id, "visit-missed", now=now)
    if actor_role != "resident":
        jobs.tell(session, job, job.resident_id, "provider-dropped-out", now=now)
    return job


def _nobody_home(
    session: Session,
    job: jobs_models.Job,
    policy: markets.Policy,
    *,
    account: accounts_models.Account,
    now: datetime,
) -> jobs_models.Job:
    """The provider stood at the door and waited: the job is over, at the resident's cost.
    Raises NotAllowed for whoever never said that they were on the way."""
    if job.provider_id != account.id:
        raise errors.NotFound()
    if job.on_my_way_at is None:
        raise errors.NotAllowed()
    costs = jobs.not_there(job, policy, role="resident")
    job = jobs.move(
        session,
        job.id,
        JobMove.CANCEL,
        now=now,
        actor_role="provider",
        actor_id=account.id,
        reason="resident-absent",
    )
    providers.lock(session, [account.id])
    _end_accepted(session, job, now=now)
    providers.release(session, job_id=job.id, because="resident-absent", now=now)
    jobs.end_visit(session, job, "resident-absent", costs=costs, now=now)
    jobs.tell(session, job, job.resident_id, "nobody-home", now=now)
    return job


#: What goes on the record of whoever gives a job back; a slip of the finger does not.
_RECORDED = {providers.DROPPED_OUT: "cancelled", providers.ABSENT: "absent"}


def _reopen(
    session: Session,
    job: jobs_models.Job,
    *,
    because: str,
    actor_role: str,
    account: accounts_models.Account | None,
    said: str | None,
    only_if: ColumnElement[bool],
    now: datetime,
) -> jobs_models.Job:
    """Nobody comes after all: the booking is released and a new round begins without who
    had it."""
    jobs.lock(session, job.id)
    provider_id = job.provider_id
    policy = jobs.policy_of(session, job, now=now)
    costs = jobs.NOTHING
    if because == providers.ABSENT:
        costs = jobs.not_there(job, policy, role="provider")
    elif because == providers.DROPPED_OUT:
        costs, _ = jobs.costs_now(session, job, role="provider", now=now)
    job = jobs.move(
        session,
        job.id,
        JobMove.REOPEN,
        now=now,
        actor_role=actor_role,
        actor_id=None if account is None else account.id,
        reason=because,
        said=said,
        only_if=only_if,
        changes={
            "provider_id": None,
            "starts_at": None,
            "ends_at": None,
            "order": None,
            "on_my_way_at": None,
            **_new_round(job, policy, now=now),
        },
    )
    assert provider_id is not None
    providers.lock(session, [provider_id])
    _end_accepted(session, job, now=now)
    providers.release(session, job_id=job.id, because=because, now=now)
    jobs.end_visit(session, job, because, costs=costs, now=now)
    if because in _RECORDED:
        providers.record.write(
            session,
            kind=_RECORDED[because],
            provider_id=provider_id,
            market_id=job.market_id,
            category_id=job.category_id,
            urgency=job.urgency,
            subject_id=job.id,
            at=now,
        )
    jobs.ask_for_wave(session, job, wave=1)
    return job


def _new_round(
    job: jobs_models.Job, policy: Any, *, now: datetime, **changed: Any
) -> dict[str, Any]:
    """The columns of a job that is asked about anew."""
    return {
        "round": jobs_models.Job.round + 1,
        "wave": 0,
        "round_opened_at": now,
        "wake_at": now,
        "queued_at": now,
        "give_up_at": jobs.give_up_at(
            policy,
            mode=changed.get("mode", job.mode),
            window_to=changed.get("window_to", job.window_to),
            duration_minutes=changed.get("duration_minutes", job.duration_minutes),
            now=now,
        ),
    }


def _end_accepted(session: Session, job: jobs_models.Job, *, now: datetime) -> models.Offer | None:
    accepted = session.scalars(
        update(models.Offer)
        .where(models.Offer.job_id == job.id, models.Offer.state == OfferState.ACCEPTED)
        .values(state=OfferState.WITHDRAWN, ended_at=now)
        .returning(models.Offer),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if accepted is not None:
        notifications.withdraw(session, [accepted.id], now=now)
    return accepted


#: What a resident may change when asking again.
CHANGEABLE = frozenset(
    {"window_from", "window_to", "duration_minutes", "budget_kind", "budget_cents", "mode"}
)


def dispatch(
    session: Session,
    job_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    changes: Mapping[str, Any],
    now: datetime,
) -> jobs_models.Job:
    """Ask again about an unfilled job, with another window, price or mode if wished.

    Raises IllegalMove unless the job is unfilled, InvalidInput for terms that make no
    sense.
    """
    view = jobs.get_for(session, job_id, account, now=now)
    if view.role == "provider":
        raise errors.NotAllowed()
    _refuse_onlooker(session, view, account)
    job = view.job
    jobs.lock(session, job_id)
    if job.state != JobState.UNFILLED:
        raise errors.IllegalMove(state=str(job.state))
    wished = {name: getattr(job, name) for name in CHANGEABLE} | dict(changes)
    if wished["budget_kind"] == "quotes":
        wished["budget_cents"] = None
    jobs.check_window(
        wished["window_from"],
        wished["window_to"],
        wished["duration_minutes"],
        urgency=job.urgency,
        now=now,
    )
    jobs.check_terms(wished["mode"], job.urgency, wished["budget_kind"], wished["budget_cents"])
    # Whoever asks again does not wait any more.
    waiting.leave_wait_list(session, job_id)
    job = jobs.move(
        session,
        job_id,
        JobMove.DISPATCH,
        now=now,
        actor_role=view.role,
        actor_id=account.id,
        changes={
            **wished,
            **_new_round(
                job,
                jobs.policy_of(session, job, now=now),
                now=now,
                mode=wished["mode"],
                window_to=wished["window_to"],
                duration_minutes=wished["duration_minutes"],
            ),
        },
    )
    jobs.ask_for_wave(session, job, wave=1)
    return job


def expire_due(session: Session, *, now: datetime, limit: int = 1000) -> int:
    """Offers whose life is over; silence goes on the record. A job nobody can answer
    any more is looked at again at once. Jobs that are being changed have their turn a
    moment later.

    An offer whose life passed before it was sent (the clock stood still) was never
    made: nobody was asked, and nobody was silent.
    """
    over = (
        models.Offer.state.in_(sorted(offer_sources(OfferMove.EXPIRE))),
        models.Offer.expires_at <= now,
    )
    never_sent = (models.Offer.state == OfferState.PENDING, models.Offer.expires_at <= now)
    due = (
        select(models.Offer.job_id)
        .where(or_(and_(*over), and_(*never_sent)))
        .order_by(models.Offer.expires_at)
        .limit(limit)
    )
    held = session.scalars(
        select(jobs_models.Job.id)
        .where(jobs_models.Job.id.in_(due.scalar_subquery()))
        .order_by(jobs_models.Job.id)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    if not held:
        return 0
    unmade = session.scalars(
        update(models.Offer)
        .where(models.Offer.job_id.in_(held), *never_sent)
        .values(state=OfferState.WITHDRAWN, ended_at=now)
        .returning(models.Offer.id),
        execution_options={"synchronize_session": False},
    ).all()
    if unmade:
        notifications.withdraw(session, unmade, now=now)
        providers.record.forget(session, kind="asked", subject_ids=unmade)
    expired = session.scalars(
        update(models.Offer)
        .where(models.Offer.job_id.in_(held), *over)
        .values(state=OfferState.EXPIRED, ended_at=now)
        .returning(models.Offer),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).all()
    notifications.withdraw(session, [offer.id for offer in expired], now=now)
    for offer in expired:
        if offer.quote is not None:
            # Whoever named a price waits for an answer; that none came is one.
            notifications.tell(
                session,
                offer.provider_id,
                "offer-withdrawn",
                about="offer",
                subject_id=offer.id,
                market_id=offer.market_id,
                now=now,
                expires_at=now + _WORTH_SENDING,
            )
    asked = {
        job.id: job
        for job in session.scalars(
            select(jobs_models.Job).where(
                jobs_models.Job.id.in_({offer.job_id for offer in expired})
            )
        )
    }
    providers.record.write_many(
        session,
        [
            fact("unanswered", asked[offer.job_id], offer, at=now)
            for offer in expired
            if offer.answered_at is None
        ],
    )
    for job_id in held:
        wake_if_nobody_waits(session, job_id, now=now)
    _pause_unseeing(session, [offer for offer in expired if offer.seen_at is None], asked, now=now)
    return len(expired)


def _pause_unseeing(
    session: Session,
    unseen: Sequence[models.Offer],
    jobs_of: Mapping[uuid.UUID, jobs_models.Job],
    *,
    now: datetime,
) -> None:
    """Whoever lets too many offers in a row pass unseen is asked no more, and told so: a
    sign of life is enough to be asked again."""
    most = {
        offer.provider_id: jobs.policy_of(
            session, jobs_of[offer.job_id], now=now
        ).unseen_before_pause
        for offer in {offer.provider_id: offer for offer in unseen}.values()
    }
    away = [
        provider_id
        for provider_id, count in most.items()
        if reading.unseen_in_a_row(session, provider_id, at_most=count) >= count
    ]
    for provider_id in providers.pause(session, away, now=now) if away else ():
        notifications.tell(
            session,
            provider_id,
            "offers-paused",
            about="account",
            subject_id=provider_id,
            now=now,
            expires_at=now + _WORTH_SENDING_LONG,
        )


def wake_if_nobody_waits(
    session: Session, job_id: uuid.UUID, *, now: datetime, queued: bool = False
) -> bool:
    """Have an open job looked at now when none of its offers can be answered any more:
    the next are asked at once, or its resident hears why nobody comes. ``queued``: the
    caller asks a task to, when it is woken."""
    waiting = (
        select(models.Offer.id)
        .where(
            models.Offer.job_id == job_id,
            models.Offer.state.in_(sorted(OFFER_LIVE)),
        )
        .exists()
    )
    woken = session.execute(
        update(jobs_models.Job)
        .where(
            jobs_models.Job.id == job_id,
            jobs_models.Job.state == JobState.OPEN,
            jobs_models.Job.wake_at > now,
            ~waiting,
        )
        .values(wake_at=now, queued_at=now if queued else None)
        .returning(jobs_models.Job.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(woken)
