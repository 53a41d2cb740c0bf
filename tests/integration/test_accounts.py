"""Joining, signing in and staying so, proving an address, blocks, operators."""

from __future__ import annotations

import functools
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import argon2
import jwt
import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, firebase, history, mail
from jobbing_api.accounts import keys, models
from jobbing_api.settings import Settings
from tests import factories

PASSWORD = "correct horse battery"

MakeSettings = Callable[..., Settings]


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


def _sign_up(session: Session, settings: Settings, now: datetime, **changes: Any) -> models.Account:
    values: dict[str, Any] = {
        "email": "ada@example.org",
        "password": PASSWORD,
        "display_name": "Ada",
        "role": "resident",
        "language": "fr",
    }
    return accounts.sign_up(session, **(values | changes), settings=settings, now=now)


def _sign_in(
    session: Session, settings: Settings, now: datetime, **changes: Any
) -> accounts.SignedIn:
    values = {"email": "ada@example.org", "password": PASSWORD}
    return accounts.sign_in(session, **(values | changes), settings=settings, now=now)


@functools.cache
def _hash() -> str:
    """The hash of PASSWORD, made once: it takes long on purpose."""
    return accounts.password_hash(PASSWORD)


def _join(
    session: Session, settings: Settings, now: datetime, email: str = "ada@example.org"
) -> models.Account:
    """What signing up leaves behind, without the wait."""
    account = factories.account(session, name="Ada", now=now)
    account.email = email
    account.password_hash = _hash()
    session.flush()
    accounts.request_verification(session, account, settings=settings, now=now)
    return account


def _enter(session: Session, settings: Settings, now: datetime) -> accounts.SignedIn:
    """Signed in as the same person each time, without a password and its wait."""
    identity = firebase.Identity(uid="1", email=None, email_verified=False, name="Ada")
    return accounts.sign_in_with_firebase(
        session, identity, language="fr", settings=settings, now=now
    )


def _links(session: Session, purpose: str) -> list[str]:
    """The tokens in the mails of one purpose, oldest first."""
    session.flush()
    bodies = session.scalars(select(mail.Mail.body).order_by(mail.Mail.id))
    return [
        body.split(f"/{purpose}?token=")[1].split()[0]
        for body in bodies
        if f"/{purpose}?token=" in body
    ]


def _ended(session: Session, signed_in: accounts.SignedIn) -> str | None:
    session.expire_all()
    return session.get_one(models.SignIn, signed_in.sign_in_id).ended_because


# --- joining --------------------------------------------------------------------------


def test_a_new_person_has_one_role_and_a_hashed_password(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _sign_up(session, settings, now, email="  Ada@Example.ORG ", role="provider")
    assert account.email == "ada@example.org"
    assert [held.role for held in account.roles] == ["provider"]
    assert account.has_role("provider")
    assert not account.has_role("operator")
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert account.email_verified_at is None
    assert [entry.event for entry in history.of_account(session, account.id)] == ["account-created"]


def test_a_taken_address_is_refused_in_any_case_of_letters(
    session: Session, settings: Settings, now: datetime
) -> None:
    _sign_up(session, settings, now)
    with pytest.raises(errors.EmailTaken):
        _sign_up(session, settings, now, email="ADA@example.org")
    # The refusal left the transaction usable and nothing half written.
    assert session.scalar(select(func.count()).select_from(models.Account)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "ada"),
        ("email", "ada@"),
        ("email", "@example.org"),
        ("email", "ada@example"),
        ("email", "ada@@example.org"),
        ("email", ".ada@example.org"),
        ("email", "ada.@example.org"),
        ("email", "a..da@example.org"),
        ("email", "ada@-example.org"),
        ("email", "ada@example..org"),
        ("email", "ada@example.org."),
        ("email", "ada@127.0.0.1"),
        ("email", "ada@[127.0.0.1]"),
        ("email", "<ada@example.org>"),
        ("email", "ada@example.org, bob@example.org"),
        ("email", "ada example@example.org"),
        ("email", '"ada"@example.org'),
        ("email", "ada@example.org\nbcc: all@example.org"),
        ("email", "ad\x00a@example.org"),
        ("email", "\u212aim@example.org"),  # The Kelvin sign, which is k in lower case.
        ("email", "a" * 65 + "@example.org"),
        ("email", "a@" + "b" * 250 + ".org"),
        ("email", "ada@\ud800.org"),
        ("password", "short"),
        ("password", "123456789"),
        ("password", "x" * 201),
        ("password", "\ud800" * 12),
        ("display_name", ""),
        ("display_name", "   "),
        ("display_name", "x" * 81),
        ("display_name", "Ada\x00"),
        ("display_name", "Ada\u202egpj.exe"),
        ("display_name", "\ud800"),
        ("role", "operator"),
        ("role", "king"),
        ("language", "french"),
        ("language", "FR"),
        ("language", "fr\n"),
    ],
)
def test_what_makes_no_sense_is_named(
    session: Session, settings: Settings, now: datetime, field: str, value: str
) -> None:
    with pytest.raises(errors.InvalidInput) as refusal:
        _sign_up(session, settings, now, **{field: value})
    assert list(refusal.value.fields) == [field]


