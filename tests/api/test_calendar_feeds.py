"""A provider's visits in the calendar they use already: valid, bare of names, and secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import markets
from jobbing_api.accounts import models as accounts_models
from tests import factories
from tests.api.conftest import API, Person, assert_as_documented, rows, slug
from tests.api.test_visits import HOUR, MINUTE, Agreed
from tests.api.test_visits import agreed as agreed

OWN = "/providers/me/calendar-feed"


def made(someone: Person) -> str:
    """The path of a new feed."""
    answer = someone.post(OWN)
    assert answer.status_code == 201, answer.text
    return urlsplit(answer.get_json()["url"]).path


def fetch(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """As a calendar does, that knows nothing but the address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(path, headers=named)
    assert_as_documented(client.application, "GET", path.removeprefix(API), answer)
    return answer


def events(client: FlaskClient, path: str) -> list[Any]:
    """What a calendar reads, by its hour."""
    answer = fetch(client, path)
    assert answer.status_code == 200, answer.text
    read = icalendar.Calendar.from_ical(answer.data)
    assert all(not one.errors for one in read.walk())
    return sorted(read.walk("VEVENT"), key=lambda one: one.decoded("dtstart"))


def test_a_calendar_reads_the_visits_ahead(
    agreed: Agreed, client: FlaskClient, session: Session
) -> None:
    markets.load_places(
        session,
        [
            markets.Place(
                id=number,
                name=name,
                alternative_names=[],
                admin_area="Rhône",
                country="FR",
                lon=lon,
                lat=lat,
                population=500_000,
                time_zone="Europe/Paris",
            )
            for number, name, lon, lat in (
                (1, "Lyon", *factories.LYON),
                (2, "Villeurbanne", 4.8795, 45.7719),
            )
        ],
    )
    path = made(agreed.provider)
    answer = fetch(client, path)
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    read = icalendar.Calendar.from_ical(answer.data)
    assert str(read["x-wr-calname"]) == "Jobbing\u00a0: visites"
    assert read.decoded("refresh-interval") == timedelta(hours=1)
    (visit,) = events(client, path)
    assert visit.decoded("dtstart") == agreed.starts_at
    assert visit.decoded("dtend") == agreed.starts_at + 90 * MINUTE
    assert str(visit["summary"]) == "Nettoyage de gouttière, Lyon"
    assert (str(visit["status"]), str(visit["location"])) == ("CONFIRMED", "Lyon")
    assert str(visit["url"]).endswith(f"/jobs/{agreed.posted['id']}")
    told = answer.get_data(as_text=True).replace("\r\n ", "")
    for private in ("Bellecour", "1234", "Léa", "bouchée", "4.8357", "45.764"):
        assert private not in told


def test_an_event_stays_itself_when_it_moves_and_when_it_is_called_off(
    agreed: Agreed, client: FlaskClient
) -> None:
    path = made(agreed.provider)
    (first,) = events(client, path)
    wish = {"starts_at": (agreed.starts_at + 26 * HOUR).isoformat()}
    assert agreed.resident.post(f"{agreed.path}/reschedule", wish).status_code == 200
    agreed.clock.move(minutes=5)
    assert agreed.provider.post(f"{agreed.path}/reschedule/agree").status_code == 200
    (moved,) = events(client, path)
    assert moved["uid"] == first["uid"]
    assert moved["sequence"] > first["sequence"]
    assert moved.decoded("last-modified") > first.decoded("last-modified")
    assert moved.decoded("dtstart") == first.decoded("dtstart") + 26 * HOUR
    agreed.clock.move(minutes=5)
    assert agreed.resident.post(f"{agreed.path}/cancel").status_code == 200
    (called_off,) = events(client, path)
    assert called_off["uid"] == first["uid"]
    assert called_off["sequence"] > moved["sequence"]
    assert str(called_off["status"]) == "CANCELLED"
    agreed.clock.now = moved.decoded("dtend") + timedelta(days=30)
    assert events(client, path) == []


def test_work_that_is_put_right_is_another_event(agreed: Agreed, client: FlaskClient) -> None:
    path = made(agreed.provider)
    agreed.clock.now = agreed.starts_at
    for who, move in ((agreed.resident, "start"), (agreed.provider, "finish")):
        assert who.post(f"{agreed.path}/{move}").status_code == 200
    (before,) = events(client, path)
    assert agreed.resident.post(f"{agreed.path}/redo").status_code == 200
    again_at = agreed.clock.now + 26 * HOUR
    date = {"starts_at": again_at.isoformat(), "minutes": 30}
    assert agreed.provider.post(f"{agreed.path}/redo-date", date).status_code == 200
    one, two = events(client, path)
    assert one == before
    assert (two.decoded("dtstart"), str(two["status"])) == (again_at, "CONFIRMED")
    assert two["uid"] != one["uid"]
    date["starts_at"] = (again_at + 2 * HOUR).isoformat()
    assert agreed.provider.post(f"{agreed.path}/redo-date", date).status_code == 200
    still, later = events(client, path)
    assert (still, later["uid"]) == (one, two["uid"])
    assert later.decoded("dtstart") == again_at + 2 * HOUR
    assert later["sequence"] > two["sequence"]


