"""The shapes of a job as its people see it.

Hides who sees what: its owner, the provider who has it and the operators of its market
see where it is; a provider who had it once sees the blurred place only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, files, geography, history, jobs, markets, offers, words
from jobbing_api.api import (
    brief_shapes,
    fields,
    job_bodies,
    kinds,
    offer_shapes,
    photo_shapes,
    remedy_shapes,
)
from jobbing_api.jobs import models
from jobbing_api.lifecycle import JOB_HAS_PROVIDER, JobState, OfferState

_ROLES = ("resident", "provider", "operator")


class PersonAnswer(kinds.Answer):
    """Somebody, as the other side sees them."""

    id = fields.uid("The person.")
    display_name = fields.text("The name others see.", "Karim", most=80)


class BudgetAnswer(kinds.Answer):
    """How much it may cost."""

    kind = fields.choice("How the amount is meant.", "fixed", job_bodies.BUDGETS)
    amount_cents = fields.cents("Null with `quotes`.", 6000, allow_none=True)
    currency = fields.currency("The market's.")


class OrderAnswer(offer_shapes.Price):
    """What both agreed to at acceptance, locked."""

    offer_id = fields.uid("The offer that was accepted.")
    starts_at = fields.instant("The hour agreed.", "2026-11-24T09:00:00Z")
    ends_at = fields.instant("Its end.", "2026-11-24T10:30:00Z")
    locked_at = fields.instant("When it was agreed.", "2026-11-23T10:02:00Z")


class CountsAnswer(kinds.Answer):
    """How many of this round's offers are in which state."""

    pending = fields.whole("Wait for their turn.", 2, least=0, most=10**6)
    sent = fields.whole("Wait for an answer.", 3, least=0, most=10**6)
    seen = fields.whole("Looked at.", 1, least=0, most=10**6)
    quoted = fields.whole("Answered with a price.", 0, least=0, most=10**6)
    accepted = fields.whole("Accepted: one at most.", 0, least=0, most=1)
    declined = fields.whole("Declined.", 1, least=0, most=10**6)
    expired = fields.whole("Not answered in time.", 0, least=0, most=10**6)
    withdrawn = fields.whole("Taken back.", 0, least=0, most=10**6)


class EventAnswer(kinds.Answer):
    """Something that happened to the job."""

    at = fields.instant("When.", "2026-11-23T10:02:00Z")
    event = fields.slug("What.", "job-assign")
    by = fields.choice("Who did it.", "provider", (*_ROLES, "system"))
    state = fields.choice(
        "The job's state from then on.", "assigned", job_bodies.STATES, allow_none=True
    )
    reason = fields.text(
        "Why, if that was said.", "Rained off", most=500, lines=True, allow_none=True
    )
    photos = fields.many(photo_shapes.PhotoAnswer, "What was shown with it, in order.")


class RescheduleAnswer(kinds.Answer):
    """One side asks for another hour."""

    asked_by = fields.choice("Who asks.", "provider", ("resident", "provider"))
    starts_at = fields.instant("The hour asked for.", "2026-11-25T13:00:00Z")
    ends_at = fields.instant("Its end.", "2026-11-25T14:30:00Z")
    asked_at = fields.instant("Since when.", "2026-11-24T07:00:00Z")


class ComerAnswer(kinds.Answer):
    """The person who comes, as of the acceptance or of your written yes."""

    name = fields.text("By name.", "Karim", most=80)
    since = fields.instant("Since when it is they.", "2026-11-23T10:02:00Z")
    consented_at = fields.instant(
        "When the resident agreed to them instead; null for whoever the acceptance named.",
        "2026-11-23T18:00:00Z",
        allow_none=True,
    )


class SubstitutionAnswer(kinds.Answer):
    """Somebody who was asked for instead."""

    id = fields.uid("The question.")
    name = fields.text("Who would come.", "Amina", least=0, most=80)
    reason = fields.text("Why.", "Karim has broken his arm.", least=0, most=500, lines=True)
    asked_at = fields.instant("When.", "2026-11-23T17:00:00Z")
    state = fields.choice("What came of it.", "agreed", ("asked", "agreed", "refused", "withdrawn"))
    answer = fields.text(
        "What the resident wrote to it.",
        "Amina may come.",
        least=0,
        most=500,
        lines=True,
        allow_none=True,
    )
    ended_at = fields.instant("When that was.", "2026-11-23T18:00:00Z", allow_none=True)


