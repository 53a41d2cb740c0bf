"""Papers over HTTP: handed in, looked at by a person, in force for as long as they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, history, markets, providers
from jobbing_api import clock as clocks
from jobbing_api.notifications import models as notifications_models
from jobbing_api.providers import models as providers_models
from tests import factories, pictures
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, profile, rows, slug
from tests.api.test_disputes import operator as operator
from tests.api.test_photos import bring, brought, follow

PDF = b"%PDF-1.7\n" + b"a scan " * 40 + b"\n%%EOF\n"

MINE = "/providers/me/papers"


def paper(someone: Person, kind: str = "R", **changes: Any) -> dict[str, Any]:
    """A paper in force, with its scan brought."""
    dates = {} if kind in ("S", "A", "registration") else {"expires_on": "2027-05-31"}
    return {
        "kind": kind,
        "photos": [brought(someone, PDF)["id"]],
        "issuer": "Assureur du Rhône",
        "number": "RC-1187",
        **dates,
        **({"categories": ["gutter-cleaning"]} if kind in ("Q", "D") else {}),
        **changes,
    }


def handed_in(someone: Person, kind: str = "R", **changes: Any) -> dict[str, Any]:
    answer = someone.post(MINE, paper(someone, kind, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def verified(someone: Person, by: Person, kind: str = "R", **changes: Any) -> dict[str, Any]:
    one = handed_in(someone, kind, **changes)
    answer = by.post(f"/operators/papers/{one['id']}/verify")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def mine(someone: Person, one: dict[str, Any]) -> dict[str, Any]:
    return dict(someone.get(f"{MINE}/{one['id']}").get_json())


def told(session: Session, someone: Person) -> list[notifications_models.Notification]:
    line = notifications_models.Notification
    return list(
        session.scalars(
            select(line)
            .where(line.account_id == someone.id, line.kind.startswith("paper-"))
            .order_by(line.id)
        )
    )


def happened(session: Session, someone: Person) -> list[tuple[str, str, str | None]]:
    """What history says of somebody's papers: what, by whom, and in which words."""
    entry = history.Entry
    return [
        (one.event, one.actor_role, None if one.remark is None else one.remark.text)
        for one in session.scalars(
            select(entry)
            .where(entry.account_id == someone.id, entry.event.startswith("paper-"))
            .order_by(entry.at, entry.id)
        )
    ]


def insist(session: Session, now: datetime, *, category: str | None = None) -> None:
    """The market asks nobody without papers any more, in a category or in all."""
    (market,) = session.scalars(
        select(markets.models.Market).where(markets.models.Market.slug == "lyon")
    )
    known = {one.slug: one.id for one in markets.all_categories(session)}
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None if category is None else known[category],
        urgency="scheduled",
        rules=markets.default_rules("scheduled") | {"papers_required": True},
        in_force_from=now,
        note="",
        now=now,
    )


@pytest.fixture
def elsewhere(person: Callable[..., Person], session: Session, clock: Clock) -> Person:
    """Somebody who acts in Grenoble."""
    markets.create_market(
        session,
        slug="grenoble",
        name="Grenoble",
        area=factories.square((5.72, 45.18), 0.05),
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        now=clock.now,
    )
    someone = person()
    session.get_one(accounts.models.Account, someone.id).email = "isere@example.org"
    session.flush()
    accounts.make_operator(
        session,
        email="isere@example.org",
        market_slugs=["grenoble"],
        level="act",
        now=clock.now,
    )
    return someone


# Looked at -------------------------------------------------------------------------------


