"""In the cellar: no network, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.phones import Phone
from tests.e2e.stack import Person, Stack, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def _assigned(stack: Stack, provider: Person, language: str) -> str:
    """A job of theirs, which is under way."""
    provider.works(languages=[language])
    resident = stack.person("resident")
    job = resident.posts(languages=[language])
    offer = eventually(lambda: provider.offer_for(job["id"]))
    assert provider.post(f"/offers/{offer['id']}/accept").status_code == 200
    return str(job["id"])


def test_the_accepted_job_and_its_address_are_there_without_a_network(
    stack: Stack, phone: Callable[..., Phone]
) -> None:
    provider = stack.person("provider")
    mine = phone()
    mine.sign_in(provider)
    mine.worker_ready()
    job_id = _assigned(stack, provider, "fo")
    mine.page.goto(f"/jobs/{job_id}")
    mine.page.get_by_text("12 rue de la République").first.wait_for()
    # What is kept is written a moment after it came.
    mine.page.wait_for_timeout(2500)
    mine.context.set_offline(True)
    mine.page.reload()
    mine.page.get_by_text("12 rue de la République").first.wait_for()
    mine.page.get_by_text("Pas de réseau").wait_for()
    assert mine.axe() == []


def test_messages_of_the_cellar_arrive_once_each(stack: Stack, phone: Callable[..., Phone]) -> None:
    provider = stack.person("provider")
    mine = phone()
    mine.sign_in(provider)
    mine.worker_ready()
    job_id = _assigned(stack, provider, "gd")
    mine.page.goto(f"/jobs/{job_id}/messages")
    field = mine.page.get_by_role("textbox")
    field.wait_for()
    mine.page.wait_for_timeout(2500)
    mine.context.set_offline(True)
    for text in ("Je suis en bas", "La porte est fermée"):
        field.fill(text)
        mine.page.get_by_role("button", name="Envoyer").tap()
        mine.page.get_by_text(text).first.wait_for()
    mine.page.wait_for_timeout(2500)
    # The app is closed and opened again, still below.
    mine.page.reload()
    mine.page.get_by_text("La porte est fermée").first.wait_for()
    assert provider.get(f"/jobs/{job_id}/messages")["items"] == []
    mine.context.set_offline(False)
    said = eventually(
        lambda: len(found := provider.get(f"/jobs/{job_id}/messages")["items"]) >= 2 and found,
        within_s=40,
    )
    assert sorted(each["text"] for each in said) == ["Je suis en bas", "La porte est fermée"]
    mine.page.wait_for_timeout(3000)
    assert len(provider.get(f"/jobs/{job_id}/messages")["items"]) == 2
