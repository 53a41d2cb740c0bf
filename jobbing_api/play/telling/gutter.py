"""The first story as tables: who could come, the phones, two who accept at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape

from jobbing_api import markets, seeding
from jobbing_api.play.actors import Accepting
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push
from jobbing_api.play.telling import page

#: How many who could come, but are not asked yet, are shown after those who are.
_OTHERS = 4


class Teller(page.Page):
    """Tells the story of the gutter, act by act."""

    def candidates(self, ranking: Json) -> None:
        self.part("candidates")
        asked, ranked = ranking["asked"], ranking["candidates"]
        self.line(
            self.say(
                "counts" if ranking["complete"] else "counts-at-least",
                in_reach=ranking["in_reach"],
                asked=len(asked),
                ranked=ranking["ranked"],
            )
        )
        table = self.table()
        table.add_column("", justify="right", no_wrap=True)
        table.add_column(self.say("column-name"), no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(self.say("column-score"), justify="right", no_wrap=True)
        weights = (asked or ranked)[0]["parts"]
        parts = sorted(weights, key=lambda name: -weights[name]["weight"])
        for name in parts:
            title = self.say_or(f"part-{name}", name)
            table.add_column(f"{title}\n{weights[name]['weight']:.2f}", no_wrap=True)
        table.add_column(self.say("column-km"), justify="right", no_wrap=True)
        table.add_column(self.say("column-state"), no_wrap=True)
        for place, one in enumerate([*asked, *ranked[:_OTHERS]], start=1):
            state = one.get("state")
            table.add_row(
                str(place),
                escape(one["display_name"]),
                f"{one['score']:.3f}",
                *(self.bar(one["parts"][name]["value"]) for name in parts),
                f"{one['distance_m'] / 1000:.1f}",
                self.say("asked") if state else self.say("not-asked"),
                style="" if state else "dim",
            )
        self.console.print(table)
        # Whom the wave asked is above: here they would only be counted a second time.
        fell = {name: n for name, n in ranking["fell_out"].items() if name != "asked-before"}
        if fell:
            table = self.table(self.say("fell-out"), header=False)
            table.add_column(justify="right", no_wrap=True)
            table.add_column(ratio=1)
            for name, number in sorted(fell.items(), key=lambda pair: (-pair[1], pair[0])):
                table.add_row(str(number), escape(self.say_or(f"filter-{name}", name)))
            self.console.print(table)
        usual = markets.default_rules(seeding.PLAYED_URGENCY)["stagger_s"]
        self.line(self.say("policy", stagger=seeding.PLAYED_STAGGER_S, usual=usual), style="dim")

    def phones(self, pushes: Sequence[Push], posted_at: datetime) -> None:
        self.part("phones")
        table = self.table()
        table.add_column(self.say("column-phone"), no_wrap=True)
        table.add_column(self.say("column-after"), justify="right", no_wrap=True)
        table.add_column(self.say("column-push"), ratio=1)
        for push in pushes:
            table.add_row(
                escape(push.phone), self.after(push.received_at, posted_at), page.screen(push)
            )
        self.console.print(table)
        self.line(
            self.say(
                "push-facts",
                pushes=len(pushes),
                phones=len({push.phone for push in pushes}),
                http=", ".join(sorted({_protocol(push.http_version) for push in pushes})),
            ),
            style="dim",
        )

    def race(self, winner: Accepting, loser: Accepting) -> None:
        self.part("race")
        table = self.table()
        table.add_column(self.say("column-name"), no_wrap=True)
        table.add_column(self.say("column-sent"), justify="right", no_wrap=True)
        table.add_column(self.say("column-took"), justify="right", no_wrap=True)
        table.add_column(self.say("column-answer"), ratio=1)
        first_s = min(winner.sent_s, loser.sent_s)
        for one, outcome in ((winner, "race-wins"), (loser, "race-loses")):
            slug = "" if one.won else " already-taken"
            table.add_row(
                escape(one.actor.name),
                self._ms(one.sent_s - first_s, sign="+"),
                self._ms(one.took_s),
                f"{one.answer.status_code}{slug}: {self.say(outcome)}",
                style="bold" if one.won else "",
            )
        self.console.print(table)
        apart_ms = abs(winner.sent_s - loser.sent_s) * 1000
        self.line(self.say("race-facts", apart=f"{apart_ms:.1f}"), style="dim")

    def replaced(
        self, winner: Accepting, loser: Accepting, before: Push, after: Push, *, since: datetime
    ) -> None:
        # The push may overtake the winner's own answer on its way back.
        seconds = max(0.0, (after.received_at - winner.answered_at).total_seconds())
        self.line(self.say("replaced", name=loser.actor.name, seconds=f"{seconds:.1f}"))
        table = self.table(header=False)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1)
        gone = page.screen(before)
        gone.stylize("strike dim")
        table.add_row(self.after(before.received_at, since), gone)
        table.add_row(self.after(after.received_at, since), page.screen(after))
        self.console.print(table)

    def visit(self, job: Json, provider: str, zone: ZoneInfo) -> None:
        self.part("visit")
        when = self.when(datetime.fromisoformat(job["starts_at"]), zone)
        self.line(self.say("visit", provider=provider, when=when, address=job["address"]))

    def _ms(self, seconds: float, *, sign: str = "") -> str:
        return sign + self.say("milliseconds", ms=f"{seconds * 1000:.1f}")


def _protocol(version: str) -> str:
    return version if version.upper().startswith("HTTP") else f"HTTP/{version}"
