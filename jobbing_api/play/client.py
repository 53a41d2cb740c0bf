"""People and phones as HTTP sees them.

Hides: httpx, tokens, and how an answer nobody expected becomes words for whoever
watches: which request, which status, which problem.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

_T = TypeVar("_T")

Json = dict[str, Any]

_ANSWER_S = 15.0
_LOOK_EVERY_S = 0.1


class Failed(Exception):
    """A step did not happen. ``step`` names it, ``seen`` is what was seen instead."""

    def __init__(self, step: str, seen: str) -> None:
        super().__init__(f"{step}: {seen}")
        self.step = step
        self.seen = seen


class Watch:
    """The time the whole play may take, and the step it is in."""

    def __init__(self, within_s: float) -> None:
        self._began_at = time.monotonic()
        self._ends_at = self._began_at + within_s
        self._within_s = within_s
        self.step = ""

    @property
    def passed_s(self) -> float:
        """Seconds since the play began."""
        return time.monotonic() - self._began_at

    def failed(self, seen: str) -> Failed:
        """The failure of the present step."""
        return Failed(self.step, seen)

    def until(self, look: Callable[[], tuple[_T | None, str]]) -> _T:
        """Look again and again until there is something to see.

        ``look`` returns what was waited for, or None and what was there instead.
        """
        while True:
            found, seen = look()
            if found is not None:
                return found
            if time.monotonic() >= self._ends_at:
                raise self.failed(f"{seen}, {self._within_s:.0f} s after the play began")
            time.sleep(_LOOK_EVERY_S)


class Caller:
    """Anybody who speaks to one server. ``verify``: False for plain HTTP, else the file
    of an authority to trust beside none."""

    def __init__(
        self, watch: Watch, base_url: str, *, authority: Path | None = None, language: str = "en"
    ) -> None:
        self._watch = watch
        # A proxy the user's shell names has no business with this machine's own address.
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Accept-Language": language},
            timeout=_ANSWER_S,
            trust_env=False,
            verify=True if authority is None else _trusting(authority),
        )

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def signed(self, access_token: str) -> None:
        """Everything said from now on is said by the bearer."""
        self._http.headers["Authorization"] = f"Bearer {access_token}"

    def send(
        self, method: str, path: str, body: Any = None, *, version: str | None = None
    ) -> httpx.Response:
        """Whatever the server answers; Failed where it does not answer at all. ``version``:
        the entity tag of what is to be changed."""
        headers = {} if version is None else {"If-Match": version}
        try:
            return self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            where = self._http.base_url.join(path)
            raise self._watch.failed(
                f"{method} {where} had no answer: {error or type(error).__name__}"
            ) from error

    def ask(self, method: str, path: str, body: Any = None) -> Json:
        """The JSON of an answer that grants what was asked; Failed for any other."""
        return self._granted(method, path, self.send(method, path, body))

    def get(self, path: str) -> Json:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None) -> Json:
        return self.ask("POST", path, body)

    def edit(self, path: str, change: Callable[[Json], Json]) -> Json:
        """Read a thing, and put what ``change`` makes of it in the place of exactly that."""
        read = self.send("GET", path)
        changed = change(self._granted("GET", path, read))
        put = self.send("PUT", path, changed, version=read.headers.get("ETag"))
        return self._granted("PUT", path, put)

    def _granted(self, method: str, path: str, answer: httpx.Response) -> Json:
        if not answer.is_success:
            raise self._watch.failed(f"{method} {path} answered {told(answer)}")
        if not answer.content:
            return {}
        document: Json = answer.json()
        return document


def _trusting(authority: Path) -> Any:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(cafile=str(authority))
    return context


def problem(answer: httpx.Response) -> str:
    """The slug of a problem document, or nothing."""
    try:
        document = answer.json()
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    return str(document.get("type", "")).rstrip("/").rpartition("/")[2]


def told(answer: httpx.Response) -> str:
    """An answer in a line: status, problem, detail, and what is wrong with which field."""
    words = [str(answer.status_code)]
    try:
        document = answer.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        words.append(problem(answer))
        words.append(str(document.get("detail", "")))
        for field, wrong in (document.get("errors") or {}).items():
            words.append(f"({field}: {wrong})")
    return " ".join(word for word in words if word)
