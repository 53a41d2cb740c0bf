"""Whoever has no phone that can be rung is told by mail, and shown to operators."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import mail, markets, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.notifications import models
from jobbing_api.settings import Settings
from tests import factories
from tests.integration.conftest import Phones

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

HOUR = timedelta(hours=1)


@pytest.fixture
def mailing(pushing: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(pushing, mail_dir=tmp_path)


def somebody(
    session: Session, now: datetime, *, proved: bool = True, language: str = "fr"
) -> accounts_models.Account:
    one = factories.account(session, language=language)
    one.email_verified_at = now if proved else None
    session.flush()
    return one


def owe(
    session: Session, one: accounts_models.Account, now: datetime, kind: str = "job-started"
) -> uuid.UUID:
    line = notifications.tell(
        session,
        one.id,
        kind,
        about="job",
        subject_id=uuid.uuid4(),
        market_id=session.scalars(select(markets.models.Market.id)).one(),
        now=now,
        expires_at=now + HOUR,
    )
    session.flush()
    return line.id


def mails(session: Session) -> list[mail.Mail]:
    return list(session.scalars(select(mail.Mail).order_by(mail.Mail.id)))


def test_who_has_no_phone_gets_a_mail_in_their_language_with_a_link(
    session: Session, now: datetime, mailing: Settings
) -> None:
    one = somebody(session, now)
    line_id = owe(session, one, now)
    notifications.deliver(mailing, [line_id], now=now)
    [letter] = mails(session)
    line = session.get_one(models.Notification, line_id)
    assert (letter.to_address, letter.account_id) == (one.email, one.id)
    assert letter.subject == "Le travail a commencé"
    assert f"{mailing.base_url}/jobs/{line.subject_id}" in letter.body
    assert (line.state, line.outcome) == ("undeliverable", "no-device")
    # Run twice, it writes nothing more.
    notifications.deliver(mailing, [line_id], now=now)
    assert len(mails(session)) == 1


def test_whose_last_phone_is_gone_gets_a_mail(
    session: Session, now: datetime, mailing: Settings, phones: Phones
) -> None:
    one = somebody(session, now)
    device = factories.device(session, one.id)
    phones.declare(device.address, "unregistered")
    notifications.deliver(mailing, [owe(session, one, now)], now=now)
    assert len(mails(session)) == 1


def test_who_was_rung_gets_no_mail(
    session: Session, now: datetime, mailing: Settings, phones: Phones
) -> None:
    one = somebody(session, now)
    factories.device(session, one.id)
    notifications.deliver(mailing, [owe(session, one, now)], now=now)
    assert mails(session) == []


@pytest.mark.parametrize(
    "why", ["address not proved", "asked not to", "a topic without mail", "too late", "no way out"]
)
def test_nobody_gets_a_mail_who_should_not(
    session: Session, now: datetime, mailing: Settings, pushing: Settings, why: str
) -> None:
    one = somebody(session, now, proved=why != "address not proved")
    if why == "asked not to":
        wishes: dict[str, Any] = {"visits": ["push"]}
        notifications.put_wishes(session, one.id, ways=wishes, now_at_night=False)
    kind = "review-asked" if why == "a topic without mail" else "job-started"
    line_id = owe(session, one, now, kind)
    at = now + 2 * HOUR if why == "too late" else now
    notifications.deliver(pushing if why == "no way out" else mailing, [line_id], now=at)
    assert mails(session) == []


def test_a_number_that_was_proved_does_not_prove_an_address(
    session: Session, now: datetime, mailing: Settings
) -> None:
    one = somebody(session, now, proved=False)
    one.phone, one.phone_verified_at = "+33612345678", now
    line_id = owe(session, one, now)
    notifications.deliver(mailing, [line_id], now=now)
    assert mails(session) == []


def test_a_line_nobody_can_word_holds_up_no_mail(
    session: Session, now: datetime, mailing: Settings, phones: Phones
) -> None:
    unsayable = somebody(session, now)
    factories.device(session, unsayable.id)
    one = somebody(session, now)
    ids = [owe(session, unsayable, now, "no-such-kind"), owe(session, one, now)]
    notifications.deliver(mailing, ids, now=now)
    assert [letter.account_id for letter in mails(session)] == [one.id]
    assert session.get_one(models.Notification, ids[0]).outcome == "unsayable"


def test_operators_see_who_could_not_be_rung_until_they_are(
    session: Session, now: datetime, pushing: Settings, phones: Phones
) -> None:
    market = session.scalars(select(markets.models.Market.id)).one()
    silent, reached = somebody(session, now), somebody(session, now)
    notifications.deliver(pushing, [owe(session, silent, now), owe(session, reached, now)], now=now)
    factories.device(session, reached.id)
    notifications.deliver(pushing, [owe(session, reached, now + HOUR)], now=now + HOUR)
    [found] = notifications.unreached(session, [market], now=now + 2 * HOUR, limit=10)
    assert (found.account_id, found.reason, found.lines) == (silent.id, "no-device", 1)
    assert notifications.unreached(session, [uuid.uuid4()], now=now + HOUR, limit=10) == []
    assert notifications.unreached(session, [market], now=now + timedelta(days=8), limit=10) == []


def test_an_address_nobody_was_heard_of_at_for_long_is_not_rung(
    session: Session, now: datetime
) -> None:
    one = somebody(session, now)
    old = factories.device(session, one.id, now=now - timedelta(days=270, seconds=1))
    young = factories.device(session, one.id, now=now - timedelta(days=269))
    assert notifications.drop_stale(session, now=now) == 1
    assert notifications.drop_stale(session, now=now) == 0
    session.expire_all()
    assert (old.dropped_at, old.dropped_because) == (now, "stale")
    assert young.dropped_at is None
