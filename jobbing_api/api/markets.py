"""Where we work and what can be asked for: open to anyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobbing_api import markets, words
from jobbing_api.api import contract, fields, kinds, lists, pictures, problems, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("markets", __name__, description="Where we work, and what can be asked for.")


class MarketAnswer(kinds.Answer):
    """A town or region we work in."""

    slug = fields.slug("Its short name.", "lyon")
    name = fields.text("Its name.", "Lyon", most=200)
    country = fields.text("ISO 3166 code.", "FR", most=2)
    time_zone = fields.time_zone("In which its clocks run.")
    currency = fields.currency("In which its prices are.")
    area = fields.multi_polygon("Its ground. Jobs and bases outside all markets are refused.")


class ChoiceAnswer(kinds.Answer):
    value = fields.text("What to send.", "ladder-here", most=80)
    label = fields.text("What to show.", "There is a ladder", most=200)


class QuestionAnswer(kinds.Answer):
    """A question a good brief answers."""

    id = fields.text("Member of the brief's `answers`.", "length", most=80)
    kind = fields.choice("How to ask it.", "number", markets.briefs.KINDS)
    label = fields.text("The question.", "How long is the gutter?", most=300)
    required = fields.flag(
        "Whether a brief is of little use without. It may be posted all the same.", True
    )
    unit = fields.text(
        "Unit of a number; null where whole things are counted.", "m", most=20, allow_none=True
    )
    least = fields.figure(
        "Least a number may be, or how many photos are asked for; null for other kinds.",
        1,
        allow_none=True,
    )
    most = fields.figure(
        "Most a number may be, or how many photos are taken; null for other kinds.",
        200,
        allow_none=True,
    )
    choices = fields.many(ChoiceAnswer, "What can be chosen; empty for other kinds.")


class TaskAnswer(kinds.Answer):
    """Something that can be done in the visit."""

    id = fields.text("One of the brief's `tasks`.", "downpipes", most=80)
    label = fields.text("What to show.", "Test the downpipes with water", most=200)
    usual = fields.flag("Whether such a visit usually holds it: ticked beforehand.", True)


class PresetAnswer(kinds.Answer):
    """An illustrated example, one tap instead of a form."""

    id = fields.text("The brief's `preset`.", "house", most=80)
    name = fields.text("What to show.", "House with an upper floor", most=80)
    text = fields.text("What it holds, in a line.", "25 m of gutter, one floor up", most=200)
    picture = pictures.address()
    answers = fields.anything("What it answers.", {"length": 25, "storeys": "one"})
    tasks = fields.many(fields.text("A task.", "clear", most=80), "What it does.", ["clear"])
    needs = fields.many(
        fields.text("A tool.", "long-ladder", most=40), "Tools it takes.", ["long-ladder"]
    )
    minutes = fields.whole("How long it usually takes.", 120, least=15, most=1440)


class ToolAnswer(kinds.Answer):
    """A tool in words."""

    slug = fields.text("As in `needs`, and among a provider's `tools`.", "ladder", most=40)
    name = fields.text("What to show.", "Ladder", most=80)


class TemplateAnswer(kinds.Answer):
    """What to say about a job of this category."""

    version = fields.whole(
        "Grows when the questions change; send it as the brief's `template_version`.",
        2,
        least=1,
        most=10_000,
    )
    presets = fields.many(PresetAnswer, "Examples to start from, the most usual first.")
    questions = fields.many(QuestionAnswer, "In the order to ask them.")
    tasks = fields.many(TaskAnswer, "What can be done in the visit.")
    needs = fields.many(
        fields.text("A tool.", "ladder", most=40),
        "Tools such a job often needs, for the resident to confirm.",
        ["ladder"],
    )
    tools = fields.many(ToolAnswer, "Every tool named here, in words.")


class GroupAnswer(kinds.Answer):
    slug = fields.slug("The group.", "roof")
    name = fields.text("Its name in the asked language.", "Roof", most=80)


class CategoryAnswer(kinds.Answer):
    """A kind of job."""

    slug = fields.slug("What to send as `category`.", "gutter-cleaning")
    name = fields.text("Its name in the asked language.", "Gutter cleaning", most=120)
    group = fields.part(GroupAnswer, "Where to list it.")
    usual_minutes = fields.whole("How long it usually takes.", 90, least=1, most=1440)
    price_kind = fields.choice("How it is usually priced.", "flat", ["hourly", "flat", "quote"])
    papers = fields.many(
        fields.text("A letter.", "R", most=2),
        "Papers that matter: R liability insurance, Q qualification, D ten-year cover,"
        " T transport register, A animal certificate, C Certibiocide, S tax-creditable.",
        ["R"],
    )
    brief_template = fields.part(TemplateAnswer, "What to ask the resident.")


class PlaceQuery(kinds.Body):
    """What to look for."""

    q = fields.text("Start of a name, or something like it.", "lyo", most=80)
    limit = fields.whole("How many at most.", 10, least=1, most=50, digits=True, load_default=10)


class WithinQuery(kinds.Body):
    """Which part of a map."""

    box = kinds.Box(
        required=True,
        metadata={
            "description": "West, south, east, north in degrees, with commas.",
            "example": "4.7,45.6,5.0,45.9",
        },
    )
    limit = fields.whole("How many at most.", 50, least=1, most=100, digits=True, load_default=50)


class PlaceAnswer(kinds.Answer):
    """A place from the gazetteer (GeoNames, CC BY 4.0)."""

    name = fields.text("Its name.", "Lyon", most=200)
    admin_area = fields.text("What it belongs to.", "Auvergne-Rhône-Alpes", most=200)
    country = fields.text("ISO 3166 code.", "FR", most=2)
    point = fields.point("Its middle.", [4.84671, 45.74846])
    population = fields.whole("How many live there.", 472317, least=0, most=10**9)
    time_zone = fields.time_zone("In which its clocks run.")


_PLACES = lists.page_of(PlaceAnswer)


@blueprint.route("/markets")
class Markets(view.View):
    @blueprint.operation("list_markets", who=contract.ANYONE, answer=lists.page_of(MarketAnswer))
    def get(self) -> Any:
        """Where we work"""
        return lists.whole(markets.all_markets(self.session))


@blueprint.route("/categories")
class Categories(view.View):
    @blueprint.operation(
        "list_categories", who=contract.ANYONE, answer=lists.page_of(CategoryAnswer)
    )
    def get(self) -> Any:
        """What can be asked for

        Names and questions are in the language of Accept-Language.
        """
        language = problems.reader_language()
        return lists.whole(
            [_category(found, language) for found in markets.all_categories(self.session)]
        )


@blueprint.route("/places")
class Places(view.View):
    @blueprint.operation(
        "search_places",
        who=contract.ANYONE,
        query=PlaceQuery,
        answer=_PLACES,
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """Find a place by its name

        Names that start with `q` come first, the largest town before others. Fewer than
        two letters find nothing.
        """
        return lists.whole(markets.search_places(self.session, query["q"], limit=query["limit"]))


@blueprint.route("/places/within")
class PlacesWithin(view.View):
    @blueprint.operation(
        "list_places_within",
        who=contract.ANYONE,
        query=WithinQuery,
        answer=_PLACES,
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """The largest places on a part of a map

        For the names on it, and for saying near what a pin is. Largest first.
        """
        return lists.whole(markets.places_within(self.session, query["box"], limit=query["limit"]))


def _category(found: markets.models.Category, language: words.Language) -> dict[str, Any]:
    template = found.brief_template
    return {
        "slug": found.slug,
        "name": found.names[language],
        "group": {"slug": found.group_slug, "name": found.group_names[language]},
        "usual_minutes": found.usual_minutes,
        "price_kind": found.price_kind,
        "papers": found.papers,
        "brief_template": _template(template, language),
    }


def _template(template: Mapping[str, Any], language: words.Language) -> dict[str, Any]:
    presets = template.get("presets", [])
    named = {*template["needs"], *(need for preset in presets for need in preset["needs"])}
    tools = markets.tools()
    return {
        "version": template["version"],
        "presets": [_preset(preset, language) for preset in presets],
        "questions": [_question(asked, language) for asked in template["questions"]],
        "tasks": [
            {"id": task["id"], "label": task["label"][language], "usual": task["usual"]}
            for task in template.get("tasks", [])
        ],
        "needs": template["needs"],
        "tools": [
            {"slug": slug, "name": names[language]}
            for slug, names in tools.items()
            if slug in named
        ],
    }


def _preset(preset: Mapping[str, Any], language: words.Language) -> dict[str, Any]:
    return {
        "id": preset["id"],
        "name": preset["name"][language],
        "text": preset["text"][language],
        "picture": pictures.url(preset["picture"]),
        "answers": preset["answers"],
        "tasks": preset["tasks"],
        "needs": preset["needs"],
        "minutes": preset["minutes"],
    }


def _question(asked: Mapping[str, Any], language: words.Language) -> dict[str, Any]:
    return {
        "id": asked["id"],
        "kind": asked["kind"],
        "label": asked["label"][language],
        "required": asked["required"],
        "unit": asked.get("unit"),
        "least": asked.get("least"),
        "most": asked.get("most"),
        "choices": [
            {"value": choice["value"], "label": choice[language]}
            for choice in asked.get("choices", [])
        ],
    }
