"""What a provider earned, over HTTP: the dashboard, and a month's statement as JSON and table."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdf
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from jobbing_api import markets, offers
from jobbing_api.accounts import models as accounts_models
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_orders import BY_THE_HOUR, hourly
from tests.api.test_visits import HOUR, MINUTE, NEARBY, Agreed
from tests.api.test_visits import agreed as agreed

MONTHLY = "/providers/me/statements"
SUMMED = (
    *("total_cents", "trip_cents", "platform_fee_cents", "net_cents", "earned_cents"),
    *("credit_cents", "received_cents", "said_cents"),
)


def booked(
    resident: Person, provider: Person, clock: Clock, *, at: datetime, **changes: Any
) -> dict[str, Any]:
    """A job that somebody takes, for the hours that begin ``at``."""
    clock.now = at - 30 * HOUR
    window = {"from": at.isoformat(), "to": (at + 10 * HOUR).isoformat()}
    posted = resident.post("/jobs", job(clock.now, window=window, **changes)).get_json()
    ask_a_wave(posted, clock)
    taken = provider.post(f"/offers/{offer_of(provider, posted)['id']}/accept")
    assert taken.status_code == 200, taken.text
    return dict(posted)


def complete(
    resident: Person,
    provider: Person,
    posted: dict[str, Any],
    clock: Clock,
    *,
    at: datetime,
    confirmed_at: datetime | None = None,
    minutes: int = 60,
) -> None:
    """Begun, worked at for so long, finished and confirmed."""
    path = f"/jobs/{posted['id']}"
    for moment, who, move in (
        (at, resident, "start"),
        (at + minutes * MINUTE, provider, "finish"),
        (confirmed_at or at + (minutes + 1) * MINUTE, resident, "confirm"),
    ):
        clock.now = moment
        assert who.post(f"{path}/{move}").status_code == 200


def fees(session: Session, clock: Clock, **rules: float) -> None:
    """The platform keeps a part from now on, and tax gives some back."""
    market = session.query(markets.models.Market).one()
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="scheduled",
        rules=markets.default_rules("scheduled") | rules,
        in_force_from=clock.now,
        note="",
        now=clock.now,
    )


def an_operator(session: Session, person: Callable[..., Person], clock: Clock) -> Person:
    """Somebody who may act in the only market."""
    someone = person()
    account = session.get_one(accounts_models.Account, uuid.UUID(someone.id))
    market = session.query(markets.models.Market).one()
    account.roles.append(accounts_models.AccountRole(role="operator"))
    session.add(
        accounts_models.OperatorGrant(
            account_id=account.id, market_id=market.id, level="act", granted_at=clock.now
        )
    )
    session.flush()
    return someone


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


# The statement ---------------------------------------------------------------------------


def test_a_statement_has_each_job_and_sums_its_lines(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first = person(), provider()
    fees(session, clock, platform_fee_share=0.1)
    assert first.put("/providers/me", hourly()).status_code == 200
    paid = booked(
        resident, first, clock, at=datetime(2026, 6, 8, 6, tzinfo=UTC), budget=BY_THE_HOUR
    )
    complete(resident, first, paid, clock, at=clock.now + 30 * HOUR, minutes=95)
    assert (
        first.post(
            f"/jobs/{paid['id']}/payments", {"method": "cash", "amount_cents": 5250}
        ).status_code
        == 201
    )
    owed = booked(resident, first, clock, at=datetime(2026, 6, 15, 6, tzinfo=UTC))
    complete(resident, first, owed, clock, at=clock.now + 30 * HOUR)
    said = {"method": "transfer", "amount_cents": 4000}
    assert resident.post(f"/jobs/{owed['id']}/payments", said).status_code == 201
    off = booked(resident, first, clock, at=datetime(2026, 6, 22, 6, tzinfo=UTC))
    clock.now = datetime(2026, 6, 22, 0, tzinfo=UTC)
    assert resident.post(f"/jobs/{off['id']}/cancel").status_code == 200

    told = first.get(f"{MONTHLY}/2026-06").get_json()
    assert [(one["date"], one["kind"], one["payment"]) for one in told["lines"]] == [
        ("2026-06-08", "job", "received"),
        ("2026-06-15", "job", "part-paid"),
        ("2026-06-22", "cancellation", "unpaid"),
    ]
    one, two, three = told["lines"]
    assert (one["total_cents"], one["trip_cents"], one["platform_fee_cents"]) == (5250, 1000, 525)
    assert (one["net_cents"], one["earned_cents"]) == (4725, 3725)
    assert (one["worked_minutes"], one["receipts"], one["received_cents"]) == (95, [1], 5250)
    assert (two["total_cents"], two["said_cents"], two["receipts"]) == (9000, 4000, [])
    assert (three["total_cents"], three["platform_fee_cents"]) == (1500, 0)
    (sums,) = told["totals"]
    assert (sums["currency"], sums["jobs"], sums["cancellations"]) == ("EUR", 2, 1)
    for name in SUMMED:
        assert sums[name] == sum(line[name] for line in told["lines"]), name
    (month,) = first.get(MONTHLY).get_json()["items"]
    assert month == {
        "month": "2026-06",
        "currency": "EUR",
        "jobs": 2,
        "cancellations": 1,
        "total_cents": 15750,
        "net_cents": 15750 - 525 - 900,
    }


def test_a_month_ends_where_the_people_live(agreed: Agreed) -> None:
    """Half past eleven in the evening, UTC, is another month in Lyon."""
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    complete(
        agreed.resident,
        agreed.provider,
        agreed.posted,
        agreed.clock,
        at=agreed.starts_at,
        confirmed_at=late,
    )
    assert agreed.provider.get(f"{MONTHLY}/2026-06").get_json()["lines"] == []
    (line,) = agreed.provider.get(f"{MONTHLY}/2026-07").get_json()["lines"]
    assert line["date"] == "2026-07-01"
    assert [one["month"] for one in agreed.provider.get(MONTHLY).get_json()["items"]] == ["2026-07"]
    june = agreed.provider.get("/providers/me/dashboard?from=2026-06-01").get_json()
    assert (june["to"], june["visits"]["completed"], june["worked_minutes"]) == (
        "2026-06-30",
        0,
        60,
    )
    july = agreed.provider.get("/providers/me/dashboard?to=2026-07-31").get_json()
    assert (july["from"], july["visits"]["completed"], july["worked_minutes"]) == (
        "2026-07-01",
        1,
        0,
    )
    # What an hour brought is said of the jobs it was worked on, whenever that was.
    assert july["earned_per_hour_cents"] == 9000


def test_a_minute_before_it_is_still_that_month(agreed: Agreed) -> None:
    complete(
        agreed.resident,
        agreed.provider,
        agreed.posted,
        agreed.clock,
        at=agreed.starts_at,
        confirmed_at=datetime(2026, 6, 30, 21, 59, tzinfo=UTC),
    )
    (line,) = agreed.provider.get(f"{MONTHLY}/2026-06").get_json()["lines"]
    assert line["date"] == "2026-06-30"


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "2026-6.", "abcdefg", "9999-12", "２０２６-06"]
)
def test_what_is_no_month_is_not_there(provider: Callable[..., Person], month: str) -> None:
    someone = provider()
    for path in (f"{MONTHLY}/{month}", f"{MONTHLY}/{month}.csv", f"{MONTHLY}/{month}.pdf"):
        refused = someone.get(path)
        assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_statements_are_for_who_has_a_trade_and_of_their_own(
    agreed: Agreed, person: Callable[..., Person]
) -> None:
    complete(agreed.resident, agreed.provider, agreed.posted, agreed.clock, at=agreed.starts_at)
    for path in (
        MONTHLY,
        f"{MONTHLY}/2026-06",
        f"{MONTHLY}/2026-06.csv",
        "/providers/me/dashboard",
    ):
        refused = agreed.resident.get(path)
        assert (refused.status_code, slug(refused)) == (403, "not-allowed")
        refused = person("provider").get(path)
        assert (refused.status_code, slug(refused)) == (409, "profile-required")
    assert agreed.other.get(f"{MONTHLY}/2026-06").get_json()["lines"] == []
    assert agreed.other.get(MONTHLY).get_json()["items"] == []
    assert len(agreed.provider.get(f"{MONTHLY}/2026-06").get_json()["lines"]) == 1


# The table -------------------------------------------------------------------------------


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.data
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


TITLES = (
    '=HYPERLINK("https://evil.example";"Gouttière")',
    "+33 6, gouttière",
    "-1+1",
    "@SUM(A1)",
    "＝1+1",
    'Gouttière "bouchée", vite',
)


def test_a_table_runs_nothing_and_loses_nothing(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    for week, title in enumerate(TITLES):
        at = datetime(2026, 6, 8, 6, tzinfo=UTC) + timedelta(days=week)
        posted = booked(resident, first, clock, at=at, title=title)
        complete(resident, first, posted, clock, at=at)
    answer = first.get(f"{MONTHLY}/2026-06.csv", Accept_Language="fr")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == ('attachment; filename="statement-2026-06.csv"')
    header, *lines, sums = table(answer)
    assert header[:6] == ["Date", "Nature", "Mission", "Catégorie", "Titre", "Total"]
    assert [line[4] for line in lines] == [f"'{title}" for title in TITLES[:5]] + [TITLES[5]]
    assert lines[0][3] == "Nettoyage de gouttière"
    assert sums[0] == "Somme"
    for column in range(5, 10):
        assert float(sums[column]) == sum(float(line[column]) for line in lines)
    assert sums[5] == "540.00"


def test_a_paper_says_the_same_whenever_it_is_made(agreed: Agreed) -> None:
    complete(agreed.resident, agreed.provider, agreed.posted, agreed.clock, at=agreed.starts_at)
    paid = {"method": "cash", "amount_cents": 9000}
    assert agreed.provider.post(f"{agreed.path}/payments", paid).status_code == 201
    path = f"{MONTHLY}/2026-06.pdf"
    answer = agreed.provider.get(path, Accept_Language="fr")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statement-2026-06.pdf"'
    (page,) = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    read = " ".join(page.extract_text().split())
    for said in ("Relevé de juin 2026", "Karim", "04/06/2026", "Gouttière bouchée", "(n° 1)"):
        assert said in read, read
    assert read.count("90,00 €") >= 3
    agreed.clock.move(hours=5)
    again = agreed.provider.get(path, Accept_Language="fr")
    assert again.data == answer.data
    tag = answer.headers["ETag"]
    same = agreed.provider.get(path, Accept_Language="fr", If_None_Match=tag)
    assert (same.status_code, same.data) == (304, b"")
    nothing = agreed.provider.get(f"{MONTHLY}/2026-05.pdf")
    (page,) = pypdf.PdfReader(io.BytesIO(nothing.data)).pages
    assert "Nothing was taken in this month." in " ".join(page.extract_text().split())


# The dashboard ---------------------------------------------------------------------------


def test_a_dashboard_tells_what_became_of_offers(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first, second = person(), provider(), provider(base=NEARBY)
    lost = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(lost, clock)
    assert second.post(f"/offers/{offer_of(second, lost)['id']}/accept").status_code == 200
    declined = person().post("/jobs", job(clock.now)).get_json()
    ask_a_wave(declined, clock)
    assert first.post(f"/offers/{offer_of(first, declined)['id']}/decline").status_code == 200
    withdrawn = person()
    taken_back = withdrawn.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(taken_back, clock)
    assert withdrawn.post(f"/jobs/{taken_back['id']}/cancel").status_code == 200
    silent = person().post("/jobs", job(clock.now)).get_json()
    ask_a_wave(silent, clock)
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    asking = person()
    for chosen in (first, second):
        wanted = asking.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
        ask_a_wave(wanted, clock)
        for who in (first, second):
            offer = offer_of(who, wanted)["id"]
            assert who.post(f"/offers/{offer}/quote", {"amount_cents": 8000}).status_code == 200
        offer = offer_of(chosen, wanted)["id"]
        assert asking.post(f"/jobs/{wanted['id']}/choose", {"offer_id": offer}).status_code == 200
    clock.now += 3 * HOUR
    offers.expire_due(session, now=clock.now)
    assert first.get("/providers/me/dashboard").get_json()["offers"] == {
        "received": 6,
        "answered": 3,
        "declined": 1,
        "unanswered": 1,
        "won": 1,
        "quoted": 2,
        "quotes_won": 1,
        "quotes_lost": 1,
        "races_lost": 1,
    }
    # Of other days there is nothing to tell.
    later = first.get("/providers/me/dashboard?from=2026-07-01&to=2026-07-02").get_json()
    assert set(later["offers"].values()) == {0}


def test_a_dashboard_says_who_called_it_off(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first = person(), provider()
    at = datetime(2026, 6, 8, 6, tzinfo=UTC)

    def next_one() -> dict[str, Any]:
        nonlocal at
        at += timedelta(days=1)
        return booked(person(), first, clock, at=at)

    one = next_one()
    assert first.post(f"/jobs/{one['id']}/cancel").status_code == 200
    two = booked(resident, first, clock, at=at + 24 * HOUR)
    clock.now = at + 20 * HOUR
    assert resident.post(f"/jobs/{two['id']}/cancel").status_code == 200
    at += timedelta(days=1)
    three = next_one()
    operator = an_operator(session, person, clock)
    assert operator.post(f"/jobs/{three['id']}/cancel").status_code == 200
    four = booked(resident, first, clock, at=at + 24 * HOUR)
    clock.now = at + 24 * HOUR
    assert first.post(f"/jobs/{four['id']}/on-my-way").status_code == 200
    clock.now += 16 * MINUTE
    assert first.post(f"/jobs/{four['id']}/no-show").status_code == 200
    five = booked(resident, first, clock, at=at + 48 * HOUR)
    clock.now = at + 49 * HOUR
    assert resident.post(f"/jobs/{five['id']}/no-show").status_code == 200
    told = first.get("/providers/me/dashboard").get_json()
    assert told["visits"] == {
        "completed": 0,
        "cancelled_by_you": 1,
        "missed_by_you": 1,
        "cancelled_by_resident": 1,
        "resident_absent": 1,
        "cancelled_by_operator": 1,
    }
    assert told["cancellation_cents"] == told["earnings"]["total_cents"] == 1500 + 4000


def test_a_dashboard_cuts_a_series_in_days_and_weeks(agreed: Agreed) -> None:
    complete(
        agreed.resident,
        agreed.provider,
        agreed.posted,
        agreed.clock,
        at=agreed.starts_at,
        minutes=90,
    )
    told = agreed.provider.get("/providers/me/dashboard").get_json()
    assert (told["from"], told["to"], told["by"]) == ("2026-06-01", "2026-06-30", "day")
    assert (told["time_zone"], told["currency"]) == ("Europe/Paris", "EUR")
    assert [one["from"] for one in told["series"]] == [f"2026-06-{day:02d}" for day in range(1, 31)]
    bar = {"from": "2026-06-04", "to": "2026-06-04", "earned_cents": 9000}
    assert told["series"][3] == {**bar, "worked_minutes": 90, "completed": 1}
    assert (told["worked_minutes"], told["earned_per_hour_cents"]) == (90, 6000)
    for name in ("earned_cents", "worked_minutes", "completed"):
        whole = {"earned_cents": 9000, "worked_minutes": 90, "completed": 1}[name]
        assert sum(one[name] for one in told["series"]) == whole
    weeks = agreed.provider.get(
        "/providers/me/dashboard?from=2026-06-03&to=2026-06-16&by=week"
    ).get_json()["series"]
    assert [(one["from"], one["to"]) for one in weeks] == [
        ("2026-06-03", "2026-06-07"),
        ("2026-06-08", "2026-06-14"),
        ("2026-06-15", "2026-06-16"),
    ]
    assert [one["completed"] for one in weeks] == [1, 0, 0]
    year = agreed.provider.get("/providers/me/dashboard?from=2026-01-01&to=2026-12-31").get_json()
    assert (year["by"], len(year["series"])) == ("week", 53)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-06-31", "from"),
        ("from=2026-6-1", "from"),
        ("from=2026-06-01T00:00:00Z", "from"),
        ("from=2026-06-02&to=2026-06-01", "to"),
        ("from=2026-01-01&to=2027-01-02", "to"),
        ("from=9999-12-01", "from"),
        ("from=0001-01-01", "from"),
        ("by=month", "by"),
        ("since=2026-06-01", "since"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    provider: Callable[..., Person], query: str, field: str
) -> None:
    refused = provider().get(f"/providers/me/dashboard?{query}")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]


def test_no_number_of_jobs_takes_more_statements(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    shared_engine: Engine,
) -> None:
    resident, first = person(), provider()
    taken: list[list[int]] = []
    at = datetime(2026, 6, 8, 6, tzinfo=UTC)
    for jobs_done in (1, 3):
        for _ in range(jobs_done):
            at += timedelta(days=1)
            if at.weekday() == 6:
                at += timedelta(days=1)
            posted = booked(resident, first, clock, at=at)
            complete(resident, first, posted, clock, at=at)
        numbers = []
        for path in (MONTHLY, f"{MONTHLY}/2026-06", "/providers/me/dashboard"):
            with counted(shared_engine) as sent:
                assert first.get(path).status_code == 200
            numbers.append(len(sent))
        taken.append(numbers)
    assert taken[0] == taken[1]
    assert min(taken[0]) > 2
