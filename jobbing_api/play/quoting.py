"""Three of those asked name a price, in items, and answer what residents ask.

Hides: what each charges (the seed's own prices) and says (the words of the story).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from jobbing_api import seeding
from jobbing_api.play import acting, client
from jobbing_api.play.actors import Actor, Scene
from jobbing_api.play.client import Json

#: So many name a price.
QUOTES = 3

#: Of those who name a price, how many days after the offer's hour each would begin.
_LATER_DAYS = (0, 1, 2)

#: Which of three steps takes which share of the time.
_STEPS = {"trim": 0.6, "level": 0.25, "rake": 0.15}

#: Some take their time over it.
_PACES = (1.0, 0.75, 1.25)

#: What taking the cuttings away costs, in euros.
_HAUL_EUR = 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Quoter:
    """Somebody who named a price."""

    actor: Actor
    offer: Json


def quotes(company: acting.Company, scene: Scene, ranking: Json, job: Json) -> list[Quoter]:
    """Those of the seed among the asked who name a price, each with the offer that has it."""
    quoters: list[Quoter] = []
    for one in ranking["asked"]:
        if one["state"] == "pending" or len(quoters) == QUOTES:
            continue
        company.step("quote")
        provider = company.provider(one["provider_id"], scene)
        if provider is not None:
            offer = company.offer(provider, job["id"])
            number = len(quoters)
            said = _said(company, scene, provider, job["duration_minutes"], number)
            offer = _quote(company, provider, offer, said, later_days=_LATER_DAYS[number])
            quoters.append(Quoter(actor=provider, offer=offer))
    if len(quoters) < QUOTES:
        raise company.watch.failed(f"{len(quoters)} of those asked are people of the seed")
    return quoters


def _said(
    company: acting.Company, scene: Scene, provider: Actor, minutes: int, number: int
) -> Json:
    """A price in items and the answers to three questions: how long and which steps, when,
    why they."""
    skills = provider.caller.get("/providers/me")["skills"]
    price = next(one["price"] for one in skills if one["category"] == scene.category["slug"])
    labour: Json = {"kind": "labour", "label": company.say("quote-labour")}
    if price["kind"] == "hourly":
        labour |= {"unit_cents": price["amount_cents"], "minutes": minutes}
    else:
        usual = seeding.usual_cents(scene.category["slug"], scene.currency)
        labour["amount_cents"] = price["amount_cents"] or usual
    lines = [
        labour,
        {
            "kind": "option",
            "label": company.say("quote-haul"),
            "amount_cents": seeding.cents(_HAUL_EUR, scene.currency),
        },
    ]
    if price["call_out_fee_cents"]:
        lines.append({"kind": "call-out", "amount_cents": price["call_out_fee_cents"]})
    return {
        "lines": lines,
        "steps": [
            {
                "text": company.say(f"quote-{step}"),
                "minutes": _fives(minutes * share * _PACES[number]),
            }
            for step, share in _STEPS.items()
        ],
        "availability": company.say(f"quote-{number}-when"),
        "why": company.say(f"quote-{number}-why"),
    }


def _fives(minutes: float) -> int:
    """Minutes as people say them beforehand."""
    return max(5, round(minutes / 5) * 5)


def _quote(
    company: acting.Company, provider: Actor, offer: Json, said: Json, *, later_days: int
) -> Json:
    """Name the price, for some days later where that hour is free."""
    later = acting.instant(offer["starts_at"]) + timedelta(days=later_days)
    path = f"/offers/{offer['id']}/quote"
    wished = provider.caller.send("POST", path, {**said, "starts_at": later.isoformat()})
    if wished.is_success:
        quoted: Json = wished.json()
        return quoted
    if client.problem(wished) != "calendar-conflict":
        raise company.watch.failed(f"POST {path} answered {client.told(wished)}")
    return provider.caller.post(path, said)
