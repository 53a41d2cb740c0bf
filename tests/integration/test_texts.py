"""Text messages: how they leave, to whom, and the proof that a number is theirs."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug import Request, Response

from jobbing_api import accounts, database, errors, mail, markets, notifications
from jobbing_api.settings import Settings
from tests import factories

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NUMBER = "+33612345678"
MINUTE = timedelta(minutes=1)

MakeSettings = Callable[..., Settings]


@dataclass
class Exchange:
    """What stands in for Twilio: what it was asked, and what it is told to answer."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def refuse(self, status: int, code: int, **headers: str) -> None:
        said = {"code": code, "message": "No.", "status": status}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, said))


@pytest.fixture
def exchange(httpserver: HTTPServer) -> Exchange:
    """Twilio's Messages API on a port of this machine; it knows one account."""
    known = Exchange(f"http://AC1:geheim%2Fword@127.0.0.1:{httpserver.port}")

    def answer(request: Request) -> Response:
        status, headers, said = 201, {}, {"sid": f"SM{uuid.uuid4().hex}", "status": "queued"}
        if request.headers["Authorization"] != _basic("AC1", "geheim/word"):
            status, said = 401, {"code": 20003, "message": "Authenticate", "status": "401"}
        elif known.answers:
            status, headers, said = known.answers.pop(0)
        known.paths.append(request.path)
        known.asked.append(request.form.to_dict())
        return Response(json.dumps(said), status, headers, mimetype="application/json")

    httpserver.expect_request(re.compile(".*"), method="POST").respond_with_handler(answer)
    return known


def _basic(name: str, word: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()


@pytest.fixture
def by_text(own_database: Engine, make_settings: MakeSettings, exchange: Exchange) -> Settings:
    return make_settings(MAIL_DIR="", SMS_URL=exchange.url, SMS_FROM="+33700000000")


def _write(now: datetime, life: timedelta = 4 * MINUTE) -> uuid.UUID:
    with database.transaction() as session:
        return mail.text(session, to=NUMBER, body="Karim arrive", now=now, expires_at=now + life).id


def _row(text_id: uuid.UUID) -> mail.Mail:
    with database.transaction() as session:
        return session.get_one(mail.Mail, text_id)


# How they leave --------------------------------------------------------------------------


def test_a_text_leaves_for_as_long_as_it_is_worth_reading(
    by_text: Settings, exchange: Exchange, now: datetime
) -> None:
    text_id = _write(now)
    assert mail.deliver(by_text, [text_id], now=now + MINUTE) == 1
    (asked,) = exchange.asked
    assert asked["To"] == NUMBER
    assert asked["From"] == "+33700000000"
    assert asked["Body"] == "Karim arrive"
    assert 178 <= int(asked["ValidityPeriod"]) <= 180
    assert exchange.paths == ["/2010-04-01/Accounts/AC1/Messages.json"]
    row = _row(text_id)
    assert (row.state, row.outcome, row.body) == ("sent", "sent", "")
    # Run twice, it is not sent again.
    assert mail.deliver(by_text, [text_id], now=now + MINUTE) == 0


def test_a_messaging_service_is_named_as_one(
    by_text: Settings, exchange: Exchange, now: datetime
) -> None:
    service = dataclasses.replace(by_text, sms_from="MG0123")
    mail.deliver(service, [_write(now, timedelta(days=3))], now=now)
    assert exchange.asked[0]["MessagingServiceSid"] == "MG0123"
    assert "From" not in exchange.asked[0]
    assert exchange.asked[0]["ValidityPeriod"] == "36000"


def test_a_text_that_is_too_late_is_not_sent(
    by_text: Settings, exchange: Exchange, now: datetime
) -> None:
    text_id = _write(now)
    assert mail.deliver(by_text, [text_id], now=now + 5 * MINUTE) == 0
    assert exchange.asked == []
    assert (_row(text_id).state, _row(text_id).outcome) == ("failed", "expired")


def test_the_other_side_is_given_the_time_it_asks_for(
    by_text: Settings, exchange: Exchange, now: datetime
) -> None:
    exchange.refuse(429, 20429, Retry_After="600")
    text_id = _write(now, timedelta(hours=2))
    assert mail.deliver(by_text, [text_id], now=now) == 0
    row = _row(text_id)
    assert (row.state, row.outcome) == ("owed", "sms-429-20429")
    assert row.wake_at is not None
    assert row.wake_at >= now + timedelta(seconds=600)
    assert mail.deliver(by_text, [text_id], now=row.wake_at) == 1


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [(400, 21211, "failed"), (404, 20404, "failed"), (401, 20003, "owed"), (500, 20500, "owed")],
)
def test_what_another_try_could_mend_is_tried_again(
    by_text: Settings, exchange: Exchange, now: datetime, status: int, code: int, state: str
) -> None:
    exchange.refuse(status, code)
    text_id = _write(now)
    mail.deliver(by_text, [text_id], now=now)
    assert (_row(text_id).state, _row(text_id).outcome) == (state, f"sms-{status}-{code}")


