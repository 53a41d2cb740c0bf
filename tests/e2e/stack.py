"""The whole system as processes: web, worker, clock, and the stand-in at the other end.

Started by the tests that need it, on a database of their own, and stopped by process
id. Nothing here knows the code: tests talk HTTP, as a phone would.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from infra.local import ports

ROOT = Path(__file__).parent.parent.parent
_BIN = Path(sys.executable).parent

PASSWORD = "a long enough password"

_numbers = itertools.count(1)


def eventually(check: Callable[[], Any], *, within_s: float = 20, every_s: float = 0.1) -> Any:
    """What ``check`` returns once it is truthy; fails when it stays falsy."""
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found!r} after {within_s} s")
        time.sleep(every_s)


class Stack:
    """A running system. ``kill`` and ``start`` a process by its name."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, **settings: str) -> None:
        self.folder = folder
        self.port = ports.choose()
        self.push_port = ports.choose()
        self.url = f"http://127.0.0.1:{self.port}"
        push = folder / "push"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "JOBBING_ENV": "development",
            "DATABASE_URL": database_url.replace("postgresql+psycopg://", "postgresql://"),
            "REDIS_URL": redis_url,
            "SECRET_KEY": "development-secret-of-an-end-to-end-test",
            "PUSH": "local",
            "PUSH_URL": f"https://127.0.0.1:{self.push_port}",
            "PUSH_CA": str(push / "ca.pem"),
            "FIREBASE_CREDENTIALS": str(push / "service-account.json"),
            "MAIL_DIR": str(folder / "mail"),
            "BASE_URL": self.url,
            "BIND": f"127.0.0.1:{self.port}",
            "LOG_FORMAT": "json",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
            **settings,
        }
        self.flask = [str(_BIN / "flask"), "--app", "jobbing_api.cli", "jobbing"]
        self._commands = {
            "standin": [
                *(sys.executable, "-m", "infra.local.push_standin"),
                *("--directory", str(push), "--port", str(self.push_port)),
            ],
            "web": [
                *(str(_BIN / "gunicorn"), "-c", "infra/gunicorn.conf.py"),
                "jobbing_api.app:create_app()",
            ],
            "worker": [*self.flask, "worker"],
            "clock": [*self.flask, "clock"],
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=20)

    def start(self, name: str) -> None:
        """Start one process; its output goes to a file in the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """SIGKILL one process and its children, as a power cut would."""
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ask every process to end, and see that it does."""
        self.client.close()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def push_client(self) -> httpx.Client:
        """A client of the stand-in, which trusts its authority."""
        context = ssl.create_default_context(cafile=self.environment["PUSH_CA"])
        return httpx.Client(base_url=self.environment["PUSH_URL"], verify=context, timeout=20)

    def up(self) -> None:
        """Start everything; returns when the API is ready and phones can be rung."""
        self.start("standin")
        eventually(self._standin_ready)
        for name in ("web", "worker", "clock"):
            self.start(name)
        eventually(self._web_ready, within_s=40)

    def _standin_ready(self) -> bool:
        if not Path(self.environment["PUSH_CA"]).exists():
            return False
        try:
            with self.push_client() as client:
                return client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _web_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def messages(self, address: str) -> list[dict[str, Any]]:
        """What the phone at ``address`` would have received, oldest first."""
        with self.push_client() as client:
            got = client.get("/messages", params={"address": address}).json()
        return list(got["messages"] if isinstance(got, dict) else got)

    def person(self, role: str, **profile: Any) -> Person:
        """Sign somebody up and in."""
        return Person(self, role, **profile)


class Person:
    """Somebody with an account and a phone."""

    def __init__(self, stack: Stack, role: str, *, language: str = "fr") -> None:
        number = next(_numbers)
        self.stack = stack
        self.address = f"phone-{number}-{os.getpid()}"
        self.email = f"{role}-{number}-{os.getpid()}@example.org"
        made = stack.client.post(
            "/accounts",
            json={
                "email": self.email,
                "password": PASSWORD,
                "display_name": f"{role.title()} {number}",
                "role": role,
                "language": language,
            },
        )
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        session = stack.client.post("/sessions", json={"email": self.email, "password": PASSWORD})
        assert session.status_code == 201, session.text
        self.token = session.json()["access_token"]
        self.put(
            f"/me/devices/{self.address}",
            {
                "address": {"kind": "fid", "value": self.address},
                "platform": "android",
                "app_version": "1.0",
            },
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str) -> Any:
        """The JSON at ``path``; fails on anything but 200."""
        answer = self.stack.client.get(path, headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, body: Any) -> httpx.Response:
        answer = self.stack.client.put(path, json=body, headers=self._headers())
        assert answer.is_success, answer.text
        return answer

    def post(self, path: str, body: Any | None = None, **headers: str) -> httpx.Response:
        """Whatever the API says to a POST."""
        return self.stack.client.post(
            path, json={} if body is None else body, headers=self._headers() | headers
        )

    def works(self, *, languages: list[str], lon: float = 4.8357, lat: float = 45.764) -> None:
        """Offer to clean gutters within 20 km, at any hour of any day."""
        self.put(
            "/providers/me",
            {
                "headline": "Gouttières",
                "base": {"type": "Point", "coordinates": [lon, lat]},
                "reach_m": 20000,
                "minimum_visit_cents": 2500,
                "skills": [
                    {
                        "category": "gutter-cleaning",
                        "price": {
                            "kind": "flat",
                            "amount_cents": 6000,
                            "currency": "EUR",
                            "call_out_fee_cents": 0,
                        },
                    }
                ],
                "languages": languages,
                "tools": ["ladder"],
            },
        )
        self.put(
            "/providers/me/calendar",
            {
                "time_zone": "Europe/Paris",
                "weekly": [{"weekday": day, "from": "00:00", "to": "24:00"} for day in range(7)],
                "exceptions": [],
            },
        )

    def posts(self, *, days_ahead: int = 2, **changes: Any) -> dict[str, Any]:
        """Post a clogged gutter for a day ahead, 08 to 18 UTC."""
        start = (datetime.now(UTC) + timedelta(days=days_ahead)).replace(
            hour=8, minute=0, second=0, microsecond=0
        )
        answer = self.post(
            "/jobs",
            {
                "category": "gutter-cleaning",
                "title": "Gouttière bouchée",
                "brief": {"answers": {"storeys": "one"}},
                "location": {"type": "Point", "coordinates": [4.84, 45.76]},
                "address": "12 rue de la République, Lyon",
                "access_notes": "Code 4321",
                "window": {
                    "from": start.isoformat(),
                    "to": (start + timedelta(hours=10)).isoformat(),
                },
                "duration_minutes": 90,
                "budget": {"kind": "fixed", "amount_cents": 9000, "currency": "EUR"},
                "mode": "instant",
                "urgency": "scheduled",
                "languages": [],
                "needs": [],
            }
            | changes,
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def offer_for(self, job_id: str) -> dict[str, Any] | None:
        """This provider's offer for a job, once it is there."""
        return next(
            (one for one in self.get("/offers?limit=100")["items"] if one["job_id"] == job_id),
            None,
        )


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run calls at the same instant, as near as threads can; results in their order."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        barrier.wait()
        results[index] = calls[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextlib.contextmanager
def running(folder: Path, database_url: str, redis_url: str, **settings: str) -> Iterator[Stack]:
    """A stack that is stopped whatever happens; more settings go to the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = Stack(folder, database_url, redis_url, **settings)
    try:
        stack.up()
        yield stack
    finally:
        stack.stop()
