"""A provider's trade, hours and duty, and what others may see of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

import marshmallow as ma

from jobbing_api import errors, jobs, markets, offers, providers
from jobbing_api.api import contract, fields, kinds, lists, offer_shapes, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("providers", __name__, description="What someone offers, where and when.")

_SOME_BASE = [4.8357, 45.7640]
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class PriceBody(kinds.Body):
    """What work in a category costs."""

    kind = fields.choice("How it is priced.", "hourly", providers_kinds := ("hourly", "flat", "quote"))
    amount_cents = fields.cents(
        "For an hour, or for the whole; null for `quote`.",
        3000,
        least=1,
        allow_none=True,
        load_default=None,
    )
    currency = fields.currency("The market's.")
    call_out_fee_cents = fields.cents("For coming at all.", 1000, load_default=0)


class SkillBody(kinds.Body):
    """Work in one category."""

    category = fields.slug("A category.", "gutter-cleaning")
    price = fields.part(PriceBody, "What it costs.")


class ProfileBody(kinds.Body):
    """A whole profile: what is left out is gone."""

    headline = fields.text("In a line, what you do.", "Gutters and roofs, quickly done", most=160)
    base = fields.point("Where you set out from; never shown to others.", _SOME_BASE)
    reach_m = fields.whole(
        "How far you go, in metres. Either this or `reach_area`.",
        8000,
        least=100,
        most=200_000,
        load_default=None,
        allow_none=True,
    )
    reach_area = fields.polygon(
        "Where you go, drawn. Either this or `reach_m`.", load_default=None, allow_none=True
    )
    minimum_visit_cents = fields.cents("Below this you do not set out.", 2500, load_default=0)
    skills = fields.many(SkillBody, "What you do.", least=1, most=60)
    languages = fields.many(
        fields.language("A language."), "What you speak.", ["fr", "en"],
        least=1, most=30, distinct=True,
    )
    tools = fields.many(
        fields.slug("A tool.", "ladder"), "What you bring.", ["ladder"],
        most=60, distinct=True, load_default=[],
    )
