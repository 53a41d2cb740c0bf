"""What a person sees while something takes minutes.

Hides: whether anybody watches on a terminal (a bar) or a log is being written (a line now
and then). Everything goes to standard error: standard output is for figures.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich import progress as bars
from rich.console import Console

#: Seconds between the lines of a log.
_EVERY_S = 15.0

_console = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line for whoever waits."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(label: str, total: float) -> Iterator[Callable[[float], None]]:
    """One step: the block calls what it is given with how much more of ``total`` is done."""
    began_at = time.monotonic()
    if _console.is_terminal:
        with bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(bar_width=30),
            bars.TextColumn("{task.percentage:>3.0f} %"),
            bars.TimeElapsedColumn(),
            console=_console,
        ) as shown:
            task = shown.add_task(label, total=total)
            yield lambda more: shown.advance(task, more)
            shown.update(task, completed=total)
        return
    say(f"{label} ...")
    done, told_at = 0.0, began_at

    def advance(more: float) -> None:
        nonlocal done, told_at
        done += more
        if time.monotonic() - told_at >= _EVERY_S:
            told_at = time.monotonic()
            say(f"{label}: {done / total:.0%} after {told_at - began_at:.0f} s")

    yield advance
    say(f"{label}: done in {time.monotonic() - began_at:.0f} s")
