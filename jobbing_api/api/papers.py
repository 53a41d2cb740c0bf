"""Papers: handed in by a provider, looked at by those who look after the market."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from jobbing_api import accounts, errors, files, markets, providers
from jobbing_api.api import (
    bodies,
    contract,
    fields,
    kinds,
    lists,
    offer_shapes,
    photo_shapes,
    provider_shapes,
    view,
)
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("papers", __name__, description="Insurance, qualification, identity.")

papers, verification = providers.papers, providers.verification


class PaperBody(kinds.Body):
    """A paper to be looked at."""

    kind = provider_shapes.paper_kind()
    photos = photo_shapes.ids("Its scan: pictures, or a PDF.", least=1, most=files.MOST["paper"])
    issuer = fields.text("Who gave it out.", "Assureur du Rhône", most=120)
    number = fields.text(
        "The number on it.", "RC-2026-1187", most=80, allow_none=True, load_default=None
    )
    valid_from = fields.day(
        "The first day it names.", "2026-01-01", allow_none=True, load_default=None
    )
    expires_on = fields.day(
        "The last day it names; null for what does not end. R, D, T, C and `identity` always do.",
        "2026-12-31",
        allow_none=True,
        load_default=None,
    )
    categories = fields.many(
        fields.slug("A category.", "gutter-cleaning"),
        "What it covers, of Q and D; of others nothing.",
        [],
        most=60,
        distinct=True,
        load_default=list,
    )


class PaperAnswer(kinds.Answer):
    """A paper as its owner sees it."""

    id = fields.uid("The paper.")
    kind = provider_shapes.paper_kind()
    state = fields.choice(
        "`waiting` for a person to look at it; `expired` also where another took its place.",
        "verified",
        papers.STATES,
    )
    issuer = fields.text("Who gave it out.", "Assureur du Rhône", least=0, most=120)
    number = fields.text("The number on it.", "RC-2026-1187", most=80, allow_none=True)
    valid_from = fields.day("The first day it names.", "2026-01-01", allow_none=True)
    expires_on = fields.day("The last day it names.", "2026-12-31", allow_none=True)
    counts_until = fields.instant(
        "Until when it counts, once verified; null without end.",
        "2026-12-31T23:00:00Z",
        allow_none=True,
    )
    categories = fields.many(
        fields.slug("A category.", "gutter-cleaning"), "What it covers; all if none.", []
    )
    photos = fields.many(photo_shapes.PhotoAnswer, "Its scan, for you and those who look at it.")
    handed_in_at = fields.instant("When.", "2026-11-20T09:00:00Z")
    verified_at = fields.instant(
        "When a person verified it.", "2026-11-21T10:00:00Z", allow_none=True
    )
    refused_at = fields.instant(
        "When a person refused it.", "2026-11-21T10:00:00Z", allow_none=True
    )
    refused_because = fields.text(
        "Why.", "The last page is missing.", least=0, most=500, lines=True, allow_none=True
    )
    replaced_by = fields.uid("The paper that took its place.", allow_none=True)


class SeenPaperAnswer(PaperAnswer):
    """The same for those who look at it; the scan is for those who may act."""

    provider_id = fields.uid("Whose it is.")
    display_name = fields.text("The name others see.", "Karim", most=80)
    market = fields.slug("Where they work.", "lyon")


class PapersQuery(lists.PageQuery):
    """Which papers."""

    state = fields.choice("In which state.", "waiting", papers.STATES, load_default="waiting")


class RefuseBody(kinds.Body):
    """Why not."""

    reason = fields.text(
        "In words, for its owner.", "The last page is missing.", most=500, lines=True
    )


class PapersAskedAnswer(kinds.Answer):
    """What a category asks for in a market."""

    category = fields.slug("The category.", "gutter-cleaning")
    papers = fields.many(
        provider_shapes.paper_kind(),
        "What a provider should have.",
        ["identity", "registration", "R"],
    )
    tax_credit = fields.flag("Whether paper S gives the resident a tax credit.", False)
    required_for = fields.many(
        fields.choice("An urgency.", "scheduled", markets.models.URGENCIES),
        "For which urgencies nobody is asked without them; elsewhere they are shown only.",
        [],
    )


@blueprint.route("/providers/me/papers")
class Papers(view.View):
    @blueprint.operation("list_papers", who=contract.PROVIDER, answer=lists.page_of(PaperAnswer))
    def get(self) -> Any:
        """My papers, latest first"""
        found = papers.of_provider(self.session, self.account)
        return lists.whole(_shown(self, found))

    @blueprint.operation(
        "hand_in_paper",
        who=contract.PROVIDER,
        body=PaperBody,
        answer=PaperAnswer,
        status=201,
        refuses=[errors.ProfileRequired, errors.TooManyPapers],
        creates=True,
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Here is a paper of mine

        Its scan is brought first (POST /photos). It counts once a person has verified it;
        until then one of the same kind stays in force. You are reminded before it ends.
        """
        paper = papers.hand_in(
            self.session, self.account, photo_ids=body.pop("photos"), now=self.now, **body
        )
        (shown,) = _shown(self, [paper])
        return shown, {"Location": f"/api/v1/providers/me/papers/{paper.id}"}


