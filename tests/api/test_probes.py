"""Alive, ready, measured, described."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from jobbing_api import database, queue
from tests.api.conftest import API, Clock, Person, job


def test_alive_asks_nobody(application: Flask) -> None:
    database.connect("postgresql+psycopg://nobody@127.0.0.1:9/none")
    answer = application.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_when_all_is_well(client: FlaskClient, redis_url: str) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok", "redis": "ok"},
    }


def test_without_redis_it_is_degraded_and_ready(client: FlaskClient) -> None:
    queue.disconnect()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert (answer.get_json()["status"], answer.get_json()["checks"]["redis"]) == (
        "degraded",
        "down",
    )


def test_without_its_database_it_is_not_ready(application: Flask) -> None:
    database.connect("postgresql+psycopg://nobody@127.0.0.1:9/none")
    answer = application.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"] == "down"


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ("DROP TABLE alembic_version", 503, "missing"),
        ("DELETE FROM alembic_version", 503, "missing"),
        # The next release has migrated already; this one serves until it is replaced.
        ("UPDATE alembic_version SET version_num = '9999'", 200, "ok"),
    ],
)
def test_readiness_needs_the_schema(
    racing: FlaskClient, own_database: Engine, change: str, status: int, told: str
) -> None:
    with own_database.begin() as connection:
        connection.execute(text(change))
    answer = racing.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["migrations"]) == (status, told)


def test_figures_are_by_route_and_never_by_path(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    posted = someone.post("/jobs", job(clock.now)).get_json()
    someone.get(f"/jobs/{posted['id']}")
    client.get("/no/such/path/hidden-number")
    client.open(f"{API}/markets", method="BREW")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    told = answer.get_data(as_text=True)
    assert re.search(
        r'jobbing_http_requests_total\{method="GET",route="/api/v1/jobs/<uuid:job_id>",'
        r'status="200"\} \d',
        told,
    )
    assert 'route="unmatched"' in told
    assert 'method="OTHER"' in told
    assert "jobbing_http_request_duration_seconds_bucket" in told
    for private in (posted["id"], "hidden-number", "BREW", someone.id):
        assert private not in told
    assert "jobbing_jobs_open 1.0" in told
    assert "jobbing_offers_live 0.0" in told
    assert "jobbing_notifications_owed 0.0" in told
    assert "jobbing_notifications_oldest_owed_seconds 0.0" in told
    assert "jobbing_database_up 1.0" in told


def test_figures_survive_the_database(application: Flask) -> None:
    database.connect("postgresql+psycopg://nobody@127.0.0.1:9/none")
    answer = application.test_client().get("/metrics")
    assert answer.status_code == 200
    assert "jobbing_database_up 0.0" in answer.text


def test_the_page_loads_from_here_only(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 4
    for path in loaded:
        assert path.startswith("/")
        assert client.get(path).status_code == 200, path
    assert "<script>" not in page.text
    assert client.get("/docs/../app.py").status_code == 404
    assert client.get("/docs/swagger-ui.js").status_code == 404
    assert client.get("/docs/problem.html").status_code == 404
