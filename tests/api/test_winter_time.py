"""A visit right after the clocks go back, with a resident who is in Fort-de-France meanwhile.

Whatever offset a phone sends, what happens happens at real instants, and what people read is the
clock on the wall where the visit is.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import clock as clocks
from jobbing_api.notifications import models as notifications_models
from jobbing_api.notifications import wording
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of
from tests.api.test_calendar_feeds import made

PARIS, THERE = ZoneInfo("Europe/Paris"), ZoneInfo("America/Martinique")

#: Clocks go back at three in the morning of Sunday, 25 October 2026.
MONDAY_EIGHT = datetime(2026, 10, 26, 8, tzinfo=PARIS)


def at(clock: Clock, moment: datetime) -> None:
    clock.now = moment.astimezone(UTC)
    clocks.do_due(clock.now)


def read(session: Session, who: Person, kind: str) -> list[tuple[datetime, str]]:
    """When somebody was told this, and in which words."""
    line = notifications_models.Notification
    return [
        (one.due_at, wording.sentences(one, language="en")[1])
        for one in session.scalars(
            select(line).where(line.account_id == who.id, line.kind == kind).order_by(line.id)
        )
    ]


@pytest.mark.parametrize("zone", [PARIS, THERE], ids=["paris", "fort-de-france"])
def test_hours_are_those_of_the_wall_where_the_visit_is(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
    zone: ZoneInfo,
) -> None:
    clock.now = datetime(2026, 10, 23, 10, tzinfo=PARIS).astimezone(UTC)
    resident, first = person(), provider()
    week = [{"weekday": day, "from": "08:00", "to": "19:00"} for day in range(6)]
    first.put("/providers/me/calendar", {"time_zone": "Europe/Paris", "weekly": week})
    feed = made(first)
    # What the phone sends is its own offset: in Fort-de-France it is four in the morning.
    local = MONDAY_EIGHT.astimezone(zone)
    window = {
        "from": (local - timedelta(hours=2)).isoformat(),
        "to": (local + timedelta(hours=10)).isoformat(),
    }
    posted = resident.post("/jobs", job(clock.now, window=window)).get_json()
    assert posted["window"]["from"] == "2026-10-26T05:00:00Z"
    ask_a_wave(posted, clock)
    offer = offer_of(first, posted)
    # Eight by the calendar is seven UTC now, no more six.
    assert offer["starts_at"] == "2026-10-26T07:00:00Z"
    assert first.post(f"/offers/{offer['id']}/accept").status_code == 200
    path = f"/jobs/{posted['id']}"

    seen = resident.get(path).get_json()
    assert seen["starts_at"] == "2026-10-26T07:00:00Z"
    # A day is twenty-four real hours: eight on Sunday, by either clock.
    assert seen["calling_off"]["free_until"] == "2026-10-25T07:00:00Z"
    ((_, said),) = read(session, resident, "job-assigned")
    assert "08:00" in said

    at(clock, MONDAY_EIGHT - timedelta(hours=24, minutes=1))
    assert read(session, first, "visit-confirm") == []
    at(clock, datetime(2026, 10, 25, 8, tzinfo=PARIS))
    ((_, asked),) = read(session, first, "visit-confirm")
    assert "08:00" in asked
    ((_, told),) = read(session, resident, "visit-soon")
    assert "08:00" in told

    # Both keep the same hour: in a paper, and in another calendar.
    paper = resident.get(f"{path}/order.pdf").data
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
    assert "08:00" in text
    ics = first.client.get(feed)
    (event,) = icalendar.Calendar.from_ical(ics.data).walk("VEVENT")
    assert event.decoded("dtstart") == MONDAY_EIGHT

    at(clock, MONDAY_EIGHT + timedelta(minutes=14))
    assert read(session, resident, "visit-late") == []
    at(clock, MONDAY_EIGHT + timedelta(minutes=15))
    assert len(read(session, resident, "visit-late")) == 1


def test_an_hour_of_the_night_that_comes_twice_is_told_apart(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    clock.now = datetime(2026, 10, 23, 10, tzinfo=PARIS).astimezone(UTC)
    resident, first = person(), provider()
    night = {"weekday": 6, "from": "02:00", "to": "05:00"}
    first.put("/providers/me/calendar", {"time_zone": "Europe/Paris", "weekly": [night]})
    # Half past two comes twice; the second is an hour of real time after the first.
    for offset, minutes in (("+02:00", 0), ("+01:00", 60)):
        window = {"from": f"2026-10-25T02:30:00{offset}", "to": "2026-10-25T05:00:00+01:00"}
        posted = resident.post("/jobs", job(clock.now, window=window)).get_json()
        ask_a_wave(posted, clock)
        starts_at = datetime.fromisoformat(offer_of(first, posted)["starts_at"])
        assert starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
