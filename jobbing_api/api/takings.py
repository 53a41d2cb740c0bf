"""What a provider earned: the dashboard of some days, and the statement of a month.

Hides: which local days are meant where none are named, and what is a month.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response

from jobbing_api import errors, files, markets, offers, providers
from jobbing_api.api import (
    contract,
    lists,
    offer_shapes,
    printed,
    problems,
    statement_files,
    takings_shapes,
    view,
)
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import takings

blueprint = Blueprint("takings", __name__, description="What a provider earned, and how.")

#: A year with its leap day.
_DAYS_AT_MOST = 366

#: A month of days is as much as a small chart shows.
_DAILY_AT_MOST = 31

_CSV = "text/csv"


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
        query=takings_shapes.DashboardQuery,
        answer=takings_shapes.DashboardAnswer,
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
            "worked_minutes": statement_files.minutes(takings.worked_in(worked, whole)),
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
        "worked_minutes": statement_files.minutes(takings.worked_in(worked, one)),
        "completed": sum(line.kind == "job" for line in taken),
    }


def _per_hour(done: Sequence[takings.Line]) -> int | None:
    """Only of jobs that somebody is known to have worked on."""
    timed = [line for line in done if line.worked]
    hours = sum((line.worked for line in timed), start=timedelta()) / timedelta(hours=1)
    return round(sum(line.sums.earned_cents for line in timed) / hours) if hours else None


# Statements ------------------------------------------------------------------------------


class _StatementView(_OwnView):
    def statement(self, month: str) -> statement_files.Statement:
        """A month of the caller's. Raises NotFound for what is no month."""
        provider, market = self.trade()
        if not re.fullmatch(r"(19[7-9]\d|[2-8]\d{3})-(0[1-9]|1[0-2])", month, re.ASCII):
            raise errors.NotFound()
        first = date.fromisoformat(f"{month}-01")
        days = takings.bucket(first, _last_of_month(first), time_zone=market.time_zone)
        return statement_files.Statement(
            provider=self.account.display_name,
            first=first,
            time_zone=market.time_zone,
            lines=takings.lines(
                self.session, provider.account_id, from_at=days.from_at, to_at=days.to_at
            ),
            categories={one.id: one.names for one in markets.all_categories(self.session)},
        )


@blueprint.route("/providers/me/statements")
class Statements(_OwnView):
    @blueprint.operation(
        "list_statements",
        who=contract.PROVIDER,
        answer=lists.page_of(takings_shapes.MonthAnswer),
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
        answer=takings_shapes.MonthlyStatementAnswer,
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
                    "worked_minutes": statement_files.minutes(line.worked),
                    "payment": line.payment,
                    "receipts": line.receipts,
                    **statement_files.told(line.sums),
                }
                for line in statement.lines
            ],
            "totals": statement.totals(),
        }


@blueprint.route("/providers/me/statements/<string(length=7):month>.csv")
class StatementTable(_StatementView):
    @blueprint.operation(
        "get_statement_table",
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
        written = self.statement(month).table(problems.reader_language())
        response = Response(written, mimetype=_CSV)
        response.headers["Content-Disposition"] = _named(month, "csv")
        return response


@blueprint.route("/providers/me/statements/<string(length=7):month>.pdf")
class StatementPaper(printed.PrintedView, _StatementView):
    @blueprint.operation(
        "get_statement_paper",
        who=contract.PROVIDER,
        gives=[files.PDF],
        refuses=[errors.ProfileRequired, errors.NotFound],
    )
    def get(self, *, month: str) -> Response:
        """My statement of a month as a paper to keep

        A PDF in your language, the same for the same lines.
        """
        return self.page(
            self.statement(month).paper(problems.reader_language()),
            name=f"statement-{month}",
            disposition="attachment",
        )


def _named(month: str, ending: str) -> str:
    return f'attachment; filename="statement-{month}.{ending}"'
