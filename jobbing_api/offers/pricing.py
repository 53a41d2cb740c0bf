"""What a job costs with a given provider, item by item, in integer minor units."""

from __future__ import annotations

from typing import Any

from jobbing_api import markets
from jobbing_api.jobs import models as jobs_models


def price(
    job: jobs_models.Job,
    policy: markets.Policy,
    *,
    amount_cents: int | None = None,
    hourly_cents: int | None = None,
    call_out_fee_cents: int = 0,
) -> dict[str, Any]:
    """The itemised price of a job, as the offer shows it and the order locks it.

    ``fixed``: the resident's amount is the whole price. ``hourly``: the provider's
    rate for the job's duration and the call-out fee. A quote (``amount_cents``) is
    the whole price the provider named; before it is named, totals are None.
    """
    lines: list[dict[str, Any]] = []
    if amount_cents is not None:
        lines.append({"kind": "quote", "amount_cents": amount_cents})
    elif job.budget_kind == "fixed":
        lines.append({"kind": "fixed", "amount_cents": job.budget_cents})
    elif job.budget_kind == "hourly" and hourly_cents is not None:
        lines.append(
            {
                "kind": "labour",
                "unit_cents": hourly_cents,
                "minutes": job.duration_minutes,
                # Half a cent rounds up, the same on every screen.
                "amount_cents": (hourly_cents * job.duration_minutes + 30) // 60,
            }
        )
        if call_out_fee_cents:
            lines.append({"kind": "call-out", "amount_cents": call_out_fee_cents})
    total = sum(line["amount_cents"] for line in lines) if lines else None
    fee = None if total is None else round(total * policy.platform_fee_share)
    return {
        "kind": job.budget_kind,
        "currency": job.currency,
        "lines": lines,
        "total_cents": total,
        "platform_fee_cents": fee,
        "net_cents": None if total is None or fee is None else total - fee,
    }
