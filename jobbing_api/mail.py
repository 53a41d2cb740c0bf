"""Mails we owe, and how they leave; the only importer of smtplib.

Hides: the outbox table, leases and retries, SMTP with its ways to be encrypted, and
the files that stand in for it on a laptop. A mail is a row before it is a task, and
leaves at least once: a process killed between the server's answer and the record sends
the same mail again, under the same Message-ID, so that a reader's mailbox can tell.
"""

from __future__ import annotations

import os
import random
import smtplib
import ssl
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
_ANSWER_WITHIN_S = 5.0

#: Tries, and the pauses between them: 1, 3, 9, 27 min ... at most 4 h. Ten hours in
#: all, so that a night's outage loses no mail. The shortest pause is longer than
#: ``_NOT_BEING_SENT``, or a task that comes twice would not wait for it.
_MOST_TRIES = 8
_FIRST_PAUSE_S = 60.0
_LONGEST_PAUSE_S = 4 * 3600.0

#: What the standard library raises for an address or a header that cannot be one.
_MALFORMED = (ValueError, IndexError, HeaderParseError)

#: How long the fact that a mail was sent stays known.
_KEPT = timedelta(days=90)


class Mail(Base):
    """One mail owed to one address. The row is the outbox.

    ``wake_at`` is when somebody has to look at it next; finding it moves that ahead.
    The body is emptied once it has ended, because links in it open doors.
    """

    __tablename__ = "mails"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    #: Whose mail it is, for export and erasure; the address may change hands.
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    to_address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    state: Mapped[str] = mapped_column(Text, default="owed")
    #: What the last try came to: ``sent``, a code of the server's, ``unreachable`` ...
    outcome: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'owed') = (wake_at IS NOT NULL)", name="owed_is_watched"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_is_dated"),
        CheckConstraint("state = 'owed' OR body = ''", name="ended_has_no_body"),
        Index("ix_mails_wake_at", "wake_at", postgresql_where=sql_text("state = 'owed'")),
        Index("ix_mails_account_id", "account_id"),
        Index("ix_mails_created_at", "created_at"),
    )


@dataclass(frozen=True, slots=True)
class _Letter:
    """A leased mail, readable while no transaction is open."""

    id: uuid.UUID
    to: str
    subject: str
    body: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one try came to; ``final`` means that another could not do better."""

    code: str
    sent: bool = False
    final: bool = False


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
    mail = Mail(
        account_id=account_id,
        to_address=to,
        subject=subject,
        body=body,
        created_at=now,
        wake_at=now + _PUBLICATION_LEASE,
    )
    mail.id = new_id()
    session.add(mail)
    queue.publish(session, "deliver_mail", ids=[str(mail.id)])
    return mail


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
    letters = _lease(ids, now=now)
    if not letters:
        return 0
    left = 0
    with _carrier(settings) as carrier:
        for number, letter in enumerate(letters):
            if time.monotonic() - begun_s > _BEGIN_WITHIN_S:
                _put_back(letters[number:], now=now)
                break
            outcome = _try(carrier, letter, settings)
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


def _lease(ids: Sequence[uuid.UUID], *, now: datetime) -> list[_Letter]:
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
                Mail.id, Mail.to_address, Mail.subject, Mail.body, Mail.created_at, Mail.attempts
            ),
            execution_options={"synchronize_session": False},
        )
        return sorted((_Letter(*row) for row in rows), key=lambda letter: letter.id)


def _put_back(letters: Sequence[_Letter], *, now: datetime) -> None:
    """Give back what there was no time to try: due at once, and not counted as a try."""
    with database.transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.id.in_([letter.id for letter in letters]), Mail.state == "owed")
            .values(wake_at=now, attempts=Mail.attempts - 1),
            execution_options={"synchronize_session": False},
        )


def _try(carrier: _Files | _Nowhere | _Smtp, letter: _Letter, settings: Settings) -> _Outcome:
    # A try that ends with its process is counted but never recorded: without this, a
    # mail that kills whoever sends it would do so for ever.
    if letter.attempts > _MOST_TRIES:
        return _Outcome("never-came-back", final=True)
    try:
        sender = _sender(settings)
    except _MALFORMED:
        # The operator's mistake: the mails wait until it is mended.
        return _Outcome("mail-from-malformed")
    try:
        message = _compose(letter, sender)
    except _MALFORMED:
        return _Outcome("malformed", final=True)
    return carrier.carry(message)


def _settle(letter: _Letter, outcome: _Outcome, *, at: datetime) -> None:
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
        values["wake_at"] = at + _pause(letter.attempts)
    if not outcome.sent:
        log = _log.error if over else _log.warning
        log("mail.not_sent", mail=str(letter.id), outcome=outcome.code, attempt=letter.attempts)
    with database.transaction() as session:
        session.execute(
            update(Mail).where(Mail.id == letter.id, Mail.state == "owed").values(values),
            execution_options={"synchronize_session": False},
        )


def _pause(attempts: int) -> timedelta:
    seconds = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 3 ** (attempts - 1))
    # Jitter, not cryptography: mails that failed together must not come back together.
    return timedelta(seconds=seconds * random.uniform(1.0, 1.5))  # noqa: S311


def _sender(settings: Settings) -> Address:
    name, address = parseaddr(settings.mail_from)
    return Address(display_name=name, addr_spec=address)


def _compose(letter: _Letter, sender: Address) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    # RFC 3834: nobody's holiday notice should answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


class _Files:
    """Writes each mail as a file of its own; a second try replaces the first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def carry(self, message: EmailMessage) -> _Outcome:
        # Unfolded text, so that a person can copy a link from the file as it is.
        message.set_content(message.get_content(), cte="8bit")
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        draft = self._directory / f".{name}.{os.getpid()}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(message.as_bytes())
            draft.replace(self._directory / f"{name}.eml")
        except OSError as error:
            return _Outcome(f"file-{type(error).__name__}")
        return _Outcome("sent", sent=True)


