"""A provider's trade, hours and duty, and what others may see of it."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, jobs, markets, offers, providers
from jobbing_api.api import (
    brief_shapes,
    contract,
    lists,
    offer_shapes,
    photo_shapes,
    problems,
    provider_shapes,
    view,
)
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("providers", __name__, description="What someone offers, where and when.")


@blueprint.route("/providers/me")
class Profile(view.View):
    @blueprint.operation(
        "get_profile",
        who=contract.PROVIDER,
        answer=provider_shapes.ProfileAnswer,
        version="read",
        refuses=[errors.NotFound],
    )
    def get(self) -> Any:
        """My profile

        404 until it is put for the first time.
        """
        return self._shown(providers.get(self.session, self.account.id))

    @blueprint.operation(
        "put_profile",
        who=contract.PROVIDER,
        body=provider_shapes.ProfileBody,
        answer=provider_shapes.ProfileAnswer,
        version="checked",
        refuses=[errors.OutsideMarkets],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say what I offer, from where, on which terms

        Replaces the whole profile. A new one comes with hours, Monday to Saturday 08-19,
        to be confirmed by PUT /providers/me/calendar.
        """
        skills = [
            providers.SkillOffered(
                category=skill["category"],
                price_kind=skill["price"]["kind"],
                amount_cents=skill["price"]["amount_cents"],
                currency=skill["price"]["currency"],
                call_out_fee_cents=skill["price"]["call_out_fee_cents"],
                steps=skill["price"]["steps"],
                options=skill["options"],
            )
            for skill in body.pop("skills")
        ]
        wanted = self.wanted_version(lambda: providers.get(self.session, self.account.id).version)
        return self._shown(
            providers.put_profile(
                self.session,
                self.account,
                currency=None,
                skills=skills,
                now=self.now,
                version=wanted,
                **body,
            )
        )

    def _shown(self, provider: providers.models.Provider) -> dict[str, Any]:
        self.versioned(provider.version)
        slugs = offer_shapes.category_slugs(self.session)
        market = self.session.get_one(markets.models.Market, provider.market_id)
        return {
            "id": provider.account_id,
            "market": market.slug,
            "headline": provider.headline,
            "base": provider.base,
            "reach_m": provider.reach_m,
            "reach_area": provider.reach_area,
            "minimum_visit_cents": provider.minimum_visit_cents,
            "evening_percent": provider.evening_percent,
            "sunday_percent": provider.sunday_percent,
            "currency": provider.currency,
            "skills": [
                {
                    "category": slugs[skill.category_id],
                    "price": {
                        "kind": skill.price_kind,
                        "amount_cents": skill.amount_cents,
                        "currency": provider.currency,
                        "call_out_fee_cents": skill.call_out_fee_cents,
                        "steps": skill.steps,
                    },
                    "options": skill.options,
                }
                for skill in provider.skills
            ],
            "languages": provider.languages,
            "tools": provider.tools,
            "calendar_confirmed": provider.calendar_confirmed_at is not None,
            "identity_checked": provider.identity_checked_at is not None,
            "figures": providers.figures(self.session, provider.account_id, now=self.now),
            "created_at": provider.created_at,
        }


