"""What phones received, as the stand-in for Google's end shows it.

Hides: the shape of an FCM message, and that a message about the same thing replaces the
one before it on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jobbing_api.play import client


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One message as it reached a phone."""

    phone: str
    received_at: datetime
    kind: str
    #: The offer or the job it is about.
    about: str
    title: str
    body: str
    #: Of two messages with one tag the screen keeps the later.
    tag: str
    http_version: str


class Phones:
    """Every phone of the town, seen through the stand-in at ``url``."""

    def __init__(
        self, watch: client.Watch, url: str, *, authority: Path | None, since: datetime
    ) -> None:
        self._caller = client.Caller(watch, url, authority=authority)
        self._query = urlencode({"since": since.isoformat()})

    def close(self) -> None:
        """Look away."""
        self._caller.close()

    def received(self, *about: str) -> list[Push]:
        """What came since the play began about these offers and jobs, oldest first."""
        document = self._caller.get(f"/messages?{self._query}")
        pushes = [read(message) for message in document["messages"]]
        return [push for push in pushes if push.about in about]


def read(message: client.Json) -> Push:
    """A message of the stand-in's as its phone shows it."""
    content = message["payload"]["message"]
    data = content.get("data") or {}
    android = content.get("android") or {}
    shown = [
        place
        for place in (
            android.get("notification"),
            (content.get("webpush") or {}).get("notification"),
            content.get("notification"),
        )
        if place
    ]

    def first(name: str) -> str:
        return next((str(place[name]) for place in shown if place.get(name)), "")

    return Push(
        phone=message["address"]["value"],
        received_at=datetime.fromisoformat(message["received_at"]),
        kind=str(data.get("kind", "")),
        about=str(data.get("offer_id") or data.get("job_id") or ""),
        title=first("title"),
        body=first("body"),
        tag=first("tag") or _collapse_key(android),
        http_version=str(message["http_version"]),
    )


def _collapse_key(android: dict[str, Any]) -> str:
    return str(android.get("collapse_key") or android.get("collapseKey") or "")
