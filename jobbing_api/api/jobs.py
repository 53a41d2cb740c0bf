"""A resident's job: posted, followed, moved, reviewed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from jobbing_api import accounts, errors, jobs, offers
from jobbing_api.api import (
    candidates,
    contract,
    job_answers,
    job_bodies,
    job_shapes,
    lists,
    photo_shapes,
    problems,
    view,
)
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import models as jobs_models

blueprint = Blueprint("jobs", __name__, description="A resident's job, from brief to review.")


class JobView(view.View):
    """Base of the views that answer with one job."""

    def shown(self, job: jobs_models.Job, *, without_photos: bool = False) -> dict[str, Any]:
        self.versioned(job.version)
        return job_shapes.one(
            self.session,
            job,
            self.account,
            problems.reader_language(),
            photo_shapes.showing(self),
            now=self.now,
            without_photos=without_photos,
        )

    def posted(self, job: jobs_models.Job, body: dict[str, Any]) -> dict[str, Any]:
        """A job that was posted just now: what it has for photos, ``body`` has named."""
        named = jobs.named_photos(self.session, job, body.get("photos", ()))
        return self.shown(job, without_photos=not named)

    def seen(self, job_id: uuid.UUID) -> dict[str, Any]:
        """The job as it is now."""
        return self.shown(jobs.get_for(self.session, job_id, self.account, now=self.now).job)


@blueprint.route("/jobs")
class Jobs(JobView):
    @blueprint.operation(
        "list_jobs", query=job_bodies.JobsQuery, answer=lists.page_of(job_answers.JobSummaryAnswer)
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """My jobs, latest first

        Those I posted, those I come or came to, and as an operator those of my markets.
        """
        found = jobs.list_for(
            self.session,
            self.account,
            states=query["state"],
            limit=query["limit"] + 1,
            after=lists.after(query),
        )
        page = lists.page(found, query["limit"], id_of=lambda job: job.id)
        page["items"] = job_shapes.several(
            self.session,
            page["items"],
            self.account,
            problems.reader_language(),
            photo_shapes.showing(self),
        )
        return page

    @blueprint.operation(
        "post_job",
        who=contract.RESIDENT,
        body=job_bodies.JobBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=[errors.OutsideMarkets],
        creates=True,
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Post a job

        Providers are asked at once. Refused outside all markets, and for a window that is
        past, ends over 60 days ahead or is shorter than the duration. Photos are brought
        first (POST /photos) and named here.
        """
        job = jobs.post(self.session, self.account, brief=job_bodies.brief(body), now=self.now)
        return self.posted(job, body), {"Location": f"/api/v1/jobs/{job.id}"}


