"""The real application on a real database, with people who talk to it over HTTP."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.test import TestResponse

from jobbing_api import accounts, database, firebase, offers, settings
from jobbing_api.accounts import access
from jobbing_api.api import problems
from jobbing_api.app import create_app
from tests import factories
from tests.conftest import NOW, Servers

API = "/api/v1"


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def assert_as_documented(app: Flask, method: str, path: str, answer: TestResponse) -> None:
    """Whatever is answered, the contract says that it may be, and in that shape."""
    adapter = app.url_map.bind("test")
    try:
        rule, _ = adapter.match(f"{API}{path.partition('?')[0]}", method, return_rule=True)
    except (NotFound, MethodNotAllowed):
        return
    template = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
    operation = _document(app)["paths"][template][method.lower()]
    told = (method, template, answer.status_code, answer.data[:500])
    assert str(answer.status_code) in operation["responses"], told
    if answer.status_code >= 400:
        examples = operation["responses"][str(answer.status_code)]["content"][problems.MEDIA_TYPE]
        assert slug(answer) in examples["examples"], told
    elif answer.status_code != 304:
        handler = getattr(app.view_functions[rule.endpoint].view_class, method.lower())  # type: ignore[attr-defined]
        (documented,) = handler._apidoc["response"]["responses"][answer.status_code]
        if isinstance(documented.get("schema"), ma.Schema):
            documented["schema"].load(answer.get_json())


@cache
def _document(app: Flask) -> dict[str, Any]:
    return dict(app.test_client().get("/api/openapi.json").get_json())


@dataclass
class Person:
    """Somebody signed in, with the few words a client knows.

    Sends ``token``, or where there is a ``sign_in_id`` one that is good at the clock's
    present, as a client that refreshes in time would.
    """

    client: FlaskClient
    id: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)
    sign_in_id: uuid.UUID | None = None

    def bearer(self) -> str:
        if self.sign_in_id is None:
            return self.token
        config = self.client.application.config
        bearer = access.Bearer(uuid.UUID(self.id), self.sign_in_id)
        return access.mint(bearer, settings=config["SETTINGS"], now=config["CLOCK"]())

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A request as this person; header names with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.bearer()}", **self.headers, **named}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = None if body is None else json.dumps(body)
        answer = self.client.open(f"{API}{path}", method=method, data=data, headers=sent)
        assert_as_documented(self.client.application, method, path, answer)
        return answer

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.ask("DELETE", path, **headers)


@pytest.fixture(scope="session")
def chosen_settings(
    test_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    folder: Path = tmp_path_factory.mktemp("web")
    return settings.from_environment(
        {
            "JOBBING_ENV": "development",
            "DATABASE_URL": test_servers.database_url("shared"),
            "REDIS_URL": test_servers.redis.url,
            "SECRET_KEY": "development-secret-of-the-test-run-only",
            "PUSH": "local",
            "PUSH_URL": "https://127.0.0.1:9",
            "FIREBASE_CREDENTIALS": str(folder / "none.json"),
            "MAIL_DIR": str(folder / "mail"),
            "FILES_URL": (folder / "files").as_uri(),
        }
    )


@pytest.fixture(scope="session")
def application(chosen_settings: settings.Settings) -> Flask:
    """One application for the run; each test binds it to its own transaction."""
    return create_app(chosen_settings)


@pytest.fixture
def clock(application: Flask) -> Clock:
    clock = Clock()
    application.config["CLOCK"] = clock
    return clock


@pytest.fixture
def client(application: Flask, clock: Clock, session: Session) -> FlaskClient:
    """A client whose requests work in the test's transaction, which is rolled back."""
    return application.test_client()


@pytest.fixture
def racing(application: Flask, clock: Clock, own_database: Engine) -> FlaskClient:
    """A client on a database of its own, where requests commit and meet each other."""
    database.bind(own_database)
    return application.test_client()


@pytest.fixture
def person(
    client: FlaskClient, chosen_settings: settings.Settings, clock: Clock
) -> Callable[..., Person]:
    """Sign people up quickly: ``person("provider")``."""

    def make(*roles: str, name: str = "Léa", **headers: str) -> Person:
        return sign_in(client, chosen_settings, clock.now, *roles, name=name, **headers)

    return make


