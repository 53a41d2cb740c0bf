"""The hedge: three name a price, one is chosen, and it comes again next month.

Hides: who says what when. Answers are the seed's prices and this story's words; each step
leaves what it saw for the telling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console

from jobbing_api import seeding
from jobbing_api.play import acting, client, quoting, stage
from jobbing_api.play.actors import Actor, Scene
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push
from jobbing_api.play.telling import garden as telling

CATEGORY = "hedge-trimming"

#: The story takes no longer, or has failed.
WITHIN_S = 120.0

#: The window of the job is that many days longer than one.
_DAYS = 3

#: What sawing off a stump costs, in euros.
_STUMP_EUR = 25

#: The resident would pay that much less than was quoted.
_LESS = 0.07

_REDO_MINUTES = 45
_REDO_WITHIN_H = 24

_STATES = (
    *("open", "assigned", "in_progress", "finished"),
    *("in_progress", "finished", "completed"),
)

_HEARD = {"quote-received", "counter-agreed", "job-started", "change-asked", "redo-date"}


def play(
    company: acting.Company, console: Console, *, market: str | None, place: str | None
) -> None:
    """Play it. Returns once the job is paid and reviewed, and comes again."""
    teller = telling.Teller(console, company.words)
    scene = company.scene(market=market, place=place, category=CATEGORY)
    teller.title(scene.name, company.url)
    resident = company.resident("Dominique T.")
    job, ranking = company.cast(resident, scene, _job(company, scene), least=quoting.QUOTES)
    teller.posted(job, scene, resident.name)

    quoters = quoting.quotes(company, scene, ranking, job)
    company.step("compare")
    answers = _compared(company, resident, job["id"])
    teller.answers(answers, asked=len(ranking["asked"]), zone=scene.zone)
    chosen = _choice(answers, quoters)
    company.step("counter")
    before, after = _counter(company, resident, chosen, job["id"])
    teller.counter(before, after, resident.name, chosen.actor.name)
    company.step("choose")
    taken = _choose(company, resident, chosen, job["id"])
    teller.chosen(taken, resident.name, chosen.actor.name, scene.zone)
    company.step("told")
    teller.told(_others_told(company, quoters, chosen))

    _work(company, teller, scene, resident, chosen.actor, taken)
    company.step("paid")
    paid = _paid(company, resident, chosen.actor, job["id"])
    teller.paid(paid, resident.name, chosen.actor.name)
    company.step("reviews")
    reviews = company.reviews(resident, chosen.actor, job["id"])
    teller.reviews(reviews, chosen.actor.name, resident.name)

    company.step("again")
    series = _again(company, scene, resident, taken)
    teller.again(series, chosen.actor.name, scene.zone)
    company.step("timeline")
    told = company.in_state(resident.caller.get(f"/jobs/{job['id']}"), "completed")
    company.through(told, _STATES)
    teller.whole(told["timeline"], scene.zone)
    company.step("resident-phone")
    teller.resident_phone(resident.name, company.heard(resident, job["id"], _HEARD))
    teller.done(company.watch.passed_s)


# Asked and answered.


def _job(company: acting.Company, scene: Scene) -> Json:
    template = scene.category["brief_template"]
    if not template["presets"]:
        raise company.watch.failed("the category has no example to start from")
    preset = template["presets"][0]
    body = company.job(
        scene,
        stage.window(company.now, scene.zone, days=_DAYS),
        duration_minutes=preset["minutes"],
        budget={"kind": "quotes", "amount_cents": None, "currency": scene.currency},
        mode="choose",
    )
    body["brief"] |= {
        "preset": preset["id"],
        "answers": preset["answers"],
        "tasks": preset["tasks"],
        "template_version": template["version"],
    }
    return body


def _compared(company: acting.Company, resident: Actor, job_id: str) -> list[Json]:
    """What the owner sees side by side, the cheapest first."""
    asked = resident.caller.get(f"/jobs/{job_id}/candidates")["asked"]
    answers = [one for one in asked if one["quote"] is not None]
    if len(answers) < quoting.QUOTES:
        raise company.watch.failed(f"{len(answers)} of {len(asked)} asked have named a price")
    if any(one["profile"] is None for one in answers):
        raise company.watch.failed("somebody who named a price shows no profile")
    return sorted(answers, key=lambda one: one["price"]["cost_cents"])


def _choice(answers: Sequence[Json], quoters: Sequence[quoting.Quoter]) -> quoting.Quoter:
    """Whoever has most stars; of two alike, who had less to put right, then the cheaper."""
    played = {one.actor.id: one for one in quoters}
    ours = [one for one in answers if one["provider_id"] in played]

    def standing(one: Json) -> tuple[float, float]:
        profile = one["profile"]
        return profile["rating"]["mean"] or 0, -(profile["redo_share"] or 0)

    best = max(ours, key=standing)
    return played[best["provider_id"]]


def _counter(
    company: acting.Company, resident: Actor, chosen: quoting.Quoter, job_id: str
) -> tuple[Json, Json]:
    """The price before and after a counter-offer that is agreed to."""
    before = chosen.offer["price"]
    less = before["total_cents"] - _rounded(before["total_cents"] * _LESS)
    resident.caller.post(
        f"/jobs/{job_id}/counter", {"offer_id": chosen.offer["id"], "amount_cents": less}
    )
    offer = chosen.actor.caller.post(f"/offers/{chosen.offer['id']}/counter", {"agree": True})
    after: Json = offer["price"]
    if after["total_cents"] != less:
        raise company.watch.failed(f"{less} was agreed and {after['total_cents']} is the price")
    return before, after


def _rounded(cents: float) -> int:
    """An amount as people haggle: its first digit, and noughts."""
    whole = max(1, int(cents))
    digit: int = 10 ** (len(str(whole)) - 1)
    return whole // digit * digit


def _choose(company: acting.Company, resident: Actor, chosen: quoting.Quoter, job_id: str) -> Json:
    job = resident.caller.post(f"/jobs/{job_id}/choose", {"offer_id": chosen.offer["id"]})
    company.in_state(job, "assigned")
    if job["provider"]["id"] != chosen.actor.id:
        raise company.watch.failed(f"{job['provider']['display_name']} has it")
    _summed(company, job["order"])
    return job


def _summed(company: acting.Company, order: Json) -> Json:
    """The order, whose total must be that of its lines."""
    of_lines = sum(line["amount_cents"] for line in order["lines"])
    if order["total_cents"] != of_lines:
        raise company.watch.failed(
            f"the lines make {of_lines} and the total is {order['total_cents']}"
        )
    return order


def _others_told(
    company: acting.Company, quoters: Sequence[quoting.Quoter], chosen: quoting.Quoter
) -> list[tuple[str, Push]]:
    """What the phones of those show who named a price in vain."""
    others = [one for one in quoters if one is not chosen]
    for one in others:
        state = one.actor.caller.get(f"/offers/{one.offer['id']}")["state"]
        if state != "withdrawn":
            raise company.watch.failed(f"the offer of {one.actor.name} is {state}")
    names = {one.offer["id"]: one.actor.name for one in others}
    return [(names[push.about], push) for push in company.rung(list(names), "quote-not-chosen")]


# At work.


def _work(
    company: acting.Company,
    teller: telling.Teller,
    scene: Scene,
    resident: Actor,
    provider: Actor,
    job: Json,
) -> None:
    path = f"/jobs/{job['id']}"
    company.step("start")
    digits = resident.caller.get(path)["visit"]["start_code"]
    company.in_state(provider.caller.post(f"{path}/start", {"code": digits}), "in_progress")
    company.step("check-in")
    _check_in(company, provider, path, "half")
    company.step("change")
    order = _change(company, scene, resident, provider, path)
    company.step("check-in")
    _check_in(company, provider, path, "top")
    company.step("finish")
    finished = provider.caller.post(f"{path}/finish", {"text": company.say("finish-first")})
    company.in_state(finished, "finished")
    said = resident.caller.get(path)["progress"]["check_ins"]
    teller.work(said, digits, resident.name, provider.name, scene.zone)
    teller.changed(order, company.say("change-why"), provider.name, resident.name)

    company.step("redo")
    reason = company.say("redo-why")
    company.in_state(resident.caller.post(f"{path}/redo", {"reason": reason}), "in_progress")
    company.step("redo-date")
    comes_at = _redo_date(company, provider, job)
    teller.redo(reason, comes_at, resident.name, provider.name, scene.zone)
    company.step("redone")
    provider.caller.post(f"{path}/check-ins", {"kind": "resume"})
    company.in_state(
        provider.caller.post(f"{path}/finish", {"text": company.say("finish-again")}), "finished"
    )
    company.step("confirm")
    company.in_state(resident.caller.post(f"{path}/confirm"), "completed")
    teller.redone(resident.name, provider.name)


def _check_in(company: acting.Company, provider: Actor, path: str, which: str) -> None:
    said = {"kind": "progress", "text": company.say(f"check-in-{which}")}
    provider.caller.post(f"{path}/check-ins", said)


def _change(
    company: acting.Company, scene: Scene, resident: Actor, provider: Actor, path: str
) -> Json:
    """The provider asks for a line more, the resident agrees; returns the new order."""
    added = {
        "kind": "option",
        "label": company.say("change-label"),
        "amount_cents": seeding.cents(_STUMP_EUR, scene.currency),
    }
    asked = provider.caller.post(
        f"{path}/change-orders", {"text": company.say("change-why"), "lines": [added]}
    )
    change = asked["bill"]["changes"][-1]
    if resident.caller.get(path)["order"] != asked["order"]:
        raise company.watch.failed("the order changed before it was agreed")
    agreed = resident.caller.post(f"{path}/change-orders/{change['id']}/agree")["order"]
    wanted = asked["order"]["total_cents"] + added["amount_cents"]
    if agreed["total_cents"] != wanted:
        raise company.watch.failed(f"the total is {agreed['total_cents']}, not {wanted}")
    return _summed(company, agreed)


def _redo_date(company: acting.Company, provider: Actor, job: Json) -> datetime:
    """The day after the visit, or the first hour from then on that no other visit has."""
    path = f"/jobs/{job['id']}/redo-date"
    for hours in range(_REDO_WITHIN_H):
        comes_at = acting.instant(job["starts_at"]) + timedelta(days=1, hours=hours)
        said = {"starts_at": comes_at.isoformat(), "minutes": _REDO_MINUTES}
        answer = provider.caller.send("POST", path, said)
        if answer.is_success:
            return comes_at
        if client.problem(answer) != "calendar-conflict":
            raise company.watch.failed(f"POST {path} answered {client.told(answer)}")
    raise company.watch.failed(f"{provider.name} has no hour free the day after")


# Afterwards.


def _paid(company: acting.Company, resident: Actor, provider: Actor, job_id: str) -> Json:
    """The payment, as both say it was made."""
    path = f"/jobs/{job_id}"
    owed = resident.caller.get(path)["bill"]["owed_cents"]
    said = resident.caller.post(f"{path}/payments", {"method": "transfer", "amount_cents": owed})[
        "bill"
    ]["payments"][-1]
    bill = provider.caller.post(f"{path}/payments/{said['id']}/agree")["bill"]
    payment: Json = bill["payments"][-1]
    if bill["owed_cents"] != 0 or not payment["receipt_number"]:
        raise company.watch.failed(
            f"{bill['owed_cents']} is owed, receipt {payment['receipt_number']}"
        )
    return payment


def _again(company: acting.Company, scene: Scene, resident: Actor, taken: Json) -> Json:
    """The same next month and every month after it, whoever did it asked first."""
    done_on = acting.instant(taken["starts_at"]).astimezone(scene.zone).date()
    from_, to = stage.month_later(done_on, scene.zone)
    made = resident.caller.post(
        f"/jobs/{taken['id']}/repeat",
        {
            "window": {"from": from_.isoformat(), "to": to.isoformat()},
            "frequency": "monthly",
            "by": "weekday",
            "times": 6,
            "same_provider": True,
        },
    )
    series = resident.caller.get(f"/series/{made['id']}")
    if not series["same_provider"] or series["occurrences"][0]["on"] != str(from_.date()):
        raise company.watch.failed(f"it comes again on {series['occurrences'][0]['on']}")
    return series
