"""What all stories have in common: people sign up and in, post, wait, and step on.

Hides: whom to sign in as, that real people may live where it is played, and how long one
waits for another.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from jobbing_api import seeding
from jobbing_api.play import client, stage
from jobbing_api.play.actors import Actor, Scene
from jobbing_api.play.client import Json
from jobbing_api.play.phones import Phones, Push
from jobbing_api.play.telling import page

_API = "/api/v1"

#: How long a whole wave is waited for once enough of it are asked.
_WHOLE_WAVE_S = 6.0

#: How often a job is posted until enough of the seed's people are asked about it.
_CASTINGS = 8

#: A job lies so far from the middle of the town, in degrees of latitude: half a kilometre.
_ASIDE_DEG = 0.0045


class Company:
    """Whoever acts in one story. What it says is worded as that story words it."""

    def __init__(
        self,
        watch: client.Watch,
        words: page.Words,
        phones: Phones,
        *,
        base_url: str,
        now: datetime,
    ) -> None:
        self.watch = watch
        self.words = words
        self.phones = phones
        self.now = now
        self.url = base_url.rstrip("/")
        self._callers: list[client.Caller] = []

    def close(self) -> None:
        """Everybody hangs up."""
        self.phones.close()
        for caller in self._callers:
            caller.close()

    def say(self, key: str, **values: object) -> str:
        """A line of the story."""
        return self.words.say(key, **values)

    def step(self, name: str, **values: str) -> None:
        """What is to happen next: it is named where it does not."""
        self.watch.step = self.say(f"step-{name}", **values)

    # The place and the people.

    def scene(self, *, market: str | None, place: str | None, category: str) -> Scene:
        """Where it is played; ``market``, ``place`` as ``stage.market`` has them."""
        stranger = self._caller()
        self.step("market")
        where = stage.market(stranger, self.watch, slug=market, place=place)
        middle = stage.middle(stranger, where)
        kind = stage.category(stranger, self.watch, category)
        email = seeding.operator_email(where["slug"])
        self.step("operator", email=email)
        operator = self._sign_in(email)
        return Scene(market=where, middle=middle, category=kind, operator=operator)

    def resident(self, name: str) -> Actor:
        """Somebody who has just joined, with a phone."""
        self.step("resident")
        token = uuid4().hex[:12]
        email, password = f"play-{token}@example.org", uuid4().hex
        self._caller().post(
            "/accounts",
            {
                "email": email,
                "password": password,
                "display_name": name,
                "role": "resident",
                "language": self.words.language,
            },
        )
        resident = self._sign_in(email, password)
        resident.phone = f"play-{token}"
        resident.caller.ask(
            "PUT",
            f"/me/devices/{resident.phone}",
            {
                "address": {"kind": "fid", "value": resident.phone},
                "platform": "web",
                "app_version": "1.0.0",
            },
        )
        return resident

    def provider(self, provider_id: str, scene: Scene) -> Actor | None:
        """A provider of the seed, signed in; None for anybody else."""
        email = seeding.email_of(UUID(provider_id), scene.slug)
        return None if email is None else self._sign_in(email)

    def _caller(self) -> client.Caller:
        caller = client.Caller(self.watch, f"{self.url}{_API}", language=self.words.language)
        self._callers.append(caller)
        return caller

    def _sign_in(self, email: str, password: str = seeding.PASSWORD) -> Actor:
        caller = self._caller()
        session = caller.post("/sessions", {"email": email, "password": password})
        caller.signed(session["access_token"])
        account = session["account"]
        return Actor(caller=caller, name=account["display_name"], id=account["id"])

    # Posted and asked.

    def job(self, scene: Scene, window: tuple[datetime, datetime], **terms: Any) -> Json:
        """What a resident says who posts a job half a kilometre from the middle of town."""
        lon, lat = scene.middle
        from_, to = window
        return {
            "category": scene.category["slug"],
            "title": self.say("job-title"),
            "brief": {"text": self.say("job-brief")},
            "location": {"type": "Point", "coordinates": [lon, round(lat + _ASIDE_DEG, 6)]},
            "address": self.say("job-address", market=scene.name),
            "access_notes": self.say("job-access"),
            "window": {"from": from_.isoformat(), "to": to.isoformat()},
            "urgency": seeding.PLAYED_URGENCY,
            **terms,
        }

    def cast(self, resident: Actor, scene: Scene, body: Json, *, least: int) -> tuple[Json, Json]:
        """The job, and a wave in which at least so many are people of the seed.

        Real people may live near the middle too, and nobody plays for them: the resident
        blocks those the ranking shows, as anybody may, and posts anew.
        """
        for _ in range(_CASTINGS):
            self.step("job")
            job = resident.caller.post("/jobs", body)
            self.step("wave")
            ranking = self.asked(resident, scene, job["id"], least=least)
            strangers = {
                one["provider_id"]
                for one in (*ranking["asked"], *ranking["candidates"])
                if seeding.email_of(UUID(one["provider_id"]), scene.slug) is None
            }
            played = [
                one
                for one in ranking["asked"]
                if one["state"] != "pending" and one["provider_id"] not in strangers
            ]
            if len(played) >= least:
                return job, ranking
            resident.caller.post(f"/jobs/{job['id']}/cancel", {"reason": ""})
            for provider_id in strangers:
                resident.caller.ask("PUT", f"/me/blocks/{provider_id}")
        raise self.watch.failed("too few of those asked are people of the seed")

    def asked(
        self,
        resident: Actor,
        scene: Scene,
        job_id: str,
        *,
        least: int,
        patience_s: float = _WHOLE_WAVE_S,
    ) -> Json:
        """The ranking once a wave is out: all of it, or ``least`` of it after some seconds."""
        began_at = time.monotonic()

        def look() -> tuple[Json | None, str]:
            document = scene.operator.caller.get(f"/jobs/{job_id}/candidates")
            ranking: Json = document["ranking"]
            sent = [one for one in ranking["asked"] if one["state"] != "pending"]
            patient = time.monotonic() - began_at < patience_s
            if len(sent) >= least and not (patient and len(sent) < len(ranking["asked"])):
                return ranking, ""
            present = resident.caller.get(f"/jobs/{job_id}")
            if present["state"] != "open":
                raise self.watch.failed(
                    f"the job is {present['state']}: {present['unfilled_because'] or ''}"
                )
            return None, (
                f"{len(ranking['asked'])} of {ranking['in_reach']} judged are chosen"
                f" and {len(sent)} asked"
            )

        return self.watch.until(look)

    def offer(self, provider: Actor, job_id: str) -> Json:
        """The offer of the job that waits for the provider, looked at."""
        mine = provider.caller.get("/offers?state=sent,seen")["items"]
        offer = next((offer for offer in mine if offer["job_id"] == job_id), None)
        if offer is None:
            raise self.watch.failed(f"{provider.name} sees no offer of the job")
        return provider.caller.post(f"/offers/{offer['id']}/seen")

    # Seen.

    def in_state(self, job: Json, state: str) -> Json:
        """The job, which must be in that state."""
        if job["state"] != state:
            raise self.watch.failed(f"the job is {job['state']}, not {state}")
        return job

    def through(self, job: Json, states: Iterable[str]) -> None:
        """The job must have gone through exactly these states."""
        seen = [event["state"] for event in job["timeline"] if event["state"]]
        if seen != list(states):
            raise self.watch.failed(f"the job went through {', '.join(seen)}")

    def heard(self, resident: Actor, job_id: str, wanted: Collection[str]) -> list[Push]:
        """What the resident's phone showed of the job, once these kinds were among it."""

        def look() -> tuple[list[Push] | None, str]:
            found = [push for push in self.phones.received(job_id) if push.phone == resident.phone]
            missing = set(wanted) - {push.kind for push in found}
            return (None if missing else found), f"it never heard of {', '.join(missing)}"

        return self.watch.until(look)

    def rung(self, about: Sequence[str], kind: str | None = None) -> list[Push]:
        """What phones showed, once they rang about each of these: with that kind of line,
        if it must be one."""

        def look() -> tuple[list[Push] | None, str]:
            pushes = [push for push in self.phones.received(*about) if kind in (None, push.kind)]
            rung = {push.about for push in pushes}
            seen = f"{len(rung)} of {len(about)} phones have rung"
            return (pushes if len(rung) == len(about) else None), seen

        return self.watch.until(look)

    def reviews(self, resident: Actor, provider: Actor, job_id: str) -> list[Json]:
        """Both write one; neither is shown before both are written."""
        path = f"/jobs/{job_id}/reviews"
        resident.caller.post(path, {"stars": 5, "text": self.say("review-of-provider")})
        if provider.caller.get(path)["items"]:
            raise self.watch.failed("a review is shown before both are written")
        provider.caller.post(path, {"stars": 5, "text": self.say("review-of-resident")})
        reviews: list[Json] = provider.caller.get(path)["items"]
        if len(reviews) != 2:
            raise self.watch.failed(f"{len(reviews)} reviews are shown, not 2")
        return reviews


def instant(text: str) -> datetime:
    """An instant as an answer has it."""
    return datetime.fromisoformat(text)
