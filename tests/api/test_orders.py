"""Prices, orders and payments over HTTP: named, agreed, changed by both, paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.providers import models as providers_models
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, profile, read, slug
from tests.api.test_visits import NEARBY, Agreed
from tests.api.test_visits import agreed as agreed


def hourly(**changes: Any) -> dict[str, Any]:
    """A gutter cleaner who asks 30 EUR an hour, 25 from the second hour on."""
    price = {
        "kind": "hourly",
        "amount_cents": 3000,
        "currency": "EUR",
        "call_out_fee_cents": 1000,
        "steps": [{"after_minutes": 60, "hourly_cents": 2500}],
    }
    option = {"id": "haul-away", "label": "Évacuation", "amount_cents": 2000}
    skill = {"category": "gutter-cleaning", "price": price, "options": [option]}
    return profile(skills=[skill], **changes)


BY_THE_HOUR = {"kind": "hourly", "amount_cents": 4000, "currency": "EUR"}


def total(price: dict[str, Any]) -> int:
    return sum(line["amount_cents"] for line in price["lines"])


# Offered ---------------------------------------------------------------------------------


def test_an_hourly_price_shows_its_steps_and_the_trip(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    put = first.put("/providers/me", hourly())
    assert put.status_code == 200
    assert put.get_json()["skills"][0]["options"][0]["label"] == "Évacuation"
    posted = resident.post("/jobs", job(clock.now, budget=BY_THE_HOUR)).get_json()
    ask_a_wave(posted, clock)
    price = offer_of(first, posted)["price"]
    lines = [(one["kind"], one["minutes"], one["amount_cents"]) for one in price["lines"]]
    assert lines == [("labour", 60, 3000), ("labour", 30, 1250), ("call-out", None, 1000)]
    assert (price["total_cents"], total(price)) == (5250, 5250)
    assert (price["tax_cents"], price["credit_cents"], price["cost_cents"]) == (0, 0, 5250)


def test_a_sunday_is_dearer_and_never_above_the_ceiling(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    first.put("/providers/me", hourly(sunday_percent=50))
    week = [{"weekday": day, "from": "08:00", "to": "19:00"} for day in range(7)]
    first.put("/providers/me/calendar", {"time_zone": "Europe/Paris", "weekly": week})
    sunday = clock.now.replace(hour=6, minute=0) + timedelta(days=6)
    window = {"from": sunday.isoformat(), "to": (sunday + timedelta(hours=10)).isoformat()}
    for ceiling, percent in ((4500, 50), (3300, 10)):
        budget = {**BY_THE_HOUR, "amount_cents": ceiling}
        posted = resident.post("/jobs", job(clock.now, budget=budget, window=window)).get_json()
        ask_a_wave(posted, clock)
        (line,) = [
            one for one in offer_of(first, posted)["price"]["lines"] if one["kind"] == "surcharge"
        ]
        assert (line["because"], line["percent"]) == ("sunday", percent)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sunday_percent": 101}, "sunday_percent"),
        ({"evening_percent": -1}, "evening_percent"),
    ],
)
def test_a_surcharge_beyond_the_rules_is_refused(
    provider: Callable[..., Person], changes: dict[str, int], field: str
) -> None:
    refused = provider().put("/providers/me", hourly(**changes))
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]


def test_steps_go_up_in_time_and_down_in_money(provider: Callable[..., Person]) -> None:
    body = hourly()
    body["skills"][0]["price"]["steps"] = [{"after_minutes": 60, "hourly_cents": 3500}]
    refused = provider().put("/providers/me", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["skills.0.price.steps"]


def test_tax_is_in_the_price_and_a_credit_is_for_whoever_is_declared(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    skills = [
        {
            "category": "hedge-trimming",
            "price": {"kind": "flat", "amount_cents": 6000, "currency": "EUR"},
        }
    ]
    for who, base in ((first, {}), (second, {"base": NEARBY})):
        assert who.put("/providers/me", profile(skills=skills, **base)).status_code == 200
    market = session.query(markets.models.Market).one()
    rules = markets.default_rules("scheduled") | {"tax_share": 0.2, "tax_credit_share": 0.5}
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="scheduled",
        rules=rules,
        in_force_from=clock.now,
        note="",
        now=clock.now,
    )
    session.add(providers_models.Paper(provider_id=first.id, kind="S", verified_at=clock.now))
    session.flush()
    posted = resident.post("/jobs", job(clock.now, category="hedge-trimming")).get_json()
    ask_a_wave(posted, clock)
    for who, credit in ((first, 4500), (second, 0)):
        price = offer_of(who, posted)["price"]
        assert (price["total_cents"], price["tax_cents"]) == (9000, 1500)
        assert (price["credit_cents"], price["cost_cents"]) == (credit, 9000 - credit)


# Quoted ----------------------------------------------------------------------------------


@pytest.fixture
def quoting(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> tuple[Person, Person, dict[str, Any], str]:
    """A job whose resident chooses, and the offer one provider may quote for."""
    resident, first = person(), provider()
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    return resident, first, posted, f"/offers/{offer_of(first, posted)['id']}"


ITEMS = [
    {"kind": "labour", "label": "Nettoyage", "unit_cents": 3000, "minutes": 90},
    {"kind": "option", "label": "Évacuation", "amount_cents": 2000},
    {"kind": "supplies", "label": "Coude", "amount_cents": 1500},
]


def test_a_quote_is_itemised_and_says_how(
    quoting: tuple[Person, Person, dict[str, Any], str],
) -> None:
    resident, first, posted, offer = quoting
    said = {
        "steps": [{"text": "Nettoyer", "minutes": 60}, {"text": "Rincer"}],
        "availability": "Le matin",
        "why": "C'est mon métier.",
    }
    quoted = first.post(f"{offer}/quote", {"lines": ITEMS, **said}).get_json()
    assert (quoted["price"]["total_cents"], total(quoted["price"])) == (8000, 8000)
    (answer,) = resident.get(f"/jobs/{posted['id']}/candidates").get_json()["asked"]
    assert answer["quote"]["steps"][1] == {"text": "Rincer", "minutes": None}
    assert answer["quote"]["why"] == "C'est mon métier."
    assert answer["price"]["total_cents"] == 8000
    assert answer["profile"]["redo_share"] is None
    chosen = resident.post(
        f"/jobs/{posted['id']}/choose", {"offer_id": offer.removeprefix("/offers/")}
    )
    assert chosen.get_json()["order"]["total_cents"] == 8000


def test_a_quote_tells_no_way_around_until_it_is_chosen(
    quoting: tuple[Person, Person, dict[str, Any], str],
) -> None:
    resident, first, posted, offer = quoting
    number = "06 12 34 56 78"
    lines = [{"kind": "labour", "label": f"Nettoyage {number}", "amount_cents": 8000}]
    said = {
        "message": f"Appelez le {number}.",
        "why": "Voyez www.moi.fr",
        "availability": f"Le matin, {number}",
        "steps": [{"text": f"Rincer, puis {number}", "minutes": 30}],
        "who_comes": f"Ali {number}",
    }
    own = first.post(f"{offer}/quote", {"lines": lines, **said}).get_json()
    # What was said stays what was said.
    assert own["quote"]["message"] == said["message"]
    path = f"/jobs/{posted['id']}"
    (before,) = resident.get(f"{path}/candidates").get_json()["asked"]
    assert {name: before["quote"][name] for name in said} == {
        "message": "Appelez le •••.",
        "why": "Voyez •••",
        "availability": "Le matin, •••",
        "steps": [{"text": "Rincer, puis •••", "minutes": 30}],
        "who_comes": "Ali •••",
    }
    assert before["price"]["lines"][0]["label"] == "Nettoyage •••"
    resident.post(f"{path}/choose", {"offer_id": offer.removeprefix("/offers/")})
    (after,) = resident.get(f"{path}/candidates").get_json()["asked"]
    assert {name: after["quote"][name] for name in said} == said
    assert after["price"]["lines"][0]["label"] == lines[0]["label"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount_cents"),
        ({"amount_cents": 8000, "lines": ITEMS}, "amount_cents"),
        ({"lines": [{"kind": "option"}]}, "lines.0.amount_cents"),
        ({"lines": [{"kind": "credit", "amount_cents": 5}]}, "lines.0.kind"),
        ({"lines": ITEMS * 11}, "lines"),
    ],
)
def test_a_quote_that_names_no_price_or_two_is_refused(
    quoting: tuple[Person, Person, dict[str, Any], str], body: dict[str, Any], field: str
) -> None:
    _, first, _, offer = quoting
    refused = first.post(f"{offer}/quote", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]


def test_a_counter_offer_is_made_once_and_within_a_fifth(
    quoting: tuple[Person, Person, dict[str, Any], str],
) -> None:
    resident, first, posted, offer = quoting
    first.post(f"{offer}/quote", {"amount_cents": 10000})
    offer_id = offer.removeprefix("/offers/")
    path = f"/jobs/{posted['id']}/counter"
    for amount in (7999, 12001):
        refused = resident.post(path, {"offer_id": offer_id, "amount_cents": amount})
        assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert first.post(path, {"offer_id": offer_id, "amount_cents": 9000}).status_code == 404
    nothing = first.post(f"{offer}/counter", {"agree": True})
    assert (nothing.status_code, slug(nothing)) == (409, "nothing-asked")
    asked = resident.post(path, {"offer_id": offer_id, "amount_cents": 8000})
    assert asked.status_code == 200
    again = resident.post(path, {"offer_id": offer_id, "amount_cents": 9000})
    assert (again.status_code, slug(again)) == (409, "illegal-move")
    agreed_to = first.post(f"{offer}/counter", {"agree": True}).get_json()
    assert (agreed_to["price"]["total_cents"], total(agreed_to["price"])) == (8000, 8000)
    assert agreed_to["price"]["lines"][-1]["kind"] == "counter"
    back = first.post(f"{offer}/counter", {"agree": False})
    assert (back.status_code, slug(back)) == (409, "nothing-asked")


# Changed ---------------------------------------------------------------------------------

MORE = {"text": "Fissuré.", "lines": [{"kind": "supplies", "label": "Coude", "amount_cents": 1500}]}


def test_an_order_changes_when_both_agree_and_history_is_kept(agreed: Agreed) -> None:
    asked = agreed.provider.post(f"{agreed.path}/change-orders", MORE)
    assert (asked.status_code, asked.get_json()["order"]["total_cents"]) == (201, 9000)
    assert agreed.told(agreed.resident)[-1] == "change-asked"
    (change,) = agreed.seen()["bill"]["changes"]
    path = f"{agreed.path}/change-orders/{change['id']}"
    own = agreed.provider.post(f"{path}/agree")
    assert (own.status_code, slug(own)) == (403, "not-allowed")
    assert agreed.other.post(f"{path}/agree").status_code == 404
    done = agreed.resident.post(f"{path}/agree").get_json()
    assert (done["order"]["total_cents"], total(done["order"])) == (10500, 10500)
    # Agreed again, it is agreed once.
    assert agreed.resident.post(f"{path}/agree").get_json()["order"]["total_cents"] == 10500
    late = agreed.resident.post(f"{path}/refuse")
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    off = {"lines": [{"kind": "credit", "amount_cents": -500}]}
    agreed.resident.post(f"{agreed.path}/change-orders", off)
    (_, second) = agreed.seen()["bill"]["changes"]
    agreed.provider.post(f"{agreed.path}/change-orders/{second['id']}/refuse")
    assert [one["state"] for one in agreed.seen()["bill"]["changes"]] == ["agreed", "refused"]
    assert agreed.seen()["order"]["total_cents"] == 10500


def test_whoever_comes_next_answers_for_their_own_order_only(agreed: Agreed) -> None:
    agreed.provider.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 4000})
    asked = agreed.provider.post(f"{agreed.path}/change-orders", MORE).get_json()
    (change,) = asked["bill"]["changes"]
    agreed.provider.post(f"{agreed.path}/cancel", {})
    ask_a_wave(agreed.seen(), agreed.clock)
    taken = agreed.other.post(f"/offers/{offer_of(agreed.other, agreed.posted)['id']}/accept")
    assert taken.status_code == 200
    late = agreed.resident.post(f"{agreed.path}/change-orders/{change['id']}/agree")
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    seen = agreed.seen(agreed.other)
    assert (seen["bill"]["changes"], seen["bill"]["payments"]) == ([], [])
    assert seen["bill"]["owed_cents"] == seen["order"]["total_cents"]
    # Whoever paid still sees what became of it.
    (paid,) = agreed.seen()["bill"]["payments"]
    assert paid["amount_cents"] == 4000


def test_nothing_is_asked_about_an_order_any_more_once_it_is_confirmed(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    agreed.resident.post(f"{agreed.path}/start")
    agreed.provider.post(f"{agreed.path}/change-orders", MORE)
    agreed.provider.post(f"{agreed.path}/finish", {})
    agreed.resident.post(f"{agreed.path}/confirm")
    (change,) = agreed.seen()["bill"]["changes"]
    assert change["state"] == "withdrawn"
    late = agreed.resident.post(f"{agreed.path}/change-orders/{change['id']}/agree")
    assert (late.status_code, slug(late)) == (409, "nothing-asked")


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([], "lines"),
        ([{"kind": "labour", "amount_cents": -5}], "lines.0.amount_cents"),
        ([{"kind": "credit", "amount_cents": 5}], "lines.0.amount_cents"),
        ([{"kind": "credit", "amount_cents": -9001}], "lines"),
        ([{"kind": "quote", "amount_cents": 5}], "lines.0.kind"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    agreed: Agreed, lines: list[Any], field: str
) -> None:
    refused = agreed.provider.post(f"{agreed.path}/change-orders", {"lines": lines})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]


def test_what_was_paid_for_coming_to_look_counts_towards_the_work(
    quoting: tuple[Person, Person, dict[str, Any], str], clock: Clock
) -> None:
    resident, first, posted, offer = quoting
    first.post(f"{offer}/quote", {"amount_cents": 3000, "inspection": True})
    path = f"/jobs/{posted['id']}"
    resident.post(f"{path}/choose", {"offer_id": offer.removeprefix("/offers/")})
    work = {"lines": [{"kind": "labour", "label": "Réparation", "amount_cents": 20000}]}
    first.post(f"{path}/change-orders", work)
    (change,) = read(resident, posted).get_json()["bill"]["changes"]
    done = resident.post(f"{path}/change-orders/{change['id']}/agree").get_json()
    assert (done["order"]["total_cents"], total(done["order"])) == (20000, 20000)
    assert done["order"]["lines"][-1]["kind"] == "credit"


# Paid ------------------------------------------------------------------------------------


def test_both_say_what_was_paid_and_the_receipt_has_a_number(agreed: Agreed) -> None:
    assert agreed.seen()["bill"]["owed_cents"] == 9000
    beyond = agreed.resident.post(
        f"{agreed.path}/payments", {"method": "cash", "amount_cents": 9001}
    )
    assert (beyond.status_code, slug(beyond)) == (422, "invalid-input")
    said = agreed.resident.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 4000})
    assert said.status_code == 201
    (payment,) = said.get_json()["bill"]["payments"]
    assert (payment["receipt_number"], payment["received_at"]) == (None, None)
    path = f"{agreed.path}/payments/{payment['id']}/agree"
    assert agreed.resident.post(path).status_code == 403
    assert agreed.other.post(path).status_code == 404
    for _ in range(2):
        (kept,) = agreed.provider.post(path).get_json()["bill"]["payments"]
        assert kept["receipt_number"] == 1
    rest = {"method": "transfer", "amount_cents": 5000}
    bill = agreed.provider.post(f"{agreed.path}/payments", rest).get_json()["bill"]
    assert (bill["owed_cents"], bill["payments"][-1]["receipt_number"]) == (0, 2)


def test_nothing_is_paid_where_nothing_was_agreed(
    person: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    refused = resident.post(
        f"/jobs/{posted['id']}/payments", {"method": "cash", "amount_cents": 100}
    )
    assert (refused.status_code, slug(refused)) == (409, "illegal-move")
    odd = resident.post(f"/jobs/{posted['id']}/payments", {"method": "gold", "amount_cents": 1})
    assert (odd.status_code, slug(odd)) == (422, "invalid-input")


def test_what_calling_off_costs_is_owed(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at - timedelta(hours=5)
    agreed.resident.post(f"{agreed.path}/cancel", {})
    assert agreed.seen()["bill"]["owed_cents"] == 1500


def test_a_payment_that_was_never_made_counts_no_more(agreed: Agreed) -> None:
    said = agreed.resident.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 9000})
    path = f"{agreed.path}/payments/{said.get_json()['bill']['payments'][0]['id']}"
    assert agreed.other.post(f"{path}/refuse").status_code == 404
    for _ in range(2):
        bill = agreed.provider.post(f"{path}/refuse").get_json()["bill"]
        assert (bill["owed_cents"], bill["payments"][0]["receipt_number"]) == (9000, None)
    assert agreed.told(agreed.resident)[-1] == "payment-refused"
    late = agreed.provider.post(f"{path}/agree")
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    real = agreed.provider.post(
        f"{agreed.path}/payments", {"method": "transfer", "amount_cents": 9000}
    ).get_json()["bill"]
    # What has a receipt stays.
    kept = agreed.resident.post(f"{agreed.path}/payments/{real['payments'][-1]['id']}/refuse")
    assert (kept.status_code, slug(kept)) == (409, "nothing-asked")
    assert agreed.resident.get(f"{agreed.path}/order").get_json()["owed_cents"] == 0


def test_a_later_provider_does_not_sign_for_what_an_earlier_one_received(agreed: Agreed) -> None:
    said = agreed.resident.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 4000})
    payment = said.get_json()["bill"]["payments"][0]["id"]
    agreed.provider.post(f"{agreed.path}/cancel", {})
    # The resident still sees what was paid while nobody comes.
    assert agreed.seen()["bill"]["payments"][0]["id"] == payment
    ask_a_wave(agreed.seen(), agreed.clock)
    agreed.other.post(f"/offers/{offer_of(agreed.other, agreed.posted)['id']}/accept")
    refused = agreed.other.post(f"{agreed.path}/payments/{payment}/agree")
    assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_what_was_paid_before_calling_off_is_told_as_owed_back(agreed: Agreed) -> None:
    agreed.provider.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 9000})
    assert agreed.resident.post(f"{agreed.path}/cancel", {}).status_code == 200
    assert agreed.seen()["bill"]["owed_cents"] == -9000
    assert agreed.resident.get(f"{agreed.path}/order").get_json()["owed_cents"] == -9000


def test_nothing_costs_more_than_anything_does(agreed: Agreed) -> None:
    lines = [{"kind": "labour", "amount_cents": 999_999_999}]
    asked = agreed.provider.post(f"{agreed.path}/change-orders", {"lines": lines})
    assert (asked.status_code, list(asked.get_json()["errors"])) == (422, ["lines"])


def _agreed_change(
    quoting: tuple[Person, Person, dict[str, Any], str], *lines: dict[str, Any]
) -> dict[str, Any]:
    resident, first, posted, _ = quoting
    path = f"/jobs/{posted['id']}"
    asked = first.post(f"{path}/change-orders", {"lines": lines}).get_json()
    change = asked["bill"]["changes"][-1]["id"]
    return dict(resident.post(f"{path}/change-orders/{change}/agree").get_json()["order"])


@pytest.mark.parametrize(
    ("before", "total"),
    [
        ({"kind": "labour", "label": "Vis", "amount_cents": 1}, 20001),
        ({"kind": "credit", "label": "Rabais", "amount_cents": -1}, 19999),
        ({"kind": "supplies", "label": "Coude", "amount_cents": 5000}, 25000),
    ],
    ids=["a-cent", "a-discount", "goods"],
)
def test_all_of_what_was_paid_for_looking_counts_towards_work(
    quoting: tuple[Person, Person, dict[str, Any], str], before: dict[str, Any], total: int
) -> None:
    resident, first, posted, offer = quoting
    first.post(f"{offer}/quote", {"amount_cents": 3000, "inspection": True})
    chosen = {"offer_id": offer.removeprefix("/offers/")}
    resident.post(f"/jobs/{posted['id']}/choose", chosen)
    _agreed_change(quoting, before)
    order = _agreed_change(quoting, {"kind": "labour", "amount_cents": 20000})
    assert order["total_cents"] == total
