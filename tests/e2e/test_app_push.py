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
