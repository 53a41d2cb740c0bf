"""What the signed-in person would like: whom again, and how to be told."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from jobbing_api import accounts, errors, notifications
from jobbing_api.api import contract, fields, kinds, lists, view
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.notifications import preferences

blueprint = Blueprint("wishes", __name__, description="What the signed-in person would like.")


class FavouriteAnswer(kinds.Answer):
    """Whom a resident would have again."""

    account_id = fields.uid("The provider.")
    display_name = fields.text("The name others see.", "Karim", most=80)


def _ways(topic: str, example: list[str]) -> Any:
    return fields.many(
        fields.choice("A way.", "push", preferences.WAYS),
        f"By which ways to be told of {topic}. A push goes first; a mail"
        " or a text message where no phone can be rung; texts are for what is close at hand"
        " only (offers for now, visits within a day), and for numbers that were proved.",
        example,
        required=False,
    )


class Ways(kinds.Body):
    """The ways of each topic; what is left out keeps its default."""

    offers = _ways("jobs to take", ["push", "mail"])
    answers = _ways("what became of my jobs", ["push", "mail"])
    visits = _ways("visits, on the day too", ["push", "mail", "sms"])
    reviews = _ways("reviews", ["push"])
    account = _ways("what I should look after", ["push", "mail"])


class WishesBody(kinds.Body):
    """How somebody wants to be reached."""

    ways = fields.part(Ways, "The ways, by topic.", load_default=dict)
    now_at_night = fields.flag(
        "Whether offers for now may ring in the quiet hours; else I am not asked then.",
        False,
        load_default=False,
    )


class WishesAnswer(kinds.Answer):
    """How somebody wants to be reached, defaults filled in."""

    ways = fields.part(Ways, "The ways, by topic.")
    now_at_night = fields.flag("Whether offers for now may ring in the quiet hours.", False)


@blueprint.route("/me/favourites")
class Favourites(view.View):
    @blueprint.operation(
        "list_favourites", who=contract.RESIDENT, answer=lists.page_of(FavouriteAnswer)
    )
    def get(self) -> Any:
        """Whom I would have again"""
        return lists.whole(
            [
                {"account_id": one.id, "display_name": one.display_name}
                for one in accounts.by_ids(
                    self.session, accounts.favourites(self.session, self.account.id)
                )
            ]
        )


@blueprint.route("/me/favourites/<uuid:account_id>")
class Favourite(view.View):
    @blueprint.operation("favour", who=contract.RESIDENT, status=204, refuses=[errors.NotFound])
    def put(self, *, account_id: uuid.UUID) -> Response:
        """Ask this provider first

        Of those who can do a job, favourites hear of it before others: half a minute when
        it is for now, a quarter of an hour or two hours otherwise. Fifty at most.
        """
        accounts.favour(self.session, self.account, account_id, now=self.now)
        return view.nothing()

    @blueprint.operation("unfavour", who=contract.RESIDENT, status=204)
    def delete(self, *, account_id: uuid.UUID) -> Response:
        """Ask this provider like any other"""
        accounts.unfavour(self.session, self.account, account_id)
        return view.nothing()


@blueprint.route("/me/preferences")
class Preferences(view.View):
    @blueprint.operation("get_preferences", answer=WishesAnswer)
    def get(self) -> Any:
        """How I want to be reached"""
        said = notifications.wishes_of(self.session, [self.account.id])
        return said.get(self.account.id, preferences.DEFAULT)

    @blueprint.operation("put_preferences", body=WishesBody, answer=WishesAnswer)
    def put(self, *, body: dict[str, Any]) -> Any:
        """Reach me like this

        A wish for text messages is kept; none are sent yet.
        """
        return notifications.put_wishes(self.session, self.account.id, **body)
