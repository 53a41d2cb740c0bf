"""The contract as a document: complete, and changed only on purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from jobbing_api.api import problems

pytestmark = pytest.mark.contract

SNAPSHOT = Path(__file__).parent / "openapi.json"

#: Every operation the design names, but for coverage, which is built later.
OPERATIONS = """
    POST /accounts · POST /accounts/verify · POST /accounts/password-reset
    POST /accounts/password
    POST /sessions · POST /sessions/refresh · DELETE /sessions/current
    GET /me · PATCH /me · DELETE /me · GET /me/export · POST /me/verification
    POST /me/phone/verification · PUT /me/phone/verification
    PUT /me/roles/{role}
    PUT /me/devices/{installation_id} · DELETE /me/devices/{installation_id}
    GET /me/preferences · PUT /me/preferences · GET /me/favourites
    PUT /me/favourites/{account_id} · DELETE /me/favourites/{account_id}
    PUT /me/blocks/{account_id} · DELETE /me/blocks/{account_id}
    GET /unreachable
    GET /markets · GET /categories · GET /places · GET /places/within
    GET /pictures/{name}.svg · GET /client-settings
    GET /providers/me · PUT /providers/me
    GET /providers/me/calendar · PUT /providers/me/calendar
    PUT /providers/me/presence · GET /providers/me/open-jobs
    GET /providers/{provider_id} · GET /providers/{provider_id}/reviews
    POST /jobs/estimate · POST /jobs/{job_id}/wait-list · DELETE /jobs/{job_id}/wait-list
    POST /jobs · GET /jobs · GET /jobs/{job_id} · PATCH /jobs/{job_id}
    POST /jobs/{job_id}/cancel · POST /jobs/{job_id}/dispatch · POST /jobs/{job_id}/repost
    POST /jobs/{job_id}/on-my-way · POST /jobs/{job_id}/start
    POST /jobs/{job_id}/confirm-visit · GET /jobs/{job_id}/arrival
    POST /jobs/{job_id}/reschedule · POST /jobs/{job_id}/reschedule/agree
    POST /jobs/{job_id}/reschedule/refuse
    POST /jobs/{job_id}/no-show · POST /offers/{offer_id}/undo
    POST /offers/{offer_id}/stand-by
    POST /jobs/{job_id}/change-orders
    POST /jobs/{job_id}/change-orders/{change_id}/agree
    POST /jobs/{job_id}/change-orders/{change_id}/refuse
    GET /jobs/{job_id}/order · GET /jobs/{job_id}/order.pdf · POST /jobs/{job_id}/supplies
    GET /jobs/{job_id}/receipts/{number} · GET /jobs/{job_id}/receipts/{number}.pdf
    POST /jobs/{job_id}/payments · POST /jobs/{job_id}/payments/{payment_id}/agree
    POST /jobs/{job_id}/payments/{payment_id}/refuse
    POST /jobs/{job_id}/counter · POST /offers/{offer_id}/counter
    GET /jobs/{job_id}/messages · POST /jobs/{job_id}/messages
    POST /jobs/{job_id}/messages/read
    GET /jobs/{job_id}/dispute · POST /jobs/{job_id}/dispute/statements
    POST /jobs/{job_id}/dispute/decide
    POST /jobs/{job_id}/repeat · GET /series · GET /series/{series_id}
    POST /series/{series_id}/skip · POST /series/{series_id}/move
    POST /series/{series_id}/restore · POST /series/{series_id}/end
    POST /reviews/{review_id}/reply · GET /reports · POST /reports
    POST /reports/{report_id}/settle
    POST /jobs/{job_id}/check-ins · POST /jobs/{job_id}/redo-date
    POST /jobs/{job_id}/finish · POST /jobs/{job_id}/redo
    POST /jobs/{job_id}/confirm · POST /jobs/{job_id}/dispute
    POST /jobs/{job_id}/choose · GET /jobs/{job_id}/candidates
    POST /jobs/{job_id}/reviews · GET /jobs/{job_id}/reviews
    POST /photos · GET /photos/{photo_id}/{size}
    GET /photos/{photo_id} · DELETE /photos/{photo_id}
    GET /providers/me/portfolio · PUT /providers/me/portfolio
    GET /providers/me/standing · GET /providers/me/dashboard
    GET /providers/me/statements · GET /providers/me/statements/{month}
    GET /providers/me/statements/{month}.csv · GET /providers/me/statements/{month}.pdf
    GET /providers/me/calendar-feed · POST /providers/me/calendar-feed
    DELETE /providers/me/calendar-feed · GET /calendar-feeds/{secret}.ics
    GET /providers/me/papers · POST /providers/me/papers
    GET /providers/me/papers/{paper_id} · DELETE /providers/me/papers/{paper_id}
    GET /operators/papers · POST /operators/papers/{paper_id}/verify
    POST /operators/papers/{paper_id}/refuse · GET /markets/{slug}/papers
    POST /jobs/{job_id}/substitute
    POST /jobs/{job_id}/substitute/{substitution_id}/agree
    POST /jobs/{job_id}/substitute/{substitution_id}/refuse
    GET /offers · GET /offers/{offer_id}
    POST /offers/{offer_id}/seen · POST /offers/{offer_id}/accept
    POST /offers/{offer_id}/decline · POST /offers/{offer_id}/quote
