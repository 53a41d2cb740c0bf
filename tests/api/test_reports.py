"""Replies to reviews, reports of what should not stand there, and who looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Person, slug
from tests.api.test_disputes import operator as operator
from tests.api.test_photos import brought, follow
from tests.api.test_visits import Agreed
from tests.api.test_visits import agreed as agreed


@pytest.fixture
def reviewed(agreed: Agreed) -> Agreed:
    """Done, confirmed, and both have said what they think."""
    agreed.at(agreed.starts_at)
    for who, move in (
        (agreed.resident, "start"),
        (agreed.provider, "finish"),
        (agreed.resident, "confirm"),
    ):
        assert who.post(f"{agreed.path}/{move}", {}).status_code == 200
    for who, stars, text in ((agreed.resident, 2, "Bungler!"), (agreed.provider, 5, "Merci.")):
        said = who.post(f"{agreed.path}/reviews", {"stars": stars, "text": text})
        assert said.status_code == 201
    return agreed


def reviews(reviewed: Agreed) -> list[dict[str, Any]]:
    found = reviewed.other.get(f"/providers/{reviewed.provider.id}/reviews")
    assert found.status_code == 200
    return list(found.get_json()["items"])


def of_provider(reviewed: Agreed) -> str:
    (review,) = reviews(reviewed)
    return str(review["id"])


def reported(who: Person, **body: Any) -> Any:
    return who.post("/reports", {"subject": "review", "reason": "insult", **body})


# Replies ---------------------------------------------------------------------------------


def test_whoever_a_review_is_about_answers_it_once(reviewed: Agreed) -> None:
    review = of_provider(reviewed)
    for stranger in (reviewed.resident, reviewed.other):
        assert stranger.post(f"/reviews/{review}/reply", {"text": "Non."}).status_code == 404
    said = reviewed.provider.post(f"/reviews/{review}/reply", {"text": "It was raining."})
    assert (said.status_code, said.get_json()["reply"]) == (200, "It was raining.")
    again = reviewed.provider.post(f"/reviews/{review}/reply", {"text": "And windy."})
    assert (again.status_code, slug(again)) == (409, "illegal-move")
    (shown,) = reviews(reviewed)
    assert shown["reply"] == "It was raining."


def test_nobody_answers_what_they_cannot_read_yet(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    agreed.resident.post(f"{agreed.path}/start")
    agreed.provider.post(f"{agreed.path}/finish", {})
    agreed.resident.post(f"{agreed.path}/confirm")
    review = agreed.resident.post(f"{agreed.path}/reviews", {"stars": 1, "text": "No."})
    refused = agreed.provider.post(
        f"/reviews/{review.get_json()['id']}/reply", {"text": "But why?"}
    )
    assert (refused.status_code, slug(refused)) == (404, "not-found")


@pytest.mark.parametrize("text", ["", " ", "x" * 1001])
def test_a_reply_has_words_and_not_too_many(reviewed: Agreed, text: str) -> None:
    refused = reviewed.provider.post(f"/reviews/{of_provider(reviewed)}/reply", {"text": text})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["text"])


# Reports ---------------------------------------------------------------------------------


def test_a_person_takes_down_what_was_reported_and_it_counts_no_more(
    reviewed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting, looking = operator("act"), operator("read")
    review = of_provider(reviewed)
    path = f"/providers/{reviewed.provider.id}"
    assert reviewed.other.get(path).get_json()["rating"]["count"] == 1
    first = reported(reviewed.provider, subject_id=review, text="They call me names.")
    assert first.status_code == 201
    # Said again, it is the same; said by somebody else, it is settled with it.
    assert reported(reviewed.provider, subject_id=review).get_json()["id"] == first.get_json()["id"]
    assert reported(reviewed.other, subject_id=review).status_code == 201
    assert reviewed.told(acting)[-1] == "report-made"

    open_now = acting.get("/reports").get_json()["items"]
    assert [one["said"] for one in open_now] == ["Bungler!", "Bungler!"]
    settle = f"/reports/{first.get_json()['id']}/settle"
    down = {"outcome": "hidden", "note": "Names are not opinions."}
    only_looks = looking.post(settle, down)
    assert (only_looks.status_code, slug(only_looks)) == (403, "not-allowed")
    done = acting.post(settle, down)
    assert (done.status_code, done.get_json()["outcome"]) == (200, "hidden")
    late = acting.post(settle, down)
    assert (late.status_code, slug(late)) == (409, "illegal-move")

    assert reviews(reviewed) == []
    assert reviewed.other.get(path).get_json()["rating"]["count"] == 0
    assert acting.get("/reports").get_json()["items"] == []
    assert len(acting.get("/reports?open=false").get_json()["items"]) == 2
    for who in (reviewed.provider, reviewed.other):
        assert reviewed.told(who)[-1] == "report-hidden"
    gone = reviewed.provider.post(f"/reviews/{review}/reply", {"text": "Merci."})
    assert gone.status_code == 404


def test_what_is_kept_stays(reviewed: Agreed, operator: Callable[[str], Person]) -> None:
    acting = operator("act")
    review = of_provider(reviewed)
    made = reported(reviewed.provider, subject_id=review).get_json()
    acting.post(f"/reports/{made['id']}/settle", {"outcome": "kept", "note": "An opinion."})
    assert [one["id"] for one in reviews(reviewed)] == [review]
    assert reviewed.told(reviewed.provider)[-1] == "report-kept"


def test_a_message_is_reported_by_whoever_may_read_it(
    agreed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting = operator("act")
    agreed.provider.post(f"{agreed.path}/messages", {"text": "Bungler yourself!"})
    (message,) = agreed.resident.get(f"{agreed.path}/messages").get_json()["items"]
    about = {"subject": "message", "subject_id": message["id"]}
    for stranger in (agreed.other, agreed.provider):
        assert reported(stranger, **about).status_code == 404
    made = reported(agreed.resident, **about)
    assert made.status_code == 201
    acting.post(
        f"/reports/{made.get_json()['id']}/settle", {"outcome": "hidden", "note": "An insult."}
    )
    (left,) = agreed.resident.get(f"{agreed.path}/messages").get_json()["items"]
    assert left["text"] != "Bungler yourself!"


def test_links_to_what_a_message_showed_end_when_it_is_taken_down(
    agreed: Agreed, operator: Callable[[str], Person], client: FlaskClient
) -> None:
    acting = operator("act")
    shown = [brought(agreed.provider) for _ in range(2)]
    messages = [
        agreed.provider.post(f"{agreed.path}/messages", {"photos": [one["id"]]}).get_json()
        for one in shown
    ]
    links = [message["photos"][0]["url"] for message in messages]
    assert [follow(client, link).status_code for link in links] == [200, 200]
    made = reported(agreed.resident, subject="message", subject_id=messages[0]["id"])
    settled = {"outcome": "hidden", "note": "Not a gutter."}
    assert acting.post(f"/reports/{made.get_json()['id']}/settle", settled).status_code == 200
    # The other message's stays.
    assert [follow(client, link).status_code for link in links] == [404, 200]
    assert agreed.provider.get(f"/photos/{shown[0]['id']}").status_code == 404


def test_a_provider_is_suspended_and_not_hidden(
    agreed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting = operator("act")
    assert (
        reported(agreed.provider, subject="provider", subject_id=agreed.provider.id).status_code
        == 404
    )
    made = reported(agreed.resident, subject="provider", subject_id=agreed.provider.id)
    refused = acting.post(
        f"/reports/{made.get_json()['id']}/settle", {"outcome": "hidden", "note": "A fraud."}
    )
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["outcome"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "ugly"}, "reason"),
        ({"subject": "job"}, "subject"),
        ({"text": "x" * 1001}, "text"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    reviewed: Agreed, body: dict[str, Any], field: str
) -> None:
    refused = reported(reviewed.other, **{"subject_id": of_provider(reviewed), **body})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [field])


def test_reports_are_for_those_who_look_after_the_market(reviewed: Agreed) -> None:
    refused = reviewed.resident.get("/reports")
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
