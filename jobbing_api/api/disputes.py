"""Two who do not agree, and the person who decides."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, jobs
from jobbing_api.api import (
    contract,
    fields,
    job_answers,
    job_bodies,
    job_shapes,
    kinds,
    photo_shapes,
    view,
)
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("disputes", __name__, description="Two who do not agree.")


class StatementBody(kinds.Body):
    """What you have to say to it."""

    text = fields.text("In your words.", "It still drips.", most=2_000, lines=True)


class DecisionBody(kinds.Body):
    """What it is to be, and why."""

    outcome = fields.choice(
        "`completed`: the work counts as done. `cancelled`: it does not.",
        "completed",
        sorted(jobs.OUTCOMES),
    )
    text = fields.text(
        "Why; both read it.", "The pictures show that it was done.", most=2_000, lines=True
    )


class StatementAnswer(kinds.Answer):
    """What somebody said to it."""

    by = fields.choice(
        "Who.", "resident", ("resident", "provider", "operator"), attribute="author_role"
    )
    text = fields.text("What.", "It still drips.", least=0, most=2_000, lines=True)
    at = fields.instant("When.", "2026-11-25T09:00:00Z")


class EvidenceAnswer(kinds.Answer):
    """A photo there is to look at."""

    of = fields.choice(
        "What it belongs to: the job as it was posted, a word on the way or at the end, a"
        " message, or the receipt of supplies.",
        "check",
        ("job", "check", "message", "receipt"),
    )
    by = fields.choice("Who shows it.", "provider", ("resident", "provider"))
    at = fields.instant("Since when.", "2026-11-24T10:00:00Z")
    photo = fields.part(photo_shapes.PhotoAnswer, "The photo.")


class DisputeAnswer(kinds.Answer):
    """A dispute. What there is to look at is with the job: order, changes, words on the
    way, messages and timeline, none of which anybody can change."""

    job_id = fields.uid("The job.")
    opened_by = fields.choice("Who called for it.", "resident", ("resident", "provider"))
    opened_at = fields.instant("When.", "2026-11-25T09:00:00Z")
    answer_due_at = fields.instant("When a person answers.", "2026-11-26T09:00:00Z")
    decide_due_at = fields.instant("When a person decides.", "2026-12-02T09:00:00Z")
    answered_at = fields.instant("When one did.", "2026-11-25T14:00:00Z", allow_none=True)
    decided_at = fields.instant("When it was decided.", "2026-11-27T10:00:00Z", allow_none=True)
    outcome = fields.choice(
        "What it is to be.", "completed", sorted(jobs.OUTCOMES), allow_none=True
    )
    statements = fields.many(StatementAnswer, "What was said, oldest first.")
    photos = fields.many(
        EvidenceAnswer, "What was shown, by and to the two, oldest first; nobody can remove any."
    )


def _shown(asked: view.View, job_id: uuid.UUID) -> dict[str, Any]:
    found = jobs.dispute_of(asked.session, job_id, asked.account, now=asked.now)
    job = jobs.get_for(asked.session, job_id, asked.account, now=asked.now).job
    evidence = jobs.evidence_of(asked.session, job)
    if job_shapes.kept_from(job, asked.account):
        evidence = [photo for photo in evidence if photo.subject_kind != "job"]
    row = found.row
    return {
        **{
            name: getattr(row, name)
            for name in (
                *("job_id", "opened_by", "opened_at", "answer_due_at", "decide_due_at"),
                *("answered_at", "decided_at", "outcome"),
            )
        },
        "statements": found.statements,
        "photos": [
            {
                "of": photo.subject_kind,
                "by": "resident" if photo.owner_id == job.resident_id else "provider",
                "at": photo.attached_at,
                "photo": shown,
            }
            for photo, shown in zip(evidence, photo_shapes.showing(asked)(evidence), strict=True)
        ],
    }


@blueprint.route("/jobs/<uuid:job_id>/dispute")
class Dispute(jobs_views.JobView):
    @blueprint.operation("get_dispute", answer=DisputeAnswer, refuses=[errors.NotFound])
    def get(self, *, job_id: uuid.UUID) -> Any:
        """How the dispute stands"""
        return _shown(self, job_id)

    @blueprint.operation(
        "dispute_job",
        body=job_bodies.ReasonBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=jobs_views.MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """We do not agree (either side)

        An operator answers within a working day, hears both, and decides within five.
        """
        return self.shown(
            jobs.dispute(self.session, job_id, self.account, now=self.now, reason=body["reason"])
        )


@blueprint.route("/jobs/<uuid:job_id>/dispute/statements")
class Statements(view.View):
    @blueprint.operation(
        "state_to_dispute",
        body=StatementBody,
        answer=DisputeAnswer,
        status=201,
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I have something to say to it (both sides, and the operator)"""
        jobs.state(self.session, job_id, self.account, text=body["text"], now=self.now)
        return _shown(self, job_id), {"Location": f"/api/v1/jobs/{job_id}/dispute"}


@blueprint.route("/jobs/<uuid:job_id>/dispute/decide")
class Decide(jobs_views.JobView):
    @blueprint.operation(
        "decide_dispute",
        who=contract.OPERATOR,
        body=DecisionBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=jobs_views.MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """It is decided (an operator who may act)"""
        return self.shown(
            jobs.decide(
                self.session,
                job_id,
                self.account,
                outcome=body["outcome"],
                text=body["text"],
                now=self.now,
            )
        )