@blueprint.route("/jobs/<uuid:job_id>")
class Job(JobView):
    @blueprint.operation(
        "get_job", answer=job_answers.JobAnswer, version="read", refuses=[errors.NotFound]
    )
    def get(self, *, job_id: uuid.UUID) -> Any:
        """A job, for its people

        Its owner, the provider who has it, and the operators of its market; to everybody
        else it does not exist.
        """
        return self.seen(job_id)

    @blueprint.operation(
        "edit_job",
        body=job_bodies.JobChanges,
        answer=job_answers.JobAnswer,
        version="required",
        refuses=[errors.NotFound, errors.NotAllowed, errors.IllegalMove],
    )
    def patch(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Reword my job while it is open or assigned"""
        job = jobs.get_for(self.session, job_id, self.account, now=self.now).job
        wanted = self.wanted_version(lambda: job.version)
        changed = jobs.edit(
            self.session,
            job_id,
            self.account,
            changes=job_bodies.changes(body),
            version=job.version if wanted is None else wanted,
            now=self.now,
        )
        return self.shown(changed)


#: How anybody's move of a job may be refused.
MOVE: tuple[type[errors.DomainError], ...] = (
    errors.NotFound,
    errors.NotAllowed,
    errors.IllegalMove,
)


def _move(path: str, operation_id: str, says: str, move: Callable[..., jobs_models.Job]) -> None:
    """A move that takes nothing but the job and who makes it."""

    class Move(JobView):
        @blueprint.operation(
            operation_id, answer=job_answers.JobAnswer, version="read", refuses=MOVE
        )
        def post(self, *, job_id: uuid.UUID) -> Any:
            return self.shown(move(self.session, job_id, self.account, now=self.now))

        post.__doc__ = says

    blueprint.add_url_rule(f"/jobs/<uuid:job_id>/{path}", operation_id, Move)


_move(
    "confirm",
    "confirm_job",
    "It is done (the resident)\n\nBoth may write a review for seven days.",
    jobs.confirm,
)


@blueprint.route("/jobs/<uuid:job_id>/redo")
class Redo(JobView):
    @blueprint.operation(
        "ask_for_redo",
        body=job_bodies.ReasonBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Something is to be put right (the resident)

        Once; after that confirm or dispute.
        """
        return self.shown(
            jobs.redo(self.session, job_id, self.account, now=self.now, reason=body["reason"])
        )


@blueprint.route("/jobs/<uuid:job_id>/dispatch")
class Dispatch(JobView):
    @blueprint.operation(
        "dispatch_job",
        body=job_bodies.DispatchBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Ask again about a job that found nobody

        With another time, price or way of asking if you wish.
        """
        changes: dict[str, Any] = {
            name: body[name] for name in ("duration_minutes", "mode") if name in body
        }
        if "window" in body:
            changes |= {"window_from": body["window"]["from_"], "window_to": body["window"]["to"]}
        if "budget" in body:
            job = jobs.get_for(self.session, job_id, self.account, now=self.now).job
            if body["budget"]["currency"] != job.currency:
                raise errors.InvalidInput(
                    fields={"budget.currency": ["currency-of-the-market"]}, currency=job.currency
                )
            changes["budget_kind"] = body["budget"]["kind"]
            changes["budget_cents"] = body["budget"]["amount_cents"]
        return self.shown(
            offers.dispatch(
                self.session, job_id, account=self.account, changes=changes, now=self.now
            )
        )


@blueprint.route("/jobs/<uuid:job_id>/repost")
class Repost(JobView):
    @blueprint.operation(
        "repost_job",
        body=job_bodies.RepostBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=[errors.NotFound, errors.IllegalMove, errors.OutsideMarkets],
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """The same again (the resident)

        A new job with the brief, place, budget and needs of an earlier one, whatever became
        of that; only the window is new, and what you name. What was for now is scheduled if
        the window opens in more than 4 hours. With `same_provider` whoever did it is asked
        before others.
        """
        same_provider = body.pop("same_provider")
        job = jobs.repost(
            self.session,
            job_id,
            self.account,
            changes=job_bodies.changes(body),
            same_provider=same_provider,
            now=self.now,
        )
        return self.posted(job, body), {"Location": f"/api/v1/jobs/{job.id}"}


@blueprint.route("/jobs/<uuid:job_id>/choose")
class Choose(JobView):
    @blueprint.operation(
        "choose_offer",
        body=job_bodies.ChooseBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[
            *MOVE,
            errors.AlreadyTaken,
            errors.OfferExpired,
            errors.CalendarConflict,
            errors.PaperRequired,
        ],
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Take one of the quotes (the resident, in mode `choose`)"""
        return self.shown(
            offers.choose(
                self.session,
                job_id,
                offer_id=body["offer_id"],
                account=self.account,
                now=self.now,
            )
        )


@blueprint.route("/jobs/<uuid:job_id>/counter")
class Counter(view.View):
    @blueprint.operation(
        "counter_quote",
        body=job_bodies.CounterBody,
        answer=candidates.CandidatesAnswer,
        refuses=MOVE,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I would pay that much (the resident, in mode `choose`)

        Once for each quote, and within a fifth of it. The quote stands until its provider
        agrees.
        """
        offers.counter(self.session, job_id, account=self.account, now=self.now, **body)
        job = jobs.get_for(self.session, job_id, self.account, now=self.now).job
        return candidates.for_owner(
            self.session, job, show=photo_shapes.showing(self), now=self.now
        )


@blueprint.route("/jobs/<uuid:job_id>/candidates")
class Candidates(view.View):
    @blueprint.operation(
        "list_candidates",
        answer=candidates.CandidatesAnswer,
        refuses=[errors.NotFound, errors.NotAllowed],
    )
    def get(self, *, job_id: uuid.UUID) -> Any:
        """Who was asked, and why (the owner); the ranking (an operator)

        The owner sees those asked in this round, the parts of their scores in bands, and
        their quotes. An operator sees the ranking as it is now, each part with its weight,
        why others fell out, and those asked in this round as they were ranked then.
        """
        seen = jobs.get_for(self.session, job_id, self.account, now=self.now)
        if seen.role == "resident":
            return candidates.for_owner(
                self.session, seen.job, show=photo_shapes.showing(self), now=self.now
            )
        made = offers.offers_of_job(self.session, job_id)
        ranking = offers.candidates(self.session, seen, made, now=self.now)
        return candidates.for_operator(self.session, seen.job, made, ranking)


@blueprint.route("/jobs/<uuid:job_id>/reviews")
class Reviews(view.View):
    @blueprint.operation(
        "list_job_reviews",
        answer=lists.page_of(job_answers.JobReviewAnswer),
        refuses=[errors.NotFound],
    )
    def get(self, *, job_id: uuid.UUID) -> Any:
        """What was said afterwards: mine, and the other's once it is visible"""
        job = jobs.get_for(self.session, job_id, self.account, now=self.now).job
        found = jobs.reviews_of_job(self.session, job, self.account, now=self.now)
        return lists.whole([shown_review(one, self.account) for one in found])

    @blueprint.operation(
        "review_job",
        body=job_bodies.ReviewBody,
        answer=job_answers.JobReviewAnswer,
        status=201,
        refuses=MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Say how it went

        Either side, once, within seven days of completion. Hidden until both are in or
        the seven days are over.
        """
        written = jobs.review(self.session, job_id, self.account, now=self.now, **body)
        return shown_review(written, self.account), {"Location": f"/api/v1/jobs/{job_id}/reviews"}


def shown_review(one: jobs_models.Review, reader: accounts.models.Account) -> dict[str, Any]:
    """A review as ``reader`` sees it."""
    return {
        "id": one.id,
        "about_role": one.about_role,
        "mine": one.author_id == reader.id,
        "stars": one.stars,
        "text": one.text,
        "written_at": one.written_at,
        "visible_at": one.visible_at,
        "reply": one.reply,
        "replied_at": one.replied_at,
    }
