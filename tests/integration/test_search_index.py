"""The search index equals its sources after every commit, whatever changed and in which
order; what is damaged is found and mended.

``JOBBING_TEST_DEPTH=10`` lives through ten times as many days, and new ones each time.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import operator
import os
import random
import time
import uuid
import zoneinfo
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from jobbing_api import database, errors, geography, markets, matching, privacy, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.geography import LonLat
from jobbing_api.markets.models import Market
from jobbing_api.matching import models as matching_models
from jobbing_api.matching import nearby
from jobbing_api.matching.bounds import STANDING
from jobbing_api.providers import models as providers_models
from tests import factories, oracle, worlds
from tests.conftest import Servers, create_database, drop_database
from tests.integration import racing

DEPTH = int(os.environ.get("JOBBING_TEST_DEPTH", "1"))
NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CATEGORIES = ("gutter-cleaning", "lawn-mowing", "leak-repair")

#: In the towns of two markets: one at the antimeridian, one in France.
TOWNS: tuple[LonLat, ...] = (factories.LYON, (179.99, -16.8), (-179.99, -16.8))


# What the index should say, by hand -----------------------------------------------------

_PLAIN = """
    market_id, base::bytea, reach_m, reach_area::bytea, online, price_kind, amount_cents,
    call_out_fee_cents, minimum_visit_cents, languages, tools, free_time, visits_until::text,
    asked_at::text"""

#: What is carried over as it is, from the sources and from the index, beside each other.
_NOT_CARRIED_OVER = f"""
    WITH sources AS (
        SELECT provider_id, category_id, {_PLAIN}
        FROM (
            SELECT s.*, p.market_id, p.base, p.reach_m, p.reach_area, p.minimum_visit_cents,
                   p.languages, p.tools, p.free_time,
                   EXISTS (SELECT FROM presences WHERE provider_id = s.provider_id AND online)
                       AS online,
                   (SELECT coalesce(max(upper(during)), '-infinity') FROM bookings
                    WHERE provider_id = s.provider_id AND released_at IS NULL) AS visits_until,
                   (SELECT coalesce(max(at), '-infinity') FROM record_entries
                    WHERE provider_id = s.provider_id AND kind = 'asked') AS asked_at
            FROM skills s, providers p, accounts a
            WHERE p.account_id = s.provider_id AND a.id = s.provider_id
              AND a.suspended_at IS NULL AND a.erased_at IS NULL
        ) AS offered
    ),
    index AS (SELECT provider_id, category_id, {_PLAIN} FROM search_index)
    (SELECT 'the index lacks', sources.* FROM sources
     EXCEPT SELECT 'the index lacks', index.* FROM index)
    UNION ALL
    (SELECT 'only the index has', index.* FROM index
     EXCEPT SELECT 'only the index has', sources.* FROM sources)
    """

_FIGURES = """
    SELECT i.provider_id, i.category_id, i.standing, i.figures_at,
           i.figures_until = 'infinity' AS for_ever, i.figures_until = '-infinity' AS never,
           CASE WHEN isfinite(i.figures_until) THEN i.figures_until END AS figures_until,
           i.rating_sum, i.rating_weight, i.visits_kept, i.visits_let_down,
           i.offers_answered, i.offers_unanswered, i.week, i.evenings, i.nights, i.sundays,
           i.days_taken, i.days_added, i.has, i.band, i.lon, i.good
    FROM search_index i
    """


def layout(person: oracle.Person, market_zone: str, at: datetime) -> dict[str, object]:
    """How somebody's place, week and days stand in the index as of an instant."""
    has = 0
    for term in {*person.languages, *person.tools}:
        has |= 1 << int(hashlib.md5(term.encode()).hexdigest()[:2], 16) % 64
    plain = person.time_zone == market_zone and all(
        minute % 30 == 0 for _, *minutes in person.weekly for minute in minutes
    )
    week = [
        any(
            day == half_hour // 48 and from_ <= half_hour % 48 * 30 < to
            for day, from_, to in person.weekly
        )
        for half_hour in range(7 * 48)
    ]
    night = [n % 48 < 14 for n in range(7 * 48)]
    sunday = [n // 48 == 6 and n % 48 >= 14 for n in range(7 * 48)]
    evening = [n // 48 < 6 and n % 48 >= 38 for n in range(7 * 48)]
    zone = zoneinfo.ZoneInfo(market_zone)
    today = at.astimezone(zone).date()
    taken, added = set[date](), set[date]()

    def mark(days: set[date], starts: datetime, ends: datetime) -> None:
        first, last = starts.astimezone(zone).date(), ends.astimezone(zone).date()
        for ahead in range(-2, 62):
            day = today + ahead * DAY
            if first <= day <= last:
                days.add(day)

    for starts, ends, available in person.exceptions:
        mark(added if available else taken, starts, ends)
    reaches_m = person.reach_m or 1 + math.ceil(
        max(oracle.metres(person.base, corner) for corner in itertools.chain(*person.reach_rings))
    )
    for visit in person.visits:
        farthest_m = reaches_m + oracle.metres(person.base, visit.place)
        way = max(visit.buffer, timedelta(minutes=61 + math.ceil(2 * farthest_m / 1000)))
        mark(taken, visit.starts_at - way, visit.ends_at + way)

    ever_added = any(available for *_, available in person.exceptions)

    def ever(hours: list[bool]) -> bool:
        return not plain or ever_added or any(map(operator.and_, week, hours))

    lon, lat = person.base
    return {
        "has": _signed(has),
        "week": "".join("1" if plain and free else "0" for free in week),
        "evenings": ever(evening),
        "nights": ever(night),
        "sundays": ever(sunday),
        "days_taken": _signed(sum(1 << day_number(day) % 64 for day in taken)) if plain else -1,
        "days_added": _signed(sum(1 << day_number(day) % 64 for day in added)) if plain else -1,
        "band": math.floor(lat * 24),
        "lon": lon,
    }


def day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _signed(bits: int) -> int:
    return bits - (1 << 64) if bits >= 1 << 63 else bits


class Figures:
    """The figures of a record under a baseline's rules, counted fact by fact."""

    def __init__(self, facts: Sequence[oracle.Fact], rules: matching_models.Baseline) -> None:
        self.facts, self.rules = facts, rules

    def ratings(self, at: datetime, weighed_at: datetime | None = None) -> tuple[float, float]:
        """Sum and weight of those there are ``at`` an instant, as old as they are at
        another, where that is given."""
        half_life = timedelta(days=self.rules.rating_half_life_days)
        weighed = [
            (fact.stars, 2.0 ** min(500.0, (fact.at - (weighed_at or at)) / half_life))
            for fact in self.facts
            if fact.stars is not None and fact.at <= at
        ]
        return math.fsum(s * w for s, w in weighed), math.fsum(w for _, w in weighed)

    def count(self, at: datetime, *kinds: str) -> int:
        return sum(fact.kind in kinds and fact.at <= at < self.expires(fact) for fact in self.facts)

    def expires(self, fact: oracle.Fact) -> datetime:
        answers = fact.kind in {"answered", "unanswered"}
        rules = self.rules
        return fact.at + DAY * (rules.responsiveness_days if answers else rules.reliability_days)

    def counts(self, at: datetime) -> tuple[int, int, int, int]:
        return (
            self.count(at, "kept"),
            self.count(at, "late", "cancelled", "absent"),
            self.count(at, "answered"),
            self.count(at, "unanswered"),
        )

    def standing(self, at: datetime) -> float:
        """The exact share of what figures can add to a scheduled job's score, per mille."""
        rules = self.rules
        prior = rules.rating_prior_stars if rules.rating_mean is None else rules.rating_mean
        sums, weights = self.ratings(at)
        weight = weights + rules.rating_prior_weight
        stars = prior if weight == 0 else (prior * rules.rating_prior_weight + sums) / weight
        kept, let_down, answered, unanswered = self.counts(at)
        parts = {
            "rating": (stars - rules.rating_floor) / (rules.rating_ceiling - rules.rating_floor),
            "reliability": (rules.reliability_good + kept)
            / (rules.reliability_good + rules.reliability_bad + kept + let_down),
            "responsiveness": (rules.responsiveness_good + answered)
            / (rules.responsiveness_good + rules.responsiveness_bad + answered + unanswered),
        }
        return 1000 * sum(
            share * min(1.0, max(0.0, parts[name])) for name, share in STANDING.items()
        )

    def turning_points(self) -> set[datetime]:
        """The instants at which a figure changes, and those right before."""
        told = [fact for fact in self.facts if fact.kind not in {"asked", "withdrawn"}]
        changes = {fact.at for fact in told} | {self.expires(fact) for fact in told}
        return changes | {at - timedelta(microseconds=1) for at in changes}


def untrue(session: Session) -> list[str]:
    """What the index says otherwise than its sources, worked out without its own code."""
    found = [str(row) for row in session.execute(text(_NOT_CARRIED_OVER))]
    people = oracle.read(session).people
    session.expire_all()
    baselines = {
        (row.market_id, row.category_id): row
        for row in session.scalars(select(matching_models.Baseline))
    }
    zones = {market.id: market.time_zone for market in session.scalars(select(Market))}
    for row in session.execute(text(_FIGURES)).all():
        person = people[row.provider_id]
        laid_out = layout(person, zones[person.market_id], row.figures_at)
        for name, expected in laid_out.items():
            if getattr(row, name) != expected:
                found.append(f"{name} of {row} is not {expected}")
        rules = baselines.get((person.market_id, row.category_id))
        told = (row.visits_kept, row.visits_let_down, row.offers_answered, row.offers_unanswered)
        ratings = (row.rating_sum, row.rating_weight)
        if rules is None:
            if (row.standing, row.never, told, ratings) != (1000, True, (0,) * 4, (0.0, 0.0)):
                found.append(f"figures without rules: {row}")
            continue
        figures = Figures(person.facts, rules)
        if figures.counts(row.figures_at) != told:
            found.append(f"{row} says otherwise than {figures.counts(row.figures_at)}")
        weighed = figures.ratings(row.figures_at, rules.taken_at)
        if weighed != pytest.approx(ratings):
            found.append(f"{row} says otherwise than {weighed}")
        last = row.figures_until or row.figures_at + 9 * 366 * DAY
        held = [at for at in figures.turning_points() if row.figures_at <= at < last]
        if row.figures_until is not None and row.figures_until <= row.figures_at:
            found.append(f"{row} holds for no instant")
        if any(figures.counts(at) != told for at in held):
            found.append(f"{row} does not hold for so long")
        at_best = max(figures.standing(at) for at in {row.figures_at, *figures.turning_points()})
        if not row.standing >= at_best - 1e-6:
            found.append(f"{row} can come to {at_best}")
        if row.standing > rules.best_standing:
            found.append(f"{row} is better than the best, {rules.best_standing}")
        if row.good != (row.standing > rules.good_above):
            found.append(f"{row} is called good, or not, against {rules.good_above}")
    return found


def assert_true(session: Session) -> None:
    """The index is what its own check, and a hand, make of the sources."""
    assert matching.index.check(session) == []
    assert untrue(session) == []


# Days in the life of a town -------------------------------------------------------------

places = st.builds(
    lambda town, east, north: (
        math.remainder(town[0] + east, 360),
        town[1] + north,
    ),
    st.sampled_from(TOWNS),
    st.floats(-0.02, 0.02),
    st.floats(-0.3, 0.3),
)
skills = st.dictionaries(
    st.sampled_from(CATEGORIES), st.sampled_from([None, 2_000, 6_000]), max_size=3
)
hours = st.lists(
    st.builds(
        lambda weekday, start, length: providers.Hours(
            weekday=weekday, from_time=f"{start:02}:30", to_time=f"{min(24, start + length):02}:00"
        ),
        st.integers(0, 6),
        st.integers(0, 22),
        st.integers(2, 12),
    ),
    max_size=5,
)
kinds = st.sampled_from([kind for kind in providers_models.RECORD_KINDS for _ in range(2)])
people = st.integers(0, 4)
#: How a change ends: with more to come in its transaction, ranked in between, in a
#: savepoint that is taken back, committed, or as if it had never been.
ENDINGS = ("more", "more", "rank", "savepoint", "ranked savepoint", "commit", "commit", "undo")
endings = st.sampled_from(ENDINGS)


PROFILE: dict[str, st.SearchStrategy[Any]] = {
    "base": places,
    "reach_m": st.sampled_from([None, None, None, 100, 2_000, 24_000, 26_000, 200_000]),
    "shape": st.integers(0, 50),
    "offered": skills,
    "languages": st.sets(st.sampled_from(["fr", "en"]), min_size=1),
    "tools": st.sets(st.sampled_from(["van", "ladder"])),
    "minimum": st.sampled_from([0, 2_500]),
}
#: What may change, each with what is to be known of it.
CHANGES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "facts_come_in": {
        "told": st.lists(
            st.tuples(
                people,
                kinds,
                st.sampled_from(CATEGORIES),
                st.sampled_from([-2000, -400, -31, -30, -1, 0, 1, 7, 160, 170, 180, 300]),
                st.integers(1, 5),
            ),
            min_size=1,
            max_size=12,
        )
    },
    "profile": {
        "who": people,
        "only": st.sampled_from([None, *PROFILE]),
        "said": st.fixed_dictionaries(PROFILE),
    },
    "calendar": {
        "who": people,
        "weekly": hours,
        "starts": st.none() | st.integers(-50, 900),
        "available": st.booleans(),
    },
    "duty": {"who": people, "online": st.booleans(), "position": st.none() | places},
    "book": {"who": people, "starts": st.integers(-30, 900)},
    "release": {"which": st.integers(0, 30)},
    "a_fact_moves": {"which": st.integers(0, 60), "days": st.integers(-100, 300)},
    "a_fact_is_struck": {"which": st.integers(0, 60)},
    "suspension": {"who": people, "suspended": st.booleans()},
    "erasure": {"who": people},
    "paper": {"who": people, "valid_days": st.integers(-5, 90)},
    "time_passes": {"passing_h": st.sampled_from([1, 25, 24 * 40]), "limit": st.integers(1, 5)},
    "baselines_are_taken": {},
    "index_is_rebuilt": {},
    "rules_change": {
        "category": st.none() | st.sampled_from(CATEGORIES),
        "changed": st.fixed_dictionaries(
            {},
            optional={
                "rating_half_life_days": st.sampled_from([30, 365]),
                "rating_prior_weight": st.sampled_from([0.0, 8.0]),
                "rating_floor": st.sampled_from([1.0, 4.0]),
                "reliability_prior": st.just([1.0, 1.0]),
                "reliability_days": st.sampled_from([30, 400]),
                "responsiveness_days": st.sampled_from([1, 200]),
            },
        ),
    },
}
#: Some of it seldom: it touches everybody, or leaves nobody.
SELDOM = {"erasure", "baselines_are_taken", "index_is_rebuilt", "rules_change", "time_passes"}
changes = st.sampled_from(
    [
        name
        for name in CHANGES
        for _ in range(1 if name in SELDOM else 8 if name == "profile" else 4)
    ]
).flatmap(lambda name: st.tuples(st.just(name), st.fixed_dictionaries(CHANGES[name])))


def open_taveuni(session: Session) -> None:
    """A market on both sides of the antimeridian."""
    markets.create_market(
        session,
        slug="taveuni",
        name="Taveuni",
        area={
            "type": "MultiPolygon",
            "coordinates": [
                [[[a, -17.8], [b, -17.8], [b, -15.8], [a, -15.8], [a, -17.8]]]
                for a, b in ((179.0, 180.0), (-180.0, -179.0))
            ],
        },
        time_zone="Pacific/Fiji",
        currency="EUR",
        country="FJ",
        now=NOW - 100 * DAY,
    )


class Town(RuleBasedStateMachine):
    """A town in which anything may change, in transactions of one or several changes."""

    running: ClassVar[Servers]
    #: What happened in all examples, by name.
    seen: ClassVar[Counter[str]]

    @initialize()
    def opens(self) -> None:
        """With a database of its own: what is history can only grow."""
        self.name = f"town_{uuid.uuid4().hex[:12]}"
        create_database(self.running, self.name, self.running.template)
        self.engine = database.connect(self.running.database_url(self.name))
        with Session(self.engine) as session:
            open_taveuni(session)
            offered = [factories.skill(category) for category in CATEGORIES[:2]]
            self.ids = [
                *(factories.provider(session, skills=offered).account_id for _ in range(4)),
                factories.account(session, role="provider").id,
            ]
            session.commit()
        self.session = Session(self.engine)
        self.now = NOW
        self.profiles: dict[int, dict[str, Any]] = {}
        self.jobs: list[uuid.UUID] = []
        self.facts: list[tuple[str, uuid.UUID, uuid.UUID]] = []

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.engine.dispose()
            drop_database(self.running, self.name)

    @rule(change=changes, ends=endings)
    def something_changes(self, change: tuple[str, dict[str, Any]], ends: str) -> None:
        """One rule for all: Hypothesis would otherwise leave some out for a whole day."""
        name, known = change
        getattr(self, name)(**known, ends=ends)

    # How changes end

    def change(self, what: str, ends: str, run: Callable[[Session], object]) -> None:
        """Let ``run`` change something; whatever the end, the index is true."""
        self.seen["steps"] += 1
        session = self.session
        savepoint = session.begin_nested() if ends.endswith("savepoint") else None
        try:
            run(session)
            session.flush()
        except errors.DomainError:
            # As ``database.transaction()`` does.
            self.seen[f"{what} refused"] += 1
            session.rollback()
            return
        self.seen[what] += 1
        self.seen[ends] += 1
        if ends.startswith("rank"):
            self.rank()
            assert_true(session)
        if savepoint is not None:
            savepoint.rollback()
        if ends in {"commit", "undo"}:
            session.commit() if ends == "commit" else session.rollback()
            self.look()

    def rank(self) -> None:
        """A question asked in the middle of a transaction settles what it left due."""
        session = self.session
        market = markets.market_by_slug(session, "lyon")
        request = matching.Request(
            job_id=uuid.uuid4(),
            market_id=market.id,
            category_id=markets.category_by_slug(session, CATEGORIES[0]).id,
            resident_id=uuid.uuid4(),
            place=factories.LYON,
            window_from=self.now,
            window_to=self.now + DAY,
            duration_minutes=60,
            urgency="scheduled",
            budget_kind="quotes",
            budget_cents=None,
        )
        rules = markets.policy_in_force(
            session,
            market_id=market.id,
            category_id=request.category_id,
            urgency="scheduled",
            now=self.now,
        )
        matching.rank(session, request, rules, 3, now=self.now)

    def look(self) -> None:
        """As everybody else sees it."""
        with Session(self.engine) as session:
            assert_true(session)
            self.seen["rows"] += session.scalar(text("SELECT count(*) FROM search_index")) or 0
            assert session.scalar(text("SELECT count(*) FROM search_index_due")) == 0

    def account(self, session: Session, who: int) -> accounts_models.Account:
        return session.get_one(accounts_models.Account, self.ids[who], populate_existing=True)

    # What may change

    def profile(self, who: int, only: str | None, said: dict[str, Any], ends: str) -> None:
        """All of a profile is said anew, or one thing in it."""
        if only is not None and who in self.profiles:
            said = {**self.profiles[who], only: said[only]}
        self.profiles[who] = said
        area = None
        if said["reach_m"] is None:
            rings = worlds.drawn_area(random.Random(said["shape"]), said["base"], 20_000)
            area = {"type": "Polygon", "coordinates": rings}

        def put(session: Session) -> None:
            providers.put_profile(
                session,
                self.account(session, who),
                headline="",
                base=said["base"],
                reach_m=said["reach_m"],
                reach_area=area,
                minimum_visit_cents=said["minimum"],
                currency=None,
                skills=[
                    factories.skill(
                        category, kind="quote" if amount is None else "flat", amount_cents=amount
                    )
                    for category, amount in said["offered"].items()
                ],
                languages=sorted(said["languages"]),
                tools=sorted(said["tools"]),
                now=self.now,
            )

        self.change("profile", ends, put)

    def calendar(
        self,
        who: int,
        weekly: list[providers.Hours],
        starts: int | None,
        available: bool,
        ends: str,
    ) -> None:
        exceptions = []
        if starts is not None:
            at = self.now + starts * HOUR
            exceptions = [
                providers.Exceptional(from_at=at, to_at=at + 5 * HOUR, available=available)
            ]

        def put(session: Session) -> None:
            providers.put_calendar(
                session,
                self.account(session, who),
                time_zone="Europe/Paris",
                weekly=weekly,
                exceptions=exceptions,
                now=self.now,
            )

        self.change("calendar", ends, put)

    def duty(self, who: int, online: bool, position: LonLat | None, ends: str) -> None:
        self.change(
            "duty",
            ends,
            lambda session: providers.put_presence(
                session,
                self.account(session, who),
                online=online,
                position=position,
                now=self.now,
            ),
        )

    def book(self, who: int, starts: int, ends: str) -> None:
        def hold(session: Session) -> None:
            provider = session.get(providers_models.Provider, self.ids[who])
            if provider is None:
                raise errors.ProfileRequired()
            job = factories.bare_job(session, self.now)
            at = self.now + starts * HOUR
            providers.book(
                session,
                market_id=job.market_id,
                provider_id=self.ids[who],
                job_id=job.id,
                starts_at=at,
                ends_at=at + 2 * HOUR,
                buffer_minutes=15,
                place=factories.LYON,
                now=self.now,
            )
            self.jobs.append(job.id)

        self.change("booking", ends, hold)

    def release(self, which: int, ends: str) -> None:
        if self.jobs:
            job_id = self.jobs[which % len(self.jobs)]
            self.change(
                "release",
                ends,
                lambda session: providers.release(
                    session, job_id=job_id, because="cancelled", now=self.now
                ),
            )

    def facts_come_in(self, told: list[tuple[int, str, str, int, int]], ends: str) -> None:
        def write(session: Session) -> None:
            facts = []
            for who, kind, category, days, stars in told:
                if session.get(providers_models.Provider, self.ids[who]) is None:
                    continue
                facts.append(
                    providers.Fact(
                        kind=kind,
                        provider_id=self.ids[who],
                        market_id=markets.market_by_slug(session, "lyon").id,
                        category_id=markets.category_by_slug(session, category).id,
                        urgency="scheduled",
                        subject_id=uuid.uuid4(),
                        at=self.now + days * DAY,
                        stars=stars if kind == "rated" else None,
                    )
                )
            providers.record.write_many(session, facts)
            self.facts += [(fact.kind, fact.provider_id, fact.subject_id) for fact in facts]

        self.change("facts", ends, write)

    def a_fact_moves(self, which: int, days: int, ends: str) -> None:
        if self.facts:
            kind, provider_id, subject_id = self.facts[which % len(self.facts)]
            self.change(
                "redating",
                ends,
                lambda session: providers.redate_fact(
                    session,
                    kind=kind,
                    provider_id=provider_id,
                    subject_id=subject_id,
                    at=self.now + days * DAY,
                ),
            )

    def a_fact_is_struck(self, which: int, ends: str) -> None:
        if self.facts:
            kind, _, subject_id = self.facts[which % len(self.facts)]
            self.change(
                "forgetting",
                ends,
                lambda session: providers.forget_facts(
                    session, kind=kind, subject_ids=[subject_id]
                ),
            )

    def suspension(self, who: int, suspended: bool, ends: str) -> None:
        def put(session: Session) -> None:
            self.account(session, who).suspended_at = self.now if suspended else None

        self.change("suspension", ends, put)

    def erasure(self, who: int, ends: str) -> None:
        self.change(
            "erasure",
            ends,
            lambda session: privacy.erasure.erase(
                session, self.account(session, who), now=self.now
            ),
        )

    def paper(self, who: int, valid_days: int, ends: str) -> None:
        def file(session: Session) -> None:
            if session.get(providers_models.Provider, self.ids[who]) is None:
                raise errors.ProfileRequired()
            session.add(
                providers_models.Paper(
                    provider_id=self.ids[who],
                    kind="R",
                    verified_at=self.now,
                    valid_until=self.now + valid_days * DAY,
                )
            )

        self.change("paper", ends, file)

    def time_passes(self, passing_h: int, limit: int, ends: str) -> None:
        self.now += passing_h * HOUR
        self.change(
            "time", ends, lambda session: providers.extend_due(session, now=self.now, limit=limit)
        )

    def baselines_are_taken(self, ends: str) -> None:
        self.change(
            "baselines",
            ends,
            lambda session: matching.index.take_baselines(session, now=self.now),
        )

    def index_is_rebuilt(self, ends: str) -> None:
        self.change(
            "rebuilding", ends, lambda session: matching.index.rebuild(session, now=self.now)
        )

    def rules_change(self, category: str | None, changed: dict[str, Any], ends: str) -> None:
        def write(session: Session) -> None:
            category_id = None
            if category is not None:
                category_id = markets.category_by_slug(session, category).id
            markets.write_policy(
                session,
                market_id=markets.market_by_slug(session, "lyon").id,
                category_id=category_id,
                urgency="scheduled",
                rules={**markets.default_rules("scheduled"), **changed},
                in_force_from=self.now,
                note="",
                now=self.now,
            )
            matching.index.take_baselines(session, now=self.now)

        self.change("rules", ends, write)


@pytest.mark.timeout(120 * DEPTH)
def test_whatever_changes_the_index_equals_its_sources(test_servers: Servers) -> None:
    class Lived(Town):
        running = test_servers
        seen: ClassVar[Counter[str]] = Counter()

    run_state_machine_as_test(
        Lived,
        settings=settings(
            max_examples=7 * DEPTH,
            stateful_step_count=50,
            derandomize=DEPTH == 1,
            database=None,
            deadline=None,
            # A shorter day would be nicer to read and take minutes to find.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    seen = Lived.seen
    print(*(f"{n:6} {name}" for name, n in sorted(seen.items())), sep="\n")  # noqa: T201
    assert seen["steps"] >= 150 * DEPTH
    assert seen["rows"] >= 100 * DEPTH
    happened = ("profile", "calendar", "duty", "booking", "release", "facts", "redating")
    more = ("forgetting", "suspension", "erasure", "paper", "time", "baselines", "rules")
    assert {name for name in (*happened, *more, *ENDINGS) if not seen[name]} == set()


# One thing at a time --------------------------------------------------------------------

_AREA = "'POLYGON((4.7 45.7, 4.9 45.7, 4.9 45.9, {corner}, 4.7 45.7))'"

#: What is there before, if it has to be, and a change of one thing alone.
ALONE = {
    "the base": (None, "UPDATE providers SET base = 'POINT(4.84 45.77)' WHERE {this}"),
    "the base by a hair": (
        None,
        "UPDATE providers SET base = ST_Translate(base::geometry, 1e-13, 0) WHERE {this}",
    ),
    "the radius": (None, "UPDATE providers SET reach_m = 777 WHERE {this}"),
    "an area for a radius": (
        None,
        f"UPDATE providers SET reach_m = NULL, reach_area = {_AREA} WHERE {{this}}".replace(
            "{corner}", "4.7 45.9"
        ),
    ),
    "an area within the same box": (
        f"UPDATE providers SET reach_m = NULL, reach_area = {_AREA} WHERE {{this}}".replace(
            "{corner}", "4.7 45.9"
        ),
        f"UPDATE providers SET reach_area = {_AREA} WHERE {{this}}".replace(
            "{corner}", "4.75 45.8"
        ),
    ),
    "the minimum": (None, "UPDATE providers SET minimum_visit_cents = 1 WHERE {this}"),
    "the languages": (None, "UPDATE providers SET languages = '{{en}}' WHERE {this}"),
    "the tools": (None, "UPDATE providers SET tools = '{{crane}}' WHERE {this}"),
    "the clock they live by": (
        None,
        "UPDATE providers SET time_zone = 'Pacific/Fiji' WHERE {this}",
    ),
    "the week": (None, "UPDATE weekly_hours SET to_minute = 1140 WHERE {this} AND weekday = 0"),
    "a day of the week less": (None, "DELETE FROM weekly_hours WHERE {this} AND weekday = 0"),
    "a holiday": (None, "{exception}"),
    "a holiday moved": (
        "{exception}",
        "UPDATE calendar_exceptions SET during ="
        " '[2026-06-20 08:00+00,2026-06-21 09:00+00)' WHERE {this}",
    ),
    "a holiday that is work": (
        "{exception}",
        "UPDATE calendar_exceptions SET available = true WHERE {this}",
    ),
    "a holiday struck": ("{exception}", "DELETE FROM calendar_exceptions WHERE {this}"),
    "the free time": (None, "UPDATE providers SET free_time = '{{}}' WHERE {this}"),
    "the market": (
        None,
        "UPDATE providers SET market_id = (SELECT id FROM markets WHERE slug = 'taveuni')"
        " WHERE {this}",
    ),
    "the price": (None, "UPDATE skills SET amount_cents = 1 WHERE {this}"),
    "the kind of price": (None, "UPDATE skills SET price_kind = 'hourly' WHERE {this}"),
    "the call-out fee": (None, "UPDATE skills SET call_out_fee_cents = 1 WHERE {this}"),
    "a skill more": (
        None,
        "INSERT INTO skills VALUES ({id}, 9, 'flat', 1, 0)",
    ),
    "a skill less": (None, "DELETE FROM skills WHERE {this} AND category_id = 6"),
    "a suspension": (None, "UPDATE accounts SET suspended_at = now() WHERE id = {id}"),
    "its end": (
        "UPDATE accounts SET suspended_at = now() WHERE id = {id}",
        "UPDATE accounts SET suspended_at = NULL WHERE id = {id}",
    ),
    "an erasure": (None, "UPDATE accounts SET erased_at = now(), email = NULL WHERE id = {id}"),
    "on duty": (None, "INSERT INTO presences VALUES ({id}, true, NULL, NULL, now())"),
    "off duty": (
        "INSERT INTO presences VALUES ({id}, true, NULL, NULL, now())",
        "UPDATE presences SET online = false WHERE {this}",
    ),
    "on duty again": (
        "INSERT INTO presences VALUES ({id}, false, NULL, NULL, now())",
        "UPDATE presences SET online = true WHERE {this}",
    ),
    "duty forgotten": (
        "INSERT INTO presences VALUES ({id}, true, NULL, NULL, now())",
        "DELETE FROM presences WHERE {this}",
    ),
    "a visit": (None, "{booking}"),
    "a visit released": (
        "{booking}",
        "UPDATE bookings SET released_at = now(), released_because = 'moved' WHERE {this}",
    ),
    "a visit moved": (
        "{booking}",
        "UPDATE bookings SET during = '[2026-06-09 08:00+00,2026-06-09 09:00+00)' WHERE {this}",
    ),
    "a visit struck": ("{booking}", "DELETE FROM bookings WHERE {this}"),
    "a fact": (None, "{rating}"),
    "a fact redated": ("{rating}", "UPDATE record_entries SET at = at - interval '9 days'"),
    "other stars": ("{rating}", "UPDATE record_entries SET stars = 1 WHERE stars = 5"),
    "a fact struck": ("{rating}", "DELETE FROM record_entries WHERE {this}"),
    "an offer": (None, "{asked}"),
    "an offer redated": ("{asked}", "UPDATE record_entries SET at = at - interval '9 days'"),
    "an offer struck": ("{asked}", "DELETE FROM record_entries WHERE {this}"),
}

#: What ranking reads where it is, or not at all.
NOT_INDEXED = {
    "a headline": "UPDATE providers SET headline = 'x', version = version + 1 WHERE {this}",
    "free time known for longer": "UPDATE providers SET free_until = now() WHERE {this}",
    "a position": "UPDATE presences SET position = 'POINT(4.8 45.7)', position_at = now()",
    "no duty": "INSERT INTO presences VALUES ({id}, false, NULL, NULL, now())",
    "a name": "UPDATE accounts SET display_name = 'x' WHERE id = {id}",
    "a paper": "INSERT INTO papers VALUES (gen_random_uuid(), {id}, 'R', now(), NULL)",
    "an offer taken back": "{withdrawn}",
}


def run_alone(session: Session, provider_id: uuid.UUID, statement: str) -> None:
    fact = (
        "INSERT INTO record_entries (id, market_id, provider_id, category_id, kind, at, urgency,"
        " subject_id, stars) SELECT gen_random_uuid(), market_id, account_id, 6, '{kind}',"
        " timestamptz '2026-05-01 10:00+00', 'scheduled', gen_random_uuid(), {stars}"
        " FROM providers WHERE account_id = {id}"
    )
    known = {"id": f"'{provider_id}'", "this": f"provider_id = '{provider_id}'"}
    if statement.startswith("UPDATE providers"):
        known["this"] = f"account_id = '{provider_id}'"
    if statement == "{exception}":
        statement = (
            "INSERT INTO calendar_exceptions VALUES (gen_random_uuid(), {id},"
            " '[2026-06-08 08:00+00,2026-06-09 09:00+00)', false)"
        )
    if statement == "{booking}":
        statement = (
            "INSERT INTO bookings (id, market_id, provider_id, job_id, during, buffer_minutes,"
            " place, created_at) SELECT gen_random_uuid(), market_id, {id}, id,"
            " '[2026-06-03 08:00+00,2026-06-03 09:00+00)', 15, location, now() FROM jobs"
        )
    statement = statement.format(
        booking="",
        rating=fact.format(kind="rated", stars=5, **known),
        asked=fact.format(kind="asked", stars="NULL", **known),
        withdrawn=fact.format(kind="withdrawn", stars="NULL", **known),
        **known,
    )
    result = session.connection().exec_driver_sql(statement)
    assert result.rowcount >= 1


@pytest.fixture
def somebody(session: Session) -> uuid.UUID:
    """A provider of two skills whom baselines judge, and a job to book them for."""
    open_taveuni(session)
    offered = [factories.skill(), factories.skill("lawn-mowing")]
    one = factories.provider(session, skills=offered, now=NOW)
    factories.bare_job(session, NOW)
    settle(session)
    matching.index.take_baselines(session, now=NOW)
    return one.account_id


@pytest.mark.parametrize("change", ALONE)
def test_each_thing_alone_moves_the_index(
    session: Session, somebody: uuid.UUID, change: str
) -> None:
    before, alone = ALONE[change]
    if before is not None:
        run_alone(session, somebody, before)
        settle(session)
    rows = rows_of(session)
    run_alone(session, somebody, alone)
    settle(session)
    assert rows_of(session) != rows
    assert_true(session)


@pytest.mark.parametrize("change", NOT_INDEXED)
def test_what_the_index_has_not_costs_it_nothing(
    session: Session, somebody: uuid.UUID, change: str
) -> None:
    if change == "a position":
        run_alone(session, somebody, "INSERT INTO presences VALUES ({id}, true, NULL, NULL, now())")
        settle(session)
    run_alone(session, somebody, NOT_INDEXED[change])
    assert session.scalar(text("SELECT count(*) FROM search_index_due")) == 0
    assert_true(session)


# Several at once ------------------------------------------------------------------------


def test_who_changes_one_provider_s_sources_at_once_leaves_the_index_true(
    own_database: Engine,
) -> None:
    """No deadlock either: ``together`` lets no error pass but the domain's refusals."""
    rng = random.Random(7)
    with database.transaction() as session:
        ids = [factories.provider(session).account_id for _ in range(3)]
        lyon = markets.market_by_slug(session, "lyon").id
        category = markets.category_by_slug(session, "gutter-cleaning").id
        matching.index.take_baselines(session, now=NOW)

    def profile(session: Session, who: uuid.UUID) -> None:
        providers.put_profile(
            session,
            factories.person(session, who),
            headline="",
            base=worlds.near(rng, factories.LYON, 9_000),
            reach_m=rng.choice([3_000, 30_000]),
            reach_area=None,
            minimum_visit_cents=rng.choice([0, 2_500]),
            currency="EUR",
            skills=[factories.skill(amount_cents=rng.choice([2_000, 6_000]))],
            languages=["fr"],
            tools=[],
            now=NOW,
        )

    def calendar(session: Session, who: uuid.UUID) -> None:
        provider = providers.get(session, who)
        starts = NOW + rng.randint(0, 900) * HOUR
        factories.away(session, provider, from_at=starts, to_at=starts + 4 * HOUR, now=NOW)

    def duty(session: Session, who: uuid.UUID) -> None:
        online = rng.random() < 0.5
        person = factories.person(session, who)
        providers.put_presence(session, person, online=online, position=None, now=NOW)

    def booking(session: Session, who: uuid.UUID) -> None:
        starts = NOW + rng.randint(0, 900) * HOUR
        providers.book(
            session,
            market_id=lyon,
            provider_id=who,
            job_id=factories.bare_job(session, NOW).id,
            starts_at=starts,
            ends_at=starts + HOUR,
            buffer_minutes=15,
            place=factories.LYON,
            now=NOW,
        )

    def facts(session: Session, who: uuid.UUID) -> None:
        # Of everybody, the one named first: two who tell of the same people in another
        # order must not wait for each other in a circle.
        for provider_id in (who, *ids):
            kind = rng.choice(["rated", "kept", "answered", "asked"])
            providers.record.write(
                session,
                kind=kind,
                provider_id=provider_id,
                market_id=lyon,
                category_id=category,
                urgency="scheduled",
                subject_id=uuid.uuid4(),
                at=NOW - rng.randint(0, 90) * DAY,
                stars=4 if kind == "rated" else None,
            )

    def suspension(session: Session, who: uuid.UUID) -> None:
        person = factories.person(session, who)
        person.suspended_at = NOW if rng.random() < 0.3 else None

    doors = (profile, calendar, duty, booking, facts, suspension)
    for _ in range(40 * DEPTH):
        who = rng.choice(ids)
        racing.together(*(racing.in_transaction(door, who) for door in rng.sample(doors, 3)))
    with database.transaction() as session:
        assert_true(session)


def test_everybody_s_rows_and_one_s_are_derived_at_once_without_harm(
    own_database: Engine,
) -> None:
    """A rebuilding and new baselines meet people who change meanwhile, and who are new."""
    rng = random.Random(11)
    with database.transaction() as session:
        ids = [factories.provider(session).account_id for _ in range(4)]

    def duty(session: Session, who: uuid.UUID) -> None:
        person = factories.person(session, who)
        online = rng.random() < 0.5
        providers.put_presence(session, person, online=online, position=None, now=NOW)

    def moved_baselines(session: Session) -> None:
        session.execute(text("UPDATE baselines SET rating_mean = 1 + 4 * random()"))
        matching.index.take_baselines(session, now=NOW)

    for _ in range(8 * DEPTH):
        racing.together(
            racing.in_transaction(duty, rng.choice(ids)),
            racing.in_transaction(factories.provider),
            rng.choice(
                [
                    racing.in_transaction(matching.index.rebuild, now=NOW),
                    racing.in_transaction(moved_baselines),
                ]
            ),
        )
        with database.transaction() as session:
            assert_true(session)


def test_who_is_new_while_baselines_are_taken_is_judged_by_the_new_ones(
    own_database: Engine,
) -> None:
    """Somebody's rows are derived, but not committed, as others begin to take baselines."""
    with database.transaction() as session:
        factories.provider(session)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            factories.provider(session)
            # As a ranking in the middle of a transaction does.
            session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
            taken = pool.submit(racing.in_transaction(matching.index.take_baselines, now=NOW))
            wait_until_somebody_waits(own_database)
        assert taken.result(timeout=20) > 0
    with database.transaction() as session:
        assert_true(session)


def wait_until_somebody_waits(engine: Engine) -> None:
    """Returns once a transaction waits for an advisory lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(400):
        with engine.connect() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


# Damage ---------------------------------------------------------------------------------


@pytest.fixture
def peopled(session: Session) -> Session:
    """Six providers of two skills with a record, as baselines judge them."""
    offered = [factories.skill(category) for category in CATEGORIES[:2]]
    lyon = markets.market_by_slug(session, "lyon").id
    rng = random.Random(3)
    for _ in range(6):
        one = factories.provider(
            session, base=worlds.near(rng, factories.LYON, 9_000), skills=offered
        )
        providers.record.write_many(
            session,
            [
                providers.Fact(
                    kind=kind,
                    provider_id=one.account_id,
                    market_id=lyon,
                    category_id=one.skills[0].category_id,
                    urgency="scheduled",
                    subject_id=uuid.UUID(int=rng.getrandbits(128)),
                    at=NOW - rng.randint(0, 400) * DAY,
                    stars=rng.randint(1, 5) if kind == "rated" else None,
                )
                for kind in rng.choices(["rated", "kept", "late", "answered", "unanswered"], k=30)
            ],
        )
    settle(session)
    matching.index.take_baselines(session, now=NOW)
    return session


def settle(session: Session) -> None:
    """What a commit would do."""
    session.flush()
    session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))


def rows_of(session: Session) -> list[str]:
    return list(
        session.scalars(
            text("SELECT i::text FROM search_index i ORDER BY provider_id, category_id")
        )
    )


DAMAGES = {
    "missing": "DELETE FROM search_index i WHERE {this}",
    "left over": """
        INSERT INTO search_index
        SELECT (jsonb_populate_record(i, '{{"category_id": 9}}')).* FROM search_index i
        WHERE {this}""",
    "different: free time": """
        UPDATE search_index i SET free_time = free_time
            - tstzmultirange(tstzrange('2026-01-02 09:00+00', '2026-01-02 09:01+00'))
        WHERE {this}""",
    "different: standing": "UPDATE search_index i SET standing = standing - 1 WHERE {this}",
    "different: online": "UPDATE search_index i SET online = NOT online WHERE {this}",
    "different: visits_kept": """
        UPDATE search_index i SET visits_kept = visits_kept + 1 WHERE {this}""",
    "different: reach_box": """
        UPDATE search_index i SET reach_box = reach_box + point(0.001, 0) WHERE {this}""",
    "different: base": """
        UPDATE search_index i
        SET base = ST_Translate(base::geometry, 0.0000001, 0)::geography WHERE {this}""",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_is_found_and_mended(peopled: Session, damage: str) -> None:
    assert_true(peopled)
    before = rows_of(peopled)
    provider_id, category_id = peopled.execute(
        text("SELECT provider_id, category_id FROM search_index ORDER BY 1, 2 OFFSET 3 LIMIT 1")
    ).one()
    this = f"(i.provider_id, i.category_id) = ('{provider_id}', {category_id})"
    peopled.execute(text(DAMAGES[damage].format(this=this).replace(":", r"\:")))
    what = damage.split(":")[0]
    found = matching.index.Difference(
        provider_id=provider_id,
        category_id=9 if what == "left over" else category_id,
        what=what,
    )
    assert matching.index.check(peopled) == [found]
    assert matching.index.check(peopled, provider_ids=[provider_id]) == [found]
    # By hand it is found too, but for what only the index has and what is a bound.
    assert untrue(peopled) or damage in {"different: reach_box", "different: standing"}
    if what == "different":
        assert matching.index.check(peopled, provider_ids=[uuid.uuid4()]) == []
    assert matching.index.rebuild(peopled, now=NOW) == 6
    assert_true(peopled)
    assert rows_of(peopled) == before


def test_no_more_differences_are_named_than_asked_for(peopled: Session) -> None:
    peopled.execute(text("DELETE FROM search_index"))
    assert len(matching.index.check(peopled)) == 12
    assert len(matching.index.check(peopled, at_most=5)) == 5


def test_an_index_made_anew_is_the_same(peopled: Session) -> None:
    before = rows_of(peopled)
    told: list[tuple[int, int]] = []
    matching.index.rebuild(peopled, now=NOW, tell=lambda *progress: told.append(progress))
    assert told == [(6, 6)]
    assert rows_of(peopled) == before
    assert len(before) == 12


def test_baselines_taken_twice_move_nothing(peopled: Session) -> None:
    before = rows_of(peopled)
    assert matching.index.take_baselines(peopled, now=NOW) == 0
    assert rows_of(peopled) == before


@pytest.mark.parametrize("walk", ["seqscan", "indexscan", "bitmapscan"])
def test_in_whichever_order_a_record_is_read_the_row_is_the_same(
    peopled: Session, walk: str
) -> None:
    """A sum of floats hangs on its order, and the plan is nobody's promise."""
    for way in ("seqscan", "indexscan", "indexonlyscan", "bitmapscan"):
        peopled.execute(text(f"SET LOCAL enable_{way} = {'on' if way == walk else 'off'}"))
    assert matching.index.check(peopled) == []


# Records --------------------------------------------------------------------------------


@settings(
    max_examples=12 * DEPTH,
    deadline=None,
    derandomize=DEPTH == 1,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    told=st.lists(
        st.tuples(
            people,
            kinds,
            st.integers(-5 * 366, 200),
            st.sampled_from([timedelta(0), timedelta(0), HOUR, timedelta(microseconds=1)]),
            st.integers(1, 5),
        ),
        min_size=20,
        max_size=120,
    ),
    rules=st.fixed_dictionaries(
        {
            "rating_half_life_days": st.sampled_from([2, 30, 365, 3650]),
            "rating_prior_weight": st.sampled_from([0.0, 0.001, 8.0]),
            "rating_prior_stars": st.sampled_from([1.0, 4.6]),
            "rating_floor": st.sampled_from([1.0, 3.5]),
            "rating_ceiling": st.sampled_from([4.0, 5.0]),
            "reliability_prior": st.sampled_from([[18.0, 2.0], [0.001, 5.0]]),
            "reliability_days": st.sampled_from([1, 90, 3650]),
            "responsiveness_prior": st.sampled_from([[3.0, 1.0], [0.001, 0.001]]),
            "responsiveness_days": st.sampled_from([1, 30]),
        }
    ),
)
def test_no_record_ever_comes_to_more_than_its_standing(
    session: Session,
    told: list[tuple[int, str, int, timedelta, int]],
    rules: dict[str, Any],
) -> None:
    """Whenever somebody asks, under whatever rules the baselines were taken by."""
    with session.begin_nested() as example:
        lyon = markets.market_by_slug(session, "lyon").id
        known = [factories.provider(session) for _ in range(5)]
        category_id = known[0].skills[0].category_id
        providers.record.write_many(
            session,
            [
                providers.Fact(
                    kind=kind,
                    provider_id=known[who].account_id,
                    market_id=lyon,
                    category_id=category_id,
                    urgency="scheduled",
                    subject_id=uuid.uuid4(),
                    at=NOW + days * DAY + later,
                    stars=stars if kind == "rated" else None,
                )
                for who, kind, days, later, stars in told
            ],
        )
        markets.write_policy(
            session,
            market_id=lyon,
            category_id=category_id,
            urgency="scheduled",
            rules={**markets.default_rules("scheduled"), **rules},
            in_force_from=NOW,
            note="",
            now=NOW,
        )
        settle(session)
        matching.index.take_baselines(session, now=NOW)
        assert_true(session)
        example.rollback()


def test_a_rating_of_years_ago_is_no_error_however_fast_ratings_age(session: Session) -> None:
    """After some thousand half-lives nothing is left of it, which PostgreSQL calls an
    underflow; whoever has it must still be able to commit, and be ranked."""
    lyon = markets.market_by_slug(session, "lyon").id
    one = factories.provider(session, now=NOW)
    category_id = one.skills[0].category_id
    rules = markets.write_policy(
        session,
        market_id=lyon,
        category_id=category_id,
        urgency="scheduled",
        rules={**markets.default_rules("scheduled"), "rating_half_life_days": 1},
        in_force_from=NOW,
        note="",
        now=NOW,
    )
    providers.record.write(
        session,
        kind="rated",
        provider_id=one.account_id,
        market_id=lyon,
        category_id=category_id,
        urgency="scheduled",
        subject_id=uuid.uuid4(),
        at=NOW - 1_200 * DAY,
        stars=5,
    )
    settle(session)
    matching.index.take_baselines(session, now=NOW)
    assert_true(session)
    request = matching.Request(
        job_id=uuid.uuid4(),
        market_id=lyon,
        category_id=category_id,
        resident_id=uuid.uuid4(),
        place=factories.LYON,
        window_from=NOW,
        window_to=NOW + DAY,
        duration_minutes=60,
        urgency="scheduled",
        budget_kind="quotes",
        budget_cents=None,
    )
    for judge in ("best", "everybody"):
        ranking = matching.rank(session, request, rules, 1, now=NOW, judge=judge)
        assert [found.provider_id for found in ranking.candidates] == [one.account_id]


def test_what_has_expired_is_told_anew(session: Session) -> None:
    """A row is derived as of now: what expires later is found later, once."""
    now = datetime.now(UTC)
    one, other = factories.provider(session), factories.provider(session)
    [skill] = one.skills
    providers.record.write(
        session,
        kind="kept",
        provider_id=one.account_id,
        market_id=one.market_id,
        category_id=skill.category_id,
        urgency="scheduled",
        subject_id=uuid.uuid4(),
        at=now - DAY,
    )
    settle(session)
    matching.index.take_baselines(session, now=now)
    index = matching_models.Indexed

    def kept() -> list[int]:
        ids = (one.account_id, other.account_id)
        asked = select(index.provider_id, index.visits_kept).where(index.provider_id.in_(ids))
        return [dict(session.execute(asked).all())[one_id] for one_id in ids]

    assert kept() == [1, 0]
    assert matching.index.renew_lapsed(session, now=now + 60 * DAY, limit=10) == 0
    later = now + 100 * DAY
    assert matching.index.renew_lapsed(session, now=later, limit=10) == 1
    assert kept() == [0, 0]
    assert matching.index.renew_lapsed(session, now=later, limit=10) == 0
    assert_true(session)


# Places ---------------------------------------------------------------------------------


def test_bands_vectors_and_boxes_are_right_all_over_the_globe(session: Session) -> None:
    rng = random.Random(5)
    like = factories.provider(session)
    bases: list[LonLat] = [
        *((lon, lat) for lon in (-180.0, 180.0, 0.0, 179.9999) for lat in (-90.0, 90.0, 0.0)),
        *((rng.uniform(-180, 180), rng.uniform(-90, 90)) for _ in range(60)),
        *((rng.randint(-23040, 23040) / 128, rng.randint(-90, 90) + 0.0) for _ in range(40)),
        *((rng.choice([-180.0, 180.0]), lat) for lat in (-16.8, 65.0, -85.0)),
        *((rng.uniform(-180, 180), side * rng.uniform(88, 90)) for side in (-1, 1) * 20),
    ]
    made = factories.neighbours(session, like, bases)
    for provider in made:
        provider.reach_m = rng.choice([100, 5_000, 60_000, 200_000])
        if rng.random() < 0.3:
            base = geography.lon_lat(provider.base)
            ring = worlds.drawn_area(rng, base, rng.choice([5_000, 100_000]))
            provider.reach_m = None
            provider.reach_area = geography.from_geojson({"type": "Polygon", "coordinates": ring})
    settle(session)
    columns = matching_models.Indexed.__table__.c
    found = {
        row.provider_id: row
        for row in session.execute(
            select(
                *(columns[name] for name in ("provider_id", "band", "lon", "x", "y", "z")),
                columns.at_most_m,
            )
        )
    }
    covered = Counter[str]()
    for provider, base in zip(made, bases, strict=True):
        row = found[provider.account_id]
        assert (row.band, row.lon) == (math.floor(base[1] * nearby.BANDS), base[0])
        lon, lat = map(math.radians, base)
        upward = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        assert (row.x, row.y, row.z) == pytest.approx(upward, abs=1e-15)
        for _ in range(8):
            widest_m = provider.reach_m or 100_000
            place = worlds.moved(base, rng.uniform(0, math.tau), rng.random() ** 0.3 * widest_m)
            covered[would_come(session, provider.account_id, place)] += 1
    assert covered["reached, outside the box"] == 0
    assert covered["reached"] > 500
    assert covered["too far"] > 20


def would_come(session: Session, provider_id: uuid.UUID, place: LonLat) -> str:
    """Whether a place is in somebody's reach, and in the box around it."""
    reached, boxed = session.execute(
        text(
            """
            SELECT CASE WHEN reach_m IS NULL THEN ST_Covers(reach_area, place)
                        ELSE ST_Distance(base, place, false) <= reach_m END,
                   reach_box @> point(:lon, :lat)
                   AND ST_Distance(base, place, false) <= at_most_m
            FROM search_index,
                 CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) AS place
            WHERE provider_id = :provider_id
            """
        ),
        {"provider_id": provider_id, "lon": place[0], "lat": place[1]},
    ).one()
    if not reached:
        return "too far"
    return "reached" if boxed else "reached, outside the box"
