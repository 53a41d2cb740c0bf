"""Bad values are refused by name, with the right status, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.api.conftest import API, Person, point, profile, rows, slug

_SQUARE = [[4.8, 45.7], [4.9, 45.7], [4.9, 45.8], [4.8, 45.8], [4.8, 45.7]]


def _area(rings: list[Any]) -> dict[str, Any]:
    return {"reach_m": None, "reach_area": {"type": "Polygon", "coordinates": rings}}


def _ring(corners: list[Any]) -> dict[str, Any]:
    return _area([corners])


def _skill(category: str = "gutter-cleaning", **price: Any) -> dict[str, Any]:
    return {"skills": [{"category": category, "price": {"currency": "EUR", **price}}]}


def _weekly(weekday: int, from_: str, to: str) -> dict[str, Any]:
    return {"weekly": [{"weekday": weekday, "from": from_, "to": to}]}


def _away(from_: str, to: str, available: Any) -> dict[str, Any]:
    return {"exceptions": [{"from": from_, "to": to, "available": available}]}


def _device(kind: str, value: str) -> dict[str, Any]:
    address = {"kind": kind, "value": value}
    return {"address": address, "platform": "ios", "app_version": "1"}


PROFILES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("headline empty", {"headline": ""}, {"headline"}),
    ("base missing", {"base": None}, {"base"}),
    ("base out of range", {"base": point(4.8, 91)}, {"base"}),
    ("no reach", {"reach_m": None}, {"reach_m"}),
    ("reach too small", {"reach_m": 99}, {"reach_m"}),
    ("reach too far", {"reach_m": 200_001}, {"reach_m"}),
    ("two reaches", {**_ring(_SQUARE), "reach_m": 8000}, {"reach_m"}),
    ("area a point", {"reach_m": None, "reach_area": point(4.8, 45.7)}, {"reach_area"}),
    ("area open", _ring([[4.8, 45.7], [4.9, 45.7], [4.9, 45.8], [4.8, 45.8]]), {"reach_area"}),
    (
        "area crossing",
        _ring([[4.8, 45.7], [4.9, 45.8], [4.9, 45.7], [4.8, 45.8], [4.8, 45.7]]),
        {"reach_area"},
    ),
    ("area a line", _ring([[4.8, 45.7], [4.9, 45.7], [4.8, 45.7]]), {"reach_area"}),
    ("area flat", _ring([[4.8, 45.7], [4.9, 45.7], [4.85, 45.7], [4.8, 45.7]]), {"reach_area"}),
    (
        "area out of range",
        _ring([[4.8, 45.7], [190, 45.7], [4.9, 45.8], [4.8, 45.7]]),
        {"reach_area"},
    ),
    ("area of words", _ring([["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]), {"reach_area"}),
    ("area without rings", _area([]), {"reach_area"}),
    ("area of numbers", _area([1, 2]), {"reach_area"}),
    ("area with too many corners", _ring([[4.8, 45.7]] * 1001), {"reach_area"}),
    ("no skill", {"skills": []}, {"skills"}),
    ("skills null", {"skills": None}, {"skills"}),
    ("skill a text", {"skills": ["gutter-cleaning"]}, {"skills.0"}),
    ("unknown category", _skill("wizardry", kind="quote"), {"skills.0.category"}),
    ("no price", {"skills": [{"category": "gutter-cleaning"}]}, {"skills.0.price"}),
    ("price without amount", _skill(kind="flat"), {"skills.0.price.amount_cents"}),
    (
        "another market's currency",
        _skill(kind="flat", amount_cents=1, currency="CHF"),
        {"skills.0.price.currency"},
    ),
    ("no language", {"languages": []}, {"languages"}),
    ("unknown field", {"rating": 5}, {"rating"}),
]


@pytest.mark.parametrize(
    ("changes", "paths"), [case[1:] for case in PROFILES], ids=[case[0] for case in PROFILES]
)
def test_a_bad_profile_is_refused(
    person: Callable[..., Person],
    session: Session,
    changes: dict[str, Any],
    paths: set[str],
) -> None:
    someone = person("provider")
    before = rows(session)
    refused = someone.put("/providers/me", profile(**changes))
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    assert set(refused.get_json()["errors"]) == paths
    assert rows(session) == before


def test_a_base_outside_all_markets_is_refused(
    person: Callable[..., Person], session: Session
) -> None:
    someone = person("provider")
    before = rows(session)
    refused = someone.put("/providers/me", profile(base=point(2.35, 48.86)))
    assert (refused.status_code, slug(refused)) == (422, "outside-markets")
    assert rows(session) == before


_WEEK = [{"weekday": 0, "from": "08:00", "to": "12:00"}]

CALENDARS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("unknown zone", {"time_zone": "Europe/Lyon"}, {"time_zone"}),
    ("zone a path", {"time_zone": "../../etc/passwd"}, {"time_zone"}),
    ("weekly missing", {"weekly": None}, {"weekly"}),
    ("no such weekday", _weekly(7, "08:00", "12:00"), {"weekly.0.weekday"}),
    ("no such time", _weekly(0, "8:00", "12:60"), {"weekly.0.from", "weekly.0.to"}),
    ("begins at 24", _weekly(0, "24:00", "24:00"), {"weekly.0.from"}),
    ("ends before it begins", _weekly(0, "12:00", "08:00"), {"weekly.0.to"}),
    ("too many stretches", {"weekly": _WEEK * 101}, {"weekly"}),
    (
        "exception backwards",
        _away("2026-06-03T08:00:00Z", "2026-06-02T08:00:00Z", False),
        {"exceptions.0.to"},
    ),
    (
        "exception naive",
        _away("2026-06-03T08:00:00", "2026-06-04T08:00:00Z", False),
        {"exceptions.0.from"},
    ),
    (
        "exception perhaps",
        _away("2026-06-03T08:00:00Z", "2026-06-04T08:00:00Z", "no"),
        {"exceptions.0.available"},
    ),
]


@pytest.mark.parametrize(
    ("changes", "paths"), [case[1:] for case in CALENDARS], ids=[case[0] for case in CALENDARS]
)
def test_a_bad_calendar_is_refused(
    person: Callable[..., Person],
    session: Session,
    changes: dict[str, Any],
    paths: set[str],
) -> None:
    someone = person("provider")
    assert someone.put("/providers/me", profile()).status_code == 200
    before = rows(session)
    body = {"time_zone": "Europe/Paris", "weekly": _WEEK, "exceptions": []} | changes
    refused = someone.put("/providers/me/calendar", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    assert set(refused.get_json()["errors"]) == paths
    assert rows(session) == before


OTHERS: list[tuple[str, str, Any, set[str]]] = [
    ("PUT", "/providers/me/presence", {"online": "yes"}, {"online"}),
    ("PUT", "/providers/me/presence", {"online": 1}, {"online"}),
    ("PUT", "/providers/me/presence", {}, {"online"}),
    ("PUT", "/providers/me/presence", {"online": True, "position": point(999, 0)}, {"position"}),
    ("PUT", "/me/devices/x", _device("apns", "x"), {"address.kind"}),
    ("PUT", "/me/devices/x", _device("fid", ""), {"address.value"}),
    (
        "PUT",
        "/me/devices/x",
        {"address": "x", "platform": "phone", "app_version": 1},
        {"address", "platform", "app_version"},
    ),
    ("PATCH", "/me", {"display_name": ""}, {"display_name"}),
    ("PATCH", "/me", {"display_name": "a\u202eb"}, {"display_name"}),
    ("PATCH", "/me", {"language": "french"}, {"language"}),
    ("PATCH", "/me", {"email": "not an address"}, {"email"}),
    ("PATCH", "/me", {"roles": ["operator"]}, {"roles"}),
    ("GET", "/jobs?limit=0", None, {"limit"}),
    ("GET", "/jobs?limit=101", None, {"limit"}),
    ("GET", "/jobs?limit=ten", None, {"limit"}),
    ("GET", "/jobs?limit=-1", None, {"limit"}),
    ("GET", "/jobs?limit=1e1", None, {"limit"}),
    ("GET", "/jobs?cursor=nonsense", None, {"cursor"}),
    ("GET", "/jobs?cursor=%00", None, {"cursor"}),
    ("GET", "/jobs?cursor=", None, {"cursor"}),
    ("GET", "/jobs?state=lost", None, {"state.0"}),
    ("GET", "/jobs?state=open,lost", None, {"state.1"}),
    ("GET", "/jobs?sate=open", None, {"sate"}),
    ("GET", "/offers?state=pending", None, {"state.0"}),
    ("GET", "/places", None, {"q"}),
    ("GET", "/places?q=", None, {"q"}),
    ("GET", "/places?q=%ff%00", None, {"q"}),
    ("GET", "/places/within", None, {"box"}),
    ("GET", "/places/within?box=4,45,5", None, {"box"}),
    ("GET", "/places/within?box=4,45,5,nan", None, {"box"}),
    ("GET", "/places/within?box=5,45,4,46", None, {"box"}),
    ("GET", "/places/within?box=4,46,5,45", None, {"box"}),
    ("GET", "/places/within?box=4,45,4,46", None, {"box"}),
    ("GET", "/places/within?box=4,45,181,46", None, {"box"}),
    ("GET", "/places/within?box=4,-91,5,46", None, {"box"}),
    ("GET", "/places/within?box=4,45,5,46&limit=101", None, {"limit"}),
    ("GET", "/providers/me/open-jobs?limit=x", None, {"limit"}),
]


@pytest.mark.parametrize(("method", "path", "body", "paths"), OTHERS)
def test_bad_values_are_refused_everywhere(
    person: Callable[..., Person],
    session: Session,
    method: str,
    path: str,
    body: Any,
    paths: set[str],
) -> None:
    someone = person("provider")
    before = rows(session)
    refused = someone.ask(method, path, body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    assert set(refused.get_json()["errors"]) == paths
    assert rows(session) == before


SIGN_UPS: list[tuple[dict[str, Any], set[str]]] = [
    ({"email": "no address"}, {"email"}),
    ({"email": "a@b"}, {"email"}),
    ({"email": "x" * 250 + "@example.org"}, {"email"}),
    ({"email": ["lea@example.org"]}, {"email"}),
    ({"password": "too short"}, {"password"}),
    ({"password": "x" * 201}, {"password"}),
    ({"password": 1234567890}, {"password"}),
    ({"display_name": " "}, {"display_name"}),
    ({"display_name": "x" * 81}, {"display_name"}),
    ({"display_name": "two\nlines"}, {"display_name"}),
    ({"role": "operator"}, {"role"}),
    ({"role": ["resident"]}, {"role"}),
    ({"language": "fra"}, {"language"}),
    ({"language": "FR"}, {"language"}),
    ({"admin": True}, {"admin"}),
]


@pytest.mark.parametrize(("changes", "paths"), SIGN_UPS)
def test_a_bad_sign_up_is_refused(
    client: FlaskClient, session: Session, changes: dict[str, Any], paths: set[str]
) -> None:
    before = rows(session)
    body = {
        "email": "lea@example.org",
        "password": "a-long-pass-phrase",
        "display_name": "Léa",
        "role": "resident",
        "language": "fr",
    }
    refused = client.post(f"{API}/accounts", json=body | changes)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    assert set(refused.get_json()["errors"]) == paths
    assert rows(session) == before


@pytest.mark.parametrize("written", ["%00", "%ED%A0%80", "caf%C3%A9"])
def test_an_installation_id_comes_back_as_it_was_sent_or_not_at_all(
    provider: Callable[..., Person], written: str
) -> None:
    one = provider()
    body = _device("token", "somewhere")
    assert one.put(f"/me/devices/{written}", body).status_code == 404
    assert one.delete(f"/me/devices/{written}").status_code == 404
