"""Pushes on a phone whose app is closed: shown, replaced, and leading to the offer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.phones import Phone
from tests.e2e.stack import Stack, eventually

pytestmark = pytest.mark.e2e


def _closed(phone: Phone) -> None:
    """Close the app: nothing of it is open but its service worker."""
    phone.page.close()


def test_what_another_has_taken_is_replaced_on_the_lock_screen(
    stack: Stack, phone: Callable[..., Phone]
) -> None:
    mine_is, other = stack.person("provider"), stack.person("provider")
    for one in (mine_is, other):
        one.works(languages=["mt"])
    mine = phone()
    mine.allow("notifications", "geolocation")
    mine.sign_in(mine_is)
    mine.ring_ready()
    _closed(mine)
    job = stack.person("resident").posts(languages=["mt"])
    eventually(mine.deliver)
    (before,) = eventually(mine.shown)
    theirs = eventually(lambda: other.offer_for(job["id"]))
    assert other.post(f"/offers/{theirs['id']}/accept").status_code == 200
    eventually(mine.deliver)
    (after,) = eventually(mine.shown)
    assert after["tag"] == before["tag"]
    assert after["title"] != before["title"]
    # Whoever presses it all the same reads what became of it.
    mine.open_page(mine.tap_notification())
    mine.page.get_by_role("button", name="Accepter").wait_for(state="detached")
    mine.page.get_by_role("heading", level=1).wait_for()
    assert mine.axe() == []


def test_of_two_thumbs_one_has_the_job(stack: Stack, phone: Callable[..., Phone]) -> None:
    people = [stack.person("provider") for _ in range(2)]
    phones = [phone() for _ in people]
    for one, person in zip(phones, people, strict=True):
        person.works(languages=["is"])
        one.sign_in(person)
    job = stack.person("resident").posts(languages=["is"])
    for one, person in zip(phones, people, strict=True):
        offer = eventually(lambda person=person: person.offer_for(job["id"]))
        one.page.goto(f"/offers/{offer['id']}")
    buttons = [one.page.get_by_role("button", name="Accepter") for one in phones]
    for button in buttons:
        button.wait_for()
    # As near as two thumbs can be: both are on their way before either is answered.
    for button in buttons:
        button.evaluate("(element) => { setTimeout(() => element.click(), 50); }")
    eventually(lambda: sorted(p.offer_for(job["id"])["state"] for p in people)[0] == "accepted")
    states = [person.offer_for(job["id"])["state"] for person in people]  # type: ignore[index]
    assert sorted(states) == ["accepted", "withdrawn"]
    loser = phones[states.index("withdrawn")]
    loser.page.get_by_role("button", name="Accepter").wait_for(state="detached")
    assert loser.axe() == []


def test_an_offer_rings_a_closed_app_and_leads_to_the_offer(
    stack: Stack, phone: Callable[..., Phone]
) -> None:
    provider, other = stack.person("provider"), stack.person("provider")
    for one in (provider, other):
        one.works(languages=["lb"])
    mine = phone()
    mine.allow("notifications", "geolocation")
    mine.sign_in(provider)
    mine.ring_ready()
    _closed(mine)

    job = stack.person("resident").posts(languages=["lb"])
    eventually(mine.deliver)
    (shown,) = eventually(mine.shown)
    assert "République" not in str(shown)
    assert "Gouttière bouchée" not in str(shown)
    path = mine.tap_notification()
    offer = provider.offer_for(job["id"])
    assert offer is not None
    assert shown["tag"] == f"offer-{offer['id']}"
    assert path == f"/offers/{offer['id']}"
    mine.open_page(path)
    mine.page.get_by_role("button", name="Accepter").wait_for()
