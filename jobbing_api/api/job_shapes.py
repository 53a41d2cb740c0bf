"""A job as its people see it.

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

from jobbing_api import accounts, files, geography, history, jobs, offers, words
from jobbing_api.api import (
    brief_shapes,
    kinds,
    offer_shapes,
    photo_shapes,
    remedy_shapes,
)
from jobbing_api.jobs import models
from jobbing_api.lifecycle import JOB_HAS_PROVIDER, JobState, OfferState


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
    if job.provider_id is None and job.state != JobState.CANCELLED and job.round == 1:
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
