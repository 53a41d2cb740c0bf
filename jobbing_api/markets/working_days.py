"""Days on which people of a market are at work.

Hides: which days are public holidays where.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import holidays

from jobbing_api.markets import local_time, models


def later(market: models.Market, since: datetime, days: int) -> datetime:
    """The same time of day so many working days later, as the market's clocks show it.

    A country whose holidays nobody has written down works from Monday to Friday.
    """
    local = local_time.zone(market.time_zone)
    began = since.astimezone(local)
    try:
        closed = holidays.country_holidays(market.country)
    except NotImplementedError:
        closed = holidays.HolidayBase()
    day, left = began.date(), days
    while left > 0:
        day += timedelta(days=1)
        if closed.is_working_day(day):
            left -= 1
    return datetime.combine(day, began.time(), tzinfo=local).astimezone(UTC)