def test_a_person_verifies_what_was_handed_in(
    client: FlaskClient,
    provider: Callable[..., Person],
    person: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
) -> None:
    karim, resident, acting, looking = provider(), person(), operator("act"), operator("read")
    one = handed_in(karim, expires_on="2026-12-31", valid_from="2026-01-01")
    assert (one["state"], one["counts_until"]) == ("waiting", None)
    assert [line.kind for line in told(session, acting)] == ["paper-waiting"]
    assert resident.get(f"/providers/{karim.id}").get_json()["papers"] == []

    (seen,) = acting.get("/operators/papers?state=waiting").get_json()["items"]
    assert (seen["id"], seen["provider_id"], seen["market"]) == (one["id"], karim.id, "lyon")
    assert follow(client, seen["photos"][0]["url"]).data == PDF
    # A scan is for those who have to look at it.
    (seen,) = looking.get("/operators/papers").get_json()["items"]
    assert seen["photos"] == []

    for _ in range(2):
        answer = acting.post(f"/operators/papers/{one['id']}/verify")
        assert (answer.status_code, answer.get_json()["state"]) == (200, "verified")
    assert mine(karim, one)["counts_until"] == "2026-12-31T23:00:00Z"
    assert acting.get("/operators/papers").get_json()["items"] == []
    (listed,) = karim.get(MINE).get_json()["items"]
    assert (listed["number"], len(listed["photos"])) == ("RC-1187", 1)
    (line,) = told(session, karim)
    assert (line.kind, line.params) == ("paper-verified", {"paper": "R"})

    # Everybody sees that there is one, and until which month: no number, no scan.
    public = resident.get(f"/providers/{karim.id}")
    assert public.get_json()["papers"] == [{"kind": "R", "categories": [], "expires": "2026-12"}]
    assert "RC-1187" not in public.text
    assert happened(session, karim) == [
        ("paper-handed-in", "provider", None),
        ("paper-verified", "operator", None),
    ]


def test_a_person_refuses_and_says_why(
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
) -> None:
    karim, acting = provider(), operator("act")
    one = handed_in(karim)
    path = f"/operators/papers/{one['id']}"
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}):
        silent = acting.post(f"{path}/refuse", body)
        assert (silent.status_code, slug(silent)) == (422, "invalid-input")
    answer = acting.post(f"{path}/refuse", {"reason": "Illisible."})
    assert (answer.status_code, answer.get_json()["state"]) == (200, "refused")
    assert mine(karim, one)["refused_because"] == "Illisible."
    assert told(session, karim)[-1].kind == "paper-refused"
    assert happened(session, karim)[-1] == ("paper-refused", "operator", "Illisible.")
    for late in (
        acting.post(f"{path}/refuse", {"reason": "Encore."}),
        acting.post(f"{path}/verify"),
    ):
        assert (late.status_code, slug(late)) == (409, "illegal-move")
        assert late.get_json()["state"] == "refused"


def test_who_may_look_at_papers(
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    elsewhere: Person,
    session: Session,
    clock: Clock,
) -> None:
    karim, other, acting, looking = provider(), provider(), operator("act"), operator("read")
    one = handed_in(karim)
    path = f"/operators/papers/{one['id']}"
    before = rows(session)
    for answer, refusal in (
        (other.get(f"{MINE}/{one['id']}"), (404, "not-found")),
        (other.delete(f"{MINE}/{one['id']}"), (404, "not-found")),
        (elsewhere.post(f"{path}/verify"), (404, "not-found")),
        (elsewhere.post(f"{path}/refuse", {"reason": "Non."}), (404, "not-found")),
        (looking.post(f"{path}/verify"), (403, "not-allowed")),
        (karim.post(f"{path}/verify"), (403, "not-allowed")),
        (karim.get("/operators/papers"), (403, "not-allowed")),
        (acting.get(MINE), (403, "not-allowed")),
    ):
        assert (answer.status_code, slug(answer)) == refusal
    assert elsewhere.get("/operators/papers").get_json()["items"] == []
    assert other.get(MINE).get_json()["items"] == []
    assert rows(session) == before
    # A number is as good as a scan, for whoever may only look.
    for who, number in ((acting, one["number"]), (looking, None)):
        (seen,) = who.get("/operators/papers").get_json()["items"]
        assert (seen["id"], seen["number"]) == (one["id"], number)
    # Nobody looks at their own.
    accounts.add_role(
        session, session.get_one(accounts.models.Account, acting.id), "provider", now=clock.now
    )
    assert acting.put("/providers/me", profile()).status_code == 200
    own = handed_in(acting)
    answer = acting.post(f"/operators/papers/{own['id']}/verify")
    assert (answer.status_code, slug(answer)) == (403, "not-allowed")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_on": "2026-05-31"}, "expires_on"),
        ({"expires_on": None}, "expires_on"),
        ({"expires_on": "2027-02-30"}, "expires_on"),
        ({"expires_on": "2027-05-31T00:00:00Z"}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
        ({"valid_from": "0001-01-01"}, "valid_from"),
        ({"valid_from": "2027-06-01"}, "expires_on"),
        ({"kind": "X"}, "kind"),
        ({"kind": "Q"}, "categories"),
        ({"categories": ["gutter-cleaning"]}, "categories"),
        ({"kind": "Q", "categories": ["gutter-cleaning", "magic"]}, "categories.1"),
        ({"photos": []}, "photos"),
        ({"photos": ["019ab7c2-5d1e-7a60-9f3b-2c4d8e6f0a1b"]}, "photos.0"),
        ({"issuer": ""}, "issuer"),
        ({"verified_at": "2026-06-01T00:00:00Z"}, "verified_at"),
    ],
)
def test_a_paper_that_makes_no_sense_is_refused(
    provider: Callable[..., Person], session: Session, changes: dict[str, Any], field: str
) -> None:
    karim = provider()
    body = paper(karim) | changes
    before = rows(session)
    refused = karim.post(MINE, body)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == [field]
    assert rows(session) == before