class VisitAnswer(kinds.Answer):
    """The visit that is to come."""

    start_code = fields.matching(
        "Read it out at the door; the resident alone sees it.",
        "0417",
        r"[0-9]{4}",
        "field-start-code",
        allow_none=True,
    )
    confirm_asked_at = fields.instant(
        "When the provider was last asked whether it stands.",
        "2026-11-23T09:00:00Z",
        allow_none=True,
    )
    confirmed = fields.flag("Whether they have answered since, or need not.", True)
    provider_confirmed_at = fields.instant(
        "When the provider said that it stands.", "2026-11-23T09:05:00Z", allow_none=True
    )
    resident_confirmed_at = fields.instant(
        "When the resident did.", "2026-11-23T10:00:00Z", allow_none=True
    )
    arrives_at = fields.instant(
        "When whoever is on the way thinks to be there.", "2026-11-24T08:58:00Z", allow_none=True
    )
    reschedule = fields.part(
        RescheduleAnswer, "The hour one side asks for instead.", allow_none=True
    )


class CheckInAnswer(kinds.Answer):
    """A word on the way."""

    id = fields.uid("The word.")
    kind = fields.choice(
        "What it says; `finish` is what was said and shown at the end.",
        "progress",
        (*models.CHECK_INS, models.FINISH),
    )
    text = fields.text(
        "In the provider's words.", "Half of it is done.", least=0, most=1_000, lines=True
    )
    waits_for = fields.choice("What blocks it.", "material", models.WAITS_FOR, allow_none=True)
    at = fields.instant("When.", "2026-11-24T10:00:00Z")
    photos = fields.many(photo_shapes.PhotoAnswer, "What it looked like, in order.")


class StretchAnswer(kinds.Answer):
    """A line of the time sheet."""

    began_at = fields.instant("From when.", "2026-11-24T09:01:00Z")
    ended_at = fields.instant(
        "Until when; null while it lasts.", "2026-11-24T10:20:00Z", allow_none=True
    )


class ProgressAnswer(kinds.Answer):
    """How the work went so far."""

    worked_minutes = fields.whole("Minutes at work, in all.", 79, least=0, most=10**6)
    stretches = fields.many(StretchAnswer, "The time sheet.")
    check_ins = fields.many(
        CheckInAnswer, "What was said and shown on the way and at the end, oldest first."
    )


class ChangeAnswer(kinds.Answer):
    """A change of the order that was asked for."""

    id = fields.uid("The question.")
    asked_by = fields.choice("Who asked.", "provider", ("resident", "provider"))
    text = fields.text("Why.", "The downpipe is cracked.", least=0, most=500, lines=True)
    lines = fields.many(offer_shapes.PriceLine, "What it adds.")
    delta_cents = fields.whole(
        "By how much the total changes.",
        4000,
        least=-fields.MOST_CENTS,
        most=fields.MOST_CENTS,
    )
    state = fields.choice("What came of it.", "agreed", ("asked", "agreed", "refused", "withdrawn"))
    answered_by = fields.choice(
        "Who agreed, or did not; null while nobody has, and where it was withdrawn.",
        "resident",
        ("resident", "provider"),
        allow_none=True,
    )
    asked_at = fields.instant("When.", "2026-11-24T09:30:00Z")
    ended_at = fields.instant("When that was.", "2026-11-24T09:32:00Z", allow_none=True)


class PaymentAnswer(kinds.Answer):
    """Money that went from one to the other, as both say."""

    id = fields.uid("The payment.")
    method = fields.choice("In which way.", "cash", jobs.METHODS)
    amount_cents = fields.cents("How much.", 9000)
    currency = fields.currency("Of it.")
    paid_at = fields.instant("When the resident said so.", "2026-11-24T12:00:00Z", allow_none=True)
    received_at = fields.instant(
        "When the provider said so.", "2026-11-24T12:01:00Z", allow_none=True
    )
    receipt_number = fields.whole(
        "The provider's own count.", 7, least=1, most=10**9, allow_none=True
    )


