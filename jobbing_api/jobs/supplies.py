"""What was bought for a job: agreed on as "at most so much", charged by receipt.

Hides: that a line of an order becomes what the receipt says, never more than was agreed, and
that the order's totals follow. A line keeps what was agreed at most, when it was charged, and
under which number its receipt's pictures belong.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from jobbing_api import database, errors, files, history
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, prices, reading, rules, telling
from jobbing_api.lifecycle import JobState

#: A receipt may still be handed in so long after a job was completed.
_AFTERWARDS = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """Something that is or was bought: the place of its line in the order, what was agreed at
    most, and, once there is a receipt, what it cost. Amounts in minor units."""

    line: int
    label: str | None
    most_cents: int
    charged_cents: int | None
    charged_at: datetime | None
    #: What the receipt's pictures belong to.
    receipt_id: uuid.UUID | None


def supplies_of(order: Mapping[str, Any] | None) -> list[Supply]:
    """What an order has to be bought for, in the order of its lines."""
    return [
        Supply(
            line=place,
            label=line.get("label"),
            most_cents=line.get("most_cents", line["amount_cents"]),
            charged_cents=line["amount_cents"] if "charged_at" in line else None,
            charged_at=datetime.fromisoformat(line["charged_at"]) if "charged_at" in line else None,
            receipt_id=uuid.UUID(line["receipt_id"]) if "receipt_id" in line else None,
        )
        for place, line in enumerate(() if order is None else order.get("lines", ()))
        if line["kind"] == "supplies"
    ]


def without_receipt_cents(order: Mapping[str, Any] | None) -> int:
    """How much of an order is for supplies nobody has shown a receipt of: nobody owes it
    yet."""
    return sum(one.most_cents for one in supplies_of(order) if one.charged_at is None)


def charge(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    line: int,
    amount_cents: int,
    photos: Sequence[uuid.UUID],
    now: datetime,
) -> models.Job:
    """The provider says what supplies of the order cost and shows the receipt: the line is
    that much from now on. Nothing was bought: nothing is charged, and no receipt is needed.

    Raises IllegalMove before work has begun, in a dispute and a week after the end;
    InvalidInput for a line that is none of supplies or was charged before, for more than was
    agreed, and without a receipt.
    """
    job, _ = reading.hold(session, job_id, account, only="provider", now=now)
    if job.order is None or not _chargeable(job, now=now):
        raise errors.IllegalMove(state=str(job.state))
    one = next((one for one in supplies_of(job.order) if one.line == line), None)
    if one is None:
        raise errors.InvalidInput(fields={"line": ["not-supplies"]})
    if one.charged_at is not None:
        raise errors.InvalidInput(fields={"line": ["supplies-charged"]})
    if amount_cents > one.most_cents:
        raise errors.InvalidInput(
            fields={"amount_cents": ["more-than-agreed"]}, most_cents=one.most_cents
        )
    spared = one.most_cents - amount_cents
    if (job.order["total_cents"] or 0) < spared:
        raise errors.InvalidInput(fields={"amount_cents": ["less-than-nothing"]})
    if amount_cents and not photos:
        raise errors.InvalidInput(fields={"photos": ["receipt-required"]})
    receipt_id = database.new_id()
    if photos:
        files.attach(
            session,
            photos,
            owner=account,
            to="receipt",
            subject_id=receipt_id,
            job_id=job.id,
            now=now,
        )
    lines = list(job.order["lines"])
    lines[line] = {
        **lines[line],
        "amount_cents": amount_cents,
        "most_cents": one.most_cents,
        "charged_at": now.isoformat(),
        "receipt_id": str(receipt_id),
    }
    job.order = prices.with_lines(job.order, lines, rules.policy_of(session, job, now=now))
    job.version += 1
    history.record(
        session,
        "supplies-charged",
        at=now,
        actor_role="provider",
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        data={"line": line, "cents": amount_cents},
    )
    telling.tell(
        session,
        job,
        job.resident_id,
        "supplies-charged",
        now=now,
        net_cents=amount_cents,
        currency=job.currency,
    )
    session.flush()
    return job


def _chargeable(job: models.Job, *, now: datetime) -> bool:
    if job.state == JobState.COMPLETED:
        return job.completed_at is not None and now < job.completed_at + _AFTERWARDS
    return job.state in (JobState.IN_PROGRESS, JobState.FINISHED)
