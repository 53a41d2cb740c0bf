"""Who comes, over HTTP: by name from the acceptance on, and nobody else without consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, read, slug
from tests.api.test_visits import HOUR, Agreed
from tests.api.test_visits import agreed as agreed

AMINA = {"name": "Amina", "reason": "Je me suis cassé le bras."}
YES = {"text": "Amina peut venir."}


def asked(agreed: Agreed, **changes: str) -> str:
    """Where the question is answered."""
    answer = agreed.provider.post(f"{agreed.path}/substitute", AMINA | changes)
    assert answer.status_code == 201, answer.text
    return f"{agreed.path}/substitute/{answer.get_json()['substitutions'][-1]['id']}"


def comes(agreed: Agreed) -> str:
    return str(agreed.seen()["who_comes"]["name"])


def test_the_acceptance_names_who_comes(agreed: Agreed, clock: Clock) -> None:
    for who in (agreed.resident, agreed.provider):
        comer = agreed.seen(who)["who_comes"]
        assert (comer["name"], comer["consented_at"]) == ("Karim", None)
        assert comer["since"] == agreed.clock.now.isoformat().replace("+00:00", "Z")
    (listed,) = agreed.resident.get("/jobs").get_json()["items"]
    assert listed["who_comes"] == comer
    # The name is that of the acceptance, whatever its provider is called later.
    agreed.provider.patch("/me", {"display_name": "Karim & fils"}, If_Match=_etag(agreed))
    assert comes(agreed) == "Karim"


def _etag(agreed: Agreed) -> str:
    return str(agreed.provider.get("/me").headers["ETag"])


def test_a_firm_names_who_comes_as_it_accepts(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert posted["who_comes"] is None
    ask_a_wave(posted, clock)
    path = f"/offers/{offer_of(first, posted)['id']}/accept"
    odd = first.post(path, {"who_comes": ""})
    assert (odd.status_code, list(odd.get_json()["errors"])) == (422, ["who_comes"])
    assert first.post(path, {"who_comes": "Amina"}).get_json()["who_comes"]["name"] == "Amina"
    assert read(resident, posted).get_json()["who_comes"]["name"] == "Amina"


def test_a_quote_says_who_would_come_before_it_is_chosen(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    offer_id = offer_of(first, posted)["id"]
    first.post(f"/offers/{offer_id}/quote", {"amount_cents": 8000, "who_comes": "Amina"})
    (answer,) = resident.get(f"/jobs/{posted['id']}/candidates").get_json()["asked"]
    assert answer["quote"]["who_comes"] == "Amina"
    chosen = resident.post(f"/jobs/{posted['id']}/choose", {"offer_id": offer_id}).get_json()
    assert chosen["who_comes"]["name"] == "Amina"


def test_nobody_else_comes_before_the_resident_agrees_in_writing(agreed: Agreed) -> None:
    path = asked(agreed)
    assert agreed.told(agreed.resident)[-1] == "substitute-asked"
    assert comes(agreed) == "Karim"
    for answer, refusal in (
        (agreed.provider.post(f"{path}/agree", YES), (403, "not-allowed")),
        (agreed.other.post(f"{path}/agree", YES), (404, "not-found")),
        (agreed.resident.post(f"{path}/agree", {}), (422, "invalid-input")),
        (agreed.resident.post(f"{path}/agree", {"text": "  "}), (422, "invalid-input")),
        (agreed.resident.post(f"{agreed.path}/substitute", AMINA), (403, "not-allowed")),
    ):
        assert (answer.status_code, slug(answer)) == refusal
        assert comes(agreed) == "Karim"
    agreed.clock.move(minutes=5)
    done = agreed.resident.post(f"{path}/agree", YES).get_json()
    now = agreed.clock.now.isoformat().replace("+00:00", "Z")
    assert done["who_comes"] == {"name": "Amina", "since": now, "consented_at": now}
    (kept,) = done["substitutions"]
    assert (kept["state"], kept["answer"], kept["ended_at"]) == ("agreed", YES["text"], now)
    assert agreed.told(agreed.provider)[-1] == "substitute-agreed"
    # Agreed again, it is agreed as it was.
    agreed.clock.move(minutes=5)
    again = agreed.resident.post(f"{path}/agree", {"text": "Encore."}).get_json()
    assert again["substitutions"] == [kept]
    late = agreed.resident.post(f"{path}/refuse", {"text": "Finalement non."})
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    happened = [
        (one["event"], one["by"], one["reason"])
        for one in done["timeline"]
        if one["event"].startswith("substitute")
    ]
    assert happened == [
        ("substitute-ask", "provider", AMINA["reason"]),
        ("substitute-agreed", "resident", YES["text"]),
    ]


def test_a_resident_who_says_no_says_why_and_nothing_changes(agreed: Agreed) -> None:
    path = asked(agreed)
    silent = agreed.resident.post(f"{path}/refuse", {})
    assert (silent.status_code, list(silent.get_json()["errors"])) == (422, ["text"])
    done = agreed.resident.post(f"{path}/refuse", {"text": "Je préfère Karim."}).get_json()
    assert (done["who_comes"]["name"], done["substitutions"][0]["state"]) == ("Karim", "refused")
    assert agreed.told(agreed.provider)[-1] == "substitute-refused"
    assert agreed.seen(agreed.provider)["substitutions"][0]["answer"] == "Je préfère Karim."


def test_consent_is_to_the_person_who_was_asked_for(agreed: Agreed) -> None:
    first = asked(agreed)
    second = asked(agreed, name="Bilal")
    assert [one["state"] for one in agreed.seen()["substitutions"]] == ["withdrawn", "asked"]
    late = agreed.resident.post(f"{first}/agree", YES)
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    assert comes(agreed) == "Karim"
    # Whoever asked may take it back, and need not say why.
    assert agreed.provider.post(f"{second}/refuse").status_code == 200
    assert agreed.seen()["substitutions"][1]["state"] == "withdrawn"
    assert agreed.told(agreed.provider)[-1] != "substitute-refused"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Karim"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"reason": ""}, "reason"),
        ({"name": "A\nB"}, "name"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    agreed: Agreed, body: dict[str, Any], field: str
) -> None:
    refused = agreed.provider.post(f"{agreed.path}/substitute", AMINA | body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]


def test_what_nobody_answered_falls_as_the_visit_begins(agreed: Agreed) -> None:
    path = asked(agreed)
    digits = agreed.seen()["visit"]["start_code"]
    agreed.at(agreed.starts_at)
    assert agreed.provider.post(f"{agreed.path}/on-my-way").status_code == 200
    assert agreed.provider.post(f"{agreed.path}/start", {"code": digits}).status_code == 200
    seen = agreed.seen()
    assert (seen["who_comes"]["name"], seen["substitutions"][0]["state"]) == ("Karim", "withdrawn")
    late = agreed.resident.post(f"{path}/agree", YES)
    assert (late.status_code, slug(late)) == (409, "nothing-asked")
    over = agreed.provider.post(f"{agreed.path}/substitute", AMINA)
    assert (over.status_code, slug(over)) == (409, "illegal-move")


def test_what_one_provider_asked_is_none_of_the_next_ones_business(agreed: Agreed) -> None:
    agreed.resident.post(f"{asked(agreed)}/refuse", {"text": "Pas Amina."})
    path = asked(agreed, name="Bilal")
    agreed.provider.post(f"{agreed.path}/cancel", {"reason": "Malade."})
    assert agreed.seen()["who_comes"] is None
    posted = agreed.seen()
    ask_a_wave(posted, agreed.clock)
    (offer,) = agreed.other.get("/offers?state=sent").get_json()["items"]
    assert agreed.other.post(f"/offers/{offer['id']}/accept").status_code == 200
    seen = agreed.seen(agreed.other)
    assert seen["substitutions"] == []
    assert not [one for one in seen["timeline"] if one["event"].startswith("substitute")]
    assert agreed.other.post(f"{path}/refuse").status_code == 404
    before = [one["state"] for one in agreed.seen()["substitutions"]]
    assert (before, comes(agreed)) == (["refused", "withdrawn"], "Karim")
    assert "Pas Amina." in [one["reason"] for one in agreed.seen()["timeline"]]
    assert agreed.resident.post(f"{path}/agree", YES).status_code == 409


def test_a_visit_that_is_moved_keeps_whoever_was_agreed_to(agreed: Agreed) -> None:
    agreed.resident.post(f"{asked(agreed)}/agree", YES)
    later = (agreed.starts_at + 2 * HOUR).isoformat()
    agreed.provider.post(f"{agreed.path}/reschedule", {"starts_at": later})
    assert agreed.resident.post(f"{agreed.path}/reschedule/agree").status_code == 200
    assert comes(agreed) == "Amina"
