"""The walk: from a posted job to two reviews, step by step.

Hides: whose turn it is, whom to sign in as, and how long one waits for another. Each
step leaves what it saw for the telling; one that does not happen ends the play.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from rich.console import Console

from jobbing_api import seeding
from jobbing_api.geography import LonLat
from jobbing_api.play import client, stage, telling
from jobbing_api.play.actors import Accepting, Actor
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Phones, Push

#: The whole play takes no longer, or has failed.
WITHIN_S = 60.0

#: How long the phones of a wave are waited for once two of them have rung.
_WHOLE_WAVE_S = 6.0

_API = "/api/v1"
_CATEGORY = seeding.PLAYED_CATEGORY
_MINUTES = 90

#: The job lies so far from the middle of the town, in degrees of latitude: half a
#: kilometre.
_ASIDE_DEG = 0.0045


def play(
    *,
    base_url: str,
    push_url: str,
    push_ca: Path | None,
    market: str | None,
    place: str | None = None,
    language: str,
    now: datetime,
    console: Console,
    within_s: float = WITHIN_S,
) -> None:
    """Play the main job in ``market`` (a slug), in the market that holds ``place``, or in
    the first there is, and tell it on ``console``, in ``language`` (fr or en).

    Returns once the job is completed and both reviews are shown. Raises Failed naming
    the step that did not happen and what was seen.
    """
    watch = client.Watch(within_s)
    words = telling.Words(language)
    walk = _Walk(watch, words, telling.Teller(console, words), base_url=base_url, now=now)
    phones = Phones(watch, push_url, authority=push_ca, since=now - timedelta(seconds=1))
    try:
        walk.run(phones, market=market, place=place)
    except (LookupError, TypeError, ValueError) as error:
        # The server speaks another dialect than this play: that too is a step that failed.
        raise watch.failed(f"an answer nobody expected: {error!r}") from error
    finally:
        phones.close()
        walk.close()


#: How often the job is posted until two of the seed's people are asked about it.
_CASTINGS = 8


class _Walk:
    """One performance."""

    def __init__(
        self,
        watch: client.Watch,
        words: telling.Words,
        teller: telling.Teller,
        *,
        base_url: str,
        now: datetime,
    ) -> None:
        self._watch = watch
        self._say = words.say
        self._teller = teller
        self._url = base_url.rstrip("/")
        self._language = words.language
        self._now = now
        self._callers: list[client.Caller] = []

    def close(self) -> None:
        for caller in self._callers:
            caller.close()

    def run(self, phones: Phones, *, market: str | None, place: str | None) -> None:
        stranger = self._caller()
        self._step("market")
        where = stage.market(stranger, self._watch, slug=market, place=place)
        zone = ZoneInfo(where["time_zone"])
        middle = stage.middle(stranger, where)
        self._teller.title(where["name"], self._url)

        self._step("resident")
        resident = self._resident()
        email = seeding.operator_email(where["slug"])
        self._step("operator", email=email)
        operator = self._sign_in(email)
        self._step("job")
        category = stage.category_name(stranger, self._watch, _CATEGORY)
        job, ranking = self._cast(resident, operator, where, middle)
        self._teller.job(job, category, where, resident.name, middle)
        self._teller.candidates(ranking)

        self._step("phones")
        offers = [one["offer_id"] for one in ranking["asked"] if one["state"] != "pending"]
        pushes = self._rung(phones, offers)
        posted_at = datetime.fromisoformat(job["created_at"])
        self._teller.phones(pushes, posted_at)

        self._step("providers")
        pair = self._pair(ranking, where["slug"], job["id"])
        self._step("race")
        winner, loser = self._race(pair)
        self._teller.race(winner, loser)
        self._step("replaced")
        before, after = self._replaced(phones, loser, pushes)
        self._teller.replaced(winner, loser, before, after, since=posted_at)

        self._step("visit")
        taken = self._visit(resident, winner.actor, job["id"])
        self._teller.visit(taken, winner.actor.name, zone)
        self._step("reviews")
        reviews = self._reviews(resident, winner.actor, job["id"])
        self._step("timeline")
        told = self._completed(resident, job["id"])
        self._teller.timeline(told["timeline"], zone)
        self._step("resident-phone")
        heard = self._heard(phones, resident, job["id"])
        self._teller.resident_phone(resident.name, heard)
        self._teller.reviews(reviews, winner.actor.name, resident.name)
        self._teller.done(self._watch.passed_s)

    def _step(self, name: str, **values: str) -> None:
        self._watch.step = self._say(f"step-{name}", **values)

    def _caller(self) -> client.Caller:
        caller = client.Caller(self._watch, f"{self._url}{_API}", language=self._language)
        self._callers.append(caller)
        return caller

    # The people.

    def _resident(self) -> Actor:
        token = uuid4().hex[:12]
        email, password = f"play-{token}@example.org", uuid4().hex
        self._caller().post(
            "/accounts",
            {
                "email": email,
                "password": password,
                "display_name": "Camille R.",
                "role": "resident",
                "language": self._language,
            },
        )
        resident = self._sign_in(email, password)
        phone = f"play-{token}"
        resident.caller.ask(
            "PUT",
            f"/me/devices/{phone}",
            {
                "address": {"kind": "fid", "value": phone},
                "platform": "web",
                "app_version": "1.0.0",
            },
        )
        return resident

    def _sign_in(self, email: str, password: str = seeding.PASSWORD) -> Actor:
        caller = self._caller()
        session = caller.post("/sessions", {"email": email, "password": password})
        caller.signed(session["access_token"])
        account = session["account"]
        return Actor(caller=caller, name=account["display_name"], id=account["id"])

    # The acts.

    def _post(self, resident: Actor, market: Json, middle: LonLat) -> Json:
        from_, to = stage.window(self._now, ZoneInfo(market["time_zone"]))
        lon, lat = middle
        return resident.caller.post(
            "/jobs",
            {
                "category": _CATEGORY,
                "title": self._say("job-title"),
                "brief": {"text": self._say("job-brief")},
                "location": {"type": "Point", "coordinates": [lon, round(lat + _ASIDE_DEG, 6)]},
                "address": self._say("job-address", market=market["name"]),
                "access_notes": self._say("job-access"),
                "window": {"from": from_.isoformat(), "to": to.isoformat()},
                "duration_minutes": _MINUTES,
                "budget": {
                    "kind": "fixed",
                    "amount_cents": seeding.usual_cents(_CATEGORY, market["currency"]),
                    "currency": market["currency"],
                },
                "mode": "instant",
                "urgency": seeding.PLAYED_URGENCY,
            },
        )

    def _cast(
        self, resident: Actor, operator: Actor, where: Json, middle: LonLat
    ) -> tuple[Json, Json]:
        """The job, and a wave in which at least two are people of the seed.

        Real people may live near the middle too, and nobody plays for them: the resident
        blocks those the ranking shows, as anybody may, and posts anew.
        """
        for _ in range(_CASTINGS):
            self._step("job")
            job = self._post(resident, where, middle)
            self._step("wave")
            ranking = self._asked(operator, resident, job)
            strangers = {
                one["provider_id"]
                for one in (*ranking["asked"], *ranking["candidates"])
                if seeding.email_of(UUID(one["provider_id"]), where["slug"]) is None
            }
            if sum(one["provider_id"] not in strangers for one in ranking["asked"]) >= 2:
                return job, ranking
            resident.caller.post(f"/jobs/{job['id']}/cancel", {"reason": ""})
            for provider_id in strangers:
                resident.caller.ask("PUT", f"/me/blocks/{provider_id}")
        raise self._watch.failed("too few of those asked are people of the seed")

    def _asked(self, operator: Actor, resident: Actor, job: Json) -> Json:
        """The ranking once a wave is out: all of it, or two at least after some seconds."""
        began_at = time.monotonic()

        def look() -> tuple[Json | None, str]:
            document = operator.caller.get(f"/jobs/{job['id']}/candidates")
            ranking: Json = document["ranking"]
            sent = [one for one in ranking["asked"] if one["state"] != "pending"]
            patient = time.monotonic() - began_at < _WHOLE_WAVE_S
            if len(sent) >= 2 and not (patient and len(sent) < len(ranking["asked"])):
                return ranking, ""
            present = resident.caller.get(f"/jobs/{job['id']}")
            if present["state"] != "open":
                raise self._watch.failed(
                    f"the job is {present['state']}: {present['unfilled_because'] or ''}"
                )
            return None, (
                f"{len(ranking['asked'])} of {ranking['in_reach']} judged are chosen"
                f" and {len(sent)} asked"
            )

        return self._watch.until(look)

    def _rung(self, phones: Phones, offers: Sequence[str]) -> list[Push]:
        def look() -> tuple[list[Push] | None, str]:
            pushes = phones.received(*offers)
            rung = {push.about for push in pushes}
            seen = f"{len(rung)} of {len(offers)} phones have rung"
            return (pushes if len(rung) == len(offers) else None), seen

        return self._watch.until(look)

    def _pair(self, ranking: Json, slug: str, job_id: str) -> list[tuple[Actor, Json]]:
        """The two best asked, signed in, each with the offer in hand."""
        pair: list[tuple[Actor, Json]] = []
        for one in ranking["asked"]:
            email = seeding.email_of(UUID(one["provider_id"]), slug)
            if one["state"] == "pending" or email is None or len(pair) == 2:
                continue
            provider = self._sign_in(email)
            mine = provider.caller.get("/offers?state=sent,seen")["items"]
            offer = next((offer for offer in mine if offer["job_id"] == job_id), None)
            if offer is None:
                raise self._watch.failed(f"{email} sees no offer of the job")
            pair.append((provider, provider.caller.post(f"/offers/{offer['id']}/seen")))
        if len(pair) < 2:
            raise self._watch.failed("fewer than two of those asked are people of the seed")
        return pair

    def _race(self, pair: Sequence[tuple[Actor, Json]]) -> tuple[Accepting, Accepting]:
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
            raise self._watch.failed(" and ".join(client.told(one.answer)[:200] for one in made))
        return won[0], lost[0]

    def _replaced(
        self, phones: Phones, loser: Accepting, pushes: Sequence[Push]
    ) -> tuple[Push, Push]:
        offer_id = loser.offer["id"]
        before = next(push for push in pushes if push.about == offer_id)

        def look() -> tuple[Push | None, str]:
            later = [push for push in phones.received(offer_id) if push.kind != before.kind]
            shown = [push for push in later if push.tag == before.tag and push.title]
            seen = f"{len(later)} later messages came, {len(shown)} of them in its place"
            return (shown[-1] if shown else None), seen

        return before, self._watch.until(look)

    def _visit(self, resident: Actor, winner: Actor, job_id: str) -> Json:
        taken = winner.caller.get(f"/jobs/{job_id}")
        self._in_state(taken, "assigned")
        if not taken["address"]:
            raise self._watch.failed("whoever comes is not told the address")
        digits = resident.caller.get(f"/jobs/{job_id}")["visit"]["start_code"]
        for who, path, said, state in (
            (winner, "on-my-way", {"minutes": 20}, "assigned"),
            (winner, "start", {"code": digits}, "in_progress"),
            (winner, "finish", None, "finished"),
            (resident, "confirm", None, "completed"),
        ):
            self._in_state(who.caller.post(f"/jobs/{job_id}/{path}", said), state)
        return taken

    def _in_state(self, job: Json, state: str) -> None:
        if job["state"] != state:
            raise self._watch.failed(f"the job is {job['state']}, not {state}")

    def _reviews(self, resident: Actor, winner: Actor, job_id: str) -> list[Json]:
        path = f"/jobs/{job_id}/reviews"
        resident.caller.post(path, {"stars": 5, "text": self._say("review-of-provider")})
        early = winner.caller.get(path)["items"]
        if early:
            raise self._watch.failed("a review is shown before both are written")
        winner.caller.post(path, {"stars": 5, "text": self._say("review-of-resident")})
        reviews: list[Json] = winner.caller.get(path)["items"]
        if len(reviews) != 2:
            raise self._watch.failed(f"{len(reviews)} reviews are shown, not 2")
        return reviews

    def _completed(self, resident: Actor, job_id: str) -> Json:
        job = resident.caller.get(f"/jobs/{job_id}")
        self._in_state(job, "completed")
        states = [event["state"] for event in job["timeline"] if event["state"]]
        wanted = ["open", "assigned", "in_progress", "finished", "completed"]
        if states != wanted:
            raise self._watch.failed(f"the job went through {', '.join(states)}")
        return job

    def _heard(self, phones: Phones, resident: Actor, job_id: str) -> list[Push]:
        wanted = {"job-assigned", "reviews-visible"}

        def look() -> tuple[list[Push] | None, str]:
            pushes = [push for push in phones.received(job_id) if push.phone.startswith("play-")]
            missing = wanted - {push.kind for push in pushes}
            return (None if missing else pushes), f"it never heard of {', '.join(missing)}"

        return self._watch.until(look)
