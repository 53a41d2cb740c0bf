"""Who is asked in a wave: the best, and a fair chance for the others.

Hides: how far a wave looks until it is full, who goes first (a resident's favourites, and
after a cancellation those who would have come), the places kept for newcomers, and that
of two who are as good as each other whoever was asked less goes first.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, geography, markets, matching, notifications, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.offers import models
from jobbing_api.offers.requests import Case, left_out, request_of

#: Everybody, for a town where few live; a bound, because "thin" counts those close by
#: only, and a city may lie within reach.
_EVERYBODY = 100

#: Whoever is as good as the last of a wave is looked for among so many beyond it.
_EQUALS = 20


#: Farther than any step: the radius of the last wave.
LAST_STEP = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Filling:
    """The question a wave asks, its answer, and the people: rows locked, in the order in
    which they are asked, and where they live. The ``first`` of them have a head start."""

    request: matching.Request
    ranking: matching.Ranking
    chosen: list[matching.Candidate]
    bases: Mapping[uuid.UUID, geography.LonLat]
    first: int


def fill(session: Session, case: Case, *, wave: int, size: int, now: datetime) -> Filling:
    """The people of the next wave of a job, at most ``size`` of them; where few live,
    everybody."""
    policy = case.policy
    without = asleep(session, case, now=now)
    if not case.untouched:
        without |= left_out(session, case.job)
    request, ranking = _widened(session, case, without, size=size, now=now)
    if ranking.tier.thin:
        # Where few live, everybody is asked at once, outside their hours too; whoever
        # chooses among answers still has no more asked than can be compared.
        size = size if case.job.mode == "choose" else _EVERYBODY
        request = _softly(request)
        ranking = matching.rank(session, request, policy, size, now=now, purpose=None)
    first = _first(session, case, without, wave=wave, size=size, now=now)
    ahead = {candidate.provider_id for candidate in first}
    others = [one for one in ranking.candidates if one.provider_id not in ahead]
    others = _fairly(session, policy, others, size=size - len(first), now=now)
    others = _with_newcomers(session, case, request, first, others, now=now)
    # Two waves may want the same person at once: their caps and hours are looked at again
    # under a lock on their rows, and whoever is full by now waits for another wave.
    held = providers.lock(session, [one.provider_id for one in (*first, *others)])
    gone = _overtaken(session, case, [*first, *others], now=now)
    first = [one for one in first if one.provider_id not in gone]
    others = [one for one in others if one.provider_id not in gone]
    return Filling(
        request=request,
        ranking=ranking,
        chosen=first + others,
        bases={provider_id: one.base for provider_id, one in held.items()},
        first=len(first),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How many could be asked, how many of them within their hours, and of the others how
    many fell out by which filter."""

    count: int
    within_hours: int
    fell_out: Mapping[str, int]


def reach(
    session: Session,
    case: Case,
    *,
    at_most: int,
    judge: str = "best",
    now: datetime,
) -> Reach:
    """How many the waves of the job's round would still come to, counted no farther than
    ``at_most``. Who fell out is told as far as ``judge`` says."""
    policy = case.policy
    without = asleep(session, case, now=now) | left_out(session, case.job)
    request = request_of(session, case.job, policy, leave_out=without, radius_step=LAST_STEP)
    ranking = matching.rank(session, request, policy, at_most, now=now, purpose=None, judge=judge)
    if ranking.tier.thin:
        ranking = matching.rank(session, _softly(request), policy, at_most, now=now, purpose=None)
    found = {one.provider_id: one for one in ranking.candidates}
    if len(found) < at_most:
        first = _first(session, case, without, wave=1, size=at_most, now=now)
        found |= {one.provider_id: one for one in first}
    within_hours = sum(not one.outside_hours for one in found.values())
    return Reach(
        count=min(at_most, len(found)),
        within_hours=min(at_most, within_hours),
        fell_out=ranking.fell_out,
    )


def _widened(
    session: Session,
    case: Case,
    without: frozenset[uuid.UUID],
    *,
    size: int,
    now: datetime,
) -> tuple[matching.Request, matching.Ranking]:
    """The ranking at the first radius that fills the wave, else at the last."""
    step = 0
    while True:
        request = request_of(session, case.job, case.policy, leave_out=without, radius_step=step)
        ranking = matching.rank(
            session, request, case.policy, size + _EQUALS, now=now, purpose=None
        )
        if len(ranking.candidates) >= size or step + 1 >= len(ranking.tier.radius_steps_m):
            return request, ranking
        step += 1


def _softly(request: matching.Request) -> matching.Request:
    """The same, and whoever could come outside their hours."""
    return dataclasses.replace(request, outside_hours=True)


def asleep(session: Session, case: Case, *, now: datetime) -> frozenset[uuid.UUID]:
    """Whoever is on duty in the quiet hours and never said that they may be rung then: an
    offer for now would be over before they hear of it."""
    if case.job.urgency != "now" or not markets.quiet(
        case.policy, at=now, time_zone=case.market.time_zone
    ):
        return frozenset()
    presence, skill = providers.models.Presence, providers.models.Skill
    on_duty = session.scalars(
        select(presence.provider_id)
        .join(skill, skill.provider_id == presence.provider_id)
        .where(presence.online, skill.category_id == case.category.id)
    ).all()
    return frozenset(on_duty) - notifications.awake_at_night(session, on_duty)


