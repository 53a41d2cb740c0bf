"""What should not stand there: replies to it, reports of it, and who looks at them."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import accounts, errors, jobs
from jobbing_api.api import contract, fields, job_answers, kinds, lists, view
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import reports as reported

blueprint = Blueprint("reports", __name__, description="Replies and reports.")


class ReplyBody(kinds.Body):
    """What you have to say to a review."""

    text = fields.text("In your words.", "Thank you!", most=1_000, lines=True)


class ReportBody(kinds.Body):
    """What should not stand there, and why."""

    subject = fields.choice("What kind of thing.", "review", reported.SUBJECTS)
    subject_id = fields.uid("Which; of a provider, the account.")
    reason = fields.choice("Why.", "insult", reported.REASONS)
    text = fields.text(
        "In your words.", "They call me names.", least=0, most=1_000, lines=True, load_default=""
    )


class SettleBody(kinds.Body):
    """What is to become of it."""

    outcome = fields.choice(
        "`hidden`: it is taken down, and a review counts no more.", "kept", reported.OUTCOMES
    )
    note = fields.text("Why.", "An opinion, not an insult.", most=1_000, lines=True)


class ReportAnswer(kinds.Answer):
    """Something that was reported."""

    id = fields.uid("The report.")
    subject = fields.choice("What kind of thing.", "review", reported.SUBJECTS)
    subject_id = fields.uid("Which.")
    reason = fields.choice("Why.", "insult", reported.REASONS)
    text = fields.text("In words.", "They call me names.", least=0, most=1_000, lines=True)
    reported_at = fields.instant("When.", "2026-12-02T09:00:00Z")
    settled_at = fields.instant(
        "When a person settled it.", "2026-12-02T15:00:00Z", allow_none=True
    )
    outcome = fields.choice("What came of it.", "kept", reported.OUTCOMES, allow_none=True)
    note = fields.text(
        "Why.", "An opinion, not an insult.", most=1_000, lines=True, allow_none=True
    )


class SeenReportAnswer(ReportAnswer):
    """The same for whoever settles it."""

    said = fields.text(
        "What the review or message says.",
        "Bungler!",
        least=0,
        most=2_000,
        lines=True,
        allow_none=True,
    )


class ReportsQuery(lists.PageQuery):
    """Which reports."""

    open = fields.flag("Only what is not settled.", True, letters=True, load_default=True)


@blueprint.route("/reviews/<uuid:review_id>/reply")
class Reply(view.View):
    @blueprint.operation(
        "reply_to_review",
        body=ReplyBody,
        answer=job_answers.JobReviewAnswer,
        refuses=[errors.NotFound, errors.IllegalMove],
    )
    def post(self, *, review_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I have something to say to a review of me

        Once, when it is visible.
        """
        review = jobs.reply(self.session, review_id, self.account, text=body["text"], now=self.now)
        return jobs_views.shown_review(review, self.account)


@blueprint.route("/reports")
class Reports(view.View):
    @blueprint.operation(
        "list_reports",
        who=contract.OPERATOR,
        query=ReportsQuery,
        answer=lists.page_of(SeenReportAnswer),
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """What was reported in the markets I look after, latest first"""
        mine = accounts.operator_markets(self.session, self.account.id)
        found = reported.reports_in(
            self.session,
            mine,
            open_only=query["open"],
            limit=query["limit"] + 1,
            after=lists.after(query),
        )
        page = lists.page(found, query["limit"], id_of=lambda one: one.id)
        said = reported.said(self.session, page["items"])
        page["items"] = [{**_shown(one), "said": said.get(one.subject_id)} for one in page["items"]]
        return page

    @blueprint.operation(
        "report",
        body=ReportBody,
        answer=ReportAnswer,
        status=201,
        refuses=[errors.NotFound],
        creates=True,
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """This should not stand there

        A person looks at it and tells you what came of it.
        """
        found = reported.report(self.session, self.account, now=self.now, **body)
        return _shown(found), {"Location": f"/api/v1/reports/{found.id}"}


@blueprint.route("/reports/<uuid:report_id>/settle")
class Settle(view.View):
    @blueprint.operation(
        "settle_report",
        who=contract.OPERATOR,
        body=SettleBody,
        answer=ReportAnswer,
        refuses=[errors.NotFound, errors.NotAllowed, errors.IllegalMove],
    )
    def post(self, *, report_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """It stays, or it is taken down (an operator who may act)"""
        return _shown(reported.settle(self.session, report_id, self.account, now=self.now, **body))


def _shown(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ReportAnswer._declared_fields}
