"""Mails leave once they are owed, whatever dies in between."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from sqlalchemy import Engine, select

from jobbing_api import database, mail
from jobbing_api.mail import outbox
from jobbing_api.settings import Settings

LINK = "https://jobbing.example/verify-email?token=" + "x" * 43
BODY = f"Bonjour,\n\nOuvrez ce lien, c'est à vous :\n\n{LINK}\n"

MakeSettings = Callable[..., Settings]


@dataclass
class Postbox:
    """A mail server's inside: what came, and what it is told to answer."""

    answers: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answers:
            answer = self.answers.pop(0)
            if not answer.startswith("250"):
                return answer
        content = envelope.original_content or b""
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.letters.append(message)
        self.encrypted.append(session.ssl is not None)
        return "250 Taken"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def smtp(postbox: Postbox) -> Iterator[str]:
    """The URL of a server without encryption."""
    controller = Controller(postbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return ca


def _tls(ca: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name).configure_cert(context)
    return context


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write(now: datetime, to: str = "ada@example.org") -> uuid.UUID:
    with database.transaction() as session:
        one = mail.write(session, to=to, subject="Vérifiez l'adresse", body=BODY, now=now)
        return one.id


def _row(mail_id: uuid.UUID) -> mail.Mail:
    with database.transaction() as session:
        return session.scalars(select(mail.Mail).where(mail.Mail.id == mail_id)).one()


def _due(now: datetime, limit: int = 100) -> list[uuid.UUID]:
    with database.transaction() as session:
        return mail.due_ids(session, now=now, limit=limit)


@pytest.fixture
def by_smtp(own_database: Engine, make_settings: MakeSettings, smtp: str) -> Settings:
    return make_settings(MAIL_DIR="", SMTP_URL=smtp, MAIL_FROM="Jobbing <no-reply@jobbing.example>")


def test_a_mail_leaves_by_smtp(by_smtp: Settings, postbox: Postbox, now: datetime) -> None:
    mail_id = _write(now)
    assert mail.deliver(by_smtp, [mail_id], now=now) == 1
    (letter,) = postbox.letters
    assert letter["To"] == "ada@example.org"
    assert letter["From"] == "Jobbing <no-reply@jobbing.example>"
    assert letter["Subject"] == "Vérifiez l'adresse"
    assert letter["Message-ID"] == f"<{mail_id}@jobbing.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n") == BODY


def test_what_was_sent_is_kept_without_its_text(by_smtp: Settings, now: datetime) -> None:
    mail_id = _write(now)
    mail.deliver(by_smtp, [mail_id], now=now)
    row = _row(mail_id)
    assert (row.state, row.outcome, row.body, row.wake_at, row.attempts) == (
        "sent",
        "sent",
        "",
        None,
        1,
    )
    assert row.sent_at is not None
    assert row.sent_at >= now


