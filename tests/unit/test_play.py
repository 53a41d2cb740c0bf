"""The play's own arithmetic and words; the walk itself is an end-to-end test."""

from __future__ import annotations

import io
import string
import time
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console

from jobbing_api import play
from jobbing_api.play import client, phones, stage, telling

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


def test_both_languages_say_the_same_lines_with_the_same_values() -> None:
    text = resources.files("jobbing_api.play").joinpath("wording.toml").read_text("utf-8")
    wording = tomllib.loads(text)

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


def test_a_server_that_is_not_there_fails_the_first_step() -> None:
    lines = io.StringIO()
    console = Console(file=lines, width=80)
    with pytest.raises(play.Failed) as failed:
        play.play(
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
    telling.failed(console, play.Words("fr"), failed.value.step, failed.value.seen)
    assert "La pièce s’est arrêtée" in lines.getvalue()


def test_bars_need_no_more_than_a_terminal_has() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"  # type: ignore[assignment]  # what a plain terminal says it knows

    plain = telling.Teller(Console(file=Ascii()), telling.Words("en"))
    assert plain.bar(0.5) == "###"
    blocks = telling.Teller(Console(file=io.StringIO()), telling.Words("en"))
    assert [blocks.bar(value) for value in (0.0, 0.5, 1.0)] == ["", "███", "██████"]
