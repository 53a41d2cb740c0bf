"""The app is one page at every address that is nobody else's, kept and confined as it should be."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from jobbing_api import settings
from jobbing_api.app import create_app
from tests.api.conftest import API, slug

PAGE = "<!doctype html><title>Jobbing</title>" + "<p>and so on" * 50
BROTLI = b"the same in brotli"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FIREBASE = {"apiKey": "AIza", "appId": "1:2:web:3", "messagingSenderId": "2", "projectId": "p"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build leaves."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "sw.js").write_text("// the worker")
    script = b"console.log('Jobbing'); " * 100
    for name, content in (("", script), (".gz", gzip.compress(script))):
        (folder / "assets" / f"index-C0ffee12.js{name}").write_bytes(content)
    # Nothing here reads it: that it goes out is the point.
    (folder / "assets" / "index-C0ffee12.js.br").write_bytes(BROTLI)
    return folder


@pytest.fixture
def app(make_settings: Callable[..., settings.Settings], built: Path) -> Callable[..., FlaskClient]:
    def make(**changes: str) -> FlaskClient:
        return create_app(make_settings(CLIENT_DIR=str(built), **changes)).test_client()

    return make


def _file(client: FlaskClient, path: str, accepts: str = "") -> TestResponse:
    """A file, read to its end and closed, as a server would."""
    with client.get(path, headers={"Accept-Encoding": accepts}) as answer:
        assert answer.data
    return answer


@pytest.mark.parametrize(
    "path", ["/", "/offers/01a22400-9002-76db-a473-5fd30e1d99c0", "/anything/deep", "/me?x=1"]
)
def test_every_address_of_the_app_is_the_page(app: Callable[..., FlaskClient], path: str) -> None:
    answer = app().get(path, headers=HTML)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/html", PAGE)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_is_sent_once_to_whoever_has_it(app: Callable[..., FlaskClient]) -> None:
    client = app()
    etag = client.get("/welcome", headers=HTML).headers["ETag"]
    again = client.get("/jobs", headers=HTML | {"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/offers", "/anything/deep"])
def test_who_takes_no_html_is_not_sent_the_page(app: Callable[..., FlaskClient], path: str) -> None:
    answer = app().get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, slug(answer)) == (404, "not-found")


@pytest.mark.parametrize(
    "path", [f"{API}/nothing", "/api/nothing", "/assets/gone.js", "/gone.png", "/problems/nothing"]
)
def test_what_is_not_there_in_other_rooms_is_a_refusal(
    app: Callable[..., FlaskClient], path: str
) -> None:
    answer = app().get(path, headers=HTML)
    assert (answer.status_code, slug(answer)) == (404, "not-found")


def test_what_has_its_content_in_its_name_is_kept_for_ever(app: Callable[..., FlaskClient]) -> None:
    client = app()
    script = _file(client, "/assets/index-C0ffee12.js")
    assert script.status_code == 200
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert script.mimetype == "text/javascript"
    worker = _file(client, "/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in worker.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepts", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)]
)
def test_files_go_out_as_small_as_the_browser_can_read(
    app: Callable[..., FlaskClient], accepts: str, encoding: str | None
) -> None:
    answer = _file(app(), "/assets/index-C0ffee12.js", accepts)
    assert answer.headers.get("Content-Encoding") == encoding
    assert encoding is None or "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("accepts", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("", None)]
)
def test_the_page_goes_out_small_at_every_address(
    app: Callable[..., FlaskClient], built: Path, accepts: str, encoding: str | None
) -> None:
    (built / "index.html.br").write_bytes(BROTLI)
    (built / "index.html.gz").write_bytes(gzip.compress(PAGE.encode(), mtime=0))
    client = app()
    for path in ("/", "/jobs"):
        answer = client.get(path, headers=HTML | {"Accept-Encoding": accepts})
        assert answer.headers.get("Content-Encoding") == encoding, path
        assert "Accept-Encoding" in answer.headers["Vary"]
        sent = {"br": BROTLI, "gzip": gzip.compress(PAGE.encode(), mtime=0), None: PAGE.encode()}
        assert answer.data == sent[encoding]


def test_settings_are_the_same_for_a_page_and_for_a_worker(app: Callable[..., FlaskClient]) -> None:
    client = app(FIREBASE_WEB_CONFIG=json.dumps(FIREBASE), FIREBASE_VAPID_KEY="BPk1")
    told = client.get(f"{API}/client-settings").get_json()
    assert (told["firebase"], told["vapid_key"]) == (FIREBASE, "BPk1")
    script = client.get("/client-settings.js")
    assert script.mimetype == "text/javascript"
    assert script.headers["Cache-Control"] == "no-cache"
    assert json.loads(script.text.removeprefix("self.jobbing = ").rstrip(";\n")) == told
    again = client.get("/client-settings.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304
    policy = client.get("/", headers=HTML).headers["Content-Security-Policy"]
    assert "https://fcmregistrations.googleapis.com" in policy


def test_without_firebase_nothing_of_google_is_allowed(app: Callable[..., FlaskClient]) -> None:
    client = app()
    assert client.get(f"{API}/client-settings").get_json() == {
        "firebase": None,
        "vapid_key": None,
        "map_style_url": None,
        "map_attribution": None,
    }
    assert '"firebase": null' in client.get("/client-settings.js").text
    policy = client.get("/", headers=HTML).headers["Content-Security-Policy"]
    assert "google" not in policy
    assert "https:" not in policy


def test_a_map_is_loaded_from_where_it_is_configured(app: Callable[..., FlaskClient]) -> None:
    client = app(
        MAP_STYLE_URL="https://maps.example.org/style.json",
        MAP_ORIGINS="https://tiles.example.org",
        MAP_ATTRIBUTION="© OpenStreetMap",
    )
    assert client.get(f"{API}/client-settings").get_json()["map_attribution"] == "© OpenStreetMap"
    policy = client.get("/", headers=HTML).headers["Content-Security-Policy"]
    (reached,) = [part for part in policy.split("; ") if part.startswith("connect-src")]
    assert reached == "connect-src 'self' https://tiles.example.org https://maps.example.org"


@pytest.fixture
def bare(chosen_settings: settings.Settings, application: Flask) -> FlaskClient:
    """A server whose app nobody has built."""
    return create_app(dataclasses.replace(chosen_settings, client_dir=None)).test_client()


@pytest.mark.parametrize("path", ["/", "/offers", "/anything/deep"])
def test_without_the_app_only_the_api_is_served(bare: FlaskClient, path: str) -> None:
    answer = bare.get(path, headers=HTML)
    assert (answer.status_code, slug(answer)) == (404, "not-found")
    assert bare.get(f"{API}/client-settings").status_code == 200


APP = "capacitor://localhost"


def test_another_origin_may_read_nothing_unless_it_is_named(
    app: Callable[..., FlaskClient],
) -> None:
    answer = app().get(f"{API}/client-settings", headers={"Origin": APP})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_an_app_in_a_shell_of_its_own_may_ask_the_api(app: Callable[..., FlaskClient]) -> None:
    client = app(CLIENT_ORIGINS=f"{APP} https://localhost")
    asked = client.options(
        f"{API}/jobs",
        headers={
            "Origin": APP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        },
    )
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == APP
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    allowed = asked.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert "Access-Control-Allow-Credentials" not in asked.headers
    # A refusal has to be readable too.
    refused = client.get(f"{API}/jobs", headers={"Origin": APP})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == APP
    assert "Origin" in refused.headers["Vary"]
    for origin in ("https://evil.example", "capacitor://localhost.evil.example", "null"):
        other = client.get(f"{API}/client-settings", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in other.headers, origin


def test_only_the_api_is_open_to_an_app_of_another_origin(app: Callable[..., FlaskClient]) -> None:
    client = app(CLIENT_ORIGINS=APP)
    for path in ("/metrics", "/healthz", "/"):
        answer = client.get(path, headers=HTML | {"Origin": APP})
        assert "Access-Control-Allow-Origin" not in answer.headers, path
