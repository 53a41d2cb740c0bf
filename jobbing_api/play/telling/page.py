"""What all stories are told with: lines, tables, a job, a timeline, an order, reviews."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib import resources
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from jobbing_api import geography, words
from jobbing_api.geography import LonLat
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push

#: How wide a line gets on a terminal that could hold longer ones.
_WIDEST = 100

_BAR_WIDTH = 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"

#: The wording of whatever all stories say alike.
SHARED = "shared"


@functools.cache
def _wording(name: str) -> Mapping[str, Mapping[str, str]]:
    text = (
        resources.files("jobbing_api.play").joinpath("wording", f"{name}.toml").read_text("utf-8")
    )
    return tomllib.loads(text)


class Words:
    """The wording of one story, and of what all have in common, in one language."""

    def __init__(self, language: str, story: str = SHARED) -> None:
        self.language = words.spoken(language)
        self._lines = {**_wording(SHARED)[self.language], **_wording(story)[self.language]}

    def say(self, key: str, **values: object) -> str:
        """The line ``key`` with its values filled in."""
        return self._lines[key].format(**values)

    def say_or(self, key: str, otherwise: str) -> str:
        """The line ``key`` if there is one: names of ours may grow faster than wording."""
        return self._lines.get(key, otherwise)


class Page:
    """Where a story is told, act by act."""

    def __init__(self, console: Console, wording: Words) -> None:
        self.console = console
        self.say = wording.say
        self.say_or = wording.say_or
        self.language = wording.language
        self._width = min(console.width, _WIDEST)
        self._plain_letters = console.options.ascii_only

    # Acts that all stories have.

    def title(self, market: str, url: str) -> None:
        self.console.print()
        self.line(self.say("title", market=market), style="bold")
        self.line(self.say("subtitle", url=url), style="dim")

    def job(
        self, job: Json, category: str, market: Json, resident: str, middle: LonLat, **terms: str
    ) -> None:
        """The job as it was posted; ``terms`` are lines of this story's beside the usual."""
        self.part("job")
        lon, lat = job["location"]["coordinates"]
        away_m = geography.distance_m(middle, (lon, lat))
        what = self.say(
            "job-what", title=job["title"], category=category, minutes=job["duration_minutes"]
        )
        where = self.say(
            "job-where",
            distance=words.distance(self.language, away_m),
            market=market["name"],
        )
        self.pairs(
            {
                "what": what,
                "where": where,
                "when": self.window(job, ZoneInfo(market["time_zone"])),
                **terms,
                "who": self.say("job-who", name=resident),
            }
        )

    def window(self, job: Json, zone: ZoneInfo) -> str:
        """When a job may be done: the day once, where it is one."""
        from_, to = (datetime.fromisoformat(job["window"][end]) for end in ("from", "to"))
        day, _, clock = self.when(from_, zone).rpartition(", ")
        last, _, until = self.when(to, zone).rpartition(", ")
        key = "job-when" if day == last else "job-when-days"
        values = {"day": day, "from": clock, "last": last, "to": until, "zone": zone.key}
        return self.say(key, **values)

    def timeline(self, events: Sequence[Json], zone: ZoneInfo) -> None:
        table = self.table()
        table.add_column(self.say("column-time"), no_wrap=True)
        table.add_column(self.say("column-by"), no_wrap=True)
        table.add_column(self.say("column-event"), ratio=1)
        table.add_column(self.say("column-state"), no_wrap=True)
        for event in events:
            at = datetime.fromisoformat(event["at"]).astimezone(zone)
            told = self.say_or(f"event-{event['event']}", event["event"])
            table.add_row(
                f"{at:%H:%M:%S}.{at.microsecond // 100_000}",
                self.say_or(f"role-{event['by']}", event["by"]),
                # The same event is another act when the other side is its author.
                escape(self.say_or(f"event-{event['event']}-by-{event['by']}", told)),
                event["state"] or "",
            )
        self.console.print(table)

    def order(self, order: Json) -> None:
        """An order or a price, item by item, and its total."""
        table = self.table(header=False)
        table.add_column(ratio=1)
        table.add_column(justify="right", no_wrap=True)
        for item in order["lines"]:
            what = item["label"] or self.say_or(f"line-{item['kind']}", item["kind"])
            if item["minutes"] and item["unit_cents"]:
                rate = self.money(item["unit_cents"], order["currency"])
                time = self.duration(item["minutes"])
                what = self.say("line-by-the-hour", what=what, time=time, rate=rate)
            table.add_row(escape(what), self.money(item["amount_cents"], order["currency"]))
        total = self.money(order["total_cents"], order["currency"])
        table.add_row(self.say("total"), total, style="bold")
        self.console.print(table)

    def resident_phone(self, name: str, pushes: Sequence[Push]) -> None:
        titles = " > ".join(dict.fromkeys(push.title for push in pushes if push.title))
        self.line(self.say("resident-phone", name=name, titles=titles))

    def reviews(self, reviews: Sequence[Json], provider: str, resident: str) -> None:
        self.part("reviews")
        table = self.table()
        table.add_column(self.say("column-of"), no_wrap=True)
        table.add_column(self.say("column-stars"), no_wrap=True)
        table.add_column(self.say("column-text"), ratio=1)
        star = "*" if self._plain_letters else "★"
        for review in reviews:
            name = provider if review["about"] == "provider" else resident
            table.add_row(escape(name), star * review["stars"], escape(review["text"]))
        self.console.print(table)
        self.line(self.say("reviews-facts"), style="dim")

    def done(self, seconds: float) -> None:
        self.console.print()
        self.line(self.say("done", seconds=f"{seconds:.1f}"), style="bold green")

    # What acts are made of.

    def part(self, name: str) -> None:
        self.console.print()
        title = self.say(f"part-{name}")
        self.console.print(Rule(title, align="left", style="dim"), width=self._width)

    def line(self, text: str, *, style: str = "") -> None:
        self.console.print(Text(text, style=style), width=self._width)

    def table(self, title: str | None = None, *, header: bool = True) -> Table:
        return Table(
            title=title,
            title_justify="left",
            title_style="bold",
            show_header=header,
            header_style="bold",
            box=box.SIMPLE_HEAD if header else None,
            padding=(0, 1, 0, 0) if header else (0, 2, 0, 0),
            width=self._width,
            pad_edge=False,
        )

    def pairs(self, named: Mapping[str, str]) -> None:
        """Values, each behind the line it is called by."""
        table = self.table(header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(ratio=1)
        for name, value in named.items():
            table.add_row(self.say(name), escape(value))
        self.console.print(table)

    def pushes(self, pushes: Iterable[tuple[str, Push]]) -> None:
        """What phones show, each behind whose it is."""
        table = self.table(header=False)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for whose, push in pushes:
            table.add_row(escape(whose), screen(push))
        self.console.print(table)

    # Numbers as people read them.

    def bar(self, value: float) -> str:
        """``value`` of one as a bar, to an eighth of a letter."""
        if self._plain_letters:
            return "#" * round(value * _BAR_WIDTH)
        full, eighths = divmod(round(value * _BAR_WIDTH * 8), 8)
        return "█" * full + (_EIGHTHS[eighths] if eighths else "")

    def when(self, at: datetime, zone: ZoneInfo) -> str:
        """Day and hour on the spot."""
        return words.when(self.language, at, zone.key)

    def money(self, cents: int, currency: str) -> str:
        return words.money(self.language, cents, currency)

    def number(self, value: float) -> str:
        return words.number(self.language, value)

    def duration(self, minutes: int) -> str:
        """So many minutes, as people say it: "1 h 30"."""
        hours, left = divmod(minutes, 60)
        if not hours:
            return self.say("minutes", minutes=left)
        return self.say("hours", hours=hours) + (f" {left:02}" if left else "")

    def after(self, at: datetime, since: datetime) -> str:
        return self.say("after", seconds=f"{(at - since).total_seconds():.1f}")


def screen(push: Push) -> Text:
    """A push as a phone shows it: the title in bold, the text below."""
    return Text.assemble((push.title, "bold"), "\n", push.body)


def failed(console: Console, wording: Words, step: str, seen: str) -> None:
    """Say where the play stopped and why."""
    console.print()
    console.print(Text(wording.say("failed", step=step), style="bold red"))
    console.print(Text(wording.say("seen", seen=seen)))
