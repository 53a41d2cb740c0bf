"""The application with one more way to post: all of it at once, in the request itself.

The rival of a queue: a handler that stores the job, ranks, and rings the first phone before
it answers, over a client as warm as ours. It writes no offer, and owes nothing to anybody:
what it has not sent when it dies is lost.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from sqlalchemy import select

from jobbing_api import app, firebase, jobs, markets, matching, queue
from jobbing_api.api import contract, job_bodies, job_shapes, view
from jobbing_api.api import jobs as api_jobs
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.notifications import wording
from jobbing_api.offers import requests

blueprint = Blueprint("inline", __name__, description="Posting without a queue.")


def create_app() -> Flask:
    """The application, with ``POST /benchmark/jobs`` beside its own, and without a queue."""
    served = app.create_app()
    served.register_blueprint(blueprint, url_prefix="/benchmark")
    queue.disconnect()
    return served


@blueprint.route("/jobs")
class InlineJobs(api_jobs.JobView):
    @blueprint.operation(
        "post_inline",
        who=contract.RESIDENT,
        body=job_bodies.JobBody,
        answer=job_shapes.JobAnswer,
        status=201,
        creates=True,
        version="read",
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Store, rank, and ring the first phone"""
        window, budget = body.pop("window"), body.pop("budget")
        job = jobs.post(
            self.session,
            self.account,
            brief=jobs.Brief(
                **body,
                window_from=window["from_"],
                window_to=window["to"],
                budget_kind=budget["kind"],
                budget_cents=budget["amount_cents"],
                currency=budget["currency"],
            ),
            now=self.now,
        )
        self._ring(job)
        return self.shown(job), {"Location": f"/api/v1/jobs/{job.id}"}

    def _ring(self, job: jobs_models.Job) -> None:
        policy = requests.policy_of(self.session, job, now=self.now)
        asked = requests.request_of(self.session, job, policy, radius_step=0)
        ranking = matching.rank(self.session, asked, policy, policy.wave_size, now=self.now)
        device = notifications_models.Device
        first = ranking.candidates[0]
        phones = self.session.scalars(
            select(device).where(device.account_id == first.provider_id)
        ).all()
        category = self.session.get_one(markets.models.Category, job.category_id)
        line = notifications_models.Notification(
            kind="offer",
            about="offer",
            subject_id=uuid.uuid4(),
            params={
                "category": category.names,
                "distance_m": round(first.distance_m),
                "starts_at": first.starts_at.isoformat(),
                "time_zone": "Europe/Paris",
                "net_cents": job.budget_cents,
                "currency": job.currency,
            },
            collapse_key=f"job-{job.id}",
            urgent=True,
            expires_at=job.window_to,
        )
        said = wording.pushes(
            line, phones, language="fr", base_url=view.settings().base_url, now=self.now
        )
        firebase.client(view.settings()).send(said)
