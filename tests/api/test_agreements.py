"""The order and its receipts over HTTP: read, kept as paper, and supplies charged by receipt."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import markets
from tests import pictures
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_disputes import operator as operator
from tests.api.test_orders import ITEMS
from tests.api.test_photos import bring, ids
from tests.api.test_shown import asked_of, photo
from tests.api.test_visits import Agreed
from tests.api.test_visits import agreed as agreed

BIT = {"text": "Fissuré.", "lines": [{"kind": "labour", "label": "Joint", "amount_cents": 1250}]}


def said(answer: TestResponse) -> str:
    """All that a paper says; a space is a space, however wide."""
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text
    pages = pypdf.PdfReader(io.BytesIO(answer.data), strict=True).pages
    return re.sub("[\u00a0\u202f]", " ", "\n".join(page.extract_text() for page in pages))


@pytest.fixture
def quoted(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> Agreed:
    """A quote was chosen: labour 45 EUR, an option 20, and supplies of 15 at most. It falls
    on a market with a tax of a fifth."""
    market = session.query(markets.models.Market).one()
    for urgency in ("scheduled", "flexible"):
        markets.write_policy(
            session,
            market_id=market.id,
            category_id=None,
            urgency=urgency,
            rules=markets.default_rules(urgency) | {"tax_share": 0.2},
            in_force_from=clock.now,
            note="",
            now=clock.now,
        )
    resident, first, second = person(name="Léa"), provider(), provider()
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    offer = offer_of(first, posted)["id"]
    assert first.post(f"/offers/{offer}/quote", {"lines": ITEMS}).status_code == 200
    chosen = resident.post(f"/jobs/{posted['id']}/choose", {"offer_id": offer})
    assert chosen.status_code == 200
    return Agreed(resident, first, second, clock, session, posted)


def begun(agreed: Agreed) -> Agreed:
    agreed.at(agreed.starts_at)
    assert agreed.resident.post(f"{agreed.path}/start").status_code == 200
    return agreed


def charge(agreed: Agreed, **changes: Any) -> TestResponse:
    body = {"line": 2, "amount_cents": 1240, **changes}
    return agreed.provider.post(f"{agreed.path}/supplies", body)


# Read ------------------------------------------------------------------------------------


def test_both_read_the_order_with_who_asked_and_who_agreed(quoted: Agreed) -> None:
    asked_at = quoted.clock.now
    quoted.provider.post(f"{quoted.path}/change-orders", BIT)
    (change,) = quoted.seen()["bill"]["changes"]
    assert change["answered_by"] is None
    quoted.clock.move(minutes=30)
    quoted.resident.post(f"{quoted.path}/change-orders/{change['id']}/agree")
    for who in (quoted.resident, quoted.provider):
        read = who.get(f"{quoted.path}/order")
        assert read.status_code == 200
        order = read.get_json()
        assert (order["resident"]["display_name"], order["provider"]["display_name"]) == (
            "Léa",
            "Karim",
        )
        assert (order["order"]["total_cents"], order["order"]["tax_cents"]) == (9250, 1542)
        (told,) = order["changes"]
        assert (told["asked_by"], told["state"], told["answered_by"]) == (
            "provider",
            "agreed",
            "resident",
        )
        assert told["asked_at"] == asked_at.isoformat().replace("+00:00", "Z")
        assert order["as_of"] == quoted.clock.now.isoformat().replace("+00:00", "Z")
        # Supplies are owed by receipt.
        assert (order["without_receipt_cents"], order["owed_cents"]) == (1500, 7750)


def test_an_order_and_its_receipts_are_read_by_the_two_alone(
    quoted: Agreed, operator: Callable[[str], Person], person: Callable[..., Person]
) -> None:
    acting = operator("act")
    quoted.provider.post(f"{quoted.path}/payments", {"method": "cash", "amount_cents": 2000})
    begun(quoted)
    paths = ["/order", "/order.pdf", "/receipts/1", "/receipts/1.pdf"]
    for path in paths:
        for who in (quoted.other, person(), acting):
            refused = who.get(f"{quoted.path}{path}")
            assert (refused.status_code, slug(refused)) == (404, "not-found")
        for who in (quoted.resident, quoted.provider):
            assert who.get(f"{quoted.path}{path}").status_code == 200
    quoted.resident.post(f"{quoted.path}/dispute", {"reason": "Pas fini."})
    for path in paths:
        assert acting.get(f"{quoted.path}{path}").status_code == 200
        assert quoted.other.get(f"{quoted.path}{path}").status_code == 404


def test_before_anybody_has_accepted_there_is_no_order(
    person: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    for path in ("order", "order.pdf", "receipts/1", "receipts/1.pdf"):
        refused = resident.get(f"/jobs/{posted['id']}/{path}")
        assert (refused.status_code, slug(refused)) == (404, "not-found")


@pytest.mark.parametrize("number", ["0", "2", "2147483647", "2147483648", "9" * 30, "-1", "x"])
def test_a_receipt_that_nobody_gave_is_not_found(agreed: Agreed, number: str) -> None:
    agreed.provider.post(f"{agreed.path}/payments", {"method": "cash", "amount_cents": 100})
    for path in (f"/receipts/{number}", f"/receipts/{number}.pdf"):
        refused = agreed.resident.get(f"{agreed.path}{path}")
        assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_whoever_gave_the_job_back_reads_no_order_any_more(agreed: Agreed) -> None:
    assert agreed.provider.get(f"{agreed.path}/order").status_code == 200
    assert agreed.provider.post(f"{agreed.path}/cancel", {}).status_code == 200
    for who in (agreed.provider, agreed.resident):
        assert who.get(f"{agreed.path}/order").status_code == 404


def test_of_an_order_that_was_called_off_the_fee_is_owed(agreed: Agreed) -> None:
    agreed.clock.now = agreed.starts_at - timedelta(hours=5)
    agreed.resident.post(f"{agreed.path}/cancel", {})
    order = agreed.provider.get(f"{agreed.path}/order").get_json()
    assert (order["fee_cents"], order["owed_cents"], order["address"]) == (1500, 1500, None)
    paper = said(agreed.provider.get(f"{agreed.path}/order.pdf"))
    assert "Called off on" in paper
    assert "1 place Bellecour" not in paper
    assert "€15.00" in paper


def test_a_receipt_says_what_was_received_and_the_tax_in_it(quoted: Agreed) -> None:
    said_by = {"method": "transfer", "amount_cents": 6000}
    (payment,) = quoted.resident.post(f"{quoted.path}/payments", said_by).get_json()["bill"][
        "payments"
    ]
    # What only one side says has no receipt.
    assert quoted.resident.get(f"{quoted.path}/receipts/1").status_code == 404
    quoted.clock.move(minutes=5)
    quoted.provider.post(f"{quoted.path}/payments/{payment['id']}/agree")
    told = quoted.resident.get(f"{quoted.path}/receipts/1").get_json()
    assert (told["number"], told["amount_cents"], told["tax_cents"]) == (1, 6000, 1000)
    assert told["received_at"] == quoted.clock.now.isoformat().replace("+00:00", "Z")
    assert (told["resident"]["display_name"], told["method"]) == ("Léa", "transfer")


# On paper --------------------------------------------------------------------------------


def test_the_order_on_paper_says_it_in_the_readers_words_money_and_time(quoted: Agreed) -> None:
    quoted.provider.post(f"{quoted.path}/change-orders", BIT)
    (change,) = quoted.seen()["bill"]["changes"]
    quoted.resident.post(f"{quoted.path}/change-orders/{change['id']}/agree")
    quoted.provider.post(f"{quoted.path}/payments", {"method": "cash", "amount_cents": 2000})
    french = quoted.resident.get(f"{quoted.path}/order.pdf", Accept_Language="fr")
    assert french.headers["Cache-Control"] == "private, no-store"
    assert french.headers["Content-Disposition"] == 'inline; filename="commande.pdf"'
    paper = said(french)
    for expected in (
        *("Commande", "Gouttière bouchée", "Léa", "Karim", "1 place Bellecour"),
        "Main-d’œuvre : Nettoyage (90 min à 30,00 € de l’heure)",
        *("Fournitures : Coude (au plus, sur ticket d’achat)", "15,00 €"),
        *("Dont taxe 15,42 €", "Total 92,50 €", "Fissuré."),
        *("n° 1", "Espèces", "20,00 €", "Reste à payer 57,50 €"),
    ):
        assert expected in paper.replace("'", "’"), expected
    # Which is 06:00 in UTC.
    assert "Visite 2 juin 2026, 08:00 à 09:30" in paper
    english = said(quoted.provider.get(f"{quoted.path}/order.pdf", Accept_Language="en"))
    for expected in ("Order", "Labour: Nettoyage (90 min at €30.00 an hour)", "Total €92.50"):
        assert expected in english
    reader = pypdf.PdfReader(io.BytesIO(french.data))
    assert reader.trailer["/Root"]["/Lang"] == "fr"


def test_the_same_paper_is_the_same_until_something_happens(quoted: Agreed) -> None:
    path = f"{quoted.path}/order.pdf"
    first = quoted.resident.get(path)
    quoted.clock.move(hours=5)
    again = quoted.resident.get(path)
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
    known = quoted.resident.get(path, If_None_Match=first.headers["ETag"])
    assert (known.status_code, known.data) == (304, b"")
    quoted.provider.post(f"{quoted.path}/change-orders", BIT)
    later = quoted.resident.get(path, If_None_Match=first.headers["ETag"])
    assert later.status_code == 200
    assert "Waits for an answer" in said(later)


def test_a_job_that_is_reworded_leaves_its_papers_as_they_were(quoted: Agreed) -> None:
    quoted.provider.post(f"{quoted.path}/payments", {"method": "card", "amount_cents": 6000})
    papers = ("order", "order.pdf", "receipts/1", "receipts/1.pdf")
    before = [quoted.resident.get(f"{quoted.path}/{one}").data for one in papers]
    reworded = quoted.resident.patch(quoted.path, {"title": "Toiture entière"}, If_Match="*")
    assert (reworded.status_code, reworded.get_json()["title"]) == (200, "Toiture entière")
    assert [quoted.resident.get(f"{quoted.path}/{one}").data for one in papers] == before
    assert quoted.provider.get(f"{quoted.path}/order").get_json()["title"] == "Gouttière bouchée"
    # And what is agreed later is added to it.
    quoted.provider.post(f"{quoted.path}/change-orders", BIT)
    (change,) = quoted.seen()["bill"]["changes"]
    quoted.resident.post(f"{quoted.path}/change-orders/{change['id']}/agree")
    assert quoted.provider.get(f"{quoted.path}/order").get_json()["title"] == "Gouttière bouchée"


def test_a_receipt_on_paper(quoted: Agreed, caplog: pytest.LogCaptureFixture) -> None:
    quoted.provider.post(f"{quoted.path}/payments", {"method": "card", "amount_cents": 6000})
    answer = quoted.resident.get(f"{quoted.path}/receipts/1.pdf", Accept_Language="fr")
    # A log is no place for the letters of a name.
    assert [one.name for one in caplog.records if "font" in one.name.lower()] == []
    assert answer.headers["Content-Disposition"] == 'inline; filename="recu-1.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    paper = said(answer)
    for expected in ("Reçu n° 1", "Léa", "Karim", "Carte", "Dont taxe 10,00 €", "Total 60,00 €"):
        assert expected in paper


def test_whatever_people_wrote_fits_on_the_paper(agreed: Agreed) -> None:
    text = "mot\n" * 120 + "\U0001f600 شكرا"
    lines = [{"kind": "labour", "label": "W" * 80, "amount_cents": 100}] * 20
    for _ in range(3):
        asked = agreed.provider.post(f"{agreed.path}/change-orders", {"text": text, "lines": lines})
        assert asked.status_code == 201
        change = agreed.seen()["bill"]["changes"][-1]
        agreed.resident.post(f"{agreed.path}/change-orders/{change['id']}/agree")
    assert "€150.00" in said(agreed.resident.get(f"{agreed.path}/order.pdf"))


# Bought ----------------------------------------------------------------------------------


def test_supplies_cost_what_the_receipt_says(quoted: Agreed) -> None:
    begun(quoted)
    assert quoted.seen()["bill"]["owed_cents"] == 6500
    shown = photo(quoted.provider)
    paper = bring(quoted.provider, pictures.pdf(), "application/pdf").get_json()["id"]
    charged = charge(quoted, photos=[shown, paper])
    assert charged.status_code == 201, charged.text
    assert quoted.told(quoted.resident)[-1] == "supplies-charged"
    for who in (quoted.resident, quoted.provider):
        seen = quoted.seen(who)
        assert (seen["order"]["total_cents"], seen["bill"]["owed_cents"]) == (7740, 7740)
        line = seen["order"]["lines"][2]
        assert (line["amount_cents"], line["most_cents"]) == (1240, 1500)
        (bought,) = seen["bill"]["supplies"]
        assert (bought["charged_cents"], ids(bought["photos"])) == (1240, [shown, paper])
        told = {one["event"]: ids(one["photos"]) for one in seen["timeline"]}
        assert told["supplies-charged"] == [shown, paper]
        order = who.get(f"{quoted.path}/order").get_json()
        assert (order["without_receipt_cents"], ids(order["supplies"][0]["photos"])) == (
            0,
            [shown, paper],
        )
    assert "by receipt; €15.00 at most was agreed" in said(
        quoted.resident.get(f"{quoted.path}/order.pdf")
    )
    frozen = quoted.provider.delete(f"/photos/{shown}")
    assert (frozen.status_code, slug(frozen)) == (409, "photo-frozen")
    quoted.resident.post(f"{quoted.path}/dispute", {})
    evidence = quoted.resident.get(f"{quoted.path}/dispute").get_json()["photos"]
    assert [one["of"] for one in evidence] == ["receipt", "receipt"]


def test_what_was_not_bought_is_not_charged(quoted: Agreed) -> None:
    begun(quoted)
    seen = charge(quoted, amount_cents=0).get_json()
    assert (seen["order"]["total_cents"], seen["bill"]["owed_cents"]) == (6500, 6500)
    assert seen["bill"]["supplies"][0]["charged_cents"] == 0


def test_supplies_without_a_receipt_cannot_be_paid(quoted: Agreed) -> None:
    begun(quoted)
    all_of_it = {"method": "cash", "amount_cents": 8000}
    refused = quoted.resident.post(f"{quoted.path}/payments", all_of_it)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert charge(quoted, amount_cents=1500, photos=[photo(quoted.provider)]).status_code == 201
    assert quoted.resident.post(f"{quoted.path}/payments", all_of_it).status_code == 201


def test_a_charge_that_is_not_covered_is_refused(quoted: Agreed) -> None:
    begun(quoted)
    receipt = photo(quoted.provider)
    for changes, field in (
        ({}, "photos"),
        ({"photos": [photo(quoted.resident)]}, "photos.0"),
        ({"photos": [photo(quoted.provider) for _ in range(5)]}, "photos"),
        ({"photos": [receipt], "amount_cents": 1501}, "amount_cents"),
        ({"photos": [receipt], "amount_cents": -1}, "amount_cents"),
        ({"photos": [receipt], "line": 0}, "line"),
        ({"photos": [receipt], "line": 3}, "line"),
        ({"photos": [receipt], "line": -1}, "line"),
    ):
        refused = charge(quoted, **changes)
        assert (refused.status_code, slug(refused)) == (422, "invalid-input"), changes
        assert list(refused.get_json()["errors"]) == [field], changes
    assert quoted.seen()["order"]["total_cents"] == 8000
    assert charge(quoted, photos=[receipt]).status_code == 201
    again = charge(quoted, photos=[photo(quoted.provider)])
    assert (again.status_code, list(again.get_json()["errors"])) == (422, ["line"])


def test_only_the_provider_charges_and_only_while_it_can_be_looked_at(quoted: Agreed) -> None:
    body = {"line": 2, "amount_cents": 0}
    early = charge(quoted, amount_cents=0)
    assert (early.status_code, slug(early)) == (409, "illegal-move")
    begun(quoted)
    for who, status in ((quoted.resident, 403), (quoted.other, 404)):
        assert who.post(f"{quoted.path}/supplies", body).status_code == status
    quoted.provider.post(f"{quoted.path}/finish")
    quoted.resident.post(f"{quoted.path}/confirm")
    quoted.clock.move(days=7)
    late = charge(quoted, amount_cents=0)
    assert (late.status_code, slug(late)) == (409, "illegal-move")
    quoted.clock.move(minutes=-1)
    assert charge(quoted, amount_cents=0).status_code == 201


def test_an_order_is_read_in_as_many_statements_however_much_was_bought(
    quoted: Agreed, session: Session
) -> None:
    begun(quoted)
    charge(quoted, photos=[photo(quoted.provider)])
    with asked_of(session, "photos") as before:
        quoted.resident.get(f"{quoted.path}/order")
    more = {"lines": [{"kind": "supplies", "label": "Colle", "amount_cents": 300}]}
    quoted.provider.post(f"{quoted.path}/change-orders", more)
    change = quoted.seen()["bill"]["changes"][-1]
    quoted.resident.post(f"{quoted.path}/change-orders/{change['id']}/agree")
    charged = charge(quoted, line=3, amount_cents=290, photos=[photo(quoted.provider)])
    assert charged.get_json()["order"]["total_cents"] == 7740 + 290
    with asked_of(session, "photos") as after:
        quoted.resident.get(f"{quoted.path}/order")
    assert (len(before), len(after)) == (1, 1)


def test_a_receipt_says_the_same_tax_whatever_happens_afterwards(quoted: Agreed) -> None:
    quoted.provider.post(f"{quoted.path}/payments", {"method": "cash", "amount_cents": 6000})
    before = quoted.resident.get(f"{quoted.path}/receipts/1")
    paper = quoted.resident.get(f"{quoted.path}/receipts/1.pdf").data
    assert before.get_json()["tax_cents"] == 1000
    assert quoted.resident.post(f"{quoted.path}/cancel", {}).status_code == 200
    assert quoted.resident.get(f"{quoted.path}/receipts/1").get_json() == before.get_json()
    assert quoted.resident.get(f"{quoted.path}/receipts/1.pdf").data == paper


def test_an_order_never_comes_to_less_than_nothing(quoted: Agreed) -> None:
    begun(quoted)
    all_of_it = [{"kind": "credit", "amount_cents": -quoted.seen()["order"]["total_cents"]}]
    asked = quoted.resident.post(f"{quoted.path}/change-orders", {"lines": all_of_it}).get_json()
    # Meanwhile what was to be bought turns out to cost nothing.
    assert charge(quoted, amount_cents=0, photos=[]).status_code == 201
    change = asked["bill"]["changes"][-1]["id"]
    late = quoted.provider.post(f"{quoted.path}/change-orders/{change}/agree")
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    assert quoted.seen()["order"]["total_cents"] >= 0
