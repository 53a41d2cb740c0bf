"""The play as tables a person enjoys reading, on 80 columns and without colour too.

Hides: rich, the wording of the play in both languages, and what becomes of a number on
its way to a reader.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from jobbing_api import geography, markets, seeding, words
from jobbing_api.geography import LonLat
from jobbing_api.play.actors import Accepting
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push

#: How wide a line gets on a terminal that could hold longer ones.
_WIDEST = 100

_BAR_WIDTH = 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"

#: How many who could come, but are not asked yet, are shown after those who are.
_OTHERS = 4


@functools.cache
def _wording() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("jobbing_api.play").joinpath("wording.toml").read_text("utf-8")
    return tomllib.loads(text)


class Words:
    """The wording of the play in one language."""

    def __init__(self, language: str) -> None:
        self.language = words.spoken(language)

    def say(self, key: str, **values: object) -> str:
        """The line ``key`` with its values filled in."""
        return _wording()[self.language][key].format(**values)

    def say_or(self, key: str, otherwise: str) -> str:
        """The line ``key`` if there is one: names of ours may grow faster than wording."""
        return _wording()[self.language].get(key, otherwise)


class Teller:
    """Tells the play, act by act."""

    def __init__(self, console: Console, wording: Words) -> None:
        self._console = console
        self._say = wording.say
        self._say_or = wording.say_or
        self._language = wording.language
        self._width = min(console.width, _WIDEST)
        self._plain_letters = console.options.ascii_only

    def title(self, market: str, url: str) -> None:
        self._console.print()
        self._line(self._say("title", market=market), style="bold")
        self._line(self._say("subtitle", url=url), style="dim")

    def job(self, job: Json, category: str, market: Json, resident: str, middle: LonLat) -> None:
        self._part("job")
        zone = ZoneInfo(market["time_zone"])
        from_, to = (datetime.fromisoformat(job["window"][end]) for end in ("from", "to"))
        day, _, clock = words.when(self._language, from_, zone.key).rpartition(", ")
        lon, lat = job["location"]["coordinates"]
        away_m = geography.distance_m(middle, (lon, lat))
        budget = job["budget"]
        table = self._table(header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(ratio=1)
        for name, value in (
            (
                "what",
                self._say(
                    "job-what",
                    title=job["title"],
                    category=category,
                    minutes=job["duration_minutes"],
                ),
            ),
            (
                "where",
                self._say(
                    "job-where",
                    distance=words.distance(self._language, away_m),
                    market=market["name"],
                ),
            ),
            (
                "when",
                self._say(
                    "job-when",
                    day=day,
                    **{"from": clock},
                    to=f"{to.astimezone(zone):%H:%M}",
                    zone=zone.key,
                ),
            ),
            (
                "pays",
                self._say(
                    "job-pays",
                    price=words.money(self._language, budget["amount_cents"], budget["currency"]),
                ),
            ),
            ("who", self._say("job-who", name=resident)),
        ):
            table.add_row(self._say(name), escape(value))
        self._console.print(table)

    def candidates(self, ranking: Json) -> None:
        self._part("candidates")
        asked, ranked = ranking["asked"], ranking["candidates"]
        self._line(
            self._say(
                "counts" if ranking["complete"] else "counts-at-least",
                in_reach=ranking["in_reach"],
                asked=len(asked),
                ranked=ranking["ranked"],
            )
        )
        table = self._table()
        table.add_column("", justify="right", no_wrap=True)
        table.add_column(self._say("column-name"), no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(self._say("column-score"), justify="right", no_wrap=True)
        weights = (asked or ranked)[0]["parts"]
        parts = sorted(weights, key=lambda name: -weights[name]["weight"])
        for name in parts:
            title = self._say_or(f"part-{name}", name)
            table.add_column(f"{title}\n{weights[name]['weight']:.2f}", no_wrap=True)
        table.add_column(self._say("column-km"), justify="right", no_wrap=True)
        table.add_column(self._say("column-state"), no_wrap=True)
        for place, one in enumerate([*asked, *ranked[:_OTHERS]], start=1):
            state = one.get("state")
            table.add_row(
                str(place),
                escape(one["display_name"]),
                f"{one['score']:.3f}",
                *(self.bar(one["parts"][name]["value"]) for name in parts),
                f"{one['distance_m'] / 1000:.1f}",
                self._say("asked") if state else self._say("not-asked"),
                style="" if state else "dim",
            )
        self._console.print(table)
        # Whom the wave asked is above: here they would only be counted a second time.
        fell = {name: n for name, n in ranking["fell_out"].items() if name != "asked-before"}
        if fell:
            table = self._table(self._say("fell-out"), header=False)
            table.add_column(justify="right", no_wrap=True)
            table.add_column(ratio=1)
            for name, number in sorted(fell.items(), key=lambda pair: (-pair[1], pair[0])):
                table.add_row(str(number), escape(self._say_or(f"filter-{name}", name)))
            self._console.print(table)
        usual = markets.default_rules(seeding.PLAYED_URGENCY)["stagger_s"]
        self._line(self._say("policy", stagger=seeding.PLAYED_STAGGER_S, usual=usual), style="dim")

    def phones(self, pushes: Sequence[Push], posted_at: datetime) -> None:
        self._part("phones")
        table = self._table()
        table.add_column(self._say("column-phone"), no_wrap=True)
        table.add_column(self._say("column-after"), justify="right", no_wrap=True)
        table.add_column(self._say("column-push"), ratio=1)
        for push in pushes:
            table.add_row(
                escape(push.phone), self._after(push.received_at, posted_at), _screen(push)
            )
        self._console.print(table)
        self._line(
            self._say(
                "push-facts",
                pushes=len(pushes),
                phones=len({push.phone for push in pushes}),
                http=", ".join(sorted({_protocol(push.http_version) for push in pushes})),
            ),
            style="dim",
        )

    def race(self, winner: Accepting, loser: Accepting) -> None:
        self._part("race")
        table = self._table()
        table.add_column(self._say("column-name"), no_wrap=True)
        table.add_column(self._say("column-sent"), justify="right", no_wrap=True)
        table.add_column(self._say("column-took"), justify="right", no_wrap=True)
        table.add_column(self._say("column-answer"), ratio=1)
        first_s = min(winner.sent_s, loser.sent_s)
        for one, outcome in ((winner, "race-wins"), (loser, "race-loses")):
            slug = "" if one.won else " already-taken"
            table.add_row(
                escape(one.actor.name),
                self._ms(one.sent_s - first_s, sign="+"),
                self._ms(one.took_s),
                f"{one.answer.status_code}{slug}: {self._say(outcome)}",
                style="bold" if one.won else "",
            )
        self._console.print(table)
        apart_ms = abs(winner.sent_s - loser.sent_s) * 1000
        self._line(self._say("race-facts", apart=f"{apart_ms:.1f}"), style="dim")

    def replaced(
        self, winner: Accepting, loser: Accepting, before: Push, after: Push, *, since: datetime
    ) -> None:
        # The push may overtake the winner's own answer on its way back.
        seconds = max(0.0, (after.received_at - winner.answered_at).total_seconds())
        self._line(self._say("replaced", name=loser.actor.name, seconds=f"{seconds:.1f}"))
        table = self._table(header=False)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1)
        gone = _screen(before)
        gone.stylize("strike dim")
        table.add_row(self._after(before.received_at, since), gone)
        table.add_row(self._after(after.received_at, since), _screen(after))
        self._console.print(table)

    def visit(self, job: Json, provider: str, zone: ZoneInfo) -> None:
        self._part("visit")
        starts_at = datetime.fromisoformat(job["starts_at"])
        self._line(
            self._say(
                "visit",
                provider=provider,
                when=words.when(self._language, starts_at, zone.key),
                address=job["address"],
            )
        )

    def timeline(self, events: Sequence[Json], zone: ZoneInfo) -> None:
        table = self._table()
        table.add_column(self._say("column-time"), no_wrap=True)
        table.add_column(self._say("column-by"), no_wrap=True)
        table.add_column(self._say("column-event"), ratio=1)
        table.add_column(self._say("column-state"), no_wrap=True)
        for event in events:
            at = datetime.fromisoformat(event["at"]).astimezone(zone)
            table.add_row(
                f"{at:%H:%M:%S}.{at.microsecond // 100_000}",
                self._say_or(f"role-{event['by']}", event["by"]),
                escape(self._say_or(f"event-{event['event']}", event["event"])),
                event["state"] or "",
            )
        self._console.print(table)

    def resident_phone(self, name: str, pushes: Sequence[Push]) -> None:
        titles = " > ".join(dict.fromkeys(push.title for push in pushes if push.title))
        self._line(self._say("resident-phone", name=name, titles=titles))

    def reviews(self, reviews: Sequence[Json], provider: str, resident: str) -> None:
        self._part("reviews")
        table = self._table()
        table.add_column(self._say("column-of"), no_wrap=True)
        table.add_column(self._say("column-stars"), no_wrap=True)
        table.add_column(self._say("column-text"), ratio=1)
        star = "*" if self._plain_letters else "★"
        for review in reviews:
            name = provider if review["about"] == "provider" else resident
            table.add_row(escape(name), star * review["stars"], escape(review["text"]))
        self._console.print(table)
        self._line(self._say("reviews-facts"), style="dim")

    def done(self, seconds: float) -> None:
        self._console.print()
        self._line(self._say("done", seconds=f"{seconds:.1f}"), style="bold green")

    def _part(self, name: str) -> None:
        self._console.print()
        self._console.print(
            Rule(self._say(f"part-{name}"), align="left", style="dim"), width=self._width
        )

    def _line(self, text: str, *, style: str = "") -> None:
        self._console.print(Text(text, style=style), width=self._width)

    def _table(self, title: str | None = None, *, header: bool = True) -> Table:
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

    def bar(self, value: float) -> str:
        """``value`` of one as a bar, to an eighth of a letter."""
        if self._plain_letters:
            return "#" * round(value * _BAR_WIDTH)
        full, eighths = divmod(round(value * _BAR_WIDTH * 8), 8)
        return "█" * full + (_EIGHTHS[eighths] if eighths else "")

    def _after(self, at: datetime, since: datetime) -> str:
        return self._say("after", seconds=f"{(at - since).total_seconds():.1f}")

    def _ms(self, seconds: float, *, sign: str = "") -> str:
        return sign + self._say("milliseconds", ms=f"{seconds * 1000:.1f}")


def _screen(push: Push) -> Text:
    """A push as a phone shows it: the title in bold, the text below."""
    return Text.assemble((push.title, "bold"), "\n", push.body)


def _protocol(version: str) -> str:
    return version if version.upper().startswith("HTTP") else f"HTTP/{version}"


def failed(console: Console, wording: Words, step: str, seen: str) -> None:
    """Say where the play stopped and why."""
    console.print()
    console.print(Text(wording.say("failed", step=step), style="bold red"))
    console.print(Text(wording.say("seen", seen=seen)))
