"""What a resident is asked about a job, what becomes of the answers, and the same again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobbing_api.jobs import models as models_of_jobs
from jobbing_api.markets import categories, models
from tests.api.conftest import (
    API,
    Clock,
    Person,
    ask_a_wave,
    job,
    offer_of,
    point,
    read,
    rows,
    slug,
)
from tests.api.test_photos import brought

#: What answers every question of the template for gutters.
WHOLE: dict[str, Any] = {
    "length": 12,
    "storeys": "one",
    "ladder": False,
    "last-cleaned": "years",
    "result": "The downpipe runs.",
}


def whole_of(someone: Person) -> dict[str, Any]:
    """The same with a photo of theirs, which is all that is asked for."""
    return {**WHOLE, "photos": [brought(someone)["id"]]}


def window(clock: Clock, *, days: int = 3, hours: int = 10) -> dict[str, str]:
    start = (clock.now + timedelta(days=days)).replace(hour=6, minute=0, second=0, microsecond=0)
    return {"from": start.isoformat(), "to": (start + timedelta(hours=hours)).isoformat()}


@pytest.fixture
def templates(client: FlaskClient) -> dict[str, dict[str, Any]]:
    answer = client.get(f"{API}/categories", headers={"Accept-Language": "fr"})
    return {one["slug"]: one["brief_template"] for one in answer.get_json()["items"]}


def older_template(session: Session, version: int) -> None:
    """The gutters' template as it was in another version: one question, other words."""
    content = {
        "version": version,
        "needs": [],
        "questions": [
            {
                "id": "metres",
                "kind": "number",
                "label": {"fr": "Combien de mètres ?", "en": "How many metres?"},
                "required": True,
                "unit": "m",
            }
        ],
    }
    session.add(models.BriefTemplate(category_id=6, version=version, content=content))
    session.flush()


# The template --------------------------------------------------------------------------


def test_a_template_holds_all_a_screen_needs(templates: dict[str, dict[str, Any]]) -> None:
    assert len(templates) == 36
    hedge = templates["hedge-trimming"]
    assert hedge["version"] == 2
    length = hedge["questions"][0]
    assert length["label"] == "Quelle longueur de haie\u202f?"
    assert (length["kind"], length["unit"], length["least"], length["most"]) == (
        "number",
        "m",
        1,
        300,
    )
    photos = next(one for one in hedge["questions"] if one["kind"] == "photos")
    assert (photos["least"], photos["most"]) == (1, 3)
    low = hedge["presets"][0]
    assert low["name"] == "Haie basse"
    assert low["answers"]["clippings"] == "take-away"
    assert set(low["tasks"]) <= {task["id"] for task in hedge["tasks"]}
    named = {tool["slug"]: tool["name"] for tool in hedge["tools"]}
    assert {*hedge["needs"], *low["needs"]} <= set(named)
    assert named["hedge-trimmer"] == "Taille-haie"


def test_every_preset_posted_as_it_is_is_taken(
    person: Callable[..., Person], clock: Clock, templates: dict[str, dict[str, Any]]
) -> None:
    someone = person()
    for category, template in templates.items():
        for preset in template["presets"]:
            posted = someone.post(
                "/jobs",
                job(
                    clock.now,
                    category=category,
                    brief={"preset": preset["id"], "template_version": template["version"]},
                    needs=preset["needs"],
                    duration_minutes=preset["minutes"],
                    window=window(clock, hours=20),
                ),
            )
            assert posted.status_code == 201, (category, preset["id"], posted.text)
            brief = posted.get_json()["brief"]
            assert (brief["answers"], brief["tasks"]) == (preset["answers"], preset["tasks"])


def test_every_preset_is_drawn(client: FlaskClient, templates: dict[str, dict[str, Any]]) -> None:
    for template in templates.values():
        for preset in template["presets"]:
            answer = client.get(preset["picture"])
            assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert ET.fromstring(answer.data).tag.endswith("svg")


