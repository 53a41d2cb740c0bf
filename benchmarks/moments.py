"""At which instant a benchmark asks.

Hides: that the population stands still at one instant, the recipe's, while whoever writes
into it needs a clock that runs. All who take part in one stretch of time share a clock,
in whatever process they are, and give its time to every door explicitly.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks import places
from benchmarks.workload import Ask

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The recipe's instant, plus the seconds that passed since ``began_at`` (of time.time)."""

    began_at: float

    @staticmethod
    def started() -> Clock:
        """A clock that shows the recipe's instant now."""
        return Clock(time.time())

    def now(self) -> datetime:
        """What this clock shows, UTC."""
        return places.now() + timedelta(seconds=time.time() - self.began_at)


def asked_at(ask: Ask, now: datetime) -> Ask:
    """The same question asked at another instant: a window that begins at once begins at
    the next whole minute from then, as long as before; any other stays where it is."""
    request = ask.request
    if request.urgency == "now":
        floor = now.replace(second=0, microsecond=0)
        opens_at = floor if floor == now else floor + _MINUTE
        request = dataclasses.replace(
            request,
            window_from=opens_at,
            window_to=opens_at + (request.window_to - request.window_from),
        )
    return dataclasses.replace(ask, request=request, now=now)
