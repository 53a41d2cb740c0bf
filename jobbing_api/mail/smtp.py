"""How mails leave: by SMTP with its ways to be encrypted, or as files on a laptop; the only
importer of smtplib."""

from __future__ import annotations

import os
import smtplib
import ssl
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jobbing_api.mail.letters import Letter, Outcome

#: The slowest answer that is waited for.
ANSWER_WITHIN_S = 5.0

#: What the standard library raises for an address or a header that cannot be one.
_MALFORMED = (ValueError, IndexError, HeaderParseError)


def _composed(letter: Letter, mail_from: str) -> EmailMessage | Outcome:
    """The mail, or why there can be none."""
    try:
        name, address = parseaddr(mail_from)
        sender = Address(display_name=name, addr_spec=address)
    except _MALFORMED:
        # The operator's mistake: the mails wait until it is mended.
        return Outcome("mail-from-malformed")
    try:
        return _compose(letter, sender)
    except _MALFORMED:
        return Outcome("malformed", final=True)


def _compose(letter: Letter, sender: Address) -> EmailMessage:
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


class Files:
    """Writes each mail and each text message as a file of its own; a second try replaces
    the first."""

    def __init__(self, directory: Path, mail_from: str) -> None:
        self._directory = directory
        self._mail_from = mail_from

    def carry(self, letter: Letter, *, now: datetime) -> Outcome:
        if letter.way == "text":
            return self._write(f"{letter.id}.txt", f"{letter.to}\n\n{letter.body}\n".encode())
        message = _composed(letter, self._mail_from)
        if isinstance(message, Outcome):
            return message
        # Unfolded text, so that a person can copy a link from the file as it is.
        message.set_content(message.get_content(), cte="8bit")
        return self._write(f"{letter.id}.eml", message.as_bytes())

    def close(self) -> None:
        pass

    def _write(self, name: str, content: bytes) -> Outcome:
        draft = self._directory / f".{name}.{os.getpid()}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(self._directory / name)
        except OSError as error:
            return Outcome(f"file-{type(error).__name__}")
        return Outcome("sent", sent=True)


class Smtp:
    """One connection for a whole batch; opened with the first mail, again if it broke."""

    def __init__(self, url: str, mail_from: str) -> None:
        self._url = urlsplit(url)
        self._mail_from = mail_from
        self._server: smtplib.SMTP | None = None
        self._unreachable: Outcome | None = None

    def carry(self, letter: Letter, *, now: datetime) -> Outcome:
        message = _composed(letter, self._mail_from)
        if isinstance(message, Outcome):
            return message
        # A server that could not be reached a moment ago is not asked for every mail.
        if self._unreachable is not None:
            return self._unreachable
        if self._server is None:
            try:
                self._server = self._connect()
            except (OSError, smtplib.SMTPException, _NotEncrypted) as error:
                self._unreachable = Outcome(_name(error))
                return self._unreachable
        try:
            self._server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return Outcome(f"smtp-{code}", final=code >= 500)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421:
                self.close()
            return Outcome(f"smtp-{error.smtp_code}", final=error.smtp_code >= 500)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(_name(error))
        return Outcome("sent", sent=True)

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
                timeout=ANSWER_WITHIN_S,
                context=ssl.create_default_context(),
            )
            encrypted = True
        else:
            server = smtplib.SMTP(host, self._url.port or 587, timeout=ANSWER_WITHIN_S)
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
