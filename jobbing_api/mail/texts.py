"""How text messages leave: through Twilio's Messages API.

Hides: its form of a request, and which of its answers are worth another try. Those are told
by their status: its codes are many, and it says that they change
(https://www.twilio.com/docs/messaging/api/message-resource).
"""

from __future__ import annotations

import math
from datetime import datetime
from urllib.parse import unquote, urlsplit

import httpx

from jobbing_api.mail.letters import Letter, Outcome

#: The slowest answer that is waited for.
ANSWER_WITHIN_S = 5.0

#: How long Twilio keeps a text it cannot hand on at once, at most: ten hours.
_LONGEST_VALIDITY_S = 36_000

#: What a messaging service of theirs is called; anything else is a number or a name.
_SERVICE = "MG"


class Twilio:
    """One connection for a whole batch. ``url`` is ``https://SID:TOKEN@api.twilio.com``."""

    def __init__(self, url: str, sender: str) -> None:
        place = urlsplit(url)
        self._account = unquote(place.username or "")
        port = f":{place.port}" if place.port else ""
        self._from = {"MessagingServiceSid" if sender.startswith(_SERVICE) else "From": sender}
        self._http = httpx.Client(
            base_url=f"{place.scheme}://{place.hostname}{port}",
            auth=(self._account, unquote(place.password or "")),
            timeout=ANSWER_WITHIN_S,
        )

    def carry(self, letter: Letter, *, now: datetime) -> Outcome:
        """Ask Twilio to send it, while it is worth reading and no longer."""
        asked = {"To": letter.to, "Body": letter.body, **self._from}
        if letter.expires_at is not None:
            left_s = math.ceil((letter.expires_at - now).total_seconds())
            asked["ValidityPeriod"] = str(max(1, min(left_s, _LONGEST_VALIDITY_S)))
        path = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        try:
            answer = self._http.post(path, data=asked)
        except httpx.TimeoutException:
            return Outcome("no-answer")
        except httpx.HTTPError:
            return Outcome("unreachable")
        if answer.status_code == 201:
            return Outcome("sent", sent=True)
        return Outcome(
            f"sms-{answer.status_code}-{_code(answer)}",
            # Whoever is refused as a customer has to see to it; the texts wait meanwhile.
            final=400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 429),
            retry_after_s=_retry_after_s(answer),
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _code(answer: httpx.Response) -> str:
    """Their own number of what is wrong, for the record."""
    try:
        said = answer.json()
    except ValueError:
        return "unsaid"
    code = said.get("code") if isinstance(said, dict) else None
    return str(code) if isinstance(code, int) else "unsaid"


def _retry_after_s(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None
