"""Who sees which job, and what they may change in it without moving it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from jobbing_api import accounts, errors, files, history
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, moves, posting
from jobbing_api.lifecycle import JobState

Role = Literal["resident", "provider", "operator"]

#: What the owner may reword while nobody or somebody is coming.
EDITABLE = frozenset({"title", "brief", "template_version", "address", "access_notes", "photos"})


@dataclass(frozen=True, slots=True)
class View:
    """A job, and as whom the reader sees it."""

    job: models.Job
    role: Role


def get_for(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> View:
    """The job as owner, assigned provider or operator of its market.

    Whoever would have come still sees that it was cancelled, no longer where it was.

    Anybody else, and anything that does not exist: NotFound.
    """
    job = session.get(models.Job, job_id)
    if job is None:
        raise errors.NotFound()
    if job.resident_id == account.id:
        return View(job, "resident")
    if job.provider_id == account.id:
        return View(job, "provider")
    if account.has_role("operator") and job.market_id in accounts.operator_markets(
        session, account.id
    ):
        return View(job, "operator")
    raise errors.NotFound()


def hold(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    only: Role | None = None,
    now: datetime,
) -> tuple[models.Job, Role]:
    """The job as its resident or its provider sees it, locked, and which of them it is;
    with ``only``, that one's. Others: NotFound or NotAllowed."""
    role = get_for(session, job_id, account, now=now).role
    if role == "operator" or only not in (None, role):
        raise errors.NotAllowed()
    job = moves.lock(session, job_id)
    # While we waited it may have been given back, and be somebody else's by now.
    if job is None or account.id != (job.provider_id if role == "provider" else job.resident_id):
        raise errors.NotFound()
    return job, role


def list_for(
    session: Session,
    account: accounts_models.Account,
    *,
    states: Sequence[str] = (),
    limit: int,
    after: uuid.UUID | None = None,
) -> list[models.Job]:
    """Jobs the account posted or comes to, and an operator's markets' jobs; newest
    first, below ``after``."""
    mine = or_(models.Job.resident_id == account.id, models.Job.provider_id == account.id)
    if account.has_role("operator"):
        markets = accounts.operator_markets(session, account.id)
        mine = or_(mine, models.Job.market_id.in_(list(markets)))
    query = select(models.Job).where(mine).order_by(models.Job.id.desc()).limit(limit)
    if states:
        query = query.where(models.Job.state.in_(list(states)))
    if after is not None:
        query = query.where(models.Job.id < after)
    with_names = query.options(selectinload(models.Job.category), selectinload(models.Job.market))
    return list(session.scalars(with_names))


def edit(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    changes: Mapping[str, Any],
    version: int,
    now: datetime,
) -> models.Job:
    """Reword a job that is open or assigned; ``photos`` are all it is to have, in order,
    beside those its brief names. ``version`` is the one the caller read: another has changed
    it since -> VersionMismatch. A new brief is checked as in a post, against the version of
    the template it names or the present one."""
    view = get_for(session, job_id, account, now=now)
    if view.role != "resident":
        raise errors.NotAllowed()
    job = view.job
    moves.lock(session, job_id)
    if job.version != version:
        raise errors.VersionMismatch()
    if job.state not in _OPEN_TO_CHANGE:
        raise errors.IllegalMove(state=str(job.state))
    unknown = set(changes) - EDITABLE
    if unknown:
        raise errors.InvalidInput(fields={name: ["not-editable"] for name in sorted(unknown)})
    said = dict(changes)
    photos = said.pop("photos", None)
    if "brief" in said:
        said["brief"], said["template_version"] = posting.check_brief(
            session, job.category, said["brief"], version=said.get("template_version")
        )
    for name, value in said.items():
        setattr(job, name, value)
    if photos is not None or "brief" in said:
        posting.keep_photos(
            session, job, account, photos or (), replace=photos is not None, now=now
        )
    _record_edit(session, job, account, sorted(changes), now=now)
    session.flush()
    return job


def remove_photo(
    session: Session, photo_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> None:
    """Let go of one of the account's photos, wherever it belongs.

    Raises NotFound, also for somebody else's; PhotoFrozen for one of a job on which work
    has begun, of a check, a message or a receipt: others have acted on what it shows. A
    paper's goes with the paper.
    """
    photo = files.own(session, photo_id, account)
    if photo.subject_kind in _FROZEN:
        raise errors.PhotoFrozen()
    if photo.subject_kind == "job":
        assert photo.job_id is not None
        job = moves.lock(session, photo.job_id)
        assert job is not None
        if job.state not in _OPEN_TO_CHANGE:
            raise errors.PhotoFrozen()
        _record_edit(session, job, account, ["photos"], now=now)
    files.let_go(session, [photo.id], now=now)


#: What belongs to one of these is seen at once by somebody who may act on it.
_FROZEN = ("check", "message", "receipt", "paper")

#: While a job is in one of these, nobody has begun to work on it.
_OPEN_TO_CHANGE = (JobState.OPEN, JobState.ASSIGNED)


def _record_edit(
    session: Session,
    job: models.Job,
    account: accounts_models.Account,
    changed: list[str],
    *,
    now: datetime,
) -> None:
    job.version += 1
    history.record(
        session,
        "job-edit",
        at=now,
        actor_role="resident",
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        data={"fields": changed},
    )