class _Nowhere:
    """No way out is configured: the mails wait, and the log says so."""

    def carry(self, message: EmailMessage) -> _Outcome:
        return _Outcome("not-configured")


class _Smtp:
    """One connection for a whole batch; opened with the first mail, again if it broke."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._server: smtplib.SMTP | None = None
        self._unreachable: _Outcome | None = None

    def carry(self, message: EmailMessage) -> _Outcome:
        # A server that could not be reached a moment ago is not asked for every mail.
        if self._unreachable is not None:
            return self._unreachable
        if self._server is None:
            try:
                self._server = self._connect()
            except (OSError, smtplib.SMTPException, _NotEncrypted) as error:
                self._unreachable = _Outcome(_name(error))
                return self._unreachable
        try:
            self._server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return _Outcome(f"smtp-{code}", final=code >= 500)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421:
                self.close()
            return _Outcome(f"smtp-{error.smtp_code}", final=error.smtp_code >= 500)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return _Outcome(_name(error))
        return _Outcome("sent", sent=True)

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or "localhost"
        server: smtplib.SMTP
        if self._url.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                host,
                self._url.port or 465,
                timeout=_ANSWER_WITHIN_S,
                context=ssl.create_default_context(),
            )
            encrypted = True
        else:
            server = smtplib.SMTP(host, self._url.port or 587, timeout=_ANSWER_WITHIN_S)
            encrypted = False
        try:
            server.ehlo()
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
                encrypted = True
            if self._url.username:
                if not encrypted:
                    raise _NotEncrypted
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


class _NotEncrypted(Exception):
    """The server offers no encryption, and a password must not travel without."""


def _name(error: Exception) -> str:
    """A short name for the record: never a host, an address or what the server said."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return "login-refused"
        case smtplib.SMTPResponseException():
            return f"smtp-{error.smtp_code}"
        case ssl.SSLError():
            return "certificate-refused"
        case _NotEncrypted():
            return "not-encrypted"
        case TimeoutError():
            return "no-answer"
        case _:
            return "unreachable"


@contextmanager
def _carrier(settings: Settings) -> Iterator[_Files | _Nowhere | _Smtp]:
    if settings.mail_dir is not None:
        yield _Files(settings.mail_dir)
    elif settings.smtp_url is not None:
        smtp = _Smtp(settings.smtp_url)
        try:
            yield smtp
        finally:
            smtp.close()
    else:
        yield _Nowhere()
