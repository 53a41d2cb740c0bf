"""How far a seed is, for whoever waits: a bar on a terminal, else a line now and then.

Hides: rich, and what is worth a line where lines are kept. Everything goes to standard
error: what the seed is about goes to standard output.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich import progress
from rich.console import Console

#: Where there is no bar, so many seconds pass between two lines about the same thing.
_QUIET_S = 5.0


class Reader:
    """Whoever waits."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def say(self, line: str) -> None:
        """One line."""
        self._console.print(line, markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A count up to ``total``: the block calls what it is given with how many more."""
        if self._console.is_terminal:
            columns = (
                progress.TextColumn("{task.description}"),
                progress.BarColumn(bar_width=30),
                progress.MofNCompleteColumn(),
                progress.TimeElapsedColumn(),
            )
            with progress.Progress(*columns, console=self._console) as shown:
                task = shown.add_task(what, total=total)
                yield lambda more: shown.advance(task, more)
            return
        done, said_at = 0, time.monotonic()

        def advance(more: int) -> None:
            nonlocal done, said_at
            done += more
            if done < total and time.monotonic() - said_at >= _QUIET_S:
                said_at = time.monotonic()
                self.say(f"{what}: {done} of {total}")

        yield advance
        self.say(f"{what}: {done} of {total}")