def test_today_is_the_last_day_a_paper_can_be_handed_in(
    provider: Callable[..., Person], clock: Clock
) -> None:
    karim = provider()
    # In Lyon it is the next day already.
    clock.now = clock.now.replace(hour=22, minute=30)
    today = (clock.now + timedelta(hours=2)).date()
    assert today == clock.now.date() + timedelta(days=1)
    handed_in(karim, expires_on=today.isoformat())
    late = karim.post(MINE, paper(karim, expires_on=clock.now.date().isoformat()))
    assert (late.status_code, list(late.get_json()["errors"])) == (422, ["expires_on"])


def test_a_scan_is_a_picture_or_a_pdf_of_ones_own(
    provider: Callable[..., Person], clock: Clock
) -> None:
    karim, other = provider(), provider()
    for content in (b"PK\x03\x04 a letter", b"<html>%PDF-1.7 %%EOF</html>"):
        odd = bring(karim, content, "application/pdf")
        assert (odd.status_code, slug(odd)) == (415, "not-a-picture")
    cut = bring(karim, PDF[:-8], "application/pdf")
    assert (cut.status_code, slug(cut)) == (422, "invalid-input")
    two = [brought(karim, PDF)["id"], brought(karim, pictures.plain())["id"]]
    one = handed_in(karim, photos=two)
    assert [photo["media_type"] for photo in one["photos"]] == ["application/pdf", "image/jpeg"]
    for photos, field in (
        ([brought(other, PDF)["id"]], "photos.0"),
        (two, "photos.0"),
        ([brought(karim, PDF)["id"] for _ in range(5)], "photos"),
    ):
        refused = karim.post(MINE, paper(karim, photos=photos))
        assert (refused.status_code, slug(refused)) == (422, "invalid-input")
        assert field in refused.get_json()["errors"]


def test_a_scan_goes_with_its_paper_and_not_before(
    client: FlaskClient, provider: Callable[..., Person]
) -> None:
    karim = provider()
    one = handed_in(karim)
    scan = one["photos"][0]
    alone = karim.delete(f"/photos/{scan['id']}")
    assert (alone.status_code, slug(alone)) == (409, "photo-frozen")
    assert karim.delete(f"{MINE}/{one['id']}").status_code == 204
    assert follow(client, scan["url"]).status_code == 404
    assert karim.get(f"{MINE}/{one['id']}").status_code == 404


