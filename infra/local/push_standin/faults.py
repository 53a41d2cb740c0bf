"""Trouble on demand.

Hides: how an instruction becomes a draw for each message. A draw comes before the
message is counted, so that a message that met a fault reached no phone; only a slow
one is counted, when it is answered.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.push_standin import refusals, wire

#: What each fault may be told beside its share, and what it does untold.
_SETTINGS: dict[str, dict[str, Any]] = {
    "400": {},
    "401": {"of": "platform"},
    "403": {},
    "404": {},
    "429": {"retry_after_s": None},
    "500": {},
    "503": {"retry_after_s": None},
    "slow": {"seconds": 2.0},
    "reset": {"what": "stream"},
}


class Nonsense(Exception):
    """The instruction makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class _Fault:
    name: str
    share: float
    settings: Mapping[str, Any]


class Faults:
    """The faults in force. None at the start."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._faults: list[_Fault] = []
        self._address: str | None = None
        self._seed: int | None = None
        self._random = random.Random()  # noqa: S311 - drawing faults, not secrets
        self.drawn: dict[str, int] = {}

    def instruct(self, body: bytes) -> None:
        """Replace the faults in force by those of a JSON object. Raises Nonsense.

        ``{"503": 0.05, "429": {"share": 0.05, "retry_after_s": 2}, "slow": {"share": 0.05,
        "seconds": 3}, "reset": {"share": 0.05, "what": "stream"}, "seed": 7, "address": "..."}``.
        Shares add up to 1 at most; a message meets one fault or none. ``address`` limits
        them to one phone. The same seed gives the same draws in the same order.
        """
        try:
            told = json.loads(body)
        except ValueError as unreadable:
            raise Nonsense(f"not JSON: {unreadable}") from None
        if not isinstance(told, dict):
            raise Nonsense("give an object, such as {'503': 0.05}")
        seed, address = told.pop("seed", None), told.pop("address", None)
        if not isinstance(seed, int | None) or isinstance(seed, bool):
            raise Nonsense("seed: give a whole number")
        if not isinstance(address, str | None):
            raise Nonsense("address: give one phone's address")
        faults = [_fault(name, what) for name, what in told.items()]
        if sum(fault.share for fault in faults) > 1 + 1e-9:
            raise Nonsense("the shares add up to more than 1")
        self.clear()
        self._faults, self._address, self._seed = faults, address, seed
        self._random = random.Random(seed)  # noqa: S311 - drawing faults, not secrets

    def told(self) -> dict[str, Any]:
        """The faults in force, as ``instruct`` takes them, with how often each was drawn."""
        faults: dict[str, Any] = {
            fault.name: {"share": fault.share, **fault.settings} for fault in self._faults
        }
        return {
            **faults,
            "seed": self._seed,
            "address": self._address,
            "drawn": dict(self.drawn),
        }

    def draw(self, address: str) -> wire.Response | wire.Cut | float | None:
        """What befalls a message: an answer, no answer, a wait in seconds, or nothing."""
        if not self._faults or self._address not in (None, address):
            return None
        drawn = self._random.random()
        for fault in self._faults:
            if drawn < fault.share:
                self.drawn[fault.name] = self.drawn.get(fault.name, 0) + 1
                return _effect(fault)
            drawn -= fault.share
        return None


def _effect(fault: _Fault) -> wire.Response | wire.Cut | float:
    match fault.name:
        case "400":
            return refusals.not_an_address()
        case "401":
            return (
                refusals.unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
                if fault.settings["of"] == "account"
                else refusals.bad_platform_key()
            )
        case "403":
            return refusals.mismatched()
        case "404":
            return refusals.unregistered()
        case "429":
            return refusals.quota_exceeded(fault.settings["retry_after_s"])
        case "500":
            return refusals.internal()
        case "503":
            return refusals.unavailable(fault.settings["retry_after_s"])
        case "slow":
            return float(fault.settings["seconds"])
        case _:
            return wire.Cut(fault.settings["what"])


def _fault(name: str, what: Any) -> _Fault:
    defaults = _SETTINGS.get(name)
    if defaults is None:
        raise Nonsense(f"{name}: unknown; known are {', '.join(_SETTINGS)}, seed, address")
    given = dict(what) if isinstance(what, dict) else {"share": what}
    share = given.pop("share", None)
    if not _is_number(share) or not 0 <= share <= 1:
        raise Nonsense(f"{name}: give its share, a number from 0 to 1")
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise Nonsense(f"{name}: {unknown[0]} is unknown")
    settings = {**defaults, **given}
    for setting in ("retry_after_s", "seconds"):
        value = settings.get(setting)
        if value is not None and (not _is_number(value) or value < 0):
            raise Nonsense(f"{name}: {setting} is a number of seconds")
    if settings.get("what", "stream") not in ("stream", "connection"):
        raise Nonsense(f"{name}: what is reset is stream or connection")
    if settings.get("of", "platform") not in ("platform", "account"):
        raise Nonsense(f"{name}: the key refused is of the platform or of the account")
    return _Fault(name, float(share), settings)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
