"""The shapes of what is said about a job: posting, rewording, asking again, reviewing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from jobbing_api import files, jobs, markets
from jobbing_api.api import fields, kinds, lists, photo_shapes
from jobbing_api.lifecycle import JobState

STATES = [str(state) for state in JobState]
BUDGETS = ("fixed", "hourly", "quotes")
MODES = ("instant", "choose")

#: Minutes a visit may take.
_SHORTEST, _LONGEST = 15, 1440

SOME_SPOT = (4.835, 45.758)


class WindowBody(kinds.Body):
    """When the job may be done: it must start and end within."""

    from_ = fields.instant("Not before.", "2026-11-24T09:00:00+01:00", data_key="from")
    to = fields.instant("Finished by; at most 60 days ahead.", "2026-11-24T18:00:00+01:00")


class BudgetBody(kinds.Body):
    """How much it may cost."""

    kind = fields.choice(
        "`fixed`: the amount is the price. `hourly`: the amount is the most an hour may cost."
        " `quotes`: providers name a price; only with mode `choose`.",
        "fixed",
        BUDGETS,
    )
    amount_cents = fields.cents(
        "None with `quotes`.", 6000, least=1, allow_none=True, load_default=None
    )
    currency = fields.currency("The market's.")


class BriefBody(kinds.Body):
    """What a good result looks like. Whoever is asked sees it: no names, no address."""

    text = fields.text(
        "In your own words.",
        "Leaves, I think.",
        least=0,
        most=markets.briefs.MOST_TEXT,
        lines=True,
        required=False,
    )
    answers = fields.anything(
        "Answers to the questions of the category's template, by their ids: a `choice` one of"
        " its values, a `number` within its bounds (whole without a unit), `yes_no` true or"
        " false, `text`, `photos` a list of ids. None is needed to post; `brief_read` of the"
        " job says which would help.",
        {"length": 12, "storeys": "one", "ladder": False},
        most=40,
        required=False,
    )
    preset = fields.slug(
        "The template's example it started from. Without `answers` it stands for its own, and"
        " so with `tasks`.",
        "house",
        required=False,
    )
    tasks = fields.many(
        fields.slug("A task of the template.", "clear"),
        "What is to be done in the visit, by the ids of the template.",
        ["clear", "downpipes"],
        most=40,
        distinct=True,
        required=False,
    )
    template_version = fields.whole(
        "The version of the template the answers are to; the present one if left out.",
        2,
        least=1,
        most=10_000,
        required=False,
    )


def _brief(**given: Any) -> ma.fields.Field[Any]:
    return fields.part_or_text(
        BriefBody,
        'What a good result looks like. Plain text is kept as `{"text": ...}`.',
        {"answers": {"length": 12, "ladder": False}, "text": "Leaves, I think."},
        member="text",
        **given,
    )


def _title(**given: Any) -> ma.fields.Field[Any]:
    return fields.text("What it is about, in a line.", "Clogged gutter", most=120, **given)


def _address(**given: Any) -> ma.fields.Field[Any]:
    return fields.text(
        "Where to ring; only who comes will see it.",
        "12 rue des Tanneurs, 69001 Lyon",
        least=0,
        most=300,
        lines=True,
        **given,
    )


def _access_notes(**given: Any) -> ma.fields.Field[Any]:
    return fields.text(
        "How to get in; only who comes will see it.",
        "Second courtyard, code 1234",
        least=0,
        most=1_000,
        lines=True,
        **given,
    )


def _location(**given: Any) -> ma.fields.Field[Any]:
    return fields.point("Exactly where; only who comes will see it.", SOME_SPOT, **given)


def _duration(**given: Any) -> ma.fields.Field[Any]:
    return fields.whole("How long it should take.", 90, least=_SHORTEST, most=_LONGEST, **given)


def _mode(**given: Any) -> ma.fields.Field[Any]:
    return fields.choice(
        "`instant`: the first good provider to accept has it. `choose`: you compare quotes;"
        " not with urgency `now`.",
        "instant",
        MODES,
        **given,
    )


def _urgency(**given: Any) -> ma.fields.Field[Any]:
    return fields.choice(
        "`now`: start within 4 hours, asks whoever is on duty. `scheduled`: a fixed day."
        " `flexible`: some day within three days or more.",
        "scheduled",
        markets.models.URGENCIES,
        **given,
    )


def _languages(**given: Any) -> ma.fields.Field[Any]:
    return fields.many(
        fields.language("A language."),
        "Any of which the provider must speak; empty for no wish.",
        ["fr"],
        most=10,
        distinct=True,
        **given,
    )


def _needs(**given: Any) -> ma.fields.Field[Any]:
    return fields.many(
        fields.slug("A tool.", "ladder"),
        "Tools the provider must bring.",
        ["ladder"],
        most=20,
        distinct=True,
        **given,
    )


def _photos(**given: Any) -> ma.fields.Field[Any]:
    return photo_shapes.ids(
        "What it looks like, in order. Whoever is asked sees them.",
        most=files.MOST["job"],
        **given,
    )


class JobBody(kinds.Body):
    """A job to be done."""

    category = fields.slug("What kind of job: a slug of GET /categories.", "gutter-cleaning")
    title = _title()
    brief = _brief(load_default=dict)
    location = _location()
    address = _address(load_default="")
    access_notes = _access_notes(load_default="")
    window = fields.part(WindowBody, "When it may be done.")
    duration_minutes = _duration()
    budget = fields.part(BudgetBody, "How much it may cost.")
    mode = _mode()
    urgency = _urgency()
    languages = _languages(load_default=list)
    needs = _needs(load_default=list)
    photos = _photos(load_default=list)


class EstimateBody(kinds.Body):
    """What decides who could do a job, and for how much."""

    category = fields.slug("What kind of job: a slug of GET /categories.", "gutter-cleaning")
    location = fields.point("Where; taken to be the middle of its square kilometre.", SOME_SPOT)
    window = fields.part(WindowBody, "When it may be done.")
    duration_minutes = _duration()
    budget = fields.part(BudgetBody, "How much it may cost.")
    mode = _mode()
    urgency = _urgency()
    languages = _languages(load_default=list)
    needs = _needs(load_default=list)


class RepostBody(kinds.Body):
    """When it is to be done again; what else is left out is as it was."""

    window = fields.part(WindowBody, "When it may be done this time.")
    same_provider = fields.flag(
        "Whether whoever did it is asked before others. What was quoted then is the price now.",
        False,
        load_default=False,
    )
    title = _title(required=False)
    brief = _brief(required=False)
    location = _location(required=False)
    address = _address(required=False)
    access_notes = _access_notes(required=False)
    duration_minutes = _duration(required=False)
    budget = fields.part(BudgetBody, "Another price.", required=False)
    mode = _mode(required=False)
    urgency = _urgency(required=False)
    languages = _languages(required=False)
    needs = _needs(required=False)
    photos = _photos(required=False)


def brief(body: Mapping[str, Any]) -> jobs.Brief:
    """What a ``JobBody`` says, in the domain's words."""
    return jobs.Brief(**changes(body))


def changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a job, as members of the domain's ``Brief``."""
    said = dict(body)
    if "window" in said:
        window = said.pop("window")
        said |= {"window_from": window["from_"], "window_to": window["to"]}
    if "budget" in said:
        budget = said.pop("budget")
        said |= {"budget_kind": budget["kind"], "budget_cents": budget["amount_cents"]}
        said["currency"] = budget["currency"]
    if "brief" in said:
        said["brief"] = dict(said["brief"])
        if "template_version" in said["brief"]:
            said["template_version"] = said["brief"].pop("template_version")
    return said


class JobChanges(kinds.Body):
    """What may be reworded while the job is open or assigned."""

    title = _title(required=False)
    brief = _brief(required=False)
    address = _address(required=False)
    access_notes = _access_notes(required=False)
    photos = _photos(required=False)

    @ma.validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ma.ValidationError(["field-body-empty"])


class DispatchBody(kinds.Body):
    """What is to be different this time; what is left out stays."""

    window = fields.part(WindowBody, "Another time.", required=False)
    duration_minutes = fields.whole(
        "Another duration.", 90, least=_SHORTEST, most=_LONGEST, required=False
    )
    budget = fields.part(BudgetBody, "Another price.", required=False)
    mode = fields.choice("Another way of asking.", "choose", MODES, required=False)


def dispatch(changed: Mapping[str, Any], *, currency: str) -> dict[str, Any]:
    """The ``DispatchBody`` that asks for these changes of a job."""
    body = {name: changed[name] for name in ("duration_minutes", "mode") if name in changed}
    if "window_from" in changed:
        body["window"] = {"from_": changed["window_from"], "to": changed["window_to"]}
    if "budget_kind" in changed:
        body["budget"] = {
            "kind": changed["budget_kind"],
            "amount_cents": changed["budget_cents"],
            "currency": currency,
        }
    return body


class ReasonBody(kinds.Body):
    """Why, if you like."""

    reason = fields.text(
        "In your words.", "Rained off", least=0, most=500, lines=True, load_default=""
    )


class ChooseBody(kinds.Body):
    """Whose quote it is to be."""

    offer_id = fields.uid("The offer that carries the quote.")


class CounterBody(kinds.Body):
    """What you would pay instead."""

    offer_id = fields.uid("The offer that carries the quote.")
    amount_cents = fields.cents("For the whole of what was quoted.", 10000, least=1)


class ReviewBody(kinds.Body):
    """How it went."""

    stars = fields.whole("1 to 5.", 5, least=1, most=5)
    text = fields.text(
        "In your words.", "Quick and tidy.", least=0, most=2_000, lines=True, load_default=""
    )


class JobsQuery(lists.PageQuery):
    """Which jobs."""

    state = fields.many(
        fields.choice("A state.", "open", STATES),
        "Only jobs in these states; several with commas.",
        ["open", "assigned"],
        commas=True,
        load_default=list,
    )
