"""Jobs that come again: by which rule, when next, and single ones skipped or moved."""

from __future__ import annotations

import uuid
from typing import Any

import marshmallow as ma

from jobbing_api import errors, words
from jobbing_api.api import contract, fields, job_bodies, kinds, lists, offer_shapes, problems, view
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import recurrence, series

blueprint = Blueprint("series", __name__, description="Jobs that come again.")


def _frequency() -> ma.fields.Field[Any]:
    return fields.choice("By weeks or by months.", "weekly", recurrence.FREQUENCIES)


def _interval(**given: Any) -> ma.fields.Field[Any]:
    return fields.whole("Every so many weeks or months.", 2, least=1, most=12, **given)


def _weekdays(**given: Any) -> ma.fields.Field[Any]:
    return fields.many(
        fields.whole("A weekday, Monday 0.", 1, least=0, most=6),
        "Of a weekly rule: on which days; the day of the first where none is named.",
        [1],
        most=7,
        distinct=True,
        **given,
    )


def _by(**given: Any) -> ma.fields.Field[Any]:
    return fields.choice(
        "Of a monthly rule. `date`: on the same date, or the last day of a month that has no"
        " such date. `weekday`: on the same weekday, such as the first Tuesday or the last"
        " Friday.",
        "date",
        recurrence.MONTHLY_BY,
        **given,
    )


def _times(**given: Any) -> ma.fields.Field[Any]:
    return fields.whole(
        "How often in all; null for no end, or where `until` says it.",
        10,
        least=1,
        most=200,
        allow_none=True,
        **given,
    )


def _until(**given: Any) -> ma.fields.Field[Any]:
    return fields.day(
        "The last local date it may fall on; null for no end, or where `times` says it.",
        "2027-10-31",
        allow_none=True,
        **given,
    )


class RepeatBody(kinds.Body):
    """When the first is to be done, and how often after it."""

    window = fields.part(job_bodies.WindowBody, "When the first may be done.")
    frequency = _frequency()
    interval = _interval(load_default=1)
    weekdays = _weekdays(load_default=list)
    by = _by(load_default="date")
    times = _times(load_default=None)
    until = _until(load_default=None)
    same_provider = fields.flag(
        "Whether whoever did the last is asked before others, at what was agreed then.",
        True,
        load_default=True,
    )


class OccurrenceBody(kinds.Body):
    """Which one."""

    on = fields.day("The local date that the rule gives it.", "2026-12-01")


class MoveOccurrenceBody(OccurrenceBody):
    """Which one, and when instead."""

    window = fields.part(job_bodies.WindowBody, "When it may be done instead.")


class OccurrenceAnswer(kinds.Answer):
    """One of a series."""

    on = fields.day("The local date that the rule gives it.", "2026-12-01")
    window = fields.part(offer_shapes.WindowAnswer, "When it may be done.")
    state = fields.choice(
        "`planned` by the rule, `moved` from it, `skipped`; `asked` about, as a job of its own;"
        " `missed`: could not be asked about.",
        "planned",
        recurrence.STATES,
    )
    job_id = fields.uid("The job, once it was asked about.", allow_none=True)


class SeriesAnswer(kinds.Answer):
    """A job that comes again."""

    id = fields.uid("The series.")
    job_id = fields.uid("The job it repeats.")
    category = fields.slug("What kind of job.", "hedge-trimming")
    title = fields.text("What it is about.", "Hedge behind the house", most=120)
    text = fields.text("The rule in words.", "Every 2 weeks", most=200)
    frequency = _frequency()
    interval = _interval()
    weekdays = _weekdays()
    by = _by()
    times = _times()
    until = _until()
    same_provider = fields.flag("Whether whoever did the last is asked before others.", True)
    time_zone = fields.time_zone("Whose days and hours these are.")
    created_at = fields.instant("When it was set up.", "2026-11-23T10:00:00Z")
    ended_at = fields.instant(
        "Since when nothing is asked.", "2027-11-23T10:00:00Z", allow_none=True
    )
    occurrences = fields.many(OccurrenceAnswer, "The next ones, by date.")