class SupplyAnswer(kinds.Answer):
    """Something that is or was bought for the job."""

    line = fields.whole("The place of its line in the order, from 0.", 2, least=0, most=10**4)
    label = fields.text("What exactly.", "A new downpipe", most=80, allow_none=True)
    most_cents = fields.cents("What it may cost at most, as agreed.", 4000)
    charged_cents = fields.cents("What it cost; null without a receipt.", 3740, allow_none=True)
    charged_at = fields.instant(
        "When the receipt was shown.", "2026-11-24T10:25:00Z", allow_none=True
    )
    photos = fields.many(photo_shapes.PhotoAnswer, "The receipt.")


class BillAnswer(kinds.Answer):
    """Changes of the order, and what was paid."""

    owed_cents = fields.whole(
        "What is left to pay; null where nothing was agreed.",
        0,
        least=-fields.MOST_CENTS,
        most=fields.MOST_CENTS,
        allow_none=True,
    )
    without_receipt_cents = fields.cents(
        "How much of the order is for supplies no receipt was shown of: not owed yet.", 0
    )
    supplies = fields.many(SupplyAnswer, "What the order has bought, by receipt.")
    changes = fields.many(ChangeAnswer, "Every change asked for, oldest first.")
    payments = fields.many(PaymentAnswer, "What was paid, oldest first.")


class CallingOffAnswer(kinds.Answer):
    """What calling the visit off would cost you now."""

    fee_cents = fields.cents("What a resident owes the provider.", 0)
    points = fields.whole(
        "What a provider gathers; three within 60 days, and a person looks at it.",
        0,
        least=0,
        most=100,
    )
    rule = fields.choice(
        "`free`: there is time. `just-booked`: within minutes of booking. `short`: within a"
        " day. `late`: within hours. `moved`: as much as when you had it moved.",
        "free",
        ("free", "just-booked", "short", "late", "moved"),
    )
    free_until = fields.instant(
        "Until when it costs nothing; null if it never does.",
        "2026-11-23T09:00:00Z",
        allow_none=True,
    )


