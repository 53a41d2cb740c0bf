"""What those who look after a market see."""

from __future__ import annotations

from typing import Any

from jobbing_api import accounts, notifications
from jobbing_api.api import contract, fields, kinds, lists, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("operators", __name__, description="What those who look after a market see.")

#: Somebody has to call them one by one: more would not be read.
_AT_MOST = 200


class UnreachedAnswer(kinds.Answer):
    """Somebody whose phone could not be rung when it was last tried."""

    account_id = fields.uid("Who.")
    display_name = fields.text("The name others see.", "Karim", most=80)
    language = fields.language("In which to speak to them.")
    phone = fields.text(
        "Number to call, if they gave one.", "+33612345678", most=16, allow_none=True
    )
    reason = fields.text(
        "`no-device`: no app is registered; else Google's code for an address that is gone.",
        "no-device",
        most=80,
    )
    last_at = fields.instant("When that was last found out.", "2026-11-24T13:00:00Z")
    lines = fields.whole("Lines of the last week that reached no phone.", 3, least=1, most=100_000)


@blueprint.route("/unreachable")
class Unreachable(view.View):
    @blueprint.operation(
        "list_unreachable",
        who=contract.OPERATOR,
        answer=lists.page_of(UnreachedAnswer),
    )
    def get(self) -> Any:
        """Who cannot be rung, in the markets I look after

        Whom a line of the last week did not reach for want of a phone, and none since; whoever
        was owed one last comes first. Whoever proved an address was sent a mail instead.
        """
        mine = accounts.operator_markets(self.session, self.account.id)
        found = notifications.unreached(self.session, mine, now=self.now, limit=_AT_MOST)
        return lists.whole(found)
