"""The application with one more way to post: all of it at once, in the request itself.

The rival of a queue: a handler that stores the job, ranks, stores the offers and rings the
first phone before it answers, over a client as warm as ours. It owes nothing to anybody: no
caps, no record of who was asked, no line that somebody could send when it has died.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from jobbing_api import app, database, firebase, jobs, markets, matching, queue
from jobbing_api.api import contract, job_answers, job_bodies, view
from jobbing_api.api import jobs as api_jobs
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.notifications import wording
from jobbing_api.offers import models as offers_models
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
        answer=job_answers.JobAnswer,
        status=201,
        creates=True,
        version="read",
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Store, rank, and ring the first phone"""
        job = jobs.post(self.session, self.account, brief=job_bodies.brief(body), now=self.now)
        self._ring(job)
        return self.shown(job), {"Location": f"/api/v1/jobs/{job.id}"}

    def _ring(self, job: jobs_models.Job) -> None:
        policy = jobs.policy_of(self.session, job, now=self.now)
        asked = requests.request_of(self.session, job, policy, radius_step=0)
        ranking = matching.rank(self.session, asked, policy, policy.wave_size, now=self.now)
        first = ranking.candidates[0]
        # Whoever is rung has to find what they may accept.
        made = [
            self._offer(job, policy, one, place) for place, one in enumerate(ranking.candidates)
        ]
        self.session.add_all(made)
        # The clock has nothing to do here.
        job.wave, job.wake_at, job.queued_at = 1, job.window_from, None
        self.session.flush()
        device = notifications_models.Device
        phones = self.session.scalars(
            select(device).where(device.account_id == first.provider_id)
        ).all()
        category = self.session.get_one(markets.models.Category, job.category_id)
        line = notifications_models.Notification(
            kind="offer",
            about="offer",
            subject_id=made[0].id,
            params={
                "category": category.names,
                "distance_m": made[0].distance_m,
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

    def _offer(
        self, job: jobs_models.Job, policy: markets.Policy, one: matching.Candidate, place: int
    ) -> offers_models.Offer:
        send_at = self.now + place * timedelta(seconds=policy.stagger_s)
        return offers_models.Offer(
            id=database.new_id(),
            market_id=job.market_id,
            job_id=job.id,
            round=1,
            wave=1,
            provider_id=one.provider_id,
            state="sent" if place == 0 else "pending",
            rank=place + 1,
            score=one.score,
            parts={},
            distance_m=round(one.distance_m),
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            price={"net_cents": job.budget_cents},
            send_at=send_at,
            expires_at=send_at + timedelta(minutes=policy.offer_life_min),
            created_at=self.now,
        )
