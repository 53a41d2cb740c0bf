"""The legal moves are exactly those of the contract, and no state is a trap by mistake."""

from __future__ import annotations

import pytest

from jobbing_api import lifecycle
from jobbing_api.lifecycle import JobMove, JobState, OfferMove, OfferState

#: The contract's sentence about jobs, as pairs.
JOB_STEPS = {
    ("open", "assigned"),
    ("assigned", "in_progress"),
    ("in_progress", "finished"),
    ("finished", "completed"),
    ("finished", "in_progress"),
    ("assigned", "open"),
    ("open", "unfilled"),
    ("unfilled", "open"),
    ("open", "cancelled"),
    ("assigned", "cancelled"),
    ("in_progress", "disputed"),
    ("finished", "disputed"),
    ("disputed", "completed"),
    ("disputed", "cancelled"),
}

#: The contract's sentence about offers, as pairs.
OFFER_STEPS = {
    ("pending", "sent"),
    ("pending", "withdrawn"),
    ("sent", "seen"),
    ("quoted", "accepted"),
    ("quoted", "withdrawn"),
    ("quoted", "expired"),
    ("accepted", "withdrawn"),
    *(
        (waiting, end)
        for waiting in ("sent", "seen")
        for end in ("accepted", "declined", "expired", "withdrawn", "quoted")
    ),
}


def test_a_job_takes_the_steps_of_the_contract_and_no_other() -> None:
    steps = {
        (str(source), str(target))
        for sources, target in lifecycle.JOB_MOVES.values()
        for source in sources
    }
    assert steps == JOB_STEPS


def test_an_offer_takes_the_steps_of_the_contract_and_no_other() -> None:
    steps = {
        (str(source), str(target))
        for sources, target in lifecycle.OFFER_MOVES.values()
        for source in sources
    }
    assert steps == OFFER_STEPS


def test_no_two_moves_make_the_same_step() -> None:
    for moves in (lifecycle.JOB_MOVES, lifecycle.OFFER_MOVES):
        steps = [(source, target) for sources, target in moves.values() for source in sources]
        assert len(steps) == len(set(steps))


def test_every_state_can_be_reached_from_the_first() -> None:
    for moves, first, states in (
        (lifecycle.JOB_MOVES, JobState.OPEN, set(JobState)),
        (lifecycle.OFFER_MOVES, OfferState.PENDING, set(OfferState)),
    ):
        reached = {first}
        for _ in states:
            reached |= {
                target
                for sources, target in moves.values()
                if sources & reached  # type: ignore[operator]  # each table with its own states
            }
        assert reached == states


def test_only_ends_are_final() -> None:
    left = {source for sources, _ in lifecycle.JOB_MOVES.values() for source in sources}
    assert set(JobState) - left == {JobState.COMPLETED, JobState.CANCELLED}
    left_offers = {source for sources, _ in lifecycle.OFFER_MOVES.values() for source in sources}
    assert set(OfferState) - left_offers == {
        OfferState.DECLINED,
        OfferState.EXPIRED,
        OfferState.WITHDRAWN,
    }


@pytest.mark.parametrize("move", JobMove)
def test_what_a_job_move_starts_from_and_ends_in_is_what_the_table_says(move: JobMove) -> None:
    assert (lifecycle.job_sources(move), lifecycle.job_target(move)) == lifecycle.JOB_MOVES[move]


@pytest.mark.parametrize("move", OfferMove)
def test_what_an_offer_move_starts_from_and_ends_in_is_what_the_table_says(
    move: OfferMove,
) -> None:
    assert (
        lifecycle.offer_sources(move),
        lifecycle.offer_target(move),
    ) == lifecycle.OFFER_MOVES[move]


def test_a_job_has_its_provider_from_acceptance_on() -> None:
    without = {JobState.OPEN, JobState.UNFILLED, JobState.CANCELLED}
    assert set(JobState) - without == lifecycle.JOB_HAS_PROVIDER


def test_an_offer_is_live_until_it_is_answered_for_good_or_ends() -> None:
    assert {
        OfferState.PENDING,
        OfferState.SENT,
        OfferState.SEEN,
        OfferState.QUOTED,
    } == lifecycle.OFFER_LIVE
