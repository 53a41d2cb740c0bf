"""The third story as tables: who is asked first, what calling it off costs, who comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape

from jobbing_api.play.actors import Scene
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push
from jobbing_api.play.telling import page

#: How many of those asked are shown.
_ASKED = 5


class Teller(page.Page):
    """Tells the story of the wardrobe, act by act."""

    def posted(self, job: Json, scene: Scene, resident: str, favourites: Sequence[str]) -> None:
        budget = job["budget"]
        price = self.money(budget["amount_cents"], budget["currency"])
        self.job(
            job,
            scene.category["name"],
            scene.market,
            resident,
            scene.middle,
            pays=self.say("job-pays", price=price),
            first=self.say("job-first", names=self.say("and").join(favourites), resident=resident),
        )

    def asked(self, asked: Sequence[Json]) -> None:
        self.part("asked")
        self._asked(asked)
        self.line(self.say("asked-facts"), style="dim")

    def _asked(self, asked: Sequence[Json]) -> None:
        table = self.table()
        table.add_column("", justify="right", no_wrap=True)
        table.add_column(self.say("column-name"), no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(self.say("column-score"), justify="right", no_wrap=True)
        table.add_column(self.say("column-km"), justify="right", no_wrap=True)
        table.add_column(self.say("column-state"), no_wrap=True)
        for place, one in enumerate(asked[:_ASKED], start=1):
            waits = one["state"] == "pending"
            table.add_row(
                str(place),
                escape(one["display_name"]),
                f"{one['score']:.3f}",
                f"{one['distance_m'] / 1000:.1f}",
                self.say("waits" if waits else "asked"),
                style="dim" if waits else "",
            )
        self.console.print(table)

    def accepted(self, job: Json, provider: str, zone: ZoneInfo, *, now: datetime) -> None:
        self.part("accepted")
        starts_at = datetime.fromisoformat(job["starts_at"])
        hours = round((starts_at - now).total_seconds() / 3600)
        when = self.when(starts_at, zone)
        self.line(self.say("accepted", provider=provider, when=when, hours=hours))

    def costs(self, of: Mapping[str, Json], currency: str, zone: ZoneInfo) -> None:
        """What calling it off costs whom, as each reads it before the click."""
        table = self.table(self.say("costs-title"))
        table.add_column(self.say("column-name"), no_wrap=True)
        table.add_column(self.say("column-now"), no_wrap=True)
        table.add_column(self.say("column-rule"), ratio=1)
        table.add_column(self.say("column-free"), no_wrap=True)
        for name, one in of.items():
            until = datetime.fromisoformat(one["free_until"]) if one["free_until"] else None
            table.add_row(
                escape(name),
                self._cost(one, currency),
                self.say_or(f"rule-{one['rule']}", one["rule"]),
                "-" if until is None else self.when(until, zone),
            )
        self.console.print(table)
        self.line(self.say("costs-facts"), style="dim")

    def _cost(self, one: Json, currency: str) -> str:
        if one["points"]:
            return self.say("points", points=one["points"])
        return self.money(one["fee_cents"], currency)

    def cancelled(self, provider: str, resident: str, reason: str, pushes: Iterable[Push]) -> None:
        self.part("cancelled")
        self.line(self.say("cancelled", provider=provider, resident=resident, reason=reason))
        self.pushes((resident, push) for push in pushes)

    def asked_anew(self, asked: Sequence[Json], *, round_: int) -> None:
        self.part("anew")
        self.line(self.say("anew", round=round_))
        self._asked(asked)

    def comes(self, provider: str) -> None:
        self.line(self.say("comes", provider=provider))

    def stands(self, job: Json, provider: str, resident: str, zone: ZoneInfo) -> None:
        self.part("stands")
        when = self.when(datetime.fromisoformat(job["starts_at"]), zone)
        self.line(self.say("stands", provider=provider, resident=resident, when=when))
