"""The process keeper: supervisord, its configuration and its remote control.

Hides: that it is supervisord. Programs are described, started, watched and stopped here; one that
dies is started again. Those that outlive a killed supervisord are found by the process ids they
wrote down and stopped before anything new is started.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import signal
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from infra.local import console, ports, processes
from infra.local.console import Trouble


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program to keep alive."""

    name: str
    command: Sequence[str]
    #: Set in addition to what the keeper itself was given.
    environment: Mapping[str, str] = field(default_factory=dict)
    #: False starts it with nothing but ``environment``.
    inherit: bool = True
    user: str | None = None
    directory: Path
    #: Those of a higher rank are stopped before those of a lower; equals together.
    rank: int
    #: False for a program that is started by name once others are ready.
    at_once: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_s: float = 15
    #: True when its children must get the stop signal from us too.
    stop_group: bool = True
    #: False for a server that writes its own process id where it looks for it itself.
    note_pid: bool = True


class Keeper:
    """Keeps programs alive in the background; its files are under ``local``.

    ``supervisord`` is the program's path; ``mark`` is in the command line of each kept program
    and of no stranger's.
    """

    def __init__(self, local: Path, supervisord: Path, mark: str) -> None:
        self._supervisord = supervisord
        self._mark = mark
        self._run = local / "run"
        self._logs = local / "log"
        self._file = local / "supervisord.conf"
        self._noted = self._run / "keeper.json"

    def running(self) -> bool:
        """True while the keeper that was started last is there."""
        noted = self._read()
        return noted is not None and processes.alive(noted["pid"], str(self._file))

    def start(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Start the keeper with those programs that start at once; returns when it answers.

        Raises Trouble when it does not.
        """
        self._run.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        port, password = ports.choose(), secrets.token_urlsafe(24)
        self._file.touch(mode=0o600)
        self._file.write_text(self._configuration(programs, port, password))
        output = self._logs / "supervisord.start.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                [str(self._supervisord), "--nodaemon", "--configuration", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=self._run,
                # Out of the reach of the terminal's Ctrl-C: we stop it, in order.
                start_new_session=True,
            )
        try:
            self._note(process.pid, port, password, programs)
            end = time.monotonic() + 15
            while time.monotonic() < end and process.poll() is None:
                with contextlib.suppress(OSError, xmlrpc.client.Error):
                    self._remote().supervisor.getState()
                    return
                time.sleep(0.05)
        except BaseException:
            # Interrupted before anybody could know its number.
            process.terminate()
            process.wait(90)
            raise
        shown = "\n".join(f"    {line}" for line in console.last_lines(output, 6))
        raise Trouble(f"The process keeper did not start. The last lines of {output}:\n{shown}")

    def stop(self) -> None:
        """Stop every program in order, then the keeper; returns when all are gone."""
        noted = self._read()
        if noted is not None and self.running():
            # supervisord would take a second for each program, one after the other. Whatever
            # does not stop in time here is still stopped, or killed, by the signal below.
            for names in noted["order"]:
                self._stop_together(names)
            processes.stop(noted["pid"], str(self._file), patience_s=90)
        self._noted.unlink(missing_ok=True)
        self.stop_leftovers()

    def stop_leftovers(self) -> list[str]:
        """Stop programs that outlived their keeper; the names of those there were."""
        names = []
        for file in sorted(self._run.glob("*.pid")):
            pid = processes.read(file)
            if pid is not None and processes.alive(pid, self._mark):
                processes.stop(pid, self._mark, group=True)
                names.append(file.stem)
            file.unlink(missing_ok=True)
        return names

    def start_program(self, name: str) -> None:
        """Start a program that does not start at once. Harmless when it runs."""
        try:
            self._remote().supervisor.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if not fault.faultString.startswith("ALREADY_STARTED"):
                raise Trouble(f"{name} cannot be started: {fault.faultString}") from None

    def stop_program(self, name: str) -> None:
        """Stop one program; returns when it is gone."""
        self._stop_together([name])

    def states(self) -> dict[str, tuple[str, int]]:
        """Each program's state in supervisord's words, with its process id or 0."""
        try:
            listed = cast(list[dict[str, Any]], self._remote().supervisor.getAllProcessInfo())
        except (OSError, xmlrpc.client.Error):
            return {}
        return {each["name"]: (each["statename"], each["pid"]) for each in listed}

    def wait(self, name: str, answers: Callable[[], bool], *, limit_s: float) -> None:
        """Return when ``answers()`` is true of a program that was started.

        Raises Trouble with the last lines of its log when it keeps dying or time is up.
        """
        end = time.monotonic() + limit_s
        pids: set[int] = set()
        while not answers():
            state, pid = self.states().get(name, ("", 0))
            pids |= {pid} - {0}
            dying = state == "FATAL" or len(pids) > 3 or not self.running()
            if dying or time.monotonic() > end:
                how = "ends as soon as it starts" if dying else f"is not up after {limit_s:.0f} s"
                shown = "\n".join(f"    {line}" for line in console.last_lines(self.log(name), 12))
                raise Trouble(f"{name} {how}. The last lines of {self.log(name)}:\n{shown}")
            time.sleep(0.1)

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self._logs / f"{name}.log"

    def _stop_together(self, names: Sequence[str]) -> None:
        with contextlib.suppress(OSError, xmlrpc.client.ProtocolError):
            for name in names:
                # It may not be running at all.
                with contextlib.suppress(xmlrpc.client.Fault):
                    self._remote().supervisor.stopProcess(name, False)
        end = time.monotonic() + 40
        while time.monotonic() < end:
            states = self.states()
            if not any(states.get(name, ("", 0))[1] for name in names):
                return
            time.sleep(0.1)

    def _note(self, pid: int, port: int, password: str, programs: Sequence[Program]) -> None:
        ranks = sorted({program.rank for program in programs}, reverse=True)
        order = [[each.name for each in programs if each.rank == rank] for rank in ranks]
        noted = {"pid": pid, "port": port, "password": password, "order": order}
        self._noted.touch(mode=0o600)
        self._noted.write_text(json.dumps(noted) + "\n")

    def _read(self) -> dict[str, Any] | None:
        try:
            return cast(dict[str, Any], json.loads(self._noted.read_text()))
        except (OSError, ValueError):
            return None

    def _remote(self) -> xmlrpc.client.ServerProxy:
        noted = self._read()
        if noted is None:
            raise Trouble("Nothing is running: make up starts it.")
        login = f"jobbing:{noted['password']}@127.0.0.1:{noted['port']}"
        return xmlrpc.client.ServerProxy(f"http://{login}/RPC2")

    def _configuration(self, programs: Sequence[Program], port: int, password: str) -> str:
        lines = [
            "; Written at every start by infra/local/supervision.py.",
            "[supervisord]",
            "nodaemon = true",
            "silent = true",
            "umask = 077",
            # Relative to where it runs: supervisord expands some of these twice, which no escape
            # survives when the path of the clone holds a percent sign.
            "logfile = ../log/supervisord.log",
            "logfile_maxbytes = 5MB",
            "logfile_backups = 2",
            "pidfile = supervisord.number",
            "childlogdir = ../log",
        ]
        if os.geteuid() == 0:
            # Said outright, because supervisord warns a root that has not chosen.
            lines.append("user = root")
        lines += [
            "[inet_http_server]",
            # A port and not a socket file: the path of a socket may be no longer than 107 bytes.
            f"port = 127.0.0.1:{port}",
            "username = jobbing",
            f"password = {password}",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for program in programs:
            lines += [
                f"[program:{program.name}]",
                f"command = {_escaped(shlex.join(self._command(program)))}",
                f"directory = {_escaped(str(program.directory))}",
                f"priority = {program.rank}",
                f"autostart = {str(program.at_once).lower()}",
                "autorestart = true",
                "startsecs = 1",
                # Given up only after minutes: a database that recovers takes a while.
                "startretries = 20",
                f"stopsignal = {program.stop_signal.name.removeprefix('SIG')}",
                f"stopwaitsecs = {program.stop_s:.0f}",
                f"stopasgroup = {str(program.stop_group).lower()}",
                "killasgroup = true",
                "redirect_stderr = true",
                f"stdout_logfile = ../log/{program.name}.log",
                "stdout_logfile_maxbytes = 10MB",
                "stdout_logfile_backups = 3",
            ]
            if program.user:
                lines.append(f"user = {program.user}")
        return "\n".join(lines) + "\n"

    def _command(self, program: Program) -> list[str]:
        command = list(program.command)
        settings = [f"{name}={value}" for name, value in program.environment.items()]
        if settings or not program.inherit:
            clear = [] if program.inherit else ["-i"]
            command = ["/usr/bin/env", *clear, *settings, *command]
        if program.note_pid:
            # The shell notes its own number and then becomes the program.
            script = 'echo $$ > "$0" && exec "$@"'
            command = ["/bin/sh", "-c", script, str(self._run / f"{program.name}.pid"), *command]
        return command


def _escaped(value: str) -> str:
    """A value for supervisord's file, where a percent sign begins an expansion."""
    if "\n" in value or " ;" in value:
        raise Trouble(f"The path of this clone holds what a settings file cannot: {value!r}")
    return value.replace("%", "%%")