def test_nobody_hands_in_papers_without_a_profile_or_without_end(
    person: Callable[..., Person], provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    new, karim = person("provider"), provider()
    early = new.post(MINE, paper(new))
    assert (early.status_code, slug(early)) == (409, "profile-required")
    session.add_all(
        providers_models.Paper(provider_id=karim.id, kind="A", handed_in_at=clock.now)
        for _ in range(providers.papers.MOST)
    )
    session.flush()
    full = karim.post(MINE, paper(karim))
    assert (full.status_code, slug(full)) == (429, "too-many-papers")


# In force --------------------------------------------------------------------------------

WANTED = ("identity", "registration", "R")


def test_where_a_market_insists_nobody_is_asked_without_papers(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim, acting = person(), provider(), operator("act")
    insist(session, clock.now)
    for kind in WANTED:
        posted = resident.post("/jobs", job(clock.now)).get_json()
        assert ask_a_wave(posted, clock) == 0
        found = acting.get(f"/jobs/{posted['id']}/candidates").get_json()["ranking"]
        assert (found["ranked"], found["fell_out"]) == (0, {"papers": 1})
        verified(karim, acting, kind)
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 1
    taken = karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept")
    assert (taken.status_code, taken.get_json()["state"]) == (200, "assigned")


def test_what_ends_before_the_window_does_counts_no_more(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim, acting = person(), provider(), operator("act")
    insist(session, clock.now)
    tomorrow = (clock.now + timedelta(days=1)).date()
    for kind in ("identity", "registration"):
        verified(karim, acting, kind)
    verified(karim, acting, expires_on=(tomorrow - timedelta(days=1)).isoformat())
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 0
    # What begins as the other ends leaves no day without.
    later = verified(
        karim, acting, valid_from=tomorrow.isoformat(), expires_on=tomorrow.isoformat()
    )
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 1
    acting.post(f"/operators/papers/{later['id']}/refuse", {"reason": "Résiliée."})
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 0


def test_a_qualification_is_for_the_work_it_names(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, acting = person(), operator("act")
    price = {"kind": "flat", "amount_cents": 6000, "currency": "EUR"}
    work = ["lock-change", "chimney-sweeping"]
    karim = provider(skills=[{"category": slug_, "price": price} for slug_ in work])
    insist(session, clock.now)
    for kind in WANTED:
        verified(karim, acting, kind)
    verified(karim, acting, "Q", categories=["lock-change"])
    asked = []
    for category in work:
        wanted = job(clock.now, category=category, brief={"text": "Bonjour."})
        asked.append(ask_a_wave(resident.post("/jobs", wanted).get_json(), clock))
    assert asked == [1, 0]
    (shown,) = [
        one
        for one in resident.get(f"/providers/{karim.id}").get_json()["papers"]
        if one["kind"] == "Q"
    ]
    assert shown["categories"] == ["lock-change"]


def test_an_offer_is_not_accepted_without_the_papers_asked_for_by_then(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim, acting = person(), provider(), operator("act")
    verified(karim, acting, "registration")
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    insist(session, clock.now, category="gutter-cleaning")
    path = f"/offers/{offer_of(karim, posted)['id']}/accept"
    before = rows(session)
    refused = karim.post(path)
    assert (refused.status_code, slug(refused)) == (409, "paper-required")
    assert refused.get_json()["missing"] == ["identity", "R"]
    assert rows(session) == before
    # Over before the visit begins, it is as good as none.
    verified(karim, acting, "identity")
    verified(karim, acting, expires_on=clock.now.date().isoformat())
    assert karim.post(path).get_json()["missing"] == ["R"]
    verified(karim, acting)
    assert karim.post(path).status_code == 200


def test_a_visit_is_not_moved_beyond_the_end_of_a_paper(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim, acting = person(), provider(), operator("act")
    insist(session, clock.now)
    verified(karim, acting, "identity")
    verified(karim, acting, "registration")
    last = (clock.now + timedelta(days=8)).date()
    insured = verified(karim, acting, expires_on=last.isoformat())
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    path = f"/jobs/{posted['id']}"
    taken = karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept").get_json()
    starts_at = datetime.fromisoformat(taken["starts_at"])
    later = {"starts_at": (starts_at + timedelta(days=20)).isoformat()}
    for who in (karim, resident):
        refused = who.post(f"{path}/reschedule", later)
        assert (refused.status_code, slug(refused)) == (409, "paper-required")
        assert refused.get_json()["missing"] == ["R"]
    covered = {"starts_at": (starts_at + timedelta(days=2)).isoformat()}
    assert karim.post(f"{path}/reschedule", covered).status_code == 200
    # What held when it was asked does not any more when it is agreed to.
    acting.post(f"/operators/papers/{insured['id']}/refuse", {"reason": "Résiliée."})
    refused = resident.post(f"{path}/reschedule/agree")
    assert (refused.status_code, slug(refused)) == (409, "paper-required")
    assert refused.get_json()["missing"] == ["R"]
    assert karim.get(path).get_json()["starts_at"] == taken["starts_at"]


def test_nobody_comes_again_without_the_papers_asked_for(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    karim.post(f"/offers/{offer_of(karim, posted)['id']}/accept")
    path = f"/jobs/{posted['id']}"
    resident.post(f"{path}/start")
    karim.post(f"{path}/finish", {})
    resident.post(f"{path}/redo", {"reason": "Fuite"})
    insist(session, clock.now)
    again = {"starts_at": (clock.now + timedelta(days=1)).isoformat(), "minutes": 60}
    refused = karim.post(f"{path}/redo-date", again)
    assert (refused.status_code, slug(refused)) == (409, "paper-required")


def test_a_market_has_no_name_that_cannot_be_kept(client: FlaskClient) -> None:
    assert client.get("/api/v1/markets/%00/papers").status_code == 404


def test_a_quote_is_not_chosen_without_the_papers_asked_for_by_then(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, karim = person(), provider()
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    offer_id = offer_of(karim, posted)["id"]
    karim.post(f"/offers/{offer_id}/quote", {"amount_cents": 8000})
    insist(session, clock.now)
    refused = resident.post(f"/jobs/{posted['id']}/choose", {"offer_id": offer_id})
    assert (refused.status_code, slug(refused)) == (409, "paper-required")


def test_a_paper_takes_the_place_of_another_once_it_is_verified(
    provider: Callable[..., Person], operator: Callable[[str], Person], clock: Clock
) -> None:
    karim, acting = provider(), operator("act")
    old = verified(karim, acting, expires_on="2026-12-31")
    new = handed_in(karim, expires_on="2027-12-31")
    assert mine(karim, old)["state"] == "verified"
    acting.post(f"/operators/papers/{new['id']}/verify")
    gone = mine(karim, old)
    assert (gone["state"], gone["replaced_by"]) == ("expired", new["id"])
    # One that ends sooner, or covers less, takes nobody's place.
    short = verified(karim, acting, expires_on="2026-08-31")
    assert {mine(karim, one)["state"] for one in (new, short)} == {"verified"}
    roofs = verified(karim, acting, "Q", categories=["gutter-cleaning", "gutter-repair"])
    verified(karim, acting, "Q", categories=["gutter-repair"])
    assert mine(karim, roofs)["state"] == "verified"
    # What turns out not to hold gives the place back.
    acting.post(f"/operators/papers/{new['id']}/refuse", {"reason": "Résiliée."})
    back = mine(karim, old)
    assert (back["state"], back["counts_until"]) == ("verified", "2026-12-31T23:00:00Z")


def test_a_paper_that_begins_later_leaves_the_other_in_force_until_then(
    provider: Callable[..., Person], operator: Callable[[str], Person], clock: Clock
) -> None:
    karim, acting = provider(), operator("act")
    old = verified(karim, acting, expires_on="2026-12-31")
    new = verified(karim, acting, valid_from="2026-07-01", expires_on="2027-06-30")
    assert mine(karim, old)["counts_until"] == "2026-06-30T22:00:00Z"
    assert mine(karim, old)["state"] == "verified"
    clock.now = clock.now.replace(month=7, day=1)
    assert [mine(karim, one)["state"] for one in (old, new)] == ["expired", "verified"]
    assert karim.delete(f"{MINE}/{new['id']}").status_code == 204
    assert mine(karim, old)["state"] == "verified"


def test_its_owner_is_reminded_before_a_paper_ends(
    provider: Callable[..., Person],
    person: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    karim, resident, acting = provider(), person(), operator("act")
    last = date(2026, 7, 31)
    verified(karim, acting, expires_on=last.isoformat())
    # Handed in, and never looked at: nobody is reminded of it.
    handed_in(karim, expires_on=last.isoformat())
    noticed: list[tuple[date, int]] = []
    for day in range(62):
        # Nine o'clock in Lyon.
        clock.now = datetime.fromisoformat("2026-06-02T07:00:00+00:00") + timedelta(days=day)
        before = len(told(session, karim))
        clocks.do_due(clock.now - timedelta(seconds=1))
        assert len(told(session, karim)) == before
        clocks.do_due(clock.now)
        clocks.do_due(clock.now)
        noticed += [
            (clock.now.date(), line.params["days"]) for line in told(session, karim)[before:]
        ]
    assert noticed == [(last - timedelta(days=left), left) for left in (30, 7, 1, 0)]
    assert happened(session, karim)[-1] == ("paper-expired", "system", None)
    assert resident.get(f"/providers/{karim.id}").get_json()["papers"] == []


def test_nobody_is_reminded_of_what_was_replaced(
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    karim, acting = provider(), operator("act")
    verified(karim, acting, expires_on="2026-07-31")
    verified(karim, acting, valid_from="2026-08-01", expires_on="2027-07-31")
    clock.now = datetime.fromisoformat("2026-07-31T08:00:00+00:00")
    clocks.do_due(clock.now)
    assert {line.kind for line in told(session, karim)} == {"paper-verified"}


def test_who_somebody_is_rests_on_what_a_person_saw(
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    karim, acting = provider(), operator("act")

    def known() -> tuple[bool, bool]:
        found = providers.newcomers(
            session,
            category_id=6,
            market_id=session.scalars(
                select(markets.models.Market.id).where(markets.models.Market.slug == "lyon")
            ).one(),
            near=factories.LYON,
            finished_below=5,
            since=clock.now - timedelta(days=60),
        )
        checked = karim.get("/providers/me").get_json()["identity_checked"]
        return checked, karim.id in {str(one) for one in found}

    one = handed_in(karim, "identity")
    assert known() == (False, False)
    acting.post(f"/operators/papers/{one['id']}/verify")
    assert known() == (True, True)
    acting.post(f"/operators/papers/{one['id']}/refuse", {"reason": "Une autre personne."})
    assert known() == (False, False)
    again = verified(karim, acting, "identity")
    # That it was checked stays true when the card is taken away.
    assert karim.delete(f"{MINE}/{again['id']}").status_code == 204
    assert known() == (True, True)


def test_a_tax_credit_goes_with_a_declaration_a_person_has_verified(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    operator: Callable[[str], Person],
    session: Session,
    clock: Clock,
) -> None:
    resident, acting = person(), operator("act")
    price = {"kind": "flat", "amount_cents": 6000, "currency": "EUR"}
    karim = provider(skills=[{"category": "hedge-trimming", "price": price}])
    (market,) = session.scalars(select(markets.models.Market))
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="scheduled",
        rules=markets.default_rules("scheduled") | {"tax_credit_share": 0.5},
        in_force_from=clock.now,
        note="",
        now=clock.now,
    )
    one = handed_in(karim, "S", expires_on=clock.now.date().isoformat())

    def credit() -> int:
        posted = resident.post("/jobs", job(clock.now, category="hedge-trimming")).get_json()
        ask_a_wave(posted, clock)
        return int(offer_of(karim, posted)["price"]["credit_cents"])

    assert credit() == 0
    acting.post(f"/operators/papers/{one['id']}/verify")
    assert credit() == 4500
    clock.move(days=1)
    assert credit() == 0


# Asked for -------------------------------------------------------------------------------


def test_a_market_says_what_each_category_asks_for(
    person: Callable[..., Person], session: Session, clock: Clock
) -> None:
    someone = person()

    def asked(category: str) -> dict[str, Any]:
        found = someone.get("/markets/lyon/papers").get_json()["items"]
        return next(one for one in found if one["category"] == category)

    assert asked("gutter-repair") == {
        "category": "gutter-repair",
        "papers": ["identity", "registration", "R", "Q", "D"],
        "tax_credit": False,
        "required_for": [],
    }
    insist(session, clock.now, category="gutter-repair")
    assert asked("gutter-repair")["required_for"] == ["scheduled"]
    assert (asked("lawn-mowing")["tax_credit"], asked("lawn-mowing")["required_for"]) == (True, [])
    nowhere = someone.get("/markets/nowhere/papers")
    assert (nowhere.status_code, slug(nowhere)) == (404, "not-found")
