"""Who comes: nobody else without a written yes."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, jobs
from jobbing_api.api import fields, job_answers, kinds
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("substitutes", __name__, description="Who comes, and who may instead.")


class SubstituteBody(kinds.Body):
    """Somebody else, and why."""

    name = fields.text("Who would come, as the resident is to know them.", "Amina", most=80)
    reason = fields.text("Why.", "Karim has broken his arm.", most=500, lines=True)


class ConsentBody(kinds.Body):
    """Your consent, in your words."""

    text = fields.text("It is kept with the instant.", "Amina may come.", most=500, lines=True)


class NoConsentBody(kinds.Body):
    """Why not, in your words."""

    text = fields.text(
        "The resident says why; a provider who takes the question back need not.",
        "I would rather it were Karim.",
        least=0,
        most=500,
        lines=True,
        load_default="",
    )


@blueprint.route("/jobs/<uuid:job_id>/substitute")
class Substitute(jobs_views.JobView):
    @blueprint.operation(
        "ask_for_substitute",
        body=SubstituteBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """May somebody else come? (the provider)

        Whoever was to come does until the resident agrees in writing. What nobody has
        answered when the visit begins, or is called off, falls.
        """
        jobs.ask_for_another(self.session, job_id, self.account, now=self.now, **body)
        return self.seen(job_id), {"Location": f"/api/v1/jobs/{job_id}"}


def _answer(
    path: str, operation_id: str, says: str, *, body: type[kinds.Body], agree: bool
) -> None:
    body_of = body

    class Answer(jobs_views.JobView):
        @blueprint.operation(
            operation_id,
            body=body_of,
            answer=job_answers.JobAnswer,
            version="read",
            refuses=[*jobs_views.MOVE, errors.NothingAsked],
        )
        def post(
            self, *, job_id: uuid.UUID, substitution_id: uuid.UUID, body: dict[str, Any]
        ) -> Any:
            jobs.answer_for_another(
                self.session,
                job_id,
                substitution_id,
                self.account,
                agree=agree,
                text=body["text"],
                now=self.now,
            )
            return self.seen(job_id)

        post.__doc__ = says

    blueprint.add_url_rule(
        f"/jobs/<uuid:job_id>/substitute/<uuid:substitution_id>/{path}", operation_id, Answer
    )


_answer(
    "agree",
    "agree_to_substitute",
    "They may come instead (the resident)",
    body=ConsentBody,
    agree=True,
)
_answer(
    "refuse",
    "refuse_substitute",
    "No (the resident), or never mind (who asked)",
    body=NoConsentBody,
    agree=False,
)
