"""The wardrobe: whoever accepted cannot come, and the next in line does.

Hides: who is free twenty hours from now at whatever hour that is, and that those two are
found before anything begins. Each step leaves what it saw for the telling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console

from jobbing_api import seeding
from jobbing_api.play import acting, stage
from jobbing_api.play.actors import Actor, Scene
from jobbing_api.play.client import Json
from jobbing_api.play.telling import backup as telling

CATEGORY = "furniture-assembly"

#: The story takes no longer, or has failed.
WITHIN_S = 90.0

_MINUTES = 90

#: Nobody comes who has another visit so near to the window, or is away.
_ASIDE = timedelta(hours=2)

_STATES = ("open", "assigned", "open", "assigned")

_HEARD = {"job-assigned", "provider-dropped-out"}


def play(
    company: acting.Company, console: Console, *, market: str | None, place: str | None
) -> None:
    """Play it. Returns once the backup is to come and both have said that it stands."""
    teller = telling.Teller(console, company.words)
    scene = company.scene(market=market, place=place, category=CATEGORY)
    teller.title(scene.name, company.url)
    resident = company.resident("Sacha L.")
    window = stage.hours(company.now)
    draft, pair = _favourites(company, scene, resident, window)

    company.step("job")
    from_, to = window
    again = {"window": {"from": from_.isoformat(), "to": to.isoformat()}}
    job = resident.caller.post(f"/jobs/{draft['id']}/repost", again)
    teller.posted(job, scene, resident.name, [one.name for one in pair])
    company.step("wave")
    # The others wait until the favourites had their head start, and nobody here with them.
    asked = company.asked(resident, scene, job["id"], least=2, patience_s=0)["asked"]
    first, second = _first(company, asked, pair)
    teller.asked(asked)

    company.step("accept")
    taken = _accepts(company, first, job["id"])
    teller.accepted(taken, first.name, scene.zone, now=company.now)
    company.step("costs")
    theirs, own = _costs(company, resident, first, job["id"])
    teller.costs({first.name: theirs, resident.name: own}, scene.currency, scene.zone)

    company.step("cancel")
    reason = company.say("cancel-why")
    first.caller.post(f"/jobs/{job['id']}/cancel", {"reason": reason})
    company.step("told")
    heard = company.heard(resident, job["id"], _HEARD)
    dropped = [push for push in heard if push.kind == "provider-dropped-out"][-1:]
    teller.cancelled(first.name, resident.name, reason, dropped)
    company.step("new-round")
    anew = _asked_anew(company, scene, second, job["id"])
    teller.asked_anew(anew, round_=2)
    company.step("backup")
    _accepts(company, second, job["id"])
    teller.comes(second.name)

    company.step("stands")
    stands = _stands(company, resident, second, job["id"])
    teller.stands(stands, second.name, resident.name, scene.zone)
    company.step("timeline")
    told = company.in_state(resident.caller.get(f"/jobs/{job['id']}"), "assigned")
    company.through(told, _STATES)
    teller.timeline(told["timeline"], scene.zone)
    teller.resident_phone(resident.name, company.heard(resident, job["id"], _HEARD))
    teller.done(company.watch.passed_s)


def _favourites(
    company: acting.Company,
    scene: Scene,
    resident: Actor,
    window: tuple[datetime, datetime],
) -> tuple[Json, list[Actor]]:
    """The job as it was posted for a usual day and called off again, and two of those who
    could do it: they make themselves free in the window, and the resident asks for them."""
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
    draft, ranking = company.cast(resident, scene, body, least=1)
    company.step("favourites")
    resident.caller.post(f"/jobs/{draft['id']}/cancel", {"reason": company.say("draft-why")})
    pair: list[Actor] = []
    for one in (*ranking["asked"], *ranking["candidates"]):
        provider = None
        if len(pair) < 2:
            provider = company.provider(one["provider_id"], scene)
        if provider is not None and _may_come(provider, window):
            provider.caller.edit("/providers/me/calendar", lambda it: _with(it, window))
            resident.caller.ask("PUT", f"/me/favourites/{provider.id}")
            pair.append(provider)
    if len(pair) < 2:
        raise company.watch.failed(f"{len(pair)} of those who could do it are free then")
    return draft, pair


def _may_come(provider: Actor, window: tuple[datetime, datetime]) -> bool:
    """Whether nothing the provider knows of is in the way."""
    from_, to = (window[0] - _ASIDE, window[1] + _ASIDE)
    visits = provider.caller.get("/jobs?state=assigned,in_progress,finished&limit=100")["items"]
    taken = [
        (one["starts_at"], one["ends_at"])
        for one in visits
        if one["seen_as"] == "provider" and one["starts_at"]
    ]
    away = [
        (one["from"], one["to"])
        for one in provider.caller.get("/providers/me/calendar")["exceptions"]
        if not one["available"]
    ]
    return not any(
        acting.instant(begins) < to and acting.instant(ends) > from_
        for begins, ends in (*taken, *away)
    )


def _with(calendar: Json, window: tuple[datetime, datetime]) -> Json:
    """The calendar with those hours on top; what of it is past may go."""
    from_, to = window
    kept = [one for one in calendar["exceptions"] if acting.instant(one["to"]) > from_]
    added = {
        "from": (from_ - _ASIDE).isoformat(),
        "to": (to + _ASIDE).isoformat(),
        "available": True,
    }
    return {
        "time_zone": calendar["time_zone"],
        "weekly": calendar["weekly"],
        "exceptions": [*kept, added],
    }


def _first(
    company: acting.Company, asked: Sequence[Json], pair: Sequence[Actor]
) -> tuple[Actor, Actor]:
    """The two favourites in the order they were asked, which must be before all others."""
    ours = {one.id: one for one in pair}
    ahead = [one for one in asked if one["state"] != "pending"][:2]
    if {one["provider_id"] for one in ahead} != ours.keys():
        raise company.watch.failed("others were asked before the favourites")
    first, second = (ours[one["provider_id"]] for one in ahead)
    return first, second


def _accepts(company: acting.Company, provider: Actor, job_id: str) -> Json:
    offer = company.offer(provider, job_id)
    job = provider.caller.post(f"/offers/{offer['id']}/accept")
    return company.in_state(job, "assigned")


def _costs(
    company: acting.Company, resident: Actor, provider: Actor, job_id: str
) -> tuple[Json, Json]:
    """What calling it off would cost either, before the click."""
    seen = [who.caller.get(f"/jobs/{job_id}") for who in (provider, resident)]
    theirs, own = (one["calling_off"] for one in seen)
    if (theirs["fee_cents"], theirs["points"], theirs["rule"]) != (0, 1, "short"):
        raise company.watch.failed(f"it would cost {provider.name} {theirs}")
    if own["points"]:
        raise company.watch.failed(f"it would cost {resident.name} {own}")
    return theirs, own


def _asked_anew(company: acting.Company, scene: Scene, backup: Actor, job_id: str) -> list[Json]:
    """Who is asked in the next round: the backup before everybody else."""

    def look() -> tuple[list[Json] | None, str]:
        document = scene.operator.caller.get(f"/jobs/{job_id}/candidates")
        asked: list[Json] = document["ranking"]["asked"]
        sent = [one["provider_id"] for one in asked if one["state"] != "pending"]
        seen = f"{len(sent)} of {len(asked)} are asked in the new round"
        return (asked if sent[:1] == [backup.id] else None), seen

    return company.watch.until(look)


def _stands(company: acting.Company, resident: Actor, provider: Actor, job_id: str) -> Json:
    for who in (provider, resident):
        who.caller.post(f"/jobs/{job_id}/confirm-visit")
    job = company.in_state(resident.caller.get(f"/jobs/{job_id}"), "assigned")
    visit = job["visit"]
    said = visit["provider_confirmed_at"] and visit["resident_confirmed_at"]
    if not said or not visit["confirmed"] or job["provider"]["id"] != provider.id:
        raise company.watch.failed(f"the visit reads {visit}")
    return job
