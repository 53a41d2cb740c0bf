"""A whole Jobbing on private servers, of which every part can be killed and comes back.

Hides: how the servers, the stand-in for Google and our own processes are started, found by
number and stopped; and that a part which dies is started again at once, as a process
manager would.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from infra.local import ports, servers
from infra.local.console import Trouble
from jobbing_api import database, markets, queue, schema, settings

ROOT = Path(__file__).parent.parent

#: Where what the benchmarks start keeps its files; each run begins with none.
FOLDER = ROOT / ".local" / "bench"

_READY_S = 60.0
_STOP_S = 15.0


class Program:
    """One process, started again whenever it dies, until it is stopped."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.deaths = 0
        self._user = user
        self._command = list(command)
        self._environment = dict(environment)
        self._log = log
        self._lock = threading.Lock()
        self._wanted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The process there is now."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and keep it started."""
        with self._lock:
            self._wanted = True
            self._launch()
        self._keeper = threading.Thread(target=self._keep, name=self.name, daemon=True)
        self._keeper.start()

    def _launch(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
                cwd=ROOT,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                # Its children die with it: gunicorn's are its own.
                start_new_session=True,
            )

    def _keep(self) -> None:
        while True:
            assert self._process is not None
            self._process.wait()
            with self._lock:
                if not self._wanted:
                    return
                self.deaths += 1
                self._launch()

    def kill(self) -> None:
        """SIGKILL, its children included. It comes back."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def hold(self) -> None:
        """SIGKILL, and it does not come back until ``start``."""
        with self._lock:
            self._wanted = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._keeper is not None:
            self._keeper.join()

    def stop(self) -> float:
        """Ask it to end, wait until it has; how many seconds it took."""
        with self._lock:
            self._wanted = False
            process = self._process
        if process is None:
            return 0.0
        began_s = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if self._keeper is not None:
            self._keeper.join()
        return time.monotonic() - began_s


def received_at(message: dict[str, Any]) -> float:
    """When the stand-in received a message, seconds since 1970."""
    return datetime.fromisoformat(message["received_at"]).timestamp()


@dataclass(kw_only=True, slots=True)
class Phones:
    """The stand-in for Google, and what phones have received from it."""

    url: str
    directory: Path
    http: httpx.Client

    def stats(self) -> dict[str, Any]:
        """Counts since the start."""
        found: dict[str, Any] = self.http.get("/stats").json()
        return found

    def count(self) -> int:
        """How many messages reached a phone."""
        return int(self.stats()["messages"])

    def since(self, sequence: int, *, limit: int = 10_000) -> list[dict[str, Any]]:
        """The messages after one of a number, oldest first."""
        asked = {"after": str(sequence), "limit": str(limit)}
        found: list[dict[str, Any]] = self.http.get("/messages", params=asked).json()["messages"]
        return found

    def all_since(self, sequence: int) -> list[dict[str, Any]]:
        """Every message after one of a number, however many they are."""
        found: list[dict[str, Any]] = []
        while some := self.since(found[-1]["sequence"] if found else sequence):
            found += some
        return found

    def trouble(self, **faults: Any) -> None:
        """From now on Google's end misbehaves so; without any it is well."""
        if faults:
            self.http.put("/faults", json=faults).raise_for_status()
        else:
            self.http.delete("/faults").raise_for_status()

    def await_count(self, count: int, *, within_s: float) -> bool:
        """Whether so many messages were received within that time."""
        ends_s = time.monotonic() + within_s
        while self.count() < count:
            if time.monotonic() > ends_s:
                return False
            time.sleep(0.02)
        return True