class JobSummaryAnswer(kinds.Answer):
    """A job as its people see it in a list."""

    id = fields.uid("The job.")
    seen_as = fields.choice("As whom you see it.", "resident", _ROLES)
    market = fields.slug("Where it belongs.", "lyon")
    state = fields.choice("Where it stands.", "assigned", job_bodies.STATES)
    state_since = fields.instant("Since when.", "2026-11-23T10:02:00Z")
    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("What it is about.", "Clogged gutter", most=120)
    brief = fields.anything(
        "What a good result looks like.", {"answers": {"length": 12}, "template_version": 2}
    )
    brief_read = fields.part(brief_shapes.OwnBriefReadAnswer, "The same in your language.")
    location = fields.point(
        "Exactly where; null for a provider who does not come any more.",
        job_bodies.SOME_SPOT,
        allow_none=True,
    )
    approximate_place = fields.point("Middle of its square kilometre.", offer_shapes.SOME_PLACE)
    address = fields.text(
        "Where to ring; null as for `location`.",
        "12 rue des Tanneurs, 69001 Lyon",
        least=0,
        most=300,
        lines=True,
        allow_none=True,
    )
    access_notes = fields.text(
        "How to get in; null as for `location`.",
        "Code 1234",
        least=0,
        most=1_000,
        lines=True,
        allow_none=True,
    )
    window = fields.part(offer_shapes.WindowAnswer, "When it may be done.")
    duration_minutes = fields.whole("How long it should take.", 90, least=15, most=1440)
    budget = fields.part(BudgetAnswer, "How much it may cost.")
    mode = fields.choice("How providers are asked.", "instant", job_bodies.MODES)
    urgency = fields.choice("How soon.", "scheduled", markets.models.URGENCIES)
    languages = fields.many(fields.language("A language."), "Any of which will do.", ["fr"])
    needs = fields.many(fields.slug("A tool.", "ladder"), "Tools it takes.", ["ladder"])
    photos = fields.many(
        photo_shapes.PhotoAnswer, "What it looks like, in order; none where `location` is null."
    )
    round = fields.whole("How often providers were asked anew.", 1, least=1, most=10**4)
    resident = fields.part(PersonAnswer, "Whose job it is.")
    provider = fields.part(PersonAnswer, "Who comes; null while nobody does.", allow_none=True)
    wanted_provider_id = fields.uid(
        "Who is asked before others; for the resident.", allow_none=True
    )
    series_id = fields.uid("The series it is one of; for the resident.", allow_none=True)
    occurs_on = fields.day(
        "The local date that the rule of the series gives it.", "2026-12-01", allow_none=True
    )
    who_comes = fields.part(
        ComerAnswer, "The person themself; null while nobody comes.", allow_none=True
    )
    starts_at = fields.instant("When the visit begins.", "2026-11-24T09:00:00Z", allow_none=True)
    ends_at = fields.instant("When it ends.", "2026-11-24T10:30:00Z", allow_none=True)
    visit = fields.part(VisitAnswer, "The visit that is to come.", allow_none=True)
    order = fields.part(OrderAnswer, "What was agreed at acceptance.", allow_none=True)
    unfilled_because = fields.slug(
        "Why nobody comes: a stable word.", "nobody-free", allow_none=True
    )
    unfilled_advice = fields.text(
        "What would help, in words.", "Another day would help.", most=500, allow_none=True
    )
    counts = fields.part(CountsAnswer, "Offers of this round by state.")
    created_at = fields.instant("When it was posted.", "2026-11-23T10:00:00Z")
    on_my_way_at = fields.instant("Setting out.", "2026-11-24T08:40:00Z", allow_none=True)
    started_at = fields.instant("Work began.", "2026-11-24T09:01:00Z", allow_none=True)
    paused_at = fields.instant(
        "Since when it rests for a while.", "2026-11-24T09:30:00Z", allow_none=True
    )
    blocked_at = fields.instant(
        "Since when it waits for something.", "2026-11-24T09:30:00Z", allow_none=True
    )
    blocked_because = fields.choice("For what.", "material", models.WAITS_FOR, allow_none=True)
    finished_at = fields.instant("Work ended.", "2026-11-24T10:20:00Z", allow_none=True)
    completed_at = fields.instant("Confirmed.", "2026-11-24T12:00:00Z", allow_none=True)


class JobAnswer(JobSummaryAnswer):
    """A job as its people see it."""

    calling_off = fields.part(
        CallingOffAnswer,
        "What calling it off costs you, while somebody is to come.",
        allow_none=True,
    )
    progress = fields.part(ProgressAnswer, "How the work went, once it has begun.", allow_none=True)
    bill = fields.part(
        BillAnswer,
        "Changes and payments, between the resident and who comes.",
        allow_none=True,
    )
    substitutions = fields.many(
        SubstitutionAnswer, "Whoever was asked for instead, oldest first: nobody without consent."
    )
    remedies = fields.many(
        remedy_shapes.RemedyAnswer,
        "What would help, for the owner of an unfilled job; else null.",
        allow_none=True,
    )
    waits_until = fields.instant(
        "How long it stays on the wait list; null if it is not on it.",
        "2026-11-24T16:30:00Z",
        allow_none=True,
    )
    timeline = fields.many(EventAnswer, "What happened, oldest first.")


class JobReviewAnswer(kinds.Answer):
    """What one side said of the other."""

    id = fields.uid("The review.")
    about = fields.choice("Of whom.", "provider", ["resident", "provider"], attribute="about_role")
    mine = fields.flag("Whether you wrote it.", True)
    stars = fields.whole("1 to 5.", 5, least=1, most=5)
    text = fields.text("In their words.", "Quick and tidy.", least=0, most=2_000, lines=True)
    written_at = fields.instant("When it was written.", "2026-11-25T18:00:00Z")
    visible_at = fields.instant("When both can read it.", "2026-12-01T12:00:00Z")
    reply = fields.text(
        "What whoever it is about says to it.",
        "Thank you!",
        most=1_000,
        lines=True,
        allow_none=True,
    )
    replied_at = fields.instant("When.", "2026-12-02T08:00:00Z", allow_none=True)