@blueprint.route("/providers/me/papers/<uuid:paper_id>")
class Paper(view.View):
    @blueprint.operation(
        "get_paper", who=contract.PROVIDER, answer=PaperAnswer, refuses=[errors.NotFound]
    )
    def get(self, *, paper_id: uuid.UUID) -> Any:
        """One of my papers"""
        (shown,) = _shown(self, [papers.own(self.session, paper_id, self.account)])
        return shown

    @blueprint.operation(
        "remove_paper", who=contract.PROVIDER, status=204, refuses=[errors.NotFound]
    )
    def delete(self, *, paper_id: uuid.UUID) -> Response:
        """Take a paper of mine away, with its scan

        It counts no more; what it had replaced counts again as long as it says.
        """
        papers.remove(self.session, paper_id, self.account, now=self.now)
        return view.nothing()


@blueprint.route("/operators/papers")
class Waiting(view.View):
    @blueprint.operation(
        "list_papers_to_verify",
        who=contract.OPERATOR,
        query=PapersQuery,
        answer=lists.page_of(SeenPaperAnswer),
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """Papers of those who work in the markets I look after, earliest first"""
        mine = accounts.operator_markets(self.session, self.account.id)
        found = verification.in_markets(
            self.session,
            mine,
            state=query["state"],
            limit=query["limit"] + 1,
            after=lists.after(query),
            now=self.now,
        )
        page = lists.page(found, query["limit"], id_of=lambda one: one.paper.id)
        page["items"] = _seen(self, page["items"], mine)
        return page


#: Of those who look after a market.
_SETTLES = (errors.NotFound, errors.NotAllowed, errors.IllegalMove)


class SettleView(view.View):
    """Base of the views by which a person says what they think of a paper."""

    def shown(self, paper: providers.models.Paper) -> dict[str, Any]:
        mine = accounts.operator_markets(self.session, self.account.id)
        (shown,) = _seen(self, [verification.submitted(self.session, paper)], mine)
        return shown


@blueprint.route("/operators/papers/<uuid:paper_id>/verify")
class Verify(SettleView):
    @blueprint.operation(
        "verify_paper", who=contract.OPERATOR, answer=SeenPaperAnswer, refuses=_SETTLES
    )
    def post(self, *, paper_id: uuid.UUID) -> Any:
        """It is what it says (an operator who may act)

        From now on it counts, in place of those of the same kind that end no later.
        """
        return self.shown(verification.verify(self.session, paper_id, self.account, now=self.now))


@blueprint.route("/operators/papers/<uuid:paper_id>/refuse")
class Refuse(SettleView):
    @blueprint.operation(
        "refuse_paper",
        who=contract.OPERATOR,
        body=RefuseBody,
        answer=SeenPaperAnswer,
        refuses=_SETTLES,
    )
    def post(self, *, paper_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """It is not taken, and why (an operator who may act)

        One that was verified counts no more.
        """
        refused = verification.refuse(self.session, paper_id, self.account, now=self.now, **body)
        return self.shown(refused)


@blueprint.route("/markets/<slug>/papers")
class Asked(view.View):
    @blueprint.operation(
        "list_papers_asked",
        who=contract.ANYONE,
        answer=lists.page_of(PapersAskedAnswer),
        refuses=[errors.NotFound],
    )
    def get(self, *, slug: str) -> Any:
        """Which papers each category asks for in a market, and whether it insists"""
        # No name holds what no row can: there is nothing to look for.
        if not bodies.storable(slug):
            raise errors.NotFound()
        market = markets.market_by_slug(self.session, slug)
        rules = markets.policies_in_force(self.session, market.id, now=self.now)
        return lists.whole(
            [
                {
                    "category": category.slug,
                    "papers": papers.asked_of(category.papers),
                    "tax_credit": papers.DECLARED in category.papers,
                    "required_for": [
                        urgency
                        for urgency in markets.models.URGENCIES
                        if markets.applying(rules, category.id, urgency).papers_required
                    ],
                }
                for category in markets.all_categories(self.session)
            ]
        )


def _shown(asked: view.View, found: Sequence[providers.models.Paper]) -> list[dict[str, Any]]:
    """Papers with their scans, in two statements however many they are."""
    scans = files.of(asked.session, [paper.id for paper in found])
    slugs = offer_shapes.category_slugs(asked.session)
    show = photo_shapes.showing(asked)
    return [
        {
            **{
                name: getattr(paper, name)
                for name in (
                    *("id", "kind", "issuer", "number", "expires_on", "handed_in_at"),
                    *("verified_at", "refused_at", "refused_because"),
                )
            },
            "state": papers.state_of(paper, now=asked.now),
            "valid_from": paper.begins_on,
            "counts_until": None if paper.verified_at is None else paper.valid_until,
            "categories": [slugs[one] for one in paper.category_ids or ()],
            "photos": show(scans.get(paper.id, ())),
            "replaced_by": paper.replaced_by_id,
        }
        for paper in found
    ]


def _seen(
    asked: view.View,
    found: Sequence[providers.verification.Submitted],
    mine: Mapping[uuid.UUID, str],
) -> list[dict[str, Any]]:
    """The same for an operator, who looks at scans and numbers where they may act."""
    return [
        {
            **shown,
            # A number is as good as the scan it stands on.
            **({} if mine.get(one.market_id) == "act" else {"photos": [], "number": None}),
            "provider_id": one.paper.provider_id,
            "display_name": one.display_name,
            "market": one.market,
        }
        for one, shown in zip(found, _shown(asked, [one.paper for one in found]), strict=True)
    ]
