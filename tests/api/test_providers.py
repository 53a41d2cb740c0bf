"""A provider's trade, hours and duty; what can be asked for, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobbing_api import markets
from tests.api.conftest import API, Person, point, profile, rows, slug


def test_a_profile_reads_as_it_was_put(person: Callable[..., Person]) -> None:
    someone = person("provider")
    missing = someone.get("/providers/me")
    assert (missing.status_code, slug(missing)) == (404, "not-found")
    said = profile(languages=["fr", "en", "fr"])
    put = someone.put("/providers/me", said)
    assert put.status_code == 200
    shown = put.get_json()
    assert shown["id"] == someone.id
    assert shown["base"] == said["base"]
    assert shown["languages"] == ["en", "fr"]
    assert shown["skills"] == [
        {
            "category": "gutter-cleaning",
            "price": {
                "kind": "flat",
                "amount_cents": 6000,
                "currency": "EUR",
                "call_out_fee_cents": 0,
                "steps": [],
            },
            "options": [],
        }
    ]
    assert (shown["market"], shown["currency"]) == ("lyon", "EUR")
    assert shown["calendar_confirmed"] is False
    assert shown["figures"]["asked"] == 0
    read = someone.get("/providers/me")
    assert read.get_json() == shown
    assert read.headers["ETag"] == put.headers["ETag"]


def test_a_drawn_reach_reads_as_it_was_drawn(person: Callable[..., Person]) -> None:
    someone = person("provider")
    area = {
        "type": "Polygon",
        "coordinates": [[[4.7, 45.7], [5.0, 45.7], [5.0, 45.8], [4.7, 45.8], [4.7, 45.7]]],
    }
    shown = someone.put("/providers/me", profile(reach_m=None, reach_area=area)).get_json()
    assert (shown["reach_m"], shown["reach_area"]) == (None, area)


def test_a_profile_is_not_overwritten_unseen(person: Callable[..., Person]) -> None:
    someone = person("provider")
    early = someone.put("/providers/me", profile(), If_Match='"1"')
    assert (early.status_code, slug(early)) == (412, "version-mismatch")
    tag = someone.put("/providers/me", profile()).headers["ETag"]
    assert someone.put("/providers/me", profile(headline="A"), If_Match=tag).status_code == 200
    stale = someone.put("/providers/me", profile(headline="B"), If_Match=tag)
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    assert someone.put("/providers/me", profile(headline="C")).get_json()["headline"] == "C"


def test_a_calendar_reads_as_it_was_put(person: Callable[..., Person]) -> None:
    someone = person("provider")
    said: dict[str, Any] = {
        "time_zone": "Europe/Paris",
        "weekly": [
            {"weekday": 0, "from": "08:00", "to": "12:00"},
            {"weekday": 0, "from": "12:00", "to": "14:30"},
            {"weekday": 6, "from": "20:00", "to": "24:00"},
        ],
        "exceptions": [
            {
                "from": "2026-06-05T00:00:00+02:00",
                "to": "2026-06-06T00:00:00+02:00",
                "available": False,
            }
        ],
    }
    bare = someone.put("/providers/me/calendar", said)
    assert (bare.status_code, slug(bare)) == (409, "profile-required")
    someone.put("/providers/me", profile())
    preset = someone.get("/providers/me/calendar")
    assert preset.get_json()["confirmed_at"] is None
    assert len(preset.get_json()["weekly"]) == 6
    put = someone.put("/providers/me/calendar", said, If_Match=preset.headers["ETag"])
    assert put.get_json() == {
        "time_zone": "Europe/Paris",
        "weekly": [
            {"weekday": 0, "from": "08:00", "to": "14:30"},
            {"weekday": 6, "from": "20:00", "to": "24:00"},
        ],
        "exceptions": [
            {"from": "2026-06-04T22:00:00Z", "to": "2026-06-05T22:00:00Z", "available": False}
        ],
        "confirmed_at": "2026-06-01T10:00:00Z",
    }
    stale = someone.put("/providers/me/calendar", said, If_Match=preset.headers["ETag"])
    assert (stale.status_code, slug(stale)) == (412, "version-mismatch")
    assert someone.get("/providers/me").get_json()["calendar_confirmed"] is True


def test_off_duty_nobody_is_seen(person: Callable[..., Person], session: Session) -> None:
    someone = person("provider")
    bare = someone.put("/providers/me/presence", {"online": True})
    assert (bare.status_code, slug(bare)) == (409, "profile-required")
    someone.put("/providers/me", profile())
    here = point(4.842, 45.757)
    on = someone.put("/providers/me/presence", {"online": True, "position": here})
    assert on.get_json() == {"online": True, "position": here}
    off = someone.put("/providers/me/presence", {"online": False, "position": here})
    assert off.get_json() == {"online": False, "position": None}
    kept = session.execute(text("SELECT online, position FROM presences")).one()
    assert tuple(kept) == (False, None)
    assert rows(session)["presences"] == 1


def test_anyone_may_see_where_we_work(client: FlaskClient) -> None:
    answer = client.get(f"{API}/markets")
    (lyon,) = answer.get_json()["items"]
    assert (lyon["slug"], lyon["currency"], lyon["time_zone"]) == ("lyon", "EUR", "Europe/Paris")
    assert lyon["area"]["type"] == "MultiPolygon"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    same = client.get(f"{API}/markets", headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304


def test_categories_speak_the_readers_language(client: FlaskClient) -> None:
    def read(language: str) -> dict[str, Any]:
        answer = client.get(f"{API}/categories", headers={"Accept-Language": language})
        assert "Accept-Language" in answer.headers["Vary"]
        return {one["slug"]: one for one in answer.get_json()["items"]}

    french, english = read("fr"), read("en")
    assert len(french) == 36
    assert french["gutter-cleaning"]["name"] == "Nettoyage de gouttière"
    assert english["gutter-cleaning"]["name"] == "Gutter cleaning"
    questions = english["gutter-cleaning"]["brief_template"]["questions"]
    assert questions
    assert all(isinstance(asked["label"], str) for asked in questions)


def test_a_place_is_found_by_its_name(client: FlaskClient, session: Session) -> None:
    markets.load_places(
        session,
        [
            markets.Place(
                id=1,
                name="Lyon",
                alternative_names=["Lyons"],
                admin_area="Rhône",
                country="FR",
                lon=4.84671,
                lat=45.74846,
                population=472317,
                time_zone="Europe/Paris",
            )
        ],
    )
    session.commit()
    (found,) = client.get(f"{API}/places?q=LYO").get_json()["items"]
    assert (found["name"], found["point"]) == ("Lyon", point(4.84671, 45.74846))
    assert client.get(f"{API}/places?q=l").get_json() == {"items": [], "next_cursor": None}