def test_an_international_domain_is_kept_in_ascii(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _sign_up(session, settings, now, email="ada@bücher.example")
    assert account.email == "ada@xn--bcher-kva.example"
    _sign_in(session, settings, now, email="ADA@BÜCHER.example")


def test_names_are_kept_on_one_line(session: Session, settings: Settings, now: datetime) -> None:
    account = _sign_up(session, settings, now, display_name=" Ada \n  Lovelace ")
    assert account.display_name == "Ada Lovelace"


def test_two_who_join_at_once_with_one_address_are_one(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    def join() -> str:
        with database.transaction() as session:
            _sign_up(session, settings, now)
        return "joined"

    assert sorted(_at_once(join, 4)) == ["EmailTaken"] * 3 + ["joined"]


def test_a_role_is_added_once(session: Session, settings: Settings, now: datetime) -> None:
    account = _sign_up(session, settings, now)
    before = account.version
    accounts.add_role(session, account, "provider", now=now)
    accounts.add_role(session, account, "provider", now=now)
    assert [held.role for held in account.roles] == ["provider", "resident"]
    assert account.version == before + 1
    with pytest.raises(errors.InvalidInput):
        accounts.add_role(session, account, "operator", now=now)


def test_a_role_added_by_two_requests_at_once_is_added_once(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    with database.transaction() as session:
        account_id = _sign_up(session, settings, now).id

    def add() -> str:
        with database.transaction() as session:
            accounts.add_role(session, accounts.get(session, account_id), "provider", now=now)
        return "added"

    assert _at_once(add, 4) == ["added"] * 4


# --- changing -------------------------------------------------------------------------


def test_only_what_is_named_changes(session: Session, settings: Settings, now: datetime) -> None:
    account = _join(session, settings, now)
    accounts.update(session, account, phone="+33 6 12-34 56.78", settings=settings, now=now)
    assert (account.display_name, account.phone) == ("Ada", "+33612345678")
    accounts.update(session, account, language="de", settings=settings, now=now)
    assert (account.language, account.phone) == ("de", "+33612345678")
    accounts.update(session, account, phone=None, settings=settings, now=now)
    assert account.phone is None


def test_who_is_signed_in_can_change_and_take_on_a_role(
    session: Session, settings: Settings, now: datetime
) -> None:
    token = _enter(session, settings, now).access_token
    session.flush()
    session.expunge_all()
    account, _ = accounts.authenticate(session, token, settings=settings, now=now)
    accounts.update(session, account, display_name="Lovelace", settings=settings, now=now)
    accounts.add_role(session, account, "provider", now=now)
    assert account.display_name == "Lovelace"
    assert [held.role for held in account.roles] == ["provider", "resident"]


@pytest.mark.parametrize("phone", ["0612345678", "+0123456789", "+33abc", "", "+3361234567890123"])
def test_a_phone_number_has_its_country_code(
    session: Session, settings: Settings, now: datetime, phone: str
) -> None:
    account = _join(session, settings, now)
    with pytest.raises(errors.InvalidInput) as refusal:
        accounts.update(session, account, phone=phone, settings=settings, now=now)
    assert list(refusal.value.fields) == ["phone"]


def test_a_change_of_an_outdated_version_is_refused(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    version = account.version
    accounts.update(session, account, display_name="A", version=version, settings=settings, now=now)
    with pytest.raises(errors.VersionMismatch):
        accounts.update(
            session, account, display_name="B", version=version, settings=settings, now=now
        )
    assert account.display_name == "A"


def test_changes_made_at_once_do_not_fail_on_each_other(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    with database.transaction() as session:
        account_id = _join(session, settings, now).id

    def change() -> str:
        with database.transaction() as session:
            account = accounts.get(session, account_id)
            accounts.update(session, account, display_name="B", settings=settings, now=now)
            accounts.update(session, account, display_name="C", settings=settings, now=now)
        return "changed"

    assert _at_once(change, 4) == ["changed"] * 4


def test_another_address_needs_the_password_and_a_new_proof(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    accounts.verify_email(session, _links(session, "verify-email")[0], now=now)
    for wrong in (None, "not the password"):
        with pytest.raises(errors.InvalidInput) as refusal:
            accounts.update(
                session,
                account,
                email="new@example.org",
                current_password=wrong,
                settings=settings,
                now=now,
            )
        assert list(refusal.value.fields) == ["current_password"]
    accounts.update(
        session,
        account,
        email="New@example.org",
        current_password=PASSWORD,
        settings=settings,
        now=now,
    )
    assert (account.email, account.email_verified_at) == ("new@example.org", None)
    latest = session.scalars(select(mail.Mail).order_by(mail.Mail.id.desc())).first()
    assert latest is not None
    assert latest.to_address == "new@example.org"


def test_another_persons_address_cannot_be_taken(
    session: Session, settings: Settings, now: datetime
) -> None:
    _join(session, settings, now, "bob@example.org")
    account = _join(session, settings, now)
    with pytest.raises(errors.EmailTaken):
        accounts.update(
            session,
            account,
            email="bob@example.org",
            current_password=PASSWORD,
            settings=settings,
            now=now,
        )


# --- signing in -----------------------------------------------------------------------


def test_the_right_password_signs_in(session: Session, settings: Settings, now: datetime) -> None:
    account = _join(session, settings, now)
    signed_in = _sign_in(session, settings, now, email=" ADA@example.org")
    assert signed_in.account.id == account.id
    assert signed_in.expires_in_s == 900
    who, sign_in = accounts.authenticate(
        session, signed_in.access_token, settings=settings, now=now
    )
    assert (who.id, sign_in.id) == (account.id, signed_in.sign_in_id)
    assert who.has_role("resident")


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong password"},
        {"password": ""},
        {"password": "\ud800"},
        {"password": "x" * 100_000},
        {"email": "nobody@example.org"},
        {"email": "not an address"},
        {"email": "\x00"},
        {"email": "ada@example.org\x00"},
    ],
)
def test_wrong_credentials_are_one_answer(
    session: Session, settings: Settings, now: datetime, wrong: dict[str, str]
) -> None:
    _join(session, settings, now)
    with pytest.raises(errors.WrongCredentials) as refusal:
        _sign_in(session, settings, now, **wrong)
    assert refusal.value.details == {}


def test_a_password_matches_however_its_accents_are_typed(
    session: Session, settings: Settings, now: datetime
) -> None:
    _sign_up(session, settings, now, password="mot de passe rép\u00e9t\u00e9")
    _sign_in(session, settings, now, password="mot de passe rép\u0065\u0301t\u0065\u0301")


def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    session: Session, settings: Settings, now: datetime
) -> None:
    _join(session, settings, now)
    no_password = _join(session, settings, now, "fire@example.org")
    no_password.password_hash = None
    session.flush()

    def cpu_seconds(email: str) -> float:
        # Work done, not time passed, so that a busy machine says the same.
        begun = time.process_time()
        with pytest.raises(errors.WrongCredentials):
            _sign_in(session, settings, now, email=email, password="wrong password")
        return time.process_time() - begun

    addresses = ("ada@example.org", "nobody@example.org", "fire@example.org", "nonsense")
    taken: dict[str, list[float]] = {address: [] for address in addresses}
    for _ in range(3):
        for address in addresses:
            taken[address].append(cpu_seconds(address))
    known, *others = (statistics.median(times) for times in taken.values())
    for other in others:
        assert 0.6 < other / known < 1.6


def test_an_old_hash_is_renewed_at_sign_in(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    account.password_hash = weak
    session.flush()
    _sign_in(session, settings, now)
    session.refresh(account)
    assert account.password_hash != weak
    assert not argon2.PasswordHasher().check_needs_rehash(account.password_hash or "")
    _sign_in(session, settings, now)


def test_the_suspended_are_refused_once_they_prove_who_they_are(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    signed_in = _sign_in(session, settings, now)
    account.suspended_at = now
    session.flush()
    with pytest.raises(errors.AccountSuspended):
        _sign_in(session, settings, now)
    with pytest.raises(errors.WrongCredentials):
        _sign_in(session, settings, now, password="wrong password")
    with pytest.raises(errors.AccountSuspended):
        accounts.authenticate(session, signed_in.access_token, settings=settings, now=now)
    with pytest.raises(errors.AccountSuspended):
        accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)


# --- access tokens --------------------------------------------------------------------


def test_an_access_token_says_who_until_when(
    session: Session, settings: Settings, now: datetime
) -> None:
    signed_in = _enter(session, settings, now)
    claims = jwt.decode(signed_in.access_token, options={"verify_signature": False})
    assert claims == {
        "sub": str(signed_in.account.id),
        "sid": str(signed_in.sign_in_id),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 900,
        "aud": "jobbing-api",
        "iss": settings.base_url,
    }


def test_an_access_token_ends_after_its_time(
    session: Session, settings: Settings, now: datetime
) -> None:
    token = _enter(session, settings, now).access_token
    accounts.authenticate(session, token, settings=settings, now=now + timedelta(seconds=899))
    with pytest.raises(errors.InvalidToken):
        accounts.authenticate(session, token, settings=settings, now=now + timedelta(seconds=900))


def test_a_forged_access_token_is_refused(
    session: Session, settings: Settings, now: datetime
) -> None:
    token = _enter(session, settings, now).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    key = keys.derive(settings.secret_key, "access-token")
    forged = [
        "",
        "x",
        "\ud800",
        token[:-3] + "AAA",
        jwt.encode(claims, key="", algorithm="none"),
        jwt.encode(claims, settings.secret_key, algorithm="HS256"),
        jwt.encode(claims, keys.derive(settings.secret_key, "other"), algorithm="HS256"),
        jwt.encode(claims, keys.derive("another secret", "access-token"), algorithm="HS256"),
        jwt.encode(claims | {"aud": "other"}, key, algorithm="HS256"),
        jwt.encode(claims | {"iss": "other"}, key, algorithm="HS256"),
        jwt.encode(claims | {"sub": "not a uuid"}, key, algorithm="HS256"),
        jwt.encode(claims | {"exp": "soon"}, key, algorithm="HS256"),
        jwt.encode(claims | {"exp": None}, key, algorithm="HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="HS256"),
    ]
    for one in forged:
        with pytest.raises(errors.InvalidToken):
            accounts.authenticate(session, one, settings=settings, now=now)


def test_a_token_for_somebody_elses_sign_in_is_worth_nothing(
    session: Session, settings: Settings, now: datetime
) -> None:
    other = factories.account(session)
    token = _enter(session, settings, now).access_token
    claims = jwt.decode(token, options={"verify_signature": False}) | {"sub": str(other.id)}
    mixed = jwt.encode(claims, keys.derive(settings.secret_key, "access-token"), algorithm="HS256")
    with pytest.raises(errors.SessionRevoked):
        accounts.authenticate(session, mixed, settings=settings, now=now)


def test_authenticating_is_one_query(
    session: Session, settings: Settings, now: datetime, shared_engine: Engine
) -> None:
    signed_in = _enter(session, settings, now)
    accounts.add_role(session, signed_in.account, "provider", now=now)
    token = signed_in.access_token
    session.expunge_all()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(shared_engine, "before_cursor_execute", note)
    try:
        who, _ = accounts.authenticate(session, token, settings=settings, now=now)
        assert who.has_role("provider")
        assert who.has_role("resident")
    finally:
        event.remove(shared_engine, "before_cursor_execute", note)
    assert len(statements) == 1


# --- refresh tokens -------------------------------------------------------------------


def test_a_refresh_token_is_kept_as_its_hash_only(
    session: Session, settings: Settings, now: datetime
) -> None:
    token = _enter(session, settings, now).refresh_token
    assert len(token) == 43
    kept = session.scalars(select(models.RefreshToken)).one()
    assert len(kept.token_hash) == 32
    assert token.encode() not in kept.token_hash
    assert kept.expires_at == now + timedelta(days=30)


def test_refreshing_rotates(session: Session, settings: Settings, now: datetime) -> None:
    first = _enter(session, settings, now)
    seen = {first.refresh_token}
    token, at = first.refresh_token, now
    for _ in range(3):
        at += timedelta(minutes=15)
        again = accounts.refresh(session, token, settings=settings, now=at)
        assert again.sign_in_id == first.sign_in_id
        accounts.authenticate(session, again.access_token, settings=settings, now=at)
        token = again.refresh_token
        seen.add(token)
    assert len(seen) == 4


def test_a_refresh_token_expires(session: Session, settings: Settings, now: datetime) -> None:
    token = _enter(session, settings, now).refresh_token
    with pytest.raises(errors.InvalidToken):
        accounts.refresh(session, token, settings=settings, now=now + timedelta(days=30))
    accounts.refresh(session, token, settings=settings, now=now + timedelta(days=29))


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\x00", "é" * 50, "A" * 43])
def test_an_unknown_refresh_token_is_refused(
    session: Session, settings: Settings, now: datetime, token: str
) -> None:
    with pytest.raises(errors.InvalidToken):
        accounts.refresh(session, token, settings=settings, now=now)


def test_a_stolen_refresh_token_ends_the_sign_in(
    session: Session, settings: Settings, now: datetime
) -> None:
    elsewhere = _enter(session, settings, now)
    stolen = _enter(session, settings, now)
    mine = accounts.refresh(session, stolen.refresh_token, settings=settings, now=now)
    later = now + timedelta(seconds=11)
    with pytest.raises(errors.SessionRevoked):
        accounts.refresh(session, stolen.refresh_token, settings=settings, now=later)
    assert _ended(session, stolen) == "reused"
    with pytest.raises(errors.SessionRevoked):
        accounts.refresh(session, mine.refresh_token, settings=settings, now=later)
    with pytest.raises(errors.SessionRevoked):
        accounts.authenticate(session, mine.access_token, settings=settings, now=later)
    assert "refresh-token-reused" in [
        entry.event for entry in history.of_account(session, stolen.account.id)
    ]
    # Other phones of the same person are not concerned.
    accounts.refresh(session, elsewhere.refresh_token, settings=settings, now=later)


def test_a_client_that_lost_the_answer_may_ask_again_at_once(
    session: Session, settings: Settings, now: datetime
) -> None:
    token = _enter(session, settings, now).refresh_token
    lost = accounts.refresh(session, token, settings=settings, now=now)
    again = accounts.refresh(session, token, settings=settings, now=now + timedelta(seconds=9))
    assert again.refresh_token == lost.refresh_token
    accounts.refresh(session, again.refresh_token, settings=settings, now=now)


def test_a_thief_within_the_grace_is_noticed_at_the_next_refresh(
    session: Session, settings: Settings, now: datetime
) -> None:
    signed_in = _enter(session, settings, now)
    owner = accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)
    thief = accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)
    later = now + timedelta(minutes=15)
    accounts.refresh(session, thief.refresh_token, settings=settings, now=later)
    with pytest.raises(errors.SessionRevoked):
        accounts.refresh(
            session,
            owner.refresh_token,
            settings=settings,
            now=later + timedelta(seconds=11),
        )
    assert _ended(session, signed_in) == "reused"


def test_the_grace_ends_when_the_successor_is_used(
    session: Session, settings: Settings, now: datetime
) -> None:
    signed_in = _enter(session, settings, now)
    second = accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)
    accounts.refresh(session, second.refresh_token, settings=settings, now=now)
    with pytest.raises(errors.SessionRevoked):
        accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)


def test_the_end_of_a_stolen_sign_in_outlasts_the_refusal(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    with database.transaction() as session:
        signed_in = _enter(session, settings, now)
        accounts.refresh(session, signed_in.refresh_token, settings=settings, now=now)
    with pytest.raises(errors.SessionRevoked), database.transaction() as session:
        accounts.refresh(
            session, signed_in.refresh_token, settings=settings, now=now + timedelta(minutes=1)
        )
    with database.transaction() as session:
        assert _ended(session, signed_in) == "reused"


def test_of_simultaneous_refreshes_one_rotates_and_nobody_is_thrown_out(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    with database.transaction() as session:
        signed_in = _enter(session, settings, now)

    def refresh() -> str:
        with database.transaction() as session:
            return accounts.refresh(
                session, signed_in.refresh_token, settings=settings, now=now
            ).refresh_token

    brought = _at_once(refresh, 8)
    assert len(set(brought)) == 1
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(models.RefreshToken)) == 2
        accounts.refresh(session, brought[0], settings=settings, now=now)


def test_signing_out_ends_one_sign_in(session: Session, settings: Settings, now: datetime) -> None:
    here, there = (_enter(session, settings, now) for _ in range(2))
    _, sign_in = accounts.authenticate(session, here.access_token, settings=settings, now=now)
    accounts.sign_out(session, sign_in, now=now)
    assert _ended(session, here) == "signed-out"
    with pytest.raises(errors.SessionRevoked):
        accounts.authenticate(session, here.access_token, settings=settings, now=now)
    with pytest.raises(errors.SessionRevoked):
        accounts.refresh(session, here.refresh_token, settings=settings, now=now)
    accounts.authenticate(session, there.access_token, settings=settings, now=now)


def test_what_is_past_its_time_is_forgotten(
    session: Session, settings: Settings, now: datetime
) -> None:
    _join(session, settings, now)
    used = _enter(session, settings, now)
    accounts.refresh(session, used.refresh_token, settings=settings, now=now)
    out = _enter(session, settings, now)
    accounts.end_all(session, out.account.id, reason="signed-out", now=now)
    assert accounts.forget_expired(session, now=now + timedelta(days=3)) == 1  # the mail's link
    assert accounts.forget_expired(session, now=now + timedelta(days=31)) == 3
    assert accounts.forget_expired(session, now=now + timedelta(days=91)) == 2


# --- proofs by mail -------------------------------------------------------------------


def test_joining_sends_a_link_in_the_persons_language(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    sent = session.scalars(select(mail.Mail)).one()
    assert (sent.to_address, sent.account_id) == ("ada@example.org", account.id)
    assert sent.subject == "Confirmez votre adresse e-mail"
    assert f"{settings.base_url}/verify-email?token=" in sent.body
    assert "48 heures" in sent.body


def test_opening_the_link_proves_the_address_once_and_for_all(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    (token,) = _links(session, "verify-email")
    assert accounts.verify_email(session, token, now=now).id == account.id
    assert account.email_verified_at == now
    # A second click, or a lost answer.
    accounts.verify_email(session, token, now=now + timedelta(minutes=1))
    assert account.email_verified_at == now


def test_a_link_expires(session: Session, settings: Settings, now: datetime) -> None:
    _join(session, settings, now)
    (token,) = _links(session, "verify-email")
    with pytest.raises(errors.InvalidToken):
        accounts.verify_email(session, token, now=now + timedelta(hours=48))


def test_a_link_to_an_earlier_address_proves_nothing(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    (old,) = _links(session, "verify-email")
    accounts.update(
        session,
        account,
        email="new@example.org",
        current_password=PASSWORD,
        settings=settings,
        now=now,
    )
    with pytest.raises(errors.InvalidToken):
        accounts.verify_email(session, old, now=now)
    accounts.verify_email(session, _links(session, "verify-email")[-1], now=now)


def test_a_link_serves_its_own_purpose_only(
    session: Session, settings: Settings, now: datetime
) -> None:
    _join(session, settings, now)
    (token,) = _links(session, "verify-email")
    with pytest.raises(errors.InvalidToken):
        accounts.reset_password(session, token, new_password="another password", now=now)


def test_a_proved_address_is_not_asked_again(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    accounts.verify_email(session, _links(session, "verify-email")[0], now=now)
    accounts.request_verification(session, account, settings=settings, now=now)
    assert len(_links(session, "verify-email")) == 1


def test_nobody_can_order_many_mails(session: Session, settings: Settings, now: datetime) -> None:
    _join(session, settings, now)
    for _ in range(10):
        accounts.request_password_reset(session, "ada@example.org", settings=settings, now=now)
    assert len(_links(session, "reset-password")) == 3
    later = now + timedelta(hours=1)
    accounts.request_password_reset(session, "ada@example.org", settings=settings, now=later)
    assert len(_links(session, "reset-password")) == 4


@pytest.mark.parametrize("email", ["nobody@example.org", "nonsense", "", "\x00"])
def test_a_reset_never_says_whether_there_is_an_account(
    session: Session, settings: Settings, now: datetime, email: str
) -> None:
    accounts.request_password_reset(session, email, settings=settings, now=now)
    assert _links(session, "reset-password") == []


def test_a_new_password_ends_every_sign_in(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    phones = [_sign_in(session, settings, now) for _ in range(2)]
    for _ in range(2):
        accounts.request_password_reset(session, "Ada@example.org", settings=settings, now=now)
    first, second = _links(session, "reset-password")
    with pytest.raises(errors.InvalidInput):
        accounts.reset_password(session, first, new_password="short", now=now)
    accounts.reset_password(session, first, new_password="another password", now=now)
    assert account.email_verified_at == now
    assert [_ended(session, phone) for phone in phones] == ["password-reset"] * 2
    for spent in (first, second):
        with pytest.raises(errors.InvalidToken):
            accounts.reset_password(session, spent, new_password="yet another one", now=now)
    with pytest.raises(errors.WrongCredentials):
        _sign_in(session, settings, now)
    _sign_in(session, settings, now, password="another password")


def test_a_reset_link_used_by_two_at_once_works_once(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    with database.transaction() as session:
        _join(session, settings, now)
        accounts.request_password_reset(session, "ada@example.org", settings=settings, now=now)
        (token,) = _links(session, "reset-password")

    def reset() -> str:
        with database.transaction() as session:
            accounts.reset_password(session, token, new_password=uuid.uuid4().hex, now=now)
        return "reset"

    assert sorted(_at_once(reset, 3)) == ["InvalidToken"] * 2 + ["reset"]


def test_a_reset_link_is_not_kept_in_clear(
    session: Session, settings: Settings, now: datetime
) -> None:
    _join(session, settings, now)
    accounts.request_password_reset(session, "ada@example.org", settings=settings, now=now)
    (token,) = _links(session, "reset-password")
    for kept in session.scalars(select(models.MailToken)):
        assert token.encode() not in kept.token_hash


# --- Firebase -------------------------------------------------------------------------

GOOGLE = firebase.Identity(
    uid="google-1", email="ada@example.org", email_verified=True, name="Ada Lovelace"
)


def _by_firebase(
    session: Session, settings: Settings, now: datetime, identity: firebase.Identity = GOOGLE
) -> accounts.SignedIn:
    return accounts.sign_in_with_firebase(
        session, identity, language="fr", settings=settings, now=now
    )


def test_who_is_new_to_us_becomes_a_resident(
    session: Session, settings: Settings, now: datetime
) -> None:
    signed_in = _by_firebase(session, settings, now)
    account = signed_in.account
    assert (account.email, account.display_name) == ("ada@example.org", "Ada Lovelace")
    assert account.email_verified_at == now
    assert [held.role for held in account.roles] == ["resident"]
    assert _links(session, "verify-email") == []
    again = _by_firebase(session, settings, now, replace(GOOGLE, email="other@example.org"))
    assert again.account.id == account.id
    with pytest.raises(errors.WrongCredentials):
        _sign_in(session, settings, now, password="")


def test_an_address_firebase_did_not_prove_is_asked_for_by_mail(
    session: Session, settings: Settings, now: datetime
) -> None:
    signed_in = _by_firebase(session, settings, now, replace(GOOGLE, email_verified=False))
    assert signed_in.account.email_verified_at is None
    assert len(_links(session, "verify-email")) == 1


def test_who_has_neither_name_nor_address_is_let_in(
    session: Session, settings: Settings, now: datetime
) -> None:
    nobody = firebase.Identity(uid="phone-1", email=None, email_verified=False, name=None)
    account = _by_firebase(session, settings, now, nobody).account
    assert (account.email, account.display_name) == (None, "Sans nom")


def test_an_address_proved_on_both_sides_joins_the_accounts(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    accounts.verify_email(session, _links(session, "verify-email")[0], now=now)
    assert _by_firebase(session, settings, now).account.id == account.id
    assert account.firebase_uid == "google-1"


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True), (False, False)])
def test_an_address_proved_on_one_side_joins_nothing(
    session: Session, settings: Settings, now: datetime, ours: bool, theirs: bool
) -> None:
    account = _join(session, settings, now)
    if ours:
        accounts.verify_email(session, _links(session, "verify-email")[0], now=now)
    with pytest.raises(errors.EmailTaken):
        _by_firebase(session, settings, now, replace(GOOGLE, email_verified=theirs))
    assert account.firebase_uid is None


def test_two_first_sign_ins_at_once_make_one_account(
    own_database: Engine, settings: Settings, now: datetime
) -> None:
    def enter() -> str:
        with database.transaction() as session:
            return str(_by_firebase(session, settings, now).account.id)

    assert len(set(_at_once(enter, 4))) == 1


# --- blocks ---------------------------------------------------------------------------


def test_a_block_holds_both_ways(session: Session, settings: Settings, now: datetime) -> None:
    ada = _join(session, settings, now)
    bob = _join(session, settings, now, "bob@example.org")
    accounts.block(session, ada, bob.id, now=now)
    accounts.block(session, ada, bob.id, now=now)
    assert accounts.blocked_ids(session, ada.id) == {bob.id}
    assert accounts.blocked_ids(session, bob.id) == {ada.id}
    # Nobody can take another's block back.
    accounts.unblock(session, bob, ada.id)
    assert accounts.blocked_ids(session, bob.id) == {ada.id}
    accounts.unblock(session, ada, bob.id)
    assert accounts.blocked_ids(session, ada.id) == set()


def test_nobody_blocks_themselves_or_nobody(
    session: Session, settings: Settings, now: datetime
) -> None:
    ada = _join(session, settings, now)
    with pytest.raises(errors.InvalidInput):
        accounts.block(session, ada, ada.id, now=now)
    with pytest.raises(errors.NotFound):
        accounts.block(session, ada, uuid.uuid4(), now=now)


# --- operators ------------------------------------------------------------------------


def test_an_operator_is_granted_markets(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = accounts.make_operator(
        session,
        email="Desk@example.org",
        market_slugs=["lyon"],
        level="act",
        password=PASSWORD,
        now=now,
    )
    assert account.has_role("operator")
    assert list(accounts.operator_markets(session, account.id).values()) == ["act"]
    _sign_in(session, settings, now, email="desk@example.org")
    accounts.make_operator(
        session, email="desk@example.org", market_slugs=["lyon"], level="read", now=now
    )
    assert list(accounts.operator_markets(session, account.id).values()) == ["read"]
    _sign_in(session, settings, now, email="desk@example.org")


def test_a_person_can_become_an_operator_too(
    session: Session, settings: Settings, now: datetime
) -> None:
    person = _join(session, settings, now)
    accounts.make_operator(
        session, email="ada@example.org", market_slugs=["lyon"], level="read", now=now
    )
    assert {held.role for held in person.roles} == {"operator", "resident"}
    assert person.display_name == "Ada"
    other = factories.account(session)
    assert accounts.operator_markets(session, other.id) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "own"}, "level"),
        ({"market_slugs": ["atlantis"]}, "market_slugs"),
        ({"market_slugs": []}, "market_slugs"),
        ({"password": None}, "password"),
        ({"email": "desk"}, "email"),
    ],
)
def test_an_operator_of_nothing_is_refused(
    session: Session, now: datetime, changes: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {
        "email": "desk@example.org",
        "market_slugs": ["lyon"],
        "level": "act",
        "password": PASSWORD,
    }
    with pytest.raises(errors.InvalidInput) as refusal:
        accounts.make_operator(session, **(values | changes), now=now)
    assert list(refusal.value.fields) == [field]


def test_the_database_keeps_addresses_in_lower_case(
    session: Session, settings: Settings, now: datetime
) -> None:
    account = _join(session, settings, now)
    with pytest.raises(Exception, match="ck_accounts_email_lower_case"):
        session.execute(
            update(models.Account).where(models.Account.id == account.id).values(email="A@b.org")
        )


def _at_once(run: Callable[[], str], number: int) -> list[str]:
    """Run it in so many threads at once; what each returned, or the refusal's name."""
    together = threading.Barrier(number)
    results: list[str] = []

    def one() -> None:
        together.wait()
        try:
            results.append(run())
        except Exception as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
