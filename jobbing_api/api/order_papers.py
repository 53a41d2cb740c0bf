"""The order and receipts as papers to keep, in the reader's language.

Hides: which words, amounts and hours stand where on the page. What a paper looks like is
``documents``' affair, and who may have one ``jobs.agreements``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from jobbing_api import accounts, documents, jobs, words
from jobbing_api.api import job_shapes, order_shapes
from jobbing_api.lifecycle import JobState


class _Pen:
    """Writes in one language, with a market's money and time."""

    def __init__(self, language: words.Language, found: jobs.Agreement | jobs.Receipt) -> None:
        self.language = language
        self.currency = found.job.currency
        self.time_zone = found.job.market.time_zone
        self.category = found.subject.category_names[language]

    def say(self, message_id: str, **values: object) -> str:
        return words.say(self.language, message_id, **values)

    def money(self, cents: int) -> str:
        return words.amount(self.language, cents, self.currency)

    def at(self, instant: datetime) -> str:
        return words.dated(self.language, instant, self.time_zone)


def order(
    found: jobs.Agreement, reader: accounts.models.Account, language: words.Language
) -> documents.Document:
    """The order as a paper, for whoever reads it."""
    pen, job = _Pen(language, found), found.job
    assert job.provider_id is not None
    shown = order_shapes.agreement(found, reader, {})
    parts: list[documents.Part] = [
        _parties(pen, shown["resident"], shown["provider"]),
        documents.Facts(list(_facts(pen, found, shown))),
        _prices(pen, shown["order"]),
    ]
    if found.changes:
        parts.append(_changes(pen, found))
    if found.payments:
        parts.append(_payments(pen, found))
    parts.append(documents.Facts(list(_balance(pen, found, shown)), title=pen.say("paper-balance")))
    parts.append(documents.Note(pen.say("paper-recorded")))
    return documents.Document(
        title=pen.say("paper-order"),
        subtitle=found.subject.title,
        language=language,
        made_at=found.as_of,
        parts=parts,
    )


def receipt(found: jobs.Receipt, language: words.Language) -> documents.Document:
    """A receipt as a paper."""
    pen, payment = _Pen(language, found), found.payment
    shown = order_shapes.receipt(found)
    received_at = shown["received_at"]
    said = pen.say("paper-number", number=str(payment.receipt_number))
    totals = []
    if shown["tax_cents"]:
        totals.append([pen.say("paper-tax"), pen.money(shown["tax_cents"])])
    totals.append([pen.say("paper-total"), pen.money(payment.amount_cents)])
    return documents.Document(
        title=pen.say("paper-receipt", number=said),
        subtitle=found.subject.title,
        language=language,
        made_at=received_at,
        parts=[
            _parties(pen, shown["resident"], shown["provider"]),
            documents.Facts(
                [
                    (pen.say("paper-trade"), pen.category),
                    (pen.say("paper-job"), str(found.job.id)),
                    (pen.say("paper-received"), pen.at(received_at)),
                    (pen.say("paper-method"), pen.say(f"paper-method-{payment.method}")),
                ]
            ),
            documents.Table(
                columns=_columns(pen),
                rows=[[found.subject.title, pen.money(payment.amount_cents)]],
                totals=totals,
            ),
            documents.Note(pen.say("paper-recorded")),
        ],
    )


def _parties(
    pen: _Pen, resident: Mapping[str, Any], provider: Mapping[str, Any]
) -> documents.Parties:
    return documents.Parties(
        [
            documents.Party(role=pen.say("paper-resident"), name=resident["display_name"]),
            documents.Party(role=pen.say("paper-provider"), name=provider["display_name"]),
        ]
    )


