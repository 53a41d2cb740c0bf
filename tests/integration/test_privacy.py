"""What we hold about a person can be handed over whole, and let go of for good."""

from __future__ import annotations

import functools
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from jobbing_api import (
    accounts,
    database,
    errors,
    files,
    geography,
    history,
    jobs,
    mail,
    notifications,
    offers,
    privacy,
    providers,
    schema,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.api import idempotency
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from jobbing_api.settings import Settings
from tests import factories

HOME = (4.8412345, 45.7512345)
WORKSHOP = (4.8498765, 45.7598765)
POSITION = (4.8455555, 45.7555555)
BOBS_HOME = (4.8377777, 45.7577777)

PASSWORD = "correct horse battery"

MakeSettings = Callable[..., Settings]


@dataclass
class Town:
    """Ada, who both has work done and does some, and Bob, who does the same."""

    ada: accounts_models.Account
    bob: accounts_models.Account
    signed_in: accounts.SignedIn
    #: Ada's job, done by Bob, completed and reviewed both ways.
    done: jobs_models.Job
    #: Bob's job, accepted by Ada.
    promised: jobs_models.Job
    #: Bob's job, which Ada has answered with a quote.
    quoted: jobs_models.Job
    #: Ada's job, which nobody has taken yet.
    open: jobs_models.Job


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def town(session: Session, settings: Settings, now: datetime) -> Town:
    return _town(session, settings, now)


@functools.cache
def _password_hash(name: str) -> str:
    """Made once a person: it takes long on purpose."""
    return accounts.password_hash(PASSWORD)  # Salted: no two are alike.


def _person(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    name: str,
    base: geography.LonLat,
    drawn: bool,
) -> accounts_models.Account:
    account = factories.account(session, name=f"Name of {name}", now=now)
    account.email = f"{name}@secret.example"
    account.phone = "+33600000001" if name == "ada" else "+33600000002"
    account.password_hash = _password_hash(name)
    session.flush()
    accounts.add_role(session, account, "provider", now=now)
    accounts.request_verification(session, account, settings=settings, now=now)
    accounts.request_phone_code(session, account, settings=settings, now=now)
    providers.put_profile(
        session,
        account,
        headline=f"Headline of {name}",
        base=base,
        reach_m=None if drawn else 20_000,
        reach_area=factories.square(base, 0.1) if drawn else None,
        minimum_visit_cents=2500,
        currency="EUR",
        skills=[factories.skill("gutter-cleaning"), factories.skill("wall-mounting")],
        languages=["fr"],
        tools=["ladder"],
        now=now,
    )
    providers.put_presence(
        session, account, online=True, position=POSITION if name == "ada" else base, now=now
    )
    notifications.put_device(
        session,
        account,
        installation_id=f"installation-of-{name}",
        address_kind="fid",
        address=f"address-of-{name}",
        platform="android",
        app_version="1.0",
        sign_in_id=None,
        now=now,
    )
    return account


def _job(
    session: Session,
    resident: accounts_models.Account,
    now: datetime,
    *,
    name: str,
    place: geography.LonLat,
    **changes: object,
) -> jobs_models.Job:
    return factories.job(
        session,
        now=now,
        resident=resident,
        title=f"Title by {name}",
        brief={"text": f"Brief by {name}", "answers": {"result": f"Result for {name}"}},
        location=place,
        address=f"Street of {name}",
        access_notes=f"Door code of {name}",
        **changes,
    )


def _ask(session: Session, job: jobs_models.Job, now: datetime) -> offers_models.Offer:
    """Open the first wave; the offer made to the only provider there is besides."""
    offers.open_wave(session, job.id, round_=job.round, wave=1, now=now)
    return session.scalars(
        select(offers_models.Offer)
        .where(offers_models.Offer.job_id == job.id)
        .order_by(offers_models.Offer.id.desc())
    ).first() or pytest.fail("nobody was asked")


def _town(session: Session, settings: Settings, now: datetime) -> Town:
    ada = _person(session, settings, now, name="ada", base=WORKSHOP, drawn=True)
    bob = _person(session, settings, now, name="bob", base=BOBS_HOME, drawn=False)
    signed_in = accounts.sign_in(
        session,
        email="ada@secret.example",
        password=PASSWORD,
        settings=settings,
        now=now,
    )
    third = factories.account(session, name="Third")
    accounts.block(session, ada, third.id, now=now)
    accounts.block(session, third, ada.id, now=now)

    done = _job(session, ada, now, name="ada", place=HOME)
    offers.accept(session, _ask(session, done, now).id, account=bob, now=now)
    start = now + timedelta(days=1)
    factories.start(session, done.id, bob, now=start)
    jobs.finish(session, done.id, bob, now=start + timedelta(hours=1))
    jobs.confirm(session, done.id, ada, now=start + timedelta(hours=2))
    jobs.review(session, done.id, ada, stars=4, text="Review by ada", now=start)
    jobs.review(session, done.id, bob, stars=5, text="Review by bob", now=start)

    promised = _job(session, bob, now, name="bob", place=BOBS_HOME)
    offers.accept(session, _ask(session, promised, now).id, account=ada, now=now)
    quoted = _job(
        session,
        bob,
        now,
        name="bob",
        place=BOBS_HOME,
        mode="choose",
        budget_kind="quotes",
        budget_cents=None,
    )
    offers.quote(
        session,
        _ask(session, quoted, now).id,
        account=ada,
        amount_cents=12_300,
        starts_at=None,
        said=offers.Said(message="Message by ada"),
        now=now,
    )
    still_open = _job(session, ada, now, name="ada", place=HOME, category="wall-mounting")
    _ask(session, still_open, now)
    session.flush()
    return Town(ada, bob, signed_in, done, promised, quoted, still_open)


def _rows(session: Session) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, places included."""
    session.flush()
    for table in schema.metadata().sorted_tables:
        for row in session.scalars(text(f'SELECT t::text FROM "{table.name}" t')):
            yield table.name, row


def _where(session: Session, needle: str) -> set[str]:
    """The tables that hold a text anywhere."""
    return {table for table, row in _rows(session) if needle.lower() in row.lower()}


def _as_stored(session: Session, place: geography.LonLat) -> str:
    """A place the way a row's text shows it."""
    return str(
        session.scalar(
            text("SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography::text"),
            {"lon": place[0], "lat": place[1]},
        )
    )


def _photo(session: Session, owner: accounts_models.Account, now: datetime) -> uuid.UUID:
    """A photo as its row: where its bytes lie is of no matter here."""
    taken = files.Taken(media_type=files.JPEG, content=b"picture", width=640, height=480)
    photo_id = files.announce(session, owner, what=taken, now=now)
    return files.keep(session, photo_id, now=now).id


def _show_work(session: Session, town: Town, now: datetime) -> dict[str, uuid.UUID]:
    """A photo of Ada's that belongs nowhere, one of her job, and one of each's portfolio."""
    photos = {name: _photo(session, town.ada, now) for name in ("loose", "job", "ada")}
    photos["bob"] = _photo(session, town.bob, now)
    jobs.edit(
        session,
        town.open.id,
        town.ada,
        changes={"photos": [photos["job"]]},
        version=town.open.version,
        now=now,
    )
    for name, account in (("ada", town.ada), ("bob", town.bob)):
        shown = providers.Shown(
            before=None, after=photos[name], caption=f"Work of {name}", category=None
        )
        providers.put_portfolio(session, account, items=[shown], now=now)
    return photos


# --- export ---------------------------------------------------------------------------


def test_an_export_is_json_and_holds_every_subject(
    session: Session, town: Town, now: datetime
) -> None:
    document = privacy.export(session, town.ada, now=now + timedelta(days=2))
    assert json.loads(json.dumps(document)) == document
    assert document["account"]["email"] == "ada@secret.example"
    assert document["account"]["roles"] == ["provider", "resident"]
    assert document["account"]["has_password"] is True
    assert len(document["sign_ins"]) == 1
    assert [one["address"] for one in document["devices"]] == ["address-of-ada"]
    assert len(document["blocks"]) == 1
    assert {one["id"] for one in document["jobs"]} == {str(town.done.id), str(town.open.id)}
    assert document["jobs"][0]["address"] == "Street of ada"
    assert document["jobs"][0]["location"] == {"type": "Point", "coordinates": list(HOME)}
    assert document["jobs"][0]["category"] == "gutter-cleaning"
    assert document["jobs"][0]["market"] == "lyon"
    assert [one["text"] for one in document["reviews_written"]] == ["Review by ada"]
    assert [one["text"] for one in document["reviews_received"]] == ["Review by bob"]
    assert {one["subject"] for one in document["mails"]} == {"", "Confirmez votre adresse e-mail"}
    assert document["notifications"]
    assert {"role-added", "job-post"} <= {one["event"] for one in document["history"]}
    trade = document["provider"]
    assert trade["headline"] == "Headline of ada"
    assert trade["base"] == {"type": "Point", "coordinates": list(WORKSHOP)}
    assert trade["presence"]["position"] == {"type": "Point", "coordinates": list(POSITION)}
    assert {one["category"] for one in trade["skills"]} == {"gutter-cleaning", "wall-mounting"}
    assert len(trade["weekly_hours"]) == 6
    assert [one["job_id"] for one in trade["bookings"]] == [str(town.promised.id)]
    assert {one["state"] for one in trade["offers"]} == {"accepted", "quoted"}
    assert {one["quote"]["message"] for one in trade["offers"] if one["quote"]} == {
        "Message by ada"
    }
    assert [one["id"] for one in trade["jobs"]] == [str(town.promised.id)]
    assert {one["kind"] for one in trade["record"]} >= {"asked", "answered"}


def test_an_export_tells_nothing_private_of_others(
    session: Session, town: Town, now: datetime
) -> None:
    document = json.dumps(privacy.export(session, town.ada, now=now + timedelta(days=2)))
    assert "Review by bob" in document
    for secret in (
        "bob@secret.example",
        "Name of bob",
        "Street of bob",
        "Door code of bob",
        "Title by bob",
        "Brief by bob",
        "Result for bob",
        "address-of-bob",
        "+33600000002",
        "Headline of bob",
        *(str(degrees) for degrees in BOBS_HOME),
    ):
        assert secret not in document, secret
    # Nor who blocked her, nor what would open a door.
    assert document.count(str(town.bob.id)) == 0
    for secret in ("$argon2id$", "token=", town.signed_in.refresh_token):
        assert secret not in document


def test_a_review_that_is_still_hidden_is_not_exported(
    session: Session, settings: Settings, now: datetime
) -> None:
    ada = _person(session, settings, now, name="ada", base=WORKSHOP, drawn=False)
    bob = factories.account(session)
    job = _job(session, bob, now, name="bob", place=BOBS_HOME)
    offers.accept(session, _ask(session, job, now).id, account=ada, now=now)
    start = now + timedelta(days=1)
    factories.start(session, job.id, ada, now=start)
    jobs.finish(session, job.id, ada, now=start)
    jobs.confirm(session, job.id, bob, now=start)
    jobs.review(session, job.id, bob, stars=1, text="Review by bob", now=start)
    soon = privacy.export(session, ada, now=start + timedelta(days=6))
    assert "Review by bob" not in json.dumps(soon)
    assert "rated" not in {one["kind"] for one in soon["provider"]["record"]}
    later = privacy.export(session, ada, now=start + timedelta(days=7))
    assert "Review by bob" in json.dumps(later)
    assert "rated" in {one["kind"] for one in later["provider"]["record"]}


def test_photos_are_exported_with_a_link_to_each(
    session: Session, town: Town, now: datetime
) -> None:
    photos = _show_work(session, town, now)
    document = privacy.export(session, town.ada, now=now, link=lambda photo: f"/{photo.id}")
    assert {one["id"]: one["url"] for one in document["photos"]} == {
        str(photos[name]): f"/{photos[name]}" for name in ("loose", "job", "ada")
    }
    assert [one["caption"] for one in document["provider"]["portfolio"]] == ["Work of ada"]
    assert json.loads(json.dumps(document)) == document
    assert str(photos["bob"]) not in json.dumps(document)


def test_who_only_has_work_done_has_no_trade(session: Session, now: datetime) -> None:
    document = privacy.export(session, factories.account(session), now=now)
    assert document["provider"] is None


def test_every_table_that_speaks_of_people_is_known_here() -> None:
    """A new table that refers to a person has to be exported and erased, or to be named
    here with the reason why it need not be."""
    handled = {
        "account_roles",
        "accounts",
        "blocks",
        "bookings",
        "calendar_exceptions",
        "calendar_feeds",
        "change_orders",
        "check_ins",
        "deliveries",
        "devices",
        "disputes",
        "favourites",
        "history",
        "jobs",
        "mails",
        "message_reads",
        "messages",
        "nightly_figures",
        "notifications",
        "offers",
        "operator_grants",
        "papers",
        "payments",
        "photos",
        "portfolio_items",
        "preferences",
        "presences",
        "providers",
        "record_entries",
        "remarks",
        "reports",
        "reschedules",
        "reviews",
        "series",
        "series_exceptions",
        "sign_ins",
        "skills",
        "statements",
        "substitutions",
        "visits",
        "weekly_hours",
        "work_stretches",
    }
    # Hashes that open doors: deleted, but nothing a person could read.
    handled |= {"mail_tokens", "phone_codes", "refresh_tokens"}
    # Counts of a group asked together.
    handled |= {"waves"}
    known = {"accounts"}
    while True:
        referring = {
            table.name
            for table in schema.metadata().sorted_tables
            if any(key.column.table.name in known for key in table.foreign_keys)
        }
        if referring <= known:
            break
        known |= referring
    assert known == handled


# --- erasure --------------------------------------------------------------------------


def test_nothing_that_names_the_person_is_left_anywhere(
    session: Session, town: Town, now: datetime
) -> None:
    session.add(
        idempotency.IdempotencyAnswer(
            scope=str(town.ada.id),
            operation="POST /api/v1/jobs",
            key_hash=b"key",
            body_hash=b"body",
            status=201,
            answer=b"Street of ada",
            headers={},
            created_at=now,
        )
    )
    secrets = [
        "ada@secret.example",
        "Name of ada",
        "+33600000001",
        "Street of ada",
        "Door code of ada",
        "Title by ada",
        "Brief by ada",
        "Result for ada",
        "Headline of ada",
        "Review by ada",
        "Message by ada",
        "address-of-ada",
        "installation-of-ada",
        str(town.ada.password_hash),
        _as_stored(session, HOME),
        _as_stored(session, WORKSHOP),
        _as_stored(session, POSITION),
    ]
    for secret in secrets:
        assert _where(session, secret), f"{secret} was never there: this proves nothing"
    privacy.erase(session, town.ada, now=now + timedelta(hours=1))
    # The search index follows at the end of the transaction, which this one never has.
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for secret in secrets:
        assert _where(session, secret) == set(), secret
    for table in (
        "blocks",
        "devices",
        "idempotency_answers",
        "mail_tokens",
        "notifications",
        "phone_codes",
        "presences",
        "sign_ins",
        "skills",
        "weekly_hours",
    ):
        assert not [
            row for name, row in _rows(session) if name == table and str(town.ada.id) in row
        ], table


def test_photos_are_seen_by_nobody_from_that_moment_and_removed_by_a_task(
    session: Session, town: Town, now: datetime
) -> None:
    photos = _show_work(session, town, now)
    privacy.erase(session, town.ada, now=now + timedelta(minutes=1))
    session.expire_all()
    found = {name: session.get_one(files.Photo, one) for name, one in photos.items()}
    assert {name: photo.state for name, photo in found.items()} == {
        "loose": "going",
        "job": "going",
        "ada": "going",
        "bob": "kept",
    }
    for name in ("loose", "job", "ada"):
        assert found[name].wake_at == now + timedelta(minutes=1)
    assert files.of(session, [town.open.id, town.ada.id]) == {}
    assert _where(session, "Work of ada") == set()
    assert _where(session, "Work of bob") == {"portfolio_items"}


def test_what_others_have_stays_theirs(session: Session, town: Town, now: datetime) -> None:
    theirs = [
        "bob@secret.example",
        "Street of bob",
        "Headline of bob",
        "Review by bob",
        "address-of-bob",
        _as_stored(session, BOBS_HOME),
    ]
    before = [_where(session, one) for one in theirs]
    privacy.erase(session, town.ada, now=now)
    assert [_where(session, one) for one in theirs] == before


def test_what_happened_stays_countable(session: Session, town: Town, now: datetime) -> None:
    entries = len(history.of_job(session, town.done.id))
    privacy.erase(session, town.ada, now=now)
    session.expire_all()
    written = session.scalars(
        select(jobs_models.Review).where(jobs_models.Review.author_id == town.ada.id)
    ).one()
    assert (written.stars, written.text) == (4, "")
    done = session.get_one(jobs_models.Job, town.done.id)
    assert done.state == JobState.COMPLETED
    assert done.order is not None
    assert len(history.of_job(session, town.done.id)) == entries
    assert "account-erased" in [one.event for one in history.of_account(session, town.ada.id)]
    quotes = session.scalars(
        select(offers_models.Offer.quote).where(offers_models.Offer.provider_id == town.ada.id)
    )
    assert {"amount_cents": 12_300} in list(quotes)


def test_places_become_the_squares_others_could_see(
    session: Session, town: Town, now: datetime
) -> None:
    privacy.erase(session, town.ada, now=now)
    session.expire_all()
    square = geography.snap(HOME, geography.JOB_GRID_M)
    done = session.get_one(jobs_models.Job, town.done.id)
    assert geography.lon_lat(done.location) == pytest.approx(square)
    booked = session.scalars(
        select(providers_models.Booking).where(providers_models.Booking.job_id == done.id)
    ).one()
    assert geography.lon_lat(booked.place) == pytest.approx(square)
    trade = session.get_one(providers_models.Provider, town.ada.id)
    assert geography.lon_lat(trade.base) == pytest.approx(
        geography.snap(WORKSHOP, geography.PROVIDER_GRID_M)
    )
    assert (trade.reach_area, trade.reach_m) == (None, 4000)
    assert trade.free_time == []


def test_promises_end_and_everybody_is_told(session: Session, town: Town, now: datetime) -> None:
    # Bob's phone has rung for the open job; whoever heard nothing is told nothing.
    session.execute(
        update(notifications_models.Notification)
        .where(notifications_models.Notification.kind == "offer")
        .values(attempts=1)
    )
    privacy.erase(session, town.ada, now=now + timedelta(minutes=30))
    session.expire_all()
    assert session.get_one(jobs_models.Job, town.open.id).state == JobState.CANCELLED
    promised = session.get_one(jobs_models.Job, town.promised.id)
    assert (promised.state, promised.round, promised.provider_id) == (JobState.OPEN, 2, None)
    held = session.scalars(
        select(providers_models.Booking).where(
            providers_models.Booking.provider_id == town.ada.id,
            providers_models.Booking.released_at.is_(None),
        )
    ).all()
    assert held == []
    live = session.scalars(
        select(offers_models.Offer).where(
            offers_models.Offer.provider_id == town.ada.id,
            offers_models.Offer.state.in_(
                [OfferState.PENDING, OfferState.SENT, OfferState.SEEN, OfferState.QUOTED]
            ),
        )
    ).all()
    assert live == []
    told = session.execute(
        select(
            notifications_models.Notification.kind, notifications_models.Notification.subject_id
        ).where(notifications_models.Notification.account_id == town.bob.id)
    ).all()
    assert ("provider-dropped-out", town.promised.id) in told
    assert "offer-withdrawn" in {kind for kind, _ in told}


def test_an_erased_provider_is_never_asked_again(
    session: Session, town: Town, now: datetime
) -> None:
    privacy.erase(session, town.ada, now=now)
    session.expire_all()
    stranger = factories.account(session)
    job = _job(session, stranger, now, name="stranger", place=BOBS_HOME)
    offers.open_wave(session, job.id, round_=1, wave=1, now=now)
    asked = session.scalars(
        select(offers_models.Offer.provider_id).where(offers_models.Offer.job_id == job.id)
    ).all()
    assert town.ada.id not in asked
    with pytest.raises(errors.NotFound):
        providers.public_profile(session, town.ada.id, now=now)
    assert providers.extend_due(session, now=now + timedelta(days=365), limit=100) == 1  # Bob.


def test_an_erased_person_is_out_and_may_come_back_as_somebody_new(
    session: Session, town: Town, settings: Settings, now: datetime
) -> None:
    session.expunge_all()
    ada, _ = accounts.authenticate(session, town.signed_in.access_token, settings=settings, now=now)
    privacy.erase(session, ada, now=now)
    with pytest.raises(errors.SessionRevoked):
        accounts.authenticate(session, town.signed_in.access_token, settings=settings, now=now)
    with pytest.raises(errors.InvalidToken):
        accounts.refresh(session, town.signed_in.refresh_token, settings=settings, now=now)
    with pytest.raises(errors.WrongCredentials):
        accounts.sign_in(
            session,
            email="ada@secret.example",
            password=PASSWORD,
            settings=settings,
            now=now,
        )
    accounts.request_password_reset(session, "ada@secret.example", settings=settings, now=now)
    assert not session.scalars(
        select(mail.Mail).where(mail.Mail.to_address == "ada@secret.example")
    ).all()
    anew = accounts.sign_up(
        session,
        email="ada@secret.example",
        password=PASSWORD,
        display_name="Ada again",
        role="resident",
        language="en",
        settings=settings,
        now=now,
    )
    assert anew.id != town.ada.id


def test_erasing_twice_finds_nothing_more(session: Session, town: Town, now: datetime) -> None:
    privacy.erase(session, town.ada, now=now)
    session.flush()
    before = sorted(_rows(session))
    privacy.erase(session, town.ada, now=now + timedelta(days=1))
    assert sorted(_rows(session)) == before


@pytest.mark.parametrize("who", ["resident", "provider"])
@pytest.mark.parametrize("state", [JobState.IN_PROGRESS, JobState.DISPUTED])
def test_nobody_leaves_while_work_or_a_dispute_is_going_on(
    session: Session, town: Town, now: datetime, who: str, state: JobState
) -> None:
    start = now + timedelta(days=1)
    factories.start(session, town.promised.id, town.ada, now=start)
    if state == JobState.DISPUTED:
        jobs.dispute(session, town.promised.id, town.bob, now=start)
    before = sorted(_rows(session))
    with pytest.raises(errors.IllegalMove) as refusal:
        privacy.erase(session, town.bob if who == "resident" else town.ada, now=start)
    assert refusal.value.details == {"state": str(state)}
    assert sorted(_rows(session)) == before


def test_an_operator_who_is_erased_may_look_at_nothing(session: Session, now: datetime) -> None:
    account = accounts.make_operator(
        session,
        email="desk@secret.example",
        market_slugs=["lyon"],
        level="act",
        password="password of desk",
        now=now,
    )
    assert privacy.export(session, account, now=now)["operator_grants"][0]["market"] == "lyon"
    privacy.erase(session, account, now=now)
    assert accounts.operator_markets(session, account.id) == {}
    assert not account.has_role("operator")


def test_a_job_posted_while_its_owner_leaves_is_not_left_behind(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        ada_id = factories.account(session).id
    left = threading.Event()

    def leave() -> None:
        with database.transaction() as session:
            privacy.erase(session, accounts.get(session, ada_id), now=now)
        left.set()

    leaving = threading.Thread(target=leave)
    with database.transaction() as session:
        job = _job(session, accounts.get(session, ada_id), now, name="ada", place=HOME)
        leaving.start()
        # Erasure waits for what the person is doing at this very moment.
        assert not left.wait(0.5)
        job_id: uuid.UUID = job.id
    leaving.join()
    with database.transaction() as session:
        kept = session.get_one(jobs_models.Job, job_id)
        assert (kept.state, kept.address, kept.title) == (JobState.CANCELLED, "", "Effacé")


def test_what_was_agreed_stays_and_what_its_resident_called_it_goes(
    session: Session, settings: Settings, now: datetime
) -> None:
    ada = _person(session, settings, now, name="ada", base=WORKSHOP, drawn=False)
    job, without = (_job(session, ada, now, name="ada", place=HOME) for _ in range(2))
    job.order = {"title": "Title by ada", "total_cents": 9000}
    session.flush()
    privacy.erase(session, ada, now=now)
    session.expire_all()
    assert job.order == {"title": job.title, "total_cents": 9000}
    assert "ada" not in job.title
    assert without.order is None


def test_what_somebody_wrote_goes_and_what_they_did_stays(
    session: Session, settings: Settings, now: datetime
) -> None:
    ada = _person(session, settings, now, name="ada", base=WORKSHOP, drawn=False)
    bob = factories.account(session)
    job = _job(session, bob, now, name="bob", place=BOBS_HOME)
    offers.accept(session, _ask(session, job, now).id, account=ada, now=now)
    offers.cancel(session, job.id, account=ada, reason="My son is ill", now=now)
    assert "My son is ill" in json.dumps(privacy.export(session, ada, now=now))
    privacy.erase(session, ada, now=now)
    session.expire_all()
    timeline = history.of_job(session, job.id)
    assert "job-reopen" in {entry.event for entry in timeline}
    assert [entry.remark for entry in timeline if entry.remark] == []
