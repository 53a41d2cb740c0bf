"""A job that makes no sense is refused by name and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.conftest import NOW, Clock, Person, job, point, rows, slug

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_FROM = (NOW + _DAY).isoformat()
_EVENING = "2026-06-02T18:00:00Z"


def _window(from_: timedelta, to: timedelta) -> dict[str, Any]:
    return _span((NOW + from_).isoformat(), (NOW + to).isoformat())


def _span(from_: Any, to: Any, **more: Any) -> dict[str, Any]:
    return {"window": {"from": from_, "to": to, **more}}


def _place(coordinates: list[Any]) -> dict[str, Any]:
    return {"location": {"type": "Point", "coordinates": coordinates}}


def _budget(kind: str, amount_cents: Any, currency: str = "EUR") -> dict[str, Any]:
    return {"budget": {"kind": kind, "amount_cents": amount_cents, "currency": currency}}


#: What is wrong with a job, and the paths it is told at.
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
    ("lat and lon in words", _place(["4.8", "45.7"]), {"location"}),
    ("a place in three dimensions", _place([1, 2, 3]), {"location"}),
    ("a place in one", _place([1]), {"location"}),
    ("a place of flags", _place([True, False]), {"location"}),
    ("window past", _window(-2 * _DAY, -_DAY), {"window"}),
    ("window nearly over", _window(-_DAY, _HOUR), {"window"}),
    ("end before start", _window(2 * _DAY, _DAY), {"window.to"}),
    ("empty window", _window(_DAY, _DAY), {"window.to"}),
    ("window too short", _window(_DAY, _DAY + _HOUR), {"window"}),
    ("window too far", _window(60 * _DAY, 61 * _DAY), {"window.to"}),
    ("window missing", {"window": None}, {"window"}),
    ("window a list", {"window": []}, {"window"}),
    ("half a window", {"window": {"from": _FROM}}, {"window.to"}),
    ("window with more", _span(_FROM, _FROM, at=1), {"window.at"}),
    ("naive instant", _span("2026-06-02T08:00:00", _EVENING), {"window.from"}),
    ("a date", _span("2026-06-02", _EVENING), {"window.from"}),
    ("seconds since 1970", _span(1780387200, _EVENING), {"window.from"}),
    ("no such day", _span("2026-02-30T08:00:00Z", _EVENING), {"window.from"}),
    ("before all time", _span("0001-01-01T00:00:00+14:00", _EVENING), {"window.from"}),
    ("after all time", _span("2026-06-02T08:00:00Z", "9999-12-31T23:59:59-14:00"), {"window.to"}),
    ("the last year", _span("2026-06-02T08:00:00Z", "9999-12-31T23:59:59Z"), {"window.to"}),
    ("duration too short", {"duration_minutes": 14}, {"duration_minutes"}),
    ("duration too long", {"duration_minutes": 1441}, {"duration_minutes"}),
    ("duration a fraction", {"duration_minutes": 90.5}, {"duration_minutes"}),
    ("duration whole as a float", {"duration_minutes": 90.0}, {"duration_minutes"}),
    ("duration in quotes", {"duration_minutes": "90"}, {"duration_minutes"}),
    ("duration a flag", {"duration_minutes": True}, {"duration_minutes"}),
    ("duration enormous", {"duration_minutes": 10**30}, {"duration_minutes"}),
    ("budget nothing", _budget("fixed", 0), {"budget.amount_cents"}),
    ("budget negative", _budget("fixed", -1), {"budget.amount_cents"}),
    ("budget beyond reason", _budget("fixed", 10**10), {"budget.amount_cents"}),
    ("budget in euros", _budget("fixed", 60.5), {"budget.amount_cents"}),
    (
        "budget without amount",
        {"budget": {"kind": "fixed", "currency": "EUR"}},
        {"budget.amount_cents"},
    ),
    ("no currency", {"budget": {"kind": "fixed", "amount_cents": 6000}}, {"budget.currency"}),
    ("small currency", _budget("fixed", 6000, "eur"), {"budget.currency"}),
    ("another market's currency", _budget("fixed", 6000, "CHF"), {"budget.currency"}),
    ("unknown budget", _budget("barter", 6000), {"budget.kind"}),
    (
        "quotes with an amount",
        {"mode": "choose", **_budget("quotes", 6000)},
        {"budget.amount_cents"},
    ),
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
    ("brief a number", {"brief": 7}, {"brief"}),
    ("brief null", {"brief": None}, {"brief"}),
    ("brief too long", {"brief": {"text": "x" * 9000}}, {"brief.text"}),
    ("address too long", {"address": "x" * 301}, {"address"}),
    ("address null", {"address": None}, {"address"}),
    ("id of one's own", {"id": "00000000-0000-7000-8000-000000000000"}, {"id"}),
    ("state of one's own", {"state": "assigned"}, {"state"}),
]


@pytest.mark.parametrize(
    ("changes", "paths"), [case[1:] for case in JOBS], ids=[case[0] for case in JOBS]
)
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
