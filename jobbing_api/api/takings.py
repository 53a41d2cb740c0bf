"""What a provider earned: the dashboard of some days, and the statement of a month.

Hides: which local days are meant where none are named, and how a statement becomes a file
that a spreadsheet opens without running anything.
"""

from __future__ import annotations

import calendar
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import marshmallow as ma
from flask import Response

from jobbing_api import errors, markets, offers, providers, words
from jobbing_api.api import contract, fields, kinds, lists, offer_shapes, problems, view
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import takings

blueprint = Blueprint("takings", __name__, description="What a provider earned, and how.")

#: A year with its leap day.
_DAYS_AT_MOST = 366

#: A month of days is as much as a small chart shows.
_DAILY_AT_MOST = 31

_MOST = 10**6

_CSV = "text/csv"


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


class _OwnView(view.View):
    """Of whoever has a trade, in the days of their market."""

    def trade(self) -> tuple[providers.models.Provider, markets.models.Market]:
        """The caller's profile and the market it is of. Raises ProfileRequired."""
        provider = self.session.get(providers.models.Provider, self.account.id)
        if provider is None:
            raise errors.ProfileRequired()
        return provider, self.session.get_one(markets.models.Market, provider.market_id)


# The dashboard ---------------------------------------------------------------------------


@blueprint.route("/providers/me/dashboard")
class Dashboard(_OwnView):
    @blueprint.operation(
        "get_dashboard",
        who=contract.PROVIDER,
        query=DashboardQuery,
        answer=DashboardAnswer,
        refuses=[errors.ProfileRequired],
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """What I earned, worked and answered

        This month where no days are named; a year at most. Money belongs to the local day
        on which a job was completed, work to the day it was done, offers to the day they
        were sent.
        """
        provider, market = self.trade()
        zone = market.time_zone
        today = self.now.astimezone(markets.local_time.zone(zone)).date()
        whole = takings.bucket(*_days(query, today), time_zone=zone)
        span = {"from_at": whole.from_at, "to_at": whole.to_at}
        mine = provider.account_id
        lines = [
            line
            for line in takings.lines(self.session, mine, **span)
            if line.currency == provider.currency
        ]
        done = [line for line in lines if line.kind == "job"]
        worked = takings.stretches(self.session, mine, **span, now=self.now)
        lost = takings.lost(self.session, mine, **span)
        tally = offers.tally(self.session, mine, **span)
        by = query["by"] or ("day" if (whole.last - whole.first).days < _DAILY_AT_MOST else "week")
        return {
            "from_": whole.first,
            "to": whole.last,
            "time_zone": zone,
            "currency": provider.currency,
            "earnings": takings.total(line.sums for line in lines),
            "cancellation_cents": sum(
                line.sums.total_cents for line in lines if line.kind == "cancellation"
            ),
            "worked_minutes": _minutes(takings.worked_in(worked, whole)),
            "earned_per_hour_cents": _per_hour(done),
            "offers": tally,
            "visits": {
                "completed": len(done),
                "cancelled_by_you": lost.by_you,
                "missed_by_you": lost.you_missed,
                "cancelled_by_resident": lost.by_resident,
                "resident_absent": lost.resident_absent,
                "cancelled_by_operator": lost.by_operator,
            },
            "by": by,
            "series": [
                _bar(one, lines, worked) for one in takings.buckets(whole, by=by, time_zone=zone)
            ],
        }


def _days(query: dict[str, Any], today: date) -> tuple[date, date]:
    """The days that are meant; raises InvalidInput for none, too many, or beyond a calendar."""
    first = query["from_"] or (query["to"] or today).replace(day=1)
    last = query["to"] or _last_of_month(first)
    if last < first:
        raise errors.InvalidInput(fields={"to": ["day-before-first"]})
    if (last - first).days >= _DAYS_AT_MOST:
        raise errors.InvalidInput(fields={"to": ["days-too-many"]}, most_days=_DAYS_AT_MOST)
    if not 1970 <= first.year <= last.year < 9999:
        raise errors.InvalidInput(fields={"from": ["field-day"]})
    return first, last


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _bar(
    one: takings.Bucket, lines: Sequence[takings.Line], worked: Iterable[Any]
) -> dict[str, Any]:
    taken = [line for line in lines if one.from_at <= line.at < one.to_at]
    return {
        "from_": one.first,
        "to": one.last,
        "earned_cents": sum(line.sums.earned_cents for line in taken),
        "worked_minutes": _minutes(takings.worked_in(worked, one)),
        "completed": sum(line.kind == "job" for line in taken),
    }


def _minutes(worked: timedelta) -> int:
    return round(worked / timedelta(minutes=1))


def _per_hour(done: Sequence[takings.Line]) -> int | None:
    """Only of jobs that somebody is known to have worked on."""
    timed = [line for line in done if line.worked]
    hours = sum((line.worked for line in timed), start=timedelta()) / timedelta(hours=1)
    return round(sum(line.sums.earned_cents for line in timed) / hours) if hours else None


# Statements ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Statement:
    month: str
    time_zone: str
    lines: Sequence[takings.Line]

    def totals(self) -> list[dict[str, Any]]:
        """The sums of the lines by currency."""
        by_currency: dict[str, list[takings.Line]] = {}
        for line in self.lines:
            by_currency.setdefault(line.currency, []).append(line)
        return [
            {
                "currency": currency,
                "jobs": sum(line.kind == "job" for line in lines),
                "cancellations": sum(line.kind == "cancellation" for line in lines),
                "worked_minutes": sum(_minutes(line.worked) for line in lines),
                **_sums(takings.total(line.sums for line in lines)),
            }
            for currency, lines in sorted(by_currency.items())
        ]

    def day(self, line: takings.Line) -> date:
        return line.at.astimezone(markets.local_time.zone(self.time_zone)).date()


def _sums(sums: takings.Sums) -> dict[str, int]:
    return {
        name: getattr(sums, name)
        for name, field in SumsAnswer._declared_fields.items()
        if isinstance(field, ma.fields.Field)
    }


class _StatementView(_OwnView):
    def statement(self, month: str) -> _Statement:
        """A month of the caller's. Raises NotFound for what is no month."""
        _, market = self.trade()
        if not re.fullmatch(r"(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])", month, re.ASCII):
            raise errors.NotFound()
        if month[:4] == "9999":
            raise errors.NotFound()
        first = date.fromisoformat(f"{month}-01")
        days = takings.bucket(first, _last_of_month(first), time_zone=market.time_zone)
        return _Statement(
            month=month,
            time_zone=market.time_zone,
            lines=takings.lines(
                self.session, self.account.id, from_at=days.from_at, to_at=days.to_at
            ),
        )


@blueprint.route("/providers/me/statements")
class Statements(_OwnView):
    @blueprint.operation(
        "list_statements",
        who=contract.PROVIDER,
        answer=lists.page_of(MonthAnswer),
        refuses=[errors.ProfileRequired],
    )
    def get(self) -> Any:
        """The months in which I took something, latest first"""
        _, market = self.trade()
        months = takings.months(self.session, self.account.id, time_zone=market.time_zone)
        return lists.whole(
            [
                {
                    "month": one.month,
                    "currency": one.currency,
                    "jobs": one.jobs,
                    "cancellations": one.cancellations,
                    "total_cents": one.total_cents,
                    "net_cents": one.total_cents - one.platform_fee_cents,
                }
                for one in months
            ]
        )


@blueprint.route("/providers/me/statements/<string(length=7):month>")
class Statement(_StatementView):
    @blueprint.operation(
        "get_statement",
        who=contract.PROVIDER,
        answer=MonthlyStatementAnswer,
        refuses=[errors.ProfileRequired, errors.NotFound],
    )
    def get(self, *, month: str) -> Any:
        """My statement of a month

        Of the market's own calendar, `2026-11`; add `.csv` or `.pdf` for a file. A job
        belongs to the day on which it was completed: no amount changes after that, and only
        payments may still come in.
        """
        statement = self.statement(month)
        slugs = offer_shapes.category_slugs(self.session)
        return {
            "month": month,
            "time_zone": statement.time_zone,
            "lines": [
                {
                    "kind": line.kind,
                    "date": statement.day(line),
                    "job_id": line.job_id,
                    "category": slugs[line.category_id],
                    "title": line.title,
                    "currency": line.currency,
                    "worked_minutes": _minutes(line.worked),
                    "payment": line.payment,
                    "receipts": line.receipts,
                    **_sums(line.sums),
                }
                for line in statement.lines
            ],
            "totals": statement.totals(),
        }


@blueprint.route("/providers/me/statements/<string(length=7):month>.csv")
class StatementCsv(_StatementView):
    @blueprint.operation(
        "get_statement_csv",
        who=contract.PROVIDER,
        answer={"type": "string", "description": "RFC 4180, UTF-8 with a byte order mark."},
        gives=[_CSV],
        refuses=[errors.ProfileRequired, errors.NotFound],
    )
    def get(self, *, month: str) -> Response:
        """My statement of a month as a table

        Commas, a header in your language, amounts with a decimal point, sums at the end.
        Text that a spreadsheet would take for a formula begins with an apostrophe.
        """
        statement = self.statement(month)
        rows = _rows(statement, _category_names(self.session), problems.reader_language())
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        # Spreadsheets take what has no mark for another encoding.
        return _file(written.getvalue().encode("utf-8-sig"), f"statement-{month}.csv", _CSV)


_COLUMNS = (
    *("statement-date", "statement-kind", "statement-job", "statement-category"),
    *("statement-title", "statement-total", "statement-trip", "statement-fee"),
    *("statement-net", "statement-credit", "statement-payment", "statement-received"),
    *("statement-receipts", "statement-currency"),
)
_KINDS = {"job": "statement-kind-job", "cancellation": "statement-kind-cancellation"}
_PAYMENTS = {
    "unpaid": "statement-payment-unpaid",
    "part-paid": "statement-payment-part-paid",
    "said": "statement-payment-said",
    "received": "statement-payment-received",
    "free": "statement-payment-free",
}


def _category_names(session: Any) -> dict[int, dict[str, str]]:
    return {one.id: one.names for one in markets.all_categories(session)}


def _rows(
    statement: _Statement, categories: dict[int, dict[str, str]], language: words.Language
) -> list[list[str]]:
    """A header, the lines, and their sums by currency."""
    rows = [[words.say(language, column) for column in _COLUMNS]]
    for line in statement.lines:
        sums = line.sums
        rows.append(
            [
                statement.day(line).isoformat(),
                words.say(language, _KINDS[line.kind]),
                str(line.job_id),
                _plain(categories[line.category_id][language]),
                _plain(line.title),
                *_amounts(sums, line.currency),
                words.say(language, _PAYMENTS[line.payment]),
                words.plain_amount(sums.received_cents, line.currency),
                " ".join(map(str, line.receipts)),
                line.currency,
            ]
        )
    for one in statement.totals():
        sums = takings.total(
            line.sums for line in statement.lines if line.currency == one["currency"]
        )
        rows.append(
            [
                words.say(language, "statement-sum"),
                *("", "", "", ""),
                *_amounts(sums, one["currency"]),
                "",
                words.plain_amount(sums.received_cents, one["currency"]),
                "",
                one["currency"],
            ]
        )
    return rows


def _amounts(sums: takings.Sums, currency: str) -> list[str]:
    """In the order of the columns."""
    return [
        words.plain_amount(cents, currency)
        for cents in (
            sums.total_cents,
            sums.trip_cents,
            sums.platform_fee_cents,
            sums.net_cents,
            sums.credit_cents,
        )
    ]


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula, whoever wrote it (CWE-1236)."""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") else text


def _file(content: bytes, name: str, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
