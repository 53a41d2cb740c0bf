"""What both sides say afterwards: once, within a week, revealed together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import database, errors, history, jobs, offers, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from tests import factories
from tests.integration import racing

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


class Completed:
    """A completed job and both of its people."""

    def __init__(
        self, session: Session, now: datetime, place: factories.LonLat = factories.LYON
    ) -> None:
        provider = factories.provider(session, base=place, reach_m=1000, now=now)
        posted = factories.job(session, now=now, location=place)
        [offer] = factories.ask(session, posted, now=now)
        self.session = session
        self.provider = factories.person(session, provider.account_id)
        self.resident = factories.person(session, posted.resident_id)
        self.job = offers.accept(session, offer.id, account=self.provider, now=now)
        factories.start(session, posted.id, self.provider, now=offer.starts_at)
        jobs.finish(session, posted.id, self.provider, now=offer.ends_at)
        self.at = offer.ends_at + HOUR
        jobs.confirm(session, posted.id, self.resident, now=self.at)

    def review(
        self, by: accounts_models.Account, *, stars: int = 5, text: str = "", now: datetime
    ) -> jobs_models.Review:
        return jobs.review(self.session, self.job.id, by, stars=stars, text=text, now=now)

    def seen_by(self, reader: accounts_models.Account, *, now: datetime) -> list[int]:
        found = jobs.reviews_of_job(self.session, self.job, reader, now=now)
        return [one.stars for one in found]


@pytest.fixture
def done(session: Session, now: datetime) -> Completed:
    return Completed(session, now)


def test_one_review_stays_hidden_from_the_other_side(done: Completed) -> None:
    done.review(done.resident, stars=4, now=done.at)
    assert done.seen_by(done.resident, now=done.at) == [4]
    assert done.seen_by(done.provider, now=done.at) == []
    assert jobs.reviews_of_provider(done.session, done.provider.id, now=done.at, limit=10) == []


def test_the_second_review_reveals_both_and_both_are_told(done: Completed) -> None:
    done.review(done.resident, stars=4, now=done.at)
    done.review(done.provider, stars=5, now=done.at + HOUR)
    assert done.seen_by(done.resident, now=done.at + HOUR) == [4, 5]
    assert done.seen_by(done.provider, now=done.at + HOUR) == [4, 5]
    line = notifications_models.Notification
    told = done.session.scalars(select(line.account_id).where(line.kind == "reviews-visible")).all()
    assert set(told) == {done.resident.id, done.provider.id}
    [entry] = [
        one for one in history.of_job(done.session, done.job.id) if one.event == "reviews-visible"
    ]
    assert entry.at == done.at + HOUR


def test_a_single_review_shows_itself_after_a_week(done: Completed) -> None:
    done.review(done.resident, stars=2, now=done.at)
    assert done.seen_by(done.provider, now=done.at + WEEK - HOUR) == []
    assert done.seen_by(done.provider, now=done.at + WEEK) == [2]


def test_a_rating_counts_from_the_instant_it_can_be_read(done: Completed) -> None:
    done.review(done.resident, stars=2, now=done.at)

    def ratings(now: datetime) -> int:
        return providers.figures(done.session, done.provider.id, now=now).rating_count

    assert ratings(done.at + WEEK - HOUR) == 0
    assert ratings(done.at + WEEK) == 1
    done.review(done.provider, now=done.at + HOUR)
    assert ratings(done.at) == 0
    assert ratings(done.at + HOUR) == 1


def test_what_a_provider_says_of_a_resident_rates_nobodys_work(done: Completed) -> None:
    done.review(done.provider, stars=1, now=done.at)
    figures = providers.figures(done.session, done.provider.id, now=done.at + WEEK)
    assert figures.rating_count == 0


def test_each_side_reviews_once(done: Completed) -> None:
    done.review(done.resident, stars=4, now=done.at)
    with pytest.raises(errors.IllegalMove):
        done.review(done.resident, stars=1, now=done.at)
    assert done.seen_by(done.resident, now=done.at) == [4]


def test_after_a_week_nobody_reviews_any_more(done: Completed) -> None:
    with pytest.raises(errors.IllegalMove):
        done.review(done.resident, now=done.at + WEEK)
    done.review(done.resident, now=done.at + WEEK - HOUR)


def test_before_completion_nobody_reviews(session: Session, now: datetime) -> None:
    job = factories.job(session, now=now)
    resident = factories.person(session, job.resident_id)
    with pytest.raises(errors.IllegalMove) as refused:
        jobs.review(session, job.id, resident, stars=5, text="", now=now)
    assert refused.value.details["state"] == "open"


def test_nobody_else_reviews(done: Completed) -> None:
    with pytest.raises(errors.NotFound):
        done.review(factories.account(done.session), now=done.at)


def test_a_providers_reviews_are_listed_newest_first(session: Session, now: datetime) -> None:
    done = Completed(session, now)
    done.review(done.resident, stars=3, text="Bien.", now=done.at)
    [found] = jobs.reviews_of_provider(session, done.provider.id, now=done.at + WEEK, limit=10)
    assert (found.stars, found.text) == (3, "Bien.")
    assert (
        jobs.reviews_of_provider(
            session, done.provider.id, now=done.at + WEEK, limit=10, after=found.id
        )
        == []
    )


def test_two_reviews_at_once_reveal_each_other(town: racing.Town) -> None:
    for _ in range(5):
        place, _ = town.hamlet(0)
        with database.transaction() as session:
            done = Completed(session, town.now, place)

        outcomes = racing.together(
            *(
                town.call(jobs.review, done.job.id, person, stars=5, text="", now=done.at)
                for person in (done.resident, done.provider, done.resident)
            )
        )
        assert racing.kinds(outcomes) == ["IllegalMove", "ok", "ok"]
        with database.transaction() as session:
            visible = session.scalar(
                select(func.count()).where(
                    jobs_models.Review.job_id == done.job.id,
                    jobs_models.Review.visible_at == done.at,
                )
            )
        assert visible == 2
