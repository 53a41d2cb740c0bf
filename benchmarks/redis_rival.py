"""The usual third way: positions in Redis, the rest sorted in Python.

Hides: what is kept in Redis, how it gets there, and the sorter. One geo key a category
for the whole country, and one of those on duty at the place they are; attributes as a
hash a provider. It has no calendar, so everybody counts as free, and knows circles only,
so an area is the circle around it.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import redis
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import places, rivals
from benchmarks.workload import Ask
from jobbing_api import geography, markets
from jobbing_api.matching import scoring

#: Rows that are read and sent at a time.
_CHUNK = 2_000

#: One row for each provider and category, those of a provider side by side. Figures are
#: as of the instant at which the index was made, which is the one all requests have.
_ROWS = text(
    """
    SELECT i.provider_id::text AS id, i.category_id AS category, i.market_id::text AS market,
           ST_X(i.base::geometry) AS lon, ST_Y(i.base::geometry) AS lat,
           coalesce(i.reach_m,
                    ST_MaxDistance(i.base::geometry, i.reach_area::geometry) * 111195) AS reach_m,
           i.online, i.price_kind, coalesce(i.amount_cents, 0) AS amount_cents,
           i.minimum_visit_cents, i.languages, i.tools,
           i.rating_sum, i.rating_weight, i.visits_kept, i.visits_let_down,
           i.offers_answered, i.offers_unanswered,
           ST_X(pr.position::geometry) AS at_lon, ST_Y(pr.position::geometry) AS at_lat
    FROM search_index i
    LEFT JOIN presences pr ON pr.provider_id = i.provider_id AND i.online
                          AND pr.position_at >= :fresh_since
    ORDER BY i.provider_id
    """
)

#: Who may not be asked again at the moment, by urgency: as ranking counts it.
_ASKED = text(
    """
    SELECT e.provider_id::text AS id, e.urgency,
           count(*) FILTER (WHERE NOT EXISTS (
               SELECT FROM record_entries c
               WHERE c.subject_id = e.subject_id AND c.provider_id = e.provider_id
                 AND c.kind IN ('answered', 'unanswered', 'withdrawn'))) AS live,
           count(*) FILTER (WHERE e.at >= date_trunc('day', :now, m.time_zone)) AS today
    FROM record_entries e
    JOIN markets m ON m.id = e.market_id
    WHERE e.kind = 'asked' AND e.at > :now - interval '7 days'
    GROUP BY 1, 2
    """
)

_BLOCKS = text("SELECT account_id::text AS one, blocked_account_id::text AS other FROM blocks")
_MEANS = text("SELECT category_id, rating_mean FROM baselines WHERE market_id = :market_id")

_FIELDS = (
    *("market", "lon", "lat", "reach_m", "minimum", "languages", "tools"),
    *("rating_sum", "rating_weight", "kept", "let_down", "answered", "unanswered"),
    *("live:now", "today:now", "live:scheduled", "today:scheduled"),
)


def load(
    engine: Engine, url: str, policies: rivals.Policies, advance: Callable[[int], None]
) -> None:
    """Fill an empty Redis with everybody in the search index; ``advance`` hears of each
    row of it. Takes a minute or two for a million providers."""
    store = redis.Redis.from_url(url)
    policy = next(policy for (_, urgency), policy in policies.items() if urgency == "now")
    with Session(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        # Between two parts Redis has much to do.
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        for pair in session.execute(_BLOCKS):
            store.sadd(f"blocks:{pair.one}", pair.other)
            store.sadd(f"blocks:{pair.other}", pair.one)
        instant = places.now()
        fresh_since = instant - timedelta(seconds=policy.fresh_position_s)
        rows = session.execute(
            _ROWS, {"fresh_since": fresh_since}, execution_options={"yield_per": _CHUNK}
        )
        for part in rows.partitions():
            pipe = store.pipeline(transaction=False)
            _put(pipe, part)
            pipe.execute()
            advance(len(part))
        pipe = store.pipeline(transaction=False)
        for row in session.execute(_ASKED, {"now": instant}):
            counts: dict[Any, Any] = {
                f"live:{row.urgency}": row.live,
                f"today:{row.urgency}": row.today,
            }
            pipe.hset(f"provider:{row.id}", mapping=counts)
        pipe.execute()
    store.close()


def nearest(store: redis.Redis, key: str, lon: float, lat: float) -> list[tuple[bytes, float]]:
    """The nearest of a key around a place, each with how far away, metres."""
    return cast(
        "list[tuple[bytes, float]]",
        store.geosearch(
            key,
            longitude=lon,
            latitude=lat,
            radius=rivals.CAP_M,
            unit="m",
            sort="ASC",
            count=rivals.NEAREST,
            withdist=True,
        ),
    )


def _put(pipe: Any, rows: Iterable[Any]) -> None:
    near: dict[str, list[Any]] = {}
    about: dict[str, dict[str, Any]] = {}
    for row in rows:
        near.setdefault(f"skill:{row.category}", []).extend((row.lon, row.lat, row.id))
        if row.online:
            at = (row.lon, row.lat) if row.at_lon is None else (row.at_lon, row.at_lat)
            near.setdefault(f"duty:{row.category}", []).extend((*at, row.id))
        one = about.setdefault(row.id, _attributes(row))
        one[f"price:{row.category}"] = f"{row.price_kind} {row.amount_cents}"
    for key, members in near.items():
        pipe.geoadd(key, members)
    for provider_id, one in about.items():
        pipe.hset(f"provider:{provider_id}", mapping=one)


def _attributes(row: Any) -> dict[str, Any]:
    return {
        "market": row.market,
        "lon": row.lon,
        "lat": row.lat,
        "reach_m": row.reach_m,
        "minimum": row.minimum_visit_cents,
        "languages": " ".join(row.languages),
        "tools": " ".join(row.tools),
        "rating_sum": row.rating_sum,
        "rating_weight": row.rating_weight,
        "kept": row.visits_kept,
        "let_down": row.visits_let_down,
        "answered": row.offers_answered,
        "unanswered": row.offers_unanswered,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fit:
    """Somebody the filters let through."""

    id: bytes
    base_m: float
    distance_m: float
    full_up: bool
    #: The parts of the score that do not depend on the tier.
    rating: float
    reliability: float
    responsiveness: float


class OnRedis:
    """A contender that asks Redis who is near and sorts them itself."""

    name = "redis"

    def __init__(self, url: str, engine: Engine, policies: rivals.Policies) -> None:
        self._store = redis.Redis.from_url(url)
        self._policies = policies
        self.server_pid: int = self._store.info("server")["process_id"]
        with Session(engine) as session:
            market_id = next(iter(policies.values())).market_id
            rows = session.execute(_MEANS, {"market_id": market_id})
            self._means = {row.category_id: row.rating_mean for row in rows}

    def begin(self) -> None:
        """See Contender; nothing has to be begun."""

    def end(self) -> None:
        """See Contender."""

    def close(self) -> None:
        """See Contender."""
        self._store.close()

    def answer(self, ask: Ask) -> list[uuid.UUID]:
        """See Contender."""
        request = ask.request
        policy = self._policies[request.category_id, ask.urgency]
        lon, lat = request.place
        skill = f"skill:{request.category_id}"
        on_duty = f"duty:{request.category_id}"
        hits = nearest(self._store, on_duty if ask.urgency == "now" else skill, lon, lat)
        dense_enough = max(tier.eligible_at_least for tier in policy.tiers)
        pipe = self._store.pipeline(transaction=False)
        pipe.smembers(f"blocks:{request.resident_id}")
        # How densely the place is served; of those on duty alone it could not be told.
        pipe.geosearch(
            skill,
            longitude=lon,
            latitude=lat,
            radius=policy.density_radius_m,
            unit="m",
            count=dense_enough,
            any=True,
        )
        fields = (*_FIELDS, f"price:{request.category_id}")
        for member, _ in hits:
            pipe.hmget(b"provider:" + member, fields)
        blocked, near, *rows = pipe.execute()
        fit = list(self._fit(ask, policy, hits, rows, blocked))
        return self._best(ask, policy, fit, markets.tier(policy, len(near)))

    def _fit(
        self,
        ask: Ask,
        policy: markets.Policy,
        hits: list[tuple[bytes, float]],
        rows: list[list[bytes | None]],
        blocked: set[bytes],
    ) -> Iterator[_Fit]:
        """Who passes the filters of those that are there, nearest first."""
        request = ask.request
        market = str(request.market_id).encode()
        left_out = {str(one).encode() for one in request.leave_out}
        languages = {language.encode() for language in request.languages}
        needs = {need.encode() for need in request.needs}
        place = request.place
        mean = self._means.get(request.category_id)
        prior = policy.rating_prior_stars if mean is None else mean
        for (member, distance_m), row in zip(hits, rows, strict=True):
            one: dict[str, Any] = dict(zip(_FIELDS, row, strict=False))
            price = row[-1]
            if price is None or one["market"] != market:
                continue
            if member in blocked or member in left_out:
                continue
            base_m = float(distance_m)
            if ask.urgency == "now":
                base_m = _metres(place, (float(one["lon"]), float(one["lat"])))
            if base_m > float(one["reach_m"]):
                continue
            if languages and languages.isdisjoint(one["languages"].split()):
                continue
            if needs and not needs.issubset(one["tools"].split()):
                continue
            if request.budget_cents is not None:
                kind, amount = price.split()
                if request.budget_kind == "fixed" and int(one["minimum"]) > request.budget_cents:
                    continue
                if request.budget_kind == "hourly" and (
                    kind != b"hourly" or int(amount) > request.budget_cents
                ):
                    continue
            weight = policy.rating_prior_weight + float(one["rating_weight"])
            sums = prior * policy.rating_prior_weight + float(one["rating_sum"])
            stars = sums / weight if weight else prior
            span = policy.rating_ceiling - policy.rating_floor
            live, today = one[f"live:{ask.urgency}"], one[f"today:{ask.urgency}"]
            yield _Fit(
                id=member,
                base_m=base_m,
                distance_m=float(distance_m),
                full_up=live is not None
                and (int(live) >= policy.live_offers_at_most or int(today) >= policy.pushes_a_day),
                rating=min(1.0, max(0.0, (stars - policy.rating_floor) / span)),
                reliability=_share(policy.reliability_prior, one["kept"], one["let_down"]),
                responsiveness=_share(
                    policy.responsiveness_prior, one["answered"], one["unanswered"]
                ),
            )

    @staticmethod
    def _best(
        ask: Ask, policy: markets.Policy, fit: list[_Fit], tier: markets.Tier
    ) -> list[uuid.UUID]:
        weights = policy.weights
        scored = []
        for one in fit:
            if one.full_up:
                continue
            score = (
                weights["proximity"] * math.exp(-one.distance_m / tier.decay_m)
                # It knows no calendar: everybody is as free as can be.
                + weights["availability"]
                + weights["rating"] * one.rating
                + weights["reliability"] * one.reliability
                + weights["responsiveness"] * one.responsiveness
            )
            scored.append((-round(score, 9), uuid.UUID(one.id.decode())))
        job_id = ask.request.job_id
        # Among equals the hash decides; only where there are equals is it worth its while.
        if len({score for score, _ in scored}) == len(scored):
            scored.sort()
        else:
            scored.sort(key=lambda one: (one[0], scoring.tie_break(job_id, one[1])))
        return [provider_id for _, provider_id in scored[: rivals.LIMIT]]


def _share(prior: tuple[float, float], good: bytes, bad: bytes) -> float:
    ups, downs = prior[0] + int(good), prior[1] + int(bad)
    return ups / (ups + downs)


def _metres(a: geography.LonLat, b: geography.LonLat) -> float:
    """Great-circle distance by the haversine formula."""
    lon_a, lat_a, lon_b, lat_b = (math.radians(degrees) for degrees in (*a, *b))
    h = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * geography.EARTH_RADIUS_M * math.asin(math.sqrt(h))
