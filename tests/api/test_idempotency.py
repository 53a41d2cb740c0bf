"""A POST that is repeated does its work once and is answered alike."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import api
from jobbing_api.api import idempotency
from jobbing_api.settings import Settings
from tests.api.conftest import API, Clock, Person, job, point, rows, sign_in, slug


def test_the_same_key_and_body_get_the_same_answer(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    body = job(clock.now)
    first = someone.post("/jobs", body, Idempotency_Key="post-1")
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    after = rows(session)
    clock.move(hours=23)
    again = someone.post("/jobs", body, Idempotency_Key="post-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.data) == (first.status_code, first.data)
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert rows(session)["jobs"] == after["jobs"] == 1


def test_spaces_and_order_make_no_other_body(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    body = job(clock.now)
    first = someone.post("/jobs", body, Idempotency_Key="k")
    again = someone.client.post(
        f"{API}/jobs",
        data=json.dumps(dict(reversed(body.items())), indent=4),
        headers={
            "Authorization": f"Bearer {someone.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": "k",
        },
    )
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    someone.post("/jobs", job(clock.now), Idempotency_Key="k")
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, title="Autre"), Idempotency_Key="k")
    assert (refused.status_code, slug(refused)) == (422, "idempotency-key-reused")
    assert rows(session) == before


def test_a_key_belongs_to_its_account_and_operation(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first, second = person(), person()
    one = first.post("/jobs", job(clock.now), Idempotency_Key="k").get_json()
    two = second.post("/jobs", job(clock.now), Idempotency_Key="k").get_json()
    assert one["id"] != two["id"]
    cancelled = first.post(f"/jobs/{one['id']}/cancel", {}, Idempotency_Key="k")
    assert cancelled.get_json()["state"] == "cancelled"
    assert rows(session)["jobs"] == 2


def test_a_refusal_of_the_domain_is_remembered(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    path = f"/jobs/{someone.post('/jobs', job(clock.now)).get_json()['id']}"
    first = someone.post(f"{path}/confirm", Idempotency_Key="k")
    assert (first.status_code, slug(first)) == (409, "illegal-move")
    assert first.get_json()["state"] == "open"
    someone.post(f"{path}/cancel", {})
    again = someone.post(f"{path}/confirm", Idempotency_Key="k")
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.mimetype == "application/problem+json"
    assert someone.post(f"{path}/confirm").get_json()["state"] == "cancelled"


def test_demand_outside_all_markets_is_counted_once(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    body = job(clock.now, location=point(-30.0, 40.0))
    for _ in range(3):
        refused = someone.post("/jobs", body, Idempotency_Key="k")
        assert (refused.status_code, slug(refused)) == (422, "outside-markets")
    assert rows(session)["searches"] == 1
    someone.post("/jobs", body)
    assert rows(session)["searches"] == 2


def test_what_can_be_corrected_is_not_remembered(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    for wrong in (
        job(clock.now, title=""),
        job(clock.now, category="nonsense"),
        job(clock.now, duration_minutes=1440),
    ):
        assert slug(someone.post("/jobs", wrong, Idempotency_Key="k")) == "invalid-input"
    assert rows(session)["idempotency_answers"] == 0
    assert someone.post("/jobs", job(clock.now), Idempotency_Key="k").status_code == 201


def test_an_accident_is_not_remembered(
    application: Flask, person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    before = rows(session)
    # A trigger of the database breaks in the middle of the work.
    session.execute(
        text(
            "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'broken'; END $$"
        )
    )
    session.execute(
        text("CREATE TRIGGER breaks AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION breaks()")
    )
    session.commit()
    refused = someone.post("/jobs", job(clock.now), Idempotency_Key="k")
    assert (refused.status_code, slug(refused)) == (500, "internal-error")
    assert rows(session) == before
    session.execute(text("DROP TRIGGER breaks ON jobs"))
    session.commit()
    assert someone.post("/jobs", job(clock.now), Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "with space", "\u00e9"])
def test_a_key_must_be_one(person: Callable[..., Person], clock: Clock, key: str) -> None:
    refused = person().post("/jobs", job(clock.now), Idempotency_Key=key)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["Idempotency-Key"]


def test_an_anonymous_key_brings_the_same_tokens_again(
    client: FlaskClient, session: Session
) -> None:
    body = {
        "email": "lea@example.org",
        "password": "a-long-pass-phrase",
        "display_name": "Léa",
        "role": "resident",
        "language": "fr",
    }

    def ask(path: str, document: dict[str, Any]) -> TestResponse:
        return client.post(f"{API}{path}", json=document, headers={"Idempotency-Key": "k"})

    assert ask("/accounts", body).data == ask("/accounts", body).data
    entry = {"email": body["email"], "password": body["password"]}
    first, again = ask("/sessions", entry), ask("/sessions", entry)
    assert first.get_json()["refresh_token"] == again.get_json()["refresh_token"]
    refresh = {"refresh_token": first.get_json()["refresh_token"]}
    assert ask("/sessions/refresh", refresh).data == ask("/sessions/refresh", refresh).data
    assert rows(session)["sign_ins"] == 1
    wrong = {**entry, "password": "wrong-password"}
    assert slug(ask("/sessions", wrong)) == "idempotency-key-reused"


def test_the_table_alone_tells_nothing(
    client: FlaskClient, session: Session, chosen_settings: Settings
) -> None:
    client.post(
        f"{API}/accounts",
        json={
            "email": "lea@example.org",
            "password": "a-long-pass-phrase",
            "display_name": "Léa",
            "role": "resident",
            "language": "fr",
        },
        headers={"Idempotency-Key": "a-telling-key"},
    )
    stored = session.execute(
        text("SELECT idempotency_answers::text FROM idempotency_answers")
    ).scalar_one()
    answer = session.query(idempotency.IdempotencyAnswer).one()
    for telling in ("lea@example.org", "pass-phrase", "Léa", "a-telling-key"):
        assert telling not in stored
        for kept in (answer.answer, answer.key_hash, answer.body_hash):
            assert telling.encode() not in kept


def test_answers_are_forgotten_after_a_day(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    first = someone.post("/jobs", job(clock.now), Idempotency_Key="k").get_json()
    assert api.forget_old(session, clock.now) == 0
    clock.move(hours=24, minutes=1)
    anew = someone.post("/jobs", job(clock.now), Idempotency_Key="k")
    assert anew.status_code == 201
    assert anew.get_json()["id"] != first["id"]
    clock.move(hours=25)
    session.expire_all()
    assert api.forget_old(session, clock.now) == 1
    assert rows(session)["idempotency_answers"] == 0


def test_twenty_at_once_with_one_key_post_one_job(
    racing: FlaskClient, chosen_settings: Settings, clock: Clock, own_database: Engine
) -> None:
    someone = sign_in(racing, chosen_settings, clock.now)
    body = job(clock.now)
    gate = threading.Barrier(20)

    def ask(_: int) -> TestResponse:
        mine = Person(racing.application.test_client(), someone.id, someone.token)
        gate.wait()
        return mine.post("/jobs", body, Idempotency_Key="one")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert made
    assert len({answer.get_json()["id"] for answer in made}) == 1
    assert {slug(answer) for answer in refused} <= {"still-running"}
    assert all(answer.headers["Retry-After"] == "1" for answer in refused)
    with Session(own_database) as session:
        assert rows(session)["jobs"] == 1
        assert rows(session)["idempotency_answers"] == 1
    assert someone.post("/jobs", body, Idempotency_Key="one").data == made[0].data


def test_a_connection_lost_before_the_commit_leaves_the_key_free(
    racing: FlaskClient, chosen_settings: Settings, clock: Clock, own_database: Engine
) -> None:
    someone = sign_in(racing, chosen_settings, clock.now)

    def cut(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    event.listen(own_database, "commit", cut)
    refused = someone.post("/jobs", job(clock.now), Idempotency_Key="k")
    event.remove(own_database, "commit", cut)
    assert (refused.status_code, slug(refused)) == (503, "unavailable")
    with Session(own_database) as session:
        assert rows(session)["jobs"] == 0
        assert rows(session)["idempotency_answers"] == 0
    assert someone.post("/jobs", job(clock.now), Idempotency_Key="k").status_code == 201