def _facts(pen: _Pen, found: jobs.Agreement, shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    agreed = shown["order"]
    yield pen.say("paper-trade"), pen.category
    if shown["address"]:
        yield pen.say("paper-place"), shown["address"]
    ends_at = words.time_of_day(agreed["ends_at"], pen.time_zone)
    yield (
        pen.say("paper-visit"),
        pen.say("paper-span", begins=pen.at(agreed["starts_at"]), ends=ends_at),
    )
    yield pen.say("paper-agreed-on"), pen.at(agreed["locked_at"])
    if found.job.state == JobState.CANCELLED:
        yield pen.say("paper-called-off"), pen.at(found.job.state_since)
    yield pen.say("paper-as-of"), pen.at(found.as_of)
    yield pen.say("paper-job"), str(found.job.id)


def _columns(pen: _Pen) -> list[documents.Column]:
    return [
        documents.Column(head=pen.say("paper-item"), share=4),
        documents.Column(head=pen.say("paper-amount"), amounts=True),
    ]


def _prices(pen: _Pen, agreed: Mapping[str, Any]) -> documents.Table:
    totals = []
    if agreed["tax_cents"]:
        totals.append([pen.say("paper-tax"), pen.money(agreed["tax_cents"])])
    totals.append([pen.say("paper-total"), pen.money(agreed["total_cents"] or 0)])
    return documents.Table(
        title=pen.say("paper-price"),
        columns=_columns(pen),
        rows=[[_item(pen, line), pen.money(line["amount_cents"])] for line in agreed["lines"]],
        totals=totals,
    )


def _item(pen: _Pen, line: Mapping[str, Any]) -> str:
    """A line of a price in words: what it is for, what exactly, and how it came about."""
    what = pen.say(f"paper-line-{line['kind']}")
    if line["label"]:
        what = pen.say("paper-labelled", what=what, label=line["label"])
    how = None
    if line["unit_cents"] is not None and line["minutes"] is not None:
        how = pen.say(
            "paper-by-the-hour", minutes=line["minutes"], rate=pen.money(line["unit_cents"])
        )
    elif line["because"] is not None:
        how = pen.say(f"paper-because-{line['because']}", percent=line["percent"] or 0)
    elif line["most_cents"] is not None:
        how = pen.say("paper-by-receipt", most=pen.money(line["most_cents"]))
    elif line["kind"] == "supplies":
        how = pen.say("paper-without-receipt")
    return what if how is None else f"{what} ({how})"


def _changes(pen: _Pen, found: jobs.Agreement) -> documents.Table:
    names = {
        "resident": found.names[found.job.resident_id],
        "provider": found.names[found.job.provider_id] if found.job.provider_id else "",
    }
    rows = []
    for change in job_shapes.changes(found.changes):
        answer = pen.say(f"paper-change-{change['state']}")
        if change["ended_at"] is not None:
            by = change["answered_by"]
            who = "" if by is None else f"{names[by]}, "
            answer = f"{answer}\u00a0– {who}{pen.at(change['ended_at'])}"
        lines = "; ".join(_items(pen, change["lines"]))
        why = f"{change['text']} – {lines}" if change["text"] else lines
        rows.append(
            [
                f"{names[change['asked_by']]}, {pen.at(change['asked_at'])}",
                why,
                answer,
                pen.money(change["delta_cents"]),
            ]
        )
    return documents.Table(
        title=pen.say("paper-changes"),
        columns=[
            documents.Column(head=pen.say("paper-asked"), share=2),
            documents.Column(head=pen.say("paper-what"), share=3),
            documents.Column(head=pen.say("paper-answer"), share=2.2),
            documents.Column(head=pen.say("paper-amount"), share=1.4, amounts=True),
        ],
        rows=rows,
    )


def _items(pen: _Pen, lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for line in lines:
        what = pen.say(f"paper-line-{line['kind']}")
        yield pen.say("paper-labelled", what=what, label=line["label"]) if line["label"] else what


def _payments(pen: _Pen, found: jobs.Agreement) -> documents.Table:
    rows = []
    for one in found.payments:
        number = one.receipt_number
        rows.append(
            [
                pen.at(one.received_at or one.said_at),
                pen.say(f"paper-method-{one.method}"),
                pen.say("paper-not-received-yet")
                if number is None
                else pen.say("paper-number", number=str(number)),
                pen.money(one.amount_cents),
            ]
        )
    paid = sum(one.amount_cents for one in found.payments)
    return documents.Table(
        title=pen.say("paper-payments"),
        columns=[
            documents.Column(head=pen.say("paper-when"), share=2.4),
            documents.Column(head=pen.say("paper-method"), share=2),
            documents.Column(head=pen.say("paper-receipt-number"), share=2),
            documents.Column(head=pen.say("paper-amount"), share=1.6, amounts=True),
        ],
        rows=rows,
        totals=[[pen.say("paper-paid"), "", "", pen.money(paid)]],
    )


def _balance(
    pen: _Pen, found: jobs.Agreement, shown: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    agreed = shown["order"]
    if agreed["credit_cents"]:
        yield pen.say("paper-credit"), pen.money(agreed["credit_cents"])
        yield pen.say("paper-cost"), pen.money(agreed["cost_cents"])
    if found.seen_as != "resident" and agreed["platform_fee_cents"]:
        yield pen.say("paper-platform-fee"), pen.money(agreed["platform_fee_cents"])
        yield pen.say("paper-net"), pen.money(agreed["net_cents"])
    if found.fee_cents:
        yield pen.say("paper-calling-off-fee"), pen.money(found.fee_cents)
    if shown["without_receipt_cents"]:
        yield pen.say("paper-awaits-receipt"), pen.money(shown["without_receipt_cents"])
    yield pen.say("paper-owed"), pen.money(found.owed_cents)
