"""From a resident's wish to an open job, the first time and again."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from jobbing_api import (
    database,
    errors,
    files,
    geography,
    history,
    markets,
    matching,
    queue,
    telemetry,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models
from jobbing_api.lifecycle import JobState

#: How far ahead a window may end.
HORIZON = timedelta(days=60)

#: A ``now`` job starts within so long.
NOW_WITHIN = timedelta(hours=4)

#: However short the time, somebody gets this long to answer.
_SHORTEST_SEARCH = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """Everything a resident says when posting. ``category`` is a slug, ``location``
    (lon, lat), instants aware UTC, ``budget_cents`` None for quotes, ``brief`` as
    ``markets.briefs`` has it, answered under ``template_version`` (None: the present)."""

    category: str
    title: str
    location: geography.LonLat
    window_from: datetime
    window_to: datetime
    duration_minutes: int
    budget_kind: str
    budget_cents: int | None
    currency: str
    mode: str
    urgency: str
    brief: Mapping[str, Any] = field(default_factory=dict)
    template_version: int | None = None
    address: str = ""
    access_notes: str = ""
    languages: Sequence[str] = ()
    needs: Sequence[str] = ()
    photos: Sequence[uuid.UUID] = ()


def post(
    session: Session, resident: accounts_models.Account, *, brief: Brief, now: datetime
) -> models.Job:
    """Write the job ``open`` and ask for its first wave once that is durable.

    Its photos were brought before. Raises InvalidInput (fields say what), OutsideMarkets
    (and counts the demand).
    """
    category = markets.category_by_slug(session, brief.category)
    said, version = check_brief(session, category, brief.brief, version=brief.template_version)
    checked = dataclasses.replace(brief, brief=said, template_version=version)
    return _post(session, resident, category, brief=checked, now=now)


def repost(
    session: Session,
    job_id: uuid.UUID,
    resident: accounts_models.Account,
    *,
    changes: Mapping[str, Any],
    same_provider: bool = False,
    now: datetime,
) -> models.Job:
    """The same again: a new job with the brief, place, budget and needs of one the
    resident posted before, whatever became of that.

    ``changes`` are members of ``Brief`` and name the new window. A brief that stays keeps
    the version it was answered under. What was for now and is not any more is scheduled,
    unless an urgency is named. With ``same_provider`` whoever did it is asked first, at
    what was agreed. Raises NotFound for anybody else's job, IllegalMove for the same
    provider of a job that nobody has done, and what ``post`` raises.
    """
    earlier = session.get(models.Job, job_id)
    if earlier is None or earlier.resident_id != resident.id:
        raise errors.NotFound()
    if same_provider and (earlier.state not in _DONE or earlier.provider_id is None):
        raise errors.IllegalMove(state=str(earlier.state))
    return _again(
        session,
        earlier,
        resident,
        changes=changes,
        like=earlier if same_provider else None,
        now=now,
    )


def repeat(
    session: Session,
    earlier: models.Job,
    resident: accounts_models.Account,
    *,
    window: tuple[datetime, datetime],
    like: models.Job | None,
    series: tuple[uuid.UUID, date],
    now: datetime,
) -> models.Job:
    """One occurrence of a series, of that local date: the job it repeats in another window.
    Whoever did ``like`` is asked first, at what was agreed then. Raises what ``post``
    raises."""
    changes = {"window_from": window[0], "window_to": window[1]}
    return _again(session, earlier, resident, changes=changes, like=like, series=series, now=now)


def _again(
    session: Session,
    earlier: models.Job,
    resident: accounts_models.Account,
    *,
    changes: Mapping[str, Any],
    like: models.Job | None,
    series: tuple[uuid.UUID, date] | None = None,
    now: datetime,
) -> models.Job:
    category = earlier.category
    brief = _said_of(session, earlier)
    if like is not None:
        brief = _as_agreed(brief, like)
    brief = dataclasses.replace(brief, **changes)
    if "brief" in changes:
        said, version = check_brief(
            session, category, brief.brief, version=changes.get("template_version")
        )
        brief = dataclasses.replace(brief, brief=said, template_version=version)
    if "urgency" not in changes and brief.urgency == "now" and _later(brief.window_from, now):
        brief = dataclasses.replace(brief, urgency="scheduled")
    return _post(
        session,
        resident,
        category,
        brief=brief,
        now=now,
        again=earlier.id,
        wanted_id=None if like is None else like.provider_id,
        series=series,
    )


#: Whoever did the job may be asked for again.
_DONE = (JobState.FINISHED, JobState.COMPLETED)


def _as_agreed(brief: Brief, like: models.Job) -> Brief:
    """The same at the price that was agreed for ``like``, where its resident had named none:
    there is nothing to choose among once one knows whom one wants. What was added on the
    way was for that time only."""
    if like.order is None or brief.budget_kind != "quotes":
        return brief
    agreed = sum(
        line["amount_cents"] or 0 for line in like.order["lines"] if "change_id" not in line
    )
    if agreed <= 0:
        return brief
    return dataclasses.replace(brief, mode="instant", budget_kind="fixed", budget_cents=agreed)


def _said_of(session: Session, job: models.Job) -> Brief:
    """What its resident said when posting ``job``, but for its photos: they stay with it."""
    said = job.brief
    if job.template_version is not None:
        template = markets.template_in_version(session, job.category, job.template_version)
        said = markets.briefs.without_photos(template, said)
    return Brief(
        category=job.category.slug,
        title=job.title,
        location=geography.lon_lat(job.location),
        window_from=job.window_from,
        window_to=job.window_to,
        duration_minutes=job.duration_minutes,
        budget_kind=job.budget_kind,
        budget_cents=job.budget_cents,
        currency=job.currency,
        mode=job.mode,
        urgency=job.urgency,
        brief=said,
        template_version=job.template_version,
        address=job.address,
        access_notes=job.access_notes,
        languages=job.languages,
        needs=job.needs,
    )


def check_brief(
    session: Session,
    category: markets.models.Category,
    said: Mapping[str, Any],
    *,
    version: int | None,
) -> tuple[dict[str, Any], int]:
    """A brief as it is kept, and the version of the template it answers; None: the
    present one. Raises InvalidInput at paths such as ``brief.answers.length``."""
    template = markets.template_in_version(session, category, version)
    return markets.briefs.check(template, said), template.version


def named_photos(
    session: Session, job: models.Job, photos: Sequence[uuid.UUID] = ()
) -> list[tuple[str, uuid.UUID]]:
    """The photos a job was posted with: these, and those its brief names, each with the path
    at which it is named. Of a job that was posted just now, there are no others."""
    named = [(f"photos.{place}", one) for place, one in enumerate(photos)]
    # What was said before there were templates names none.
    if job.template_version is not None:
        template = markets.template_in_version(session, job.category, job.template_version)
        for path, photo_id in markets.briefs.photo_ids(template, job.brief):
            if photo_id not in [one for _, one in named]:
                named.append((path, photo_id))
    return named


def keep_photos(
    session: Session,
    job: models.Job,
    resident: accounts_models.Account,
    photos: Sequence[uuid.UUID],
    *,
    replace: bool,
    now: datetime,
) -> None:
    """The job has these photos and those its brief names, each once and in this order,
    beside or with ``replace`` instead of those it has. Raises InvalidInput at the path of
    one that is not the resident's to use."""
    named = named_photos(session, job, photos)
    if not named and not replace:
        return
    ids, paths = [one for _, one in named], [path for path, _ in named]
    keep = files.replace if replace else files.attach
    keep(
        session,
        ids,
        owner=resident,
        to="job",
        subject_id=job.id,
        job_id=job.id,
        now=now,
        paths=paths,
    )


