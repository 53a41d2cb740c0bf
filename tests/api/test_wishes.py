"""Whom somebody would have again, and how they want to be told."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import mail
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, read, slug


def test_a_favourite_is_kept_listed_and_taken_out(
    person: Callable[..., Person], provider: Callable[..., Person]
) -> None:
    resident, karim = person(), provider()
    path = f"/me/favourites/{karim.id}"
    assert resident.get("/me/favourites").get_json()["items"] == []
    assert resident.put(path).status_code == 204
    assert resident.put(path).status_code == 204
    assert resident.get("/me/favourites").get_json()["items"] == [
        {"account_id": karim.id, "display_name": "Karim"}
    ]
    assert resident.delete(path).status_code == 204
    assert resident.delete(path).status_code == 204
    assert resident.get("/me/favourites").get_json()["items"] == []


def test_only_somebody_who_works_can_be_a_favourite(person: Callable[..., Person]) -> None:
    resident = person()
    assert resident.put(f"/me/favourites/{person().id}").status_code == 404
    assert resident.put(f"/me/favourites/{uuid.uuid4()}").status_code == 404
    assert resident.put(f"/me/favourites/{resident.id}").status_code == 422


def test_preferences_have_defaults_and_keep_what_is_said(person: Callable[..., Person]) -> None:
    lea = person()
    usual = lea.get("/me/preferences").get_json()
    assert usual["now_at_night"] is False
    assert usual["ways"]["offers"] == ["push", "mail"]
    said = {"ways": {"offers": [], "visits": ["sms", "push"]}, "now_at_night": True}
    put = lea.put("/me/preferences", said).get_json()
    assert put["now_at_night"] is True
    assert put["ways"] == usual["ways"] | {"offers": [], "visits": ["push", "sms"]}
    assert lea.get("/me/preferences").get_json() == put
    # A PUT says all of it: what is left out has its default again.
    assert lea.put("/me/preferences", {}).get_json() == usual


def test_a_way_or_a_topic_there_is_none_of_is_refused(person: Callable[..., Person]) -> None:
    lea = person()
    assert lea.put("/me/preferences", {"ways": {"offers": ["pigeon"]}}).status_code == 422
    assert lea.put("/me/preferences", {"ways": {"weather": ["push"]}}).status_code == 422
    assert lea.get("/me/preferences").get_json()["ways"]["offers"] == ["push", "mail"]


def test_an_acceptance_is_undone_over_http(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    path = f"/offers/{offer_of(karim, posted)['id']}"
    early = karim.post(f"{path}/undo")
    assert (early.status_code, slug(early)) == (409, "illegal-move")
    assert karim.post(f"{path}/accept").status_code == 200
    clock.move(seconds=30)
    undone = karim.post(f"{path}/undo")
    assert (undone.status_code, undone.get_json()["state"]) == (200, "withdrawn")
    assert karim.post(f"{path}/undo").get_json() == undone.get_json()
    assert read(resident, posted).get_json()["state"] == "open"


def test_an_acceptance_is_not_undone_after_a_minute(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    path = f"/offers/{offer_of(karim, posted)['id']}"
    karim.post(f"{path}/accept")
    clock.move(seconds=61)
    late = karim.post(f"{path}/undo")
    assert (late.status_code, slug(late)) == (409, "undo-over")
    assert late.get_json()["seconds"] == 60
    assert read(resident, posted).get_json()["state"] == "assigned"


def test_a_resident_says_that_nobody_came(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept")
    path = f"/jobs/{posted['id']}/no-show"
    early = resident.post(path)
    assert (early.status_code, slug(early)) == (409, "too-early")
    clock.move(days=1, minutes=30)
    assert karim.post(path).status_code == 403
    told = resident.post(path)
    assert (told.status_code, told.get_json()["state"]) == (200, "open")


def test_a_number_is_proved_by_the_code_of_a_text(
    person: Callable[..., Person], session: Session
) -> None:
    lea = person()
    assert lea.post("/me/phone/verification").status_code == 422
    lea.patch("/me", {"phone": "+33 6 12 34 56 78"}, If_Match="*")
    assert lea.get("/me").get_json()["phone_verified"] is False
    assert lea.post("/me/phone/verification").status_code == 202
    said = session.scalars(select(mail.Mail.body).where(mail.Mail.way == "text")).one()
    code = "".join(one for one in said.split(".")[0] if one.isdigit())
    wrong = "000000" if code != "000000" else "000001"
    refused = lea.put("/me/phone/verification", {"code": wrong})
    assert (refused.status_code, slug(refused)) == (422, "wrong-code")
    assert lea.put("/me/phone/verification", {"code": code}).get_json()["phone_verified"] is True
