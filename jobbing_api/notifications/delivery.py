"""Ringing the phones: lease, send without a transaction, write down what became of it.

Hides: leases, which devices have heard already, when to try again, and what an
outcome means for an address. Google may take seconds to answer and a worker may die
at any instruction, so no transaction is open while it is asked and a row is settled
only once its outcome is known.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import database, firebase
from jobbing_api.accounts import models as accounts_models
from jobbing_api.notifications import models, wording
from jobbing_api.settings import Settings

_log = structlog.get_logger(__name__)

#: A batch leaves within so long; what has not left by then is owed as before.
_LEAVES_WITHIN_S = 4.0

#: Longer than a batch and one slow answer take together, or a second worker would ring
#: the same phones; a worker that is killed costs as much delay.
_LEASE = timedelta(seconds=_LEAVES_WITHIN_S + firebase.ANSWER_S + 2)

#: After so many tries a line is given up even if it has not expired.
_MOST_ATTEMPTS = 10

_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0


@dataclass(frozen=True, slots=True)
class _Ring:
    """One notification on one device."""

    notification_id: uuid.UUID
    installation_id: str
    push: firebase.Push


def deliver(settings: Settings, ids: Sequence[uuid.UUID], *, now: datetime) -> int:
    """Ring the phones of these notifications, as far as they are still owed and due.

    Safe to run twice: a row another worker holds, or one that is settled, is skipped.
    Returns how many messages were handed to Google.
    """
    began_s = time.monotonic()
    with database.transaction() as session:
        owed = _lease(session, ids, now=now)
        rings = _rings(session, settings, owed, now=now)
    if not rings:
        return 0
    outcomes = firebase.client(settings).send(
        [ring.push for ring in rings], within_s=_LEAVES_WITHIN_S
    )
    # Google may have taken seconds: what it asks us to wait counts from its answer.
    answered_at = now + timedelta(seconds=time.monotonic() - began_s)
    with database.transaction() as session:
        _settle(session, owed, rings, outcomes, now=answered_at)
    return len(rings)


def _lease(
    session: Session, ids: Sequence[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, models.Notification]:
    free = (
        select(models.Notification.id)
        .where(
            models.Notification.id.in_(ids),
            models.Notification.state == "owed",
            models.Notification.due_at <= now,
            or_(
                models.Notification.sending_until.is_(None),
                models.Notification.sending_until <= now,
            ),
        )
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(
        update(models.Notification)
        .where(models.Notification.id.in_(free.scalar_subquery()))
        .values(
            sending_until=now + _LEASE,
            wake_at=now + _LEASE,
            attempts=models.Notification.attempts + 1,
        )
        .returning(models.Notification)
    )
    return {row.id: row for row in rows}


def _rings(
    session: Session,
    settings: Settings,
    owed: dict[uuid.UUID, models.Notification],
    *,
    now: datetime,
) -> list[_Ring]:
    """What to send. Lines that have nobody to reach or came too late end here."""
    for line in list(owed.values()):
        if line.expires_at <= now:
            _end(owed.pop(line.id), "undeliverable", "expired", now=now)
    accounts = {
        account.id: account
        for account in session.scalars(
            select(accounts_models.Account).where(
                accounts_models.Account.id.in_({line.account_id for line in owed.values()})
            )
        )
    }
    devices: dict[uuid.UUID, list[models.Device]] = defaultdict(list)
    for device in session.scalars(
        select(models.Device)
        .outerjoin(accounts_models.SignIn, accounts_models.SignIn.id == models.Device.sign_in_id)
        .where(
            models.Device.account_id.in_(accounts),
            models.Device.dropped_at.is_(None),
            # A phone whose sign-in was ended from elsewhere may be in other hands.
            accounts_models.SignIn.ended_at.is_(None),
        )
    ):
        devices[device.account_id].append(device)
    settled = {
        (delivery.notification_id, delivery.installation_id): delivery.outcome
        for delivery in session.scalars(
            select(models.Delivery).where(
                models.Delivery.notification_id.in_(owed),
                models.Delivery.outcome.in_(("sent", "refused")),
            )
        )
    }
    heard = {line_id for (line_id, _), outcome in settled.items() if outcome == "sent"}
    rings: list[_Ring] = []
    for line in list(owed.values()):
        theirs = devices[line.account_id]
        todo = [d for d in theirs if (line.id, d.installation_id) not in settled]
        if not todo:
            if line.id in heard:
                _end(owed.pop(line.id), "delivered", "sent", now=now)
            else:
                outcome = "refused" if theirs else "no-device"
                _end(owed.pop(line.id), "undeliverable", outcome, now=now)
            continue
        language = accounts[line.account_id].language
        try:
            said = [
                wording.push(line, device, language=language, base_url=settings.base_url, now=now)
                for device in todo
            ]
        except Exception:
            # A sentence that cannot be said is ours to mend; the other lines of its
            # batch must not wait for that.
            _log.exception("push.unsayable", kind=line.kind, notification_id=str(line.id))
            _end(owed.pop(line.id), "undeliverable", "unsayable", now=now)
            continue
        rings += [
            _Ring(line.id, device.installation_id, push)
            for device, push in zip(todo, said, strict=True)
        ]
    return rings


def _end(line: models.Notification, state: str, outcome: str, *, now: datetime) -> None:
    line.state = state
    line.outcome = outcome
    line.ended_at = now
    line.wake_at = None
    line.sending_until = None


def _settle(
    session: Session,
    owed: dict[uuid.UUID, models.Notification],
    rings: Sequence[_Ring],
    outcomes: Sequence[firebase.Outcome],
    *,
    now: datetime,
) -> None:
    # In the order of their ids, as whoever withdraws several takes them too. A line may
    # be gone by now, with the person it was owed to.
    lines = {
        line.id: line
        for line in session.scalars(
            select(models.Notification)
            .where(models.Notification.id.in_(owed))
            .order_by(models.Notification.id)
            .with_for_update(key_share=True)
        )
    }
    values: list[dict[str, Any]] = []
    gone: list[tuple[_Ring, str]] = []
    by_line: dict[uuid.UUID, list[firebase.Outcome]] = defaultdict(list)
    for ring, outcome in zip(rings, outcomes, strict=True):
        if outcome.kind == "gone":
            gone.append((ring, outcome.code))
        elif outcome.kind in ("refused", "unauthorised"):
            _log.error("push.refused", kind=outcome.kind, code=outcome.code)
        if ring.notification_id not in lines:
            continue
        by_line[ring.notification_id].append(outcome)
        values.append(
            {
                "notification_id": ring.notification_id,
                "installation_id": ring.installation_id,
                "outcome": outcome.kind,
                "code": outcome.code,
                "message_id": outcome.message_id,
                "attempts": 1,
                "at": now,
            }
        )
    for ring, code in sorted(gone, key=lambda pair: pair[0].installation_id):
        _drop(session, ring, code, now=now)
    if not values:
        return
    said = insert(models.Delivery).values(values)
    session.execute(
        said.on_conflict_do_update(
            index_elements=["notification_id", "installation_id"],
            set_={
                "outcome": said.excluded.outcome,
                "code": said.excluded.code,
                "message_id": func.coalesce(said.excluded.message_id, models.Delivery.message_id),
                "attempts": models.Delivery.attempts + 1,
                "at": said.excluded.at,
            },
        )
    )
    for line_id, line in lines.items():
        # The lease may have run out and the row been withdrawn or settled meanwhile.
        if line.state != "owed":
            continue
        kinds = {outcome.kind for outcome in by_line[line_id]}
        waits = [o for o in by_line[line_id] if o.kind in ("later", "unauthorised")]
        retry_at = now + _pause(line.attempts, waits)
        if waits and line.attempts < _MOST_ATTEMPTS and retry_at < line.expires_at:
            if line.attempts != owed[line_id].attempts:
                # Another worker has it by now, and will find out for itself.
                continue
            line.wake_at = retry_at
            line.sending_until = None
            line.outcome = waits[0].code
        elif "sent" in kinds:
            _end(line, "delivered", "sent", now=now)
        else:
            _end(line, "undeliverable", by_line[line_id][0].code, now=now)


def _drop(session: Session, ring: _Ring, code: str, *, now: datetime) -> None:
    """Forget an address nobody lives at, unless the app has registered anew since."""
    session.execute(
        update(models.Device)
        .where(
            models.Device.installation_id == ring.installation_id,
            models.Device.address == ring.push.address,
        )
        .values(dropped_at=now, dropped_because=code)
    )


def _pause(attempts: int, waits: Sequence[firebase.Outcome]) -> timedelta:
    """As long as Google asks for, else exponential with full jitter."""
    asked = [outcome.retry_after_s for outcome in waits if outcome.retry_after_s is not None]
    if asked:
        return timedelta(seconds=max(asked))
    ceiling = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2 ** max(0, attempts - 1))
    # Jitter, not cryptography: phones that failed together must not try together.
    return timedelta(seconds=ceiling * (0.5 + random.random() / 2))  # noqa: S311
