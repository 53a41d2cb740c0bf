"""The main job as people live it: two phones, one town, no knowledge of the code."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, text

from infra.local import servers
from tests.e2e.stack import ROOT, Person, Stack, at_once, eventually

pytestmark = pytest.mark.e2e

#: Languages nobody else in these tests speaks: each test has its people to itself.
_languages: Iterator[str] = iter(["eu", "br", "co", "oc", "gl", "cy", "gd", "fo", "is", "mt"])


def _providers(stack: Stack, number: int) -> tuple[str, list[Person]]:
    language = next(_languages)
    people = [stack.person("provider") for _ in range(number)]
    for index, person in enumerate(people):
        person.works(languages=[language], lon=4.84 + index * 0.002)
    return language, people


def test_two_accept_at_once_and_one_comes(stack: Stack) -> None:
    language, providers = _providers(stack, 3)
    resident = stack.person("resident")
    job = resident.posts(languages=[language])
    offers = [eventually(lambda who=who: who.offer_for(job["id"])) for who in providers]
    pushes = [eventually(lambda who=who: stack.messages(who.address)) for who in providers]

    for offer, push in zip(offers, pushes, strict=True):
        said = str(push[0])
        assert offer["id"] in said
        assert "République" not in said
        assert "4321" not in said
        assert "Gouttière bouchée" not in said
        assert offer["distance_m"] % 100 == 0
        assert offer["approximate_place"]["coordinates"] != [4.84, 45.76]

    first, second = at_once(
        [
            lambda: providers[0].post(f"/offers/{offers[0]['id']}/accept"),
            lambda: providers[1].post(f"/offers/{offers[1]['id']}/accept"),
        ]
    )
    assert sorted([first.status_code, second.status_code]) == [200, 409]
    lost = first if first.status_code == 409 else second
    assert lost.headers["Content-Type"] == "application/problem+json"
    assert lost.json()["type"].endswith("already-taken")
    winner = providers[0] if first.status_code == 200 else providers[1]
    seen = resident.get(f"/jobs/{job['id']}")
    assert seen["state"] == "assigned"
    assert seen["provider"]["id"] == winner.id
    again = winner.post(f"/offers/{winner.offer_for(job['id'])['id']}/accept")  # type: ignore[index]
    assert again.status_code == 200
    for who in providers:
        if who is not winner:
            # The pop-up is replaced: same collapse key, another kind.
            eventually(
                lambda who=who: any(
                    "offer-withdrawn" in str(message) for message in stack.messages(who.address)
                )
            )


def test_from_posted_to_completed_with_both_reviews(stack: Stack) -> None:
    language, (provider,) = _providers(stack, 1)
    resident = stack.person("resident")
    job = resident.posts(languages=[language])
    path = f"/jobs/{job['id']}"
    offer = eventually(lambda: provider.offer_for(job["id"]))
    assert provider.post(f"/offers/{offer['id']}/seen").status_code == 200
    assert provider.post(f"/offers/{offer['id']}/accept").status_code == 200
    assert provider.get(path)["address"] == "12 rue de la République, Lyon"
    digits = resident.get(path)["visit"]["start_code"]
    for who, step in (
        (provider, "start"),
        (provider, "finish"),
        (resident, "redo"),
        (provider, "finish"),
        (resident, "confirm"),
    ):
        said = {"redo": {"reason": "encore une fuite"}, "start": {"code": digits}}
        answer = who.post(f"{path}/{step}", said.get(step, {}))
        assert answer.status_code == 200, (step, answer.text)
    assert resident.get(path)["state"] == "completed"
    assert resident.post(f"{path}/reviews", {"stars": 5, "text": "Parfait"}).status_code == 201
    assert (
        stack.client.get(f"/providers/{provider.id}/reviews", headers=resident._headers()).json()[
            "items"
        ]
        == []
    )
    assert provider.post(f"{path}/reviews", {"stars": 4, "text": "Merci"}).status_code == 201
    shown = resident.get(f"/providers/{provider.id}/reviews")["items"]
    assert [(one["stars"], one["text"]) for one in shown] == [(5, "Parfait")]
    events = [entry["event"] for entry in resident.get(path)["timeline"]]
    for event in (
        "job-post",
        "wave-open",
        "job-assign",
        "job-start",
        "job-finish",
        "job-redo",
        "job-confirm",
        "review",
        "reviews-visible",
    ):
        assert event in events


def test_a_provider_who_drops_out_is_replaced(stack: Stack, tables: Engine) -> None:
    language, (first, second) = _providers(stack, 2)
    resident = stack.person("resident")
    job = resident.posts(languages=[language])
    path = f"/jobs/{job['id']}"
    offer = eventually(lambda: first.offer_for(job["id"]))
    eventually(lambda: second.offer_for(job["id"]))
    assert first.post(f"/offers/{offer['id']}/accept").status_code == 200
    assert first.post(f"{path}/cancel", {"reason": "malade"}).status_code == 200

    anew = eventually(
        lambda: next(
            (
                one
                for one in second.get("/offers?state=sent")["items"]
                if one["job_id"] == job["id"]
            ),
            None,
        )
    )
    assert second.post(f"/offers/{anew['id']}/accept").status_code == 200
    assert resident.get(path)["provider"]["id"] == second.id
    with tables.connect() as connection:
        booked = connection.execute(
            text(
                "SELECT provider_id::text, released_because FROM bookings WHERE job_id = :job"
                " ORDER BY created_at"
            ),
            {"job": job["id"]},
        ).all()
        rounds = connection.execute(
            text("SELECT round, provider_id::text FROM offers WHERE job_id = :job AND round = 2"),
            {"job": job["id"]},
        ).all()
    assert [tuple(row) for row in booked] == [
        (first.id, "provider-cancelled"),
        (second.id, None),
    ]
    assert [tuple(row) for row in rounds] == [(2, second.id)]


def _jobbing(stack: Stack, *said: str) -> subprocess.CompletedProcess[str]:
    """A command of Jobbing's own, beside the running system."""
    return subprocess.run(
        [*stack.flask, *said],
        cwd=ROOT,
        env=stack.environment | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


#: The latest job of a kind: its state, and what only the database knows of its end.
_END = text(
    """
    SELECT j.state, j.round, j.mode, j.starts_at - j.created_at AS ahead,
           (SELECT count(*) FROM reviews r WHERE r.job_id = j.id AND r.visible_at <= now())
             AS reviews,
           (SELECT array_agg(p.receipt_number) FROM payments p WHERE p.job_id = j.id) AS receipts,
           (SELECT array_agg(v.points ORDER BY v.agreed_at) FROM visits v WHERE v.job_id = j.id)
             AS points,
           (SELECT count(*) FROM visits v WHERE v.job_id = j.id
              AND v.provider_confirmed_at IS NOT NULL AND v.resident_confirmed_at IS NOT NULL)
             AS confirmed,
           (SELECT count(*) FROM offers o WHERE o.job_id = j.id AND o.quote IS NOT NULL) AS quotes,
           (SELECT s.frequency FROM series s WHERE s.job_id = j.id) AS again
    FROM jobs j JOIN categories c ON c.id = j.category_id
    JOIN markets m ON m.id = j.market_id
    WHERE c.slug = :category AND m.slug = 'nantes'
    ORDER BY j.created_at DESC LIMIT 1
    """
)


@pytest.mark.timeout(900)
def test_three_stories_come_to_their_ends_and_once_more(stack: Stack, tables: Engine) -> None:
    drawn = _jobbing(stack, "seed", "--place", "Nantes", "--providers", "24")
    assert drawn.returncode == 0, drawn.stderr

    def end(category: str) -> Any:
        with tables.connect() as connection:
            return connection.execute(_END, {"category": category}).one()

    # Few live there, and what was played before is in their calendars.
    for language, done in (("en", "All of this happened"), ("fr", "Tout s’est passé")):
        played = _jobbing(stack, "play", "--market", "nantes", "--language", language)
        assert played.returncode == 0, played.stdout + played.stderr
        assert played.stdout.count(done) == 3
        assert max(map(len, played.stdout.splitlines())) <= 80
        assert "Traceback" not in played.stderr

        gutter = end("gutter-cleaning")
        assert (gutter.state, gutter.mode, gutter.reviews) == ("completed", "instant", 2)
        hedge = end("hedge-trimming")
        assert (hedge.state, hedge.mode, hedge.reviews) == ("completed", "choose", 2)
        assert (hedge.quotes, len(hedge.receipts), hedge.again) == (3, 1, "monthly")
        wardrobe = end("furniture-assembly")
        assert (wardrobe.state, wardrobe.round, wardrobe.points) == ("assigned", 2, [1, 0])
        assert wardrobe.confirmed == 1
        assert timedelta(hours=19) < wardrobe.ahead < timedelta(hours=21)


def test_a_story_that_cannot_be_played_says_where_it_stopped(stack: Stack) -> None:
    played = _jobbing(stack, "play", "--story", "backup", "--market", "atlantis")
    assert played.returncode == 1
    assert "The play stopped at: find the market" in played.stdout
    assert "no market is called atlantis" in played.stdout
    wrong = _jobbing(stack, "play", "--story", "opera")
    assert wrong.returncode == 2
    assert "opera" in wrong.stderr


def test_nobody_in_reach_is_said_at_once(stack: Stack) -> None:
    resident = stack.person("resident")
    job = resident.posts(languages=["kl"])
    told = eventually(
        lambda: (found := resident.get(f"/jobs/{job['id']}"))["state"] == "unfilled" and found
    )
    assert told["unfilled_because"] == "nobody-in-reach"
    eventually(lambda: "job-unfilled" in str(stack.messages(resident.address)))


def test_killing_the_worker_delays_and_loses_nothing(stack: Stack) -> None:
    language, providers = _providers(stack, 3)
    resident = stack.person("resident")
    stack.kill("worker")
    job = resident.posts(languages=[language])
    time.sleep(1)
    assert all(who.offer_for(job["id"]) is None for who in providers)
    began = time.monotonic()
    stack.start("worker")
    for who in providers:
        eventually(lambda who=who: stack.messages(who.address))
    assert time.monotonic() - began < 20


def test_a_worker_killed_while_it_pushes_loses_nothing(stack: Stack) -> None:
    language, providers = _providers(stack, 3)
    resident = stack.person("resident")
    with stack.push_client() as phones:
        # Google is slow to answer, so that the kill falls between lease and outcome.
        phones.put("/faults", json={"slow": {"share": 1, "seconds": 3}}).raise_for_status()
        job = resident.posts(languages=[language])
        for who in providers:
            eventually(lambda who=who: who.offer_for(job["id"]))
        time.sleep(0.5)
        stack.kill("worker")
        phones.delete("/faults").raise_for_status()
    stack.start("worker")
    for who in providers:
        eventually(lambda who=who: stack.messages(who.address), within_s=30)


def test_emptying_redis_loses_nothing(stack: Stack, own_redis: servers.Redis) -> None:
    language, providers = _providers(stack, 2)
    resident = stack.person("resident")
    stack.kill("worker")
    job = resident.posts(languages=[language])
    client = redis.Redis.from_url(own_redis.url)
    client.flushall()
    client.close()
    stack.start("worker")
    for who in providers:
        eventually(lambda who=who: stack.messages(who.address), within_s=30)
    assert job["state"] == "open"


def test_a_post_succeeds_while_redis_is_down(stack: Stack, own_redis: servers.Redis) -> None:
    language, providers = _providers(stack, 2)
    resident = stack.person("resident")
    own_redis.stop()
    try:
        job = resident.posts(languages=[language])
        ready = stack.client.get(f"{stack.url}/readyz")
        assert (ready.status_code, "degraded" in ready.text) == (200, True)
    finally:
        own_redis.start()
    for who in providers:
        eventually(lambda who=who: stack.messages(who.address), within_s=40)
    assert all(who.offer_for(job["id"]) for who in providers)


@pytest.mark.timeout(600)
def test_two_hundred_jobs_with_twenty_racing_accepts_each(stack: Stack, tables: Engine) -> None:
    """Each job has exactly one winner, and nobody is booked twice at once."""
    language, providers = _providers(stack, 20)
    residents = [stack.person("resident") for _ in range(4)]
    jobs = 200

    # Twenty people may hold four live offers each by the default rules; this race needs
    # all of them asked about every job, which a policy row allows.
    with tables.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO policies SELECT gen_random_uuid(), market_id, category_id, urgency,"
                " version + 1, now(), rules || jsonb_build_object("
                "'live_offers_at_most', 1000, 'pushes_a_day', 1000, 'wave_size', 20,"
                "'stagger_s', 0), 'race', now() FROM policies"
                " WHERE urgency = 'scheduled' AND category_id IS NULL AND version = 2"
            )
        )
    posted: list[dict[str, Any]] = []
    with ThreadPoolExecutor(8) as pool:
        posted = list(
            pool.map(
                lambda n: residents[n % 4].posts(languages=[language], days_ahead=2 + n % 10),
                range(jobs),
            )
        )
    ids = {job["id"] for job in posted}

    def asked() -> bool:
        with tables.connect() as connection:
            number = connection.scalar(
                text("SELECT count(*) FROM offers WHERE state = 'sent' AND job_id = ANY(:ids)"),
                {"ids": list(ids)},
            )
        return number == jobs * len(providers)

    eventually(asked, within_s=90, every_s=0.5)
    with tables.connect() as connection:
        offers: dict[tuple[str, str], str] = {
            (row.job_id, row.provider_id): row.id
            for row in connection.execute(
                text(
                    "SELECT job_id::text, provider_id::text, id::text FROM offers"
                    " WHERE job_id = ANY(:ids)"
                ),
                {"ids": list(ids)},
            )
        }
    for job in posted:
        answers = at_once(
            [
                lambda who=who, job=job: who.post(f"/offers/{offers[job['id'], who.id]}/accept")
                for who in providers
            ]
        )
        codes = [answer.status_code for answer in answers]
        slugs = {a.json()["type"].rsplit("/", 1)[-1] for a in answers if a.status_code != 200}
        assert sorted(codes) == [200] + [409] * 19, codes
        # Whoever won several hours of that day already may have none left.
        assert slugs <= {"already-taken", "calendar-conflict"}
    with tables.connect() as connection:
        winners = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE o.state = 'accepted'), j.state FROM jobs j"
                " JOIN offers o ON o.job_id = j.id WHERE j.id = ANY(:ids) GROUP BY j.id, j.state"
            ),
            {"ids": list(ids)},
        ).all()
        overlaps = connection.scalar(
            text(
                "SELECT count(*) FROM bookings a JOIN bookings b"
                " ON a.provider_id = b.provider_id AND a.id < b.id AND a.during && b.during"
                " WHERE a.released_at IS NULL AND b.released_at IS NULL"
            )
        )
    assert overlaps == 0
    assert [tuple(row) for row in winners] == [(1, "assigned")] * jobs
