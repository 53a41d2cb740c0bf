"""What a private server of any kind does: made once, started, stopped, cleared up after.

Hides: the port it keeps, its password, the lock that keeps two runs apart, which system user it
runs as, and what an earlier run that was killed has left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from infra.local import console, places, ports, processes
from infra.local.console import Trouble, say

#: What every password made here starts with, so that an address of a private server that a shell
#: still carries is told from an address somebody means.
_OURS = "jobbing-local-"


def private(url: str) -> bool:
    """True when ``url`` leads to a server that was made here, now or in an earlier set-up."""
    return (urlsplit(url).password or "").startswith(_OURS)


class Server(ABC):
    """A private server that keeps everything under ``directory``.

    Promises: listens on 127.0.0.1 alone, on a port chosen once; refuses clients without its
    password; ``stop`` ends the process that ``start`` began and no other.
    """

    #: How people call it.
    name: str
    #: The signal that asks it to end quickly and cleanly, and how long that may take, in seconds.
    stop_signal: signal.Signals
    stop_s = 30.0
    #: The system user it runs as when root starts it.
    _system_user: str
    #: Free space it needs before it is made and before it starts, in MB.
    _space_mb: tuple[int, int]

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    # What a process keeper asks.

    @property
    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments; it stays in the foreground and logs to its output."""

    @property
    def environment(self) -> dict[str, str]:
        """All of its environment: our secrets are none of its business."""
        return {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "TZ": "UTC",
            "HOME": str(self.data),
        }

    @property
    def user(self) -> str | None:
        """The system user to run it as; None for whoever starts it."""
        return self._system_user if os.geteuid() == 0 else None

    @property
    def data(self) -> Path:
        """Where it keeps its files and runs; belongs to ``user``."""
        return self.directory.resolve() / "data"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; there is one after ``prepare()``."""
        port = ports.read(self.directory / "port")
        if port is None:
            raise Trouble(f"{self.name} has not been set up in {self.directory}.")
        return port

    @property
    def password(self) -> str:
        """What a client must know; there is one after ``prepare()``."""
        return (self.directory / "password").read_text().strip()

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients, password included."""

    @abstractmethod
    def ready(self) -> bool:
        """True when a client is served now."""

    # What anybody may ask.

    def prepare(self) -> None:
        """Make the server if need be, clear up after an earlier run, and settle its port.

        Raises Trouble when another run is using the same directory.
        """
        with self._alone():
            self._prepare()

    def start(self) -> None:
        """Prepare, start and wait until clients are served. Does nothing when already started."""
        if self._process is not None and self._process.poll() is None:
            return
        self._take_lock()
        try:
            for _ in range(3):
                self._prepare()
                if self._launch():
                    return
            raise Trouble(f"{self.name} found no port to listen on, three times over.")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what ``start`` began and wait until it is gone. Harmless when nothing runs."""
        process, self._process = self._process, None
        try:
            if process is not None:
                for sign, limit_s in (
                    (self.stop_signal, self.stop_s),
                    (signal.SIGKILL, 5.0),
                ):
                    if process.poll() is None:
                        process.send_signal(sign)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(limit_s)
                        break
        finally:
            self._let_go()

    def remove(self) -> None:
        """Stop whatever runs here and remove all of it.

        Raises Trouble when another run is using it.
        """
        self.stop()
        with self._alone():
            self.stop_leftover()
            places.remove(self.directory)

    def stop_leftover(self) -> bool:
        """Stop a server that an earlier run left on this directory; True when there was one."""
        file, mark = self._trace()
        pid = processes.read(file)
        if pid is None:
            return False
        if not processes.alive(pid, mark):
            self._clear_trace(file, pid)
            return False
        processes.stop(pid, mark, by=self.stop_signal, patience_s=self.stop_s)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # What the two servers differ in.

    @abstractmethod
    def _create(self) -> None:
        """Make what lasts; called once, in an empty ``data`` that ``user`` owns."""

    @abstractmethod
    def _configure(self) -> None:
        """Write the configuration for the present port and password."""

    @abstractmethod
    def _trace(self) -> tuple[Path, str]:
        """The file where the server notes its process id, and what only its command line has."""

    @abstractmethod
    def _check_finished(self) -> None:
        """Raise Trouble when what was made earlier cannot be used by what is installed now."""

    # What they share.

    @property
    def _log(self) -> Path:
        return self.directory / "log"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        held = self._lock is not None
        self._take_lock()
        try:
            yield
        finally:
            if not held:
                self._let_go()

    def _take_lock(self) -> None:
        """Keep other runs away from this directory. The kernel lets go when we die."""
        if self._lock is not None:
            return
        places.make(self.directory, self.user, self.name, self._stop_leftover_of)
        lock = (self.directory / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Trouble(
                f"Another run is using the {self.name} in {self.directory}: wait for it to end."
            ) from None
        self._lock = lock

    def _let_go(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def _stop_leftover_of(self, directory: Path) -> None:
        type(self)(directory).stop_leftover()

    def _prepare(self) -> None:
        finished = self.directory / "finished"
        needed_mb = self._space_mb[1 if finished.exists() else 0]
        places.require_space(self.directory, needed_mb, self.name)
        if self.stop_leftover():
            say(f"  A {self.name} of an earlier start was still running: stopped it.")
        if finished.exists():
            self._check_finished()
            places.require_owner(self.data, self.user, self.name)
        else:
            if self.data.exists():
                say(f"  An earlier set-up of {self.name} stopped half-way: starting it over.")
                shutil.rmtree(self.data)
            self._write_secret("password", _OURS + secrets.token_urlsafe(24))
            self.data.mkdir(mode=0o700)
            places.give(self.data, self.user)
            self._create()
            finished.write_text(f"{time.strftime('%Y-%m-%d')}\n")
        ports.remembered(self.directory / "port", self.name)
        self._configure()

    def _write_secret(self, name: str, text: str) -> None:
        file = self.directory / name
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(text + "\n")

    def _run_as_user(
        self, command: list[str], what: str, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the server's own programs to its end, as the user it is meant for."""
        done = subprocess.run(
            command,
            input=given,
            text=True,
            capture_output=True,
            check=False,
            cwd=self.data,
            env=self.environment,
            # Should we be killed, it still holds the lock until it has ended by itself.
            pass_fds=[self._lock.fileno()] if self._lock else [],
            **places.rights(self.user),
        )
        if done.returncode or "FATAL" in done.stderr or "ERROR" in done.stderr:
            lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
            shown = "\n".join(f"    {line}" for line in lines)
            full = "\nThe disk is full: free some space." if "No space left" in done.stderr else ""
            raise Trouble(f"{what} failed:\n{shown}{full}")
        return done

    def _clear_trace(self, file: Path, pid: int) -> None:
        say(f"  {self.name} was not shut down properly last time; it puts that right by itself.")
        if processes.exists(pid):
            # Another program has that number now, which the server could mistake for itself.
            file.unlink()

    def _launch(self) -> bool:
        """Start and wait; False when the port was taken in the meantime."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.data,
                # A Ctrl-C is for the run that started it, which then stops it in order.
                start_new_session=True,
                **places.rights(self.user),
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.ready():
                return True
            if self._process.poll() is not None:
                text = self._log.read_text(errors="replace")
                if "already in use" in text:
                    return False
                break
            time.sleep(0.05)
        shown = "\n".join(f"    {line}" for line in console.last_lines(self._log, 8))
        raise Trouble(f"{self.name} did not start. The last lines of {self._log}:\n{shown}")
