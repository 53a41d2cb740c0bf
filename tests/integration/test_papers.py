"""Papers and consent as rows: what the database refuses, what goes, and what a person is told."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from jobbing_api import accounts, dues, errors, files, jobs, markets, offers, privacy, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.providers import models as providers_models
from tests import factories

DAY = timedelta(days=1)


def scan(session: Session, owner: accounts_models.Account, now: datetime) -> uuid.UUID:
    """A scan as its row: where its bytes lie is of no matter here."""
    taken = files.Taken(media_type=files.PDF, content=b"scan", width=None, height=None)
    photo_id = files.announce(session, owner, what=taken, now=now)
    files.keep(session, photo_id, now=now)
    return photo_id


def paper(
    session: Session,
    owner: accounts_models.Account,
    *,
    now: datetime,
    kind: str = "R",
    expires_on: date | None = None,
) -> providers_models.Paper:
    """An insurance that was handed in, with a scan."""
    return providers.papers.hand_in(
        session,
        owner,
        kind=kind,
        number="RC-1187",
        issuer="Issuer of ada",
        valid_from=None,
        expires_on=expires_on or (now + 30 * DAY).date(),
        categories=[],
        photo_ids=[scan(session, owner, now)],
        now=now,
    )


@dataclass
class Town:
    """Somebody with papers, and somebody who looks at them."""

    ada: accounts_models.Account
    desk: accounts_models.Account


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    ada = factories.person(session, factories.provider(session, name="Ada").account_id)
    desk = accounts.make_operator(
        session,
        email="desk@example.org",
        market_slugs=["lyon"],
        level="act",
        password="password of desk",
        now=now,
    )
    return Town(ada, desk)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("kind = 'passport'", "kind"),
        ("valid_from = valid_until + interval '1 second'", "begins_before_it_ends"),
        ("verified_at = now(), refused_at = now(), refused_because = ''", "verified_or_refused"),
        ("refused_at = now()", "refusal_has_reason"),
    ],
)
def test_the_database_itself_refuses_a_paper_that_must_not_be(
    session: Session, town: Town, now: datetime, change: str, constraint: str
) -> None:
    one = paper(session, town.ada, now=now)
    with pytest.raises(Exception, match=f"ck_papers_{constraint}"), session.begin_nested():
        session.execute(text(f"UPDATE papers SET {change} WHERE id = :id"), {"id": one.id})


@pytest.mark.parametrize("verified", [True, False])
def test_a_paper_that_counts_no_more_goes_after_half_a_year(
    session: Session, town: Town, now: datetime, verified: bool
) -> None:
    one = paper(session, town.ada, now=now, expires_on=now.date())
    lasting = paper(session, town.ada, now=now, kind="identity", expires_on=date(2060, 1, 1))
    providers.verification.verify(session, lasting.id, town.desk, now=now)
    if verified:
        providers.verification.verify(session, one.id, town.desk, now=now)
    else:
        providers.verification.refuse(session, one.id, town.desk, reason="Non.", now=now)
    (kept,) = files.of(session, [one.id])[one.id]
    soon = now + privacy.retention.PAPERS_KEPT - DAY
    assert privacy.forget_old_papers(session, now=soon, limit=100) == 0
    later = soon + 3 * DAY
    assert privacy.forget_old_papers(session, now=later, limit=100) == 1
    session.refresh(kept)
    assert kept.state == "going"
    left = session.scalars(select(providers_models.Paper.id)).all()
    assert left == [lasting.id]
    assert privacy.forget_old_papers(session, now=later, limit=100) == 0


def test_what_takes_the_place_of_a_paper_may_be_replaced_in_turn(
    session: Session, town: Town, now: datetime
) -> None:
    first, second, third = (
        paper(session, town.ada, now=now, expires_on=(now + days * DAY).date())
        for days in (10, 20, 30)
    )
    for one in (first, second, third):
        providers.verification.verify(session, one.id, town.desk, now=now)
    states = [providers.papers.state_of(one, now=now) for one in (first, second, third)]
    assert states == ["expired", "expired", "verified"]
    # Whoever takes the one in the middle away leaves the first where it was.
    providers.papers.remove(session, second.id, town.ada, now=now)
    assert first.replaced_by_id == third.id
    assert providers.papers.state_of(first, now=now) == "expired"
    providers.verification.refuse(session, third.id, town.desk, reason="Non.", now=now)
    assert providers.papers.state_of(first, now=now) == "verified"
    due = session.scalars(select(dues.Due.subject_id)).all()
    assert due == [first.id]


def test_a_person_is_told_of_their_papers_and_then_forgotten(
    session: Session, town: Town, now: datetime
) -> None:
    one, other = paper(session, town.ada, now=now), paper(session, town.ada, now=now)
    providers.verification.verify(session, one.id, town.desk, now=now)
    providers.verification.refuse(session, other.id, town.desk, reason="Reason of desk", now=now)
    told = privacy.export(session, town.ada, now=now)
    assert [row["refused_because"] for row in told["provider"]["papers"]] == [
        None,
        "Reason of desk",
    ]
    assert [row["number"] for row in told["provider"]["papers"]] == ["RC-1187"] * 2
    assert {row["expires_on"] for row in told["provider"]["papers"]} == {
        (now + 30 * DAY).date().isoformat()
    }
    assert [row["subject_kind"] for row in told["photos"]] == ["paper", "paper"]
    assert str(town.desk.id) not in json.dumps(told)
    # What an operator wrote is theirs to have forgotten.
    privacy.erase(session, town.desk, now=now)
    session.refresh(other)
    assert other.refused_because == ""
    privacy.erase(session, town.ada, now=now)
    assert session.scalar(select(func.count()).select_from(providers_models.Paper)) == 0
    assert session.scalar(select(func.count()).select_from(dues.Due)) == 0
    assert privacy.export(session, town.ada, now=now)["photos"] == []


def test_consent_is_told_to_each_side_and_forgotten_with_its_words(
    session: Session, town: Town, now: datetime
) -> None:
    resident = factories.account(session)
    job = factories.job(session, now=now, resident=resident)
    (offer,) = factories.ask(session, job, now=now)
    offers.accept(session, offer.id, account=town.ada, who_comes="First of ada", now=now)
    asked = jobs.ask_for_another(
        session, job.id, town.ada, name="Second of ada", reason="Reason of ada", now=now
    )
    jobs.answer_for_another(
        session, job.id, asked.id, resident, agree=True, text="Answer of resident", now=now
    )
    for account, theirs in (
        (town.ada, {"Second of ada", "Reason of ada"}),
        (resident, {"Answer of resident"}),
    ):
        (visit,) = privacy.export(session, account, now=now)["visits"]
        told = json.dumps(visit)
        assert {word for word in _WORDS if word in told} == theirs
        assert len(visit["substitutions"]) == 1
    privacy.erase(session, town.ada, now=now)
    session.expire_all()
    asked = session.get_one(jobs_models.Substitution, asked.id)
    assert (asked.name, asked.reason, asked.answer) == ("", "", "Answer of resident")
    names = session.scalars(select(jobs_models.Visit.comes_name)).all()
    assert names == [None]
    privacy.erase(session, resident, now=now)
    session.expire_all()
    asked = session.get_one(jobs_models.Substitution, asked.id)
    assert (asked.state, asked.answer) == ("agreed", "")


_WORDS = ("First of ada", "Second of ada", "Reason of ada", "Answer of resident")


def test_who_was_never_named_is_the_provider(session: Session, town: Town, now: datetime) -> None:
    """Visits of the version before have no name."""
    job = factories.job(session, now=now)
    (offer,) = factories.ask(session, job, now=now)
    offers.accept(session, offer.id, account=town.ada, now=now)
    session.execute(text("UPDATE visits SET comes_name = NULL"))
    comer = jobs.who_comes(session, [job.id])[job.id]
    assert (comer.name, comer.since, comer.consented_at) == (None, now, None)


def test_what_a_market_insists_on_is_asked_at_the_acceptance_too(
    session: Session, town: Town, now: datetime
) -> None:
    job = factories.job(session, now=now)
    (offer,) = factories.ask(session, job, now=now)
    markets.write_policy(
        session,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        rules=markets.default_rules(job.urgency) | {"papers_required": True},
        in_force_from=now,
        note="",
        now=now,
    )
    for kind in ("identity", "R"):
        one = paper(session, town.ada, now=now, kind=kind)
        providers.verification.verify(session, one.id, town.desk, now=now)
    with pytest.raises(errors.PaperRequired) as refusal, session.begin_nested():
        offers.accept(session, offer.id, account=town.ada, now=now)
    assert refusal.value.details == {"missing": ["registration"]}
    one = paper(session, town.ada, now=now, kind="registration")
    providers.verification.verify(session, one.id, town.desk, now=now)
    assert offers.accept(session, offer.id, account=town.ada, now=now).state == "assigned"


def test_a_provider_does_not_consent_for_the_resident(
    session: Session, town: Town, now: datetime
) -> None:
    job = factories.job(session, now=now)
    (offer,) = factories.ask(session, job, now=now)
    offers.accept(session, offer.id, account=town.ada, now=now)
    asked = jobs.ask_for_another(session, job.id, town.ada, name="Bea", reason="Ill", now=now)
    with pytest.raises(errors.NotAllowed):
        jobs.answer_for_another(
            session, job.id, asked.id, town.ada, agree=True, text="Yes", now=now
        )
    assert jobs.who_comes(session, [job.id])[job.id].name == "Ada"
