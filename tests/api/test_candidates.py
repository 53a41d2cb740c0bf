"""What an operator is told of a ranking: the best, and of whom the counts are."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobbing_api import accounts, matching
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.api.conftest import API, Clock, Person, job


@pytest.fixture
def operator(client: FlaskClient, session: Session, clock: Clock) -> Person:
    accounts.make_operator(
        session,
        email="op@example.org",
        market_slugs=["lyon"],
        level="read",
        password="a-long-pass-phrase",
        now=clock.now,
    )
    session.commit()
    entered = client.post(
        f"{API}/sessions", json={"email": "op@example.org", "password": "a-long-pass-phrase"}
    ).get_json()
    return Person(client, entered["account"]["id"], entered["access_token"])


def ranking(operator: Person, posted: dict[str, Any]) -> dict[str, Any]:
    shown = operator.get(f"/jobs/{posted['id']}/candidates")
    assert shown.status_code == 200, shown.text
    return dict(shown.get_json()["ranking"])


def joined_by(session: Session, someone: Person, number: int) -> None:
    """So many more of the same trade, up the road."""
    like = session.get_one(providers_models.Provider, uuid.UUID(someone.id))
    bases = [factories.north(factories.LYON, 60 * n) for n in range(number)]
    factories.neighbours(session, like, bases)
    session.commit()


def test_where_few_can_come_everybody_is_judged_and_said_to_be(
    operator: Person,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, able = person(), provider()
    german, suspicious = provider(languages=["de"]), provider(reach_m=100)
    resident.put(f"/me/blocks/{suspicious.id}")
    told = ranking(operator, resident.post("/jobs", job(clock.now)).get_json())
    assert told["complete"] is True
    assert (told["in_reach"], told["ranked"]) == (3, 1)
    assert told["fell_out"] == {"language": 1, "blocked": 1}
    assert [one["provider_id"] for one in told["candidates"]] == [able.id]
    missed = {one["provider_id"]: one["filter"] for one in told["near_misses"]}
    assert missed == {german.id: "language", suspicious.id: "blocked"}
    assert set(missed.values()) <= set(matching.FILTERS)


def test_where_many_can_come_the_counts_are_of_the_nearest(
    operator: Person,
    session: Session,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, able = person(), provider()
    joined_by(session, able, 150)
    told = ranking(operator, resident.post("/jobs", job(clock.now)).get_json())
    assert told["complete"] is False
    assert (told["in_reach"], told["ranked"]) == (60, 60)
    assert len(told["candidates"]) == 20


def test_the_suspended_are_in_nobodys_reach(
    operator: Person,
    session: Session,
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
) -> None:
    resident, able, gone = person(), provider(), provider()
    factories.person(session, uuid.UUID(gone.id)).suspended_at = clock.now
    session.commit()
    told = ranking(operator, resident.post("/jobs", job(clock.now)).get_json())
    assert (told["in_reach"], told["fell_out"]) == (1, {})
    assert [one["provider_id"] for one in told["candidates"]] == [able.id]