@blueprint.route("/jobs/<uuid:job_id>/repeat")
class Repeat(view.View):
    @blueprint.operation(
        "repeat_job",
        who=contract.RESIDENT,
        body=RepeatBody,
        answer=SeriesAnswer,
        status=201,
        refuses=[errors.NotFound],
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """The same again and again (the resident)

        Each is posted as a job of its own some days ahead, in the same hours of its day by
        the clock of the market; a window shorter than a day keeps its length in the night the
        clocks change. Single ones are skipped or moved until then.
        """
        window = body.pop("window")
        same_provider = body.pop("same_provider")
        made = series.repeat(
            self.session,
            job_id,
            self.account,
            rule=recurrence.Rule(**body),
            window_from=window["from_"],
            window_to=window["to"],
            same_provider=same_provider,
            now=self.now,
        )
        (shown,) = _shown(self, [made])
        return shown, {"Location": f"/api/v1/series/{made.id}"}


@blueprint.route("/series")
class AllSeries(view.View):
    @blueprint.operation(
        "list_series",
        who=contract.RESIDENT,
        query=lists.PageQuery,
        answer=lists.page_of(SeriesAnswer),
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """My jobs that come again, latest first"""
        found = series.list_series(
            self.session, self.account, limit=query["limit"] + 1, after=lists.after(query)
        )
        page = lists.page(found, query["limit"], id_of=lambda one: one.id)
        page["items"] = _shown(self, page["items"])
        return page


@blueprint.route("/series/<uuid:series_id>")
class OneSeries(view.View):
    @blueprint.operation("get_series", answer=SeriesAnswer, refuses=[errors.NotFound])
    def get(self, *, series_id: uuid.UUID) -> Any:
        """One of my jobs that come again"""
        return _shown(self, [series.series_of(self.session, series_id, self.account)])[0]


_REFUSES = (errors.NotFound, errors.IllegalMove)


@blueprint.route("/series/<uuid:series_id>/skip")
class Skip(view.View):
    @blueprint.operation(
        "skip_occurrence", body=OccurrenceBody, answer=SeriesAnswer, refuses=_REFUSES
    )
    def post(self, *, series_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Not this time

        Until it was asked about; from then on it is a job, and is called off like any other.
        """
        changed = series.skip(self.session, series_id, self.account, on=body["on"], now=self.now)
        return _shown(self, [changed])[0]


@blueprint.route("/series/<uuid:series_id>/move")
class Move(view.View):
    @blueprint.operation(
        "move_occurrence", body=MoveOccurrenceBody, answer=SeriesAnswer, refuses=_REFUSES
    )
    def post(self, *, series_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """At another time, this once

        Less than 31 days from where the rule has it.
        """
        changed = series.move_one(
            self.session,
            series_id,
            self.account,
            on=body["on"],
            window_from=body["window"]["from_"],
            window_to=body["window"]["to"],
            now=self.now,
        )
        return _shown(self, [changed])[0]


@blueprint.route("/series/<uuid:series_id>/restore")
class Restore(view.View):
    @blueprint.operation(
        "restore_occurrence", body=OccurrenceBody, answer=SeriesAnswer, refuses=_REFUSES
    )
    def post(self, *, series_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """As the rule has it after all"""
        changed = series.restore(self.session, series_id, self.account, on=body["on"], now=self.now)
        return _shown(self, [changed])[0]


@blueprint.route("/series/<uuid:series_id>/end")
class End(view.View):
    @blueprint.operation("end_series", answer=SeriesAnswer, refuses=[errors.NotFound])
    def post(self, *, series_id: uuid.UUID) -> Any:
        """Not again

        What was asked about already stays.
        """
        ended = series.end(self.session, series_id, self.account, now=self.now)
        return _shown(self, [ended])[0]


def _shown(self: view.View, several: list[Any]) -> list[dict[str, Any]]:
    language = problems.reader_language()
    return [
        {
            **{
                name: getattr(one.series, name)
                for name in (
                    *("id", "job_id", "frequency", "interval", "weekdays", "by", "times"),
                    *("until", "same_provider", "created_at", "ended_at"),
                )
            },
            "category": one.job.category.slug,
            "title": one.job.title,
            "text": words.say(
                language, f"series-{one.series.frequency}", interval=one.series.interval
            ),
            "time_zone": one.job.market.time_zone,
            "occurrences": [
                {
                    "on": each.on,
                    "window": {"from_": each.window_from, "to": each.window_to},
                    "state": each.state,
                    "job_id": each.job_id,
                }
                for each in one.occurrences
            ],
        }
        for one in series.shown(self.session, several, now=self.now)
    ]
