"""What a provider took and worked: job by job, month by month, day by day.

Hides: to which day money belongs (the local day on which a job was completed, or a visit
ended that was called off at the resident's cost: from then on no amount changes), where the
trip and the fees stand in an order, and what of it was said to be paid. However many jobs
there are, each question is a fixed number of statements.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, and_, func, literal, literal_column, select
from sqlalchemy.orm import Session

from jobbing_api import history, markets
from jobbing_api.jobs import models, supplies

#: How far the payment of a line has come, from nothing to a numbered receipt for all of it;
#: ``said`` is what the resident says and the provider has not confirmed.
PAYMENT_STATES = ("unpaid", "part-paid", "said", "received", "free")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Money in minor units. ``net_cents`` is without what the platform keeps, and
    ``earned_cents`` without the trip too; ``credit_cents`` a tax gives the resident back."""

    total_cents: int = 0
    trip_cents: int = 0
    platform_fee_cents: int = 0
    credit_cents: int = 0
    received_cents: int = 0
    said_cents: int = 0

    @property
    def net_cents(self) -> int:
        return self.total_cents - self.platform_fee_cents

    @property
    def earned_cents(self) -> int:
        return self.net_cents - self.trip_cents


_SUMMED = tuple(field.name for field in fields(Sums))


def total(sums: Iterable[Sums]) -> Sums:
    """The sums of some, member by member."""
    found = list(sums)
    return Sums(**{name: sum(getattr(one, name) for one in found) for name in _SUMMED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A job that was completed (``job``), or one called off at a cost (``cancellation``)."""

    kind: str
    job_id: uuid.UUID
    at: datetime
    category_id: int
    title: str
    currency: str
    worked: timedelta
    sums: Sums
    #: The numbers of what was received, in order.
    receipts: tuple[int, ...]

    @property
    def payment(self) -> str:
        """One of ``PAYMENT_STATES``."""
        sums = self.sums
        if sums.total_cents == 0:
            return "free"
        if sums.received_cents >= sums.total_cents:
            return "received"
        paid = sums.received_cents + sums.said_cents
        if paid >= sums.total_cents:
            return "said"
        return "part-paid" if paid else "unpaid"


def lines(
    session: Session, provider_id: uuid.UUID, *, from_at: datetime, to_at: datetime
) -> list[Line]:
    """What a provider took in [``from_at``, ``to_at``), oldest first."""
    job, visit = models.Job, models.Visit
    done = session.execute(
        select(job.id, job.completed_at, job.category_id, job.title, job.currency, job.order).where(
            job.provider_id == provider_id,
            job.state == "completed",
            job.completed_at >= from_at,
            job.completed_at < to_at,
        )
    ).all()
    called_off = session.execute(
        select(
            job.id,
            visit.ended_at,
            job.category_id,
            job.title,
            job.currency,
            func.jsonb_build_object("total_cents", visit.fee_cents),
        )
        .join(job, job.id == visit.job_id)
        .where(
            visit.provider_id == provider_id,
            visit.fee_cents > 0,
            visit.ended_at >= from_at,
            visit.ended_at < to_at,
        )
    ).all()
    ids = [row[0] for row in (*done, *called_off)]
    payments = _payments(session, provider_id, ids)
    worked = _worked(session, [row[0] for row in done])
    found = [
        Line(
            kind=kind,
            job_id=row[0],
            at=row[1],
            category_id=row[2],
            title=row[3],
            currency=row[4],
            worked=worked.get(row[0], timedelta()) if kind == "job" else timedelta(),
            sums=_sums(row[5] or {}, payments.get(row[0], ())),
            receipts=tuple(
                sorted(one.receipt_number for one in payments.get(row[0], ()) if one.receipt_number)
            ),
        )
        for kind, rows in (("job", done), ("cancellation", called_off))
        for row in rows
    ]
    return sorted(found, key=lambda line: (line.at, line.job_id))


def _sums(order: dict[str, Any], payments: Sequence[models.Payment]) -> Sums:
    trips = (line for line in order.get("lines", ()) if line["kind"] == "call-out")
    return Sums(
        # Supplies nobody has shown a receipt of are not earned.
        total_cents=(order.get("total_cents") or 0) - supplies.without_receipt_cents(order),
        trip_cents=sum(line["amount_cents"] for line in trips),
        platform_fee_cents=order.get("platform_fee_cents") or 0,
        credit_cents=order.get("credit_cents") or 0,
        received_cents=sum(one.amount_cents for one in payments if one.received_at),
        said_cents=sum(one.amount_cents for one in payments if not one.received_at),
    )


def _payments(
    session: Session, provider_id: uuid.UUID, job_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[models.Payment]]:
    payment = models.Payment
    found: dict[uuid.UUID, list[models.Payment]] = defaultdict(list)
    for one in session.scalars(
        select(payment).where(
            payment.job_id.in_(job_ids),
            payment.provider_id == provider_id,
            payment.refused_at.is_(None),
        )
    ):
        found[one.job_id].append(one)
    return found


def _worked(session: Session, job_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, timedelta]:
    stretch = models.WorkStretch
    rows = session.execute(
        select(stretch.job_id, stretch.began_at, stretch.ended_at).where(
            stretch.job_id.in_(job_ids)
        )
    )
    found: dict[uuid.UUID, timedelta] = defaultdict(timedelta)
    for job_id, began_at, ended_at in rows:
        # A job that is completed rests: nobody is at work on it.
        found[job_id] += (ended_at or began_at) - began_at
    return found


# Hours and visits ------------------------------------------------------------------------


def stretches(
    session: Session, provider_id: uuid.UUID, *, from_at: datetime, to_at: datetime, now: datetime
) -> list[tuple[datetime, datetime]]:
    """When a provider was at work within [``from_at``, ``to_at``), oldest first; what is not
    over lasts until ``now``."""
    stretch, job = models.WorkStretch, models.Job
    ends_at = func.coalesce(stretch.ended_at, now)
    rows = session.execute(
        select(stretch.began_at, ends_at)
        .join(job, job.id == stretch.job_id)
        .where(job.provider_id == provider_id, stretch.began_at < to_at, ends_at > from_at)
        .order_by(stretch.began_at, stretch.id)
    )
    return [(max(began_at, from_at), min(ended_at, to_at)) for began_at, ended_at in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Visits that were agreed and did not come about, by whose doing."""

    by_you: int = 0
    you_missed: int = 0
    by_resident: int = 0
    resident_absent: int = 0
    by_operator: int = 0


#: Whose doing it is, by how a visit ended. Who took an acceptance back within a minute
#: never agreed; a job that ended may have been an operator's decision, says its history.
_LOST = {
    "provider-cancelled": "by_you",
    "provider-absent": "you_missed",
    "job-cancelled": "by_resident",
    "resident-absent": "resident_absent",
}


def lost(session: Session, provider_id: uuid.UUID, *, from_at: datetime, to_at: datetime) -> Lost:
    """How many ended so in [``from_at``, ``to_at``)."""
    visit, entry = models.Visit, history.Entry
    rows = session.execute(
        select(visit.ended_because, entry.actor_role, func.count())
        .outerjoin(
            entry,
            and_(
                entry.job_id == visit.job_id,
                entry.event == "job-cancel",
                entry.at == visit.ended_at,
            ),
        )
        .where(
            visit.provider_id == provider_id,
            visit.ended_at >= from_at,
            visit.ended_at < to_at,
            visit.ended_because.in_(sorted(_LOST)),
        )
        .group_by(visit.ended_because, entry.actor_role)
    )
    counts: dict[str, int] = defaultdict(int)
    for because, actor_role, count in rows:
        operator = because == "job-cancelled" and actor_role == "operator"
        counts["by_operator" if operator else _LOST[str(because)]] += count
    return Lost(**counts)


# Months and days -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A local month in which something was taken, in one currency."""

    month: str
    currency: str
    jobs: int
    cancellations: int
    total_cents: int
    platform_fee_cents: int


#: What ``without_receipt_cents`` says of an order.
_UNCHARGED: Any = literal_column(
    """(SELECT coalesce(sum((line ->> 'amount_cents')::bigint), 0)
        FROM jsonb_array_elements(jobs.order_lines -> 'lines') AS line
        WHERE line ->> 'kind' = 'supplies' AND NOT line ? 'charged_at')"""
)


def months(session: Session, provider_id: uuid.UUID, *, time_zone: str) -> list[Month]:
    """The months of the place's own calendar ("2026-11") in which a provider took
    something, latest first."""
    job, visit = models.Job, models.Visit

    def month_of(at: Any) -> Any:
        return func.to_char(func.timezone(time_zone, at), "YYYY-MM")

    done = (
        select(
            month_of(job.completed_at).label("month"),
            job.currency.label("currency"),
            literal(1).label("jobs"),
            literal(0).label("cancellations"),
            (func.coalesce(job.order["total_cents"].as_integer(), 0) - _UNCHARGED).label(
                "total_cents"
            ),
            func.coalesce(job.order["platform_fee_cents"].as_integer(), 0).label("fee_cents"),
        )
        .where(job.provider_id == provider_id, job.state == "completed")
        .where(job.completed_at.is_not(None))
    )
    called_off = (
        select(
            month_of(visit.ended_at),
            job.currency,
            literal(0),
            literal(1),
            visit.fee_cents,
            literal(0),
        )
        .join(job, job.id == visit.job_id)
        .where(visit.provider_id == provider_id, visit.fee_cents > 0)
    )
    taken = done.union_all(called_off).subquery()
    sums = [
        func.sum(taken.c[name]).cast(BigInteger)
        for name in ("jobs", "cancellations", "total_cents", "fee_cents")
    ]
    rows = session.execute(
        select(taken.c.month, taken.c.currency, *sums)
        .group_by(taken.c.month, taken.c.currency)
        .order_by(taken.c.month.desc(), taken.c.currency)
    )
    names = [field.name for field in fields(Month)]
    return [Month(**dict(zip(names, row, strict=True))) for row in rows]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some whole local days in a row, both ends included, and the instants they span."""

    first: date
    last: date
    from_at: datetime
    to_at: datetime


def bucket(first: date, last: date, *, time_zone: str) -> Bucket:
    """Those days as instants, whatever the clocks do in between."""
    local = markets.local_time.zone(time_zone)
    return Bucket(
        first,
        last,
        markets.local_time.instant(first, 0, local),
        markets.local_time.instant(last + timedelta(days=1), 0, local),
    )


def buckets(whole: Bucket, *, by: str, time_zone: str) -> Iterator[Bucket]:
    """The days of ``whole``, or its weeks: the first and the last as far as they reach."""
    first = whole.first
    while first <= whole.last:
        last = first if by == "day" else first + timedelta(days=6 - first.weekday())
        yield bucket(first, min(last, whole.last), time_zone=time_zone)
        first = last + timedelta(days=1)


def worked_in(stretches_: Iterable[tuple[datetime, datetime]], one: Bucket) -> timedelta:
    """How much of some stretches of work falls into these days."""
    return sum(
        (
            max(timedelta(), min(ended_at, one.to_at) - max(began_at, one.from_at))
            for began_at, ended_at in stretches_
        ),
        start=timedelta(),
    )
