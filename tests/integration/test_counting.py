"""How many could do a job, from blurred places: against the oracle, which is told of the same
places, and against anybody who would find somebody by asking."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from jobbing_api import geography, matching, providers
from jobbing_api.matching import counting
from jobbing_api.offers import requests
from tests import factories, oracle, worlds
from tests.integration.test_ranking import many_markets as many_markets


def test_the_database_and_we_name_the_same_squares(session: Session) -> None:
    rng = random.Random(7)
    places = [(rng.uniform(-180, 180), rng.uniform(-90, 90)) for _ in range(2_000)]
    places += [(180.0, 0.0), (-180.0, 0.0), (0.0, 90.0), (12.5, -90.0), (179.9999, -16.8)]
    for grid_m in (geography.JOB_GRID_M, geography.PROVIDER_GRID_M):
        square = geography.snapped_sql("ST_SetSRID(ST_MakePoint(lon, lat), 4326)", grid_m)
        found = session.execute(
            text(
                "SELECT ST_X(s::geometry), ST_Y(s::geometry)"
                " FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) AS p (lon, lat)"
                f" CROSS JOIN LATERAL (SELECT {square} AS s) one"
            ),
            {"lons": [lon for lon, _ in places], "lats": [lat for _, lat in places]},
        ).all()
        for place, (lon, lat) in zip(places, found, strict=True):
            expected = geography.snap(place, grid_m)
            assert (lon, lat) == pytest.approx(expected, abs=2e-6), place
            # Whoever is looked for is within what is looked through.
            assert geography.distance_m(place, expected) < counting._OFF_M


def test_a_box_holds_all_that_is_near() -> None:
    rng = random.Random(8)
    for _ in range(300):
        middle = (rng.uniform(-180, 180), rng.uniform(-90, 90))
        (west, south), (east, north) = geography.box_around(middle, 5_000)
        lon, lat = worlds.moved(middle, rng.uniform(0, 6.283), rng.uniform(0, 4_999))
        assert west <= lon <= east
        assert south <= lat <= north


@pytest.mark.timeout(300)
def test_everybody_who_could_is_counted_and_nobody_else(many_markets: Engine) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(worlds.worlds(requests=8))
    def the_count_is_the_same(world: worlds.World) -> None:
        with many_markets.connect() as connection, Session(connection) as session:
            town, people = worlds.build(session, world)
            sources = oracle.read(session)
            # Who has blocked whom is not told by a count.
            sources.blocks = set()
            for person in sources.people.values():
                person.base = geography.snap(person.base, geography.PROVIDER_GRID_M)
                person.position = None
                person.visits = [
                    replace(visit, place=geography.snap(visit.place, geography.JOB_GRID_M))
                    for visit in person.visits
                ]
            for index in range(world.requests):
                asked = worlds.question(session, town, people, index)
                request = replace(asked.request, only=None)
                crowd = matching.could_do(session, request, asked.policy, now=asked.now)
                place = geography.snap(request.place, geography.JOB_GRID_M)
                verdict = oracle.rank(
                    sources, replace(request, place=place), asked.policy, now=asked.now
                )
                expected = {
                    one.provider_id: (one.starts_at, one.outside_hours) for one in verdict.placed
                }
                found = {one.provider_id: (one.starts_at, one.outside_hours) for one in crowd.able}
                assert found == expected, request
                assert crowd.tier == verdict.tier
                if not found:
                    assert crowd.fell_out == dict(verdict.fell_out)
                seen["nobody" if not found else "somebody"] += 1
                seen.update(crowd.fell_out.keys())
                seen["outside hours"] += any(one.outside_hours for one in crowd.able)

    the_count_is_the_same()
    assert seen["somebody"] > 60
    assert seen["nobody"] > 30
    assert seen["slot"] > 10
    assert seen["radius"] > 5
    assert seen["outside hours"] > 0


def test_moving_within_a_square_changes_nothing(session: Session, now: datetime) -> None:
    """Neither where the job is nor where somebody lives can be told finer than a square."""
    far = factories.north(factories.LYON, 6_500)
    provider = factories.provider(session, base=far, reach_m=6_000, now=now)
    resident = factories.account(session)
    found = set()
    for metres in range(0, 13_000, 125):
        job = factories.job(
            session,
            now=now,
            resident=resident,
            location=factories.north(factories.LYON, metres),
            brief={},
        )
        case = requests.case_of(session, job, now=now)
        request = requests.request_of(session, job, case.policy)
        square = geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M)
        crowd = matching.could_do(session, request, case.policy, now=now)
        found.add((square, bool(crowd.able)))
    squares = {square for square, _ in found}
    assert len(found) == len(squares)
    assert {seen for _, seen in found} == {True, False}
    home = geography.snap(geography.lon_lat(provider.base), geography.PROVIDER_GRID_M)
    assert dict(found) == {
        square: geography.distance_m(square, home) <= 6_000 for square in squares
    }


def test_who_is_on_duty_is_counted_at_home(session: Session, now: datetime) -> None:
    provider = factories.provider(session, base=factories.LYON, now=now)
    person = factories.person(session, provider.account_id)
    window = {"window_from": now, "window_to": now + timedelta(hours=4)}
    job = factories.job(session, now=now, urgency="now", **window)
    case = requests.case_of(session, job, now=now)
    request = requests.request_of(session, job, case.policy, radius_step=9)
    assert not matching.could_do(session, request, case.policy, now=now).able
    for position in (factories.LYON, factories.north(factories.LYON, 60_000)):
        providers.put_presence(session, person, online=True, position=position, now=now)
        assert len(matching.could_do(session, request, case.policy, now=now).able) == 1