"""


@pytest.fixture(scope="module")
def document(application: Flask) -> dict[str, Any]:
    answer = application.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    return dict(answer.get_json())


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_the_document_is_the_one_agreed_on(document: dict[str, Any]) -> None:
    """If the change is meant: python -m tests.api.write_contract, and read the diff."""
    assert document == json.loads(SNAPSHOT.read_text("utf-8"))


def test_every_operation_of_the_design_is_there(document: dict[str, Any]) -> None:
    wanted = {part.strip() for line in OPERATIONS.split("\n") for part in line.split("·")} - {""}
    there = {
        f"{method} {path.removeprefix('/api/v1')}" for method, path, _ in _operations(document)
    }
    assert there == wanted


def test_every_operation_is_told_in_words(document: dict[str, Any]) -> None:
    ids = []
    for method, path, operation in _operations(document):
        ids.append(operation["operationId"])
        assert operation["summary"], (method, path)
        assert "security" in operation
        codes = set(operation["responses"])
        assert {"500", "503"} <= codes
        assert any(code.startswith("2") for code in codes)
        if operation["security"]:
            assert {"401", "403"} <= codes
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= codes
        for code, response in operation["responses"].items():
            if int(code) >= 400:
                (media,) = response["content"]
                assert media == problems.MEDIA_TYPE
                for example in response["content"][media]["examples"].values():
                    name = example["$ref"].rsplit("/", 1)[-1]
                    assert problems.STATUS[name] == int(code)
    assert len(ids) == len(set(ids))


def test_every_member_is_told_with_an_example(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for member, described in schema.get("properties", {}).items():
            if name in ("Point", "Polygon", "MultiPolygon", "Problem"):
                continue
            if member == "items" and name.endswith("Page"):
                continue
            assert described.get("description"), (name, member)
            told = json.dumps(described)
            assert "examples" in told or "$ref" in told, (name, member)


def test_bodies_refuse_what_they_do_not_know(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Body"):
            assert schema["additionalProperties"] is False, name
        if name.endswith("Answer"):
            assert set(schema["required"]) == set(schema["properties"]), name
            assert "additionalProperties" not in schema, name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found: Any = document
        for part in reference.split("/"):
            found = found[part]


def test_no_machine_or_town_is_named(document: dict[str, Any]) -> None:
    told = json.dumps(document)
    for private in ("/work", "127.0.0.1", "localhost"):
        assert private not in told
