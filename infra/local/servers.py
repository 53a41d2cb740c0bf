"""Private PostgreSQL and Redis servers, each in a directory of its own.

Hides: making a database cluster, both configurations, and how each is asked whether it is ready.
Nothing here knows about the application. ``with Postgres(Path(".local/test/postgres"),
durable=False) as postgres: connect(postgres.url)`` is all that a test needs; a process keeper
takes ``command``, ``environment`` and ``user`` instead, after ``prepare()``.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import machine, places, ports
from infra.local.console import Trouble
from infra.local.server import Server


class Postgres(Server):
    """A PostgreSQL with PostGIS at hand, one superuser ``jobbing`` and one empty database
    ``jobbing``. ``durable=False`` trades safety against a power cut for speed, for tests.
    ``settings`` are further lines of its configuration, by name; they overrule ours."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT
    _system_user = "postgres"
    _space_mb = (500, 200)

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(directory)
        self._durable = durable
        self._settings = dict(settings or {})

    @property
    def command(self) -> list[str]:
        """See Server."""
        return [str(self.programs / "postgres"), "-D", str(self.data)]

    @property
    def url(self) -> str:
        """See Server."""
        return f"postgresql://jobbing:{self.password}@127.0.0.1:{self.port}/jobbing"

    @property
    def programs(self) -> Path:
        """The directory with psql, pg_dump and the like that fit this server."""
        try:
            major = int((self.data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            major = None
        found = machine.postgresql_programs(major)
        if found is None:
            raise Trouble(
                f"The data in {self.directory} are PostgreSQL {major}'s, which is no longer "
                "installed with PostGIS: install it again, or start over with make clean."
                if major
                else "PostgreSQL with PostGIS is not installed: make setup installs it."
            )
        return found

    def ready(self) -> bool:
        """See Server."""
        asked = subprocess.run(
            [
                self.programs / "pg_isready",
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
            ],
            check=False,
        )
        return asked.returncode == 0

    def query(self, statement: str) -> str:
        """The rows of one statement as text, columns separated by ``|``.

        Raises Trouble when the server refuses.
        """
        done = subprocess.run(
            [
                self.programs / "psql",
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                self.url,
            ],
            input=statement,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Trouble(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def _create(self) -> None:
        secret = self.data.parent / "password.initdb"
        secret.touch(mode=0o600)
        try:
            secret.write_text(self.password)
            places.give(secret, self.user)
            self._run_as_user(
                [
                    str(self.programs / "initdb"),
                    f"--pgdata={self.data}",
                    "--username=jobbing",
                    f"--pwfile={secret}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=" + ("en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"),
                    # What survives only a power cut is not worth a minute on a slow disk.
                    "--no-sync",
                ],
                "Making a database cluster",
            )
        finally:
            secret.unlink()
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\ninclude = 'jobbing.conf'\n")
        (self.data / "jobbing.conf").touch()
        self._run_as_user(
            [
                str(self.programs / "postgres"),
                "--single",
                "-D",
                str(self.data),
                "postgres",
            ],
            "Making the database",
            "CREATE DATABASE jobbing\n",
        )

    def _configure(self) -> None:
        lines = [
            "# Written at every start by infra/local/servers.py.",
            "listen_addresses = '127.0.0.1'",
            f"port = {self.port}",
            # The path of a socket may be no longer than 107 bytes, and a clone may live deep.
            "unix_socket_directories = ''",
            "max_connections = 200",
            "shared_buffers = '128MB'",
            "timezone = 'UTC'",
            "log_timezone = 'UTC'",
            "log_line_prefix = '%m [%p] %d '",
            # Planning compiled code takes longer than our short queries do.
            "jit = off",
        ]
        if not self._durable:
            lines += [
                "fsync = off",
                "synchronous_commit = off",
                "full_page_writes = off",
            ]
        # Of two lines with one name PostgreSQL follows the last.
        for name, value in self._settings.items():
            quoted = value.replace("'", "''")
            lines.append(f"{name} = '{quoted}'")
        (self.data / "jobbing.conf").write_text("\n".join(lines) + "\n")
        places.give(self.data / "jobbing.conf", self.user)

    def _check_finished(self) -> None:
        _ = self.programs

    def _trace(self) -> tuple[Path, str]:
        return self.data / "postmaster.pid", f"-D {self.data}"


class Redis(Server):
    """A Redis that keeps nothing on disk: what it knows, PostgreSQL knows better."""

    name = "Redis"
    stop_signal = signal.SIGTERM
    stop_s = 10.0
    _system_user = "redis"
    _space_mb = (50, 20)

    @property
    def command(self) -> list[str]:
        """See Server."""
        program = machine.redis_program()
        if program is None:
            raise Trouble("Redis is not installed: make setup installs it.")
        return [str(program), str(self.data / "redis.conf")]

    @property
    def url(self) -> str:
        """See Server."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def ready(self) -> bool:
        """See Server."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(1024)
                    if not part:
                        break
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _create(self) -> None:
        """Redis needs nothing made."""

    def _check_finished(self) -> None:
        """Redis keeps nothing that could be outdated."""

    def _configure(self) -> None:
        file = self.data / "redis.conf"
        lines = [
            "# Written at every start by infra/local/servers.py.",
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "daemonize no",
            f"dir {json.dumps(str(self.data))}",
            f"pidfile {json.dumps(str(self.data / 'redis.pid'))}",
            'save ""',
            "appendonly no",
        ]
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")
        places.give(file, self.user)

    def _trace(self) -> tuple[Path, str]:
        # Redis rewrites its command line to its program and address.
        return self.data / "redis.pid", f"redis-server 127.0.0.1:{self.port}"

    def stop_leftover(self) -> bool:
        """See Server."""
        if ports.read(self.directory / "port") is None:
            return False
        return super().stop_leftover()