def _first(
    session: Session,
    case: Case,
    without: frozenset[uuid.UUID],
    *,
    wave: int,
    size: int,
    now: datetime,
) -> list[matching.Candidate]:
    """Who is asked before others: whoever the resident would have again; else their
    favourites, and whoever would have come when the one who was chosen dropped out. As far
    as their own reach goes."""
    if wave > 1 or size <= 0:
        return []
    wanted_id = case.job.wanted_id
    if wanted_id is not None and wanted_id not in without:
        request = request_of(session, case.job, case.policy, only=[wanted_id])
        wanted = matching.rank(session, request, case.policy, 1, now=now, purpose=None)
        if wanted.candidates:
            return wanted.candidates
    dear = accounts.favourites(session, case.job.resident_id)
    if case.job.round > 1:
        dear |= _backups(session, case.job)
    only = sorted(dear - without)
    if not only:
        return []
    request = request_of(session, case.job, case.policy, only=only)
    return matching.rank(session, request, case.policy, size, now=now, purpose=None).candidates


def _backups(session: Session, job: jobs_models.Job) -> frozenset[uuid.UUID]:
    """Who was still asked when somebody took the job who then gave it back; those alone
    who said since that they are ready, if anybody did."""
    visit = jobs_models.Visit
    agreed_at = session.scalars(
        select(visit.agreed_at).where(
            visit.job_id == job.id,
            visit.ended_because.in_(providers.GIVEN_BACK),
            # The round was opened by that very end.
            visit.ended_at == job.round_opened_at,
        )
    ).first()
    if agreed_at is None:
        return frozenset()
    waiting = session.execute(backups_of(job.id, job.round - 1, agreed_at)).all()
    ready = frozenset(row.provider_id for row in waiting if row.stands_by)
    return ready or frozenset(row.provider_id for row in waiting if row.stands_by is not False)


def backups_of(
    job_id: uuid.UUID, round_: int, agreed_at: datetime
) -> Select[uuid.UUID, uuid.UUID, bool | None]:
    """Whoever was asked and had not answered when another took the job at ``agreed_at``,
    best first."""
    return (
        select(models.Offer.id, models.Offer.provider_id, models.Offer.stands_by)
        .where(
            models.Offer.job_id == job_id,
            models.Offer.round == round_,
            models.Offer.state == OfferState.WITHDRAWN,
            models.Offer.ended_at == agreed_at,
            models.Offer.send_at <= models.Offer.ended_at,
        )
        .order_by(models.Offer.score.desc(), models.Offer.provider_id)
    )


def _fairly(
    session: Session,
    policy: markets.Policy,
    ranked: Sequence[matching.Candidate],
    *,
    size: int,
    now: datetime,
) -> list[matching.Candidate]:
    """``size`` of the best. At each place those within the margin of the best who is left
    count as equal, and whoever was asked least lately goes first."""
    asked = providers.record.asked_since(
        session,
        [candidate.provider_id for candidate in ranked],
        since=now - timedelta(days=policy.fairness_days),
        now=now,
    )
    return fair_order(ranked, asked, margin=policy.fairness_margin, size=size)


def fair_order(
    ranked: Sequence[matching.Candidate],
    asked: Mapping[uuid.UUID, int],
    *,
    margin: float,
    size: int,
) -> list[matching.Candidate]:
    """``size`` candidates, best first, such that at each place those whose score is within
    ``margin`` of the best who is left go by how often they were ``asked``, least first."""
    left = list(ranked)
    ordered: list[matching.Candidate] = []
    while left and len(ordered) < size:
        equals = [one for one in left if left[0].score - one.score <= margin]
        chosen = min(equals, key=lambda one: asked.get(one.provider_id, 0))
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _with_newcomers(
    session: Session,
    case: Case,
    request: matching.Request,
    first: Sequence[matching.Candidate],
    others: list[matching.Candidate],
    *,
    now: datetime,
) -> list[matching.Candidate]:
    """The same with their share of newcomers, who take the last places of those who have
    had theirs before. A wave that is not full has everybody in it already."""
    policy = case.policy
    size = len(first) + len(others)
    places = max(policy.newcomer_places_at_least, int(size * policy.newcomer_share))
    if not others or not places or case.category.group_slug in policy.newcomer_never_groups:
        return others
    new = providers.newcomers(
        session,
        category_id=case.category.id,
        market_id=case.market.id,
        near=request.place,
        finished_below=policy.newcomer_finished_below,
        since=now - timedelta(days=policy.newcomer_days),
    )
    there = {one.provider_id for one in (*first, *others)}
    missing = places - len(there & set(new))
    only = [one for one in new if one not in there and one not in request.leave_out]
    if missing <= 0 or not only:
        return others
    asked = dataclasses.replace(request, only=only)
    found = matching.rank(session, asked, policy, missing, now=now, purpose=None).candidates
    for_them = _last_of(others, len(found), but=set(new))
    kept = [one for one in others if one.provider_id not in for_them]
    return [*kept, *found[: len(for_them)]]


def _last_of(
    others: Sequence[matching.Candidate], count: int, *, but: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """The last ``count`` who are none of ``but``."""
    may = [one.provider_id for one in others if one.provider_id not in but]
    return set(may[len(may) - count :] if count <= len(may) else may)


def _overtaken(
    session: Session, case: Case, wanted: Sequence[matching.Candidate], *, now: datetime
) -> set[uuid.UUID]:
    """Who of them can be asked no more, now that their rows are locked."""
    if not wanted:
        return set()
    return matching.overtaken(
        session,
        [(one.provider_id, one.starts_at, one.ends_at) for one in wanted],
        case.policy,
        time_zone=case.market.time_zone,
        now=now,
    )
