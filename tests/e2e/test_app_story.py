"""The main job on two phones, by thumb, in French: nobody reads anything but the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.e2e.phones import Phone
from tests.e2e.stack import PASSWORD, Person, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


class Thumb:
    """Taps, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def press(self, name: str | re.Pattern[str], **options: Any) -> None:
        self.tap(self.page.get_by_role("button", name=name, **options).first)


def _flat(provider: Person) -> None:
    """Offers to clean gutters at any price, with every tool that anybody could ask for."""
    provider.works(languages=["fr"])
    (gutters,) = (
        each for each in provider.get("/categories")["items"] if each["slug"] == "gutter-cleaning"
    )
    profile = provider.get("/providers/me")
    known = ("headline", "base", "reach_m", "skills", "languages")
    tools = [tool["slug"] for tool in gutters["brief_template"]["tools"]]
    provider.put(
        "/providers/me",
        {name: profile[name] for name in known} | {"minimum_visit_cents": 0, "tools": tools},
    )


def _described(thumb: Thumb) -> None:
    """From the first screen of posting to its last."""
    thumb.press("Nettoyage de gouttière")
    thumb.press("Elle déborde")
    thumb.press("Continuer")
    thumb.press("Ma position")
    thumb.page.get_by_text("Ma position.").wait_for()
    thumb.press("Continuer")


def test_a_stranger_posts_and_a_neighbour_takes_it(
    stack: Stack, phone: Callable[..., Phone]
) -> None:
    neighbour = stack.person("provider")
    _flat(neighbour)
    theirs = phone()
    theirs.allow("geolocation")
    theirs.sign_in(neighbour)

    mine = phone()
    mine.allow("geolocation")
    thumb = Thumb(mine.page)
    mine.page.goto("/welcome")
    thumb.tap(mine.page.get_by_role("link", name="Demander un travail"))
    _described(thumb)
    amount = mine.page.get_by_label("Montant pour tout le travail")
    amount.fill("90")
    thumb.press("Envoyer")
    # Who they are is asked last, over what they have written.
    mine.page.get_by_label("Prénom").fill("Nadia")
    mine.page.get_by_label("Adresse e-mail").fill(f"nadia-{neighbour.address}@example.org")
    mine.page.get_by_label("Mot de passe").fill(PASSWORD)
    thumb.press("Créer mon compte")
    mine.page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}"))
    # Filling in four fields is a tap each.
    assert thumb.taps + 4 <= 12

    mine.page.get_by_text("personne proche est prévenue").or_(
        mine.page.get_by_text("personnes proches sont prévenues")
    ).wait_for()
    assert mine.axe() == []

    theirs.page.goto("/offers")
    offer = theirs.page.get_by_role("link").filter(has_text="Elle déborde")
    offer.wait_for(timeout=30_000)
    assert theirs.axe() == []
    offer.tap()
    accept = theirs.page.get_by_role("button", name="Accepter")
    accept.wait_for()
    assert theirs.axe() == []
    # One tap decides.
    accept.tap()
    theirs.page.get_by_text("République").or_(
        theirs.page.get_by_role("link", name=re.compile("travail|mission|visite", re.I))
    ).first.wait_for()

    mine.page.get_by_text(neighbour_name(neighbour)).first.wait_for(timeout=30_000)
    assert mine.axe() == []
    assert mine.no_wider_than_screen()


def neighbour_name(neighbour: Person) -> str:
    return str(neighbour.get("/me")["display_name"])


def test_who_is_known_posts_in_seven_taps(stack: Stack, phone: Callable[..., Phone]) -> None:
    _flat(stack.person("provider"))
    resident = stack.person("resident")
    mine = phone()
    mine.allow("geolocation")
    mine.sign_in(resident)
    thumb = Thumb(mine.page)
    thumb.tap(mine.page.get_by_role("link", name="Demander").last)
    _described(thumb)
    mine.page.get_by_label("Montant pour tout le travail").fill("90")
    thumb.press("Envoyer")
    mine.page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}"))
    assert thumb.taps <= 8
    (job,) = resident.get("/jobs")["items"]
    assert job["budget"]["amount_cents"] == 9000
    assert job["brief_read"]["answers"]
    assert "Elle déborde" in job["title"]
