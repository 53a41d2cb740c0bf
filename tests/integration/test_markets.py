"""Markets, categories, rules in force and the gazetteer, on a real database."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text, update
from sqlalchemy.orm import Session

from jobbing_api import database, errors, markets
from jobbing_api.markets import gazetteer, models, policies
from tests import factories

NANTES = (-1.5536, 47.2184)
HOUR = timedelta(hours=1)


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def open_market(session: Session, now: datetime, **changes: Any) -> models.Market:
    values: dict[str, Any] = {
        "slug": "nantes",
        "name": "Nantes",
        "area": factories.square(NANTES, 0.2),
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "country": "FR",
    }
    return markets.create_market(session, **(values | changes), now=now)


# Areas -------------------------------------------------------------------------------


def test_a_place_belongs_to_the_market_that_covers_it(session: Session, now: datetime) -> None:
    nantes = open_market(session, now)
    assert markets.market_at(session, NANTES) is nantes
    lyon = markets.market_at(session, factories.LYON)
    assert lyon is not None
    assert lyon.slug == "lyon"
    assert markets.market_at(session, (2.3522, 48.8566)) is None
    assert markets.market_by_slug(session, "nantes") is nantes
    assert [market.slug for market in markets.all_markets(session)] == ["lyon", "nantes"]


def test_a_place_on_a_common_border_belongs_to_the_older_market(
    session: Session, now: datetime
) -> None:
    west = open_market(session, now, slug="west", area=box(0, 45, 1, 46))
    east = open_market(session, now, slug="east", area=box(1, 45, 2, 46))
    assert markets.market_at(session, (1, 45.5)) is west
    assert markets.market_at(session, (1.0001, 45.5)) is east


def test_a_market_on_the_ground_of_another_is_refused(session: Session, now: datetime) -> None:
    open_market(session, now)
    lon, lat = NANTES
    for area in (box(lon, lat, lon + 1, lat + 1), factories.square(NANTES, 0.01)):
        with pytest.raises(errors.InvalidInput) as refused:
            open_market(session, now, slug="nantes-2", area=area)
        assert list(refused.value.fields) == ["area"]
    # The transaction stays usable after a refusal.
    assert markets.market_by_slug(session, "nantes").name == "Nantes"


def test_of_two_markets_opened_at_once_on_the_same_ground_one_is_refused(
    own_database: Engine, now: datetime
) -> None:
    def attempt(slug: str) -> bool:
        try:
            with database.transaction() as session:
                open_market(session, now, slug=slug)
        except errors.InvalidInput:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(attempt, ["one", "two", "three", "four"]))
    assert sorted(opened) == [False, False, False, True]


def test_a_market_may_be_several_islands(session: Session, now: datetime) -> None:
    islands = {
        "type": "MultiPolygon",
        "coordinates": [
            box(-61.3, 14.3, -60.8, 14.9)["coordinates"],
            box(-61.9, 15.8, -61.0, 16.6)["coordinates"],
        ],
    }
    market = open_market(
        session, now, slug="antilles", area=islands, time_zone="America/Martinique", country="MQ"
    )
    assert markets.market_at(session, (-61.0, 14.6)) is market
    assert markets.market_at(session, (-61.5, 16.2)) is market
    assert markets.market_at(session, (-61.3, 15.4)) is None


BOW_TIE = [[0, 45], [1, 46], [1, 45], [0, 46], [0, 45]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Nantes"),
        ("slug", "nantes-"),
        ("slug", "lyon"),
        ("name", " "),
        ("time_zone", "Europe/Nantes"),
        ("currency", "eur"),
        ("currency", "ZZZ"),
        ("country", "XQ"),
        ("country", "150"),
        ("area", {}),
        ("area", {"type": "Point", "coordinates": [0, 45]}),
        ("area", {"type": "Polygon"}),
        ("area", {"type": "Polygon", "coordinates": []}),
        ("area", {"type": "Polygon", "coordinates": [[]]}),
        ("area", {"type": "Polygon", "coordinates": [[[0, 45], [1, 45]]]}),
        ("area", {"type": "Polygon", "coordinates": [["a", "b", "c", "a"]]}),
        ("area", {"type": "Polygon", "coordinates": "everywhere"}),
        ("area", {"type": "Polygon", "coordinates": [BOW_TIE]}),
        ("area", {"type": "MultiPolygon", "coordinates": [[[[0, 45], [1, 45]]]]}),
        ("area", box(0, 45, 200, 46)),
        ("area", box(0, 45, float("nan"), 46)),
    ],
)
def test_a_market_that_makes_no_sense_is_refused(
    session: Session, now: datetime, field: str, value: Any
) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        open_market(session, now, **{field: value})
    assert list(refused.value.fields) == [field]
    assert session.scalar(select(func.count()).select_from(models.Market)) == 1


# Policies ----------------------------------------------------------------------------


def in_force(
    session: Session, now: datetime, *, category_id: int | None = 6, urgency: str = "scheduled"
) -> policies.Policy:
    market = markets.market_by_slug(session, "lyon")
    return markets.policy_in_force(
        session, market_id=market.id, category_id=category_id, urgency=urgency, now=now
    )


def write(
    session: Session,
    now: datetime,
    *,
    category_id: int | None = None,
    from_: datetime | None = None,
    **rules: Any,
) -> policies.Policy:
    return markets.write_policy(
        session,
        market_id=markets.market_by_slug(session, "lyon").id,
        category_id=category_id,
        urgency="scheduled",
        rules={**markets.default_rules("scheduled"), **rules},
        in_force_from=now if from_ is None else from_,
        note="",
        now=now,
    )


@pytest.mark.parametrize("urgency", models.URGENCIES)
def test_a_new_market_has_the_default_rules(session: Session, now: datetime, urgency: str) -> None:
    rules = in_force(session, now, urgency=urgency)
    assert (rules.version, rules.category_id, rules.urgency) == (1, None, urgency)
    market_id = rules.market_id
    stated = models.Policy(
        id=rules.id,
        market_id=market_id,
        category_id=None,
        urgency=urgency,
        version=1,
        rules=markets.default_rules(urgency),
    )
    assert rules == policies.parse(stated)


def test_rules_of_a_category_go_before_general_ones_however_new(
    session: Session, now: datetime
) -> None:
    own = write(session, now, category_id=6, wave_size=7)
    write(session, now + HOUR, wave_size=9)
    later = now + 2 * HOUR
    assert in_force(session, later).id == own.id
    assert in_force(session, later, category_id=7).wave_size == 9
    assert in_force(session, later, category_id=None).wave_size == 9


def test_rules_hold_from_their_instant_and_until_the_next_come(
    session: Session, now: datetime
) -> None:
    write(session, now, from_=now + 2 * HOUR, wave_size=8)
    write(session, now, from_=now + HOUR, wave_size=7)
    held = [
        in_force(session, now + timedelta(minutes=minutes)).wave_size
        for minutes in (0, 59, 60, 119, 120, 600)
    ]
    assert held == [4, 4, 7, 7, 8, 8]


def test_of_two_versions_from_the_same_instant_the_higher_holds(
    session: Session, now: datetime
) -> None:
    write(session, now, wave_size=7)
    last = write(session, now, wave_size=8)
    assert in_force(session, now).id == last.id
    assert last.version == 3


def test_a_market_without_rules_yet_has_none(session: Session, now: datetime) -> None:
    with pytest.raises(errors.NotFound):
        in_force(session, now - timedelta(days=3650))


def test_what_was_in_force_stays_so(session: Session, now: datetime) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        write(session, now, from_=now - HOUR)
    assert list(refused.value.fields) == ["in_force_from"]


def test_rules_that_make_no_sense_are_not_written(session: Session, now: datetime) -> None:
    with pytest.raises(errors.InvalidInput):
        write(session, now, wave_size=0)
    assert in_force(session, now).version == 1
    with pytest.raises(errors.NotFound):
        markets.write_policy(
            session,
            market_id=uuid.uuid4(),
            category_id=None,
            urgency="scheduled",
            rules=markets.default_rules("scheduled"),
            in_force_from=now,
            note="",
            now=now,
        )


def test_versions_written_at_once_follow_each_other(own_database: Engine, now: datetime) -> None:
    def attempt(size: int) -> int:
        with database.transaction() as session:
            return write(session, now, wave_size=size).version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(attempt, range(1, 9)))
    assert sorted(versions) == list(range(2, 10))


# Categories --------------------------------------------------------------------------


def test_categories_are_brought_in_line_with_the_file(session: Session) -> None:
    session.execute(update(models.Category).values(usual_minutes=1, names={"fr": "?"}))
    markets.sync_categories(session)
    markets.sync_categories(session)
    session.expire_all()
    assert len(markets.all_categories(session)) == 36
    gutters = markets.category_by_slug(session, "gutter-cleaning")
    assert gutters.usual_minutes == 90
    assert gutters.names == {"fr": "Nettoyage de gouttière", "en": "Gutter cleaning"}
    assert gutters.group_names["fr"] == "Toiture"
    assert gutters.brief_template["questions"][0]["unit"] == "m"


def test_an_unknown_category_is_refused_by_its_field(session: Session) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        markets.category_by_slug(session, "gutter-polishing")
    assert list(refused.value.fields) == ["category"]


# Gazetteer ---------------------------------------------------------------------------


def place(id_: int, name: str, population: int, *others: str) -> gazetteer.Place:
    return markets.Place(
        id=id_,
        name=name,
        alternative_names=others,
        admin_area="Somewhere",
        country="FR",
        lon=4.0,
        lat=45.0,
        population=population,
        time_zone="Europe/Paris",
    )


PLACES = [
    place(1, "Lyon", 520_000, "Lyons", "Lugdunum", "里昂"),
    place(2, "Lyons-la-Forêt", 700),
    place(3, "Saint-Étienne", 170_000, "St Etienne"),
    place(4, "Saint-Étienne-de-Montluc", 7_000),
    place(5, "Nœux-les-Mines", 12_000),
    place(6, "Sainte-Foy-lès-Lyon", 22_000),
    place(7, "Marseille", 860_000),
    place(8, "100%_sûr", 10),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # Names that begin so, the largest first, other names of theirs after; then
        # whatever holds something like it.
        ("lyon", ["Lyon", "Lyons-la-Forêt", "Sainte-Foy-lès-Lyon"]),
        ("  LYON ", ["Lyon", "Lyons-la-Forêt", "Sainte-Foy-lès-Lyon"]),
        ("saint-e", ["Saint-Étienne", "Saint-Étienne-de-Montluc"]),
        ("st et", ["Saint-Étienne"]),
        ("lugd", ["Lyon"]),
        ("noeux", ["Nœux-les-Mines"]),
        ("marseile", ["Marseille"]),
        ("里昂", ["Lyon"]),
        ("l", []),
        ("", []),
        ("%%", []),
        ("__", []),
        ("\\", []),
        ("||", []),
        ("zzzzzz", []),
        ("x" * 10_000, []),
    ],
)
def test_places_are_found_by_what_people_type(
    session: Session, asked: str, found: list[str]
) -> None:
    markets.load_places(session, PLACES)
    names = [one.name for one in markets.search_places(session, asked, limit=10)]
    assert names[: len(found)] == found
    assert bool(names) == bool(found)


def test_places_loaded_again_are_brought_up_to_date(session: Session) -> None:
    assert markets.load_places(session, PLACES) == len(PLACES)
    assert markets.load_places(session, [place(1, "Lyon", 600_000)]) == 1
    first = markets.search_places(session, "lyon", limit=1)
    assert [one.population for one in first] == [600_000]
    assert session.scalar(select(func.count()).select_from(models.Place)) == len(PLACES)


# A part of a map ---------------------------------------------------------------------


def scattered(session: Session, *at: tuple[float, float, int]) -> None:
    markets.load_places(
        session,
        [
            dataclasses.replace(place(n, f"Town {n}", people), lon=lon, lat=lat)
            for n, (lon, lat, people) in enumerate(at, start=1)
        ],
    )


def named(found: Sequence[models.Place]) -> list[int]:
    return [int(one.name.removeprefix("Town ")) for one in found]


def test_the_largest_places_on_a_map_come_first(session: Session) -> None:
    scattered(session, (4.8, 45.7, 500), (4.9, 45.8, 9_000), (4.85, 45.75, 70), (4.8, 45.6, 500))
    whole = (4.0, 45.0, 6.0, 47.0)
    assert named(markets.places_within(session, whole, limit=10)) == [2, 1, 4, 3]
    assert named(markets.places_within(session, whole, limit=2)) == [2, 1]


def test_a_part_of_a_map_ends_where_it_says(session: Session) -> None:
    corners = [(4.0, 45.0), (4.0, 46.0), (5.0, 45.0), (5.0, 46.0), (4.5, 46.0), (4.5, 45.0)]
    beside = [(3.999, 45.5), (5.001, 45.5), (4.5, 44.999), (4.5, 46.001)]
    scattered(session, *[(lon, lat, 10) for lon, lat in corners + beside])
    found = named(markets.places_within(session, (4.0, 45.0, 5.0, 46.0), limit=100))
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "box_",
    [
        (-180.0, -90.0, 180.0, 90.0),
        (-180.0, -1.0, 180.0, 1.0),
        (-180.0, 60.0, 180.0, 90.0),
        (-170.0, -80.0, 175.0, 5.0),
    ],
)
def test_a_part_of_a_map_may_be_as_wide_as_the_world(
    session: Session, box_: tuple[float, float, float, float]
) -> None:
    at = [(lon, lat) for lon in range(-180, 181, 45) for lat in range(-90, 91, 15)]
    scattered(session, *[(lon, lat, 10) for lon, lat in at])
    west, south, east, north = box_
    inside = {
        n
        for n, (lon, lat) in enumerate(at, start=1)
        if west <= lon <= east and south <= lat <= north
    }
    found = named(markets.places_within(session, box_, limit=1000))
    assert set(found) == inside


def test_the_whole_world_costs_one_look_at_each_place_and_a_town_only_its_own(
    session: Session,
) -> None:
    at = [(lon / 2, lat / 2, 10) for lon in range(-300, 300, 5) for lat in range(-150, 150, 3)]
    scattered(session, *at)
    session.execute(text("ANALYZE places"))
    world = _read(session, (-180.0, -90.0, 180.0, 90.0))
    assert world["rows"] <= len(at)
    town = _read(session, (4.7, 45.6, 5.0, 45.9))
    assert town["rows"] < 10
    assert town["blocks"] < 20 < world["blocks"]


def _read(session: Session, box_: tuple[float, float, float, float]) -> dict[str, int]:
    """What the search for places on a map reads: rows looked at, and blocks."""
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", keep)
    markets.places_within(session, box_, limit=50)
    event.remove(connection, "before_cursor_execute", keep)
    statement, values = asked[0]
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explain, values).scalar_one()[0]["Plan"]
    leaf = plan
    while "Plans" in leaf:
        leaf = leaf["Plans"][0]
    rows = leaf["Actual Rows"] + leaf.get("Rows Removed by Filter", 0)
    return {"rows": int(rows), "blocks": plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]}
