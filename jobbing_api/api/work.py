"""Work under way: words, pauses, blocks, an end, and a date to put something right."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, files, jobs
from jobbing_api.api import fields, job_answers, kinds, photo_shapes
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import models

blueprint = Blueprint("work", __name__, description="A job's work, from begun to done.")


class CheckInBody(kinds.Body):
    """How it goes."""

    kind = fields.choice(
        "`progress`: a word on the way. `pause` and `resume`: for the time sheet. `blocked`: it"
        " waits for something; `resume` ends that too.",
        "progress",
        models.CHECK_INS,
    )
    text = fields.text(
        "In your words.", "Half of it is done.", least=0, most=1_000, lines=True, load_default=""
    )
    waits_for = fields.choice(
        "What blocks it; with `blocked` and nothing else.",
        "material",
        models.WAITS_FOR,
        allow_none=True,
        load_default=None,
    )
    photos = photo_shapes.ids(
        "What it looks like. Yours, and used nowhere else.",
        most=files.MOST["check"],
        load_default=list,
    )


class FinishBody(kinds.Body):
    """What was done, if you like."""

    text = fields.text(
        "In your words.",
        "Cleaned, rinsed, two brackets tightened.",
        least=0,
        most=500,
        lines=True,
        load_default="",
    )
    photos = photo_shapes.ids(
        "What it looks like now. Yours, and used nowhere else.",
        most=files.MOST["check"],
        load_default=list,
    )


class RedoDateBody(kinds.Body):
    """When you come again."""

    starts_at = fields.instant("When.", "2026-11-27T14:00:00+01:00")
    minutes = fields.whole("For how long.", 60, least=15, most=1440, load_default=60)


@blueprint.route("/jobs/<uuid:job_id>/check-ins")
class CheckIns(jobs_views.JobView):
    @blueprint.operation(
        "check_in",
        body=CheckInBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """How it goes (the provider)

        While work is under way. The resident is told of words and blocks; pauses are for
        the time sheet. Where nothing is heard for long, both are asked what blocks it. Photos
        are brought first (POST /photos) and named here; they stay.
        """
        jobs.check_in(self.session, job_id, self.account, now=self.now, **body)
        return self.seen(job_id), {"Location": f"/api/v1/jobs/{job_id}"}


@blueprint.route("/jobs/<uuid:job_id>/finish")
class Finish(jobs_views.JobView):
    @blueprint.operation(
        "finish_job",
        body=FinishBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=jobs_views.MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I am done (the provider)

        The resident confirms, or asks for a redo. After three days and as many reminders
        silence is a yes.
        """
        return self.shown(jobs.finish(self.session, job_id, self.account, now=self.now, **body))


@blueprint.route("/jobs/<uuid:job_id>/redo-date")
class RedoDate(jobs_views.JobView):
    @blueprint.operation(
        "set_redo_date",
        body=RedoDateBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.CalendarConflict, errors.PaperRequired],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I come again then (the provider, asked to put something right)

        Within two days, and done within a week; otherwise the resident is told that a
        person can decide.
        """
        return self.shown(
            jobs.set_redo_date(self.session, job_id, self.account, now=self.now, **body)
        )
