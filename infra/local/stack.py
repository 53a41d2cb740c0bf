"""The whole system on a laptop: its servers, the stand-in for Google, and the application.

Hides: the order in which things come up, what is skipped because an earlier start did it, the
settings each part gets, and which servers are ours and which the user brought along.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shlex
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import console, machine, places, ports, virtualenv
from infra.local.client import SPACE_MB, Client
from infra.local.console import Step, Trouble, say
from infra.local.server import Server, private
from infra.local.servers import Postgres, Redis
from infra.local.supervision import Keeper, Program

#: What the tools of make check and make test leave in the clone.
_CACHES = (".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache")

#: What the application consists of, the one that people see first.
APPLICATION = ("web", "worker", "clock")


@dataclass(frozen=True, kw_only=True)
class Town:
    """The imaginary people to draw: a real place, how many providers, and the dice's seed."""

    place: str
    providers: int
    seed: int

    def options(self) -> list[str]:
        """The options of the application's own command that draws it."""
        return [
            *("--place", self.place),
            *("--providers", str(self.providers)),
            *("--seed", str(self.seed)),
        ]


class Stack:
    """Everything under one clone. ``environ`` is what the user's shell gave us."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.local = root / ".local"
        self._venv = root / ".venv"
        self._environ = environ
        #: Addresses of servers that the user wants used in place of ours.
        self._given = {
            name: environ[name]
            for name in ("DATABASE_URL", "REDIS_URL")
            # A shell that sourced .local/env carries our own addresses, perhaps outdated ones.
            if environ.get(name) and not private(environ[name])
        }
        self.postgres = None if "DATABASE_URL" in self._given else Postgres(self.local / "postgres")
        self.redis = None if "REDIS_URL" in self._given else Redis(self.local / "redis")
        self.keeper = Keeper(self.local, self._venv / "bin" / "supervisord", str(self._venv))
        self.client = Client(
            root / "mobile_client", self._venv / "bin", self.local / "log" / "client.log"
        )

    # Set-up.

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands of this clone waiting while things are changed."""
        # Passable for the users that the servers run as, but not for anybody to look around in.
        self.local.mkdir(exist_ok=True)
        self.local.chmod(0o711 if os.geteuid() == 0 else 0o700)
        with (self.local / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("  Another command is at work in this clone: waiting for it to finish.")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def set_up(self, *, browser: bool = False) -> None:
        """Install what is missing of system packages and Python packages; ``browser`` is for
        the tests that need one."""
        lock_file = self.root / "requirements" / "dev.txt"
        fresh = not virtualenv.up_to_date(self._venv, lock_file)
        if fresh:
            places.require_space(self.local, 2000 + SPACE_MB, "a first set-up")
        machine.install_missing(
            database=self.postgres is not None,
            queue=self.redis is not None,
            virtualenv=fresh,
            browser=browser,
            log=self.local / "log" / "apt.log",
        )
        if fresh:
            virtualenv.make(self._venv, lock_file, self.local / "log" / "pip.log")

    def build_client(self) -> None:
        """Build the app if its sources have changed; a web server that runs serves it at once."""
        if self.client.build(self._environ) and self.up():
            with Step("Starting web anew with the app"):
                self.keeper.stop_program("web")
                self._start_application()

    # Up and down.

    @property
    def url(self) -> str | None:
        """Where the web server listens; None before the first start."""
        port = ports.read(self.local / "web.port")
        return None if port is None else f"http://127.0.0.1:{port}"

    @property
    def phones_url(self) -> str:
        """The page that shows what each phone received, without a certificate to accept."""
        return f"http://127.0.0.1:{ports.read(self.local / 'push-page.port')}"

    def up(self) -> bool:
        """True when the web server answers that it is ready."""
        return self.url is not None and self.keeper.running() and _answers(f"{self.url}/readyz")

    def start(self, town: Town, port: int | None) -> bool:
        """Bring everything up, seeded with ``town``; returns when it serves.

        ``port`` is where the web server must listen; None takes the one used before or a free
        one near 8000. Returns True when this call started things, False when they ran already.
        Whatever it started is stopped again when it fails.
        """
        running = self.keeper.running()
        if running and port is not None and self.url != f"http://127.0.0.1:{port}":
            raise Trouble(f"Jobbing is up already, at {self.url}: make down first to move it.")
        self.build_client()
        if running and self.up():
            self._seed(town)
            return False
        try:
            if not running:
                self._start_servers(port)
            self._migrate()
            self._seed(town)
            with Step("Starting web, worker and clock"):
                self._start_application()
        except BaseException:
            if not running:
                self.stop()
            raise
        (self.local / "url").write_text(f"{self.url}\n")
        return not running

    def stop(self) -> bool:
        """Stop everything of this clone; False when nothing ran."""
        running = self.keeper.running()
        (self.local / "url").unlink(missing_ok=True)
        with Step("Stopping"):
            self.keeper.stop()
            left = [server.stop_leftover() for server in self._servers()]
        return running or any(left)

    def clean(self) -> None:
        """Stop everything and remove all that was made here, except what apt installed."""
        self.stop()
        for server in self._servers_under(self.local):
            server.remove()
        caches = [self.root / name for name in _CACHES]
        self.client.remove()
        for path in [*caches, self._venv, self.local]:
            if path.exists():
                shutil.rmtree(path)
        with contextlib.suppress(OSError):
            places.ELSEWHERE.rmdir()

    def sweep(self) -> None:
        """Remove the servers of test runs that are over; those that go on are left alone."""
        for server in self._servers_under(self.local / "test"):
            with contextlib.suppress(Trouble):
                server.remove()
        for folder in (self.local / "test").glob("*"):
            # Only an empty one goes.
            with contextlib.suppress(OSError):
                folder.rmdir()

    # What a person asks.

    def settings(self) -> dict[str, str]:
        """The application's settings, for its processes and for ``.local/env``."""
        push = self.local / "push"
        return {
            "JOBBING_ENV": "development",
            "DATABASE_URL": self._given.get("DATABASE_URL") or self._own(self.postgres),
            "REDIS_URL": self._given.get("REDIS_URL") or self._own(self.redis),
            "SECRET_KEY": self._secret_key(),
            "PUSH": "local",
            "PUSH_URL": f"https://127.0.0.1:{ports.read(self.local / 'push.port')}",
            "PUSH_CA": str(push / "ca.pem"),
            "FIREBASE_CREDENTIALS": str(push / "service-account.json"),
            "MAIL_DIR": str(self.local / "mail"),
            "FILES_URL": (self.local / "files").as_uri(),
            "BASE_URL": self.url or "",
            "LOG_FORMAT": self._environ.get("LOG_FORMAT") or "json",
            "FLASK_APP": "jobbing_api.cli",
        }

    def environment(self) -> dict[str, str]:
        """A whole environment: the settings on top of the user's shell."""
        inherited = {k: v for k, v in self._environ.items() if not k.startswith("PROMETHEUS_")}
        # A log line is wanted when it happens, not when a buffer is full.
        return inherited | {"PYTHONUNBUFFERED": "1"} | self.settings()

    def flask(self, *words: str) -> list[str]:
        """The command line of one of the application's own commands."""
        return [str(self._venv / "bin/flask"), "--app", "jobbing_api.cli", "jobbing", *words]

    def sign_in(self, town: Town) -> str:
        """Whom to sign in as, in the words of the seed; nothing when that was not kept."""
        try:
            return self._seed_file(town).read_text().strip()
        except OSError:
            return ""

    # How.

    def _start_servers(self, port: int | None) -> None:
        """Start the keeper with the servers and the stand-in, and wait until they serve."""
        places.require_space(self.local, 150, "Jobbing")
        left = self.keeper.stop_leftovers()
        if left:
            say(f"  An earlier start left {', '.join(left)} running: stopped.")
        for server in self._servers():
            server.prepare()
        self._settle_ports(port)
        (self.local / "mail").mkdir(exist_ok=True)
        self._write_env()
        self.keeper.start(self._programs(), self.environment())
        with Step("Starting PostgreSQL, Redis and the stand-in for Google"):
            for server in self._servers():
                self.keeper.wait(_program_name(server), server.ready, limit_s=60)
            self.keeper.wait("standin", self._standin_answers, limit_s=60)

    def _start_application(self) -> None:
        for name in APPLICATION:
            self.keeper.start_program(name)
        ready = f"{self.url}/readyz"
        self.keeper.wait("web", lambda: _answers(ready), limit_s=60)

    def _servers(self) -> list[Server]:
        return [server for server in (self.postgres, self.redis) if server is not None]

    def _servers_under(self, folder: Path) -> list[Server]:
        """Every private server whose files, or the link to them, are under ``folder``."""
        # The lock is what a server's directory has first; the clone's own is beside them.
        own = [file.parent for file in folder.rglob("lock") if file.parent != self.local]
        found = {*own, *places.elsewhere(folder)}
        return [
            (Postgres if (path / "data" / "PG_VERSION").exists() else Redis)(path)
            for path in sorted(found)
        ]

    def _own(self, server: Server | None) -> str:
        return "" if server is None else server.url

    def _settle_ports(self, port: int | None) -> None:
        file = self.local / "web.port"
        if port is None:
            ports.remembered(file, "the web server", near=8000)
        elif ports.free(port):
            file.write_text(f"{port}\n")
        else:
            raise Trouble(f"Port {port} is taken by another program: choose another with PORT=.")
        ports.remembered(self.local / "push.port", "the stand-in for Google")
        ports.remembered(self.local / "push-page.port", "its page", near=8100)

    def _secret_key(self) -> str:
        file = self.local / "secret"
        if not file.exists():
            file.touch(mode=0o600)
            # The prefix lets a production refuse it.
            file.write_text(f"development-{secrets.token_urlsafe(36)}\n")
        return file.read_text().strip()

    def _write_env(self) -> None:
        file = self.local / "env"
        file.touch(mode=0o600)
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.settings().items()]
        header = "# Source this to use Jobbing's commands by hand. Written by make up and make run."
        file.write_text("\n".join([header, *lines]) + "\n")

    def _programs(self) -> list[Program]:
        programs = [
            Program(
                name=_program_name(server),
                command=server.command,
                environment=server.environment,
                inherit=False,
                user=server.user,
                directory=server.data,
                rank=1,
                stop_signal=server.stop_signal,
                stop_s=server.stop_s,
                # They see to their own children, and note their own numbers.
                stop_group=False,
                note_pid=False,
            )
            for server in self._servers()
        ]
        python = str(self._venv / "bin" / "python")
        standin = ["-m", "infra.local.push_standin", "--directory", str(self.local / "push")]
        for option, file in (("--port", "push.port"), ("--page-port", "push-page.port")):
            standin += [option, str(ports.read(self.local / file))]
        programs.append(
            Program(
                name="standin",
                command=[python, *standin],
                directory=self.root,
                rank=2,
            )
        )
        gunicorn = str(self._venv / "bin" / "gunicorn")
        web = {
            "BIND": f"127.0.0.1:{ports.read(self.local / 'web.port')}",
            "PROMETHEUS_MULTIPROC_DIR": str(self.local / "run" / "metrics"),
        }
        commands: dict[str, list[str]] = {
            "web": [gunicorn, "-c", "infra/gunicorn.conf.py", "jobbing_api.app:create_app()"],
            "worker": self.flask("worker"),
            "clock": self.flask("clock"),
        }
        for name in APPLICATION:
            programs.append(
                Program(
                    name=name,
                    command=commands[name],
                    environment=web if name == "web" else {},
                    directory=self.root,
                    rank=3,
                    at_once=False,
                )
            )
        return programs

    def _standin_answers(self) -> bool:
        authority = self.local / "push" / "ca.pem"
        port = ports.read(self.local / "push.port")
        return authority.exists() and _answers(f"https://127.0.0.1:{port}/healthz", authority)

    def _migrate(self) -> None:
        """Bring the schema and the categories up to date, unless an earlier start already
        brought this very database to what the code says now."""
        stamp = self.local / "migrated"
        if self.postgres is not None and stamp.exists() and stamp.read_text() == self._schema():
            return
        stamp.unlink(missing_ok=True)
        console.execute(
            "Bringing the database up to date",
            self.flask("migrate"),
            log=self.local / "log" / "migrate.log",
            advice="If the migrations themselves were changed, make clean starts over.",
            environment=self.environment(),
            directory=self.root,
        )
        if self.postgres is not None:
            stamp.write_text(self._schema())

    def _schema(self) -> str:
        """The database in use and the files its schema, its categories and its functions
        come from."""
        package = self.root / "jobbing_api"
        files = [
            *(package / "migrations").rglob("*.*"),
            *(package / "markets").glob("*.toml"),
            *(package / "matching").glob("*.py"),
        ]
        said = hashlib.sha256(self._database().encode())
        for file in sorted(file for file in files if file.suffix != ".pyc"):
            said.update(file.read_bytes())
        return said.hexdigest()

    def _seed(self, town: Town) -> None:
        """Draw the town unless an earlier start drew it into this very database."""
        drawn = self._seed_file(town)
        if self.postgres is not None and drawn.exists():
            return
        drawn.parent.mkdir(mode=0o700, exist_ok=True)
        half = drawn.with_suffix(".half")
        say(f"  Drawing {town.providers} providers and their neighbours in {town.place}:")
        with half.open("w") as output:
            # It shows its own progress on standard error; what it prints is whom to sign in as.
            process = subprocess.Popen(
                self.flask("seed", *town.options()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                env=self.environment(),
                cwd=self.root,
            )
            if console.wait(process):
                raise Trouble(f"{town.place} could not be drawn: what is said above tells why.")
        half.replace(drawn)

    def _seed_file(self, town: Town) -> Path:
        """Where the seed's words about ``town`` are kept, for the database in use."""
        key = json.dumps([self._database(), *town.options()])
        return self.local / "seeds" / hashlib.sha256(key.encode()).hexdigest()[:16]

    def _database(self) -> str:
        """What tells the database in use from one made anew, or emptied and migrated again."""
        if self.postgres is None:
            return self._given.get("DATABASE_URL", "")
        return self.postgres.query(
            "SELECT system_identifier, to_regclass('alembic_version')::oid FROM pg_control_system()"
        )


def _program_name(server: Server) -> str:
    return "postgres" if isinstance(server, Postgres) else "redis"


def _answers(url: str, authority: Path | None = None) -> bool:
    """True when ``url`` answers 200 within two seconds, trusting ``authority`` alone if given."""
    try:
        trusted = ssl.create_default_context(cafile=str(authority) if authority else None)
        opener = urllib.request.build_opener(
            # A proxy that the user's shell names has no business on this machine's own address.
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trusted),
        )
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False
