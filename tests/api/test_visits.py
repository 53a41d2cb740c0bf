"""The visit over HTTP: confirmed, moved, called off, missed, and let in at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import clock as clocks
from jobbing_api.notifications import models as notifications_models
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, point, read, slug

NEARBY = point(4.8412, 45.7601)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Agreed:
    """A job that was accepted, its people, and the clock they live by."""

    resident: Person
    provider: Person
    other: Person
    clock: Clock
    session: Session
    posted: dict[str, Any]
    path: str = field(init=False)

    def __post_init__(self) -> None:
        self.path = f"/jobs/{self.posted['id']}"

    def seen(self, who: Person | None = None) -> dict[str, Any]:
        return dict(read(who or self.resident, self.posted).get_json())

    @property
    def starts_at(self) -> datetime:
        return datetime.fromisoformat(self.seen()["starts_at"])

    def at(self, moment: datetime) -> None:
        """It is that late, and a clock has looked at what is due."""
        self.clock.now = moment
        clocks.do_due(moment)

    def told(self, who: Person) -> list[str]:
        """The kinds of the lines owed to somebody, oldest first."""
        line = notifications_models.Notification
        return list(
            self.session.scalars(
                select(line.kind).where(line.account_id == who.id).order_by(line.id)
            )
        )


@pytest.fixture
def agreed(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> Agreed:
    """Agreed on a Monday for Thursday, 08:00 in Lyon; somebody else was asked too."""
    resident, first, second = person(), provider(), provider(base=NEARBY)
    monday = clock.now.replace(hour=6, minute=0)
    window = {
        "from": (monday + timedelta(days=3)).isoformat(),
        "to": (monday + timedelta(days=3, hours=10)).isoformat(),
    }
    posted = resident.post("/jobs", job(clock.now, window=window)).get_json()
    assert ask_a_wave(posted, clock) == 2
    assert first.post(f"/offers/{offer_of(first, posted)['id']}/accept").status_code == 200
    return Agreed(resident, first, second, clock, session, posted)


# At the door -----------------------------------------------------------------------------


def test_work_begins_with_the_digits_the_resident_reads_out(agreed: Agreed) -> None:
    digits = agreed.seen()["visit"]["start_code"]
    assert agreed.seen(agreed.provider)["visit"]["start_code"] is None
    agreed.at(agreed.starts_at)
    wrong = f"{(int(digits) + 1) % 10_000:04d}"
    for said in ({"code": wrong}, {}):
        refused = agreed.provider.post(f"{agreed.path}/start", said)
        assert (refused.status_code, slug(refused)) == (422, "wrong-start-code")
    begun = agreed.provider.post(f"{agreed.path}/start", {"code": digits})
    assert (begun.status_code, begun.get_json()["state"]) == (200, "in_progress")
    assert begun.get_json()["visit"] is None
    again = agreed.provider.post(f"{agreed.path}/start", {"code": digits})
    assert (again.status_code, slug(again)) == (409, "illegal-move")


def test_the_resident_says_that_they_are_there_without_digits(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    begun = agreed.resident.post(f"{agreed.path}/start")
    assert (begun.status_code, begun.get_json()["state"]) == (200, "in_progress")


def test_digits_change_before_anybody_has_tried_them_all(agreed: Agreed) -> None:
    digits = agreed.seen()["visit"]["start_code"]
    wrong = f"{(int(digits) + 1) % 10_000:04d}"
    for _ in range(5):
        assert agreed.provider.post(f"{agreed.path}/start", {"code": wrong}).status_code == 422
    assert "start-code-changed" in agreed.told(agreed.resident)
    now_they_are = agreed.seen()["visit"]["start_code"]
    if now_they_are != digits:
        assert agreed.provider.post(f"{agreed.path}/start", {"code": digits}).status_code == 422
    assert agreed.provider.post(f"{agreed.path}/start", {"code": now_they_are}).status_code == 200


@pytest.mark.parametrize("code", ["12", "12345", "abcd", 1234, "١٢٣٤"])
def test_what_are_not_four_digits_is_said(agreed: Agreed, code: Any) -> None:
    refused = agreed.provider.post(f"{agreed.path}/start", {"code": code})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert "code" in refused.get_json()["errors"]


# Under way -------------------------------------------------------------------------------


def test_the_resident_alone_sees_who_is_under_way_and_only_then(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at - 20 * MINUTE)
    where = {"online": True, "position": NEARBY}
    assert agreed.provider.put("/providers/me/presence", where).status_code == 200
    early = agreed.resident.get(f"{agreed.path}/arrival")
    assert (early.status_code, slug(early)) == (409, "illegal-move")

    agreed.clock.move(minutes=1)
    said = agreed.provider.post(f"{agreed.path}/on-my-way", {"minutes": 15}).get_json()
    assert said["visit"]["arrives_at"] == (agreed.clock.now + 15 * MINUTE).isoformat().replace(
        "+00:00", "Z"
    )
    # Where they were before they set out is nobody's affair.
    assert agreed.resident.get(f"{agreed.path}/arrival").get_json()["position"] is None
    agreed.clock.move(minutes=2)
    assert agreed.provider.put("/providers/me/presence", where).status_code == 200
    seen = agreed.resident.get(f"{agreed.path}/arrival").get_json()
    assert seen["position"] == NEARBY
    # 600 m at two minutes a kilometre.
    assert seen["arrives_at"] == (agreed.clock.now + 2 * MINUTE).isoformat().replace("+00:00", "Z")
    assert agreed.provider.get(f"{agreed.path}/arrival").status_code == 403
    assert agreed.other.get(f"{agreed.path}/arrival").status_code == 404

    assert agreed.resident.post(f"{agreed.path}/start").status_code == 200
    over = agreed.resident.get(f"{agreed.path}/arrival")
    assert (over.status_code, slug(over)) == (409, "illegal-move")


def test_nobody_sets_out_in_the_name_of_another(agreed: Agreed) -> None:
    for who, status in ((agreed.resident, 403), (agreed.other, 404)):
        assert who.post(f"{agreed.path}/on-my-way").status_code == status
    refused = agreed.provider.post(f"{agreed.path}/on-my-way", {"minutes": 601})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")


def test_nobody_sets_out_days_ahead(agreed: Agreed) -> None:
    early = agreed.provider.post(f"{agreed.path}/on-my-way", {})
    assert (early.status_code, slug(early)) == (409, "too-early")
    agreed.clock.now = agreed.starts_at + 16 * MINUTE
    # So nobody was at the door, and the resident owes nothing for it.
    refused = agreed.provider.post(f"{agreed.path}/no-show")
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    assert agreed.seen()["state"] == "assigned"


@pytest.mark.parametrize(("before", "status"), [(181, 409), (180, 200)])
def test_setting_out_is_said_from_three_hours_before(
    agreed: Agreed, before: int, status: int
) -> None:
    agreed.at(agreed.starts_at - before * MINUTE)
    assert agreed.provider.post(f"{agreed.path}/on-my-way", {}).status_code == status


# Confirmed, or silence --------------------------------------------------------------------


def test_both_are_asked_the_day_and_the_hour_before(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at - 24 * HOUR)
    assert agreed.told(agreed.provider)[-1] == "visit-confirm"
    assert agreed.told(agreed.resident)[-1] == "visit-soon"
    assert agreed.seen()["visit"]["confirmed"] is False
    for who in (agreed.provider, agreed.resident):
        assert who.post(f"{agreed.path}/confirm-visit").status_code == 200
    visit = agreed.seen()["visit"]
    assert visit["confirmed"] is True
    assert visit["provider_confirmed_at"] == visit["resident_confirmed_at"]
    assert agreed.told(agreed.resident)[-1] == "visit-confirmed"

    agreed.at(agreed.starts_at - 60 * MINUTE)
    assert agreed.seen()["visit"]["confirmed"] is False
    assert agreed.told(agreed.provider).count("visit-confirm") == 2
    assert agreed.provider.post(f"{agreed.path}/confirm-visit").status_code == 200
    before = agreed.told(agreed.resident)
    agreed.at(agreed.starts_at - 30 * MINUTE)
    assert agreed.told(agreed.resident) == before
    assert "stand-by-asked" not in agreed.told(agreed.other)


def test_a_stranger_confirms_nothing(agreed: Agreed) -> None:
    assert agreed.other.post(f"{agreed.path}/confirm-visit").status_code == 404
    agreed.at(agreed.starts_at)
    agreed.resident.post(f"{agreed.path}/start")
    late = agreed.provider.post(f"{agreed.path}/confirm-visit")
    assert (late.status_code, slug(late)) == (409, "illegal-move")


def test_silence_warms_a_backup_who_is_asked_first_when_nobody_comes(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at - 60 * MINUTE)
    agreed.at(agreed.starts_at - 30 * MINUTE)
    assert agreed.told(agreed.resident)[-1] == "visit-unconfirmed"
    assert agreed.told(agreed.provider)[-1] == "visit-confirm-now"
    assert agreed.told(agreed.other)[-1] == "stand-by-asked"
    offer = offer_of(agreed.other, agreed.posted)
    assert (offer["state"], offer["stands_by"]) == ("withdrawn", None)
    assert offer["stand_by_asked_at"] is not None
    ready = agreed.other.post(f"/offers/{offer['id']}/stand-by", {"ready": True})
    assert (ready.status_code, ready.get_json()["stands_by"]) == (200, True)

    agreed.at(agreed.starts_at + 15 * MINUTE)
    assert agreed.told(agreed.resident)[-1] == "visit-late"
    assert agreed.told(agreed.provider)[-1] == "visit-overdue"
    starts_at = agreed.starts_at
    agreed.at(starts_at + 30 * MINUTE)
    assert agreed.told(agreed.resident)[-1] == "provider-dropped-out"
    assert agreed.told(agreed.provider)[-1] == "visit-missed"
    reopened = agreed.seen()
    assert (reopened["state"], reopened["round"]) == ("open", 2)
    assert agreed.provider.get(agreed.path).status_code == 404

    assert ask_a_wave(reopened, agreed.clock) == 1
    second = next(
        one for one in agreed.other.get("/offers").get_json()["items"] if one["state"] == "sent"
    )
    taken = agreed.other.post(f"/offers/{second['id']}/accept")
    assert (taken.status_code, taken.get_json()["state"]) == (200, "assigned")


def test_nobody_stands_by_who_was_not_asked_to(agreed: Agreed) -> None:
    mine, theirs = offer_of(agreed.provider, agreed.posted), offer_of(agreed.other, agreed.posted)
    for who, offer, status in (
        (agreed.other, theirs, 409),
        (agreed.provider, mine, 409),
        (agreed.other, mine, 404),
    ):
        refused = who.post(f"/offers/{offer['id']}/stand-by", {"ready": True})
        assert refused.status_code == status
    assert agreed.resident.post(f"/offers/{theirs['id']}/stand-by", {}).status_code == 403


def test_whoever_is_under_way_is_waited_for_and_the_resident_hears_when(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at + 5 * MINUTE)
    assert agreed.provider.post(f"{agreed.path}/on-my-way", {"minutes": 40}).status_code == 200
    agreed.at(agreed.starts_at + 15 * MINUTE)
    assert agreed.told(agreed.resident)[-1] == "visit-late-under-way"
    agreed.at(agreed.starts_at + 30 * MINUTE)
    assert agreed.seen()["state"] == "assigned"
    # The forty minutes are over.
    agreed.at(agreed.starts_at + 60 * MINUTE)
    assert agreed.seen()["state"] == "open"


def test_nobody_is_under_way_for_ever(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    assert agreed.provider.post(f"{agreed.path}/on-my-way", {}).status_code == 200
    for minutes in range(15, 91, 15):
        agreed.at(agreed.starts_at + minutes * MINUTE)
        assert agreed.seen()["state"] == "assigned"
    agreed.at(agreed.starts_at + 105 * MINUTE)
    assert agreed.seen()["state"] == "open"


def test_whoever_says_every_hour_that_they_come_later_is_waited_for_no_longer(
    agreed: Agreed,
) -> None:
    for passed in range(0, 91, 15):
        agreed.at(agreed.starts_at + passed * MINUTE)
        said = agreed.provider.post(f"{agreed.path}/on-my-way", {"minutes": 180})
        assert said.status_code == 200
    agreed.at(agreed.starts_at + 105 * MINUTE)
    assert agreed.seen()["state"] == "open"


# Moved -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2126-01-01T08:00:00Z", "9999-12-31T23:59:00Z"])
def test_no_visit_moves_beyond_what_can_be_planned(agreed: Agreed, at: str) -> None:
    refused = agreed.resident.post(f"{agreed.path}/reschedule", {"starts_at": at})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["starts_at"])


def test_a_visit_moves_when_both_agree(agreed: Agreed) -> None:
    old = agreed.starts_at
    new = old + 26 * HOUR
    asked = agreed.resident.post(f"{agreed.path}/reschedule", {"starts_at": new.isoformat()})
    assert asked.status_code == 200
    assert asked.get_json()["starts_at"] == old.isoformat().replace("+00:00", "Z")
    question = agreed.seen(agreed.provider)["visit"]["reschedule"]
    assert (question["asked_by"], datetime.fromisoformat(question["starts_at"])) == (
        "resident",
        new,
    )
    own = agreed.resident.post(f"{agreed.path}/reschedule/agree")
    assert (own.status_code, slug(own)) == (403, "not-allowed")
    moved = agreed.provider.post(f"{agreed.path}/reschedule/agree")
    assert moved.status_code == 200
    assert agreed.starts_at == new
    assert agreed.seen()["visit"]["reschedule"] is None
    assert agreed.told(agreed.resident)[-1] == "visit-moved"
    # Nothing of the old hour is due any more.
    agreed.at(old + 30 * MINUTE)
    assert agreed.seen()["state"] == "assigned"
    agreed.at(new - 60 * MINUTE)
    assert agreed.told(agreed.provider)[-1] == "visit-confirm"


def test_a_refused_hour_changes_nothing_and_is_answered_once(agreed: Agreed) -> None:
    old = agreed.starts_at
    wish = {"starts_at": (old + 26 * HOUR).isoformat()}
    assert agreed.provider.post(f"{agreed.path}/reschedule", wish).status_code == 200
    assert agreed.resident.post(f"{agreed.path}/reschedule/refuse").status_code == 200
    assert agreed.told(agreed.provider)[-1] == "reschedule-refused"
    again = agreed.resident.post(f"{agreed.path}/reschedule/agree")
    assert (again.status_code, slug(again)) == (409, "nothing-asked")
    assert agreed.starts_at == old


@pytest.mark.parametrize(
    ("wished", "code"),
    [
        (timedelta(days=-30), "window-past"),
        (timedelta(days=70), "window-too-far-ahead"),
        (timedelta(0), "same-hour"),
    ],
)
def test_an_hour_that_makes_no_sense_is_not_asked_for(
    agreed: Agreed, wished: timedelta, code: str
) -> None:
    body = {"starts_at": (agreed.starts_at + wished).isoformat()}
    refused = agreed.resident.post(f"{agreed.path}/reschedule", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["starts_at"]
    assert agreed.other.post(f"{agreed.path}/reschedule", body).status_code == 404


def test_an_hour_the_provider_gave_to_another_is_not_asked_for(
    agreed: Agreed, person: Callable[..., Person]
) -> None:
    friday = agreed.starts_at + 24 * HOUR
    window = {"from": friday.isoformat(), "to": (friday + 2 * HOUR).isoformat()}
    neighbour = person()
    second = neighbour.post("/jobs", job(agreed.clock.now, window=window)).get_json()
    ask_a_wave(second, agreed.clock)
    offer = offer_of(agreed.provider, second)
    assert agreed.provider.post(f"/offers/{offer['id']}/accept").status_code == 200
    refused = agreed.resident.post(
        f"{agreed.path}/reschedule", {"starts_at": (friday + 30 * MINUTE).isoformat()}
    )
    assert (refused.status_code, slug(refused)) == (409, "calendar-conflict")


# Called off ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "fee_cents", "rule"),
    [
        (24 * HOUR, 0, "free"),
        (24 * HOUR - MINUTE, 1500, "short"),
        (4 * HOUR, 1500, "short"),
        # An hour of 90 EUR for 90 minutes is 60; at most 40.
        (4 * HOUR - MINUTE, 4000, "late"),
    ],
)
def test_what_calling_off_costs_is_told_before_and_kept_after(
    agreed: Agreed, before: timedelta, fee_cents: int, rule: str
) -> None:
    agreed.clock.now = agreed.starts_at - before
    told = agreed.seen()["calling_off"]
    assert (told["fee_cents"], told["points"], told["rule"]) == (fee_cents, 0, rule)
    assert datetime.fromisoformat(told["free_until"]) == agreed.starts_at - 24 * HOUR
    ended = agreed.resident.post(
        f"{agreed.path}/cancel", {"reason": "Il pleut", "fee_cents": fee_cents}
    )
    assert (ended.status_code, ended.get_json()["state"]) == (200, "cancelled")
    kept = agreed.resident.get("/me/export").get_json()["visits"]
    assert [(one["fee_cents"], one["ended_because"]) for one in kept] == [
        (fee_cents, "job-cancelled")
    ]


def test_nobody_is_charged_more_than_they_were_told(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at - 23 * HOUR
    refused = agreed.resident.post(f"{agreed.path}/cancel", {"fee_cents": 0})
    assert (refused.status_code, slug(refused)) == (409, "fee-changed")
    assert refused.get_json()["fee_cents"] == 1500
    assert agreed.seen()["state"] == "assigned"


def test_whoever_has_just_booked_may_think_again(agreed: Agreed) -> None:
    # Moved to tomorrow by the provider, at whose request it costs the resident nothing.
    tomorrow = agreed.clock.now + 20 * HOUR
    wish = {"starts_at": tomorrow.isoformat()}
    assert agreed.provider.post(f"{agreed.path}/reschedule", wish).status_code == 200
    assert agreed.resident.post(f"{agreed.path}/reschedule/agree").status_code == 200
    agreed.clock.move(minutes=4)
    told = agreed.seen()["calling_off"]
    assert (told["fee_cents"], told["rule"]) == (0, "just-booked")
    agreed.clock.move(minutes=4)
    assert agreed.seen()["calling_off"]["fee_cents"] == 1500


def test_nobody_moves_a_visit_around_its_fee(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at - 5 * HOUR
    assert agreed.seen()["calling_off"]["fee_cents"] == 1500
    wish = {"starts_at": (agreed.starts_at + 72 * HOUR).isoformat()}
    assert agreed.resident.post(f"{agreed.path}/reschedule", wish).status_code == 200
    assert agreed.provider.post(f"{agreed.path}/reschedule/agree").status_code == 200
    told = agreed.seen()["calling_off"]
    assert (told["fee_cents"], told["rule"], told["free_until"]) == (1500, "moved", None)
    # The provider did them a favour, and is bound to the new hour only.
    assert agreed.seen(agreed.provider)["calling_off"]["points"] == 0


def test_a_provider_gathers_points_and_no_debts(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at - 20 * HOUR
    told = agreed.seen(agreed.provider)["calling_off"]
    assert (told["fee_cents"], told["points"], told["rule"]) == (0, 1, "short")
    assert agreed.provider.post(f"{agreed.path}/cancel", {"reason": "Malade"}).status_code == 200
    (kept,) = agreed.provider.get("/me/export").get_json()["visits"]
    assert (kept["points"], kept["fee_cents"], kept["ended_because"]) == (
        1,
        0,
        "provider-cancelled",
    )
    assert agreed.seen()["state"] == "open"


# Not there -------------------------------------------------------------------------------


def test_a_provider_who_waited_at_a_closed_door_is_paid_for_the_hour(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at - 10 * MINUTE)
    agreed.provider.post(f"{agreed.path}/on-my-way", {"minutes": 10})
    agreed.at(agreed.starts_at + 14 * MINUTE)
    early = agreed.provider.post(f"{agreed.path}/no-show")
    assert (early.status_code, slug(early)) == (409, "too-early")
    agreed.at(agreed.starts_at + 15 * MINUTE)
    over = agreed.provider.post(f"{agreed.path}/no-show")
    assert (over.status_code, over.get_json()["state"]) == (200, "cancelled")
    assert agreed.told(agreed.resident)[-1] == "nobody-home"
    (kept,) = agreed.resident.get("/me/export").get_json()["visits"]
    assert (kept["fee_cents"], kept["ended_because"]) == (4000, "resident-absent")


def test_whoever_never_set_out_did_not_wait_at_the_door(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at + 20 * MINUTE
    refused = agreed.provider.post(f"{agreed.path}/no-show")
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    assert agreed.seen()["state"] == "assigned"


def test_not_coming_has_a_person_look_at_it(
    agreed: Agreed, session: Session, person: Callable[..., Person]
) -> None:
    agreed.clock.now = agreed.starts_at + 30 * MINUTE
    assert agreed.resident.post(f"{agreed.path}/no-show").status_code == 200
    (kept,) = agreed.provider.get("/me/export").get_json()["visits"]
    assert (kept["points"], kept["ended_because"]) == (3, "provider-absent")
    events = [one["event"] for one in agreed.provider.get("/me/export").get_json()["history"]]
    assert "points-review" in events
