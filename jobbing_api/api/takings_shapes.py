"""The shapes of what a provider earned: a dashboard of some days, a statement of a month."""

from __future__ import annotations

from jobbing_api.api import fields, kinds
from jobbing_api.jobs import takings

#: More than anybody counts of anything in a year.
_MOST = 10**6


class SumsAnswer(kinds.Answer):
    """Money in minor units."""

    total_cents = fields.cents("What residents pay.", 18000)
    trip_cents = fields.cents("Of it for the trips.", 2000)
    platform_fee_cents = fields.cents("What the platform keeps.", 0)
    net_cents = fields.whole("Total less that.", 18000, least=-fields.MOST_CENTS, most=10**12)
    earned_cents = fields.whole(
        "Net of the trips too.", 16000, least=-fields.MOST_CENTS, most=10**12
    )
    credit_cents = fields.cents("What a tax credit gives residents back.", 0)
    received_cents = fields.cents("Received, with a receipt.", 9000)
    said_cents = fields.cents("Paid, say residents; not confirmed yet.", 0)


class DashboardQuery(kinds.Body):
    """Which days of the market's calendar."""

    from_ = fields.day("The first.", "2026-11-01", load_default=None, data_key="from")
    to = fields.day("The last; it is included.", "2026-11-30", load_default=None)
    by = fields.choice(
        "How to cut the series: days (of 31 at most by itself), or weeks from Monday on.",
        "week",
        ("day", "week"),
        load_default=None,
    )


class OffersTallyAnswer(kinds.Answer):
    """What became of the offers sent in these days."""

    received = fields.whole("Sent to you.", 24, least=0, most=_MOST)
    answered = fields.whole("Answered, whatever was said.", 20, least=0, most=_MOST)
    declined = fields.whole("Declined; it costs nothing.", 8, least=0, most=_MOST)
    unanswered = fields.whole("Left to expire.", 2, least=0, most=_MOST)
    won = fields.whole("Led to a visit.", 9, least=0, most=_MOST)
    quoted = fields.whole("You named a price.", 4, least=0, most=_MOST)
    quotes_won = fields.whole("Of these, chosen.", 2, least=0, most=_MOST)
    quotes_lost = fields.whole("Of these, not chosen.", 1, least=0, most=_MOST)
    races_lost = fields.whole("Somebody else was faster.", 3, least=0, most=_MOST)


class VisitsTallyAnswer(kinds.Answer):
    """What became of visits in these days, by whose doing."""

    completed = fields.whole("Jobs completed.", 8, least=0, most=_MOST)
    cancelled_by_you = fields.whole("Given back by you.", 1, least=0, most=_MOST)
    missed_by_you = fields.whole("You did not come.", 0, least=0, most=_MOST)
    cancelled_by_resident = fields.whole("Called off by residents.", 1, least=0, most=_MOST)
    resident_absent = fields.whole("Nobody was home.", 0, least=0, most=_MOST)
    cancelled_by_operator = fields.whole("Ended by an operator.", 0, least=0, most=_MOST)


class BucketAnswer(kinds.Answer):
    """A day, or a week as far as it is asked for."""

    from_ = fields.day("The first day.", "2026-11-02", data_key="from")
    to = fields.day("The last day.", "2026-11-08")
    earned_cents = fields.whole("Net of fees and trips.", 9000, least=-(10**12), most=10**12)
    worked_minutes = fields.whole("At work, by the time sheets.", 240, least=0, most=_MOST)
    completed = fields.whole("Jobs completed.", 2, least=0, most=_MOST)


class DashboardAnswer(kinds.Answer):
    """How some days went."""

    from_ = fields.day("The first day.", "2026-11-01", data_key="from")
    to = fields.day("The last day.", "2026-11-30")
    time_zone = fields.time_zone("In which these days are meant: the market's.")
    currency = fields.currency("Of all amounts.")
    earnings = fields.part(SumsAnswer, "Of jobs completed, and of visits called off at a cost.")
    cancellation_cents = fields.cents("Of the total, for visits called off.", 0)
    worked_minutes = fields.whole("At work, by the time sheets.", 1260, least=0, most=_MOST)
    earned_per_hour_cents = fields.whole(
        "Earned of completed jobs by hour of work on them; null without any.",
        2800,
        least=-(10**12),
        most=10**12,
        allow_none=True,
    )
    offers = fields.part(OffersTallyAnswer, "What became of offers.")
    visits = fields.part(VisitsTallyAnswer, "What became of visits.")
    by = fields.choice("How the series is cut.", "day", ("day", "week"))
    series = fields.many(BucketAnswer, "In order, none left out.")


class MonthlyLineAnswer(SumsAnswer):
    """A job that was completed, or a visit called off at the resident's cost."""

    kind = fields.choice("Which.", "job", ("job", "cancellation"))
    date = fields.day("The local day on which it was completed or ended.", "2026-11-12")
    job_id = fields.uid("The job.")
    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("The job in the resident's words.", "Blocked gutter", least=0, most=200)
    currency = fields.currency("Of its amounts.")
    worked_minutes = fields.whole("At work on it, in all.", 95, least=0, most=_MOST)
    payment = fields.choice(
        "How far payment has come; `said`: by the resident alone.",
        "received",
        takings.PAYMENT_STATES,
    )
    receipts = fields.many(
        fields.whole("A number.", 17, least=1, most=10**9), "Numbers of your receipts.", [17]
    )


class MonthlyTotalAnswer(SumsAnswer):
    """The sums of all lines in one currency."""

    currency = fields.currency("Which.")
    jobs = fields.whole("Lines of jobs.", 8, least=0, most=_MOST)
    cancellations = fields.whole("Lines of visits called off.", 1, least=0, most=_MOST)
    worked_minutes = fields.whole("At work on them.", 760, least=0, most=_MOST)


class MonthlyStatementAnswer(kinds.Answer):
    """A month of the market's calendar."""

    month = fields.text("Which.", "2026-11", most=7)
    time_zone = fields.time_zone("In which it is meant.")
    lines = fields.many(MonthlyLineAnswer, "Oldest first.")
    totals = fields.many(MonthlyTotalAnswer, "By currency: one, or none without lines.")


class MonthAnswer(kinds.Answer):
    """A month in which something was taken."""

    month = fields.text("Which; its statement has this address.", "2026-11", most=7)
    currency = fields.currency("Of its amounts.")
    jobs = fields.whole("Jobs completed.", 8, least=0, most=_MOST)
    cancellations = fields.whole("Visits called off at a cost.", 1, least=0, most=_MOST)
    total_cents = fields.cents("What residents pay.", 18000)
    net_cents = fields.whole(
        "Less what the platform keeps.", 18000, least=-fields.MOST_CENTS, most=10**12
    )
