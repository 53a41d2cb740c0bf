"""Messages over HTTP: between the two people of a job and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobbing_api import accounts, database
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_orders import quoting as quoting
from tests.api.test_visits import NEARBY, Agreed
from tests.api.test_visits import agreed as agreed


def texts(who: Person, path: str) -> list[str]:
    return [one["text"] for one in who.get(path).get_json()["items"]]


def test_the_two_write_and_read_and_nobody_else(agreed: Agreed) -> None:
    path = f"{agreed.path}/messages"
    asked = agreed.resident.post(path, {"text": "Avez-vous une échelle ? 06 12 34 56 78"})
    assert (asked.status_code, asked.get_json()["author"]) == (201, "resident")
    assert agreed.told(agreed.provider)[-1] == "message"
    assert asked.get_json()["read"] is False
    # Agreed is agreed: a number may be needed at the door.
    assert texts(agreed.provider, path) == ["Avez-vous une échelle ? 06 12 34 56 78"]
    assert agreed.provider.post(f"{path}/read", {}).status_code == 204
    assert agreed.resident.get(path).get_json()["items"][0]["read"] is True
    assert agreed.provider.post(path, {"text": "Oui."}).status_code == 201
    assert texts(agreed.resident, path)[0] == "Oui."
    assert agreed.resident.get(path).get_json()["items"][0]["read"] is False
    for method in ("GET", "POST"):
        refused = agreed.other.ask(method, path, {"text": "Et moi ?"} if method == "POST" else None)
        assert (refused.status_code, slug(refused)) == (404, "not-found")


@pytest.mark.parametrize("text", ["", " ", "x" * 2001, None, 7])
def test_what_is_no_message_is_refused(agreed: Agreed, text: Any) -> None:
    refused = agreed.resident.post(f"{agreed.path}/messages", {"text": text})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["text"]


def test_nobody_writes_any_more_a_week_after_the_end(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    agreed.resident.post(f"{agreed.path}/start")
    agreed.provider.post(f"{agreed.path}/finish")
    agreed.resident.post(f"{agreed.path}/confirm")
    path = f"{agreed.path}/messages"
    assert agreed.resident.post(path, {"text": "Merci !"}).status_code == 201
    agreed.clock.now += timedelta(days=7)
    late = agreed.resident.post(path, {"text": "Encore merci !"})
    assert (late.status_code, slug(late)) == (409, "illegal-move")
    assert texts(agreed.provider, path) == ["Merci !"]


def test_before_anybody_has_accepted_nobody_learns_a_way_around(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    path = f"/jobs/{posted['id']}/messages"
    said = "Appelez le 06 12 34 56 78 ou moi@exemple.fr, www.moi.fr. 12 m à 14h30."
    assert first.post(path, {"text": said}).status_code == 201
    shown = "Appelez le ••• ou •••, •••. 12 m à 14h30."
    whom = f"{path}?provider_id={first.id}"
    assert texts(resident, whom)[0].startswith("Appelez le ••• ou •••")
    assert "12 m à 14h30." in texts(resident, whom)[0]
    assert "exemple" not in texts(resident, whom)[0], shown
    # Who chooses says with whom.
    assert resident.get(path).status_code == 404
    assert resident.post(path, {"text": "Quand ?"}).status_code == 404
    answered = resident.post(path, {"text": "Quand ?", "provider_id": first.id})
    assert answered.status_code == 201
    # Two conversations are two.
    assert texts(second, path) == []
    assert second.get(f"{path}?provider_id={first.id}").status_code == 404

    offer = offer_of(second, posted)
    second.post(f"/offers/{offer['id']}/quote", {"amount_cents": 9000})
    resident.post(f"/jobs/{posted['id']}/choose", {"offer_id": offer["id"]})
    # Whoever was not chosen reads what there was, and writes no more.
    assert texts(first, path)[0] == "Quand ?"
    over = first.post(path, {"text": "Dommage."})
    assert (over.status_code, slug(over)) == (409, "illegal-move")


def test_whoever_dropped_out_reads_what_was_written_and_writes_no_more(
    quoting: tuple[Person, Person, dict[str, Any], str],
) -> None:
    resident, first, posted, offer = quoting
    assert first.post(f"{offer}/quote", {"amount_cents": 3000}).status_code == 200
    path = f"/jobs/{posted['id']}"
    assert first.post(f"{path}/messages", {"text": "Bonjour"}).status_code == 201
    resident.post(f"{path}/choose", {"offer_id": offer.removeprefix("/offers/")})
    assert first.post(f"{path}/cancel", {}).status_code == 200
    whom = {"provider_id": first.id}
    for refused in (
        resident.post(f"{path}/messages", {"text": "Pourquoi ?", **whom}),
        first.post(f"{path}/messages", {"text": "Encore moi"}),
    ):
        assert (refused.status_code, slug(refused)) == (409, "illegal-move")
    assert texts(first, f"{path}/messages") == ["Bonjour"]
    assert texts(resident, f"{path}/messages?provider_id={first.id}") == ["Bonjour"]


@pytest.mark.parametrize("blocks", ["resident", "provider"])
def test_nobody_writes_to_whom_they_are_not_matched_with_any_more(
    quoting: tuple[Person, Person, dict[str, Any], str], blocks: str
) -> None:
    resident, first, posted, _ = quoting
    path = f"/jobs/{posted['id']}/messages"
    assert first.post(path, {"text": "Bonjour"}).status_code == 201
    one, other = (resident, first) if blocks == "resident" else (first, resident)
    assert one.put(f"/me/blocks/{other.id}").status_code == 204
    for refused in (
        first.post(path, {"text": "Encore moi"}),
        resident.post(path, {"text": "Quand ?", "provider_id": first.id}),
    ):
        assert (refused.status_code, slug(refused)) == (409, "illegal-move")
    assert texts(first, path) == ["Bonjour"]


def test_whoever_was_only_asked_to_take_it_has_no_conversation(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    assert first.post(f"/jobs/{posted['id']}/messages", {"text": "Où ?"}).status_code == 404


def test_operators_read_along_in_a_dispute_only(
    agreed: Agreed, person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    operator = person()
    with database.transaction() as writing:
        account = writing.get_one(accounts.models.Account, operator.id)
        account.email = "operator@example.org"
        writing.flush()
        accounts.make_operator(
            writing,
            email="operator@example.org",
            market_slugs=["lyon"],
            level="act",
            now=clock.now,
        )
    path = f"{agreed.path}/messages"
    agreed.resident.post(path, {"text": "Il goutte."})
    assert operator.get(path).status_code == 404
    agreed.at(agreed.starts_at)
    agreed.resident.post(f"{agreed.path}/start")
    agreed.resident.post(f"{agreed.path}/dispute", {"reason": "Rien n'est fait."})
    assert texts(operator, path) == ["Il goutte."]
    refused = operator.post(path, {"text": "Bonjour."})
    assert (refused.status_code, slug(refused)) == (409, "illegal-move")
