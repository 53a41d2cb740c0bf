"""A job as its owner and operators see it: posted, listed, reworded, asked about again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobbing_api import accounts
from tests.api.conftest import (
    API,
    Clock,
    Person,
    ask_a_wave,
    job,
    point,
    read,
    rows,
    slug,
)


def test_a_posted_job_reads_as_it_was_said(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    said = job(clock.now)
    answer = someone.post("/jobs", said)
    assert answer.status_code == 201
    posted = answer.get_json()
    assert answer.headers["Location"] == f"{API}/jobs/{posted['id']}"
    for name in (
        "category",
        "title",
        "location",
        "address",
        "access_notes",
        "duration_minutes",
        "mode",
        "urgency",
        "languages",
    ):
        assert posted[name] == said[name], name
    assert posted["brief"] == {**said["brief"], "template_version": 2}
    assert posted["needs"] == []
    assert posted["window"] == {"from": "2026-06-02T06:00:00Z", "to": "2026-06-02T16:00:00Z"}
    assert posted["budget"] == said["budget"]
    assert (posted["state"], posted["seen_as"], posted["market"]) == ("open", "resident", "lyon")
    assert posted["provider"] is posted["starts_at"] is posted["order"] is None
    assert posted["resident"] == {"id": someone.id, "display_name": "Léa"}
    assert set(posted["counts"].values()) == {0}
    assert [entry["event"] for entry in posted["timeline"]] == ["job-post"]
    again = read(someone, posted)
    assert again.get_json() == posted
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_a_brief_may_be_a_few_words(person: Callable[..., Person], clock: Clock) -> None:
    posted = person().post("/jobs", job(clock.now, brief=" Full of leaves ")).get_json()
    assert posted["brief"] == {"text": "Full of leaves", "template_version": 2}


def test_only_a_resident_posts(
    client: FlaskClient, session: Session, clock: Clock, person: Callable[..., Person]
) -> None:
    accounts.make_operator(
        session,
        email="op@example.org",
        market_slugs=["lyon"],
        level="act",
        password="a-long-pass-phrase",
        now=clock.now,
    )
    session.commit()
    entered = client.post(
        f"{API}/sessions", json={"email": "op@example.org", "password": "a-long-pass-phrase"}
    ).get_json()
    operator = Person(client, entered["account"]["id"], entered["access_token"])
    refused = operator.post("/jobs", job(clock.now))
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    assert slug(client.post(f"{API}/jobs", json=job(clock.now))) == "sign-in-required"


def test_an_operator_sees_the_ranking_explained(
    client: FlaskClient,
    session: Session,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, first = person(), provider()
    provider(languages=["de"])
    posted = resident.post("/jobs", job(clock.now)).get_json()
    accounts.make_operator(
        session,
        email="op@example.org",
        market_slugs=["lyon"],
        level="read",
        password="a-long-pass-phrase",
        now=clock.now,
    )
    session.commit()
    entered = client.post(
        f"{API}/sessions", json={"email": "op@example.org", "password": "a-long-pass-phrase"}
    ).get_json()
    operator = Person(client, entered["account"]["id"], entered["access_token"])
    assert operator.get(f"/jobs/{posted['id']}").get_json()["seen_as"] == "operator"
    shown = operator.get(f"/jobs/{posted['id']}/candidates").get_json()
    assert shown["asked"] is None
    ranking = shown["ranking"]
    assert (ranking["in_reach"], ranking["ranked"]) == (2, 1)
    (candidate,) = ranking["candidates"]
    assert candidate["provider_id"] == first.id
    assert set(candidate["parts"]) >= {"proximity", "availability", "rating"}
    total = sum(part["value"] * part["weight"] for part in candidate["parts"].values())
    weights = sum(part["weight"] for part in candidate["parts"].values())
    assert candidate["score"] == pytest.approx(total / weights, abs=1e-6) or (
        candidate["score"] == pytest.approx(total, abs=1e-6)
    )
    (missed,) = ranking["near_misses"]
    assert ranking["fell_out"] == {missed["filter"]: 1}


def test_a_job_is_reworded_by_whoever_read_it(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    answer = someone.post("/jobs", job(clock.now))
    path, tag = f"/jobs/{answer.get_json()['id']}", answer.headers["ETag"]
    before = rows(session)
    missing = someone.patch(path, {"title": "Autre"})
    assert (missing.status_code, slug(missing)) == (428, "version-required")
    for body, paths in (
        ({}, {"body"}),
        ({"state": "completed"}, {"state"}),
        ({"location": point(4.8, 45.7)}, {"location"}),
        ({"title": ""}, {"title"}),
    ):
        refused = someone.patch(path, body, If_Match=tag)
        assert (refused.status_code, set(refused.get_json()["errors"])) == (422, paths)
    assert rows(session) == before
    changed = someone.patch(path, {"title": "Autre", "access_notes": ""}, If_Match=tag)
    assert changed.status_code == 200
    assert (changed.get_json()["title"], changed.get_json()["access_notes"]) == ("Autre", "")
    stale = someone.patch(path, {"title": "Encore"}, If_Match=tag)
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    assert someone.patch(path, {"title": "Encore"}, If_Match="*").status_code == 200
    other = person().patch(path, {"title": "Mienne"}, If_Match=tag)
    assert (other.status_code, slug(other)) == (404, "not-found")


def test_an_offer_sent_changes_what_is_read_but_refuses_no_edit(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    provider()
    answer = resident.post("/jobs", job(clock.now))
    posted, tag = answer.get_json(), answer.headers["ETag"]
    path = f"/jobs/{posted['id']}"
    assert resident.get(path, If_None_Match=tag).status_code == 304
    ask_a_wave(posted, clock)
    assert resident.get(path, If_None_Match=tag).status_code == 200


def test_a_list_goes_on_where_it_stopped(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    posted = [
        someone.post("/jobs", job(clock.now, title=f"Travail {n}")).get_json()["id"]
        for n in range(5)
    ]
    found: list[str] = []
    path = "/jobs?limit=2"
    sizes = []
    while path:
        page = someone.get(path).get_json()
        sizes.append(len(page["items"]))
        found += [one["id"] for one in page["items"]]
        path = page["next_cursor"] and f"/jobs?limit=2&cursor={page['next_cursor']}"
    assert sizes == [2, 2, 1]
    assert found == posted[::-1]
    someone.post(f"/jobs/{posted[0]}/cancel", {})
    assert [one["id"] for one in someone.get("/jobs?state=cancelled").get_json()["items"]] == [
        posted[0]
    ]
    both = someone.get("/jobs?state=open&state=cancelled").get_json()["items"]
    assert len(both) == 5
    assert len(someone.get("/jobs?state=open,cancelled").get_json()["items"]) == 5
    assert "timeline" not in both[0]
    assert person().get("/jobs").get_json() == {"items": [], "next_cursor": None}


def test_an_unfilled_job_says_why_and_is_asked_about_again(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    posted = someone.post("/jobs", job(clock.now)).get_json()
    path = f"/jobs/{posted['id']}"
    early = someone.post(f"{path}/dispatch", {})
    assert (early.status_code, early.get_json()["state"]) == (409, "open")
    ask_a_wave(posted, clock)
    unfilled = someone.get(path).get_json()
    assert (unfilled["state"], unfilled["unfilled_because"]) == ("unfilled", "nobody-in-reach")
    assert " " in unfilled["unfilled_advice"]
    franc = someone.post(
        f"{path}/dispatch", {"budget": {"kind": "fixed", "amount_cents": 1, "currency": "CHF"}}
    )
    assert list(franc.get_json()["errors"]) == ["budget.currency"]
    past = someone.post(
        f"{path}/dispatch",
        {"window": {"from": "2026-05-01T06:00:00Z", "to": "2026-05-01T16:00:00Z"}},
    )
    assert list(past.get_json()["errors"]) == ["window"]
    again = someone.post(
        f"{path}/dispatch",
        {
            "window": {"from": "2026-06-04T06:00:00Z", "to": "2026-06-04T16:00:00Z"},
            "budget": {"kind": "quotes", "currency": "EUR"},
            "mode": "choose",
            "duration_minutes": 60,
        },
    )
    assert again.status_code == 200, again.text
    document = again.get_json()
    assert (document["state"], document["round"], document["mode"]) == ("open", 2, "choose")
    assert document["budget"] == {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
