"""Every refusal is one document, in the reader's language."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exc, text
from sqlalchemy.orm import Session

from jobbing_api import database, errors
from jobbing_api.api import bodies, problems
from tests.api.conftest import API, Clock, Person, job, point, rows, slug


def test_an_unknown_route_is_a_problem(client: FlaskClient) -> None:
    for path in ("/", "/nothing", f"{API}/nothing", f"{API}/jobs/", f"{API}//jobs"):
        refused = client.get(path)
        assert (refused.status_code, slug(refused)) == (404, "not-found"), path


def test_a_method_that_does_not_exist_names_those_that_do(client: FlaskClient) -> None:
    refused = client.put(f"{API}/jobs")
    assert (refused.status_code, slug(refused)) == (405, "method-not-allowed")
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/1",
        "/jobs/not-an-id",
        "/jobs/00000000-0000-0000-0000-00000000000g",
        "/jobs/00000000000000000000000000000000",
        "/jobs/00000000-0000-7000-8000-000000000000",
        "/jobs/%00",
        "/jobs/..%2f..%2fetc",
        "/offers/x",
        "/offers/00000000-0000-7000-8000-000000000000",
        "/providers/x",
        "/providers/00000000-0000-7000-8000-000000000000",
        "/providers/00000000-0000-7000-8000-000000000000/reviews",
    ],
)
def test_what_does_not_exist_is_not_found(person: Callable[..., Person], path: str) -> None:
    refused = person("provider").get(path)
    assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_somebody_elses_job_does_not_exist_either(
    person: Callable[..., Person], clock: Clock
) -> None:
    owner, other = person(), person("provider")
    path = f"/jobs/{owner.post('/jobs', job(clock.now)).get_json()['id']}"
    nothing = other.get("/jobs/00000000-0000-7000-8000-000000000000").get_json()
    for method, tail in (("GET", ""), ("GET", "/candidates"), ("GET", "/reviews")):
        refused = other.ask(method, path + tail)
        assert refused.status_code == 404
        document = refused.get_json()
        assert {**document, "request_id": 0} == {**nothing, "request_id": 0}
    for move in ("cancel", "start", "confirm", "finish", "on-my-way", "redo", "dispute"):
        refused = other.post(f"{path}/{move}", {})
        assert (move, refused.status_code, slug(refused)) == (move, 404, "not-found")


def test_a_role_that_is_missing_is_said(person: Callable[..., Person], clock: Clock) -> None:
    resident = person()
    for method, path in (
        ("GET", "/offers"),
        ("GET", "/providers/me"),
        ("PUT", "/providers/me/presence"),
    ):
        refused = resident.ask(method, path, {} if method == "PUT" else None)
        assert (refused.status_code, slug(refused)) == (403, "not-allowed")


def test_a_body_too_large_is_refused(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    before = rows(session)
    body = job(clock.now, brief={"text": "x" * bodies.MOST_BYTES})
    refused = someone.post("/jobs", body)
    assert (refused.status_code, slug(refused)) == (413, "payload-too-large")
    assert rows(session) == before


def test_a_body_too_large_is_refused_without_its_length(person: Callable[..., Person]) -> None:
    someone = person()
    refused = someone.client.post(
        f"{API}/jobs",
        input_stream=io.BytesIO(b" " * (bodies.MOST_BYTES + 1)),
        headers={
            "Authorization": f"Bearer {someone.bearer()}",
            "Content-Type": "application/json",
            "Transfer-Encoding": "chunked",
        },
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert (refused.status_code, slug(refused)) == (413, "payload-too-large")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("", 415),
        ("application/json; charset=utf-8", 201),
    ],
)
def test_only_json_is_understood(
    person: Callable[..., Person], clock: Clock, content_type: str, status: int
) -> None:
    someone = person()
    answer = someone.client.post(
        f"{API}/jobs",
        data=json.dumps(job(clock.now)),
        headers={"Authorization": f"Bearer {someone.token}", "Content-Type": content_type},
    )
    assert answer.status_code == status
    if status == 415:
        assert slug(answer) == "unsupported-media-type"


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"{'a': 1}",
        b"[1,",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1} {"b": 2}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        b'{"a": "\xe9"}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 200_000,
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda sent: sent[:16].decode("latin-1"),
)
def test_what_is_not_json_is_refused(
    person: Callable[..., Person], session: Session, sent: bytes
) -> None:
    someone = person()
    before = rows(session)
    refused = someone.client.post(
        f"{API}/jobs",
        data=sent,
        headers={
            "Authorization": f"Bearer {someone.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": "k",
        },
    )
    assert (refused.status_code, slug(refused)) == (400, "bad-json")
    assert rows(session) == before


@pytest.mark.parametrize("document", [[], [1], "text", 7, True, None])
def test_a_body_must_be_an_object(person: Callable[..., Person], document: Any) -> None:
    someone = person()
    refused = someone.client.post(
        f"{API}/jobs",
        data=json.dumps(document),
        headers={
            "Authorization": f"Bearer {someone.token}",
            "Content-Type": "application/json",
        },
    )
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert refused.get_json()["errors"] == {"body": ["This must be an object."]} or (
        refused.get_json()["errors"] == {"body": ["Il faut un objet."]}
    )


def test_no_body_is_an_empty_one(person: Callable[..., Person]) -> None:
    refused = person().post("/jobs")
    assert slug(refused) == "invalid-input"
    assert refused.get_json()["errors"]["title"] == ["This is required."]


@pytest.mark.parametrize("odd", ["a\0b", "\ud800", "\x07"])
def test_text_we_cannot_keep_is_refused(
    person: Callable[..., Person], session: Session, clock: Clock, odd: str
) -> None:
    someone = person()
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, title=f"Gouttière {odd} bouchée"))
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["title"]
    if odd != "\x07":
        hidden = someone.post("/jobs", job(clock.now, brief={"answers": {"what": [odd]}}))
        assert list(hidden.get_json()["errors"]) == ["brief.answers.what.0"]
        named = someone.post("/jobs", job(clock.now, brief={odd: 1}))
        assert list(named.get_json()["errors"]) == ["brief"]
    assert rows(session) == before


def test_a_refusal_speaks_the_readers_language(client: FlaskClient) -> None:
    french = client.get("/nothing", headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert french.get_json()["title"] == "Introuvable"
    assert french.headers["Content-Language"] == "fr"
    english = client.get("/nothing", headers={"Accept-Language": "de"})
    assert english.get_json()["title"] == "Not found"


def test_fields_are_named_by_path_in_the_readers_language(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person(name="Léa", **{"Accept-Language": "fr"})
    refused = someone.post("/jobs", job(clock.now, duration_minutes=5, colour="red"))
    assert refused.get_json()["errors"] == {
        "colour": ["Ce champ n'existe pas."],
        "duration_minutes": ["La valeur doit être comprise entre 15 et 1\u202f440."],
    }


def test_a_request_has_one_number_everywhere(client: FlaskClient) -> None:
    given = client.get("/nothing", headers={"X-Request-Id": "client-number-1"})
    assert given.headers["X-Request-Id"] == "client-number-1"
    assert given.get_json()["request_id"] == "client-number-1"
    for bad in ("short", "x" * 65, "no spaces allowed", "<script>alert(1)</script>"):
        made = client.get("/nothing", headers={"X-Request-Id": bad})
        assert made.headers["X-Request-Id"] != bad
        assert len(made.headers["X-Request-Id"]) == 32


def test_an_accident_tells_nothing_but_its_number(
    application: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise RuntimeError("the password of lea@example.org is secret")

    application.config["CLOCK"] = broken
    refused = client.get(f"{API}/markets")
    assert (refused.status_code, slug(refused)) == (500, "internal-error")
    assert set(refused.get_json()) == {"type", "title", "status", "detail", "request_id"}
    assert "lea@" not in refused.text
    assert refused.get_json()["request_id"] in refused.get_json()["detail"]


@pytest.mark.parametrize(
    "error",
    [
        exc.OperationalError("SELECT 1", {}, Exception("connection refused")),
        exc.TimeoutError("QueuePool limit reached"),
        exc.InterfaceError("SELECT 1", {}, Exception("connection already closed")),
        errors.Unavailable(),
    ],
)
def test_a_database_that_is_away_is_said_so(
    application: Flask, client: FlaskClient, error: Exception
) -> None:
    def broken() -> Any:
        raise error

    application.config["CLOCK"] = broken
    refused = client.get(f"{API}/markets")
    assert (refused.status_code, slug(refused)) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0


def test_every_refusal_of_the_domain_has_a_status() -> None:
    def all_of(kind: type[errors.DomainError]) -> set[str]:
        return {kind.slug}.union(*(all_of(narrower) for narrower in kind.__subclasses__()))

    assert all_of(errors.DomainError) - {"refused"} <= set(problems.STATUS)


def test_every_type_leads_to_a_page(client: FlaskClient) -> None:
    for name in problems.STATUS:
        page = client.get(f"/problems/{name}", headers={"Accept-Language": "fr"})
        assert page.status_code == 200
        assert name in page.text
        assert 'lang="fr"' in page.text
    assert client.get("/problems/nonsense").status_code == 404


def test_answers_let_no_browser_guess(client: FlaskClient) -> None:
    for path in (f"{API}/markets", "/nothing", "/healthz"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_one_line_a_request_and_nothing_private_in_it(
    person: Callable[..., Person], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    someone = person()
    caplog.set_level(logging.INFO)
    someone.post("/jobs", job(clock.now, address="9 rue Cachée", location=point(4.8123, 45.7654)))
    lines = [record.getMessage() for record in caplog.records if "route" in record.getMessage()]
    assert len(lines) == 1
    (line,) = lines
    for told in ("POST", "/api/v1/jobs", "201", someone.id, "request_id", "duration_ms"):
        assert told in line
    everything = " ".join(record.getMessage() for record in caplog.records)
    for private in ("Cachée", "4.8123", someone.bearer(), "Gouttière"):
        assert private not in everything


def test_a_deadlock_is_tried_again(application: Flask, client: FlaskClient, clock: Clock) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries: list[int] = []

    def sometimes() -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise exc.OperationalError("UPDATE jobs", {}, Deadlock())
        return clock.now

    application.config["CLOCK"] = sometimes
    assert client.get(f"{API}/markets").status_code == 200
    assert len(tries) == 3
    application.config["CLOCK"] = lambda: (_ for _ in ()).throw(
        exc.OperationalError("UPDATE jobs", {}, Deadlock())
    )
    assert slug(client.get(f"{API}/markets")) == "unavailable"


def test_a_slow_statement_is_cut_off(racing: FlaskClient, application: Flask) -> None:
    def slow() -> Any:
        with database.transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 50"))
            session.execute(text("SELECT pg_sleep(5)"))

    application.config["CLOCK"] = slow
    refused = racing.get(f"{API}/markets")
    assert (refused.status_code, slug(refused)) == (503, "unavailable")
