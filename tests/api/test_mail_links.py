"""The pages our mails lead to work for somebody with nothing but a browser."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, mail

EMAIL = "ada@example.org"
PASSWORD = "correct horse battery staple"


def _token(session: Session, purpose: str) -> str:
    bodies = session.scalars(select(mail.Mail.body).order_by(mail.Mail.id.desc())).all()
    for body in bodies:
        found = re.search(rf"/{purpose}\?token=([\w-]+)", body)
        if found:
            return found.group(1)
    raise AssertionError(f"no mail leads to {purpose}")


def _joined(session: Session, application: Flask, now: datetime) -> accounts.models.Account:
    return accounts.sign_up(
        session,
        email=EMAIL,
        password=PASSWORD,
        display_name="Ada",
        role="resident",
        language="fr",
        settings=application.config["SETTINGS"],
        now=now,
    )


def test_opening_the_link_changes_nothing_and_pressing_the_button_does(
    client: FlaskClient, session: Session, application: Flask, now: datetime
) -> None:
    account = _joined(session, application, now)
    token = _token(session, "verify-email")
    opened = client.get(f"/verify-email?token={token}", headers={"Accept-Language": "fr"})
    assert opened.status_code == 200
    assert "Confirmez votre adresse" in opened.text
    session.refresh(account)
    assert account.email_verified_at is None
    pressed = client.post("/verify-email", data={"token": token})
    assert pressed.status_code == 200
    session.refresh(account)
    assert account.email_verified_at is not None
    assert client.post("/verify-email", data={"token": "made-up"}).status_code in (401, 422)


def test_a_new_password_is_set_once(
    client: FlaskClient, session: Session, application: Flask, now: datetime
) -> None:
    account = _joined(session, application, now)
    accounts.request_password_reset(
        session, EMAIL, settings=application.config["SETTINGS"], now=now
    )
    token = _token(session, "reset-password")
    short = client.post("/reset-password", data={"token": token, "password": "short"})
    assert (short.status_code, "<form" in short.text) == (422, True)
    before = account.password_hash
    done = client.post("/reset-password", data={"token": token, "password": "another long one"})
    assert (done.status_code, "<form" in done.text) == (200, False)
    session.refresh(account)
    assert account.password_hash != before
    again = client.post("/reset-password", data={"token": token, "password": "a third long one"})
    assert again.status_code == 401
    assert "no-store" in again.headers["Cache-Control"]
    assert "form-action 'self'" in again.headers["Content-Security-Policy"]


def test_a_token_in_the_address_is_not_html(client: FlaskClient) -> None:
    page = client.get("/verify-email?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in page.text
