"""The shapes of a job as its people see it."""

from __future__ import annotations

from jobbing_api import jobs, markets
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
    refused_at = fields.instant(
        "When one of the two said that it is not so: it counts no more.",
        "2026-11-24T12:01:00Z",
        allow_none=True,
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
