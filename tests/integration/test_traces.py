"""One trace from a post through the queue to the push, whoever does it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, select
from werkzeug import Request, Response

from jobbing_api import accounts, app, clock, database, queue, tasks, telemetry
from jobbing_api.accounts import access
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.settings import Settings
from tests import factories
from tests.api.conftest import job as body
from tests.integration.conftest import Phones

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@dataclass
class Spans:
    """What a collector was sent."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def named(self, name: str) -> list[Span]:
        assert telemetry._tracing is not None
        telemetry._tracing[1].force_flush()
        return [one for one in self.spans if one.name == name]


@pytest.fixture
def collected(httpserver: HTTPServer) -> Iterator[Spans]:
    """An OpenTelemetry collector on a port of this machine (OTLP over HTTP)."""
    known = Spans(httpserver.url_for("/v1/traces"))

    def collect(request: Request) -> Response:
        sent = ExportTraceServiceRequest.FromString(request.get_data())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                known.spans += scope.spans
        return Response(status=200)

    httpserver.expect_request("/v1/traces", method="POST").respond_with_handler(collect)
    yield known
    if telemetry._tracing is not None:
        telemetry._tracing[1].shutdown()
        telemetry._tracing = None


def _of(span: Span, name: str) -> str:
    return next(str(one.value.string_value) for one in span.attributes if one.key == name)


def test_a_post_its_wave_and_its_pushes_are_one_trace(
    own_database: Engine,
    pushing: Settings,
    phones: Phones,
    collected: Spans,
    make_settings: Callable[..., Settings],
) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        factories.wakeful(session)
        first = factories.provider(session, now=now)
        factories.device(session, first.account_id, now=now)
        resident = factories.account(session, now=now)
        sign_in = accounts.models.SignIn(
            id=database.new_id(), account_id=resident.id, created_at=now
        )
        session.add(sign_in)
    bearer = access.mint(access.Bearer(resident.id, sign_in.id), settings=pushing, now=now)
    traced = dataclasses.replace(
        pushing,
        traces_url=collected.url,
        database_url=own_database.url.render_as_string(hide_password=False),
    )
    client = app.create_app(traced).test_client()
    # The application's own engine has not connected yet, and need not.
    database.bind(own_database)
    queue.disconnect()
    tasks.configure(traced)
    answer = client.post(
        "/api/v1/jobs",
        json=body(now),
        headers={
            "Authorization": f"Bearer {bearer}",
            "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
        },
    )
    assert answer.status_code == 201, answer.text
    [posted] = collected.named("POST /api/v1/jobs")
    # Nobody outside says of which trace ours is a part.
    assert posted.trace_id != bytes.fromhex("1" * 32)

    with database.transaction() as session:
        job = session.scalars(select(jobs_models.Job)).one()
    assert job.trace is not None
    tasks.open_wave(job_id=str(job.id), round_=1, wave=1, trace=job.trace)
    [wave] = collected.named("open_wave")
    assert (wave.trace_id, wave.parent_span_id) == (posted.trace_id, posted.span_id)
    assert _of(wave, "jobbing.job_id") == str(job.id)

    with database.transaction() as session:
        line = session.scalars(select(notifications_models.Notification)).one()
    tasks.deliver(ids=[str(line.id)])
    [push] = collected.named("push")
    assert (push.trace_id, push.parent_span_id) == (wave.trace_id, wave.span_id)
    assert (_of(push, "jobbing.outcome"), _of(push, "jobbing.code")) == ("sent", "")
    assert push.end_time_unix_nano > push.start_time_unix_nano


def test_what_the_clock_asks_for_again_is_of_the_same_trace(
    own_database: Engine, redis_url: str, collected: Spans, make_settings: Callable[..., Settings]
) -> None:
    now = datetime.now(UTC)
    telemetry._trace(
        make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=collected.url.removesuffix("/v1/traces"))
    )
    with telemetry.span("a post"), database.transaction() as session:
        job = factories.job(session, now=now)
    assert job.trace is not None
    assert queue._connection is not None
    queue._connection.flushall()
    asked: list[dict[str, Any]] = []
    clock._open_waves(now + timedelta(seconds=1), now + timedelta(seconds=1))
    for task in queue.Queue(
        "waves", connection=queue._connection, serializer=queue.JSONSerializer
    ).get_jobs():
        asked.append(task.kwargs)
    assert [one["trace"] for one in asked] == [job.trace]


def test_where_no_trace_is_kept_rows_carry_none(own_database: Engine, now: datetime) -> None:
    with telemetry.span("a post"), database.transaction() as session:
        assert factories.job(session, now=now).trace is None
    telemetry.past_span("push", parent=None, began_at=now, ended_at=now, attributes={})