@pytest.fixture
def provider(person: Callable[..., Person]) -> Callable[..., Person]:
    def make(**changes: Any) -> Person:
        someone = person("provider", name="Karim")
        put = someone.put("/providers/me", profile(**changes))
        assert put.status_code == 200, put.text
        return someone

    return make


def sign_in(
    client: FlaskClient,
    using: settings.Settings,
    now: datetime,
    *roles: str,
    name: str = "Léa",
    **headers: str,
) -> Person:
    """Somebody new whom Firebase vouched for: no password is hashed."""
    identity = firebase.Identity(uid=uuid.uuid4().hex, email=None, email_verified=False, name=name)
    with database.transaction() as session:
        signed_in = accounts.sign_in_with_firebase(
            session, identity, language="fr", settings=using, now=now
        )
        for role in roles:
            accounts.add_role(session, signed_in.account, role, now=now)
    return Person(
        client,
        str(signed_in.account.id),
        signed_in.access_token,
        {"Accept-Language": "en"} | headers,
        signed_in.sign_in_id,
    )


def profile(**changes: Any) -> dict[str, Any]:
    """A gutter cleaner in the middle of Lyon."""
    return {
        "headline": "Gouttières",
        "base": point(*factories.LYON),
        "reach_m": 20_000,
        "minimum_visit_cents": 2500,
        "skills": [
            {
                "category": "gutter-cleaning",
                "price": {"kind": "flat", "amount_cents": 6000, "currency": "EUR"},
            }
        ],
        "languages": ["fr"],
        "tools": ["ladder"],
    } | changes


def job(now: datetime, **changes: Any) -> dict[str, Any]:
    """A clogged gutter tomorrow, 08 to 18 in Lyon."""
    tomorrow = (now + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    return {
        "category": "gutter-cleaning",
        "title": "Gouttière bouchée",
        "brief": {"answers": {"length": 12}},
        "location": point(*factories.LYON),
        "address": "1 place Bellecour",
        "access_notes": "Code 1234",
        "window": {
            "from": tomorrow.isoformat(),
            "to": (tomorrow + timedelta(hours=10)).isoformat(),
        },
        "duration_minutes": 90,
        "budget": {"kind": "fixed", "amount_cents": 9000, "currency": "EUR"},
        "mode": "instant",
        "urgency": "scheduled",
        "languages": ["fr"],
    } | changes


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def slug(response: TestResponse) -> str:
    """The last segment of a problem's type; fails where there is no problem."""
    assert response.mimetype == "application/problem+json", response.text
    document = response.get_json()
    assert document["status"] == response.status_code
    return str(document["type"]).rsplit("/", 1)[-1]


#: Everything a request could have written to.
_TABLES = (
    "accounts, account_roles, sign_ins, refresh_tokens, mail_tokens, mails, blocks, devices,"
    " providers, skills, weekly_hours, calendar_exceptions, presences, bookings, jobs, waves,"
    " offers, visits, reschedules, dues, check_ins, work_stretches,"
    " series, series_exceptions, change_orders, payments, messages, message_reads,"
    " disputes, statements, reports, reviews, notifications,"
    " searches, history, record_entries, idempotency_answers, photos, portfolio_items"
)


def rows(session: Session) -> dict[str, int]:
    """How many rows each table holds: what is half written shows here."""
    return {
        name.strip(): session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
        for name in _TABLES.split(",")
    }


def ask_a_wave(posted: dict[str, Any], clock: Clock, *, wave: int = 1) -> int:
    """What the worker does: open the next wave, and let every offer of it be due."""
    with database.transaction() as session:
        asked = offers.open_wave(
            session, uuid.UUID(posted["id"]), round_=posted["round"], wave=wave, now=clock.now
        )
    clock.move(minutes=8)
    with database.transaction() as session:
        offers.send_due(session, now=clock.now)
    return asked


def offer_of(someone: Person, posted: dict[str, Any]) -> dict[str, Any]:
    """What this provider was asked last about a job."""
    found = [
        offer
        for offer in someone.get("/offers").get_json()["items"]
        if offer["job_id"] == posted["id"]
    ]
    return dict(max(found, key=lambda offer: str(offer["id"])))


def read(someone: Person, posted: dict[str, Any]) -> TestResponse:
    """A job as somebody sees it now."""
    return someone.get(f"/jobs/{posted['id']}")
