"""The shapes of a job as its people see it.

Hides who sees what: its owner, the provider who has it and the operators of its market
see where it is; a provider who had it once sees the blurred place only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, geography, history, markets, offers, words
from jobbing_api.api import fields, job_bodies, kinds, offer_shapes, photo_shapes
from jobbing_api.jobs import models
from jobbing_api.lifecycle import JobState, OfferState

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


class JobSummaryAnswer(kinds.Answer):
    """A job as its people see it in a list."""

    id = fields.uid("The job.")
    seen_as = fields.choice("As whom you see it.", "resident", _ROLES)
    market = fields.slug("Where it belongs.", "lyon")
    state = fields.choice("Where it stands.", "assigned", job_bodies.STATES)
    state_since = fields.instant("Since when.", "2026-11-23T10:02:00Z")
    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("What it is about.", "Clogged gutter", most=120)
    brief = fields.anything("What a good result looks like.", {"answers": {"length": 12}})
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
    starts_at = fields.instant("When the visit begins.", "2026-11-24T09:00:00Z", allow_none=True)
    ends_at = fields.instant("When it ends.", "2026-11-24T10:30:00Z", allow_none=True)
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
    finished_at = fields.instant("Work ended.", "2026-11-24T10:20:00Z", allow_none=True)
    completed_at = fields.instant("Confirmed.", "2026-11-24T12:00:00Z", allow_none=True)


class JobAnswer(JobSummaryAnswer):
    """A job as its people see it."""

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


def several(
    session: Session,
    found: Sequence[models.Job],
    reader: accounts.models.Account,
    language: words.Language,
    show: photo_shapes.Show,
) -> list[dict[str, Any]]:
    """Jobs as ``reader`` sees them, in a handful of statements however many they are."""
    # Nobody was ever asked about the others.
    asked = [job.id for job in found if (job.round, job.wave) != (1, 0)]
    counted = offers.counts(session, asked) if asked else {}
    names = _names(session, found, reader)
    photos = offer_shapes.photos_of_jobs(session, found, show)
    return [
        {
            **offer_shapes.summary(job, [] if _kept_from(job, reader) else photos[job.id]),
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
            "starts_at": job.starts_at,
            "ends_at": job.ends_at,
            "order": None if job.order is None else _order(job.order),
            "unfilled_because": job.unfilled_because,
            "unfilled_advice": _advice(job.unfilled_because, language),
            "counts": {str(state): 0 for state in OfferState} | counted.get(job.id, {}),
            "created_at": job.created_at,
            "on_my_way_at": job.on_my_way_at,
            "started_at": job.started_at,
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
) -> dict[str, Any]:
    """A job as ``reader`` sees it, with its timeline."""
    (shown,) = several(session, [job], reader, language, show)
    events = history.of_job(session, job.id)
    return {**shown, "timeline": list(_timeline(events, shown["seen_as"], reader.id))}


def _seen_as(job: models.Job, reader: accounts.models.Account) -> str:
    if job.resident_id == reader.id:
        return "resident"
    return "provider" if job.provider_id == reader.id else "operator"


def _kept_from(job: models.Job, reader: accounts.models.Account) -> bool:
    """Whoever would have come has no use for where it was and what it looked like."""
    return _seen_as(job, reader) == "provider" and job.state == JobState.CANCELLED


def _place(job: models.Job, reader: accounts.models.Account) -> dict[str, Any]:
    exact = geography.lon_lat(job.location)
    shown = {"approximate_place": geography.snap(exact, geography.JOB_GRID_M)}
    if _kept_from(job, reader):
        return {**shown, "location": None, "address": None, "access_notes": None}
    return {
        **shown,
        "location": exact,
        "address": job.address,
        "access_notes": job.access_notes,
    }


def _timeline(
    events: Iterable[history.Entry], seen_as: str, reader_id: uuid.UUID
) -> Iterable[dict[str, Any]]:
    """Who did what by role, not by name. What other providers answered, or why an
    earlier one dropped out, is none of a provider's business; what the resident wrote
    (why a redo is asked for) is."""
    for entry in events:
        own = entry.actor_id == reader_id
        if seen_as == "provider" and entry.event.startswith("offer-") and not own:
            continue
        yield {
            "at": entry.at,
            "event": entry.event.replace("_", "-"),
            "by": entry.actor_role,
            "state": entry.to_state,
            "reason": _why(entry)
            if own or seen_as != "provider" or entry.actor_role == "resident"
            else None,
        }


def _why(entry: history.Entry) -> str | None:
    return entry.reason if entry.remark is None else entry.remark.text


def _order(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **offer_shapes.price(stored),
        "offer_id": uuid.UUID(stored["offer_id"]),
        **{name: kinds.parsed(stored[name]) for name in ("starts_at", "ends_at", "locked_at")},
    }


def _advice(reason: str | None, language: words.Language) -> str | None:
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
