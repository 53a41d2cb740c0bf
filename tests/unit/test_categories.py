"""The file of categories: whole, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from jobbing_api.markets import categories

LISTED = categories.listed()
BY_SLUG = {category["slug"]: category for category in LISTED}


def test_numbers_are_given_once_and_in_order() -> None:
    assert [category["id"] for category in LISTED] == list(range(1, len(LISTED) + 1))


def test_every_kind_of_job_is_listed_once() -> None:
    assert len(LISTED) == len(BY_SLUG) == 36
    assert len({category["group_slug"] for category in LISTED}) == 12


@pytest.mark.parametrize(
    ("slug", "group", "french", "minutes", "price", "papers"),
    [
        ("lawn-mowing", "garden", "Tonte", 90, "flat", ["R", "S"]),
        # Papers that counsel has yet to confirm are not asked for.
        ("gutter-cleaning", "roof", "Nettoyage de gouttière", 90, "flat", ["R"]),
        ("gutter-repair", "roof", "Réparation de gouttière", 120, "quote", ["R", "Q", "D"]),
        ("painting", "finishing", "Peinture", 480, "quote", ["R", "Q"]),
        ("leak-repair", "plumbing", "Fuite d'eau", 60, "quote", ["R", "Q", "D"]),
        ("errands", "errands", "Courses", 60, "flat", []),
        ("pest-control", "upkeep", "Guêpes, nuisibles", 60, "quote", ["R", "C"]),
    ],
)
def test_categories_say_what_the_table_of_policies_says(
    slug: str, group: str, french: str, minutes: int, price: str, papers: list[str]
) -> None:
    category = BY_SLUG[slug]
    assert category["group_slug"] == group
    assert category["names"]["fr"] == french
    assert category["usual_minutes"] == minutes
    assert category["price_kind"] == price
    assert category["papers"] == papers


@pytest.mark.parametrize("category", LISTED, ids=lambda category: category["slug"])
def test_names_are_given_in_both_languages(category: dict[str, Any]) -> None:
    for names in (category["names"], category["group_names"]):
        assert set(names) == {"fr", "en"}
        assert all(names.values())
