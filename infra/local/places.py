"""Where a private server's files may live, and whose they are.

Hides: that PostgreSQL and Redis do not run as root and therefore cannot reach into a clone under
root's home; their data then live under ``/var/lib/jobbing`` behind a link.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from infra.local.console import Trouble, say

#: Where data go that the server's own user could not reach inside the clone.
ELSEWHERE = Path("/var/lib/jobbing")

_MB = 1_000_000


class Rights(TypedDict, total=False):
    """What ``subprocess`` is told so that a program runs with one user's rights only."""

    user: int
    group: int
    extra_groups: list[int]


def rights(user: str | None) -> Rights:
    """The rights of a system user; our own for None. Raises Trouble for an unknown one."""
    if user is None:
        return {}
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise Trouble(
            f"There is no system user {user}, which the server's package should have made. "
            "Install that package again, or run as an ordinary user."
        ) from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(path: Path, user: str | None) -> None:
    """Hand a file or directory to ``user``; None leaves it with us."""
    theirs = rights(user)
    if theirs:
        os.chown(path, theirs["user"], theirs["group"])


def require_owner(path: Path, user: str | None, what: str) -> None:
    """Raise Trouble unless ``path`` belongs to whoever the server is going to run as."""
    owner = path.stat().st_uid
    if owner == rights(user).get("user", os.geteuid()):
        return
    try:
        whose = pwd.getpwuid(owner).pw_name
    except KeyError:
        whose = f"user number {owner}"
    raise Trouble(
        f"The data of {what} in {path} belong to {whose}: run as whoever made them, "
        "or start over with make clean (sudo make clean if root made them)."
    )


def require_space(path: Path, needed_mb: int, what: str) -> None:
    """Raise Trouble unless ``needed_mb`` megabytes are free where ``path`` lives."""
    where = path.resolve()
    free_mb = shutil.disk_usage(where).free // _MB
    if free_mb < needed_mb:
        raise Trouble(
            f"The disk is nearly full: {free_mb} MB are free at {where}, and {what} needs "
            f"{needed_mb} MB. Free some space and try again."
        )


def make(link: Path, user: str | None, what: str, vacate: Callable[[Path], None]) -> None:
    """Make the directory ``link``, or a link to one elsewhere when ``user`` could not reach it.

    ``vacate`` is called with a directory elsewhere that an earlier set-up left and whose link
    is gone, before it is removed: something may still be running there.
    """
    if link.is_symlink() and not link.exists():
        link.unlink()
    if link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    if user is None or _reachable(link.parent, user):
        link.mkdir(mode=0o711, exist_ok=True)
        return
    target = ELSEWHERE / hashlib.sha256(str(link).encode()).hexdigest()[:12]
    if target.exists():
        # Its link was removed by hand, and with it the wish to keep it.
        vacate(target)
        shutil.rmtree(target)
    target.mkdir(parents=True, mode=0o711)
    (target / "origin").write_text(f"{link}\n")
    link.symlink_to(target)
    say(f"  The user {user} cannot reach {link}: {what} keeps its data in {target}.")


def elsewhere(root: Path) -> list[Path]:
    """The directories elsewhere that belong to links under ``root``, also when those are gone."""
    return [
        origin.parent
        for origin in sorted(ELSEWHERE.glob("*/origin"))
        if Path(origin.read_text().strip()).is_relative_to(root)
    ]


def remove(directory: Path) -> None:
    """Remove a directory that ``make`` made, given by itself or by its link, and the link."""
    target = directory.resolve()
    origin = target / "origin"
    if origin.exists():
        Path(origin.read_text().strip()).unlink(missing_ok=True)
    shutil.rmtree(target)


def _reachable(directory: Path, user: str) -> bool:
    """True when ``user`` may pass through ``directory`` and all above it."""
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)],
        check=False,
        cwd="/",
        **rights(user),
    )
    return asked.returncode == 0
