"""The stories that are played, one after the other.

Hides: which there are, who opens and closes the doors, and that a server which speaks
another dialect than the play is a step that failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from rich.console import Console

from jobbing_api.play import acting, backup, client, garden, gutter
from jobbing_api.play.phones import Phones
from jobbing_api.play.telling import page


class Playing(Protocol):
    """What plays a story to its end, or raises Failed."""

    def __call__(
        self, company: acting.Company, console: Console, *, market: str | None, place: str | None
    ) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One that can be played: its kind of job, and how long it may take."""

    play: Playing
    category: str
    within_s: float


#: In the order in which they are played.
STORIES: Mapping[str, Story] = {
    "gutter": Story(play=gutter.play, category=gutter.CATEGORY, within_s=gutter.WITHIN_S),
    "garden": Story(play=garden.play, category=garden.CATEGORY, within_s=garden.WITHIN_S),
    "backup": Story(play=backup.play, category=backup.CATEGORY, within_s=backup.WITHIN_S),
}


def play(
    stories: Sequence[str] = tuple(STORIES),
    *,
    base_url: str,
    push_url: str,
    push_ca: Path | None,
    market: str | None,
    place: str | None = None,
    language: str,
    now: datetime,
    console: Console,
) -> None:
    """Play these stories in ``market`` (a slug), in the market that holds ``place``, or in
    the first there is, and tell them on ``console``, in ``language`` (fr or en).

    Returns once all of them came to their end. Raises Failed naming the step that did not
    happen and what was seen.
    """
    for name in stories:
        story = STORIES[name]
        watch = client.Watch(story.within_s)
        phones = Phones(watch, push_url, authority=push_ca, since=now - timedelta(seconds=1))
        words = page.Words(language, name)
        company = acting.Company(watch, words, phones, base_url=base_url, now=now)
        try:
            story.play(company, console, market=market, place=place)
        except (LookupError, TypeError, ValueError) as error:
            # The server speaks another dialect than this play: that too is a step that failed.
            raise watch.failed(f"an answer nobody expected: {error!r}") from error
        finally:
            company.close()