def test_only_an_address_that_names_its_digest_is_kept_for_ever(
    person: Callable[..., Person],
) -> None:
    someone = person()
    plain = someone.get("/pictures/hedge-low.svg")
    assert plain.headers["Cache-Control"] == "public, max-age=300"
    stale = someone.get("/pictures/hedge-low.svg?v=0123456789ab")
    assert stale.headers["Cache-Control"] == "public, max-age=300"
    held = someone.get("/pictures/hedge-low.svg", If_None_Match=plain.headers["ETag"])
    assert held.status_code == 304
    unknown = someone.get("/pictures/unicorn.svg")
    assert (unknown.status_code, slug(unknown)) == (404, "not-found")
    for query in ("v=../..", "w=1"):
        odd = someone.get(f"/pictures/hedge-low.svg?{query}")
        assert (odd.status_code, slug(odd)) == (422, "invalid-input")


# Answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brief", "paths"),
    [
        ({"colour": "red"}, {"brief.colour"}),
        ({"text": 7}, {"brief.text"}),
        ({"answers": []}, {"brief.answers"}),
        ({"answers": {str(n): 1 for n in range(41)}}, {"brief.answers"}),
        ({"answers": {"colour": "red"}}, {"brief.answers.colour"}),
        ({"answers": {"length": "12"}}, {"brief.answers.length"}),
        ({"answers": {"length": None}}, {"brief.answers.length"}),
        ({"answers": {"length": 0}}, {"brief.answers.length"}),
        ({"answers": {"length": 1e9}}, {"brief.answers.length"}),
        ({"answers": {"storeys": "attic"}}, {"brief.answers.storeys"}),
        ({"answers": {"ladder": "no"}}, {"brief.answers.ladder"}),
        ({"answers": {"result": 7}}, {"brief.answers.result"}),
        ({"answers": {"result": "x" * 601}}, {"brief.answers.result"}),
        ({"answers": {"photos": "cat.jpg"}}, {"brief.answers.photos"}),
        ({"answers": {"photos": ["cat.jpg"]}}, {"brief.answers.photos"}),
        ({"answers": {"photos": [str(uuid.uuid4()) for _ in "1234"]}}, {"brief.answers.photos"}),
        (
            {"answers": {"length": 0, "storeys": "attic"}, "preset": "castle"},
            {"brief.answers.length", "brief.answers.storeys", "brief.preset"},
        ),
        ({"preset": "castle"}, {"brief.preset"}),
        ({"preset": 7}, {"brief.preset"}),
        ({"tasks": "clear"}, {"brief.tasks"}),
        ({"tasks": ["clear", "fly"]}, {"brief.tasks.1"}),
        ({"template_version": 99}, {"brief.template_version"}),
        ({"template_version": "2"}, {"brief.template_version"}),
    ],
)
def test_a_wrong_brief_is_refused_at_its_path_and_leaves_nothing(
    person: Callable[..., Person],
    session: Session,
    clock: Clock,
    brief: dict[str, Any],
    paths: set[str],
) -> None:
    someone = person()
    answer = someone.post("/jobs", job(clock.now))
    posted, tag = answer.get_json(), answer.headers["ETag"]
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, brief=brief))
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert set(refused.get_json()["errors"]) == paths
    reworded = someone.patch(f"/jobs/{posted['id']}", {"brief": brief}, If_Match=tag)
    assert set(reworded.get_json()["errors"]) == paths
    again = someone.post(f"/jobs/{posted['id']}/repost", {"window": window(clock), "brief": brief})
    assert set(again.get_json()["errors"]) == paths
    assert rows(session) == before


def test_a_refusal_says_what_would_have_been_right(
    person: Callable[..., Person], clock: Clock
) -> None:
    wrong = {"answers": {"length": 0, "storey": "one"}, "tasks": ["fly"], "template_version": 2}
    french = person(**{"Accept-Language": "fr"}).post("/jobs", job(clock.now, brief=wrong))
    told = french.get_json()["errors"]
    assert told["brief.answers.length"] == ["La valeur doit être comprise entre 1 et 200."]
    assert "storeys" in told["brief.answers.storey"][0]
    assert "downpipes" in told["brief.tasks.0"][0]
    english = person().post("/jobs", job(clock.now, brief=wrong)).get_json()["errors"]
    assert english["brief.answers.length"] == ["This must lie between 1 and 200."]


