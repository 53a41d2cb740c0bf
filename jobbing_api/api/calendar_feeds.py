"""A provider's visits for the calendar they use already.

Hides: the secret in the address, which is shown once and is in no log (the route's template
is), and how visits are written as iCalendar (RFC 5545). Whatever stands in it is read by
whoever keeps that calendar: a kind of job and a town, never a name or an address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
from flask import Response

from jobbing_api import errors, jobs, providers, words
from jobbing_api.api import contract, fields, kinds, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint(
    "calendar feeds", __name__, description="Visits in the calendar somebody uses already."
)

_ICS = "text/calendar"

#: How often a calendar is asked to look; it may look more often, and finds nothing new.
_LOOK_EVERY = timedelta(hours=1)


class FeedAnswer(kinds.Answer):
    """Whether there is a feed."""

    made_at = fields.instant(
        "Since when; null without one.", "2026-11-28T09:30:00Z", allow_none=True
    )


class NewFeedAnswer(kinds.Answer):
    """A new feed: keep its address, it is not shown again."""

    url = fields.text(
        "Paste it where your calendar subscribes to others. Whoever has it reads your visits.",
        "https://jobbing.example/api/v1/calendar-feeds/Zt2mV3jH0wqXlN5cYb8sRk1aFd7uPe9oGi4xTq6hJvM.ics",
        most=500,
    )
    made_at = fields.instant("Since when.", "2026-11-28T09:30:00Z")


@blueprint.route("/providers/me/calendar-feed")
class OwnFeed(view.View):
    @blueprint.operation("get_calendar_feed", who=contract.PROVIDER, answer=FeedAnswer)
    def get(self) -> Any:
        """Whether my visits can be read by a calendar"""
        return {"made_at": providers.feed_made_at(self.session, self.account.id)}

    @blueprint.operation(
        "make_calendar_feed",
        who=contract.PROVIDER,
        answer=NewFeedAnswer,
        status=201,
        refuses=[errors.ProfileRequired],
    )
    def post(self) -> Any:
        """Let a calendar read my visits

        By a secret address that is shown this once. Asked again, there is another one and
        the earlier stops.
        """
        secret = providers.make_feed(self.session, self.account.id, now=self.now)
        url = f"{view.settings().base_url}/api/v1/calendar-feeds/{secret}.ics"
        return {"url": url, "made_at": self.now}

    @blueprint.operation("end_calendar_feed", who=contract.PROVIDER, status=204)
    def delete(self) -> Response:
        """Stop letting a calendar read my visits"""
        providers.end_feed(self.session, self.account.id)
        return view.nothing()


@blueprint.route("/calendar-feeds/<string(maxlength=100):secret>.ics")
class Feed(view.View):
    @blueprint.operation(
        "read_calendar_feed",
        who=contract.ANYONE,
        answer={"type": "string", "description": "iCalendar (RFC 5545), hours in UTC."},
        gives=[_ICS],
        refuses=[errors.NotFound],
    )
    def get(self, *, secret: str) -> Response:
        """Somebody's visits, for whoever has the address

        Those ahead and of the last 30 days, those called off marked as such. What kind of
        job and in which town, and a link to the job for whoever may sign in.
        """
        owner = providers.whose_feed(self.session, secret)
        events = jobs.diary_of(self.session, owner.id, now=self.now)
        response = Response(_written(events, owner.language), mimetype=_ICS)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _written(events: list[jobs.Event], language: str) -> bytes:
    """The same for the same events, so that an ETag says whether anything is new."""
    spoken = words.spoken(language)
    name = words.say(spoken, "calendar-name")
    written = icalendar.Calendar()
    written.add("prodid", "-//Jobbing//Visits//EN")
    written.add("version", "2.0")
    written.add("method", "PUBLISH")
    written.add("name", name)
    written.add("x-wr-calname", name)
    written.add("refresh-interval", _LOOK_EVERY, parameters={"VALUE": "DURATION"})
    written.add("x-published-ttl", icalendar.vDuration(_LOOK_EVERY))
    for one in events:
        event = icalendar.Event()
        event.add("uid", f"{one.key}@jobbing")
        event.add("sequence", one.revision)
        event.add("dtstamp", one.changed_at)
        event.add("last-modified", one.changed_at)
        event.add("dtstart", one.starts_at)
        event.add("dtend", one.ends_at)
        category = one.category.get(spoken, one.category["en"])
        event.add(
            "summary", words.say(spoken, "calendar-event", category=category, place=one.place)
        )
        event.add("location", one.place)
        event.add("url", f"{view.settings().base_url}/jobs/{one.job_id}")
        event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if one.cancelled else "OPAQUE")
        event.add("class", "PRIVATE")
        written.add_component(event)
    return bytes(written.to_ical())
