"""The gutter: from a posted job to two reviews, the first to accept has it.

Hides: whose turn it is. Each step leaves what it saw for the telling; one that does not
happen ends the story.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from jobbing_api import seeding
from jobbing_api.play import acting, client, stage
from jobbing_api.play.actors import Accepting, Actor, Scene
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Push
from jobbing_api.play.telling import gutter as telling

CATEGORY = "gutter-cleaning"

#: The story takes no longer, or has failed.
WITHIN_S = 60.0

_MINUTES = 90

_STATES = ("open", "assigned", "in_progress", "finished", "completed")


def play(
    company: acting.Company, console: Console, *, market: str | None, place: str | None
) -> None:
    """Play it. Returns once the job is completed and both reviews are shown."""
    teller = telling.Teller(console, company.words)
    scene = company.scene(market=market, place=place, category=CATEGORY)
    teller.title(scene.name, company.url)
    resident = company.resident("Camille R.")
    job, ranking = _cast(company, resident, scene)
    pays = company.say(
        "job-pays", price=teller.money(job["budget"]["amount_cents"], scene.currency)
    )
    teller.job(job, scene.category["name"], scene.market, resident.name, scene.middle, pays=pays)
    teller.candidates(ranking)

    company.step("phones")
    pushes = company.rung(
        [one["offer_id"] for one in ranking["asked"] if one["state"] != "pending"]
    )
    posted_at = acting.instant(job["created_at"])
    teller.phones(pushes, posted_at)

    company.step("providers")
    pair = _pair(company, ranking, scene, job["id"])
    company.step("race")
    winner, loser = _race(company, pair)
    teller.race(winner, loser)
    company.step("replaced")
    before, after = _replaced(company, loser, pushes)
    teller.replaced(winner, loser, before, after, since=posted_at)

    company.step("visit")
    taken = _visit(company, resident, winner.actor, job["id"])
    teller.visit(taken, winner.actor.name, scene.zone)
    company.step("reviews")
    reviews = company.reviews(resident, winner.actor, job["id"])
    company.step("timeline")
    told = company.in_state(resident.caller.get(f"/jobs/{job['id']}"), "completed")
    company.through(told, _STATES)
    teller.timeline(told["timeline"], scene.zone)
    company.step("resident-phone")
    heard = company.heard(resident, job["id"], {"job-assigned", "reviews-visible"})
    teller.resident_phone(resident.name, heard)
    teller.reviews(reviews, winner.actor.name, resident.name)
    teller.done(company.watch.passed_s)


def _cast(company: acting.Company, resident: Actor, scene: Scene) -> tuple[Json, Json]:
    body = company.job(
        scene,
        stage.window(company.now, scene.zone),
        duration_minutes=_MINUTES,
        budget={
            "kind": "fixed",
            "amount_cents": seeding.usual_cents(CATEGORY, scene.currency),
            "currency": scene.currency,
        },
        mode="instant",
    )
    return company.cast(resident, scene, body, least=2)


def _pair(
    company: acting.Company, ranking: Json, scene: Scene, job_id: str
) -> list[tuple[Actor, Json]]:
    """The two best asked, signed in, each with the offer in hand."""
    pair: list[tuple[Actor, Json]] = []
    for one in ranking["asked"]:
        if one["state"] == "pending" or len(pair) == 2:
            continue
        provider = company.provider(one["provider_id"], scene)
        if provider is not None:
            pair.append((provider, company.offer(provider, job_id)))
    if len(pair) < 2:
        raise company.watch.failed("fewer than two of those asked are people of the seed")
    return pair


def _race(
    company: acting.Company, pair: Sequence[tuple[Actor, Json]]
) -> tuple[Accepting, Accepting]:
    """Both accept at once, each on a connection that is open already."""
    start = threading.Barrier(len(pair))
    attempts: list[Accepting | client.Failed | None] = [None] * len(pair)
    began_s = time.perf_counter()

    def accept(number: int, actor: Actor, offer: Json) -> None:
        start.wait()
        sent_s = time.perf_counter()
        try:
            answer = actor.caller.send("POST", f"/offers/{offer['id']}/accept")
        except client.Failed as failed:
            attempts[number] = failed
            return
        attempts[number] = Accepting(
            actor=actor,
            offer=offer,
            answer=answer,
            sent_s=sent_s - began_s,
            took_s=time.perf_counter() - sent_s,
            answered_at=datetime.now(UTC),
        )

    threads = [
        threading.Thread(target=accept, args=(number, *one)) for number, one in enumerate(pair)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made: list[Accepting] = []
    for attempt in attempts:
        if isinstance(attempt, client.Failed):
            raise attempt
        assert attempt is not None, "every thread leaves its attempt"
        made.append(attempt)
    won = [one for one in made if one.won]
    lost = [one for one in made if client.problem(one.answer) == "already-taken"]
    if len(won) != 1 or len(lost) != 1 or lost[0].answer.status_code != 409:
        raise company.watch.failed(" and ".join(client.told(one.answer)[:200] for one in made))
    return won[0], lost[0]


def _replaced(
    company: acting.Company, loser: Accepting, pushes: Sequence[Push]
) -> tuple[Push, Push]:
    offer_id = loser.offer["id"]
    before = next(push for push in pushes if push.about == offer_id)

    def look() -> tuple[Push | None, str]:
        later = [push for push in company.phones.received(offer_id) if push.kind != before.kind]
        shown = [push for push in later if push.tag == before.tag and push.title]
        seen = f"{len(later)} later messages came, {len(shown)} of them in its place"
        return (shown[-1] if shown else None), seen

    return before, company.watch.until(look)


def _visit(company: acting.Company, resident: Actor, winner: Actor, job_id: str) -> Json:
    taken = company.in_state(winner.caller.get(f"/jobs/{job_id}"), "assigned")
    if not taken["address"]:
        raise company.watch.failed("whoever comes is not told the address")
    digits = resident.caller.get(f"/jobs/{job_id}")["visit"]["start_code"]
    for who, path, said, state in (
        (winner, "start", {"code": digits}, "in_progress"),
        (winner, "finish", None, "finished"),
        (resident, "confirm", None, "completed"),
    ):
        company.in_state(who.caller.post(f"/jobs/{job_id}/{path}", said), state)
    return taken
