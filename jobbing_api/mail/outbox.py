"""The rows, who sends them, and when they are tried again."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, Session, mapped_column

from jobbing_api import database, queue
from jobbing_api.database import Base, Instant, new_id
from jobbing_api.mail import letters, smtp
from jobbing_api.mail import texts as text_messages
from jobbing_api.settings import Settings

_log = structlog.get_logger(__name__)

#: How long a publication may take to reach a worker before the clock asks again.
_PUBLICATION_LEASE = timedelta(seconds=30)

#: A row whose ``wake_at`` is nearer than this is not being sent by anybody: it is due,
#: or waits in the queue. The margin is for clocks that differ between machines.
_NOT_BEING_SENT = _PUBLICATION_LEASE + timedelta(seconds=15)

#: How long whoever sends a batch has it alone. More than ``_NOT_BEING_SENT``, the time
#: in which new mails are begun and ten answers of the slowest server together.
_SENDING_LEASE = timedelta(seconds=150)
_BEGIN_WITHIN_S = 30.0

#: Tries, and the pauses between them: 1, 3, 9, 27 min ... at most 4 h. Ten hours in
#: all, so that a night's outage loses no mail. The shortest pause is longer than
#: ``_NOT_BEING_SENT``, or a task that comes twice would not wait for it.
_MOST_TRIES = 8
_FIRST_PAUSE_S = 60.0
_LONGEST_PAUSE_S = 4 * 3600.0

#: How long the fact that a mail was sent stays known.
_KEPT = timedelta(days=90)


class Mail(Base):
    """One mail owed to one address, or one text message to one number. The row is the
    outbox.

    ``wake_at`` is when somebody has to look at it next; finding it moves that ahead.
    The body is emptied once it has ended, because links in it open doors. A text that is
    not worth reading any more (``expires_at``) is not sent.
    """

    __tablename__ = "mails"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    #: Whose mail it is, for export and erasure; the address may change hands.
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    way: Mapped[str] = mapped_column(Text, server_default="mail")
    to_address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    state: Mapped[str] = mapped_column(Text, default="owed")
    #: What the last try came to: ``sent``, a code of the server's, ``unreachable`` ...
    outcome: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'sent', 'failed')", name="state"),
        CheckConstraint("way IN ('mail', 'text')", name="way"),
        CheckConstraint("(state = 'owed') = (wake_at IS NOT NULL)", name="owed_is_watched"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_is_dated"),
        CheckConstraint("state = 'owed' OR body = ''", name="ended_has_no_body"),
        Index("ix_mails_wake_at", "wake_at", postgresql_where=sql_text("state = 'owed'")),
        Index("ix_mails_account_id", "account_id"),
        Index("ix_mails_created_at", "created_at"),
    )


def write(
    session: Session,
    *,
    to: str,
    subject: str,
    body: str,
    now: datetime,
    account_id: uuid.UUID | None = None,
) -> Mail:
    """Owe a mail of plain text, and ask for it to be sent once this is durable."""
    mail = Mail(way="mail", to_address=to, subject=subject, body=body, account_id=account_id)
    return _owe(session, mail, now=now)


def text(
    session: Session,
    *,
    to: str,
    body: str,
    now: datetime,
    expires_at: datetime,
    account_id: uuid.UUID | None = None,
) -> Mail:
    """Owe a text message to a number (E.164) until it is not worth reading any more, and
    ask for it to be sent once this is durable."""
    one = Mail(
        way="text",
        to_address=to,
        subject="",
        body=body,
        account_id=account_id,
        expires_at=expires_at,
    )
    return _owe(session, one, now=now)


def _owe(session: Session, one: Mail, *, now: datetime) -> Mail:
    one.id = new_id()
    one.created_at = now
    one.wake_at = now + _PUBLICATION_LEASE
    session.add(one)
    queue.publish(session, "deliver_mail", ids=[str(one.id)])
    return one


def due_ids(session: Session, *, now: datetime, limit: int) -> list[uuid.UUID]:
    """At most ``limit`` mails that are due, for the clock to publish.

    Finding them leases them: they are not found again for 30 s.
    """
    due = (
        select(Mail.id)
        .where(Mail.state == "owed", Mail.wake_at <= now)
        .order_by(Mail.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(
        update(Mail)
        .where(Mail.id.in_(due.scalar_subquery()))
        .values(wake_at=now + _PUBLICATION_LEASE)
        .returning(Mail.id),
        execution_options={"synchronize_session": False},
    )
    return list(found)


def next_due_at(session: Session) -> datetime | None:
    """When the clock has to look again; None when nothing is owed."""
    return session.scalar(
        select(Mail.wake_at).where(Mail.state == "owed").order_by(Mail.wake_at).limit(1)
    )


def deliver(settings: Settings, ids: Sequence[uuid.UUID], *, now: datetime) -> int:
    """Send these mails as far as they are owed and nobody else is sending them.

    Opens its own transactions and holds none while a server is asked. Returns how many
    left. Safe to run twice and beside itself; what it does not get done, the clock
    finds again.
    """
    # A stopwatch, not the time of day: what is written down stays relative to ``now``.
    begun_s = time.monotonic()
    leased = _lease(ids, now=now)
    if not leased:
        return 0
    left = 0
    with _carriers(settings) as carriers:
        for number, letter in enumerate(leased):
            if time.monotonic() - begun_s > _BEGIN_WITHIN_S:
                _put_back(leased[number:], now=now)
                break
            at = now + timedelta(seconds=time.monotonic() - begun_s)
            outcome = _try(carriers[letter.way], letter, now=at)
            at = now + timedelta(seconds=time.monotonic() - begun_s)
            _settle(letter, outcome, at=at)
            left += outcome.sent
    return left


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete ended mails after 90 days; returns how many."""
    gone = session.scalars(
        delete(Mail).where(Mail.state != "owed", Mail.created_at < now - _KEPT).returning(Mail.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def _lease(ids: Sequence[uuid.UUID], *, now: datetime) -> list[letters.Letter]:
    free = (
        select(Mail.id)
        .where(Mail.id.in_(ids), Mail.state == "owed", Mail.wake_at <= now + _NOT_BEING_SENT)
        .order_by(Mail.id)
        .with_for_update(skip_locked=True)
    )
    with database.transaction() as session:
        rows = session.execute(
            update(Mail)
            .where(Mail.id.in_(free.scalar_subquery()))
            .values(wake_at=now + _SENDING_LEASE, attempts=Mail.attempts + 1)
            .returning(
                Mail.id,
                Mail.way,
                Mail.to_address.label("to"),
                Mail.subject,
                Mail.body,
                Mail.created_at,
                Mail.expires_at,
                Mail.attempts,
            ),
            execution_options={"synchronize_session": False},
        )
        return sorted(
            (letters.Letter(**row._mapping) for row in rows), key=lambda letter: letter.id
        )


def _put_back(leased: Sequence[letters.Letter], *, now: datetime) -> None:
    """Give back what there was no time to try: due at once, and not counted as a try."""
    with database.transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.id.in_([letter.id for letter in leased]), Mail.state == "owed")
            .values(wake_at=now, attempts=Mail.attempts - 1),
            execution_options={"synchronize_session": False},
        )