def test_nobody_there_is_tried_again(by_text: Settings, now: datetime) -> None:
    away = dataclasses.replace(by_text, sms_url="http://AC1:word@127.0.0.1:9")
    text_id = _write(now)
    mail.deliver(away, [text_id], now=now)
    assert (_row(text_id).state, _row(text_id).outcome) == ("owed", "unreachable")


def test_without_a_way_out_texts_wait(
    own_database: Engine, make_settings: MakeSettings, now: datetime
) -> None:
    text_id = _write(now)
    assert mail.deliver(make_settings(MAIL_DIR=""), [text_id], now=now) == 0
    assert (_row(text_id).state, _row(text_id).outcome) == ("owed", "not-configured")


def test_on_a_laptop_a_text_is_a_file(
    own_database: Engine, make_settings: MakeSettings, now: datetime, tmp_path: Path
) -> None:
    text_id = _write(now)
    assert mail.deliver(make_settings(MAIL_DIR=str(tmp_path)), [text_id], now=now) == 1
    assert (tmp_path / f"{text_id}.txt").read_text() == f"{NUMBER}\n\nKarim arrive\n"


# Whom they are for -----------------------------------------------------------------------


@pytest.fixture
def texting(pushing: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(pushing, mail_dir=tmp_path)


def _owed(
    session: Session,
    now: datetime,
    *,
    kind: str = "on-my-way",
    life: timedelta = timedelta(hours=12),
    starts_in: timedelta | None = timedelta(minutes=30),
    proved: bool = True,
    ways: dict[str, list[str]] | None = None,
) -> uuid.UUID:
    one = factories.account(session, language="fr")
    one.phone = NUMBER
    one.phone_verified_at = now if proved else None
    # Whoever proved nothing at all is not even looked at.
    one.email_verified_at = None if proved else now
    said = {"visits": ["push", "sms"], "answers": ["push", "sms"], "offers": ["push", "sms"]}
    notifications.put_wishes(
        session, one.id, ways=said if ways is None else ways, now_at_night=False
    )
    params = {"category": {"fr": "Tonte", "en": "Mowing"}, "time_zone": "Europe/Paris"}
    if starts_in is not None:
        params |= {"starts_at": (now + starts_in).isoformat()}
    if kind == "offer":
        params |= {"distance_m": 900, "net_cents": 4000, "currency": "EUR"}  # type: ignore[dict-item]
    line = notifications.tell(
        session,
        one.id,
        kind,
        about="offer" if kind == "offer" else "job",
        subject_id=uuid.uuid4(),
        market_id=session.scalars(select(markets.models.Market.id)).one(),
        params=params,
        now=now,
        expires_at=now + life,
    )
    session.flush()
    return line.id


def _texts(session: Session) -> list[mail.Mail]:
    return list(session.scalars(select(mail.Mail).where(mail.Mail.way == "text")))


def test_who_has_no_phone_that_rings_hears_of_the_visit_by_text(
    session: Session, now: datetime, texting: Settings
) -> None:
    line_id = _owed(session, now)
    notifications.deliver(texting, [line_id], now=now)
    [text] = _texts(session)
    line = session.get_one(notifications.models.Notification, line_id)
    assert text.to_address == NUMBER
    said = "Jobbing. En route. Votre prestataire est en route vers chez vous."
    assert text.body == f"{said} {texting.base_url}/jobs/{line.subject_id}"
    assert text.expires_at == line.expires_at
    # Their address was never proved.
    assert session.scalars(select(mail.Mail).where(mail.Mail.way == "mail")).all() == []


def test_an_offer_for_now_is_told_by_text(
    session: Session, now: datetime, texting: Settings
) -> None:
    notifications.deliver(texting, [_owed(session, now, kind="offer", life=4 * MINUTE)], now=now)
    assert len(_texts(session)) == 1


@pytest.mark.parametrize(
    "why",
    ["number not proved", "asked not to", "next week", "an offer that can wait", "no hurry"],
)
def test_nobody_gets_a_text_who_should_not(
    session: Session, now: datetime, texting: Settings, why: str
) -> None:
    line_id = {
        "number not proved": lambda: _owed(session, now, proved=False),
        "asked not to": lambda: _owed(session, now, ways={"visits": ["push"]}),
        "next week": lambda: _owed(session, now, starts_in=timedelta(days=7)),
        "an offer that can wait": lambda: _owed(
            session, now, kind="offer", life=timedelta(hours=2)
        ),
        "no hurry": lambda: _owed(session, now, kind="job-finished"),
    }[why]()
    notifications.deliver(texting, [line_id], now=now)
    assert _texts(session) == []


# The proof -------------------------------------------------------------------------------


def _person(session: Session, number: str = NUMBER) -> accounts.models.Account:
    one = factories.account(session, language="en")
    one.phone = number
    session.flush()
    return one


def _code(session: Session) -> str:
    latest = session.scalars(
        select(mail.Mail).where(mail.Mail.way == "text").order_by(mail.Mail.id.desc())
    ).first()
    assert latest is not None
    return "".join(one for one in latest.body.split(".")[0] if one.isdigit())


def test_the_code_of_the_text_proves_the_number(
    session: Session, now: datetime, texting: Settings
) -> None:
    one = _person(session)
    accounts.request_phone_code(session, one, settings=texting, now=now)
    assert one.phone_verified_at is None
    code = _code(session)
    accounts.verify_phone(session, one, code, settings=texting, now=now + MINUTE)
    assert one.phone_verified_at == now + MINUTE
    # Said again, answers the same; and a number that is proved is sent no code.
    accounts.verify_phone(session, one, code, settings=texting, now=now + 2 * MINUTE)
    assert one.phone_verified_at == now + MINUTE
    accounts.request_phone_code(session, one, settings=texting, now=now)
    assert len(_texts(session)) == 1


def test_another_number_has_to_be_proved_anew(
    session: Session, now: datetime, texting: Settings
) -> None:
    one = _person(session)
    accounts.request_phone_code(session, one, settings=texting, now=now)
    code = _code(session)
    accounts.verify_phone(session, one, code, settings=texting, now=now)
    accounts.update(session, one, settings=texting, now=now, phone=" +33 6 12 34 56 78")
    assert one.phone_verified_at == now
    accounts.update(session, one, settings=texting, now=now, phone="+33699999999")
    assert one.phone_verified_at is None
    with pytest.raises(errors.WrongCode):
        accounts.verify_phone(session, one, code, settings=texting, now=now)


def test_a_code_works_ten_minutes_and_five_tries(
    session: Session, now: datetime, texting: Settings
) -> None:
    one = _person(session)
    accounts.request_phone_code(session, one, settings=texting, now=now)
    code = _code(session)
    wrong = "000000" if code != "000000" else "000001"
    with pytest.raises(errors.WrongCode):
        accounts.verify_phone(session, one, code, settings=texting, now=now + 10 * MINUTE)
    for _ in range(5):
        with pytest.raises(errors.WrongCode):
            accounts.verify_phone(session, one, wrong, settings=texting, now=now)
    with pytest.raises(errors.WrongCode):
        accounts.verify_phone(session, one, code, settings=texting, now=now)
    # Another code has tries of its own.
    accounts.request_phone_code(session, one, settings=texting, now=now + MINUTE)
    accounts.verify_phone(session, one, _code(session), settings=texting, now=now + MINUTE)
    assert one.phone_verified_at is not None


def test_three_codes_an_hour_for_an_account_and_for_a_number(
    session: Session, now: datetime, texting: Settings
) -> None:
    one, other = _person(session), _person(session)
    for _ in range(4):
        accounts.request_phone_code(session, one, settings=texting, now=now)
    accounts.request_phone_code(session, other, settings=texting, now=now)
    assert len(_texts(session)) == 3
    later = now + timedelta(hours=1)
    accounts.request_phone_code(session, other, settings=texting, now=later)
    assert len(_texts(session)) == 4


def test_without_a_number_or_a_way_out_there_is_no_code(
    session: Session, now: datetime, texting: Settings
) -> None:
    one = factories.account(session)
    with pytest.raises(errors.InvalidInput):
        accounts.request_phone_code(session, one, settings=texting, now=now)
    nowhere = dataclasses.replace(texting, mail_dir=None)
    with pytest.raises(errors.Unavailable):
        accounts.request_phone_code(session, _person(session), settings=nowhere, now=now)