@dataclass(kw_only=True, slots=True)
class Stage:
    """The servers, the stand-in, and whatever programs were started on them."""

    folder: Path
    postgres: servers.Postgres
    redis: servers.Redis
    phones: Phones
    environment: dict[str, str]
    engine: Engine
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def settings(self) -> settings.Settings:
        """What our processes read from their environment."""
        return settings.from_environment(self.environment)

    def program(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
    ) -> Program:
        """Start a program under a name of its own."""
        made = Program(
            name,
            command,
            {**self.environment, **(environment or {})},
            self.folder / f"{name}.log",
            user=user,
        )
        self.programs[name] = made
        made.start()
        return made

    def flask(self, name: str, *words: str) -> Program:
        """Start one of the application's own commands."""
        flask = str(Path(sys.executable).parent / "flask")
        return self.program(name, [flask, "--app", "jobbing_api.cli", "jobbing", *words])

    def web(self, *, application: str = "jobbing_api.app:create_app()", processes: int = 1) -> str:
        """Start gunicorn as in production; where it serves, once it does."""
        port = ports.choose()
        name = f"web-{port}"
        gunicorn = str(Path(sys.executable).parent / "gunicorn")
        self.program(
            name,
            [gunicorn, "-c", "infra/gunicorn.conf.py", application],
            {
                "BIND": f"127.0.0.1:{port}",
                "WEB_PROCESSES": str(processes),
                "PROMETHEUS_MULTIPROC_DIR": str(self.folder / f"{name}.metrics"),
            },
        )
        self.await_web(name)
        return f"http://127.0.0.1:{port}"

    def await_web(self, name: str) -> None:
        """Until the web server of this name serves (again)."""
        port = int(name.removeprefix("web-"))
        ends_s = time.monotonic() + _READY_S
        while time.monotonic() < ends_s:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        raise Trouble(f"{name} does not serve: see {self.folder / f'{name}.log'}")

    def mortal_redis(self) -> Program:
        """From now on Redis is a program like the others, and forgets everything when it is
        killed."""
        self.redis.stop()
        self.redis.prepare()
        made = self.program("redis", self.redis.command, user=self.redis.user)
        ends_s = time.monotonic() + _READY_S
        while not self.redis.ready():
            if time.monotonic() > ends_s:
                raise Trouble("Redis does not come back")
            time.sleep(0.05)
        return made

    def kill_backend(self, dice: random.Random) -> bool:
        """SIGKILL a server process of the database that serves one of ours. PostgreSQL then
        ends all of them and recovers; False when nobody was served."""
        try:
            with self.engine.connect() as connection:
                pids = connection.exec_driver_sql(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    " AND datname = current_database() AND pid <> pg_backend_pid()"
                    " ORDER BY pid"
                ).all()
        except DBAPIError:
            return False
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(dice.choice(pids)[0], signal.SIGKILL)
        return True

    def stop(self) -> None:
        """End every program."""
        for program in self.programs.values():
            program.stop()
        self.programs.clear()


@contextlib.contextmanager
def set_up(name: str, *, durable: bool = True) -> Iterator[Stage]:
    """An empty Jobbing for as long as the block runs; ``name`` names its folder.

    This process's own ``database.transaction()`` and ``queue`` lead to it.
    """
    # Whoever is told to end takes down what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = FOLDER / name
    for server in (servers.Postgres(folder / "postgres"), servers.Redis(folder / "redis")):
        # Of a run that was killed.
        server.remove()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        servers.Postgres(folder / "postgres", durable=durable) as postgres,
        servers.Redis(folder / "redis") as redis,
        _stand_in(folder / "push") as phones,
    ):
        environment = _environment(postgres, redis, phones, folder)
        engine = create_engine(
            settings.from_environment(environment).database_url, pool_pre_ping=True
        )
        schema.migrate(engine)
        database.bind(engine)
        queue.connect(redis.url)
        with database.transaction() as session:
            markets.sync_categories(session)
        stage = Stage(
            folder=folder,
            postgres=postgres,
            redis=redis,
            phones=phones,
            environment=environment,
            engine=engine,
        )
        try:
            yield stage
        finally:
            stage.stop()
            queue.disconnect()
            engine.dispose()
    for server in (servers.Postgres(folder / "postgres"), servers.Redis(folder / "redis")):
        server.remove()


def _environment(
    postgres: servers.Postgres, redis: servers.Redis, phones: Phones, folder: Path
) -> dict[str, str]:
    return {
        "JOBBING_ENV": "development",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "SECRET_KEY": f"{settings.DEVELOPMENT_PREFIX}{secrets.token_urlsafe(36)}",
        "PUSH": "local",
        "PUSH_URL": phones.url,
        "PUSH_CA": str(phones.directory / "ca.pem"),
        "FIREBASE_CREDENTIALS": str(phones.directory / "service-account.json"),
        "MAIL_DIR": str(folder / "mail"),
        "LOG_FORMAT": "json",
        "FLASK_APP": "jobbing_api.cli",
    }


@contextlib.contextmanager
def _stand_in(directory: Path) -> Iterator[Phones]:
    command = [sys.executable, "-m", "infra.local.push_standin", "--quiet"]
    command += ["--directory", str(directory), "--port", "0", "--keep", "2000000"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            [url] = re.findall(r"https://127\.0\.0\.1:\d+", process.stdout.readline())
            trust = ssl.create_default_context(cafile=directory / "ca.pem")
            with httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=30) as http:
                yield Phones(url=url, directory=directory, http=http)
        finally:
            process.terminate()
            process.wait(timeout=5)
