"""Disputes over HTTP: both are heard, a person decides in time and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jobbing_api import accounts, database
from tests.api.conftest import Clock, Person, slug
from tests.api.test_visits import Agreed
from tests.api.test_visits import agreed as agreed

DAY = timedelta(days=1)


@pytest.fixture
def operator(person: Callable[..., Person], clock: Clock) -> Callable[[str], Person]:
    """Somebody who may ``act`` in Lyon, or only ``read``."""

    def make(level: str) -> Person:
        someone = person()
        email = f"{level}@example.org"
        with database.transaction() as session:
            session.get_one(accounts.models.Account, someone.id).email = email
            session.flush()
            accounts.make_operator(
                session, email=email, market_slugs=["lyon"], level=level, now=clock.now
            )
        return someone

    return make


def begun(agreed: Agreed) -> None:
    # A Thursday.
    agreed.at(agreed.starts_at)
    assert agreed.resident.post(f"{agreed.path}/start").status_code == 200


def test_both_are_heard_and_a_person_decides(
    agreed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting, looking = operator("act"), operator("read")
    begun(agreed)
    path = f"{agreed.path}/dispute"
    assert agreed.resident.get(path).status_code == 404
    opened = agreed.resident.post(path, {"reason": "Rien n'est fait."})
    assert (opened.status_code, opened.get_json()["state"]) == (200, "disputed")
    assert agreed.told(acting)[-1] == "dispute-opened"
    # Nobody changes an order while it is looked at.
    more = {"lines": [{"kind": "labour", "amount_cents": 500}]}
    frozen = agreed.provider.post(f"{agreed.path}/change-orders", more)
    assert (frozen.status_code, slug(frozen)) == (409, "illegal-move")

    said = agreed.provider.post(f"{path}/statements", {"text": "J'ai rincé."})
    assert said.status_code == 201
    assert said.get_json()["answered_at"] is None
    assert agreed.other.post(f"{path}/statements", {"text": "Moi aussi."}).status_code == 404
    assert looking.get(path).status_code == 200
    for answer in (
        looking.post(f"{path}/statements", {"text": "Bonjour."}),
        looking.post(f"{path}/decide", {"outcome": "completed", "text": "Vu."}),
        agreed.resident.post(f"{path}/decide", {"outcome": "cancelled", "text": "Vu."}),
    ):
        assert (answer.status_code, slug(answer)) == (403, "not-allowed")
    answered = acting.post(f"{path}/statements", {"text": "Je regarde."}).get_json()
    assert answered["answered_at"] is not None
    decided = acting.post(
        f"{path}/decide", {"outcome": "cancelled", "text": "Les photos le montrent."}
    )
    assert (decided.status_code, decided.get_json()["state"]) == (200, "cancelled")
    again = acting.post(f"{path}/decide", {"outcome": "completed", "text": "Ou pas."})
    assert (again.status_code, slug(again)) == (409, "illegal-move")
    for who in (agreed.resident, agreed.provider):
        shown = who.get(path).get_json()
        assert shown["outcome"] == "cancelled"
        assert [one["by"] for one in shown["statements"]] == [
            "resident",
            "provider",
            "operator",
            "operator",
        ]
        assert agreed.told(who)[-1] == "dispute-decided"
    late = agreed.resident.post(f"{path}/statements", {"text": "Merci."})
    assert (late.status_code, slug(late)) == (409, "illegal-move")


def test_deadlines_are_working_days_and_whoever_misses_one_is_told(
    agreed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting = operator("act")
    begun(agreed)
    # On a Friday afternoon: the next working day is Monday.
    agreed.at(agreed.starts_at + DAY + timedelta(hours=8))
    agreed.provider.post(f"{agreed.path}/dispute", {"reason": "Pas payé."})
    shown = agreed.provider.get(f"{agreed.path}/dispute").get_json()
    opened_at = agreed.clock.now
    assert datetime.fromisoformat(shown["answer_due_at"]) == opened_at + 3 * DAY
    assert datetime.fromisoformat(shown["decide_due_at"]) == opened_at + 7 * DAY
    agreed.at(opened_at + 3 * DAY)
    assert agreed.told(acting)[-1] == "dispute-overdue"
    before = agreed.told(acting).count("dispute-overdue")
    acting.post(f"{agreed.path}/dispute/statements", {"text": "Je regarde."})
    agreed.at(opened_at + 5 * DAY)
    assert agreed.told(acting).count("dispute-overdue") == before
    agreed.at(opened_at + 7 * DAY)
    assert agreed.told(acting).count("dispute-overdue") == before + 1


def test_a_dispute_that_is_decided_for_the_work_completes_the_job(
    agreed: Agreed, operator: Callable[[str], Person]
) -> None:
    acting = operator("act")
    begun(agreed)
    agreed.resident.post(f"{agreed.path}/dispute", {})
    done = acting.post(
        f"{agreed.path}/dispute/decide", {"outcome": "completed", "text": "C'est fait."}
    ).get_json()
    assert (done["state"], done["completed_at"] is not None) == ("completed", True)
    review = agreed.resident.post(f"{agreed.path}/reviews", {"stars": 2})
    assert review.status_code == 201


@pytest.mark.parametrize("body", [{"outcome": "maybe", "text": "Hm."}, {"outcome": "completed"}])
def test_a_decision_without_an_outcome_or_a_reason_is_refused(
    agreed: Agreed, operator: Callable[[str], Person], body: dict[str, str]
) -> None:
    acting = operator("act")
    begun(agreed)
    agreed.resident.post(f"{agreed.path}/dispute", {})
    refused = acting.post(f"{agreed.path}/dispute/decide", body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
