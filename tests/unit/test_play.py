"""The play's own arithmetic and words; the stories themselves are an end-to-end test."""

from __future__ import annotations

import http.server
import io
import string
import threading
import time
import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console

from infra.local import __main__ as commands
from jobbing_api import play, seeding
from jobbing_api.play import client, phones, stage
from jobbing_api.play.telling import page

ZONES = ["Europe/Paris", "Pacific/Fiji", "America/Sao_Paulo", "Asia/Tokyo", "Pacific/Honolulu"]


@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=ZONES)
def test_the_job_is_on_a_working_day_soon_whenever_it_is_played(zone: ZoneInfo) -> None:
    first = datetime(2026, 10, 20, tzinfo=UTC)
    for hours in range(0, 24 * 14, 5):
        now = first + timedelta(hours=hours, minutes=17)
        from_, to = stage.window(now, zone)
        assert from_.weekday() < 5
        assert (from_.hour, to.hour) == (8, 18)
        assert timedelta(days=1) < from_ - now < timedelta(days=6)


@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=ZONES)
def test_a_visit_may_be_given_back_at_whatever_hour_it_is_played(zone: ZoneInfo) -> None:
    first = datetime(2026, 10, 20, tzinfo=zone)
    for minutes in range(0, 60 * 24 * 7, 47):
        now = first + timedelta(minutes=minutes, seconds=31)
        from_, to = stage.hours(now)
        assert timedelta(hours=20) <= from_ - now < timedelta(hours=20, minutes=16)
        assert (from_.minute % 15, from_.second) == (0, 0)
        assert to - from_ >= timedelta(hours=2)


def test_a_month_later_is_the_same_weekday_and_hour_when_summer_time_has_ended() -> None:
    from_, to = stage.month_later(date(2026, 10, 8), ZoneInfo("Europe/Paris"))
    assert (from_.isoformat(), to.hour) == ("2026-11-05T08:00:00+01:00", 18)
    assert from_.weekday() == date(2026, 10, 8).weekday()


def test_what_is_played_is_what_the_seed_prepares_and_the_commands_name() -> None:
    assert [one.category for one in play.STORIES.values()] == list(seeding.PLAYED_CATEGORIES)
    assert (*play.STORIES, "all") == commands.STORIES


@pytest.mark.parametrize("story", ["shared", *play.STORIES])
def test_both_languages_say_the_same_lines_with_the_same_values(story: str) -> None:
    written = resources.files("jobbing_api.play").joinpath("wording", f"{story}.toml")
    wording = tomllib.loads(written.read_text("utf-8"))

    def values(line: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(line) if name}

    assert wording["en"].keys() == wording["fr"].keys()
    for key, line in wording["en"].items():
        assert values(line) == values(wording["fr"][key]), key


def test_a_message_is_read_as_its_phone_shows_it() -> None:
    message = {
        "address": {"kind": "fid", "value": "phone-1"},
        "received_at": "2026-11-24T10:00:00.500Z",
        "http_version": "2",
        "payload": {
            "message": {
                "fid": "phone-1",
                "data": {"kind": "offer", "offer_id": "o-1"},
                "notification": {"title": "A job near you", "body": "Gutter, 1 km away."},
                "android": {"notification": {"tag": "offer-o-1"}},
            }
        },
    }
    push = phones.read(message)
    assert (push.phone, push.kind, push.about) == ("phone-1", "offer", "o-1")
    assert (push.title, push.body, push.tag) == (
        "A job near you",
        "Gutter, 1 km away.",
        "offer-o-1",
    )
    assert push.received_at == datetime(2026, 11, 24, 10, 0, 0, 500_000, tzinfo=UTC)


def test_a_refusal_is_told_with_its_fields() -> None:
    answer = httpx.Response(
        422,
        json={
            "type": "https://example.org/problems/invalid-input",
            "detail": "Something is wrong.",
            "errors": {"window.from": ["It is past."]},
        },
    )
    assert client.problem(answer) == "invalid-input"
    told = client.told(answer)
    for part in ("422", "invalid-input", "Something is wrong.", "window.from", "It is past."):
        assert part in told
    assert client.told(httpx.Response(502, text="<html>")) == "502"


def test_waiting_ends_with_what_was_seen_last() -> None:
    watch = client.Watch(0.2)
    watch.step = "wait for it"
    began_at = time.monotonic()
    with pytest.raises(play.Failed) as failed:
        watch.until(lambda: (None, "nothing moved"))
    assert time.monotonic() - began_at < 2
    assert failed.value.step == "wait for it"
    assert "nothing moved" in failed.value.seen


@pytest.mark.parametrize("story", play.STORIES)
def test_a_server_that_is_not_there_fails_the_first_step(story: str) -> None:
    lines = io.StringIO()
    console = Console(file=lines, width=80)
    with pytest.raises(play.Failed) as failed:
        play.play(
            [story],
            base_url="http://127.0.0.1:9",
            push_url="http://127.0.0.1:9",
            push_ca=None,
            market=None,
            language="en",
            now=datetime(2026, 11, 24, tzinfo=UTC),
            console=console,
        )
    assert failed.value.step == "find the market"
    assert "no answer" in failed.value.seen
    page.failed(console, play.Words("fr"), failed.value.step, failed.value.seen)
    assert "La pièce s’est arrêtée" in lines.getvalue()


def test_bars_need_no_more_than_a_terminal_has() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"  # type: ignore[assignment]  # what a plain terminal says it knows

    plain = page.Page(Console(file=Ascii()), page.Words("en"))
    assert plain.bar(0.5) == "###"
    blocks = page.Page(Console(file=io.StringIO()), page.Words("en"))
    assert [blocks.bar(value) for value in (0.0, 0.5, 1.0)] == ["", "███", "██████"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_time_is_told_as_people_say_it(language: str) -> None:
    teller = page.Page(Console(file=io.StringIO()), page.Words(language))
    told = [teller.duration(minutes) for minutes in (5, 60, 95)]
    assert told == ["5 min", "1 h", "1 h 35"]


def test_a_thing_is_put_back_as_the_one_that_was_read() -> None:
    said: list[tuple[str, str | None, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said.append((self.command, self.headers.get("If-Match"), body))
            self.send_response(200)
            self.send_header("ETag", '"7"')
            self.end_headers()
            self.wfile.write(b'{"hours": 1}')

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        caller = client.Caller(client.Watch(5), f"http://127.0.0.1:{server.server_port}")
        caller.edit("/calendar", lambda read: {"hours": read["hours"] + 1})
        caller.close()
        server.shutdown()
    assert said == [("GET", None, b""), ("PUT", '"7"', b'{"hours":2}')]
