"""The checker of histories convicts what no single winner can leave behind, and nothing else."""

from __future__ import annotations

import uuid

from benchmarks.acceptance import Told, violations

ANN, BEN = uuid.uuid4(), uuid.uuid4()


def told(provider: uuid.UUID, status: int, at: float = 0.0, comes: uuid.UUID | None = None) -> Told:
    named = str(comes or provider) if status == 200 else None
    return Told("job", provider, status, at, at + 0.1, named)


def test_one_winner_and_losers_are_in_order() -> None:
    history = [told(ANN, 200), told(BEN, 409), told(ANN, 200, 1.0), told(BEN, 409, 1.0)]
    assert violations(history, {"job": ANN}) == []


def test_two_winners_are_convicted() -> None:
    assert violations([told(ANN, 200), told(BEN, 200)], {"job": ANN})


def test_a_winner_who_has_it_not_is_convicted() -> None:
    assert violations([told(ANN, 200), told(BEN, 409)], {"job": BEN})


def test_a_winner_who_is_told_otherwise_later_is_convicted() -> None:
    assert violations([told(ANN, 200), told(ANN, 409, 1.0)], {"job": ANN})


def test_a_winner_whose_first_answer_was_lost_may_have_been_told_otherwise_at_once() -> None:
    """Two requests of one phone that overlap say nothing of their order."""
    assert violations([told(ANN, 200), told(ANN, 409, 0.05)], {"job": ANN}) == []


def test_an_answer_that_names_somebody_else_is_convicted() -> None:
    assert violations([told(ANN, 200, comes=BEN)], {"job": ANN})


def test_a_job_that_all_wanted_and_nobody_has_is_convicted() -> None:
    assert violations([told(ANN, 409), told(BEN, 409)], {"job": None})


def test_a_job_that_somebody_has_without_having_been_told_is_convicted() -> None:
    assert violations([told(ANN, 409), told(BEN, 409)], {"job": ANN})