def _try(carrier: letters.Carrier, letter: letters.Letter, *, now: datetime) -> letters.Outcome:
    # A try that ends with its process is counted but never recorded: without this, a
    # mail that kills whoever sends it would do so for ever.
    if letter.attempts > _MOST_TRIES:
        return letters.Outcome("never-came-back", final=True)
    if letter.expires_at is not None and letter.expires_at <= now:
        return letters.Outcome("expired", final=True)
    return carrier.carry(letter, now=now)


def _settle(letter: letters.Letter, outcome: letters.Outcome, *, at: datetime) -> None:
    """Record one try in its own transaction, so that a kill repeats one mail at most."""
    over = outcome.sent or outcome.final or letter.attempts >= _MOST_TRIES
    values: dict[str, object] = {"outcome": outcome.code}
    if over:
        values |= {
            "state": "sent" if outcome.sent else "failed",
            "sent_at": at if outcome.sent else None,
            "wake_at": None,
            "body": "",
        }
    else:
        values["wake_at"] = at + _pause(letter.attempts, outcome.retry_after_s)
    if not outcome.sent:
        log = _log.error if over else _log.warning
        log("mail.not_sent", mail=str(letter.id), outcome=outcome.code, attempt=letter.attempts)
    with database.transaction() as session:
        session.execute(
            update(Mail).where(Mail.id == letter.id, Mail.state == "owed").values(values),
            execution_options={"synchronize_session": False},
        )


def _pause(attempts: int, asked_s: float | None) -> timedelta:
    seconds = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 3 ** (attempts - 1))
    if asked_s is not None:
        seconds = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, asked_s))
    # Jitter, not cryptography: mails that failed together must not come back together.
    return timedelta(seconds=seconds * random.uniform(1.0, 1.5))  # noqa: S311


@contextmanager
def _carriers(settings: Settings) -> Iterator[Mapping[str, letters.Carrier]]:
    """The way out for each way there is, open for a batch."""
    mails: letters.Carrier = letters.Nowhere()
    texts: letters.Carrier = letters.Nowhere()
    if settings.mail_dir is not None:
        mails = texts = smtp.Files(settings.mail_dir, settings.mail_from)
    elif settings.smtp_url is not None:
        mails = smtp.Smtp(settings.smtp_url, settings.mail_from)
    if settings.sms_url is not None:
        texts = text_messages.Twilio(settings.sms_url, settings.sms_from)
    try:
        yield {"mail": mails, "text": texts}
    finally:
        mails.close()
        texts.close()