def test_nothing_new_is_not_sent_again(agreed: Agreed, client: FlaskClient) -> None:
    path = made(agreed.provider)
    tag = fetch(client, path).headers["ETag"]
    agreed.clock.move(minutes=30)
    same = fetch(client, path, If_None_Match=tag)
    assert (same.status_code, same.data) == (304, b"")
    assert agreed.resident.post(f"{agreed.path}/cancel").status_code == 200
    assert fetch(client, path, If_None_Match=tag).status_code == 200


# Secrets ---------------------------------------------------------------------------------


def test_a_new_address_ends_the_one_before(agreed: Agreed, client: FlaskClient) -> None:
    assert agreed.provider.get(OWN).get_json() == {"made_at": None}
    first = made(agreed.provider)
    since = agreed.provider.get(OWN).get_json()["made_at"]
    assert datetime.fromisoformat(since) == agreed.clock.now
    second = made(agreed.provider)
    assert first != second
    gone = fetch(client, first)
    assert (gone.status_code, slug(gone)) == (404, "not-found")
    assert fetch(client, second).status_code == 200
    for _ in range(2):
        assert agreed.provider.delete(OWN).status_code == 204
    assert fetch(client, second).status_code == 404
    assert agreed.provider.get(OWN).get_json() == {"made_at": None}


def test_an_address_that_is_asked_for_twice_with_one_key_is_one(agreed: Agreed) -> None:
    answers = [agreed.provider.post(OWN, Idempotency_Key="once").get_json() for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("secret", ["x", "a" * 43, "a" * 101, "%00", "%ff", "é", "..%2f"])
def test_a_wrong_secret_opens_nothing(agreed: Agreed, client: FlaskClient, secret: str) -> None:
    made(agreed.provider)
    refused = client.get(f"{API}/calendar-feeds/{secret}.ics")
    assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_only_somebody_with_a_trade_has_a_feed(
    person: Callable[..., Person], session: Session
) -> None:
    before = rows(session)["calendar_feeds"]
    refused = person("provider").post(OWN)
    assert (refused.status_code, slug(refused)) == (409, "profile-required")
    for method in ("GET", "POST", "DELETE"):
        refused = person("resident").ask(method, OWN)
        assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    assert rows(session)["calendar_feeds"] == before


def test_each_reads_their_own(agreed: Agreed, client: FlaskClient) -> None:
    assert events(client, made(agreed.other)) == []
    assert len(events(client, made(agreed.provider))) == 1


def test_who_is_suspended_or_gone_has_no_feed(
    agreed: Agreed, client: FlaskClient, session: Session
) -> None:
    one, other = made(agreed.provider), made(agreed.other)
    session.execute(
        update(accounts_models.Account)
        .where(accounts_models.Account.id == agreed.provider.id)
        .values(suspended_at=agreed.clock.now)
    )
    assert fetch(client, one).status_code == 404
    assert agreed.other.delete("/me").status_code == 204
    assert fetch(client, other).status_code == 404
    left = session.execute(text("SELECT provider_id::text FROM calendar_feeds")).scalars().all()
    assert left == [agreed.provider.id]


def test_no_secret_is_kept_exported_or_logged(
    agreed: Agreed,
    client: FlaskClient,
    session: Session,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = made(agreed.provider)
    secret = path.rsplit("/", 1)[-1].removesuffix(".ics")
    assert fetch(client, path).status_code == 200
    assert fetch(client, path.replace(secret, secret[::-1])).status_code == 404
    exported = agreed.provider.get("/me/export").get_data(as_text=True)
    assert "calendar_feeds" in exported
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "/calendar-feeds/<string(maxlength=100):secret>.ics" in logged
    kept = session.execute(text("SELECT encode(secret_hash, 'escape') FROM calendar_feeds"))
    stored = session.execute(text("SELECT answer::text FROM idempotency_answers")).scalars().all()
    for where in (exported, logged, *kept.scalars().all(), *stored):
        assert secret not in where
        assert secret[::-1] not in where
