"""What the benchmark over HTTP asks, and what it takes for an answer."""

from __future__ import annotations

import dataclasses
import json
import uuid
from typing import Any

import flask
import pytest

from benchmarks import http_app, http_jobs, places, ranking_http, workload

PATH = "/somewhere"


@pytest.fixture(scope="module")
def asks() -> list[workload.Ask]:
    return workload.requests(1_000_000)


def answer(**changes: Any) -> dict[str, Any]:
    """The ranking as an operator is told it, of one person."""
    ranking = {
        "asked": [],
        "complete": False,
        "in_reach": 1,
        "ranked": 1,
        "fell_out": {},
        "candidates": [
            {
                "provider_id": str(uuid.UUID(int=7)),
                "display_name": "Karim",
                "score": 0.5,
                "parts": {"proximity": {"value": 0.5, "weight": 1.0}},
                "distance_m": 1200.0,
                "starts_at": "2026-11-24T10:00:00Z",
                "ends_at": "2026-11-24T11:00:00Z",
                "outside_hours": False,
            }
        ],
        "near_misses": [],
    }
    return {"asked": None, "ranking": ranking | changes}


def test_every_question_can_be_a_job(asks: list[workload.Ask]) -> None:
    for ask in map(http_jobs.fitting, asks):
        request = ask.request
        assert (request.budget_kind == "quotes") == (request.budget_cents is None)
        assert not (request.urgency == "now" and request.budget_kind == "quotes")
        assert request.window_from + request.duration <= request.window_to
        assert 15 <= request.duration_minutes <= 1440


def test_only_a_job_for_now_cannot_wait_for_quotes(asks: list[workload.Ask]) -> None:
    changed = 0
    for ask in asks:
        fitting = http_jobs.fitting(ask)
        budget = {"budget_kind": "quotes", "budget_cents": None}
        if fitting != ask:
            changed += 1
            back = dataclasses.replace(fitting.request, **budget)  # type: ignore[arg-type]
            assert dataclasses.replace(fitting, request=back) == ask
    assert 0 < changed < len(asks)


def test_the_price_named_instead_is_too_low_for_nobody() -> None:
    minimums = [cents for cents, _ in places.recipe()["providers"]["minimum_visit_cents"]]
    assert max(minimums) < http_jobs.AMPLE_CENTS


def test_the_rivals_route_takes_every_place(asks: list[workload.Ask]) -> None:
    served = flask.Flask(__name__)
    served.register_blueprint(http_app.blueprint, url_prefix="/benchmark")
    adapter = served.url_map.bind("test")
    # West of Greenwich too, and so near to it that a float is written with an exponent.
    west = dataclasses.replace(asks[0].request, place=(-0.00004, 44.5))
    for ask in [*asks, dataclasses.replace(asks[0], request=west)]:
        _, given = adapter.match(http_app.near_path(ask))
        assert given["category_id"] == ask.request.category_id
        assert (given["lon"], given["lat"]) == ask.request.place


def test_who_is_in_an_answer_is_read_in_its_order() -> None:
    one = answer()["ranking"]["candidates"][0]
    people = [uuid.UUID(int=number) for number in (3, 1, 2)]
    shown = answer(candidates=[one | {"provider_id": str(person)} for person in people])
    assert ranking_http.ranked(PATH, json.dumps(shown).encode()) == people


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        json.dumps({"asked": [], "ranking": None}).encode(),
        json.dumps(answer(candidates=[{"provider_id": str(uuid.UUID(int=7))}])).encode(),
        json.dumps(answer(near_misses=None)).encode(),
    ],
)
def test_what_is_no_ranking_is_told_in_a_line(body: bytes) -> None:
    with pytest.raises(ranking_http.Wrong, match=PATH) as told:
        ranking_http.ranked(PATH, body)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("given", [["--requests", "0"], ["--requests", "1001"], ["--clients", "0"]])
def test_what_cannot_be_measured_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ranking_http.main(given)
    assert ended.value.code == 2
