"""Work over HTTP: a word on the way, a pause, a block, an end, a redo, and silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_visits import HOUR, MINUTE, NEARBY, Agreed

DAY = 24 * HOUR


@pytest.fixture
def at_work(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> Agreed:
    """Work on a long job has just begun."""
    resident, first, second = person(), provider(), provider(base=NEARBY)
    posted = resident.post("/jobs", job(clock.now, duration_minutes=360)).get_json()
    assert ask_a_wave(posted, clock) == 2
    assert first.post(f"/offers/{offer_of(first, posted)['id']}/accept").status_code == 200
    agreed = Agreed(resident, first, second, clock, session, posted)
    agreed.at(agreed.starts_at)
    assert resident.post(f"{agreed.path}/start").status_code == 200
    return agreed


def says(agreed: Agreed, kind: str, **body: Any) -> dict[str, Any]:
    answer = agreed.provider.post(f"{agreed.path}/check-ins", {"kind": kind, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_the_time_sheet_counts_work_and_no_rest(at_work: Agreed) -> None:
    at_work.clock.move(minutes=90)
    assert says(at_work, "pause")["paused_at"] is not None
    at_work.clock.move(minutes=30)
    # Paused again, it is the same pause.
    assert says(at_work, "pause")["progress"]["worked_minutes"] == 90
    at_work.clock.move(minutes=15)
    assert says(at_work, "resume")["paused_at"] is None
    assert len(says(at_work, "resume")["progress"]["stretches"]) == 2
    at_work.clock.move(minutes=60)
    done = at_work.provider.post(f"{at_work.path}/finish", {"text": "Rincé."}).get_json()
    assert done["progress"]["worked_minutes"] == 150
    at_work.clock.move(minutes=600)
    assert at_work.seen()["progress"]["worked_minutes"] == 150
    assert "Rincé." in str(at_work.seen()["timeline"])


def test_a_block_says_what_it_waits_for_and_the_resident_hears_of_it(at_work: Agreed) -> None:
    for body in ({"kind": "blocked"}, {"kind": "progress", "waits_for": "weather"}):
        refused = at_work.provider.post(f"{at_work.path}/check-ins", body)
        assert (refused.status_code, slug(refused)) == (422, "invalid-input")
        assert list(refused.get_json()["errors"]) == ["waits_for"]
    blocked = says(at_work, "blocked", waits_for="material", text="Il manque un coude.")
    assert (blocked["blocked_because"], blocked["state"]) == ("material", "in_progress")
    assert at_work.told(at_work.resident)[-1] == "work-blocked"
    shown = at_work.seen()["progress"]["check_ins"][-1]
    assert (shown["text"], shown["waits_for"]) == ("Il manque un coude.", "material")
    assert says(at_work, "resume")["blocked_at"] is None


def test_only_who_is_at_work_says_how_it_goes(at_work: Agreed) -> None:
    for who, status in ((at_work.resident, 403), (at_work.other, 404)):
        assert who.post(f"{at_work.path}/check-ins", {"kind": "progress"}).status_code == status
    at_work.provider.post(f"{at_work.path}/finish")
    late = at_work.provider.post(f"{at_work.path}/check-ins", {"kind": "progress"})
    assert (late.status_code, slug(late)) == (409, "illegal-move")


def test_a_long_job_is_asked_for_word_every_two_hours(at_work: Agreed) -> None:
    began_at = at_work.clock.now
    at_work.at(began_at + 2 * HOUR)
    assert at_work.told(at_work.provider)[-1] == "check-in-asked"
    at_work.at(began_at + 3 * HOUR)
    says(at_work, "progress", text="La moitié est faite.")
    assert at_work.told(at_work.resident)[-1] == "work-progress"
    at_work.at(began_at + 4 * HOUR)
    assert at_work.told(at_work.provider).count("check-in-asked") == 1
    at_work.at(began_at + 5 * HOUR)
    assert at_work.told(at_work.provider).count("check-in-asked") == 2


def test_work_that_shows_no_sign_of_life_is_asked_what_blocks_it(at_work: Agreed) -> None:
    over_at = at_work.clock.now + 6 * HOUR
    at_work.at(over_at + 89 * MINUTE)
    assert "work-stalled" not in at_work.told(at_work.provider)
    at_work.at(over_at + 90 * MINUTE)
    assert "work-stalled" in at_work.told(at_work.provider)
    assert at_work.told(at_work.resident)[-1] == "work-quiet"
    says(at_work, "blocked", waits_for="weather")
    heard_at = at_work.clock.now
    at_work.at(heard_at + DAY - MINUTE)
    assert at_work.told(at_work.provider).count("work-stalled") == 1
    at_work.at(heard_at + DAY)
    assert at_work.told(at_work.provider).count("work-stalled") == 2


def test_silence_is_a_yes_after_three_reminders(at_work: Agreed) -> None:
    at_work.provider.post(f"{at_work.path}/finish")
    done_at = at_work.clock.now
    for hours, reminders in ((2, 1), (24, 2), (48, 3), (71, 3)):
        at_work.at(done_at + hours * HOUR)
        assert at_work.told(at_work.resident).count("confirm-reminder") == reminders
    assert at_work.seen()["state"] == "finished"
    at_work.at(done_at + 72 * HOUR)
    assert at_work.seen()["state"] == "completed"
    last = at_work.seen()["timeline"][-1]
    assert (last["event"], last["by"]) == ("job-confirm", "system")
    assert at_work.told(at_work.provider)[-1] == "job-completed"


def test_whoever_confirmed_is_not_reminded(at_work: Agreed) -> None:
    at_work.provider.post(f"{at_work.path}/finish")
    at_work.clock.move(minutes=30)
    assert at_work.resident.post(f"{at_work.path}/confirm").status_code == 200
    at_work.at(at_work.clock.now + 100 * HOUR)
    assert "confirm-reminder" not in at_work.told(at_work.resident)


def test_what_is_to_be_put_right_has_a_date_and_counts_on_the_time_sheet(at_work: Agreed) -> None:
    at_work.clock.move(minutes=120)
    at_work.provider.post(f"{at_work.path}/finish")
    again = at_work.resident.post(f"{at_work.path}/redo", {"reason": "Il goutte encore."})
    assert (again.status_code, again.get_json()["state"]) == (200, "in_progress")
    assert again.get_json()["paused_at"] is not None
    when = at_work.clock.now + 20 * HOUR
    for who, status in ((at_work.resident, 403), (at_work.other, 404)):
        body = {"starts_at": when.isoformat()}
        assert who.post(f"{at_work.path}/redo-date", body).status_code == status
    past = (when - 3 * DAY).isoformat()
    for wrong in (past, "2126-01-01T08:00:00Z", "9999-12-31T23:59:00Z"):
        refused = at_work.provider.post(f"{at_work.path}/redo-date", {"starts_at": wrong})
        assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    dated = at_work.provider.post(
        f"{at_work.path}/redo-date", {"starts_at": when.isoformat(), "minutes": 45}
    )
    assert dated.status_code == 200
    assert datetime.fromisoformat(dated.get_json()["starts_at"]) == when
    assert at_work.told(at_work.resident)[-1] == "redo-date"
    at_work.at(when)
    says(at_work, "resume")
    at_work.at(when + 40 * MINUTE)
    done = at_work.provider.post(f"{at_work.path}/finish").get_json()
    assert done["progress"]["worked_minutes"] == 160
    once_more = at_work.resident.post(f"{at_work.path}/redo", {"reason": "Encore."})
    assert (once_more.status_code, slug(once_more)) == (409, "illegal-move")


def test_a_redo_without_a_date_or_an_end_is_told_to_both(at_work: Agreed) -> None:
    at_work.provider.post(f"{at_work.path}/finish")
    at_work.resident.post(f"{at_work.path}/redo", {"reason": "Il goutte encore."})
    asked_at = at_work.clock.now
    at_work.at(asked_at + 48 * HOUR)
    assert "redo-overdue" in at_work.told(at_work.resident)
    at_work.at(asked_at + timedelta(days=7))
    assert at_work.told(at_work.resident).count("redo-overdue") == 2


def test_no_date_is_set_where_nothing_is_to_be_put_right(at_work: Agreed) -> None:
    body = {"starts_at": (at_work.clock.now + DAY).isoformat()}
    refused = at_work.provider.post(f"{at_work.path}/redo-date", body)
    assert (refused.status_code, slug(refused)) == (409, "illegal-move")