def several(
    session: Session,
    found: Sequence[models.Job],
    reader: accounts.models.Account,
    language: words.Language,
    show: photo_shapes.Show,
    *,
    without_photos: bool = False,
) -> list[dict[str, Any]]:
    """Jobs as ``reader`` sees them, in a handful of statements however many they are; whoever
    knows that they are ``without_photos`` spares one."""
    # Nobody was ever asked about the others.
    asked = [job.id for job in found if (job.round, job.wave) != (1, 0)]
    counted = offers.counts(session, asked) if asked else {}
    names = _names(session, found, reader)
    bare = [] if without_photos else found
    photos = offer_shapes.photos_of_jobs(session, bare, show)
    awaited = [job.id for job in found if job.state == JobState.ASSIGNED]
    standing = jobs.standing(session, awaited) if awaited else {}
    taken = [job.id for job in found if job.state in JOB_HAS_PROVIDER]
    coming = jobs.who_comes(session, taken) if taken else {}
    read = brief_shapes.read(session, found, language, owner_id=reader.id)
    return [
        {
            **offer_shapes.summary(
                job, read[job.id], [] if kept_from(job, reader) else photos.get(job.id, [])
            ),
            "id": job.id,
            "seen_as": _seen_as(job, reader),
            "market": job.market.slug,
            "state": str(job.state),
            "state_since": job.state_since,
            **_place(job, reader),
            "budget": {
                "kind": job.budget_kind,
                "amount_cents": job.budget_cents,
                "currency": job.currency,
            },
            "round": job.round,
            "resident": _person(job.resident_id, names),
            "provider": _person(job.provider_id, names),
            **_again(job, reader),
            "who_comes": _comer(coming.get(job.id), job, names),
            "starts_at": job.starts_at,
            "ends_at": job.ends_at,
            "visit": _visit(standing.get(job.id), reader, job),
            "order": None if job.order is None else order(job.order),
            "unfilled_because": job.unfilled_because,
            "unfilled_advice": advice(job.unfilled_because, language),
            "counts": {str(state): 0 for state in OfferState} | counted.get(job.id, {}),
            "created_at": job.created_at,
            "on_my_way_at": job.on_my_way_at,
            "started_at": job.started_at,
            "paused_at": job.paused_at,
            "blocked_at": job.blocked_at,
            "blocked_because": job.blocked_because,
            "finished_at": job.finished_at,
            "completed_at": job.completed_at,
        }
        for job in found
    ]


def one(
    session: Session,
    job: models.Job,
    reader: accounts.models.Account,
    language: words.Language,
    show: photo_shapes.Show,
    *,
    now: datetime,
    without_photos: bool = False,
) -> dict[str, Any]:
    """A job as ``reader`` sees it, with its timeline."""
    (shown,) = several(session, [job], reader, language, show, without_photos=without_photos)
    events = history.of_job(session, job.id)
    progress = None if job.started_at is None else jobs.progress_of(session, job.id)
    bought = jobs.supplies_of(job.order)
    check_ins = () if progress is None else progress.check_ins
    receipt_ids = [one.receipt_id for one in bought if one.receipt_id is not None]
    found = files.of(session, [*(one.id for one in check_ins), *receipt_ids])
    photos = {subject_id: show(several_) for subject_id, several_ in found.items()}
    return {
        **shown,
        "calling_off": _calling_off(session, job, shown["seen_as"], now=now),
        **_unfilled(session, job, shown["seen_as"], now=now),
        "substitutions": _substitutions(session, job, reader, shown["seen_as"]),
        "progress": None if progress is None else _progress(progress, photos, now=now),
        "bill": _bill(session, job, shown["seen_as"], bought, photos),
        "timeline": list(
            _timeline(
                events,
                job,
                shown["seen_as"],
                reader.id,
                {
                    **{_event_of(one): photos.get(one.id, []) for one in check_ins},
                    **{
                        ("supplies-charged", one.charged_at): photos.get(one.receipt_id, [])
                        for one in bought
                        if one.charged_at is not None and one.receipt_id is not None
                    },
                },
            )
        ),
    }


