"""Photos over HTTP: brought by a phone, shown to whoever may see them, and to nobody else."""

from __future__ import annotations

import io
import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import files, queue
from jobbing_api.settings import Settings
from tests import pictures
from tests.api.conftest import (
    API,
    Clock,
    Person,
    ask_a_wave,
    assert_as_documented,
    job,
    offer_of,
    read,
    rows,
    sign_in,
    slug,
)
from tests.conftest import NOW


def bring(
    someone: Person, content: bytes | None = None, kind: str = "image/jpeg", **headers: str
) -> TestResponse:
    """A picture sent as a phone does: the bytes themselves."""
    answer = someone.client.post(
        f"{API}/photos",
        data=pictures.plain() if content is None else content,
        headers={
            "Authorization": f"Bearer {someone.bearer()}",
            "Content-Type": kind,
            **someone.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    assert_as_documented(someone.client.application, "POST", "/photos", answer)
    return answer


def brought(someone: Person, content: bytes | None = None) -> dict[str, Any]:
    answer = bring(someone, content)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def follow(client: FlaskClient, link: str, **headers: str) -> TestResponse:
    """Open a link as an image element does: with no sign-in."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(link, headers=named)
    assert_as_documented(client.application, "GET", link.removeprefix(API), answer)
    return answer


def tend(photo: dict[str, Any], clock: Clock) -> None:
    """What the worker does."""
    files.tend([uuid.UUID(photo["id"])], now=clock.now)


def ids(shown: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in shown]


def without_number(answer: TestResponse) -> dict[str, Any]:
    return {**answer.get_json(), "request_id": 0}


# --- bringing one -----------------------------------------------------------------------------


def test_a_picture_is_brought_and_can_be_seen(
    client: FlaskClient, person: Callable[..., Person]
) -> None:
    answer = bring(person(), pictures.plain(2400, 1200))
    assert answer.status_code == 201
    photo = answer.get_json()
    assert answer.headers["Location"] == f"{API}/photos/{photo['id']}"
    assert (photo["width"], photo["height"], photo["media_type"]) == (2048, 1024, "image/jpeg")
    assert (photo["thumbnails"]["small"]["width"], photo["thumbnails"]["small"]["height"]) == (
        320,
        160,
    )
    seen = follow(client, photo["url"])
    assert seen.status_code == 200
    assert seen.mimetype == "image/jpeg"
    assert pictures.opened(seen.data).size == (2048, 1024)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "text/html"), ("PNG", "")],
)
def test_content_counts_and_not_what_it_says_it_is(
    person: Callable[..., Person], kind: str, said: str
) -> None:
    answer = bring(person(), pictures.plain(640, 480, kind), said)
    assert (answer.status_code, answer.get_json()["media_type"]) == (201, "image/jpeg")


def test_thumbnails_are_made_and_until_then_the_picture_stands_in(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    photo = brought(person(), pictures.plain(2400, 1200))
    link = photo["thumbnails"]["medium"]["url"]
    before = follow(client, link)
    assert pictures.opened(before.data).size == (2048, 1024)
    assert before.headers["Cache-Control"] == "private, max-age=0"
    tend(photo, clock)
    after = follow(client, link)
    assert pictures.opened(after.data).size == (960, 480)
    assert after.headers["Cache-Control"] == "private, max-age=1800"
    assert before.headers["ETag"] != after.headers["ETag"]
    assert pictures.opened(follow(client, photo["thumbnails"]["small"]["url"]).data).size == (
        320,
        160,
    )


def test_no_position_and_nothing_else_of_the_phone_is_kept(
    client: FlaskClient,
    person: Callable[..., Person],
    clock: Clock,
    chosen_settings: Settings,
) -> None:
    photo = brought(person(), pictures.of_a_phone())
    tend(photo, clock)
    served = follow(client, photo["url"]).data
    stored = [file.read_bytes() for file in _folder(chosen_settings, photo).iterdir()]
    assert len(stored) == 3
    for content in [served, *stored]:
        assert not pictures.opened(content).getexif()
        for secret in (*pictures.SECRETS, b"Exif", b"<html", b"script"):
            assert secret not in content
    # Lying on its side, it was turned.
    assert (photo["width"], photo["height"]) == (480, 640)


def _folder(using: Settings, photo: dict[str, Any]) -> Path:
    folder = Path(urlsplit(using.files_url).path)
    return folder / photo["id"][-2:] / photo["id"]


def test_who_is_not_signed_in_brings_nothing(client: FlaskClient, session: Session) -> None:
    before = rows(session)
    refused = client.post(f"{API}/photos", data=pictures.plain())
    assert (refused.status_code, slug(refused)) == (401, "sign-in-required")
    assert rows(session) == before


def _multipart(content: bytes) -> tuple[bytes, str]:
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    return start + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


WRONG_KINDS: dict[str, tuple[bytes, str]] = {
    "html": (b"<html><script>alert(1)</script></html>", "image/jpeg"),
    "svg": (pictures.svg(), "image/svg+xml"),
    "gif": (b"GIF89a" + bytes(100), "image/gif"),
    "heic": (b"\0\0\0\x20ftypheic" + bytes(100), "image/heic"),
    "json": (b"{}", "application/json"),
    "nothing": (b"", "image/jpeg"),
    "multipart": _multipart(pictures.plain()),
    "html before a picture": (b"<html>" + pictures.plain(), "image/jpeg"),
}


@pytest.mark.parametrize("name", WRONG_KINDS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_another_kind_of_file_is_refused(
    person: Callable[..., Person], session: Session, name: str, language: str
) -> None:
    someone = person(**{"Accept-Language": language})
    before = rows(session)
    refused = bring(someone, *WRONG_KINDS[name])
    assert (refused.status_code, slug(refused)) == (415, "not-a-picture")
    assert "JPEG" in refused.get_json()["detail"]
    assert refused.headers["Content-Language"] == language
    assert rows(session) == before


def test_a_picture_that_is_html_too_comes_out_as_a_picture_alone(
    client: FlaskClient, person: Callable[..., Person]
) -> None:
    both = pictures.plain() + b"<html><script>alert(1)</script></html>" + pictures.svg()
    seen = follow(client, brought(person(), both)["url"])
    assert b"script" not in seen.data
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


BAD_PICTURES: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: pictures.plain()[:1500], "damaged"),
    "bomb": (lambda: pictures.png_that_says(50_000, 50_000), "40 megapixels"),
    "bomb of zeros": (
        lambda: pictures.png_that_says(30_000, 20_000, written=True),
        "40 megapixels",
    ),
    "jpeg bomb": (lambda: pictures.jpeg_that_says(65_000, 65_000), "40 megapixels"),
    "webp bomb": (lambda: pictures.webp_that_says(16_000, 16_000), "40 megapixels"),
    "scans": (lambda: pictures.of_many_scans(500), "damaged"),
    "moving": (lambda: pictures.moving("PNG"), "moves"),
    "strip": (lambda: pictures.plain(1, 20_000, "PNG"), "too narrow"),
    "pdf cut off": (lambda: pictures.pdf()[:20], "damaged"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_picture_that_cannot_be_kept_is_refused(
    person: Callable[..., Person], session: Session, name: str
) -> None:
    make, said = BAD_PICTURES[name]
    someone = person()
    before = rows(session)
    refused = bring(someone, make())
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    [told] = refused.get_json()["errors"]["body"]
    assert said in told
    assert rows(session) == before


def test_a_file_too_large_is_refused_by_its_length(
    person: Callable[..., Person], session: Session, chosen_settings: Settings
) -> None:
    someone = person()
    before = rows(session)
    refused = bring(someone, bytes(chosen_settings.photo_most_bytes + 1))
    assert (refused.status_code, slug(refused)) == (413, "photo-too-large")
    assert "10 MB" in refused.get_json()["detail"]
    assert rows(session) == before


def test_a_file_too_large_is_refused_without_its_length(
    person: Callable[..., Person], chosen_settings: Settings
) -> None:
    someone = person()
    for size, status in (
        (chosen_settings.photo_most_bytes + 1, 413),
        (len(pictures.plain()), 201),
    ):
        answer = someone.client.post(
            f"{API}/photos",
            input_stream=io.BytesIO((pictures.plain() + bytes(size))[:size]),
            headers={
                "Authorization": f"Bearer {someone.bearer()}",
                "Transfer-Encoding": "chunked",
            },
            environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        )
        assert answer.status_code == status


def test_other_operations_take_no_more_than_before(person: Callable[..., Person]) -> None:
    refused = person().client.post(f"{API}/jobs", data=bytes(300_000))
    assert (refused.status_code, slug(refused)) == (413, "payload-too-large")


def test_a_picture_sent_twice_with_its_key_is_brought_once(
    person: Callable[..., Person], session: Session
) -> None:
    someone = person()
    first = bring(someone, Idempotency_Key="one")
    before = rows(session)
    again = bring(someone, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert rows(session) == before
    other = bring(someone, pictures.plain(100, 100), Idempotency_Key="one")
    assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")
    assert rows(session) == before
    assert bring(someone, Idempotency_Key="two").get_json()["id"] != first.get_json()["id"]


def test_a_picture_sent_many_times_at_once_with_one_key_is_brought_once(
    racing: FlaskClient, chosen_settings: Settings, own_database: Engine
) -> None:
    someone = sign_in(racing, chosen_settings, NOW)
    together = threading.Barrier(4)
    came: list[TestResponse] = []

    def send() -> None:
        phone = Person(racing.application.test_client(), someone.id, someone.token)
        together.wait()
        came.append(bring(phone, Idempotency_Key="one"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in came} <= {201, 409}
    [photo_id] = {answer.get_json()["id"] for answer in came if answer.status_code == 201}
    with own_database.connect() as connection:
        kept = connection.execute(text("SELECT id FROM photos WHERE state = 'kept'")).scalars()
        assert [str(one) for one in kept] == [photo_id]
        # What the others wrote is known by rows, and goes in minutes.
        arriving = connection.execute(text("SELECT id FROM photos WHERE state = 'arriving'"))
        files.tend(list(arriving.scalars()), now=NOW + timedelta(minutes=11))
        assert connection.execute(text("SELECT count(*) FROM photos")).scalar_one() == 1


def test_a_key_that_is_none_is_refused_before_anything_is_done(
    person: Callable[..., Person], session: Session
) -> None:
    someone = person()
    before = rows(session)
    refused = bring(someone, Idempotency_Key="two words")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert rows(session) == before


def test_only_so_many_may_wait_to_be_used(
    person: Callable[..., Person], clock: Clock, session: Session
) -> None:
    someone = person()
    content = pictures.plain(64, 64)
    waiting = [brought(someone, content) for _ in range(files.MOST_UNATTACHED)]
    before = rows(session)
    refused = bring(someone, content)
    assert (refused.status_code, slug(refused)) == (429, "too-many-photos")
    assert "40" in refused.get_json()["detail"]
    assert rows(session) == before
    assert bring(person(), content).status_code == 201
    assert someone.post("/jobs", job(clock.now, photos=[waiting[0]["id"]])).status_code == 201
    assert bring(someone, content).status_code == 201
    assert someone.delete(f"/photos/{waiting[1]['id']}").status_code == 204
    assert bring(someone, content).status_code == 201


def test_a_store_that_is_away_is_said_and_nothing_is_half_there(
    person: Callable[..., Person], chosen_settings: Settings
) -> None:
    someone = person()
    files.connect("file:///proc/nowhere")
    try:
        refused = bring(someone, Idempotency_Key="later")
        assert (refused.status_code, slug(refused)) == (503, "unavailable")
    finally:
        files.connect(chosen_settings.files_url)
    assert bring(someone, Idempotency_Key="later").status_code == 201


# --- opening one ------------------------------------------------------------------------------


def test_whoever_brought_a_photo_can_have_a_new_link(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    photo = brought(resident)
    assert resident.get(f"/photos/{photo['id']}").get_json() == photo
    clock.move(hours=1)
    assert follow(client, photo["url"]).status_code == 410
    fresh = resident.get(f"/photos/{photo['id']}").get_json()["url"]
    assert follow(client, fresh).status_code == 200


def test_a_link_is_good_for_a_while_and_is_the_same_meanwhile(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    photo = brought(resident)
    posted = resident.post("/jobs", job(clock.now, photos=[photo["id"]])).get_json()
    clock.move(minutes=14, seconds=59)
    assert read(resident, posted).get_json()["photos"][0]["url"] == photo["url"]
    assert follow(client, photo["url"]).status_code == 200
    clock.move(minutes=15)
    assert follow(client, photo["url"]).headers["Cache-Control"] == "private, max-age=1"
    clock.move(seconds=1)
    refused = follow(client, photo["url"])
    assert (refused.status_code, slug(refused)) == (410, "link-expired")
    assert "new link" in refused.get_json()["detail"]
    fresh = read(resident, posted).get_json()["photos"][0]["url"]
    assert follow(client, fresh).status_code == 200


def test_a_forged_link_is_refused_whether_or_not_there_is_a_photo(
    client: FlaskClient, person: Callable[..., Person]
) -> None:
    someone = person()
    photo, other = brought(someone), brought(someone)
    path, _, query = photo["url"].partition("?")
    told = []
    for link in (
        f"{path}?{query.replace('signature=', 'signature=A')[:-1]}",
        f"{path}?{re.sub(r'until=[0-9]+', 'until=99999999999', query)}",
        f"{path.replace('full', 'small')}?{query}",
        f"{path.replace('full', 'huge')}?{query}",
        f"{path.replace(photo['id'], other['id'])}?{query}",
        f"{path.replace(photo['id'], str(uuid.uuid4()))}?{query}",
        f"{path}?{urlencode({'until': 1, 'signature': 'é'})}",
    ):
        refused = follow(client, link)
        assert (refused.status_code, slug(refused)) == (403, "link-invalid"), link
        told.append(without_number(refused))
    assert all(one == told[0] for one in told)
    # A sign-in opens nothing that a link does not.
    refused = someone.get(f"{path}?until=1&signature=x".removeprefix(API))
    assert (refused.status_code, slug(refused)) == (403, "link-invalid")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", {"until", "signature"}),
        ("until=1", {"signature"}),
        ("until=soon&signature=x", {"until"}),
        ("until=-1&signature=x", {"until"}),
        ("until=1&signature=", {"signature"}),
        ("until=1&signature=x&more=1", {"more"}),
        ("until=1&signature=%00", {"signature"}),
    ],
)
def test_a_link_that_is_not_whole_is_told_what_it_lacks(
    client: FlaskClient, person: Callable[..., Person], query: str, wrong: set[str]
) -> None:
    path = brought(person())["url"].partition("?")[0]
    refused = follow(client, f"{path}?{query}")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert set(refused.get_json()["errors"]) == wrong


def test_what_a_browser_has_is_not_sent_again(
    client: FlaskClient, person: Callable[..., Person]
) -> None:
    photo = brought(person())
    first = follow(client, photo["url"])
    again = follow(client, photo["url"], If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    head = client.head(photo["url"])
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.data))


def test_a_photo_whose_object_is_lost_is_not_found(
    client: FlaskClient, person: Callable[..., Person], chosen_settings: Settings, clock: Clock
) -> None:
    photo = brought(person())
    for file in _folder(chosen_settings, photo).iterdir():
        file.unlink()
    refused = follow(client, photo["url"])
    assert (refused.status_code, slug(refused)) == (404, "not-found")
    tend(photo, clock)
    assert follow(client, photo["url"]).status_code == 404


# --- of a job ---------------------------------------------------------------------------------


def test_photos_of_a_job_are_shown_to_its_people_and_to_whoever_is_asked(
    client: FlaskClient,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, karim, other = person(), provider(), provider()
    photos = [brought(resident, pictures.plain(640, 480 + n))["id"] for n in range(3)]
    answer = resident.post("/jobs", job(clock.now, photos=photos))
    assert answer.status_code == 201
    posted = answer.get_json()
    assert ids(posted["photos"]) == photos
    assert ids(read(resident, posted).get_json()["photos"]) == photos
    assert ids(resident.get("/jobs").get_json()["items"][0]["photos"]) == photos
    open_jobs = karim.get("/providers/me/open-jobs").get_json()["items"]
    assert ids(open_jobs[0]["job"]["photos"]) == photos
    ask_a_wave(posted, clock)
    offer = offer_of(karim, posted)
    assert ids(offer["job"]["photos"]) == photos
    assert ids(karim.get(f"/offers/{offer['id']}").get_json()["job"]["photos"]) == photos
    assert follow(client, offer["job"]["photos"][0]["url"]).status_code == 200
    booked = karim.post(f"/offers/{offer['id']}/accept")
    assert ids(booked.get_json()["photos"]) == photos
    assert ids(read(karim, posted).get_json()["photos"]) == photos
    # Whoever was asked as well has lost the offer, and with it the photos.
    lost = offer_of(other, posted)
    assert (lost["state"], lost["job"]["photos"]) == ("withdrawn", [])
    assert other.get(f"/jobs/{posted['id']}").status_code == 404


def test_who_gives_a_job_back_sees_its_photos_no_more(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now, photos=[brought(resident)["id"]])).get_json()
    ask_a_wave(posted, clock)
    offer = offer_of(karim, posted)
    assert karim.post(f"/offers/{offer['id']}/accept").status_code == 200
    given_back = karim.post(f"/jobs/{posted['id']}/cancel", {})
    assert (given_back.status_code, given_back.get_json()["photos"]) == (200, [])
    assert offer_of(karim, posted)["job"]["photos"] == []


def test_whoever_would_have_come_sees_no_photos_of_a_cancelled_job(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now, photos=[brought(resident)["id"]])).get_json()
    ask_a_wave(posted, clock)
    assert karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept").status_code == 200
    cancelled = resident.post(f"/jobs/{posted['id']}/cancel", {})
    assert len(cancelled.get_json()["photos"]) == 1
    assert read(karim, posted).get_json()["photos"] == []


def _elsewhere(someone: Person, clock: Clock) -> str:
    photo: str = brought(someone)["id"]
    assert someone.post("/jobs", job(clock.now, photos=[photo])).status_code == 201
    return photo


def test_photos_that_cannot_belong_there_are_told_by_their_place(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    resident, stranger = person(), person()
    good = brought(resident)["id"]
    gone = brought(resident)["id"]
    assert resident.delete(f"/photos/{gone}").status_code == 204
    theirs, nobodys = brought(stranger)["id"], str(uuid.uuid4())
    used = _elsewhere(resident, clock)
    paper = brought(resident, pictures.pdf())["id"]
    before = rows(session)
    refused = resident.post(
        "/jobs", job(clock.now, photos=[good, theirs, nobodys, gone, used, paper, good])
    )
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    told = refused.get_json()["errors"]
    assert set(told) == {f"photos.{place}" for place in range(1, 7)}
    # Somebody else's, what never was and what is gone are told alike.
    assert told["photos.1"] == told["photos.2"] == told["photos.3"]
    assert "elsewhere" in told["photos.4"][0]
    assert "paper" in told["photos.5"][0]
    assert "twice" in told["photos.6"][0]
    assert rows(session) == before


@pytest.mark.parametrize(
    ("photos", "wrong"),
    [
        ("x", {"photos"}),
        (None, {"photos"}),
        (["x"], {"photos.0"}),
        ([1], {"photos.0"}),
        ([None], {"photos.0"}),
        ([str(uuid.uuid4())] * 13, {"photos"}),
    ],
)
def test_bad_lists_of_photos_are_refused(
    person: Callable[..., Person], session: Session, clock: Clock, photos: Any, wrong: set[str]
) -> None:
    someone = person()
    before = rows(session)
    refused = someone.post("/jobs", job(clock.now, photos=photos))
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert set(refused.get_json()["errors"]) == wrong
    assert rows(session) == before


def test_the_photos_of_a_job_can_be_changed_while_nobody_works_on_it(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    first, second, third = (brought(resident) for _ in range(3))
    answer = resident.post("/jobs", job(clock.now, photos=[first["id"], second["id"]]))
    posted = answer.get_json()
    changed = resident.patch(
        f"/jobs/{posted['id']}",
        {"photos": [third["id"], first["id"]]},
        If_Match=answer.headers["ETag"],
    )
    assert changed.status_code == 200
    assert ids(changed.get_json()["photos"]) == [third["id"], first["id"]]
    assert follow(client, second["url"]).status_code == 404
    stale = resident.patch(f"/jobs/{posted['id']}", {"photos": []}, If_Match=answer.headers["ETag"])
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    emptied = resident.patch(
        f"/jobs/{posted['id']}", {"photos": []}, If_Match=changed.headers["ETag"]
    )
    assert emptied.get_json()["photos"] == []
    refused = resident.patch(
        f"/jobs/{posted['id']}", {"photos": [first["id"]]}, If_Match=emptied.headers["ETag"]
    )
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")


def test_a_photo_is_removed_by_its_owner_alone_and_wherever_it_belongs(
    client: FlaskClient, person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    resident, stranger = person(), person()
    photo, loose = brought(resident), brought(resident)
    posted = resident.post("/jobs", job(clock.now, photos=[photo["id"]])).get_json()
    nothing = without_number(stranger.delete(f"/photos/{uuid.uuid4()}"))
    for one in (photo, loose):
        for method in ("DELETE", "GET"):
            refused = stranger.ask(method, f"/photos/{one['id']}")
            assert (refused.status_code, without_number(refused)) == (404, nothing)
        assert follow(client, one["url"]).status_code == 200
    for one in (photo, loose):
        assert resident.delete(f"/photos/{one['id']}").status_code == 204
        assert follow(client, one["url"]).status_code == 404
        assert resident.delete(f"/photos/{one['id']}").status_code == 404
    shown = read(resident, posted).get_json()
    assert shown["photos"] == []
    assert shown["timeline"][-1]["event"] == "job-edit"
    tend(photo, clock)
    assert rows(session)["photos"] == 1


def test_a_photo_stays_once_work_has_begun(
    client: FlaskClient,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, karim = person(), provider()
    photo = brought(resident)
    posted = resident.post("/jobs", job(clock.now, photos=[photo["id"]])).get_json()
    ask_a_wave(posted, clock)
    assert karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept").status_code == 200
    clock.move(days=1)
    assert resident.post(f"/jobs/{posted['id']}/start").status_code == 200
    refused = resident.delete(f"/photos/{photo['id']}")
    assert (refused.status_code, slug(refused)) == (409, "photo-frozen")
    assert ids(read(karim, posted).get_json()["photos"]) == [photo["id"]]


def test_a_photo_that_belongs_nowhere_goes_after_a_day(
    client: FlaskClient, person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    resident = person()
    loose, used = brought(resident), brought(resident)
    for one in (loose, used):
        tend(one, clock)
    posted = resident.post("/jobs", job(clock.now, photos=[used["id"]])).get_json()
    clock.move(hours=23, minutes=59)
    for one in (loose, used):
        tend(one, clock)
    assert rows(session)["photos"] == 2
    clock.move(minutes=2)
    for one in (loose, used):
        tend(one, clock)
    assert rows(session)["photos"] == 1
    assert ids(read(resident, posted).get_json()["photos"]) == [used["id"]]
    late = resident.post("/jobs", job(clock.now, photos=[loose["id"]]))
    assert (late.status_code, slug(late)) == (422, "invalid-input")


# --- of a portfolio ---------------------------------------------------------------------------


def test_a_portfolio_is_shown_on_the_public_profile(
    client: FlaskClient, person: Callable[..., Person], provider: Callable[..., Person]
) -> None:
    karim = provider()
    before, after, alone = (brought(karim)["id"] for _ in range(3))
    items = [
        {"before": before, "after": after, "caption": "Dix mètres", "category": "gutter-cleaning"},
        {"after": alone},
    ]
    put = karim.put("/providers/me/portfolio", {"items": items})
    assert put.status_code == 200, put.text
    shown = person().get(f"/providers/{karim.id}").get_json()["portfolio"]
    assert shown == put.get_json()["items"]
    assert shown == karim.get("/providers/me/portfolio").get_json()["items"]
    assert (shown[0]["before"]["id"], shown[0]["after"]["id"]) == (before, after)
    assert (shown[0]["caption"], shown[0]["category"]) == ("Dix mètres", "gutter-cleaning")
    assert shown[1] | {"after": shown[1]["after"]["id"]} == {
        "before": None,
        "after": alone,
        "caption": "",
        "category": None,
    }
    assert follow(client, shown[0]["after"]["thumbnails"]["small"]["url"]).status_code == 200


def test_a_portfolio_is_replaced_as_a_whole(
    client: FlaskClient, provider: Callable[..., Person], clock: Clock, session: Session
) -> None:
    karim = provider()
    first, second, third = (brought(karim) for _ in range(3))
    put = karim.put(
        "/providers/me/portfolio",
        {"items": [{"before": first["id"], "after": second["id"]}]},
    )
    again = karim.put(
        "/providers/me/portfolio",
        {"items": [{"after": third["id"]}, {"after": first["id"]}]},
        If_Match=put.headers["ETag"],
    )
    assert [one["after"]["id"] for one in again.get_json()["items"]] == [third["id"], first["id"]]
    assert follow(client, second["url"]).status_code == 404
    stale = karim.put("/providers/me/portfolio", {"items": []}, If_Match=put.headers["ETag"])
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    tend(second, clock)
    assert rows(session)["portfolio_items"] == 2
    assert karim.put("/providers/me/portfolio", {"items": []}).get_json() == {"items": []}
    tend(first, clock)
    assert (rows(session)["portfolio_items"], rows(session)["photos"]) == (0, 1)


def test_a_photo_that_goes_takes_what_it_showed_with_it(
    provider: Callable[..., Person], clock: Clock
) -> None:
    karim = provider()
    before, after, alone = (brought(karim) for _ in range(3))
    karim.put(
        "/providers/me/portfolio",
        {"items": [{"before": before["id"], "after": after["id"]}, {"after": alone["id"]}]},
    )
    for one in (before, alone):
        assert karim.delete(f"/photos/{one['id']}").status_code == 204
        for _ in range(2):
            items = karim.get("/providers/me/portfolio").get_json()["items"]
            assert [one["before"] for one in items] == [None] * len(items)
            tend(one, clock)
    assert [one["after"]["id"] for one in items] == [after["id"]]


PORTFOLIOS: list[tuple[Any, set[str]]] = [
    ({}, {"items"}),
    ({"items": None}, {"items"}),
    ({"items": [{}]}, {"items.0.after"}),
    ({"items": ["x"]}, {"items.0"}),
    ({"items": [{"after": "x"}]}, {"items.0.after"}),
    ({"items": [{"after": None}]}, {"items.0.after"}),
    ({"items": [{"after": str(uuid.uuid4())}]}, {"items.0.after"}),
    ({"items": [{"after": "GOOD", "before": "GOOD"}]}, {"items.0.after"}),
    ({"items": [{"after": "GOOD"}, {"after": "GOOD"}]}, {"items.1.after"}),
    ({"items": [{"after": "GOOD", "before": str(uuid.uuid4())}]}, {"items.0.before"}),
    ({"items": [{"after": "GOOD", "category": "wizardry"}]}, {"items.0.category"}),
    ({"items": [{"after": "GOOD", "caption": "x" * 301}]}, {"items.0.caption"}),
    ({"items": [{"after": "GOOD", "stars": 5}]}, {"items.0.stars"}),
    ({"items": [{"after": str(uuid.uuid4())}] * 31}, {"items"}),
    (
        {"items": [{"after": str(uuid.uuid4()), "before": str(uuid.uuid4())}] * 16},
        {"items"},
    ),
]


@pytest.mark.parametrize(("body", "wrong"), PORTFOLIOS)
def test_a_bad_portfolio_is_refused(
    provider: Callable[..., Person], session: Session, body: dict[str, Any], wrong: set[str]
) -> None:
    karim = provider()
    good = brought(karim)["id"]
    for item in body.get("items") or []:
        if isinstance(item, dict):
            item |= {name: good for name, value in item.items() if value == "GOOD"}
    before = rows(session)
    refused = karim.put("/providers/me/portfolio", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input"), refused.text
    assert set(refused.get_json()["errors"]) == wrong
    assert rows(session) == before


def test_a_portfolio_needs_a_role_and_a_profile(person: Callable[..., Person]) -> None:
    refused = person().put("/providers/me/portfolio", {"items": []})
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    newcomer = person("provider")
    refused = newcomer.put("/providers/me/portfolio", {"items": []})
    assert (refused.status_code, slug(refused)) == (409, "profile-required")
    assert newcomer.get("/providers/me/portfolio").status_code == 404


# --- a paper ----------------------------------------------------------------------------------


def test_a_pdf_is_kept_as_it_is_and_never_opened_in_the_page(
    client: FlaskClient, person: Callable[..., Person], clock: Clock
) -> None:
    paper = brought(person(), pictures.pdf())
    assert (paper["media_type"], paper["width"], paper["thumbnails"]) == (
        "application/pdf",
        None,
        None,
    )
    seen = follow(client, paper["url"])
    assert (seen.mimetype, seen.data) == ("application/pdf", pictures.pdf())
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert seen.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


# --- privacy ----------------------------------------------------------------------------------


def test_photos_are_in_the_export_and_can_be_fetched_from_it(
    client: FlaskClient, provider: Callable[..., Person]
) -> None:
    karim = provider()
    photo = brought(karim)
    karim.put("/providers/me/portfolio", {"items": [{"after": photo["id"], "caption": "Fini"}]})
    document = karim.get("/me/export").get_json()
    [exported] = document["photos"]
    assert (exported["id"], exported["subject_kind"]) == (photo["id"], "portfolio")
    assert client.get(exported["url"]).status_code == 200
    assert [one["caption"] for one in document["provider"]["portfolio"]] == ["Fini"]


def test_photos_go_with_the_account(
    client: FlaskClient,
    person: Callable[..., Person],
    session: Session,
    clock: Clock,
    chosen_settings: Settings,
) -> None:
    resident = person()
    photo, loose = brought(resident), brought(resident)
    resident.post("/jobs", job(clock.now, photos=[photo["id"]]))
    for one in (photo, loose):
        tend(one, clock)
    assert resident.delete("/me").status_code == 204
    for one in (photo, loose):
        assert follow(client, one["url"]).status_code == 404
        tend(one, clock)
        assert not _folder(chosen_settings, one).exists()
    assert rows(session)["photos"] == 0


def test_queued_tasks_name_the_photos_that_are_owed(
    application: Flask, person: Callable[..., Person], redis_url: str
) -> None:
    brought(person())
    backlog = queue.backlog("tend_photos")
    assert backlog is not None
    assert backlog.waiting == 1
