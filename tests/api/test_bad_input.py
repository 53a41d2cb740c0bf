"""Bad values are refused by name, with the right status, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.api.conftest import API, NOW, Clock, Person, job, point, profile, rows, slug

_FROM = NOW + timedelta(days=1)


def _window(from_: timedelta, to: timedelta) -> dict[str, Any]:
    return {
        "window": {"from": (NOW + from_).isoformat(), "to": (NOW + to).isoformat()},
    }


_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)

#: What is wrong with a job, the paths it is told at, and the slug if not invalid-input.
JOBS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("title missing", {"title": None}, {"title"}),
    ("title empty", {"title": "   "}, {"title"}),
    ("title too long", {"title": "x" * 121}, {"title"}),
    ("title a number", {"title": 7}, {"title"}),
    ("unknown category", {"category": "wizardry"}, {"category"}),
    ("category no slug", {"category": "Gutter Cleaning!"}, {"category"}),
    ("unknown field", {"colour": "red"}, {"colour"}),
    ("place missing", {"location": None}, {"location"}),
    ("place a list", {"location": [4.8, 45.7]}, {"location"}),
    ("place not a point", {"location": {"type": "Polygon", "coordinates": []}}, {"location"}),
    ("place untyped", {"location": {"coordinates": [4.8, 45.7]}}, {"location"}),
    ("place with a foreign member", {"location": point(4.8, 45.7) | {"crs": 1}}, {"location"}),
    ("longitude out of range", {"location": point(180.1, 45.7)}, {"location"}),
    ("latitude out of range", {"location": point(4.8, 90.01)}, {"location"}),
    ("lat and lon in words", {"location": point("4.8", "45.7")}, {"location"}),  # type: ignore[arg-type]
    ("a place in three dimensions", {"location": {"type": "Point", "coordinates": [1, 2, 3]}}, {"location"}),
    ("a place in one", {"location": {"type": "Point", "coordinates": [1]}}, {"location"}),
    ("a place of flags", {"location": {"type": "Point", "coordinates": [True, False]}}, {"location"}),
    ("window past", _window(-2 * _DAY, -_DAY), {"window"}),
    ("window nearly over", _window(-_DAY, _HOUR), {"window"}),
    ("end before start", _window(2 * _DAY, _DAY), {"window.to"}),
    ("empty window", _window(_DAY, _DAY), {"window.to"}),
    ("window too short", _window(_DAY, _DAY + _HOUR), {"window"}),
    ("window too far", _window(60 * _DAY, 61 * _DAY), {"window.to"}),
    ("window missing", {"window": None}, {"window"}),
    ("window a list", {"window": []}, {"window"}),
    ("half a window", {"window": {"from": _FROM.isoformat()}}, {"window.to"}),
    ("window with more", {"window": {"from": _FROM.isoformat(), "to": _FROM.isoformat(), "at": 1}}, {"window.at"}),
    ("naive instant", {"window": {"from": "2026-06-02T08:00:00", "to": "2026-06-02T18:00:00Z"}}, {"window.from"}),
    ("a date", {"window": {"from": "2026-06-02", "to": "2026-06-02T18:00:00Z"}}, {"window.from"}),
    ("seconds since 1970", {"window": {"from": 1780387200, "to": "2026-06-02T18:00:00Z"}}, {"window.from"}),
    ("no such day", {"window": {"from": "2026-02-30T08:00:00Z", "to": "2026-06-02T18:00:00Z"}}, {"window.from"}),
    ("before all time", {"window": {"from": "0001-01-01T00:00:00+14:00", "to": "2026-06-02T18:00:00Z"}}, {"window.from"}),
    ("after all time", {"window": {"from": "2026-06-02T08:00:00Z", "to": "9999-12-31T23:59:59-14:00"}}, {"window.to"}),
    ("the last year", {"window": {"from": "2026-06-02T08:00:00Z", "to": "9999-12-31T23:59:59Z"}}, {"window.to"}),
    ("duration too short", {"duration_minutes": 14}, {"duration_minutes"}),
    ("duration too long", {"duration_minutes": 1441}, {"duration_minutes"}),
    ("duration a fraction", {"duration_minutes": 90.5}, {"duration_minutes"}),
    ("duration whole as a float", {"duration_minutes": 90.0}, {"duration_minutes"}),
    ("duration in quotes", {"duration_minutes": "90"}, {"duration_minutes"}),
    ("duration a flag", {"duration_minutes": True}, {"duration_minutes"}),
    ("duration enormous", {"duration_minutes": 10**30}, {"duration_minutes"}),
    ("budget nothing", {"budget": {"kind": "fixed", "amount_cents": 0, "currency": "EUR"}}, {"budget.amount_cents"}),
    ("budget negative", {"budget": {"kind": "fixed", "amount_cents": -1, "currency": "EUR"}}, {"budget.amount_cents"}),
    ("budget beyond reason", {"budget": {"kind": "fixed", "amount_cents": 10**10, "currency": "EUR"}}, {"budget.amount_cents"}),
    ("budget in euros", {"budget": {"kind": "fixed", "amount_cents": 60.5, "currency": "EUR"}}, {"budget.amount_cents"}),
    ("budget without amount", {"budget": {"kind": "fixed", "currency": "EUR"}}, {"budget.amount_cents"}),
    ("no currency", {"budget": {"kind": "fixed", "amount_cents": 6000}}, {"budget.currency"}),
    ("small currency", {"budget": {"kind": "fixed", "amount_cents": 6000, "currency": "eur"}}, {"budget.currency"}),
    ("another market's currency", {"budget": {"kind": "fixed", "amount_cents": 6000, "currency": "CHF"}}, {"budget.currency"}),
    ("unknown budget", {"budget": {"kind": "barter", "amount_cents": 6000, "currency": "EUR"}}, {"budget.kind"}),
    ("quotes with an amount", {"mode": "choose", "budget": {"kind": "quotes", "amount_cents": 6000, "currency": "EUR"}}, {"budget.amount_cents"}),
    ("quotes without choosing", {"budget": {"kind": "quotes", "currency": "EUR"}}, {"budget.kind"}),
    ("choose now", {"mode": "choose", "urgency": "now", **_window(_HOUR, 5 * _HOUR)}, {"mode"}),
    ("now, but tomorrow", {"urgency": "now"}, {"window.from"}),
    ("unknown mode", {"mode": "auction"}, {"mode"}),
    ("unknown urgency", {"urgency": "yesterday"}, {"urgency"}),
    ("language in words", {"languages": ["French"]}, {"languages.0"}),
    ("language in capitals", {"languages": ["fr", "EN"]}, {"languages.1"}),
    ("languages a text", {"languages": "fr"}, {"languages"}),
    ("languages an object", {"languages": {"fr": 1}}, {"languages"}),
    ("too many languages", {"languages": [a + b for a in "abc" for b in "abcd"]}, {"languages"}),
    ("needs a number", {"needs": [1]}, {"needs.0"}),
    ("brief a list", {"brief": []}, {"brief"}),
    ("brief too long", {"brief": {"text": "x" * 9000}}, {"brief"}),
    ("address too long", {"address": "x" * 301}, {"address"}),
    ("address null", {"address": None}, {"address"}),
    ("id of one's own", {"id": "00000000-0000-7000-8000-000000000000"}, {"id"}),
    ("state of one's own", {"state": "assigned"}, {"state"}),
]


@pytest.mark.parametrize(("changes", "paths"), [case[1:] for case in JOBS], ids=[case[0] for case in JOBS])
def test_a_bad_job_is_refused(
    person: Callable[..., Person],
    session: Session,
    clock: Clock,
    changes: dict[str, Any],
    paths: set[str],
) -> None:
    someone = person()
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, **changes), Idempotency_Key="k")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    told = refused.get_json()["errors"]
    assert set(told) == paths
    for messages in told.values():
        for message in messages:
            # In words, not a code.
            assert " " in message, message
    assert rows(session) == before


def test_a_job_outside_all_markets_is_refused_and_counted(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, location=point(2.35, 48.86)))
    assert (refused.status_code, slug(refused)) == (422, "outside-markets")
    assert rows(session) == {**before, "searches": before["searches"] + 1}


PROFILES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("headline empty", {"headline": ""}, {"headline"}),
    ("base missing", {"base": None}, {"base"}),
    ("base out of range", {"base": point(4.8, 91)}, {"base"}),
    ("no reach", {"reach_m": None}, {"reach_m"}),
    ("reach too small", {"reach_m": 99}, {"reach_m"}),
    ("reach too far", {"reach_m": 200_001}, {"reach_m"}),
    ("two reaches", {"reach_area": "square"}, {"reach_m"}),
    ("area a point", {"reach_m": None, "reach_area": point(4.8, 45.7)}, {"reach_area"}),
    ("area open", {"reach_m": None, "reach_area": [[4.8, 45.7], [4.9, 45.7], [4.9, 45.8], [4.8, 45.8]]}, {"reach_area"}),
    ("area crossing", {"reach_m": None, "reach_area": [[4.8, 45.7], [4.9, 45.8], [4.9, 45.7], [4.8, 45.8], [4.8, 45.7]]}, {"reach_area"}),
    ("area a line", {"reach_m": None, "reach_area": [[4.8, 45.7], [4.9, 45.7], [4.8, 45.7]]}, {"reach_area"}),
    ("area flat", {"reach_m": None, "reach_area": [[4.8, 45.7], [4.9, 45.7], [4.85, 45.7], [4.8, 45.7]]}, {"reach_area"}),
    ("area out of range", {"reach_m": None, "reach_area": [[4.8, 45.7], [190, 45.7], [4.9, 45.8], [4.8, 45.7]]}, {"reach_area"}),
    ("area of words", {"reach_m": None, "reach_area": [["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]}, {"reach_area"}),
    ("area without rings", {"reach_m": None, "reach_area": {"type": "Polygon", "coordinates": []}}, {"reach_area"}),
    ("area of numbers", {"reach_m": None, "reach_area": {"type": "Polygon", "coordinates": [1, 2]}}, {"reach_area"}),
    ("area with too many corners", {"reach_m": None, "reach_area": [[4.8, 45.7]] * 1001}, {"reach_area"}),
    ("no skill", {"skills": []}, {"skills"}),
    ("skills null", {"skills": None}, {"skills"}),
    ("skill a text", {"skills": ["gutter-cleaning"]}, {"skills.0"}),
    ("unknown category", {"skills": [{"category": "wizardry", "price": {"kind": "quote", "currency": "EUR"}}]}, {"skills.0.category"}),
    ("no price", {"skills": [{"category": "gutter-cleaning"}]}, {"skills.0.price"}),
    ("price without amount", {"skills": [{"category": "gutter-cleaning", "price": {"kind": "flat", "currency": "EUR"}}]}, {"skills.0.price.amount_cents"}),
    ("another market's currency", {"skills": [{"category": "gutter-cleaning", "price": {"kind": "flat", "amount_cents": 1, "currency": "CHF"}}]}, {"skills.0.price.currency"}),
    ("no language", {"languages": []}, {"languages"}),
    ("unknown field", {"rating": 5}, {"rating"}),
]


@pytest.mark.parametrize(("changes", "paths"), [case[1:] for case in PROFILES], ids=[case[0] for case in PROFILES])
def test_a_bad_profile_is_refused(
    person: Callable[..., Person],
    session: Session,
    changes: dict[str, Any],
    paths: set[str],
) -> None:
    if isinstance(changes.get("reach_area"), list):
        changes = changes | {
            "reach_area": {"type": "Polygon", "coordinates": [changes["reach_area"]]}
        }
    if changes.get("reach_area") == "square":
        ring = [[4.8, 45.7], [4.9, 45.7], [4.9, 45.8], [4.8, 45.8], [4.8, 45.7]]
        changes = {"reach_area": {"type": "Polygon", "coordinates": [ring]}}
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
    ("no such weekday", {"weekly": [{"weekday": 7, "from": "08:00", "to": "12:00"}]}, {"weekly.0.weekday"}),
    ("no such time", {"weekly": [{"weekday": 0, "from": "8:00", "to": "12:60"}]}, {"weekly.0.from", "weekly.0.to"}),
    ("begins at 24", {"weekly": [{"weekday": 0, "from": "24:00", "to": "24:00"}]}, {"weekly.0.from"}),
    ("ends before it begins", {"weekly": [{"weekday": 0, "from": "12:00", "to": "08:00"}]}, {"weekly.0.to"}),
    ("too many stretches", {"weekly": _WEEK * 101}, {"weekly"}),
    ("exception backwards", {"exceptions": [{"from": "2026-06-03T08:00:00Z", "to": "2026-06-02T08:00:00Z", "available": False}]}, {"exceptions.0.to"}),
    ("exception naive", {"exceptions": [{"from": "2026-06-03T08:00:00", "to": "2026-06-04T08:00:00Z", "available": False}]}, {"exceptions.0.from"}),
    ("exception perhaps", {"exceptions": [{"from": "2026-06-03T08:00:00Z", "to": "2026-06-04T08:00:00Z", "available": "no"}]}, {"exceptions.0.available"}),
]


@pytest.mark.parametrize(("changes", "paths"), [case[1:] for case in CALENDARS], ids=[case[0] for case in CALENDARS])
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
    ("PUT", "/me/devices/x", {"address": {"kind": "apns", "value": "x"}, "platform": "ios", "app_version": "1"}, {"address.kind"}),
    ("PUT", "/me/devices/x", {"address": {"kind": "fid", "value": ""}, "platform": "ios", "app_version": "1"}, {"address.value"}),
    ("PUT", "/me/devices/x", {"address": "x", "platform": "phone", "app_version": 1}, {"address", "platform", "app_version"}),
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
