"""Processes we started earlier, found again by number.

Hides: how a process id that was written down is told from a stranger's that happens to have the
same number by now: its command line must contain a mark that only ours can have, in practice the
absolute path of a file of this clone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def read(file: Path) -> int | None:
    """The process id on the first line of ``file``, if there is one."""
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def exists(pid: int) -> bool:
    """True while some process has this id, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def alive(pid: int | None, mark: str) -> bool:
    """True while process ``pid`` runs and its command line contains ``mark``."""
    return pid is not None and pid > 1 and mark in _command_line(pid)


def stop(
    pid: int,
    mark: str,
    *,
    by: signal.Signals = signal.SIGTERM,
    patience_s: float = 20,
    group: bool = False,
) -> None:
    """Stop a process that still is ours and return when it is gone.

    ``by`` is sent first; after ``patience_s`` seconds SIGKILL follows. ``group`` sends both to
    the process group that it leads.
    """
    for sign, limit_s in ((by, patience_s), (signal.SIGKILL, 5.0)):
        if not alive(pid, mark):
            return
        with contextlib.suppress(ProcessLookupError):
            if group and os.getpgid(pid) == pid:
                os.killpg(pid, sign)
            else:
                os.kill(pid, sign)
        end = time.monotonic() + limit_s
        while alive(pid, mark) and time.monotonic() < end:
            time.sleep(0.05)


def _command_line(pid: int) -> str:
    """The words a process was started with, empty when it is gone or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return words.replace(b"\0", b" ").decode(errors="replace")
    listed = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, words_of_it = listed.partition(" ")
    return "" if state.startswith("Z") else words_of_it
