"""Whoever has no phone that can be rung: told by mail or by text message, and shown to
operators.

Hides: that a mail or a text is owed in the transaction in which a push turned out to reach nobody,
and whose last line says that they cannot be reached.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from jobbing_api import mail, words
from jobbing_api.accounts import models as accounts_models
from jobbing_api.notifications import models, preferences, wording
from jobbing_api.settings import Settings

#: Ends of a line that say: this person has no phone that can be rung.
NO_PHONE = ("no-device", "refused", "UNREGISTERED", "SENDER_ID_MISMATCH", "INVALID_ARGUMENT")

#: How far back somebody's silence is told of.
_LATELY = timedelta(days=7)


class _Line(wording.Line, Protocol):
    """A line that reached no phone."""

    id: uuid.UUID
    account_id: uuid.UUID
    expires_at: datetime


def owe(session: Session, settings: Settings, lines: Sequence[_Line], *, now: datetime) -> None:
    """Owe a mail, and of what is close at hand a text message, for each line that reached no
    phone: to whoever proved an address, or a number, and did not ask to be left alone about
    this. None where there is no way out."""
    if not lines or not (settings.mails_leave or settings.texts_leave):
        return
    account = accounts_models.Account
    people = {
        one.id: one
        for one in session.scalars(
            select(account).where(
                account.id.in_({line.account_id for line in lines}),
                or_(account.email_verified_at.is_not(None), account.phone_verified_at.is_not(None)),
            )
        )
    }
    said = preferences.wishes_of(session, people)
    for line in lines:
        person = people.get(line.account_id)
        if person is None:
            continue
        wishes = said.get(line.account_id, preferences.DEFAULT)
        title, body, path = wording.sentences(line, language=person.language)
        link = f"{settings.base_url}{path}"
        if (
            settings.mails_leave
            and person.email is not None
            and person.email_verified_at is not None
            and wishes.by("mail", line.kind)
        ):
            mail.write(
                session,
                to=person.email,
                subject=title,
                body=words.say(person.language, "mail-unreached-body", said=body, link=link),
                now=now,
                account_id=person.id,
            )
        if (
            settings.texts_leave
            and person.phone is not None
            and person.phone_verified_at is not None
            and wishes.by("sms", line.kind)
            and _is_close(line, now=now)
        ):
            mail.text(
                session,
                to=person.phone,
                body=words.say(
                    person.language, "text-unreached", title=title, said=body, link=link
                ),
                now=now,
                expires_at=line.expires_at,
                account_id=person.id,
            )


#: What about a visit cannot wait until somebody reads their mails, on the day of the visit.
_OF_THE_DAY = frozenset(
    {
        *("on-my-way", "job-cancelled", "provider-dropped-out", "visit-missed", "visit-moved"),
        *("visit-unconfirmed", "visit-late", "visit-late-under-way", "visit-overdue"),
        *("visit-confirm-now", "nobody-home", "start-code-changed"),
    }
)

#: Offers that are over before a mail is read.
_FOR_NOW = timedelta(minutes=15)
_DAY = timedelta(days=1)


def _is_close(line: _Line, *, now: datetime) -> bool:
    """Whether a line is worth a text message: an offer for now, or what changes a visit
    within a day."""
    if line.kind == "offer":
        return line.expires_at - now <= _FOR_NOW
    starts_at = line.params.get("starts_at")
    within = starts_at is None or abs(datetime.fromisoformat(starts_at) - now) <= _DAY
    return line.kind in _OF_THE_DAY and within


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreached:
    """Somebody whose phone could not be rung when it was last tried."""

    account_id: uuid.UUID
    display_name: str
    language: str
    phone: str | None
    #: A code: no-device, or Google's.
    reason: str
    last_at: datetime
    #: How many lines in the last week reached no phone of theirs.
    lines: int


def count_unreached(session: Session, *, now: datetime) -> int:
    """How many people a line of the last day did not reach for want of a phone."""
    line = models.Notification
    people = select(func.count(line.account_id.distinct())).where(
        line.state == "undeliverable",
        line.outcome.in_(NO_PHONE),
        line.ended_at > now - timedelta(days=1),
    )
    return session.scalar(people) or 0


def unreached(
    session: Session, market_ids: Iterable[uuid.UUID], *, now: datetime, limit: int
) -> list[Unreached]:
    """Whom lines of these markets did not reach in the last week, and none since; who was
    last owed one comes first."""
    line, account = models.Notification, accounts_models.Account
    since = now - _LATELY
    last_heard = (
        select(func.max(line.ended_at))
        .where(line.account_id == account.id, line.state == "delivered", line.ended_at > since)
        .correlate(account)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            account.id,
            account.display_name,
            account.language,
            account.phone,
            func.max(line.ended_at).label("last_at"),
            func.count().label("lines"),
            func.array_agg(aggregate_order_by(line.outcome, line.ended_at)).label("reasons"),
        )
        .join(account, account.id == line.account_id)
        .where(
            line.market_id.in_(list(market_ids)),
            line.state == "undeliverable",
            line.outcome.in_(NO_PHONE),
            line.ended_at > since,
        )
        .group_by(account.id)
        .having(func.coalesce(last_heard, since) < func.max(line.ended_at))
        .order_by(func.max(line.ended_at).desc(), account.id)
        .limit(limit)
    )
    return [
        Unreached(
            account_id=row.id,
            display_name=row.display_name,
            language=row.language,
            phone=row.phone,
            reason=row.reasons[-1],
            last_at=row.last_at,
            lines=row.lines,
        )
        for row in rows
    ]
