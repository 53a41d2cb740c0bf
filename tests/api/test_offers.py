"""The main job over HTTP: offered, accepted, done, reviewed; and how else it may go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tests import factories
from tests.api.conftest import (
    Clock,
    Person,
    ask_a_wave,
    job,
    offer_of,
    point,
    read,
    slug,
)

NEARBY = point(4.8412, 45.7601)


def test_the_whole_walk(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    posted = resident.post("/jobs", job(clock.now)).get_json()
    path = f"/jobs/{posted['id']}"
    assert ask_a_wave(posted, clock) == 2

    mine, theirs = offer_of(first, posted), offer_of(second, posted)
    assert mine["state"] == "sent"
    assert mine["job"]["title"] == posted["title"]
    assert mine["distance_m"] % 100 == 0
    assert mine["price"]["net_cents"] == 9000
    assert mine["price"]["lines"] == [
        {
            **dict.fromkeys(("label", "unit_cents", "most_cents", "minutes", "because", "percent")),
            "kind": "fixed",
            "amount_cents": 9000,
        }
    ]
    assert mine["approximate_place"] != posted["location"]
    for hidden in ("Bellecour", "1234", str(factories.LYON[0])):
        assert hidden not in first.get(f"/offers/{mine['id']}").text
    assert first.get(path).status_code == 404
    assert first.get(f"/offers/{theirs['id']}").status_code == 404
    assert first.post(f"/offers/{theirs['id']}/accept").status_code == 404
    assert resident.get("/offers").status_code == 403

    seen = first.post(f"/offers/{mine['id']}/seen").get_json()
    assert (seen["state"], seen["seen_at"]) == ("seen", "2026-06-01T10:08:00Z")
    assert read(resident, posted).get_json()["counts"]["seen"] == 1

    accepted = first.post(f"/offers/{mine['id']}/accept")
    assert accepted.status_code == 200
    taken = accepted.get_json()
    assert (taken["state"], taken["seen_as"]) == ("assigned", "provider")
    assert taken["provider"] == {"id": first.id, "display_name": "Karim"}
    assert taken["address"] == "1 place Bellecour"
    assert taken["location"] == posted["location"]
    assert taken["starts_at"] == mine["starts_at"]
    assert taken["order"]["offer_id"] == mine["id"]
    assert taken["order"]["total_cents"] == 9000
    assert first.post(f"/offers/{mine['id']}/accept").get_json() == taken

    lost = second.post(f"/offers/{theirs['id']}/accept")
    assert (lost.status_code, slug(lost)) == (409, "already-taken")
    assert second.get(path).status_code == 404
    assert second.get("/offers?state=withdrawn").get_json()["items"][0]["id"] == theirs["id"]

    early = resident.post(f"{path}/confirm")
    assert (early.status_code, slug(early)) == (409, "illegal-move")
    assert early.get_json()["state"] == "assigned"
    for who, wrong in ((resident, "on-my-way"), (first, "confirm"), (resident, "finish")):
        refused = who.post(f"{path}/{wrong}", {})
        assert (refused.status_code, slug(refused)) == (403, "not-allowed"), wrong

    steps: list[tuple[Person, str, str]] = [
        (first, "on-my-way", "assigned"),
        (first, "start", "in_progress"),
        (first, "finish", "finished"),
        (resident, "redo", "in_progress"),
        (first, "finish", "finished"),
        (resident, "confirm", "completed"),
    ]
    digits = read(resident, posted).get_json()["visit"]["start_code"]
    clock.now = datetime.fromisoformat(taken["starts_at"]) - timedelta(minutes=20)
    said = {"redo": {"reason": "Fuite"}, "start": {"code": digits}}
    for who, step, state in steps:
        clock.move(minutes=1)
        moved = who.post(f"{path}/{step}", said.get(step))
        assert (moved.status_code, moved.get_json().get("state")) == (200, state), moved.text
    for name in ("on_my_way_at", "started_at", "finished_at", "completed_at"):
        assert moved.get_json()[name] is not None

    reviewed = first.post(f"{path}/reviews", {"stars": 4, "text": "Aimable"})
    assert reviewed.status_code == 201
    assert resident.get(f"{path}/reviews").get_json()["items"] == []
    assert resident.get(f"/providers/{first.id}/reviews").get_json()["items"] == []
    assert resident.post(f"{path}/reviews", {"stars": 5, "text": "Parfait"}).status_code == 201
    both = resident.get(f"{path}/reviews").get_json()["items"]
    assert [(one["about"], one["mine"], one["stars"]) for one in both] == [
        ("resident", False, 4),
        ("provider", True, 5),
    ]
    again = resident.post(f"{path}/reviews", {"stars": 1})
    assert (again.status_code, slug(again)) == (409, "illegal-move")
    public = resident.get(f"/providers/{first.id}").get_json()
    assert public["rating"] == {"mean": 5.0, "count": 1}
    (review,) = resident.get(f"/providers/{first.id}/reviews").get_json()["items"]
    assert (review["stars"], review["text"], review["category"]) == (
        5,
        "Parfait",
        "gutter-cleaning",
    )
    events = [entry["event"] for entry in read(resident, posted).get_json()["timeline"]]
    for event in ("job-post", "wave-open", "job-assign", "job-redo", "job-confirm", "review"):
        assert event in events


def test_a_provider_who_gives_it_back_sees_no_more_of_it(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    posted = resident.post("/jobs", job(clock.now)).get_json()
    path = f"/jobs/{posted['id']}"
    ask_a_wave(posted, clock)
    first.post(f"/offers/{offer_of(first, posted)['id']}/accept")
    given_back = first.post(f"{path}/cancel", {"reason": "Malade"})
    assert given_back.status_code == 200
    assert given_back.get_json()["state"] == "open"
    assert "Bellecour" not in given_back.text
    assert first.get(path).status_code == 404
    reopened = read(resident, posted).get_json()
    assert (reopened["state"], reopened["round"], reopened["provider"]) == ("open", 2, None)
    assert ask_a_wave(reopened, clock) == 1
    anew = second.get("/offers?state=sent").get_json()["items"]
    assert second.post(f"/offers/{anew[0]['id']}/accept").status_code == 200
    timeline = second.get(path).get_json()["timeline"]
    assert "Malade" not in str(timeline)
    assert "Malade" in read(resident, posted).text


def test_a_cancelled_job_hides_its_place_from_who_would_have_come(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    first.post(f"/offers/{offer_of(first, posted)['id']}/accept")
    cancelled = resident.post(f"/jobs/{posted['id']}/cancel", {})
    assert cancelled.get_json()["state"] == "cancelled"
    assert cancelled.get_json()["address"] == "1 place Bellecour"
    shown = read(first, posted)
    assert (shown.status_code, shown.get_json()["state"]) == (200, "cancelled")
    assert "Bellecour" not in shown.text
    assert shown.get_json()["location"] is None
    listed = first.get("/jobs")
    assert "Bellecour" not in listed.text
    for one in listed.get_json()["items"]:
        assert one["location"] is None
    again = resident.post(f"/jobs/{posted['id']}/cancel", {})
    assert (again.status_code, slug(again), again.get_json()["state"]) == (
        409,
        "illegal-move",
        "cancelled",
    )


def test_too_late_is_gone(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    offer = offer_of(first, posted)
    clock.now = clock.now.fromisoformat(offer["expires_at"])
    late = first.post(f"/offers/{offer['id']}/accept")
    assert (late.status_code, slug(late)) == (410, "offer-expired")


def test_a_decline_costs_nothing_and_is_final(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    path = f"/offers/{offer_of(first, posted)['id']}"
    refused = first.post(f"{path}/decline", {"reason": "weather"})
    assert list(refused.get_json()["errors"]) == ["reason"]
    declined = first.post(f"{path}/decline", {"reason": "time"}).get_json()
    assert (declined["state"], declined["decline_reason"]) == ("declined", "time")
    after = first.post(f"{path}/accept")
    assert (after.status_code, slug(after), after.get_json()["state"]) == (
        409,
        "illegal-move",
        "declined",
    )
    seen_by_owner = read(resident, posted).get_json()
    assert seen_by_owner["counts"]["declined"] == 1


def test_choosing_among_quotes(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    posted = resident.post(
        "/jobs",
        job(clock.now, mode="choose", budget={"kind": "quotes", "currency": "EUR"}),
    ).get_json()
    path = f"/jobs/{posted['id']}"
    ask_a_wave(posted, clock)
    mine, theirs = offer_of(first, posted), offer_of(second, posted)
    assert mine["price"]["total_cents"] is None
    refused = first.post(f"/offers/{mine['id']}/accept")
    assert (refused.status_code, slug(refused)) == (409, "quote-required")
    quoted = first.post(
        f"/offers/{mine['id']}/quote", {"amount_cents": 12000, "message": "Deux heures."}
    )
    assert quoted.status_code == 200, quoted.text
    said = quoted.get_json()["quote"]
    assert (said["amount_cents"], said["message"]) == (12000, "Deux heures.")
    assert quoted.get_json()["price"]["net_cents"] == 12000

    asked = resident.get(f"{path}/candidates").get_json()
    assert asked["ranking"] is None
    by_offer = {one["offer_id"]: one for one in asked["asked"]}
    assert by_offer[mine["id"]]["quote"]["amount_cents"] == 12000
    assert by_offer[mine["id"]]["profile"]["display_name"] == "Karim"
    assert by_offer[theirs["id"]]["profile"] is by_offer[theirs["id"]]["quote"] is None
    for one in asked["asked"]:
        assert set(one["bands"].values()) <= {"high", "medium", "low"}
        assert "proximity" not in one["bands"]
        assert "score" not in one

    other = resident.post(f"{path}/choose", {"offer_id": theirs["id"]})
    assert (other.status_code, slug(other)) == (409, "illegal-move")
    nobodys = resident.post(f"{path}/choose", {"offer_id": posted["id"]})
    assert (nobodys.status_code, slug(nobodys)) == (404, "not-found")
    chosen = resident.post(f"{path}/choose", {"offer_id": mine["id"]})
    assert chosen.status_code == 200
    assert chosen.get_json()["provider"]["id"] == first.id
    assert chosen.get_json()["order"]["total_cents"] == 12000


def test_open_jobs_near_a_provider_are_blurred(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    nearby = first.get("/providers/me/open-jobs")
    (found,) = nearby.get_json()["items"]
    assert found["job_id"] == posted["id"]
    assert found["approximate_place"] == posted["approximate_place"]
    for hidden in ("Bellecour", "1234"):
        assert hidden not in nearby.text
    bare = person("provider").get("/providers/me/open-jobs")
    assert (bare.status_code, slug(bare)) == (409, "profile-required")


def test_a_public_profile_says_nothing_of_places(
    person: Callable[..., Person], provider: Callable[..., Person]
) -> None:
    someone = provider()
    shown = person().get(f"/providers/{someone.id}")
    assert shown.get_json()["display_name"] == "Karim"
    assert shown.get_json()["categories"] == ["gutter-cleaning"]
    for place in ("base", "reach", "position", "4.83"):
        assert place not in shown.text
    assert person().get(f"/providers/{person().id}").status_code == 404
