"""The application with one more way to accept: look first, write then.

The control of the history checker: the way half of all hand-made coordination is written
(SIGMOD 2022, "Ad hoc transactions in web applications"). Between the look and the writing
somebody else may have done both.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from sqlalchemy import text

from jobbing_api import app, errors
from jobbing_api.api import contract, fields, kinds, view
from jobbing_api.api.blueprint import Blueprint

#: Who has which job, in a table without a constraint.
TABLE = "CREATE TABLE control_jobs (id uuid PRIMARY KEY, provider_id uuid)"

_LOOK = text("SELECT provider_id FROM control_jobs WHERE id = :job_id")
_WRITE = text("UPDATE control_jobs SET provider_id = :provider_id WHERE id = :job_id")

blueprint = Blueprint("control", __name__, description="Accepting without a guard.")


def create_app() -> Flask:
    """The application, with ``POST /benchmark/jobs/{job}/accept`` beside its own."""
    served = app.create_app()
    served.register_blueprint(blueprint, url_prefix="/benchmark")
    return served


class ComesAnswer(kinds.Answer):
    """Who comes, as it seems."""

    provider = fields.anything("Whoever took it.", {"id": "0192f0c1-2222-7333-8444-555566667777"})


@blueprint.route("/jobs/<uuid:job_id>/accept")
class Accept(view.View):
    @blueprint.operation(
        "accept_unguarded",
        who=contract.PROVIDER,
        answer=ComesAnswer,
        refuses=[errors.AlreadyTaken],
    )
    def post(self, *, job_id: uuid.UUID) -> Any:
        """Take the job if nobody seems to have it"""
        taken_by = self.session.scalar(_LOOK, {"job_id": job_id})
        if taken_by not in (None, self.account.id):
            raise errors.AlreadyTaken
        self.session.execute(_WRITE, {"job_id": job_id, "provider_id": self.account.id})
        return {"provider": {"id": str(self.account.id)}}
