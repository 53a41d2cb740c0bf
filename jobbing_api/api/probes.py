"""Is it alive, is it ready, how is it doing.

Hides what readiness depends on (the database and its schema; Redis only degrades) and
which figures are counted in the database when Prometheus asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import flask
import structlog
from alembic.script import ScriptDirectory
from flask import Response
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from jobbing_api import database, matching, notifications, processes, queue, telemetry
from jobbing_api.api import view
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OFFER_LIVE, JobState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models

_log = structlog.get_logger(__name__)

_MIGRATIONS = Path(__file__).parent.parent / "migrations"

blueprint = flask.Blueprint("probes", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers; it has looked at nothing else."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Whether requests can be served, and which check says otherwise."""
    checks = {"database": "ok", "migrations": "ok", "redis": "ok" if queue.ping() else "down"}
    try:
        with database.transaction() as session:
            checks["migrations"] = _migrations(session)
    except SQLAlchemyError as error:
        _log.warning("readyz.database", exc_info=error)
        checks |= {"database": "down", "migrations": "unknown"}
    if checks["database"] != "ok" or checks["migrations"] != "ok":
        return {"status": "not-ready", "checks": checks}, 503
    return {"status": "ready" if checks["redis"] == "ok" else "degraded", "checks": checks}, 200


def _migrations(session: Session) -> str:
    """``ok`` when the schema has everything this code needs.

    A schema newer than this code is fine: migrations expand before they contract, and
    during a roll-out the old code serves on.
    """
    if session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return "missing"
    current = set(session.scalars(text("SELECT version_num FROM alembic_version")))
    if not current:
        return "missing"
    wanted, known = _revisions()
    if (current & known) and not wanted <= current:
        return "behind"
    return "ok" if matching.installed(session) else "behind"


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """The heads this code wants, and every revision it knows of."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return frozenset(scripts.get_heads()), known


@blueprint.get("/metrics")
def metrics() -> Response:
    """All figures in Prometheus's text format."""
    figures, content_type = telemetry.exposition(_Database())
    return Response(figures, content_type=content_type)


class _Database:
    """Figures that are the database's, counted when asked for."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("jobbing_database_up", "1 while the database answers.")
        try:
            with database.transaction() as session:
                figures = list(_figures(session))
        except SQLAlchemyError as error:
            _log.warning("metrics.database", exc_info=error)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from figures


def _figures(session: Session) -> Iterable[Metric]:
    job, offer, owed = jobs_models.Job, offers_models.Offer, notifications_models.Notification
    now = view.clock()
    open_jobs = session.scalar(
        select(func.count()).select_from(job).where(job.state == JobState.OPEN)
    )
    yield GaugeMetricFamily("jobbing_jobs_open", "Jobs that wait for somebody.", open_jobs)
    live = session.scalar(
        select(func.count()).select_from(offer).where(offer.state.in_(sorted(OFFER_LIVE)))
    )
    yield GaugeMetricFamily("jobbing_offers_live", "Offers not answered yet.", live)
    count, oldest = session.execute(
        select(func.count(), func.min(owed.due_at)).where(owed.state == "owed", owed.due_at <= now)
    ).one()
    yield GaugeMetricFamily(
        "jobbing_notifications_owed", "Notifications due and not delivered.", count
    )
    in_flight = session.scalar(
        select(func.count()).where(owed.state == "owed", owed.sending_until > now)
    )
    yield GaugeMetricFamily(
        "jobbing_notifications_in_flight", "Notifications that some worker sends now.", in_flight
    )
    yield GaugeMetricFamily(
        "jobbing_people_unreached",
        "People whom a line of the last day did not reach for want of a phone.",
        notifications.count_unreached(session, now=now),
    )
    alive = GaugeMetricFamily(
        "jobbing_processes_alive", "Workers and clocks that live.", labels=["kind"]
    )
    kinds = [process.kind for process in processes.running(session, now=now)]
    for kind in ("worker", "clock"):
        alive.add_metric([kind], kinds.count(kind))
    yield alive
    yield GaugeMetricFamily(
        "jobbing_notifications_oldest_owed_seconds",
        "How long the oldest of them has been due.",
        0 if oldest is None else (now - oldest).total_seconds(),
    )
