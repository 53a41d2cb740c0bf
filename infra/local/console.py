"""What a person sees while the machine works.

Hides: whether anybody watches on a terminal (one line that counts the seconds) or a log is being
written (a line now and then), and how the output of a long command is kept out of the way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

#: How long an interrupted command may take to put things back before it is left alone, in seconds.
PATIENCE_S = 120

_drawing = threading.Lock()


class Trouble(Exception):
    """Something a person has to know: the text says what happened and what to do."""


def say(text: str = "") -> None:
    """Print one line for whoever started us, on standard error so that results stay clean."""
    # A terminal that was closed takes nothing any more; what is left to do matters more.
    with _drawing, contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def tell(text: str = "") -> None:
    """Print one line of the answer that a command was asked for, on standard output."""
    try:
        print(text, flush=True)
    except OSError:
        # Whoever read it has seen enough, as in make status | head -1.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Step:
    """A stretch of work that may take long: ``with Step("Drawing the town"): ...``.

    On a terminal one line counts the seconds and shows the last line of ``log``; elsewhere a line
    is printed every 15 seconds. Nothing is printed for a step that was over in half a second.
    """

    def __init__(self, label: str, log: Path | None = None) -> None:
        self.label = label
        self._log = log
        self._over = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._show, daemon=True)
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        took_s = time.monotonic() - self._started
        if self._terminal:
            _redraw("")
        if kind is None and took_s >= 0.5:
            say(f"  {self.label}: {took_s:.1f} s")

    def _show(self) -> None:
        while not self._over.wait(0.5 if self._terminal else 15):
            took_s = time.monotonic() - self._started
            if self._terminal:
                _redraw(f"  {self.label} ... {took_s:.0f} s  {last_line(self._log)}")
            else:
                say(f"  {self.label} ... {took_s:.0f} s")


def _redraw(line: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    with _drawing, contextlib.suppress(OSError):
        print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)


def last_line(log: Path | None) -> str:
    """The newest line that says something in ``log``, or nothing."""
    lines = last_lines(log, 1)
    return lines[0].strip() if lines else ""


def last_lines(log: Path | None, count: int, since: int = 0) -> list[str]:
    """The last ``count`` lines that say something in ``log``, from byte ``since`` on; none when
    there is no log yet."""
    if log is None:
        return []
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(since, file.tell() - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]


def execute(
    label: str,
    command: Sequence[str],
    *,
    log: Path,
    advice: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command as a step, its output appended to ``log``.

    Raises Trouble with the last lines and ``advice`` when it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, Step(label, log):
        output.write(f"\n# {label}\n".encode())
        output.flush()
        begun = output.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=directory,
        )
        status = wait(process)
    if status:
        shown = "\n".join(f"    {line}" for line in last_lines(log, 12, begun))
        raise Trouble(f"{label} failed. The last lines of {log}:\n{shown}\n{advice}")


def wait(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> int:
    """Wait for a child and return its exit code; when interrupted, let it end tidily first."""
    try:
        return process.wait()
    except BaseException:
        # A terminal's Ctrl-C reached the child as well, but a signal sent to us alone did not.
        # The child of sudo belongs to root and cannot be signalled: it is only waited for.
        with contextlib.suppress(PermissionError):
            process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            say("\n  Waiting for what has begun to come to a clean end.")
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            say(f"  {process.args!r} (process {process.pid}) is taking its time to stop.")
        raise
