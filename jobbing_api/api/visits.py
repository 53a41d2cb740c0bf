"""Somebody is to come: confirmed, under way, at the door, moved, called off, missed."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, jobs, offers
from jobbing_api.api import fields, job_answers, job_bodies, kinds, view
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("visits", __name__, description="The visit a job was accepted for.")


class SetOutBody(kinds.Body):
    """When you think to be there."""

    minutes = fields.whole(
        "In so many minutes, if you know.",
        20,
        least=0,
        most=600,
        allow_none=True,
        load_default=None,
    )


class StartBody(kinds.Body):
    """That you are at the right door."""

    code = fields.matching(
        "The four digits the resident reads out; the resident needs none.",
        "0417",
        r"[0-9]{4}",
        "field-start-code",
        allow_none=True,
        load_default=None,
    )


class MoveBody(kinds.Body):
    """Another hour."""

    starts_at = fields.instant("When it is to begin instead.", "2026-11-25T14:00:00+01:00")


class CancelBody(job_bodies.ReasonBody):
    """Why, if you like, and what it may cost."""

    fee_cents = fields.cents(
        "The fee you were told; if it has become dearer since, nothing happens.",
        0,
        allow_none=True,
        load_default=None,
    )


class ArrivalAnswer(kinds.Answer):
    """Somebody under way to you."""

    set_out_at = fields.instant("Since when.", "2026-11-24T08:40:00Z")
    arrives_at = fields.instant(
        "When they are there, as far as is known.", "2026-11-24T08:58:00Z", allow_none=True
    )
    position = fields.point(
        "Where they were last, if they let it be seen.", job_bodies.SOME_SPOT, allow_none=True
    )
    position_at = fields.instant("When that was.", "2026-11-24T08:50:00Z", allow_none=True)


@blueprint.route("/jobs/<uuid:job_id>/confirm-visit")
class ConfirmVisit(jobs_views.JobView):
    @blueprint.operation(
        "confirm_visit", answer=job_answers.JobAnswer, version="read", refuses=jobs_views.MOVE
    )
    def post(self, *, job_id: uuid.UUID) -> Any:
        """It stands (either side)

        A provider is asked the day before and an hour before. Where that stays unanswered,
        others are asked to stand by and the resident is told.
        """
        return self.shown(jobs.confirm_visit(self.session, job_id, self.account, now=self.now))


@blueprint.route("/jobs/<uuid:job_id>/on-my-way")
class OnMyWay(jobs_views.JobView):
    @blueprint.operation(
        "set_out",
        body=SetOutBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.TooEarly],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I am on my way (the provider)

        From three hours before the agreed time on. Said again, the last estimate counts;
        nobody is waited for longer than an hour and a half past that time. From now until
        work begins the resident sees the position that is put with
        `PUT /providers/me/presence`.
        """
        return self.shown(
            jobs.set_out(self.session, job_id, self.account, minutes=body["minutes"], now=self.now)
        )


@blueprint.route("/jobs/<uuid:job_id>/arrival")
class Arrival(view.View):
    @blueprint.operation("get_arrival", answer=ArrivalAnswer, refuses=jobs_views.MOVE)
    def get(self, *, job_id: uuid.UUID) -> Any:
        """Where they are, and when they are here (the resident)"""
        return jobs.arrival(self.session, job_id, self.account, now=self.now)


@blueprint.route("/jobs/<uuid:job_id>/start")
class Start(jobs_views.JobView):
    @blueprint.operation(
        "start_job",
        body=StartBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.WrongStartCode],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I begin (the provider); they are here (the resident)

        The provider names the four digits the resident reads out: the right person is at
        the right door. After five wrong ones there are others.
        """
        return self.shown(
            jobs.start(self.session, job_id, self.account, code=body["code"], now=self.now)
        )


@blueprint.route("/jobs/<uuid:job_id>/reschedule")
class Reschedule(jobs_views.JobView):
    @blueprint.operation(
        "ask_to_move_visit",
        body=MoveBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.CalendarConflict, errors.PaperRequired],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Could it be another time? (either side)

        Until the other side agrees the present hour stands. Calling it off later never
        costs less than it would have when this was asked.
        """
        return self.shown(
            jobs.ask_to_move(
                self.session, job_id, self.account, starts_at=body["starts_at"], now=self.now
            )
        )


def _answer(path: str, operation_id: str, says: str, *, agree: bool) -> None:
    class Answer(jobs_views.JobView):
        @blueprint.operation(
            operation_id,
            answer=job_answers.JobAnswer,
            version="read",
            refuses=[
                *jobs_views.MOVE,
                errors.NothingAsked,
                *([errors.CalendarConflict, errors.PaperRequired] if agree else []),
            ],
        )
        def post(self, *, job_id: uuid.UUID) -> Any:
            return self.shown(
                jobs.answer_move(self.session, job_id, self.account, agree=agree, now=self.now)
            )

        post.__doc__ = says

    blueprint.add_url_rule(f"/jobs/<uuid:job_id>/reschedule/{path}", operation_id, Answer)


_answer("agree", "agree_to_move_visit", "Yes, let us move it (the other side)", agree=True)
_answer(
    "refuse",
    "refuse_to_move_visit",
    "No, it stands (the other side), or never mind (who asked)",
    agree=False,
)


@blueprint.route("/jobs/<uuid:job_id>/cancel")
class Cancel(jobs_views.JobView):
    @blueprint.operation(
        "cancel_job",
        body=CancelBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.FeeChanged],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Cancel

        The resident or an operator ends the job. The provider who has it gives it back:
        it is open again, and others are asked. What it costs is told beforehand
        (`calling_off` of the job); who names it is charged no more than that.
        """
        seen_as = jobs.get_for(self.session, job_id, self.account, now=self.now).role
        job = offers.cancel(
            self.session,
            job_id,
            account=self.account,
            reason=body["reason"],
            fee_cents=body["fee_cents"],
            now=self.now,
        )
        shown = self.shown(job)
        if seen_as == "provider":
            # It is not theirs any more, and what the others do with it is not their affair.
            shown |= {"location": None, "address": None, "access_notes": None}
            shown |= {"seen_as": "provider", "timeline": [], "photos": [], "visit": None}
            shown |= {"substitutions": []}
        return shown


@blueprint.route("/jobs/<uuid:job_id>/no-show")
class NoShow(jobs_views.JobView):
    @blueprint.operation(
        "report_no_show",
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.TooEarly],
    )
    def post(self, *, job_id: uuid.UUID) -> Any:
        """Nobody came (the resident); nobody is home (the provider)

        Nobody came: from half an hour after the agreed time on, twenty minutes when it was
        for now. The job is open again at once, and those who would have come are asked
        first. Nobody is home: by whoever set out, a quarter of an hour after the agreed
        time; the job is over, at the cost the resident was told.
        """
        return self.shown(offers.no_show(self.session, job_id, account=self.account, now=self.now))