def test_whoever_is_in_a_hurry_may_post_and_is_told_what_would_help(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    hasty = someone.post("/jobs", job(clock.now, brief={})).get_json()["brief_read"]
    assert hasty["completeness"] == 0
    assert [one["id"] for one in hasty["missing"]] == [
        "length",
        "storeys",
        "ladder",
        "photos",
        "last-cleaned",
        "result",
    ]
    assert [one["required"] for one in hasty["missing"]] == [True] * 3 + [False] * 3
    assert hasty["missing"][1]["question"] == "How high up is it?"
    some = someone.post("/jobs", job(clock.now, brief={"answers": {"length": 12}})).get_json()
    whole = someone.post("/jobs", job(clock.now, brief={"answers": whole_of(someone)})).get_json()
    assert 0 < some["brief_read"]["completeness"] < 1
    assert whole["brief_read"]["completeness"] == 1
    assert whole["brief_read"]["missing"] == []
    (listed,) = [one for one in someone.get("/jobs").get_json()["items"] if one["id"] == some["id"]]
    assert listed["brief_read"] == some["brief_read"]


def test_an_edit_completes_a_brief(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    answer = someone.post("/jobs", job(clock.now, brief="Leaves"))
    path, tag = f"/jobs/{answer.get_json()['id']}", answer.headers["ETag"]
    answers = whole_of(someone)
    changed = someone.patch(path, {"brief": {"answers": answers}}, If_Match=tag).get_json()
    assert changed["brief"] == {"answers": answers, "template_version": 2}
    assert [one["id"] for one in changed["photos"]] == answers["photos"]
    assert changed["brief_read"]["completeness"] == 1
    plain = someone.patch(path, {"brief": "Just leaves"}, If_Match="*").get_json()
    assert plain["brief"] == {"text": "Just leaves", "template_version": 2}


def test_a_brief_reads_in_words_without_its_template(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    answers = whole_of(someone)
    posted = someone.post(
        "/jobs",
        job(
            clock.now,
            brief={"answers": answers, "tasks": ["downpipes", "clear"], "preset": "house"},
        ),
    ).get_json()
    seen = posted["brief_read"]
    assert [(one["question"], one["answer"], one["unit"]) for one in seen["answers"][:3]] == [
        ("How many metres of gutter?", "12", "m"),
        ("How high up is it?", "One upper floor", None),
        ("Is there a ladder tall enough on site?", "No", None),
    ]
    photos = next(one for one in seen["answers"] if one["id"] == "photos")
    assert (photos["answer"], photos["photos"]) == ("one photo", answers["photos"])
    assert [task["label"] for task in seen["tasks"]] == [
        "Clear the gutters by hand",
        "Test the downpipes with water",
    ]
    assert seen["preset"]["name"] == "House with an upper floor"
    french = someone.get(f"/jobs/{posted['id']}", Accept_Language="fr").get_json()["brief_read"]
    assert french["answers"][2]["answer"] == "Non"


def test_a_provider_reads_the_same_words_but_not_what_is_missing(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, worker = person(), provider()
    posted = resident.post(
        "/jobs", job(clock.now, brief={"answers": {"length": 7.5}, "tasks": ["clear"]})
    ).get_json()
    near = worker.get("/providers/me/open-jobs").get_json()["items"][0]["job"]["brief_read"]
    ask_a_wave(posted, clock)
    offered = offer_of(worker, posted)
    brief = offered["job"]["brief_read"]
    assert brief == near
    assert [(one["question"], one["answer"], one["unit"]) for one in brief["answers"]] == [
        ("How many metres of gutter?", "7.5", "m")
    ]
    assert [task["id"] for task in brief["tasks"]] == ["clear"]
    assert "missing" not in brief
    assert worker.get(f"/offers/{offered['id']}").get_json()["job"]["brief_read"] == brief
    taken = worker.post(f"/offers/{offered['id']}/accept").get_json()
    assert taken["brief_read"]["answers"] == brief["answers"]
    assert taken["brief_read"]["completeness"] is None
    assert taken["brief_read"]["missing"] == []
    assert read(resident, posted).get_json()["brief_read"]["completeness"] > 0


def test_a_tool_a_preset_needs_is_asked_of_providers(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    templates: dict[str, dict[str, Any]],
) -> None:
    house = templates["gutter-cleaning"]["presets"][1]
    assert house["needs"] == ["long-ladder"]
    provider(tools=["ladder"])
    equipped = provider(tools=["ladder", "long-ladder"])
    posted = (
        person()
        .post("/jobs", job(clock.now, brief={"preset": "house"}, needs=house["needs"]))
        .get_json()
    )
    assert ask_a_wave(posted, clock) == 1
    assert offer_of(equipped, posted)["job"]["needs"] == ["long-ladder"]


# Versions ------------------------------------------------------------------------------


def test_a_job_keeps_the_version_it_was_answered_under(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    older_template(session, 31)
    someone = person()
    said = {"answers": {"metres": 9}, "template_version": 31}
    answer = someone.post("/jobs", job(clock.now, brief=said))
    posted, tag = answer.get_json(), answer.headers["ETag"]
    assert posted["brief"] == said
    (only,) = posted["brief_read"]["answers"]
    assert (only["question"], only["answer"]) == ("How many metres?", "9")
    # Sent back with one answer changed, it stays under its own.
    path = f"/jobs/{posted['id']}"
    back = {**posted["brief"], "answers": {"metres": 10}}
    kept = someone.patch(path, {"brief": back}, If_Match=tag).get_json()
    assert (kept["brief"]["template_version"], kept["brief_read"]["completeness"]) == (31, 1)
    # Without a version it is an answer to the present one, which has no such question.
    refused = someone.patch(path, {"brief": {"answers": {"metres": 10}}}, If_Match="*")
    assert set(refused.get_json()["errors"]) == {"brief.answers.metres"}
    newer = someone.patch(path, {"brief": {"answers": {"length": 10}}}, If_Match="*").get_json()
    assert newer["brief"]["template_version"] == 2


def test_a_version_of_another_category_is_none_of_this_ones(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    older_template(session, 32)
    refused = person().post(
        "/jobs", job(clock.now, category="errands", brief={"template_version": 32})
    )
    assert set(refused.get_json()["errors"]) == {"brief.template_version"}


def test_a_brief_from_before_there_were_versions_is_still_shown(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    posted = someone.post("/jobs", job(clock.now)).get_json()
    row = session.get_one(models_of_jobs.Job, uuid.UUID(posted["id"]))
    row.template_version, row.brief = None, {"answers": {"what": [1]}, "more": "yes"}
    session.flush()
    shown = read(someone, posted).get_json()
    assert shown["brief"] == {"answers": {"what": [1]}, "more": "yes"}
    assert shown["brief_read"] == {
        "preset": None,
        "answers": [],
        "tasks": [],
        "completeness": None,
        "missing": [],
    }
    again = someone.post(f"/jobs/{posted['id']}/repost", {"window": window(clock)})
    assert again.status_code == 201
    assert again.get_json()["brief"] == shown["brief"]


# The same again ------------------------------------------------------------------------


def test_the_same_again_takes_one_tap(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    first = someone.post(
        "/jobs", job(clock.now, brief={"answers": WHOLE}, needs=["long-ladder"])
    ).get_json()
    clock.move(days=10)
    answer = someone.post(f"/jobs/{first['id']}/repost", {"window": window(clock)})
    assert answer.status_code == 201, answer.text
    second = answer.get_json()
    assert answer.headers["Location"] == f"{API}/jobs/{second['id']}"
    assert second["id"] != first["id"]
    for name in (
        "category",
        "title",
        "brief",
        "brief_read",
        "location",
        "address",
        "access_notes",
        "duration_minutes",
        "budget",
        "mode",
        "urgency",
        "languages",
        "needs",
    ):
        assert second[name] == first[name], name
    assert (second["state"], second["round"]) == ("open", 1)
    assert second["window"] != first["window"]
    assert read(someone, first).get_json()["state"] == first["state"]


def test_the_same_again_may_differ(person: Callable[..., Person], clock: Clock) -> None:
    someone = person()
    first = someone.post("/jobs", job(clock.now)).get_json()
    changes = {
        "title": "L'autre côté",
        "brief": {"preset": "house"},
        "location": point(4.84, 45.77),
        "address": "2 place Bellecour",
        "access_notes": "",
        "duration_minutes": 120,
        "budget": {"kind": "quotes", "currency": "EUR"},
        "mode": "choose",
        "urgency": "flexible",
        "languages": ["en", "fr"],
        "needs": ["ladder"],
    }
    second = someone.post(
        f"/jobs/{first['id']}/repost", {"window": window(clock), **changes}
    ).get_json()
    for name in set(changes) - {"brief", "budget"}:
        assert second[name] == changes[name], name
    assert second["budget"] == {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    assert second["brief"]["answers"]["length"] == 25


@pytest.mark.parametrize("state", ["cancelled", "unfilled", "assigned", "completed"])
def test_a_job_in_any_state_is_posted_again(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    state: str,
) -> None:
    resident = person()
    worker = None if state in ("cancelled", "unfilled") else provider()
    first = resident.post("/jobs", job(clock.now)).get_json()
    path = f"/jobs/{first['id']}"
    if state == "cancelled":
        resident.post(f"{path}/cancel", {})
    else:
        ask_a_wave(first, clock)
    if worker is not None:
        worker.post(f"/offers/{offer_of(worker, first)['id']}/accept")
    if state == "completed" and worker is not None:
        clock.now = clock.now.replace(day=clock.now.day + 1)
        for move, who in (("start", resident), ("finish", worker), ("confirm", resident)):
            assert who.post(f"{path}/{move}").status_code == 200, move
    assert read(resident, first).get_json()["state"] == state
    again = resident.post(f"{path}/repost", {"window": window(clock)})
    assert (again.status_code, again.get_json()["state"]) == (201, "open")
    assert again.get_json()["provider"] is None


def test_an_older_brief_is_repeated_under_its_own_version(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    older_template(session, 33)
    someone = person()
    said = {"answers": {"metres": 9}, "template_version": 33}
    first = someone.post("/jobs", job(clock.now, brief=said)).get_json()
    again = someone.post(f"/jobs/{first['id']}/repost", {"window": window(clock)}).get_json()
    assert again["brief"] == said
    anew = someone.post(
        f"/jobs/{first['id']}/repost", {"window": window(clock), "brief": "The back this time"}
    ).get_json()
    assert anew["brief"] == {"text": "The back this time", "template_version": 2}


def test_what_was_for_now_is_scheduled_the_next_time(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    soon = {
        "from": clock.now.isoformat(),
        "to": (clock.now + timedelta(hours=5)).isoformat(),
    }
    first = someone.post("/jobs", job(clock.now, urgency="now", window=soon)).get_json()
    path = f"/jobs/{first['id']}/repost"
    assert someone.post(path, {"window": soon}).get_json()["urgency"] == "now"
    assert someone.post(path, {"window": window(clock)}).get_json()["urgency"] == "scheduled"
    asked = someone.post(path, {"window": window(clock), "urgency": "now"})
    assert set(asked.get_json()["errors"]) == {"window.from"}


def test_only_the_owner_posts_a_job_again(
    person: Callable[..., Person], provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    resident, worker, stranger = person(), provider(), person()
    first = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(first, clock)
    worker.post(f"/offers/{offer_of(worker, first)['id']}/accept")
    before = rows(session)
    for someone in (stranger, worker):
        refused = someone.post(f"/jobs/{first['id']}/repost", {"window": window(clock)})
        assert (refused.status_code, slug(refused)) == (404, "not-found")
    nothing = resident.post(f"/jobs/{uuid.uuid4()}/repost", {"window": window(clock)})
    assert (nothing.status_code, slug(nothing)) == (404, "not-found")
    assert rows(session) == before


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"window": None}, {"window"}),
        ({"window": {"from": "2026-05-01T06:00:00Z", "to": "2026-05-01T16:00:00Z"}}, {"window"}),
        ({"window": {"from": "2026-06-03T06:00:00Z", "to": "2026-06-03T07:00:00Z"}}, {"window"}),
        ({"window": {"from": "2026-09-01T06:00:00Z", "to": "2026-09-01T16:00:00Z"}}, {"window.to"}),
        ({"category": "errands"}, {"category"}),
        (
            {"budget": {"kind": "fixed", "amount_cents": 1, "currency": "CHF"}},
            {"budget.currency"},
        ),
        ({"budget": {"kind": "quotes", "currency": "EUR"}}, {"budget.kind"}),
        ({"duration_minutes": 5}, {"duration_minutes"}),
    ],
)
def test_the_same_again_has_to_make_sense(
    person: Callable[..., Person],
    session: Session,
    clock: Clock,
    changes: dict[str, Any],
    paths: set[str],
) -> None:
    someone = person()
    first = someone.post("/jobs", job(clock.now)).get_json()
    before = rows(session)
    refused = someone.post(f"/jobs/{first['id']}/repost", {"window": window(clock), **changes})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert set(refused.get_json()["errors"]) == paths
    assert rows(session) == before


def test_the_same_again_elsewhere_is_refused_outside_all_markets(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    first = someone.post("/jobs", job(clock.now)).get_json()
    refused = someone.post(
        f"/jobs/{first['id']}/repost", {"window": window(clock), "location": point(0, 0)}
    )
    assert (refused.status_code, slug(refused)) == (422, "outside-markets")


def test_the_same_again_with_the_same_key_is_one_job(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone = person()
    first = someone.post("/jobs", job(clock.now)).get_json()
    asked = {"window": window(clock)}
    once, twice = (
        someone.post(f"/jobs/{first['id']}/repost", asked, Idempotency_Key="tap") for _ in range(2)
    )
    assert once.get_json()["id"] == twice.get_json()["id"]


# What is held about somebody -----------------------------------------------------------


def test_answers_are_exported_and_forgotten(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()
    posted = someone.post("/jobs", job(clock.now, brief={"answers": WHOLE})).get_json()
    (exported,) = someone.get("/me/export").get_json()["jobs"]
    assert exported["brief"] == {"answers": WHOLE}
    assert exported["template_version"] == 2
    assert someone.delete("/me").status_code == 204
    session.expire_all()
    assert session.get_one(models_of_jobs.Job, uuid.UUID(posted["id"])).brief == {}


def test_the_files_are_what_is_served(templates: dict[str, dict[str, Any]]) -> None:
    written = {one["slug"]: one["brief_template"] for one in categories.listed()}
    for category, template in templates.items():
        assert template["version"] == written[category]["version"]
        assert [one["id"] for one in template["questions"]] == [
            one["id"] for one in written[category]["questions"]
        ]


# Photos --------------------------------------------------------------------------------


def test_a_photo_a_brief_names_is_the_residents_and_belongs_to_the_job(
    person: Callable[..., Person], clock: Clock
) -> None:
    someone, other = person(), person()
    for wrong in (str(uuid.uuid4()), brought(other)["id"]):
        answers = {**WHOLE, "photos": [wrong]}
        refused = someone.post("/jobs", job(clock.now, brief={"answers": answers}))
        assert (refused.status_code, slug(refused)) == (422, "invalid-input")
        assert list(refused.get_json()["errors"]) == ["brief.answers.photos.0"]
    first, second = brought(someone)["id"], brought(someone)["id"]
    body = job(clock.now, brief={"answers": {**WHOLE, "photos": [second]}}, photos=[first])
    posted = someone.post("/jobs", body)
    assert posted.status_code == 201, posted.text
    assert [one["id"] for one in posted.get_json()["photos"]] == [first, second]
    again = someone.post(f"/jobs/{posted.get_json()['id']}/repost", {"window": window(clock)})
    # They stay with the job they show.
    assert again.get_json()["photos"] == []
    assert "photos" not in again.get_json()["brief"]["answers"]
