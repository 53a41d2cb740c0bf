"""Which settings start, and which refuse to, with one line that says what to do."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from jobbing_api import settings

PRODUCTION = {
    "DATABASE_URL": "postgresql://jobbing:secret@db:5432/jobbing",
    "REDIS_URL": "redis://redis:6379/0",
    "SECRET_KEY": "x" * 48,
    "PUSH": "google",
    "FIREBASE_CREDENTIALS": "/run/secrets/firebase.json",
    "SMTP_URL": "smtps://user:password@mail:465",
    "BASE_URL": "https://jobs.example.org",
}

LAPTOP = PRODUCTION | {
    "JOBBING_ENV": "development",
    "SECRET_KEY": "development-" + "x" * 36,
    "PUSH": "local",
    "PUSH_URL": "https://127.0.0.1:8443",
    "PUSH_CA": "/srv/jobbing/ca.pem",
    "MAIL_DIR": "/srv/jobbing/mail",
    "BASE_URL": "http://127.0.0.1:8000",
}


def test_production_is_what_holds_when_nothing_is_said() -> None:
    read = settings.from_environment(PRODUCTION)
    assert read.environment == "production"
    assert not read.development
    assert read.push_url == settings.GOOGLE_PUSH_URL
    assert read.database_url.startswith("postgresql+psycopg://")


def test_a_laptop_may_push_to_the_stand_in() -> None:
    read = settings.from_environment(LAPTOP)
    assert read.development
    assert read.push == "local"


def test_photos_lie_in_a_folder_or_where_one_says() -> None:
    assert settings.from_environment(PRODUCTION).files_url == settings.FILES_FOLDER_URL
    for url in ("s3://bucket", "s3://bucket/some/prefix", "file:///srv/files"):
        assert settings.from_environment(PRODUCTION | {"FILES_URL": url}).files_url == url
    read = settings.from_environment(PRODUCTION | {"PHOTO_MOST_BYTES": "20000000"})
    assert (read.photo_most_bytes, read.photo_most_pixels) == (20_000_000, 40_000_000)


def test_settings_cannot_be_changed_afterwards() -> None:
    read = settings.from_environment(LAPTOP)
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.push = "google"  # type: ignore[misc]  # that it is refused is the point


@pytest.mark.parametrize(
    "missing", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUSH", "FIREBASE_CREDENTIALS"]
)
def test_what_has_no_default_must_be_said(missing: str) -> None:
    without = {name: value for name, value in PRODUCTION.items() if name != missing}
    with pytest.raises(settings.UnsafeSettings, match=missing):
        settings.from_environment(without)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"PUSH": "local", "PUSH_URL": "https://127.0.0.1:1"}, "PUSH=local"),
        ({"PUSH_URL": "https://127.0.0.1:1"}, "PUSH_URL"),
        ({"PUSH_URL": "https://fcm.googleapis.com.example.org"}, "PUSH_URL"),
        ({"PUSH_CA": "/somewhere/ca.pem"}, "PUSH_CA"),
        ({"SECRET_KEY": "development-" + "x" * 36}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"MAIL_DIR": "/tmp/mail"}, "MAIL_DIR"),
        ({"SMTP_URL": ""}, "SMTP_URL"),
        ({"SMTP_URL": "http://mail"}, "SMTP_URL"),
        ({"BASE_URL": "http://jobs.example.org"}, "BASE_URL"),
        ({"FILES_URL": "/srv/files"}, "FILES_URL"),
        ({"FILES_URL": "file://srv/files"}, "FILES_URL"),
        ({"FILES_URL": "file:///"}, "FILES_URL"),
        ({"FILES_URL": "s3:///prefix"}, "FILES_URL"),
        ({"FILES_URL": "ftp://files.example.org/"}, "FILES_URL"),
        ({"PHOTO_MOST_BYTES": "10 MB"}, "PHOTO_MOST_BYTES"),
        ({"PHOTO_MOST_BYTES": "5"}, "PHOTO_MOST_BYTES"),
        ({"PHOTO_MOST_PIXELS": "-1"}, "PHOTO_MOST_PIXELS"),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL"),
        ({"REDIS_URL": "http://redis"}, "REDIS_URL"),
        ({"JOBBING_ENV": "staging"}, "JOBBING_ENV"),
        ({"PUSH": "apple"}, "PUSH"),
    ],
)
def test_each_unsafe_setting_refuses_in_production(changes: dict[str, str], named: str) -> None:
    with pytest.raises(settings.UnsafeSettings, match=named) as refused:
        settings.from_environment(PRODUCTION | changes)
    assert "\n" not in str(refused.value)


def test_development_does_not_open_google_to_another_address() -> None:
    with pytest.raises(settings.UnsafeSettings, match="PUSH_URL"):
        settings.from_environment(LAPTOP | {"PUSH": "google"})


def test_the_stand_in_needs_an_address_of_its_own() -> None:
    with pytest.raises(settings.UnsafeSettings, match="PUSH=local needs PUSH_URL"):
        settings.from_environment({**LAPTOP, "PUSH_URL": settings.GOOGLE_PUSH_URL})


def test_browsers_are_pushed_to_where_a_project_is_named() -> None:
    config = '{"apiKey": "k", "appId": "1:2:web:3", "messagingSenderId": "2", "projectId": "p"}'
    read = settings.from_environment(PRODUCTION | {"FIREBASE_WEB_CONFIG": config})
    assert read.firebase_web is not None
    assert read.firebase_web["projectId"] == "p"
    # Clients are kept by the settings they were made under.
    assert hash(read) == hash(settings.from_environment(PRODUCTION))
    assert read != settings.from_environment(PRODUCTION)
    for wrong in ("{", "[]", '{"projectId": "p"}', '{"projectId": 7}'):
        with pytest.raises(settings.UnsafeSettings, match="FIREBASE_WEB_CONFIG"):
            settings.from_environment(PRODUCTION | {"FIREBASE_WEB_CONFIG": wrong})


def test_the_app_is_served_from_where_it_was_built(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    read = settings.from_environment(PRODUCTION | {"CLIENT_DIR": str(tmp_path)})
    assert read.client_dir == tmp_path


def test_a_folder_without_the_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(settings.UnsafeSettings, match=r"there is no index\.html"):
        settings.from_environment(PRODUCTION | {"CLIENT_DIR": str(tmp_path)})


def test_a_browser_is_pushed_to_with_all_that_firebase_asks_for() -> None:
    config = {"apiKey": "a", "appId": "b", "messagingSenderId": "c", "projectId": "d", "x": "y"}
    said = {"FIREBASE_WEB_CONFIG": json.dumps(config), "FIREBASE_VAPID_KEY": " BPk1 "}
    read = settings.from_environment(PRODUCTION | said)
    assert (read.firebase_web, read.firebase_vapid_key) == (config, "BPk1")
    nothing = settings.from_environment(PRODUCTION | {"FIREBASE_WEB_CONFIG": " "})
    assert (nothing.firebase_web, nothing.firebase_vapid_key) == (None, None)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"apiKey": 1}', "no JSON object of texts"),
        ('{"apiKey": "a", "appId": "b"}', "lacks messagingSenderId, projectId"),
    ],
)
def test_half_a_firebase_is_refused(written: str, complaint: str) -> None:
    with pytest.raises(settings.UnsafeSettings, match=complaint):
        settings.from_environment(PRODUCTION | {"FIREBASE_WEB_CONFIG": written})


def test_maps_and_apps_come_from_the_origins_that_are_named() -> None:
    said = {
        "MAP_STYLE_URL": "https://maps.example.org/style.json",
        "MAP_ORIGINS": "https://tiles.example.org  http://127.0.0.1:8080/",
        "MAP_ATTRIBUTION": "© OpenStreetMap",
        "CLIENT_ORIGINS": "capacitor://localhost https://localhost",
    }
    read = settings.from_environment(PRODUCTION | said)
    assert read.map_style_url == "https://maps.example.org/style.json"
    assert read.map_origins == ("https://tiles.example.org", "http://127.0.0.1:8080")
    assert read.client_origins == ("capacitor://localhost", "https://localhost")
    assert settings.from_environment(PRODUCTION).client_origins == ()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("MAP_STYLE_URL", "maps.example.org/style.json"),
        ("MAP_ORIGINS", "tiles.example.org"),
        ("MAP_ORIGINS", "https://tiles.example.org/path"),
        ("MAP_ORIGINS", "https://tiles.example.org; script-src *"),
        ("CLIENT_ORIGINS", "*"),
        ("CLIENT_ORIGINS", "https://*"),
        ("CLIENT_ORIGINS", "https://.*"),
        ("CLIENT_ORIGINS", "https://user@localhost"),
        ("CLIENT_ORIGINS", "file://localhost"),
        ("CLIENT_ORIGINS", "null"),
    ],
)
def test_what_is_no_origin_is_refused(name: str, written: str) -> None:
    with pytest.raises(settings.UnsafeSettings, match=name):
        settings.from_environment(PRODUCTION | {name: written})