def _event_of(said: models.CheckIn) -> tuple[str, datetime | None]:
    """What the timeline calls a word on the way, and when it was said."""
    return "job-finish" if said.kind == models.FINISH else f"work-{said.kind}", said.at


def _again(job: models.Job, reader: accounts.models.Account) -> dict[str, Any]:
    """What a job repeats is its resident's affair."""
    own = reader.id == job.resident_id
    return {
        "wanted_provider_id": job.wanted_id if own else None,
        "series_id": job.series_id if own else None,
        "occurs_on": job.occurs_on if own else None,
    }


def _visit(
    standing: jobs.Standing | None, reader: accounts.models.Account, job: models.Job
) -> dict[str, Any] | None:
    if standing is None:
        return None
    visit = standing.visit
    return {
        "start_code": visit.start_code if reader.id == job.resident_id else None,
        "confirm_asked_at": visit.confirm_asked_at,
        "confirmed": jobs.is_confirmed(visit),
        "provider_confirmed_at": visit.provider_confirmed_at,
        "resident_confirmed_at": visit.resident_confirmed_at,
        "arrives_at": visit.arrives_at,
        "reschedule": standing.asked,
    }


def _comer(
    comer: jobs.Comer | None, job: models.Job, names: Mapping[uuid.UUID, str]
) -> dict[str, Any] | None:
    if comer is None or job.provider_id is None:
        return None
    return {
        "name": comer.name or names[job.provider_id],
        "since": comer.since,
        "consented_at": comer.consented_at,
    }


def _substitutions(
    session: Session, job: models.Job, reader: accounts.models.Account, seen_as: str
) -> list[models.Substitution]:
    """What an earlier provider asked is none of a later one's business."""
    if job.round == 1 and job.provider_id is None:
        # Nobody was ever to come.
        return []
    return [
        one
        for one in jobs.substitutions_of(session, job.id)
        if seen_as != "provider" or one.provider_id == reader.id
    ]


def _unfilled(session: Session, job: models.Job, seen_as: str, *, now: datetime) -> dict[str, Any]:
    """What would help, and whether somebody waits: asked of unfilled jobs only."""
    if job.state != JobState.UNFILLED or seen_as != "resident":
        return {"remedies": None, "waits_until": None}
    return {
        "remedies": [
            remedy_shapes.shown(one, currency=job.currency)
            for one in offers.remedies_of(session, job, now=now)
        ],
        "waits_until": offers.latest_start(job) if offers.waits(session, job) else None,
    }


def _bill(
    session: Session,
    job: models.Job,
    seen_as: str,
    bought: Sequence[jobs.Supply],
    photos: Mapping[uuid.UUID, Sequence[dict[str, Any]]],
) -> dict[str, Any] | None:
    if job.provider_id is None and job.state != JobState.CANCELLED:
        return None
    bill = jobs.bill_of(session, job, seen_as=seen_as)
    return {
        "owed_cents": jobs.owed_cents(session, job),
        "without_receipt_cents": jobs.without_receipt_cents(job.order),
        "supplies": supplies(bought, photos),
        "changes": changes(bill.changes),
        "payments": bill.payments,
    }


def changes(asked: Iterable[models.ChangeOrder]) -> list[dict[str, Any]]:
    """Changes of an order, and who asked and agreed."""
    told = ("id", "asked_by", "text", "delta_cents", "state", "asked_at", "ended_at")
    return [
        {
            **{name: getattr(one, name) for name in told},
            "lines": offer_shapes.lines(one.lines),
            "answered_by": jobs.answered_by(one),
        }
        for one in asked
    ]


