"""Photos of work and of messages over HTTP: shown on the way, at the end, to the other side,
and to whoever has to decide."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from jobbing_api import privacy
from tests import pictures
from tests.api.conftest import Clock, Person, ask_a_wave, job, slug
from tests.api.test_disputes import operator as operator
from tests.api.test_photos import bring, brought, follow, ids
from tests.api.test_visits import NEARBY, Agreed
from tests.api.test_visits import agreed as agreed
from tests.api.test_work import at_work as at_work
from tests.api.test_work import says

SMALL = pictures.plain(64, 48)


def photo(someone: Person) -> str:
    return str(brought(someone, SMALL)["id"])


@contextmanager
def asked_of(session: Session, table: str) -> Iterator[list[str]]:
    """The statements that read a table meanwhile."""
    engine = session.get_bind().engine
    assert isinstance(engine, Engine)
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if f"FROM {table}" in statement:
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


# On the way and at the end ---------------------------------------------------------------


def test_words_on_the_way_and_the_end_are_shown_with_photos(
    client: FlaskClient, at_work: Agreed
) -> None:
    on_the_way = [photo(at_work.provider), photo(at_work.provider)]
    says(at_work, "progress", text="La moitié.", photos=on_the_way)
    at_work.clock.move(minutes=10)
    blocked = [photo(at_work.provider)]
    says(at_work, "blocked", waits_for="material", photos=blocked)
    at_work.clock.move(minutes=10)
    says(at_work, "resume")
    done = [photo(at_work.provider)]
    at_work.clock.move(minutes=10)
    finished = at_work.provider.post(f"{at_work.path}/finish", {"photos": done})
    assert finished.status_code == 200
    for who in (at_work.resident, at_work.provider):
        seen = at_work.seen(who)
        said = seen["progress"]["check_ins"]
        assert [(one["kind"], ids(one["photos"])) for one in said] == [
            ("progress", on_the_way),
            ("blocked", blocked),
            ("resume", []),
            ("finish", done),
        ]
        told = {one["event"]: ids(one["photos"]) for one in seen["timeline"]}
        assert (told["work-progress"], told["job-finish"]) == (on_the_way, done)
        assert told["job-start"] == []
        assert follow(client, said[0]["photos"][0]["url"]).status_code == 200
    # They are of the work, not of the job as it was posted.
    assert at_work.seen()["photos"] == []
    assert at_work.other.get(at_work.path).status_code == 404


def test_a_second_end_is_kept_beside_the_first(at_work: Agreed) -> None:
    first, second = photo(at_work.provider), photo(at_work.provider)
    at_work.provider.post(f"{at_work.path}/finish", {"text": "Fini.", "photos": [first]})
    at_work.resident.post(f"{at_work.path}/redo", {"reason": "Il goutte."})
    at_work.clock.move(minutes=60)
    says(at_work, "resume")
    at_work.provider.post(f"{at_work.path}/finish", {"photos": [second]})
    ends = [one for one in at_work.seen()["progress"]["check_ins"] if one["kind"] == "finish"]
    assert [(one["text"], ids(one["photos"])) for one in ends] == [
        ("Fini.", [first]),
        ("", [second]),
    ]


def _wrong_photos(at_work: Agreed) -> dict[str, tuple[list[str], str]]:
    used = photo(at_work.provider)
    says(at_work, "progress", photos=[used])
    paper = bring(at_work.provider, pictures.pdf(), "application/pdf").get_json()["id"]
    fresh = photo(at_work.provider)
    return {
        "somebody else's": ([photo(at_work.resident)], "photos.0"),
        "unknown": ([fresh, str(uuid.uuid4())], "photos.1"),
        "used": ([used], "photos.0"),
        "twice": ([fresh, fresh], "photos.1"),
        "a paper": ([paper], "photos.0"),
        "no id": (["x"], "photos.0"),
        "too many": ([str(uuid.uuid4())] * 13, "photos"),
    }


def test_photos_that_are_not_ones_own_to_use_are_refused(at_work: Agreed, session: Session) -> None:
    for name, (photos, field) in _wrong_photos(at_work).items():
        for path, body in (
            ("check-ins", {"kind": "progress"}),
            ("check-ins", {"kind": "blocked", "waits_for": "weather"}),
            ("finish", {}),
            ("messages", {"text": "Voyez."}),
        ):
            refused = at_work.provider.post(f"{at_work.path}/{path}", {**body, "photos": photos})
            assert (refused.status_code, slug(refused)) == (422, "invalid-input"), (name, path)
            assert list(refused.get_json()["errors"]) == [field], (name, path)
    seen = at_work.seen()
    assert (seen["state"], len(seen["progress"]["check_ins"])) == ("in_progress", 1)
    assert session.execute(text("SELECT count(*) FROM messages")).scalar_one() == 0


def test_only_who_is_at_work_shows_how_it_goes_and_only_then(at_work: Agreed) -> None:
    mine = photo(at_work.resident)
    for who, status in ((at_work.resident, 403), (at_work.other, 404)):
        refused = who.post(f"{at_work.path}/check-ins", {"kind": "progress", "photos": [mine]})
        assert refused.status_code == status
        assert who.post(f"{at_work.path}/finish", {"photos": [mine]}).status_code == status
    at_work.provider.post(f"{at_work.path}/finish")
    late = at_work.provider.post(
        f"{at_work.path}/check-ins", {"kind": "progress", "photos": [photo(at_work.provider)]}
    )
    assert (late.status_code, slug(late)) == (409, "illegal-move")


def test_a_job_is_read_in_as_many_statements_however_much_was_shown(
    at_work: Agreed, session: Session
) -> None:
    counted = []
    for _ in range(2):
        for _ in range(3):
            says(at_work, "progress", photos=[photo(at_work.provider)])
        with asked_of(session, "photos") as statements:
            at_work.seen()
        counted.append(len(statements))
    assert counted == [2, 2]


def test_whoever_posts_a_job_without_photos_asks_for_none(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    resident = person()
    with asked_of(session, "photos") as statements:
        posted = resident.post("/jobs", job(clock.now))
    assert (posted.status_code, posted.get_json()["photos"], statements) == (201, [], [])
    again = {"window": job(clock.now)["window"]}
    with asked_of(session, "photos") as statements:
        repeated = resident.post(f"/jobs/{posted.get_json()['id']}/repost", again)
    assert (repeated.status_code, repeated.get_json()["photos"], statements) == (201, [], [])
    shown = photo(resident)
    assert ids(resident.post("/jobs", job(clock.now, photos=[shown])).get_json()["photos"]) == [
        shown
    ]


# Messages --------------------------------------------------------------------------------


def test_a_message_may_be_photos_alone_and_the_two_see_them(
    client: FlaskClient, agreed: Agreed, session: Session
) -> None:
    path = f"{agreed.path}/messages"
    shown = [photo(agreed.resident), photo(agreed.resident)]
    written = agreed.resident.post(path, {"photos": shown})
    assert (written.status_code, written.get_json()["text"]) == (201, "")
    assert ids(written.get_json()["photos"]) == shown
    agreed.provider.post(path, {"text": "Je vois.", "photos": [photo(agreed.provider)]})
    agreed.provider.post(path, {"text": "À jeudi."})
    with asked_of(session, "photos") as statements:
        items = agreed.provider.get(path).get_json()["items"]
    assert [len(one["photos"]) for one in items] == [0, 1, 2]
    assert len(statements) == 1
    assert follow(client, items[-1]["photos"][0]["url"]).status_code == 200
    assert agreed.other.get(path).status_code == 404
    assert agreed.other.post(path, {"photos": [photo(agreed.other)]}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " ", "photos": []}])
def test_a_message_says_or_shows_something(agreed: Agreed, body: dict[str, Any]) -> None:
    refused = agreed.resident.post(f"{agreed.path}/messages", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["text"]


def test_a_message_shows_six_photos_at_most(agreed: Agreed) -> None:
    photos = [photo(agreed.resident) for _ in range(7)]
    path = f"{agreed.path}/messages"
    refused = agreed.resident.post(path, {"photos": photos})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["photos"]
    assert agreed.resident.post(path, {"photos": photos[:6]}).status_code == 201


def test_photos_of_one_conversation_are_not_seen_in_another(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    path = f"/jobs/{posted['id']}/messages"
    shown = photo(first)
    assert first.post(path, {"photos": [shown]}).status_code == 201
    whom = f"{path}?provider_id={first.id}"
    assert ids(resident.get(whom).get_json()["items"][0]["photos"]) == [shown]
    assert second.get(path).get_json()["items"] == []
    assert second.get(whom).status_code == 404


# Disputed --------------------------------------------------------------------------------


def test_a_dispute_shows_what_was_shown_and_nobody_removes_any(
    at_work: Agreed, operator: Callable[[str], Person], client: FlaskClient
) -> None:
    acting = operator("act")
    on_the_way, written = photo(at_work.provider), photo(at_work.resident)
    says(at_work, "progress", photos=[on_the_way])
    at_work.clock.move(minutes=5)
    at_work.resident.post(f"{at_work.path}/messages", {"photos": [written]})
    path = f"{at_work.path}/dispute"
    assert acting.get(path).status_code == 404
    at_work.resident.post(path, {"reason": "Rien n'est fait."})
    for who in (at_work.resident, at_work.provider, acting):
        shown = who.get(path).get_json()["photos"]
        assert [(one["of"], one["by"], one["photo"]["id"]) for one in shown] == [
            ("check", "provider", on_the_way),
            ("message", "resident", written),
        ]
        assert follow(client, shown[0]["photo"]["url"]).status_code == 200
    assert at_work.other.get(path).status_code == 404
    said = acting.get(f"{at_work.path}/messages").get_json()["items"]
    assert ids(said[0]["photos"]) == [written]
    for who, one in ((at_work.provider, on_the_way), (at_work.resident, written)):
        refused = who.delete(f"/photos/{one}")
        assert (refused.status_code, slug(refused)) == (409, "photo-frozen")
    assert len(acting.get(path).get_json()["photos"]) == 2


def test_what_was_taken_down_shows_nothing_any_more(
    at_work: Agreed, operator: Callable[[str], Person], session: Session
) -> None:
    acting = operator("act")
    shown = photo(at_work.provider)
    written = at_work.provider.post(f"{at_work.path}/messages", {"photos": [shown]}).get_json()
    reported = at_work.resident.post(
        "/reports",
        {"subject": "message", "subject_id": written["id"], "reason": "insult", "text": ""},
    )
    assert reported.status_code == 201, reported.text
    settled = acting.post(
        f"/reports/{reported.get_json()['id']}/settle", {"outcome": "hidden", "note": "Vu."}
    )
    assert settled.status_code == 200, settled.text
    at_work.resident.post(f"{at_work.path}/dispute", {})
    (seen,) = at_work.resident.get(f"{at_work.path}/messages").get_json()["items"]
    assert (seen["text"], seen["photos"]) == (None, [])
    assert acting.get(f"{at_work.path}/dispute").get_json()["photos"] == []


# Kept, told and forgotten ----------------------------------------------------------------


def test_what_was_shown_is_exported_and_goes_with_its_owner(
    at_work: Agreed, client: FlaskClient
) -> None:
    of_work, of_words = photo(at_work.provider), photo(at_work.provider)
    says(at_work, "progress", photos=[of_work])
    at_work.provider.post(f"{at_work.path}/messages", {"photos": [of_words]})
    at_work.provider.post(f"{at_work.path}/finish")
    told = at_work.provider.get("/me/export").get_json()["photos"]
    assert {one["id"]: (one["subject_kind"], one["job_id"]) for one in told} == {
        of_work: ("check", at_work.posted["id"]),
        of_words: ("message", at_work.posted["id"]),
    }
    link = at_work.seen()["progress"]["check_ins"][0]["photos"][0]["url"]
    at_work.resident.post(f"{at_work.path}/confirm")
    assert at_work.provider.delete("/me").status_code == 204
    assert at_work.seen()["progress"]["check_ins"][0]["photos"] == []
    assert at_work.resident.get(f"{at_work.path}/messages").get_json()["items"][0]["photos"] == []
    assert follow(client, link).status_code == 404


def test_what_was_shown_goes_half_a_year_after_the_end(at_work: Agreed, session: Session) -> None:
    says(at_work, "progress", photos=[photo(at_work.provider)])
    at_work.resident.post(f"{at_work.path}/messages", {"photos": [photo(at_work.resident)]})
    at_work.provider.post(f"{at_work.path}/finish", {"photos": [photo(at_work.provider)]})
    at_work.resident.post(f"{at_work.path}/confirm")
    late = at_work.clock.now + timedelta(days=180)
    assert privacy.forget_old_photos(session, now=late, limit=10) == 0
    assert privacy.forget_old_photos(session, now=late + timedelta(minutes=1), limit=10) == 3
    assert [one["photos"] for one in at_work.seen()["progress"]["check_ins"]] == [[], []]
