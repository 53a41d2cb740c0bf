"""The second story as tables: answers side by side, an order that grows, dates to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape

from jobbing_api.play.actors import Scene
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push
from jobbing_api.play.telling import page

#: How many of the dates to come are shown.
_DATES = 4


class Teller(page.Page):
    """Tells the story of the hedge, act by act."""

    def posted(self, job: Json, scene: Scene, resident: str) -> None:
        self.job(
            job,
            scene.category["name"],
            scene.market,
            resident,
            scene.middle,
            pays=self.say("job-pays", resident=resident),
        )
        read = job["brief_read"]
        title = self.say("brief-title", name=read["preset"]["name"])
        table = self.table(title, header=False)
        table.add_column(ratio=1)
        table.add_column(no_wrap=True)
        for one in read["answers"]:
            said = f"{one['answer']} {one['unit'] or ''}".rstrip()
            table.add_row(escape(one["question"]), escape(said))
        self.console.print(table)
        tasks = ", ".join(one["label"].lower() for one in read["tasks"])
        self.line(self.say("brief-tasks", tasks=tasks))

    def answers(self, answers: Sequence[Json], *, asked: int, zone: ZoneInfo) -> None:
        """The prices side by side, and what else each says."""
        self.part("answers")
        self.line(self.say("answers", asked=asked, quoted=len(answers)))
        table = self.table()
        table.add_column(self.say("column-name"), no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(self.say("column-cost"), justify="right", no_wrap=True)
        table.add_column(self.say("column-first"), no_wrap=True)
        for name in ("column-rating", "column-redone", "column-replies"):
            table.add_column(self.say(name), justify="right", no_wrap=True)
        for one in answers:
            profile, price = one["profile"], one["price"]
            table.add_row(
                escape(profile["display_name"]),
                self.money(price["cost_cents"], price["currency"]),
                self.when(datetime.fromisoformat(one["starts_at"]), zone),
                self._rating(profile["rating"]),
                self._share(profile["redo_share"]),
                self._reply(profile["response_median_min"]),
            )
        self.console.print(table)
        for one in answers:
            self._answer(one)
        self.line(self.say("answers-facts"), style="dim")

    def _answer(self, one: Json) -> None:
        quote = one["quote"]
        steps = self.say("step-mark").join(
            f"{step['text']} {self.duration(step['minutes'])}" for step in quote["steps"]
        )
        table = self.table(one["profile"]["display_name"], header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(ratio=1)
        for question, answer in (
            ("question-steps", steps),
            ("question-when", quote["availability"]),
            ("question-why", quote["why"]),
        ):
            table.add_row(self.say(question), escape(answer))
        self.console.print(table)

    def counter(self, before: Json, after: Json, resident: str, provider: str) -> None:
        self.part("counter")
        prices = {
            name: self.money(price["total_cents"], price["currency"])
            for name, price in (("before", before), ("after", after))
        }
        self.line(self.say("counter", resident=resident, provider=provider, **prices))

    def chosen(self, job: Json, resident: str, provider: str, zone: ZoneInfo) -> None:
        when = self.when(datetime.fromisoformat(job["starts_at"]), zone)
        self.line(self.say("chosen", resident=resident, provider=provider, when=when))
        self.order(job["order"])

    def told(self, pushes: Sequence[tuple[str, Push]]) -> None:
        self.line(self.say("told"))
        self.pushes(pushes)

    def work(
        self, check_ins: Sequence[Json], digits: str, resident: str, provider: str, zone: ZoneInfo
    ) -> None:
        self.part("work")
        self.line(self.say("started", resident=resident, provider=provider, digits=digits))
        table = self.table(header=False)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for one in check_ins:
            at = datetime.fromisoformat(one["at"]).astimezone(zone)
            table.add_row(f"{at:%H:%M:%S}", escape(one["text"]))
        self.console.print(table)

    def changed(self, order: Json, why: str, provider: str, resident: str) -> None:
        self.line(self.say("changed", provider=provider, resident=resident, why=why))
        self.order(order)

    def redo(
        self, reason: str, comes_at: datetime, resident: str, provider: str, zone: ZoneInfo
    ) -> None:
        self.part("redo")
        when = self.when(comes_at, zone)
        self.line(self.say("redo", resident=resident, provider=provider, reason=reason, when=when))

    def redone(self, resident: str, provider: str) -> None:
        self.line(self.say("redone", resident=resident, provider=provider))

    def paid(self, payment: Json, resident: str, provider: str) -> None:
        self.part("paid")
        amount = self.money(payment["amount_cents"], payment["currency"])
        number = payment["receipt_number"]
        self.line(
            self.say("paid", amount=amount, number=number, resident=resident, provider=provider)
        )

    def again(self, series: Json, provider: str, zone: ZoneInfo) -> None:
        self.part("again")
        rule = series["text"]
        self.line(self.say("again", rule=rule, times=series["times"], provider=provider))
        table = self.table()
        table.add_column(self.say("column-date"), ratio=1)
        table.add_column(self.say("column-until"), no_wrap=True)
        table.add_column(self.say("column-state"), no_wrap=True)
        for one in series["occurrences"][:_DATES]:
            from_, to = (datetime.fromisoformat(one["window"][end]) for end in ("from", "to"))
            table.add_row(
                self.when(from_, zone),
                f"{to.astimezone(zone):%H:%M}",
                self.say_or(f"occurrence-{one['state']}", one["state"]),
            )
        self.console.print(table)
        self.line(self.say("again-facts"), style="dim")

    def whole(self, events: Sequence[Json], zone: ZoneInfo) -> None:
        self.part("whole")
        self.timeline(events, zone)

    def _rating(self, rating: Json) -> str:
        if rating["mean"] is None:
            return self.say("rating-new")
        return f"{self.number(round(rating['mean'], 1))} ({rating['count']})"

    def _share(self, share: float | None) -> str:
        return "-" if share is None else self.say("percent", percent=round(share * 100))

    def _reply(self, median_min: float | None) -> str:
        return "-" if median_min is None else self.duration(max(1, round(median_min)))
