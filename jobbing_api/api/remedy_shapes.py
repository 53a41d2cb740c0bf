"""The shapes of what would help a job that nobody came for, or nobody could come for."""

from __future__ import annotations

from typing import Any

from jobbing_api import offers
from jobbing_api.api import fields, job_bodies, kinds


class RemedyAnswer(kinds.Answer):
    """Something that would reach more people, tried on the record."""

    kind = fields.choice(
        "`another-day`: the same hours on the day on which most could come. `higher-price`:"
        " a little more. `choose`: compare quotes instead of naming a price. `wait-list`: hear"
        " of it when somebody could come.",
        "another-day",
        offers.REMEDIES,
    )
    would_reach = fields.whole(
        f"How many could be asked then; {offers.COUNTED_AT_MOST} stands for as many or more."
        " Of the wait list: how many might who have no time now.",
        6,
        least=0,
        most=offers.COUNTED_AT_MOST,
    )
    instead_of = fields.whole(
        "How many could be asked again on the same terms.",
        0,
        least=0,
        most=offers.COUNTED_AT_MOST,
    )
    dispatch = fields.part(
        job_bodies.DispatchBody,
        "What to send to POST /jobs/{job_id}/dispatch, as it is; before posting, what to change"
        " in the job. Null for the wait list: POST /jobs/{job_id}/wait-list.",
        allow_none=True,
    )


def shown(remedy: offers.Remedy, *, currency: str) -> dict[str, Any]:
    """A remedy, with the body that does it."""
    return {
        "kind": remedy.kind,
        "would_reach": remedy.would_reach,
        "instead_of": remedy.instead_of,
        "dispatch": None
        if remedy.changes is None
        else job_bodies.dispatch(remedy.changes, currency=currency),
    }
