"""A month's statement as sums, as a table and as a paper, in the reader's language.

Hides: what stands in which column, that a spreadsheet opens the table without running
anything in it, and that the sums of each are those of the lines. What a paper looks like is
``documents``' affair.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from jobbing_api import documents, markets, words
from jobbing_api.jobs import takings

#: Members of a line's sums that are told.
SUMS = (
    *("total_cents", "trip_cents", "platform_fee_cents", "net_cents", "earned_cents"),
    *("credit_cents", "received_cents", "said_cents"),
)

_KINDS = {"job": "statement-kind-job", "cancellation": "statement-kind-cancellation"}
_PAYMENTS = {
    "unpaid": "statement-payment-unpaid",
    "part-paid": "statement-payment-part-paid",
    "said": "statement-payment-said",
    "received": "statement-payment-received",
    "free": "statement-payment-free",
}

_TABLE = (
    *("statement-date", "statement-kind", "statement-job", "statement-category"),
    *("statement-title", "statement-total", "statement-trip", "statement-fee"),
    *("statement-net", "statement-credit", "statement-payment", "statement-received"),
    *("statement-receipts", "statement-currency"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What a provider took from ``first`` to the end of its month, where they work."""

    provider: str
    first: date
    time_zone: str
    lines: Sequence[takings.Line]
    #: Of every category, by its number and then by language.
    categories: Mapping[int, Mapping[str, str]]

    def totals(self) -> list[dict[str, Any]]:
        """The sums of the lines by currency."""
        return [
            {
                "currency": currency,
                "jobs": sum(line.kind == "job" for line in lines),
                "cancellations": sum(line.kind == "cancellation" for line in lines),
                "worked_minutes": sum(minutes(line.worked) for line in lines),
                **told(takings.total(line.sums for line in lines)),
            }
            for currency, lines in self._by_currency()
        ]

    def day(self, line: takings.Line) -> date:
        """The local day a line belongs to."""
        return line.at.astimezone(markets.local_time.zone(self.time_zone)).date()

    def _by_currency(self) -> list[tuple[str, list[takings.Line]]]:
        found: dict[str, list[takings.Line]] = {}
        for line in self.lines:
            found.setdefault(line.currency, []).append(line)
        return sorted(found.items())

    def table(self, language: words.Language) -> bytes:
        """RFC 4180 with a header, the lines, and their sums by currency."""
        rows = [[words.say(language, column) for column in _TABLE]]
        for line in self.lines:
            rows.append(
                [
                    self.day(line).isoformat(),
                    words.say(language, _KINDS[line.kind]),
                    str(line.job_id),
                    _harmless(self.categories[line.category_id][language]),
                    _harmless(line.title),
                    *_amounts(line.sums, line.currency),
                    words.say(language, _PAYMENTS[line.payment]),
                    words.plain_amount(line.sums.received_cents, line.currency),
                    " ".join(map(str, line.receipts)),
                    line.currency,
                ]
            )
        for currency, lines in self._by_currency():
            sums = takings.total(line.sums for line in lines)
            rows.append(
                [
                    words.say(language, "statement-sum"),
                    *("", "", "", ""),
                    *_amounts(sums, currency),
                    "",
                    words.plain_amount(sums.received_cents, currency),
                    "",
                    currency,
                ]
            )
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        # Spreadsheets take what has no mark for another encoding.
        return written.getvalue().encode("utf-8-sig")

    def paper(self, language: words.Language) -> documents.Document:
        """The same on pages in A4: a table of each currency and what it comes to."""
        parts: list[documents.Part] = [
            documents.Parties(
                [
                    documents.Party(
                        role=words.say(language, "statement-provider"), name=self.provider
                    )
                ]
            )
        ]
        for currency, lines in self._by_currency():
            parts += self._grid(language, currency, lines)
        if not self.lines:
            parts.append(documents.Note(words.say(language, "statement-nothing")))
        parts.append(
            documents.Note(words.say(language, "statement-recorded", time_zone=self.time_zone))
        )
        month = words.month(language, self.first)
        return documents.Document(
            title=words.say(language, "statement-heading", month=month),
            language=language,
            made_at=self._told_at(),
            parts=parts,
        )

    def _told_at(self) -> datetime:
        """The instant of the last thing that is told: asked for again, it is the same paper."""
        if self.lines:
            return self.lines[-1].at
        local = markets.local_time.zone(self.time_zone)
        return markets.local_time.instant(self.first, 0, local)

    def _grid(
        self, language: words.Language, currency: str, lines: Sequence[takings.Line]
    ) -> list[documents.Part]:
        def row(sums: takings.Sums) -> list[str]:
            return [
                words.amount(language, cents, currency)
                for cents in (
                    sums.total_cents,
                    sums.trip_cents,
                    sums.platform_fee_cents,
                    sums.net_cents,
                )
            ]

        sums = takings.total(line.sums for line in lines)
        heads = ("statement-total", "statement-trip", "statement-fee", "statement-net")
        table = documents.Table(
            columns=[
                documents.Column(head=words.say(language, "statement-date"), share=1.4),
                documents.Column(head=words.say(language, "statement-job"), share=3),
                *(
                    documents.Column(head=words.say(language, head), share=1.5, amounts=True)
                    for head in heads
                ),
                documents.Column(head=words.say(language, "statement-payment"), share=1.7),
            ],
            rows=[
                [
                    words.short_day(language, self.day(line)),
                    self._what(language, line),
                    *row(line.sums),
                    self._paid(language, line),
                ]
                for line in lines
            ],
            totals=[[words.say(language, "statement-sum"), "", *row(sums), ""]],
        )
        hours = sum((line.worked for line in lines), start=timedelta())
        told_of = documents.Facts(
            [
                (
                    words.say(language, "statement-received"),
                    words.amount(language, sums.received_cents, currency),
                ),
                (
                    words.say(language, "statement-credit"),
                    words.amount(language, sums.credit_cents, currency),
                ),
                (
                    words.say(language, "statement-worked"),
                    words.number(language, round(hours / timedelta(hours=1), 2)),
                ),
            ]
        )
        return [table, told_of]

    def _what(self, language: words.Language, line: takings.Line) -> str:
        told = words.say(language, _KINDS[line.kind])
        category = self.categories[line.category_id][language]
        of = category if line.kind == "job" else told
        return words.say(language, "statement-what", what=of, title=line.title)

    def _paid(self, language: words.Language, line: takings.Line) -> str:
        said = words.say(language, _PAYMENTS[line.payment])
        if not line.receipts:
            return said
        numbers = ", ".join(map(str, line.receipts))
        return words.say(language, "statement-paid-by", said=said, numbers=numbers)


def told(sums: takings.Sums) -> dict[str, int]:
    """Sums as members of an answer."""
    return {name: getattr(sums, name) for name in SUMS}


def minutes(worked: timedelta) -> int:
    """Whole minutes of work."""
    return round(worked / timedelta(minutes=1))


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


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula, whoever wrote it (CWE-1236)."""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") else text
