"""Joining, signing in, the signed-in person."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import accounts
from tests.api.conftest import API, Clock, Person, rows, slug

PASSWORD = "a-long-pass-phrase"


def join(client: FlaskClient, **changes: Any) -> TestResponse:
    body = {
        "email": "lea@example.org",
        "password": PASSWORD,
        "display_name": "Léa",
        "role": "resident",
        "language": "fr",
    } | changes
    return client.post(f"{API}/accounts", json=body)


def enter(client: FlaskClient, **changes: Any) -> TestResponse:
    body = {"email": "lea@example.org", "password": PASSWORD} | changes
    return client.post(f"{API}/sessions", json=body)


def as_bearer(client: FlaskClient, session: TestResponse) -> Person:
    document = session.get_json()
    return Person(client, document["account"]["id"], document["access_token"])


def link_token(session: Session, purpose: str) -> str:
    body = session.execute(
        text("SELECT body FROM mails WHERE body LIKE :purpose ORDER BY id DESC LIMIT 1"),
        {"purpose": f"%/{purpose}?token=%"},
    ).scalar_one()
    found = re.search(r"token=([\w-]+)", body)
    assert found
    return found[1]


def test_somebody_joins_and_signs_in(client: FlaskClient) -> None:
    joined = join(client, email=" Lea@Example.org ")
    assert joined.status_code == 201
    account = joined.get_json()
    assert account["roles"] == ["resident"]
    assert account["email"] == "lea@example.org"
    assert account["email_verified"] is False
    assert account["created_at"] == "2026-06-01T10:00:00Z"
    assert joined.headers["Location"] == f"{API}/me"
    assert "password" not in joined.text

    entered = enter(client)
    assert entered.status_code == 201
    document = entered.get_json()
    assert document["token_type"] == "Bearer"
    assert document["expires_in"] == 900
    assert document["account"]["id"] == account["id"]
    assert entered.headers["Cache-Control"] == "no-store"
    me = as_bearer(client, entered).get("/me")
    assert me.get_json() == account


def test_an_address_joins_once(client: FlaskClient, session: Session) -> None:
    join(client)
    before = rows(session)
    again = join(client, email="LEA@example.org")
    assert (again.status_code, slug(again)) == (409, "email-taken")
    assert rows(session) == before


def test_nobody_joins_as_operator(client: FlaskClient, session: Session) -> None:
    before = rows(session)
    refused = join(client, role="operator")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert "role" in refused.get_json()["errors"]
    assert rows(session) == before


@pytest.mark.parametrize("change", [{"password": "wrong-password"}, {"email": "no@example.org"}])
def test_wrong_credentials_are_refused_alike(client: FlaskClient, change: dict[str, str]) -> None:
    join(client)
    refused = enter(client, **change)
    assert (refused.status_code, slug(refused)) == (401, "wrong-credentials")
    assert "WWW-Authenticate" in refused.headers


def test_signing_in_takes_one_way_only(client: FlaskClient) -> None:
    for body in ({}, {"email": "lea@example.org"}, {"password": PASSWORD}):
        assert slug(client.post(f"{API}/sessions", json=body)) == "invalid-input"
    both = enter(client, firebase_id_token="token")
    assert list(both.get_json()["errors"]) == ["email"]


def test_a_firebase_token_nobody_vouches_for_is_refused(
    client: FlaskClient, chosen_settings: Any
) -> None:
    Path(chosen_settings.firebase_credentials).unlink(missing_ok=True)
    refused = client.post(f"{API}/sessions", json={"firebase_id_token": "a.b.c"})
    assert refused.status_code in (401, 503)
    assert slug(refused) in ("invalid-token", "unavailable")


def test_a_refresh_token_is_good_once(client: FlaskClient, clock: Clock) -> None:
    join(client)
    first = enter(client).get_json()["refresh_token"]

    def refresh(token: str) -> TestResponse:
        return client.post(f"{API}/sessions/refresh", json={"refresh_token": token})

    second = refresh(first)
    assert second.status_code == 200
    third = refresh(second.get_json()["refresh_token"])
    clock.move(seconds=60)
    stolen = refresh(first)
    assert (stolen.status_code, slug(stolen)) == (401, "session-revoked")
    over = refresh(third.get_json()["refresh_token"])
    assert slug(over) == "session-revoked"
    assert slug(as_bearer(client, third).get("/me")) == "session-revoked"


def test_signing_out_unbinds_the_phone(client: FlaskClient, session: Session) -> None:
    join(client)
    person = as_bearer(client, enter(client))
    device = {
        "address": {"kind": "fid", "value": "abc"},
        "platform": "android",
        "app_version": "1.0",
    }
    assert person.put("/me/devices/phone-1", device).status_code == 200
    assert rows(session)["devices"] == 1
    out = person.delete("/sessions/current")
    assert (out.status_code, out.data) == (204, b"")
    assert rows(session)["devices"] == 0
    assert slug(person.get("/me")) == "session-revoked"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "sign-in-required"),
        ("", "sign-in-required"),
        ("Bearer", "sign-in-required"),
        ("Bearer ", "sign-in-required"),
        ("Basic bGVhOmxlYQ==", "sign-in-required"),
        ("Bearer nonsense", "invalid-token"),
        ("Bearer a.b.c", "invalid-token"),
        ("Bearer \u00e9\u00e8", "invalid-token"),
        ("bearer eyJhbGciOiJub25lIn0.e30.", "invalid-token"),
    ],
)
def test_who_is_nobody_is_told_so(client: FlaskClient, header: str | None, expected: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    refused = client.get(f"{API}/me", headers=headers)
    assert (refused.status_code, slug(refused)) == (401, expected)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_access_token_ends_with_its_time(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    held = f"Bearer {someone.token}"
    assert someone.get("/me", Authorization=held).status_code == 200
    clock.move(minutes=16)
    assert slug(someone.get("/me", Authorization=held)) == "invalid-token"


def test_the_same_person_takes_on_another_role(person: Callable[..., Person]) -> None:
    someone = person()
    for _ in range(2):
        added = someone.put("/me/roles/provider")
        assert added.status_code == 200
        assert added.get_json()["roles"] == ["provider", "resident"]
    refused = someone.put("/me/roles/operator")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")


def test_a_change_is_refused_on_a_stale_version(person: Callable[..., Person]) -> None:
    someone = person()
    read = someone.get("/me")
    tag = read.headers["ETag"]
    changed = someone.patch("/me", {"display_name": "Léa B."}, If_Match=tag)
    assert changed.status_code == 200
    assert changed.get_json()["display_name"] == "Léa B."
    assert changed.headers["ETag"] != tag
    stale = someone.patch("/me", {"display_name": "Léo"}, If_Match=tag)
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    assert someone.get("/me").get_json()["display_name"] == "Léa B."
    for good in (changed.headers["ETag"], f"W/{changed.headers['ETag']}", "*"):
        assert someone.patch("/me", {}, If_Match=good).status_code == 200
    for bad in ('"nonsense"', "nonsense", '""', '"999999999999"', '"-1"'):
        assert someone.patch("/me", {"language": "en"}, If_Match=bad).status_code == 412
    assert someone.patch("/me", {"language": "en"}).status_code == 200


def test_what_did_not_change_is_not_sent_again(person: Callable[..., Person]) -> None:
    someone = person()
    tag = someone.get("/me").headers["ETag"]
    same = someone.get("/me", If_None_Match=tag)
    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["ETag"] == tag
    assert same.headers["Cache-Control"] == "private, no-cache"
    someone.patch("/me", {"display_name": "Autre"})
    assert someone.get("/me", If_None_Match=tag).status_code == 200


def test_another_address_needs_the_password(client: FlaskClient) -> None:
    join(client)
    person = as_bearer(client, enter(client))
    refused = person.patch("/me", {"email": "new@example.org"})
    assert list(refused.get_json()["errors"]) == ["current_password"]
    changed = person.patch("/me", {"email": "new@example.org", "current_password": PASSWORD})
    assert changed.get_json()["email"] == "new@example.org"
    join(client, email="other@example.org")
    taken = person.patch("/me", {"email": "other@example.org", "current_password": PASSWORD})
    assert slug(taken) == "email-taken"


def test_a_phone_number_can_be_given_and_taken_back(person: Callable[..., Person]) -> None:
    someone = person()
    assert someone.patch("/me", {"phone": "+33 6 12 34 56 78"}).get_json()["phone"] == (
        "+33612345678"
    )
    assert someone.patch("/me", {"language": "en"}).get_json()["phone"] == "+33612345678"
    assert someone.patch("/me", {"phone": None}).get_json()["phone"] is None
    assert slug(someone.patch("/me", {"phone": "12"})) == "invalid-input"


def test_an_address_is_proved_by_its_link(client: FlaskClient, session: Session) -> None:
    join(client)
    person = as_bearer(client, enter(client))
    token = link_token(session, "verify-email")
    assert client.post(f"{API}/accounts/verify", json={"token": token}).status_code == 204
    assert person.get("/me").get_json()["email_verified"] is True
    bad = client.post(f"{API}/accounts/verify", json={"token": "nonsense"})
    assert (bad.status_code, slug(bad)) == (401, "invalid-token")
    assert person.post("/me/verification").status_code == 202


def test_a_password_is_chosen_anew_by_link(client: FlaskClient, session: Session) -> None:
    join(client)
    person = as_bearer(client, enter(client))
    for email in ("lea@example.org", "nobody@example.org", "not an address"):
        asked = client.post(f"{API}/accounts/password-reset", json={"email": email})
        assert (asked.status_code, asked.data) == (202, b"")
    token = link_token(session, "reset-password")
    short = client.post(f"{API}/accounts/password", json={"token": token, "password": "short"})
    assert slug(short) == "invalid-input"
    chosen = client.post(
        f"{API}/accounts/password", json={"token": token, "password": "another-pass-phrase"}
    )
    assert chosen.status_code == 204
    assert slug(person.get("/me")) == "session-revoked"
    assert enter(client).status_code == 401
    assert enter(client, password="another-pass-phrase").status_code == 201


def test_a_device_has_one_owner(person: Callable[..., Person], session: Session) -> None:
    first, second = person(), person()
    device = {
        "address": {"kind": "token", "value": "t" * 150},
        "platform": "ios",
        "app_version": "2.1",
    }
    assert first.put("/me/devices/phone", device).get_json() == {
        "installation_id": "phone",
        "platform": "ios",
        "app_version": "2.1",
        "registered_at": "2026-06-01T10:00:00Z",
    }
    assert second.put("/me/devices/phone", device).status_code == 200
    gone = first.delete("/me/devices/phone")
    assert (gone.status_code, slug(gone)) == (404, "not-found")
    assert second.delete("/me/devices/phone").status_code == 204
    assert rows(session)["devices"] == 0


def test_two_are_kept_apart_and_together_again(
    person: Callable[..., Person], session: Session
) -> None:
    first, second = person(), person()
    for _ in range(2):
        assert first.put(f"/me/blocks/{second.id}").status_code == 204
    assert rows(session)["blocks"] == 1
    assert slug(first.put(f"/me/blocks/{first.id}")) == "invalid-input"
    nobody = first.put("/me/blocks/00000000-0000-7000-8000-000000000000")
    assert (nobody.status_code, slug(nobody)) == (404, "not-found")
    assert first.delete(f"/me/blocks/{second.id}").status_code == 204
    assert rows(session)["blocks"] == 0


def test_everything_held_can_be_taken_along(person: Callable[..., Person]) -> None:
    someone = person("provider", name="Karim")
    exported = someone.get("/me/export")
    assert exported.status_code == 200
    assert exported.mimetype == "application/json"
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert "Karim" in exported.text


def test_the_erased_are_gone(person: Callable[..., Person], session: Session) -> None:
    someone = person(name="Karim")
    assert someone.delete("/me").status_code == 204
    assert slug(someone.get("/me")) == "session-revoked"
    account = accounts.get(session, uuid.UUID(someone.id))
    session.refresh(account)
    assert account.display_name != "Karim"


def test_an_operator_sees_which_markets_are_theirs(
    client: FlaskClient, session: Session, clock: Clock
) -> None:
    accounts.make_operator(
        session,
        email="op@example.org",
        market_slugs=["lyon"],
        level="act",
        password=PASSWORD,
        now=clock.now,
    )
    session.commit()
    account = enter(client, email="op@example.org").get_json()["account"]
    assert account["roles"] == ["operator"]
    assert account["grants"] == [{"market": "lyon", "level": "act"}]


def test_the_suspended_are_told(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    session.execute(
        text("UPDATE accounts SET suspended_at = :now WHERE id = CAST(:id AS uuid)"),
        {"now": clock.now, "id": someone.id},
    )
    session.commit()
    refused = someone.get("/me")
    assert (refused.status_code, slug(refused)) == (403, "account-suspended")
