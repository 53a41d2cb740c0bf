"""What screens need: each of the five main ones fills from two requests at most, and no list
asks the database more often as it grows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api.notifications import models as notifications_models
from tests.api import test_papers
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of
from tests.api.test_disputes import operator as operator
from tests.api.test_visits import NEARBY, Agreed
from tests.api.test_visits import agreed as agreed
from tests.integration.racing import statements

QUOTES = {"mode": "choose", "budget": {"kind": "quotes", "amount_cents": None, "currency": "EUR"}}


def grows(session: Session, who: Person, path: str, more: Callable[[], object]) -> None:
    """``path`` costs as many statements with three more of everything."""
    more()
    with statements(session) as before:
        few = who.get(path)
    for _ in range(3):
        more()
    with statements(session) as after:
        many = who.get(path)
    assert few.status_code == many.status_code == 200
    assert len(many.data) > len(few.data), "nothing grew"
    assert len(after) == len(before), "\n".join(after)


def at(document: Any, path: str) -> Any:
    """The value at a dotted path; fails where a screen would find nothing."""
    for step in path.split("."):
        document = document[int(step)] if step.isdigit() else document[step]
    return document


def holds(document: Any, *paths: str) -> None:
    for path in paths:
        assert at(document, path) not in (None, [], ""), path


# Screens ---------------------------------------------------------------------------------


def test_the_residents_board_is_one_request(agreed: Agreed) -> None:
    board = agreed.resident.get("/jobs").get_json()
    holds(
        board,
        *("items.0.title", "items.0.category", "items.0.state", "items.0.state_since"),
        *("items.0.window.from", "items.0.starts_at", "items.0.provider.display_name"),
        *("items.0.visit.confirmed", "items.0.order.total_cents", "items.0.counts.accepted"),
    )


def test_a_job_is_two_requests_with_what_was_said(agreed: Agreed) -> None:
    agreed.provider.post(f"{agreed.path}/messages", {"text": "À jeudi."})
    agreed.provider.post(
        f"{agreed.path}/change-orders",
        {"text": "Fissuré.", "lines": [{"kind": "supplies", "amount_cents": 1500}]},
    )
    agreed.resident.post(
        f"{agreed.path}/reschedule",
        {"starts_at": (agreed.starts_at + timedelta(hours=2)).isoformat()},
    )
    seen = agreed.seen()
    holds(
        seen,
        *("title", "brief_read", "address", "window.from", "state", "provider.display_name"),
        *("starts_at", "visit.start_code", "visit.reschedule", "order.lines", "order.total_cents"),
        *("bill.changes.0.lines", "calling_off.rule", "timeline.0.event"),
    )
    assert at(seen, "bill.owed_cents") == at(seen, "order.total_cents")
    holds(agreed.resident.get(f"{agreed.path}/messages").get_json(), "items.0.text")


def test_quotes_are_compared_in_two_requests(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now, **QUOTES)).get_json()
    ask_a_wave(posted, clock)
    first.post(
        f"/offers/{offer_of(first, posted)['id']}/quote",
        {"amount_cents": 7000, "message": "Dix ans de métier."},
    )
    holds(resident.get(f"/jobs/{posted['id']}").get_json(), "title", "window.from", "brief_read")
    compared = resident.get(f"/jobs/{posted['id']}/candidates").get_json()
    holds(
        compared,
        *("asked.0.offer_id", "asked.0.state", "asked.0.quote.amount_cents"),
        *("asked.0.price.cost_cents", "asked.0.quote.message", "asked.0.profile.display_name"),
        *("asked.0.starts_at", "asked.0.distance_up_to_m", "asked.0.bands"),
    )


def test_a_providers_day_is_two_requests(agreed: Agreed, person: Callable[..., Person]) -> None:
    offered = agreed.provider.get("/offers").get_json()
    holds(
        offered,
        *("items.0.job.title", "items.0.job.category", "items.0.approximate_place"),
        *("items.0.distance_m", "items.0.price.lines", "items.0.price.net_cents"),
        *("items.0.starts_at", "items.0.expires_at", "items.0.state"),
    )
    holds(
        agreed.provider.get("/jobs?state=assigned").get_json(),
        *("items.0.address", "items.0.starts_at", "items.0.order.total_cents"),
    )


def test_an_offer_is_decided_on_one_request(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    holds(
        first.get(f"/offers/{offer_of(first, posted)['id']}").get_json(),
        *("job.title", "job.brief_read", "job.duration_minutes", "approximate_place"),
        *("distance_m", "price.net_cents", "price.lines", "starts_at", "ends_at", "expires_at"),
    )


# Lists -----------------------------------------------------------------------------------


def test_a_board_asks_no_more_as_it_grows(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first = person(), provider()
    days = itertools.count(1)

    def more() -> None:
        from_ = (clock.now + timedelta(days=next(days))).replace(hour=6, minute=0)
        window = {"from": from_.isoformat(), "to": (from_ + timedelta(hours=60)).isoformat()}
        posted = resident.post("/jobs", job(clock.now, window=window)).get_json()
        ask_a_wave(posted, clock)
        assert first.post(f"/offers/{offer_of(first, posted)['id']}/accept").status_code == 200

    grows(session, resident, "/jobs", more)
    grows(session, first, "/jobs", more)
    # Nobody is asked more than ten times a day.
    clock.move(days=1)
    grows(session, first, "/offers", more)


def test_open_jobs_ask_no_more_as_they_grow(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first = person(), provider()
    first.put("/providers/me/presence", {"online": True, "position": NEARBY})
    grows(
        session,
        first,
        "/providers/me/open-jobs",
        lambda: resident.post("/jobs", job(clock.now)),
    )


def test_quotes_are_compared_at_the_same_cost_however_many(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident = person()
    several = [provider(base=NEARBY) for _ in range(4)]
    posted = resident.post("/jobs", job(clock.now, **QUOTES)).get_json()
    assert ask_a_wave(posted, clock) == 4
    clock.move(minutes=10)
    waiting = iter(several)

    def quote() -> None:
        who = next(waiting)
        offer = offer_of(who, posted)["id"]
        assert who.post(f"/offers/{offer}/quote", {"amount_cents": 7000}).status_code == 200

    grows(session, resident, f"/jobs/{posted['id']}/candidates", quote)


@pytest.mark.parametrize("what", ["messages", "changes", "check-ins", "payments"])
def test_a_job_asks_no_more_however_much_was_said(
    agreed: Agreed, session: Session, what: str
) -> None:
    agreed.at(agreed.starts_at)
    assert agreed.resident.post(f"{agreed.path}/start").status_code == 200
    lines = [{"kind": "supplies", "amount_cents": 100}]
    path, body = {
        "messages": ("messages", {"text": "Bonjour."}),
        "changes": ("change-orders", {"lines": lines}),
        "check-ins": ("check-ins", {"kind": "progress", "text": "À moitié."}),
        "payments": ("payments", {"method": "cash", "amount_cents": 100}),
    }[what]

    def more() -> None:
        assert agreed.provider.post(f"{agreed.path}/{path}", body).status_code == 201

    read = f"{agreed.path}/messages" if what == "messages" else agreed.path
    grows(session, agreed.resident, read, more)


def test_reviews_reports_and_favourites_ask_no_more_as_they_grow(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first, acting = person(), provider(), operator("act")

    def review() -> None:
        posted = resident.post("/jobs", job(clock.now)).get_json()
        ask_a_wave(posted, clock)
        path = f"/jobs/{posted['id']}"
        assert first.post(f"/offers/{offer_of(first, posted)['id']}/accept").status_code == 200
        resident.post(f"{path}/start")
        first.post(f"{path}/finish", {})
        resident.post(f"{path}/confirm")
        for who in (resident, first):
            said = who.post(f"{path}/reviews", {"stars": 5, "text": "Très bien."})
            assert said.status_code == 201

    grows(session, resident, f"/providers/{first.id}/reviews", review)
    found = iter(resident.get(f"/providers/{first.id}/reviews").get_json()["items"])

    def report() -> None:
        about = {"subject": "review", "subject_id": next(found)["id"], "reason": "spam"}
        assert first.post("/reports", about).status_code == 201

    grows(session, acting, "/reports", report)

    def favour() -> None:
        assert resident.put(f"/me/favourites/{provider().id}").status_code == 204

    grows(session, resident, "/me/favourites", favour)


def test_who_cannot_be_reached_is_found_at_the_same_cost(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, acting = person(), operator("act")

    def more() -> None:
        # Nobody here has a phone.
        provider(base=NEARBY)
        ask_a_wave(resident.post("/jobs", job(clock.now)).get_json(), clock)
        session.execute(
            update(notifications_models.Notification).values(
                state="undeliverable", outcome="no-device", ended_at=clock.now, wake_at=None
            )
        )

    grows(session, acting, "/unreachable", more)


def test_papers_are_listed_at_the_same_cost_however_many(
    provider: Callable[..., Person], operator: Callable[[str], Person], session: Session
) -> None:
    first, acting = provider(), operator("act")
    grows(session, first, "/providers/me/papers", lambda: test_papers.handed_in(first))
    kinds = iter(("registration", "A", "T", "C"))
    grows(
        session,
        acting,
        "/operators/papers",
        lambda: test_papers.handed_in(first, next(kinds)),
    )