def draft(
    session: Session, resident: accounts_models.Account, *, brief: Brief, now: datetime
) -> models.Job:
    """The job that these words would become, for whoever asks beforehand: the session does
    not know of it, and nothing is written. What its brief says is not looked at.

    Raises InvalidInput and OutsideMarkets as ``post`` does.
    """
    category = markets.category_by_slug(session, brief.category)
    return _drafted(session, resident, category, brief=brief, now=now)


def _post(
    session: Session,
    resident: accounts_models.Account,
    category: markets.models.Category,
    *,
    brief: Brief,
    now: datetime,
    again: uuid.UUID | None = None,
    wanted_id: uuid.UUID | None = None,
    series: tuple[uuid.UUID, date] | None = None,
) -> models.Job:
    """Write down a brief whose answers were checked; ``again`` is the job it repeats,
    ``wanted_id`` who is asked first, ``series`` what it is an occurrence of, and when."""
    try:
        job = _drafted(session, resident, category, brief=brief, now=now)
    except errors.OutsideMarkets:
        matching.record_unserved(
            session,
            place=brief.location,
            category_id=category.id,
            urgency=brief.urgency,
            now=now,
        )
        raise
    job.wanted_id = wanted_id
    if series is not None:
        job.series_id, job.occurs_on = series
    session.add(job)
    session.flush()
    keep_photos(session, job, resident, brief.photos, replace=False, now=now)
    history.record(
        session,
        "job-post",
        at=now,
        actor_role="resident" if series is None else "system",
        actor_id=resident.id if series is None else None,
        market_id=job.market_id,
        job_id=job.id,
        to_state=JobState.OPEN,
        data={} if again is None else {"repeats": str(again)},
    )
    ask_for_wave(session, job, wave=1)
    return job