def test_a_task_that_runs_twice_sends_once(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    mail_id = _write(now)
    assert mail.deliver(by_smtp, [mail_id], now=now) == 1
    assert mail.deliver(by_smtp, [mail_id], now=now) == 0
    assert len(postbox.letters) == 1


def test_a_batch_shares_one_connection(by_smtp: Settings, postbox: Postbox, now: datetime) -> None:
    ids = [_write(now, f"p{number}@example.org") for number in range(20)]
    assert mail.deliver(by_smtp, ids, now=now) == 20
    assert [letter["To"] for letter in postbox.letters] == [
        f"p{number}@example.org" for number in range(20)
    ]


def test_the_clock_finds_a_mail_whose_task_was_lost(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    mail_id = _write(now)
    assert _due(now) == []
    later = now + timedelta(seconds=31)
    assert _due(later) == [mail_id]
    assert mail.deliver(by_smtp, [mail_id], now=later) == 1
    assert len(postbox.letters) == 1


def test_finding_a_mail_leases_it(by_smtp: Settings, now: datetime) -> None:
    mail_id = _write(now)
    later = now + timedelta(seconds=31)
    assert _due(later) == [mail_id]
    assert _due(later) == []
    assert _due(later + timedelta(seconds=31)) == [mail_id]


def test_the_oldest_are_found_first(by_smtp: Settings, now: datetime) -> None:
    ids = [_write(now + timedelta(seconds=second)) for second in range(5)]
    assert set(_due(now + timedelta(minutes=2), limit=2)) == set(ids[:2])
    with database.transaction() as session:
        assert mail.next_due_at(session) == now + timedelta(seconds=32)


def test_a_mail_that_is_being_sent_is_left_alone(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    mail_id = _write(now)
    # What a worker that died between lease and record leaves behind.
    assert len(outbox._lease([mail_id], now=now)) == 1
    assert mail.deliver(by_smtp, [mail_id], now=now + timedelta(seconds=60)) == 0
    assert _due(now + timedelta(seconds=149)) == []
    after = now + timedelta(seconds=151)
    assert _due(after) == [mail_id]
    assert mail.deliver(by_smtp, [mail_id], now=after) == 1
    assert len(postbox.letters) == 1


def test_a_temporary_refusal_is_tried_again_later(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    postbox.answers = ["451 Come back"]
    mail_id = _write(now)
    assert mail.deliver(by_smtp, [mail_id], now=now) == 0
    row = _row(mail_id)
    assert (row.state, row.outcome, row.body) == ("owed", "smtp-451", BODY)
    assert row.wake_at is not None
    assert timedelta(seconds=60) <= row.wake_at - now <= timedelta(seconds=92)
    # The same task once more, too early, does nothing.
    assert mail.deliver(by_smtp, [mail_id], now=now + timedelta(seconds=1)) == 0
    assert mail.deliver(by_smtp, _due(row.wake_at), now=row.wake_at) == 1
    assert len(postbox.letters) == 1


def test_a_final_refusal_ends_the_mail(by_smtp: Settings, postbox: Postbox, now: datetime) -> None:
    postbox.refuse = {"ada@example.org": "550 Nobody here"}
    gone, fine = _write(now), _write(now, "bob@example.org")
    assert mail.deliver(by_smtp, [gone, fine], now=now) == 1
    row = _row(gone)
    assert (row.state, row.outcome, row.body, row.wake_at) == ("failed", "smtp-550", "", None)
    assert _row(fine).state == "sent"


def test_a_mail_is_given_up_after_eight_tries(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    postbox.answers = ["451 Come back"] * 20
    mail_id = _write(now)
    at, pauses = now, []
    for _ in range(7):
        assert mail.deliver(by_smtp, [mail_id], now=at) == 0
        wake_at = _row(mail_id).wake_at
        assert wake_at is not None
        pauses.append((wake_at - at).total_seconds())
        at = wake_at
    mail.deliver(by_smtp, [mail_id], now=at)
    row = _row(mail_id)
    assert (row.state, row.attempts, row.body) == ("failed", 8, "")
    for pause, least in zip(pauses, (60, 180, 540, 1620, 4860, 14400, 14400), strict=True):
        assert least <= pause <= least * 1.5 + 2


def test_a_mail_that_kills_its_sender_is_given_up(by_smtp: Settings, now: datetime) -> None:
    mail_id = _write(now)
    at = now
    for _ in range(8):
        assert len(outbox._lease([mail_id], now=at)) == 1
        at += timedelta(seconds=151)
    assert mail.deliver(by_smtp, [mail_id], now=at) == 0
    row = _row(mail_id)
    assert (row.state, row.outcome) == ("failed", "never-came-back")


def test_a_mail_that_cannot_be_written_down_stops_no_other(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    with database.transaction() as session:
        bad = mail.write(
            session, to="ada@example.org", subject="a\nBcc: all@example.org", body="", now=now
        ).id
    fine = _write(now)
    assert mail.deliver(by_smtp, [bad, fine], now=now) == 1
    assert _row(bad).outcome == "malformed"
    assert len(postbox.letters) == 1


def test_an_unreachable_server_delays_everything_and_loses_nothing(
    own_database: Engine, make_settings: MakeSettings, now: datetime
) -> None:
    settings = make_settings(MAIL_DIR="", SMTP_URL="smtp://127.0.0.1:1")
    ids = [_write(now) for _ in range(3)]
    assert mail.deliver(settings, ids, now=now) == 0
    assert {(_row(one).state, _row(one).outcome) for one in ids} == {("owed", "unreachable")}


def test_a_connection_lost_between_mails_is_opened_again(
    by_smtp: Settings, postbox: Postbox, now: datetime
) -> None:
    postbox.answers = ["250 ok", "421 Bye", "250 ok"]
    ids = [_write(now, f"p{number}@example.org") for number in range(3)]
    assert mail.deliver(by_smtp, ids, now=now) == 2
    assert _row(ids[1]).outcome == "smtp-421"
    assert [letter["To"] for letter in postbox.letters] == ["p0@example.org", "p2@example.org"]


def test_nothing_configured_keeps_the_mail_owed(
    own_database: Engine, make_settings: MakeSettings, now: datetime
) -> None:
    mail_id = _write(now)
    assert mail.deliver(make_settings(MAIL_DIR=""), [mail_id], now=now) == 0
    assert (_row(mail_id).state, _row(mail_id).outcome) == ("owed", "not-configured")


@pytest.mark.parametrize("sender", ["", "Jobbing", "a b@c d", "Jobbing <no reply@x>"])
def test_a_sender_nobody_can_write_as_loses_no_mail(
    own_database: Engine, make_settings: MakeSettings, now: datetime, sender: str
) -> None:
    mail_id = _write(now)
    settings = replace(make_settings(), mail_from=sender)
    assert mail.deliver(settings, [mail_id], now=now) == 0
    assert (_row(mail_id).state, _row(mail_id).outcome) == ("owed", "mail-from-malformed")


def test_encryption_is_used_where_it_is_offered(
    own_database: Engine,
    make_settings: MakeSettings,
    postbox: Postbox,
    authority: trustme.CA,
    now: datetime,
) -> None:
    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=_tls(authority),
        require_starttls=True,
    )
    controller.start()
    try:
        settings = make_settings(MAIL_DIR="", SMTP_URL=f"smtp://127.0.0.1:{controller.port}")
        assert mail.deliver(settings, [_write(now)], now=now) == 1
        assert postbox.encrypted == [True]
    finally:
        controller.stop()


def test_a_strangers_certificate_is_refused(
    own_database: Engine,
    make_settings: MakeSettings,
    postbox: Postbox,
    authority: trustme.CA,
    now: datetime,
) -> None:
    controller = Controller(
        postbox, hostname="127.0.0.1", port=_free_port(), tls_context=_tls(trustme.CA())
    )
    controller.start()
    try:
        settings = make_settings(MAIL_DIR="", SMTP_URL=f"smtp://127.0.0.1:{controller.port}")
        mail_id = _write(now)
        assert mail.deliver(settings, [mail_id], now=now) == 0
        assert _row(mail_id).outcome == "certificate-refused"
        assert postbox.letters == []
    finally:
        controller.stop()


# The server is encrypted from the first byte, which this library does not count as TLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_smtps_and_a_password_are_used(
    own_database: Engine,
    make_settings: MakeSettings,
    postbox: Postbox,
    authority: trustme.CA,
    now: datetime,
) -> None:
    seen: list[tuple[bytes, bytes]] = []

    def let_in(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss/word", handled=False)

    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=_tls(authority),
        authenticator=let_in,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        where = f"127.0.0.1:{controller.port}"
        good = make_settings(MAIL_DIR="", SMTP_URL=f"smtps://us%40er:p%40ss%2Fword@{where}")
        assert mail.deliver(good, [_write(now)], now=now) == 1
        assert seen == [(b"us@er", b"p@ss/word")]
        bad = make_settings(MAIL_DIR="", SMTP_URL=f"smtps://user:wrong@{where}")
        mail_id = _write(now)
        assert mail.deliver(bad, [mail_id], now=now) == 0
        assert (_row(mail_id).state, _row(mail_id).outcome) == ("owed", "login-refused")
    finally:
        controller.stop()


def test_a_password_never_travels_unencrypted(
    own_database: Engine, make_settings: MakeSettings, smtp: str, now: datetime
) -> None:
    url = smtp.replace("smtp://", "smtp://user:secret@")
    mail_id = _write(now)
    assert mail.deliver(make_settings(MAIL_DIR="", SMTP_URL=url), [mail_id], now=now) == 0
    assert _row(mail_id).outcome == "not-encrypted"


def test_on_a_laptop_a_mail_is_a_file_with_its_link_in_one_piece(
    own_database: Engine, make_settings: MakeSettings, tmp_path: Path, now: datetime
) -> None:
    mail_id = _write(now)
    settings = make_settings(MAIL_DIR=str(tmp_path / "deep" / "mail"))
    assert mail.deliver(settings, [mail_id], now=now) == 1
    (path,) = (tmp_path / "deep" / "mail").iterdir()
    assert path.name == f"{mail_id}.eml"
    assert LINK in path.read_text("utf-8")
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert letter["To"] == "ada@example.org"
    assert _row(mail_id).state == "sent"


def test_a_full_disk_is_an_outcome(
    own_database: Engine, make_settings: MakeSettings, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "file").write_text("in the way")
    mail_id = _write(now)
    settings = make_settings(MAIL_DIR=str(tmp_path / "file" / "mail"))
    assert mail.deliver(settings, [mail_id], now=now) == 0
    assert _row(mail_id).state == "owed"
    assert str(_row(mail_id).outcome).startswith("file-")


def test_old_mails_are_forgotten_but_never_owed_ones(by_smtp: Settings, now: datetime) -> None:
    sent, owed = _write(now), _write(now)
    mail.deliver(by_smtp, [sent], now=now)
    with database.transaction() as session:
        assert mail.forget_old(session, now=now + timedelta(days=89)) == 0
        assert mail.forget_old(session, now=now + timedelta(days=91)) == 1
    assert _row(owed).state == "owed"