def supplies(
    bought: Iterable[jobs.Supply], photos: Mapping[uuid.UUID, Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What was bought, with its receipts among these photos as they are shown."""
    told = ("line", "label", "most_cents", "charged_cents", "charged_at")
    return [
        {
            **{name: getattr(one, name) for name in told},
            "photos": photos.get(one.receipt_id, []) if one.receipt_id else [],
        }
        for one in bought
    ]


def _progress(
    progress: jobs.Progress,
    photos: Mapping[uuid.UUID, Sequence[dict[str, Any]]],
    *,
    now: datetime,
) -> dict[str, Any]:
    return {
        "worked_minutes": round(progress.worked(now=now).total_seconds() / 60),
        "stretches": progress.stretches,
        "check_ins": [
            {
                **{name: getattr(one, name) for name in ("id", "kind", "text", "waits_for", "at")},
                "photos": photos.get(one.id, []),
            }
            for one in progress.check_ins
        ],
    }


def _calling_off(
    session: Session, job: models.Job, seen_as: str, *, now: datetime
) -> dict[str, Any] | None:
    if job.state != JobState.ASSIGNED or seen_as == "operator":
        return None
    costs, free_until = jobs.costs_now(session, job, role=seen_as, now=now)
    return {
        "fee_cents": costs.fee_cents,
        "points": costs.points,
        "rule": costs.rule,
        "free_until": free_until,
    }


def _seen_as(job: models.Job, reader: accounts.models.Account) -> str:
    if job.resident_id == reader.id:
        return "resident"
    return "provider" if job.provider_id == reader.id else "operator"


def kept_from(job: models.Job, reader: accounts.models.Account) -> bool:
    """Whoever would have come has no use for where it was and what it looked like."""
    return _seen_as(job, reader) == "provider" and job.state == JobState.CANCELLED


def _place(job: models.Job, reader: accounts.models.Account) -> dict[str, Any]:
    exact = geography.lon_lat(job.location)
    shown = {"approximate_place": geography.snap(exact, geography.JOB_GRID_M)}
    if kept_from(job, reader):
        return {**shown, "location": None, "address": None, "access_notes": None}
    return {
        **shown,
        "location": exact,
        "address": job.address,
        "access_notes": job.access_notes,
    }


def _timeline(
    events: Iterable[history.Entry],
    job: models.Job,
    seen_as: str,
    reader_id: uuid.UUID,
    shown: Mapping[tuple[str, datetime | None], Sequence[dict[str, Any]]],
) -> Iterable[dict[str, Any]]:
    """Who did what by role, not by name. What other providers answered, why an earlier one
    dropped out, or whom they would have sent, is none of a provider's business; what the
    resident wrote (why a redo is asked for) is."""
    accepted = None if job.order is None else job.order["offer_id"]
    for entry in events:
        own = entry.actor_id == reader_id
        if seen_as == "provider" and entry.event.startswith("offer-") and not own:
            continue
        if (
            seen_as == "provider"
            and entry.event.startswith("substitute-")
            and str(entry.offer_id) != accepted
        ):
            continue
        yield {
            "at": entry.at,
            "event": entry.event.replace("_", "-"),
            "by": entry.actor_role,
            "state": entry.to_state,
            "reason": _why(entry)
            if own or seen_as != "provider" or entry.actor_role == "resident"
            else None,
            "photos": shown.get((entry.event, entry.at), []),
        }


def _why(entry: history.Entry) -> str | None:
    return entry.reason if entry.remark is None else entry.remark.text


def order(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored order with every member."""
    return {
        **offer_shapes.price(stored),
        "offer_id": uuid.UUID(stored["offer_id"]),
        **{name: kinds.parsed(stored[name]) for name in ("starts_at", "ends_at", "locked_at")},
    }


def advice(reason: str | None, language: words.Language) -> str | None:
    """What would help where nobody comes for this reason, in words."""
    if reason is None or not words.has(f"reason-{reason}"):
        return None
    return words.say(language, f"reason-{reason}")


def _person(account_id: uuid.UUID | None, names: Mapping[uuid.UUID, str]) -> Any:
    return None if account_id is None else {"id": account_id, "display_name": names[account_id]}


def _names(
    session: Session, found: Sequence[models.Job], reader: accounts.models.Account
) -> dict[uuid.UUID, str]:
    people = {job.resident_id for job in found} | {
        job.provider_id for job in found if job.provider_id is not None
    }
    known = {reader.id: reader.display_name}
    others = people - known.keys()
    if not others:
        return known
    account = accounts.models.Account
    rows = session.execute(select(account.id, account.display_name).where(account.id.in_(others)))
    return known | dict(rows.all())
