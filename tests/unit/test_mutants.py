"""The list of mutants follows the code."""

from __future__ import annotations

from tests import mutants


def test_what_each_mutant_changes_stands_where_the_list_says() -> None:
    assert mutants.astray() == []
    rules = [one.rule for one in mutants.listed()]
    assert len(rules) == len(set(rules))
