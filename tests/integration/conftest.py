"""What integration tests share: a town to race in, and Google's stand-in."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from jobbing_api import firebase, settings
from tests.integration import racing

ROOT = Path(__file__).parents[2]


@pytest.fixture
def town(own_database: Engine, now: datetime) -> Iterator[racing.Town]:
    """A committed world; whatever was raced in it, it must be consistent at the end."""
    yield racing.Town(own_database, now)
    racing.assert_consistent(own_database)


@dataclass(frozen=True)
class Phones:
    """Every phone the stand-in knows, and how Google's end can be told to misbehave."""

    directory: Path
    url: str
    http: httpx.Client

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to push here."""
        return {
            "PUSH": "local",
            "PUSH_URL": self.url,
            "PUSH_CA": str(self.directory / "ca.pem"),
            "FIREBASE_CREDENTIALS": str(self.directory / "service-account.json"),
        }

    def heard(self, address: str) -> list[dict[str, Any]]:
        """The messages a phone received, oldest first, as Google would have passed them on."""
        found = self.http.get("/messages", params={"address": address}).json()["messages"]
        return [one["payload"]["message"] for one in found]

    def declare(self, address: str, state: str) -> None:
        """Say what became of an address: registered, unregistered, mismatched, invalid."""
        self.http.put(f"/addresses/{address}", json={"state": state}).raise_for_status()

    @contextlib.contextmanager
    def trouble(self, **faults: Any) -> Iterator[None]:
        """Google's end misbehaves meanwhile."""
        self.http.put("/faults", json=faults).raise_for_status()
        try:
            yield
        finally:
            self.http.delete("/faults").raise_for_status()


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """Where services of others are played: any port, reached as no other machine is."""
    return ("127.0.0.1", 0)


@pytest.fixture(scope="session")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    """The stand-in as a process, its authority trusted by one client."""
    directory = tmp_path_factory.mktemp("push")
    command = [sys.executable, "-m", "infra.local.push_standin", "--quiet"]
    command += ["--directory", str(directory), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [url] = re.findall(r"https://127\.0\.0\.1:\d+", process.stdout.readline())
            trust = ssl.create_default_context(cafile=directory / "ca.pem")
            with httpx.Client(base_url=url, verify=trust, trust_env=False) as http:
                yield Phones(directory, url, http)
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(timeout=5)


@pytest.fixture(scope="session")
def pushing(phones: Phones) -> Iterator[settings.Settings]:
    """Settings of a worker that pushes to the stand-in; one warm client for all tests."""
    made = settings.from_environment(
        {
            "JOBBING_ENV": "development",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "SECRET_KEY": "development-secret-of-the-test-run-only",
            **phones.environment(),
        }
    )
    yield made
    firebase.client(made).close()