def _drafted(
    session: Session,
    resident: accounts_models.Account,
    category: markets.models.Category,
    *,
    brief: Brief,
    now: datetime,
) -> models.Job:
    """A job that is open from now on, if somebody adds it to the session."""
    check_window(
        brief.window_from,
        brief.window_to,
        brief.duration_minutes,
        urgency=brief.urgency,
        now=now,
    )
    check_terms(brief.mode, brief.urgency, brief.budget_kind, brief.budget_cents)
    market = markets.market_at(session, brief.location)
    if market is None:
        raise errors.OutsideMarkets()
    if brief.currency != market.currency:
        raise errors.InvalidInput(
            fields={"budget.currency": ["currency-of-the-market"]}, currency=market.currency
        )
    policy = markets.policy_in_force(
        session,
        market_id=market.id,
        category_id=category.id,
        urgency=brief.urgency,
        now=now,
    )
    lon, lat = brief.location
    return models.Job(
        id=database.new_id(),
        market=market,
        market_id=market.id,
        resident_id=resident.id,
        category=category,
        category_id=category.id,
        title=brief.title,
        brief=dict(brief.brief),
        template_version=brief.template_version,
        location=geography.point(lon, lat),
        address=brief.address,
        access_notes=brief.access_notes,
        window_from=brief.window_from,
        window_to=brief.window_to,
        duration_minutes=brief.duration_minutes,
        budget_kind=brief.budget_kind,
        budget_cents=brief.budget_cents,
        currency=brief.currency,
        mode=brief.mode,
        urgency=brief.urgency,
        languages=sorted(set(brief.languages)),
        needs=sorted(set(brief.needs)),
        state=JobState.OPEN,
        state_since=now,
        round=1,
        wave=0,
        round_opened_at=now,
        wake_at=now,
        queued_at=now,
        give_up_at=give_up_at(
            policy,
            mode=brief.mode,
            window_to=brief.window_to,
            duration_minutes=brief.duration_minutes,
            now=now,
        ),
        created_at=now,
        trace=telemetry.traceparent(),
    )


def ask_for_wave(session: Session, job: models.Job, *, wave: int) -> None:
    """Have a wave of its present round opened once this transaction is durable; run twice,
    one opens."""
    queue.publish(
        session, "open_wave", job_id=str(job.id), round_=job.round, wave=wave, trace=job.trace
    )


def check_window(
    window_from: datetime,
    window_to: datetime,
    duration_minutes: int,
    *,
    urgency: str,
    now: datetime,
) -> None:
    """Raises InvalidInput for a window past, too far ahead for this urgency or at all,
    or too short for the job."""
    duration = timedelta(minutes=duration_minutes)
    if window_to <= window_from:
        raise errors.InvalidInput(fields={"window.to": ["window-ends-before-it-starts"]})
    if window_to - window_from < duration:
        raise errors.InvalidInput(fields={"window": ["window-shorter-than-the-job"]})
    if window_to - duration < now:
        raise errors.InvalidInput(fields={"window": ["window-past"]})
    if window_to > now + HORIZON:
        raise errors.InvalidInput(fields={"window.to": ["window-too-far-ahead"]})
    if urgency == "now" and _later(window_from, now):
        raise errors.InvalidInput(fields={"window.from": ["now-starts-within-4-hours"]})


def _later(window_from: datetime, now: datetime) -> bool:
    """Whether a window opens too late for somebody who is wanted now."""
    return window_from > now + NOW_WITHIN


def check_terms(mode: str, urgency: str, budget_kind: str, budget_cents: int | None) -> None:
    """Raises InvalidInput for terms that contradict each other."""
    if mode == "choose" and urgency == "now":
        raise errors.InvalidInput(fields={"mode": ["choose-never-now"]})
    if budget_kind == "quotes" and mode != "choose":
        raise errors.InvalidInput(fields={"budget.kind": ["quotes-only-with-choose"]})
    if (budget_kind == "quotes") != (budget_cents is None):
        code = "no-amount-with-quotes" if budget_kind == "quotes" else "amount-required"
        raise errors.InvalidInput(fields={"budget.amount_cents": [code]})


def give_up_at(
    policy: markets.Policy, *, mode: str, window_to: datetime, duration_minutes: int, now: datetime
) -> datetime:
    """When a round that starts ``now`` ends without anybody.

    The policy's time from now, or its head start before the last possible start,
    whichever is sooner; yet never so soon that nobody could answer, and never past
    the last possible start.
    """
    latest_start = window_to - timedelta(minutes=duration_minutes)
    if mode == "choose" and policy.choose_answer_min and policy.choose_pick_min:
        longest = timedelta(minutes=policy.choose_answer_min + policy.choose_pick_min)
    else:
        longest = timedelta(minutes=policy.give_up_min)
    head_start = timedelta(minutes=policy.give_up_before_start_min or 0)
    wished = min(now + longest, latest_start - head_start)
    return min(max(wished, now + _SHORTEST_SEARCH), max(latest_start, now))
