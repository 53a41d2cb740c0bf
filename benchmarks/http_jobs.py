"""Questions of the workload as jobs in the database, and somebody who may look at them.

Hides: how a question becomes a row, which questions no job can ask as they are, how those
it leaves out become people who were asked before, and that a database that is kept keeps
nothing of it, even when a run was killed. Written row by row instead of through the
application's doors, which would leave entries in a history that nothing may be taken from.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import places
from benchmarks.workload import Ask
from jobbing_api import database, geography
from jobbing_api.accounts import access
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.offers import models as offers_models

#: By what jobs and the operator that are made here are known, and found again.
_TITLE = "A job of the benchmark over HTTP"
_EMAIL = "operator-over-http@bench.example"

#: A price that is too low for nobody.
AMPLE_CENTS = 1_000_000


def fitting(ask: Ask) -> Ask:
    """The same question as a job can ask it.

    A job for now cannot wait for quotes: it offers more than anybody's minimum instead,
    which lets everybody pass whom waiting for quotes would.
    """
    request = ask.request
    if request.urgency != "now" or request.budget_kind != "quotes":
        return ask
    priced = dataclasses.replace(request, budget_kind="fixed", budget_cents=AMPLE_CENTS)
    return dataclasses.replace(ask, request=priced)


@contextlib.contextmanager
def posted(engine: Engine, asks: Iterable[Ask]) -> Iterator[access.Bearer]:
    """An open job for each of the questions, under the id the question names, and an
    operator of their market who is signed in, for as long as the block runs.

    Only questions that are ``fitting``. What a killed run left is taken away first.
    """
    _remove(engine)
    try:
        with Session(engine) as session:
            bearer = _sign_in(session)
            for ask in asks:
                session.add(_job(ask))
                # The database wants a job before the offers of it.
                session.flush()
                session.add_all(_offers(ask))
            session.commit()
        yield bearer
    finally:
        _remove(engine)


def _sign_in(session: Session) -> access.Bearer:
    now = places.now()
    operator = accounts_models.Account(
        id=database.new_id(),
        email=_EMAIL,
        email_verified_at=now,
        display_name="Operator",
        language="en",
        created_at=now,
        roles=[accounts_models.AccountRole(role="operator")],
    )
    session.add(operator)
    session.flush()
    sign_in = accounts_models.SignIn(id=database.new_id(), account_id=operator.id, created_at=now)
    grant = accounts_models.OperatorGrant(
        account_id=operator.id,
        market_id=places.id_of("market", 0),
        level="read",
        granted_at=now,
    )
    session.add_all([sign_in, grant])
    session.flush()
    return access.Bearer(operator.id, sign_in.id)


def _job(ask: Ask) -> jobs_models.Job:
    request = ask.request
    return jobs_models.Job(
        id=request.job_id,
        market_id=request.market_id,
        resident_id=request.resident_id,
        category_id=request.category_id,
        title=_TITLE,
        brief={},
        location=geography.point(*request.place),
        address="",
        access_notes="",
        window_from=request.window_from,
        window_to=request.window_to,
        duration_minutes=request.duration_minutes,
        budget_kind=request.budget_kind,
        budget_cents=request.budget_cents,
        currency=places.recipe()["market"]["currency"],
        mode="choose" if request.budget_kind == "quotes" else "instant",
        urgency=request.urgency,
        languages=list(request.languages),
        needs=list(request.needs),
        state=JobState.OPEN,
        state_since=ask.now,
        wave=1 if request.leave_out else 0,
        round_opened_at=ask.now,
        wake_at=ask.now,
        created_at=ask.now,
    )


def _offers(ask: Ask) -> Iterator[offers_models.Offer]:
    """Whoever is left out was asked in this round, and let it pass."""
    request = ask.request
    for rank, provider_id in enumerate(sorted(request.leave_out), start=1):
        yield offers_models.Offer(
            market_id=request.market_id,
            job_id=request.job_id,
            round=1,
            wave=1,
            provider_id=provider_id,
            state=OfferState.EXPIRED,
            rank=rank,
            score=1 / rank,
            parts={"proximity": {"value": 1 / rank, "weight": 1.0}},
            distance_m=1_000 * rank,
            starts_at=request.window_from,
            ends_at=request.window_from + request.duration,
            price={},
            send_at=ask.now - timedelta(minutes=30),
            expires_at=ask.now - timedelta(minutes=10),
            ended_at=ask.now - timedelta(minutes=10),
            created_at=ask.now - timedelta(minutes=30),
        )


#: Children first: neither cascades nor their triggers are at work meanwhile, which would
#: look through whole tables for each row.
_REMOVE = (
    "DELETE FROM offers o USING jobs j WHERE j.id = o.job_id AND j.title = :title",
    "DELETE FROM jobs WHERE title = :title",
    *(
        f"DELETE FROM {table} t USING accounts a WHERE a.id = t.account_id AND a.email = :email"
        for table in ("sign_ins", "operator_grants", "account_roles")
    ),
    "DELETE FROM accounts WHERE email = :email",
)


def _remove(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _REMOVE:
            connection.execute(text(statement), {"title": _TITLE, "email": _EMAIL})
