"""How good a candidate is: every part of the score, and their weighted sum.

A part is a formula in [0, 1] over what was measured of one candidate (``m``), written
in SQL, because it is PostgreSQL that scores: it can then leave out, unread, whoever
cannot come among the best any more. A policy weighs parts by name. Adding or
reweighting a part is a change here and in a policy row, nowhere else.

The columns of ``m``: ``distance_m`` from the origin to the job and ``decay_m`` of the
policy's tier, metres; ``rating_sum`` and ``rating_weight``, ratings weighed by age;
``rating_mean``, stars of market and category or null; ``visits_kept``,
``visits_let_down``, ``offers_answered``, ``offers_unanswered``, counts; prices of the
skill (``price_kind``, ``amount_cents``, ``call_out_fee_cents``); and, of a slot,
``starts_at`` and ``starts_after_s``, seconds from the earliest instant of the request,
``free_s`` within the window ahead and ``inside_hours``. Of the request: ``:earliest``,
``:duration``, ``:now``, ``:urgency``, ``:span_s`` and ``:slack_s``, seconds of the window
ahead and of what it has to spare; of the policy, the rules of its figures by name.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a score as a formula.

    ``of_slot`` parts need the slot, which is dear to find where there are visits about;
    before it is known they count as 1, the most that any part can be. ``sooner_is_more``
    ones are never less for a slot that starts sooner among more free time, so that a
    calendar without its visits tells the most they can be.
    """

    formula: str
    of_slot: bool = True
    sooner_is_more: bool = False


def _unit(formula: str) -> str:
    return f"greatest(0, least(1, {formula}))"


#: Bayesian mean of the ratings: a prior of so many imagined ratings at the mean of the
#: market and category keeps one good review from being a perfect record. A prior
#: without weight still holds where there is nothing else.
STARS = """
    CASE WHEN :rating_prior_weight + m.rating_weight > 0
         THEN (coalesce(m.rating_mean, :rating_prior_stars) * :rating_prior_weight
               + m.rating_sum) / (:rating_prior_weight + m.rating_weight)
         ELSE coalesce(m.rating_mean, :rating_prior_stars) END
"""

#: Every part a policy may weigh.
PARTS: dict[str, Part] = {
    # exp(-distance / decay); an exponent below -700 would be an error, not a zero.
    "proximity": Part(
        formula="exp(-least(700, m.distance_m / m.decay_m))",
        of_slot=False,
    ),
    # 1 when online and free at once for a ``now`` job; else half how soon the slot
    # starts within the window, half the share of the window that is free. Nothing for a
    # slot outside the provider's hours.
    "availability": Part(
        formula=f"""
            CASE WHEN NOT m.inside_hours THEN 0
                 WHEN :urgency = 'now' AND m.online AND m.starts_after_s = 0 THEN 1
                 ELSE {
            _unit('''CASE WHEN :slack_s <= 0 THEN 1 ELSE
                     1 - m.starts_after_s / :slack_s END''')
        } / 2
                    + {_unit("CASE WHEN :span_s <= 0 THEN 1 ELSE m.free_s / :span_s END")} / 2
            END""",
        sooner_is_more=True,
    ),
    # The Bayesian mean, the policy's floor to ceiling mapped to 0..1.
    "rating": Part(
        formula=_unit(f"({STARS} - :rating_floor) / (:rating_ceiling - :rating_floor)"),
        of_slot=False,
    ),
    # Mean of Beta(prior + kept, prior + let down): on time and not cancelled.
    "reliability": Part(
        formula="""(:reliability_good + m.visits_kept)
            / (:reliability_good + :reliability_bad + m.visits_kept + m.visits_let_down)""",
        of_slot=False,
    ),
    # Mean of Beta(prior + answered, prior + unanswered); a decline is an answer.
    "responsiveness": Part(
        formula="""(:responsiveness_good + m.offers_answered)
            / (:responsiveness_good + :responsiveness_bad
               + m.offers_answered + m.offers_unanswered)""",
        of_slot=False,
    ),
}


def weight_parameters(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights as parameters of the formulas below."""
    return {f"weight_{name}": float(weight) for name, weight in weights.items()}


def score(weights: Iterable[str]) -> str:
    """The weighted sum of the ``value_<part>`` columns of ``m``."""
    return " + ".join(f":weight_{name} * m.value_{name}" for name in weights) or "0"


def at_most(weights: Iterable[str]) -> str:
    """What the sum can come to before everything is sure.

    ``m`` tells what is: ``held``, that its figures are those of this instant; ``told``, that
    its slot is; ``open``, that there may be time which its slot does not tell. A part that
    is not sure counts as 1, the most that any can be.
    """
    terms = []
    for name in weights:
        part = PARTS[name]
        sure = [] if name == "proximity" else ["m.held"]
        if part.of_slot:
            sure.append("NOT m.open" if part.sooner_is_more else "m.told")
        value = f"({part.formula})::float8"
        if sure:
            value = f"CASE WHEN {' AND '.join(sure)} THEN {value} ELSE 1 END"
        terms.append(f":weight_{name} * {value}")
    return " + ".join(terms) or "0"


def values(weights: Iterable[str]) -> str:
    """The value columns of these parts."""
    return "".join(f", ({PARTS[name].formula})::float8 AS value_{name}" for name in weights)


def tie_break(job_id: uuid.UUID, provider_id: uuid.UUID) -> str:
    """An order among equals that differs from job to job, so no one is always last.

    PostgreSQL gives the same with ``md5(job_id::text || provider_id::text)``.
    """
    return hashlib.md5(f"{job_id}{provider_id}".encode(), usedforsecurity=False).hexdigest()


def unknown(weights: Iterable[str]) -> list[str]:
    """Weighed parts that do not exist."""
    return [name for name in weights if name not in PARTS]