@blueprint.route("/providers/me/calendar")
class Calendar(view.View):
    @blueprint.operation(
        "get_calendar",
        who=contract.PROVIDER,
        answer=provider_shapes.CalendarAnswer,
        version="read",
        refuses=[errors.NotFound],
    )
    def get(self) -> Any:
        """My hours"""
        return self._shown(providers.get_calendar(self.session, self.account.id))

    @blueprint.operation(
        "put_calendar",
        who=contract.PROVIDER,
        body=provider_shapes.CalendarBody,
        answer=provider_shapes.CalendarAnswer,
        version="checked",
        refuses=[errors.ProfileRequired],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say when I work

        Replaces the whole calendar, which then counts as confirmed. Bookings stay as they
        are: they are promises already made.
        """
        wanted = self.wanted_version(
            lambda: providers.get_calendar(self.session, self.account.id).version
        )
        return self._shown(
            providers.put_calendar(
                self.session,
                self.account,
                time_zone=body["time_zone"],
                weekly=[
                    providers.Hours(
                        weekday=hours["weekday"], from_time=hours["from_"], to_time=hours["to"]
                    )
                    for hours in body["weekly"]
                ],
                exceptions=[
                    providers.Exceptional(
                        from_at=one["from_"], to_at=one["to"], available=one["available"]
                    )
                    for one in body["exceptions"]
                ],
                now=self.now,
                version=wanted,
            )
        )

    def _shown(self, calendar: providers.Calendar) -> dict[str, Any]:
        self.versioned(calendar.version)
        return {
            "time_zone": calendar.time_zone,
            "weekly": [
                {"weekday": hours.weekday, "from_": hours.from_time, "to": hours.to_time}
                for hours in calendar.weekly
            ],
            "exceptions": [
                {"from_": one.from_at, "to": one.to_at, "available": one.available}
                for one in calendar.exceptions
            ],
            "confirmed_at": calendar.confirmed_at,
        }


@blueprint.route("/providers/me/portfolio")
class Portfolio(view.View):
    @blueprint.operation(
        "get_portfolio",
        who=contract.PROVIDER,
        answer=provider_shapes.PortfolioAnswer,
        version="read",
        refuses=[errors.NotFound],
    )
    def get(self) -> Any:
        """What I show of my work

        404 until the profile is put for the first time.
        """
        return self._shown(providers.get(self.session, self.account.id))

    @blueprint.operation(
        "put_portfolio",
        who=contract.PROVIDER,
        body=provider_shapes.PortfolioBody,
        answer=provider_shapes.PortfolioAnswer,
        version="checked",
        refuses=[errors.ProfileRequired],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Show my work

        Replaces the whole of it, in this order: a photo that is left out goes. Its ETag is
        the profile's.
        """
        wanted = self.wanted_version(lambda: providers.get(self.session, self.account.id).version)
        return self._shown(
            providers.put_portfolio(
                self.session,
                self.account,
                items=[providers.Shown(**item) for item in body["items"]],
                now=self.now,
                version=wanted,
            )
        )

    def _shown(self, provider: providers.models.Provider) -> dict[str, Any]:
        self.versioned(provider.version)
        works = providers.portfolio_of(self.session, provider.account_id)
        return {"items": provider_shapes.portfolio(works, photo_shapes.showing(self))}


@blueprint.route("/providers/me/presence")
class Presence(view.View):
    @blueprint.operation(
        "put_presence",
        who=contract.PROVIDER,
        body=provider_shapes.PresenceBody,
        answer=provider_shapes.PresenceAnswer,
        refuses=[errors.ProfileRequired],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say whether I am on duty, and where

        Send it every 30 seconds or 100 metres. Off duty no position is kept.
        """
        providers.put_presence(self.session, self.account, now=self.now, **body)
        return {
            "online": body["online"],
            "position": body["position"] if body["online"] else None,
        }


@blueprint.route("/providers/me/open-jobs")
class OpenJobs(view.View):
    @blueprint.operation(
        "list_open_jobs",
        who=contract.PROVIDER,
        query=provider_shapes.OpenJobsQuery,
        answer=lists.page_of(offer_shapes.OpenJobAnswer),
        refuses=[errors.ProfileRequired],
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """Open jobs near me that I could be offered, nearest first"""
        found = offers.open_jobs(self.session, self.account, now=self.now, limit=query["limit"])
        near = [one.job for one in found]
        read = brief_shapes.read(self.session, near, problems.reader_language())
        photos = offer_shapes.photos_of_jobs(self.session, near, photo_shapes.showing(self))
        return lists.whole(
            [
                {
                    "job_id": one.job.id,
                    "job": offer_shapes.summary(one.job, read[one.job.id], photos[one.job.id]),
                    "approximate_place": one.approximate_place,
                    "distance_m": one.distance_m,
                    "starts_at": one.starts_at,
                    "ends_at": one.ends_at,
                }
                for one in found
            ]
        )


@blueprint.route("/providers/<uuid:provider_id>")
class Public(view.View):
    @blueprint.operation(
        "get_provider", answer=provider_shapes.PublicAnswer, refuses=[errors.NotFound]
    )
    def get(self, *, provider_id: uuid.UUID) -> Any:
        """Somebody's public profile"""
        profile = providers.public_profile(self.session, provider_id, now=self.now)
        return provider_shapes.public(profile, photo_shapes.showing(self))


@blueprint.route("/providers/<uuid:provider_id>/reviews")
class Reviews(view.View):
    @blueprint.operation(
        "list_provider_reviews",
        query=lists.PageQuery,
        answer=lists.page_of(provider_shapes.ReviewAnswer),
        refuses=[errors.NotFound],
    )
    def get(self, *, provider_id: uuid.UUID, query: dict[str, Any]) -> Any:
        """What is said of a provider, latest first

        A review is hidden until both sides have written theirs, seven days at most.
        """
        providers.public_profile(self.session, provider_id, now=self.now)
        slugs = offer_shapes.category_slugs(self.session)
        found = jobs.reviews_of_provider(
            self.session,
            provider_id,
            now=self.now,
            limit=query["limit"] + 1,
            after=lists.after(query),
        )
        page = lists.page(found, query["limit"], id_of=lambda review: review.id)
        page["items"] = [
            {
                "id": review.id,
                "category": slugs[review.category_id],
                "stars": review.stars,
                "text": review.text,
                "reply": review.reply,
                "replied_at": review.replied_at,
                "written_at": review.written_at,
            }
            for review in page["items"]
        ]
        return page
