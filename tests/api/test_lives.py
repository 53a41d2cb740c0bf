"""Random people against the whole life of jobs, over HTTP: whatever they try, in whatever order.

Hypothesis chooses who does what to which job and how time passes. After every step: no state that
the table of moves does not allow, totals that are the sum of their lines, and nothing in an answer
that its reader may not read: every private word anybody writes here is a token of its own, and
every answer is searched for the tokens of others.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobbing_api import accounts, clock, database, dues, lifecycle, offers, settings
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from tests.api.conftest import Clock, Person, job, point, profile, sign_in
from tests.factories import LYON
from tests.integration import racing

_TOKEN = re.compile(r"tok[0-9]+x")

#: A handful of each is enough for every quarrel.
_JOBS, _PROVIDERS, _RESIDENTS = 4, 3, 2

#: What its people would do next with a job in some state.
_OWNER_NEXT = {
    JobState.OPEN: ("choose",),
    JobState.UNFILLED: ("dispatch",),
    JobState.ASSIGNED: ("start", "start", "confirm-visit", "agree-move", "agree-change"),
    JobState.IN_PROGRESS: ("agree-change", "dispute"),
    JobState.FINISHED: ("confirm", "confirm", "redo", "dispute", "agree-change"),
    JobState.COMPLETED: ("review", "review", "pay"),
    JobState.DISPUTED: ("state",),
}
_PROVIDER_NEXT = {
    JobState.ASSIGNED: ("on-my-way", "start", "start", "change", "cancel", "reschedule"),
    JobState.IN_PROGRESS: ("finish", "finish", "check-in", "blocked", "resume", "change"),
    JobState.FINISHED: ("change",),
    JobState.COMPLETED: ("review", "review", "agree-paid"),
    JobState.DISPUTED: ("state",),
}

#: May this person read it now?
Readers = Callable[[str], bool]


@dataclass
class World:
    """What every run of the machine stands on."""

    application: Flask
    engine: Engine
    config: settings.Settings


class Lives(RuleBasedStateMachine):
    """One town, its people and their jobs, from an empty database to the last step."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._connection = self.world.engine.connect()
        self._outer = self._connection.begin()
        database.bind(self._connection)
        self.session = Session(
            self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        self.clock = Clock()
        self.world.application.config["CLOCK"] = self.clock
        self.jobs: list[str] = []
        self.tokens: dict[str, Readers] = {}
        self.steps = 0
        client = self.world.application.test_client()

        def someone(*roles: str) -> Person:
            return sign_in(client, self.world.config, self.clock.now, *roles)

        self.residents = [someone("resident") for _ in range(_RESIDENTS)]
        self.providers = [someone("resident", "provider") for _ in range(_PROVIDERS)]
        for place, provider in enumerate(self.providers):
            base = point(LYON[0] + place / 1000, LYON[1])
            assert provider.put("/providers/me", profile(base=base)).status_code == 200
        self.operator = someone("resident")
        with database.transaction() as session:
            email = "acts@example.org"
            session.get_one(accounts.models.Account, uuid.UUID(self.operator.id)).email = email
            session.flush()
            accounts.make_operator(
                session, email=email, market_slugs=["lyon"], level="act", now=self.clock.now
            )
        self.everybody = [*self.residents, *self.providers, self.operator, someone("resident")]

    def teardown(self) -> None:
        try:
            racing.assert_consistent(self.session)
        finally:
            self.session.close()
            self._outer.rollback()
            self._connection.close()

    # Words that are somebody's ------------------------------------------------------------

    def _word(self, readers: Readers) -> str:
        token = f"tok{len(self.tokens)}x"
        self.tokens[token] = readers
        return token

    def _job(self, job_id: str) -> jobs_models.Job:
        return self.session.get_one(jobs_models.Job, uuid.UUID(job_id), populate_existing=True)

    def _of_the_visit(self, job_id: str) -> Readers:
        """The resident, whoever has the job now, and operators."""

        def may(reader: str) -> bool:
            present = self._job(job_id)
            has_it = {str(present.resident_id), str(present.provider_id), self.operator.id}
            return reader in has_it

        return may

    def _between(self, *people: str) -> Readers:
        return lambda reader: reader in people

    def _of_review(self, job_id: str, author: str) -> Readers:
        def may(reader: str) -> bool:
            if reader == author:
                return True
            written = self.session.execute(
                select(jobs_models.Review.author_id, jobs_models.Review.visible_at).where(
                    jobs_models.Review.job_id == uuid.UUID(job_id)
                )
            ).all()
            over = self._job(job_id).completed_at
            both = len({one.author_id for one in written}) == 2
            return both or (over is not None and self.clock.now >= over + timedelta(days=7))

        return may

    def _said(self, who: Person, answer: TestResponse) -> TestResponse:
        """Every answer is read for what is not this person's."""
        assert answer.status_code < 500, answer.text
        for token in set(_TOKEN.findall(answer.text)):
            assert self.tokens[token](who.id), (token, who.id, answer.request.path)
        if answer.is_json and isinstance(document := answer.get_json(), dict):
            visit = document.get("visit")
            if visit and visit.get("start_code") is not None:
                assert who.id == document["resident"]["id"]
        return answer

    def _ask(self, who: Person, method: str, path: str, body: Any = None) -> TestResponse:
        return self._said(who, who.ask(method, path, body))

    # What people do -----------------------------------------------------------------------

    @initialize(mode=st.sampled_from(["instant", "choose"]))
    def begin(self, mode: str) -> None:
        """Two residents want something done."""
        self.post(who=0, mode="instant", days=1)
        self.post(who=1, mode=mode, days=2)
        self.time_passes(5)

    @rule(
        who=st.integers(0, _RESIDENTS - 1),
        mode=st.sampled_from(["instant", "instant", "choose"]),
        days=st.integers(1, 4),
    )
    def post(self, who: int, mode: str, days: int) -> None:
        if len(self.jobs) >= _JOBS:
            return
        resident = self.residents[who]
        budget = {"kind": "fixed", "amount_cents": 9000, "currency": "EUR"}
        if mode == "choose":
            budget = {"kind": "quotes", "currency": "EUR"}
        from_ = (self.clock.now + timedelta(days=days)).replace(hour=6, minute=0)
        number = len(self.tokens)
        address, notes = f"tok{number}x", f"tok{number + 1}x"
        body = job(
            self.clock.now,
            address=address,
            access_notes=notes,
            mode=mode,
            budget=budget,
            window={"from": from_.isoformat(), "to": (from_ + timedelta(hours=10)).isoformat()},
        )
        answer = resident.post("/jobs", body)
        assert answer.status_code == 201, answer.text
        job_id = answer.get_json()["id"]
        self.jobs.append(job_id)
        for token in (address, notes):
            self.tokens[token] = self._of_the_visit(job_id)
        self._said(resident, answer)
        self._open_waves()

    @rule(minutes=st.sampled_from([1, 5, 5, 15, 15, 40, 90, 240, 1440, 4320]))
    def time_passes(self, minutes: int) -> None:
        """Everything due on the way is done at its hour, as a clock would."""
        until = self.clock.now + timedelta(minutes=minutes)
        for _ in range(60):
            with database.transaction() as session:
                moments = (dues.next_due_at(session), offers.next_due_at(session))
            due_at = min(filter(None, moments), default=until)
            if due_at >= until:
                break
            self.clock.now = max(self.clock.now, due_at)
            self._tick()
        self.clock.now = until
        self._tick()

    def _tick(self) -> None:
        now = self.clock.now
        with database.transaction() as session:
            offers.send_due(session, now=now)
        with database.transaction() as session:
            offers.expire_due(session, now=now)
        clock.do_due(now)
        self._open_waves()

    def _open_waves(self) -> None:
        row = jobs_models.Job
        with database.transaction() as session:
            found = session.execute(
                select(row.id, row.round, row.wave).where(
                    row.state == JobState.OPEN, row.wake_at <= self.clock.now
                )
            ).all()
            for one in found:
                offers.open_wave(
                    session, one.id, round_=one.round, wave=one.wave + 1, now=self.clock.now
                )

    @rule(
        who=st.integers(0, _PROVIDERS - 1),
        which=st.integers(0, 20),
        what=st.sampled_from(
            [
                *("seen", "accept", "accept", "accept", "quote", "quote", "decline"),
                *("undo", "stand-by", "counter"),
            ]
        ),
        another=st.booleans(),
    )
    def answer_offer(self, who: int, which: int, what: str, another: bool) -> None:
        """One's own offer, or now and then somebody else's."""
        provider = self.providers[who]
        asked = self.providers[(who + another) % _PROVIDERS]
        items = asked.get("/offers").get_json()["items"]
        if not items:
            return
        offer = items[which % len(items)]
        body: Any = None
        if what == "quote":
            owner = str(self._job(offer["job_id"]).resident_id)
            word = self._word(self._between(provider.id, owner, self.operator.id))
            body = {"amount_cents": 7000, "message": word}
        elif what == "decline":
            body = {"reason": "time"}
        elif what == "stand-by":
            body = {"ready": True}
        elif what == "counter":
            body = {"agree": True}
        answer = self._ask(provider, "POST", f"/offers/{offer['id']}/{what}", body)
        if another and asked.id != provider.id:
            assert answer.status_code == 404, (what, answer.text)

    @rule(who=st.integers(0, 6), which=st.integers(0, _JOBS - 1), data=st.data())
    def move(self, who: int, which: int, data: st.DataObject) -> None:
        """Anybody tries anything on any job."""
        if not self.jobs:
            return
        someone = self.everybody[who]
        job_id = self.jobs[which % len(self.jobs)]
        names = sorted(self._moves(someone, job_id))
        name = data.draw(st.sampled_from(names))
        path, body = self._moves(someone, job_id)[name]()
        answer = self._ask(someone, "POST", f"/jobs/{job_id}/{path}", body)
        present = self._job(job_id)
        if someone.id not in (str(present.resident_id), self.operator.id) and not (
            self._was_ever_asked(someone, job_id)
        ):
            assert answer.status_code in (403, 404), (name, answer.text)
        self._open_waves()

    def _go_on(self, which: int, data: st.DataObject) -> None:
        """What the people of a job would do next, so that lives get past their beginning."""
        if not self.jobs:
            return
        job_id = self.jobs[which % len(self.jobs)]
        present = self._job(job_id)
        people = {one.id: one for one in self.everybody}
        owner, comes = people[str(present.resident_id)], people.get(str(present.provider_id))
        likely = [(owner, name) for name in _OWNER_NEXT.get(present.state, ())]
        if comes is not None:
            likely += [(comes, name) for name in _PROVIDER_NEXT.get(present.state, ())]
        if present.state == JobState.DISPUTED:
            likely.append((self.operator, "decide"))
        asked = self.session.execute(
            text(
                "SELECT id, provider_id FROM offers WHERE job_id = :job"
                " AND state IN ('sent', 'seen') ORDER BY id"
            ),
            {"job": job_id},
        ).all()
        answers = [(people[str(one.provider_id)], str(one.id)) for one in asked]
        if answers and (not likely or data.draw(st.booleans())):
            provider, offer_id = data.draw(st.sampled_from(answers))
            what, body = "accept", None
            if present.mode == "choose":
                word = self._word(self._between(provider.id, owner.id, self.operator.id))
                what, body = "quote", {"amount_cents": 7000, "message": word}
            self._ask(provider, "POST", f"/offers/{offer_id}/{what}", body)
        elif likely:
            someone, name = data.draw(st.sampled_from(likely))
            path, body = self._moves(someone, job_id)[name]()
            self._ask(someone, "POST", f"/jobs/{job_id}/{path}", body)
        elif present.state == JobState.OPEN:
            self.time_passes(15)
        self._open_waves()

    @rule(which=st.integers(0, _JOBS - 1), data=st.data())
    def go_on(self, which: int, data: st.DataObject) -> None:
        self._go_on(which, data)

    @rule(which=st.integers(0, _JOBS - 1), data=st.data())
    def go_on_too(self, which: int, data: st.DataObject) -> None:
        """The same: half of all steps should lead somewhere."""
        self._go_on(which, data)

    @rule(which=st.integers(0, _JOBS - 1), data=st.data())
    def and_on(self, which: int, data: st.DataObject) -> None:
        self._go_on(which, data)

    def _was_ever_asked(self, someone: Person, job_id: str) -> bool:
        return bool(
            self.session.scalar(
                text("SELECT count(*) FROM offers WHERE job_id = :job AND provider_id = :who"),
                {"job": job_id, "who": someone.id},
            )
        )

    def _moves(self, someone: Person, job_id: str) -> dict[str, Callable[[], tuple[str, Any]]]:
        """Every move of a job, with words of one's own where there are any."""
        present = self._job(job_id)
        owner, comes = str(present.resident_id), str(present.provider_id)
        two = (owner, comes, someone.id, self.operator.id)
        later = (self.clock.now + timedelta(days=1)).replace(hour=9, minute=0)

        def word(*people: str) -> str:
            return self._word(self._between(*(people or two)))

        def quoted() -> str:
            found = self.session.scalar(
                text(
                    "SELECT id FROM offers WHERE job_id = :job AND state = 'quoted'"
                    " ORDER BY id LIMIT 1"
                ),
                {"job": job_id},
            )
            return str(found or uuid.uuid4())

        def latest(table: str) -> str:
            found = self.session.scalar(
                text(f"SELECT id FROM {table} WHERE job_id = :job ORDER BY id DESC LIMIT 1"),
                {"job": job_id},
            )
            return str(found or uuid.uuid4())

        def code() -> str | None:
            return self.session.scalar(
                text("SELECT start_code FROM visits WHERE job_id = :job AND ended_at IS NULL"),
                {"job": job_id},
            )

        # A provider writes to the resident; the resident to whoever comes, or to one asked.
        with_ = comes if present.provider_id else self.providers[0].id
        talk = (owner, someone.id if someone.id != owner else with_)
        message = {"provider_id": with_} if someone.id == owner else {}
        window = {"from": later.isoformat(), "to": (later + timedelta(hours=8)).isoformat()}
        lines = [{"kind": "supplies", "label": "Coude", "amount_cents": 1500}]
        return {
            "cancel": lambda: ("cancel", {"reason": word(owner, someone.id, self.operator.id)}),
            "dispatch": lambda: ("dispatch", {"window": window}),
            "repost": lambda: (
                "repost",
                {"window": {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}},
            ),
            "on-my-way": lambda: ("on-my-way", {"minutes": 20}),
            "confirm-visit": lambda: ("confirm-visit", None),
            "start": lambda: ("start", {"code": code() or "0000"}),
            "finish": lambda: ("finish", {"text": word()}),
            "redo": lambda: ("redo", {"reason": word()}),
            "redo-date": lambda: ("redo-date", {"starts_at": later.isoformat()}),
            "confirm": lambda: ("confirm", None),
            "no-show": lambda: ("no-show", None),
            "choose": lambda: ("choose", {"offer_id": quoted()}),
            "counter": lambda: ("counter", {"offer_id": quoted(), "amount_cents": 6500}),
            "check-in": lambda: ("check-ins", {"kind": "progress", "text": word()}),
            "blocked": lambda: (
                "check-ins",
                {"kind": "blocked", "text": word(), "waits_for": "material"},
            ),
            "resume": lambda: ("check-ins", {"kind": "resume", "text": ""}),
            "reschedule": lambda: ("reschedule", {"starts_at": later.isoformat()}),
            "agree-move": lambda: ("reschedule/agree", None),
            "refuse-move": lambda: ("reschedule/refuse", None),
            "change": lambda: ("change-orders", {"text": word(), "lines": lines}),
            "agree-change": lambda: (f"change-orders/{latest('change_orders')}/agree", None),
            "refuse-change": lambda: (f"change-orders/{latest('change_orders')}/refuse", None),
            "pay": lambda: ("payments", {"method": "cash", "amount_cents": 1000}),
            "agree-paid": lambda: (f"payments/{latest('payments')}/agree", None),
            "message": lambda: ("messages", {"text": word(*talk, self.operator.id), **message}),
            "dispute": lambda: ("dispute", {"reason": word()}),
            "state": lambda: ("dispute/statements", {"text": word()}),
            "decide": lambda: ("dispute/decide", {"outcome": "completed", "text": word()}),
            "review": lambda: (
                "reviews",
                {"stars": 4, "text": self._word(self._of_review(job_id, someone.id))},
            ),
        }

    @rule(
        who=st.integers(0, 6),
        which=st.integers(0, _JOBS - 1),
        what=st.sampled_from(["", "/messages", "/reviews", "/candidates", "/dispute", "/arrival"]),
    )
    def read(self, who: int, which: int, what: str) -> None:
        """Anybody looks at anything."""
        if not self.jobs:
            return
        someone, job_id = self.everybody[who], self.jobs[which % len(self.jobs)]
        answer = self._ask(someone, "GET", f"/jobs/{job_id}{what}")
        present = self._job(job_id)
        theirs = someone.id in (str(present.resident_id), str(present.provider_id))
        if what == "" and (theirs or someone.id == self.operator.id):
            assert answer.status_code == 200
        if someone is self.everybody[-1]:
            assert answer.status_code == 404, answer.text

    @rule(who=st.integers(0, 6), what=st.sampled_from(["/jobs", "/offers", "/me/export"]))
    def look_around(self, who: int, what: str) -> None:
        someone = self.everybody[who]
        self._ask(someone, "GET", what)

    # What must hold whatever they did --------------------------------------------------------

    @invariant()
    def every_move_was_legal(self) -> None:
        legal = {
            (str(source), str(target))
            for sources, target in lifecycle.JOB_MOVES.values()
            for source in sources
        } | {("", "open")}
        for job_id, states in self.session.execute(
            text(
                "SELECT job_id, array_agg(to_state ORDER BY id) FROM history"
                " WHERE to_state IS NOT NULL AND job_id IS NOT NULL GROUP BY job_id"
            )
        ):
            went = list(zip(["", *states], states, strict=False))
            assert set(went) <= legal, (job_id, states)

    @invariant()
    def totals_are_the_sum_of_their_lines(self) -> None:
        wrong = self.session.execute(
            text(
                """
                SELECT id, priced FROM (
                    SELECT id, order_lines AS priced FROM jobs
                    UNION ALL SELECT id, price FROM offers
                    UNION ALL SELECT id, quote FROM offers WHERE quote ? 'lines'
                ) AS all_of_them
                WHERE priced ->> 'total_cents' IS NOT NULL
                  AND (priced ->> 'total_cents')::int <> (
                      SELECT coalesce(sum((line ->> 'amount_cents')::int), 0)
                      FROM jsonb_array_elements(priced -> 'lines') AS line)
                """
            )
        ).all()
        assert not wrong, wrong

    @invariant()
    def nothing_contradicts_anything(self) -> None:
        self.steps += 1
        if self.steps % 10 == 0:
            racing.assert_consistent(self.session)


@contextmanager
def _machine(world: World) -> Iterator[type[Lives]]:
    yield type("Lives", (Lives,), {"world": world})


_QUIET = hypothesis.settings(
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    print_blob=True,
    database=None,
)


@pytest.mark.timeout(600)
def test_a_few_lives_break_no_rule(
    application: Flask, shared_engine: Engine, chosen_settings: settings.Settings
) -> None:
    with _machine(World(application, shared_engine, chosen_settings)) as lives:
        run_state_machine_as_test(
            lives,
            settings=hypothesis.settings(
                _QUIET, max_examples=4, stateful_step_count=40, derandomize=True
            ),
        )


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_ten_thousand_steps_break_no_rule(
    application: Flask, shared_engine: Engine, chosen_settings: settings.Settings
) -> None:
    with _machine(World(application, shared_engine, chosen_settings)) as lives:
        run_state_machine_as_test(
            lives,
            settings=hypothesis.settings(_QUIET, max_examples=100, stateful_step_count=100),
        )
